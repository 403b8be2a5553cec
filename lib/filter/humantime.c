/* SPDX-License-Identifier: BSD-3-Clause */
#include "humantime.h"

#include <ctype.h>
#include <string.h>

#define NS_MAX UINT64_C(9000000000000000000)

struct unit {
	const char *names; /* with a space around each */
	uint64_t ns;
};

static const struct unit units[] = {
	{" nanos nsec ns ", 1}, {" usec us ", 1000}, {" millis msec ms ", 1000000},
	{" seconds second secs sec s ", UINT64_C(1000000000)},
	{" minutes minute mins min m ", UINT64_C(60000000000)},
	{" hours hour hrs hr h ", UINT64_C(3600000000000)},
	{" days day d ", UINT64_C(86400000000000)}, {" weeks week w ", UINT64_C(604800000000000)},
	{" months month M ", UINT64_C(2630016000000000)}, /* 30.44 days */
	{" years year y ", UINT64_C(31557600000000000)},  /* 365.25 days */
};

/* Nanoseconds of a unit, or 0. */
static uint64_t
find_unit(const char *name, size_t length)
{
	char word[16];

	if (length == 0 || length > sizeof(word) - 3)
		return 0;
	snprintf(word, sizeof(word), " %.*s ", (int)length, name);
	for (unsigned int i = 0; i < RTE_DIM(units); i++)
		if (strstr(units[i].names, word) != NULL)
			return units[i].ns;
	return 0;
}

/* Adds one number and its unit; returns what is behind them, or NULL. */
static const char *
add_part(const char *text, uint64_t *ns)
{
	uint64_t number = 0, unit;
	const char *word;

	if (!isdigit((unsigned char)*text))
		return NULL;
	for (; isdigit((unsigned char)*text); text++) {
		number = number * 10 + (uint64_t)(*text - '0');
		if (number > NS_MAX)
			return NULL;
	}
	text += strspn(text, " ");
	for (word = text; isalpha((unsigned char)*text); text++)
		continue;
	unit = find_unit(word, (size_t)(text - word));
	if (unit == 0 || number > (NS_MAX - *ns) / unit)
		return NULL;
	*ns += number * unit;
	return text + strspn(text, " ");
}

static bool
parse(const char *text, uint64_t *ms)
{
	uint64_t ns = 0;

	text += strspn(text, " ");
	do {
		text = add_part(text, &ns);
	} while (text != NULL && *text != '\0');
	*ms = ns / 1000000;
	return text != NULL;
}

void
read_humantime(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	char expected[80];
	uint64_t ms;

	if (nj_node_is_string(node) && parse(nj_node_text(node), &ms) && ms >= field->min) {
		*(uint64_t *)((char *)base + field->offset) = ms;
		return;
	}
	snprintf(expected, sizeof(expected),
		"a duration with its unit, like 500ms, 1s or 1m 30s, of at least %ums",
		(unsigned int)field->min);
	nj_value_error(document, field, node, expected);
}
