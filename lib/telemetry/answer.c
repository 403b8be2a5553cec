/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer.h"

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_version.h>

static int
number_parse(const char *text, uint32_t *number)
{
	const char *error = NULL;

	if (text == NULL || text[0] == '\0')
		return 0;
	*number = (uint32_t)strtonum(text, 0, UINT32_MAX, &error);
	return error == NULL ? 0 : -EINVAL;
}

int
page_parse(struct page *page, const char *parameters, uint32_t max)
{
	char text[32];
	char *rest = text;
	int ret;

	*page = (struct page){0, max};
	if (parameters == NULL)
		return 0;
	if (strlcpy(text, parameters, sizeof(text)) >= sizeof(text))
		return -EINVAL;
	ret = number_parse(strsep(&rest, ","), &page->offset);
	if (ret == 0)
		ret = number_parse(rest, &page->count);
	page->count = RTE_MIN(page->count, max);
	return ret;
}

bool
page_takes(struct page *page)
{
	if (page->offset > 0) {
		page->offset--;
		return false;
	}
	if (page->count == 0)
		return false;
	page->count--;
	return true;
}

void
add_u64(struct rte_tel_data *data, const char *name, uint64_t value)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
	rte_tel_data_add_dict_uint(data, name, value);
#else
	rte_tel_data_add_dict_u64(data, name, value);
#endif
}

void
add_string(struct rte_tel_data *data, const char *name, const char *value)
{
	char text[NJ_TELEMETRY_STRLEN];

	cut_string(text, value);
	rte_tel_data_add_dict_string(data, name, text);
}

/*
 * DPDK takes bytes beyond ASCII for control characters, where char is signed, and reads before its
 * table of these: each such letter of UTF-8 is a '?'.
 */
void
cut_string(char out[NJ_TELEMETRY_STRLEN], const char *text)
{
	size_t length = 0;

	for (; *text != '\0' && length < NJ_TELEMETRY_STRLEN - 1; text++) {
		bool continues = ((unsigned char)*text & 0xc0) == 0x80;

		if (!continues)
			out[length++] = *text >= ' ' && *text < 0x7f ? *text : '?';
	}
	out[length] = '\0';
}

void
add_ip(struct rte_tel_data *data, const char *name, const struct nj_ip *ip)
{
	char text[NJ_ADDRESS_STRLEN];

	add_string(data, name, nj_ip_format(ip, text));
}

void
add_address(struct rte_tel_data *data, const char *name, const struct nj_address *address)
{
	char text[NJ_ADDRESS_STRLEN];

	add_string(data, name, nj_address_format(address, text));
}

void
add_mac(struct rte_tel_data *data, const char *name, const struct rte_ether_addr *mac)
{
	char text[RTE_ETHER_ADDR_FMT_SIZE];

	rte_ether_format_addr(text, sizeof(text), mac);
	add_string(data, name, text);
}

struct rte_tel_data *
add_dict(struct rte_tel_data *data, const char *name)
{
	struct rte_tel_data *dict = rte_tel_data_alloc();

	if (dict == NULL)
		return NULL;
	rte_tel_data_start_dict(dict);
	if (rte_tel_data_add_dict_container(data, name, dict, 0) == 0)
		return dict;
	rte_tel_data_free(dict);
	return NULL;
}

struct rte_tel_data *
append_dict(struct rte_tel_data *data)
{
	struct rte_tel_data *dict = rte_tel_data_alloc();

	if (dict == NULL)
		return NULL;
	/* DPDK prints dictionaries in an array, but before 23.03 takes only arrays into one. */
	rte_tel_data_start_array(dict, RTE_TEL_U64_VAL);
	if (rte_tel_data_add_array_container(data, dict, 0) < 0) {
		rte_tel_data_free(dict);
		return NULL;
	}
	rte_tel_data_start_dict(dict);
	return dict;
}
