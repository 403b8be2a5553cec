/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ACL library finds the rule of the highest priority in a trie over the
 * bytes of a flow's key as it lies in the packet: time by the depth of the trie, not by the number
 * of rules. IPv6 packets would have a second one, over their longer key.
 */
#include "firewall_acl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_acl.h>
#include <rte_errno.h>

#include "nj_filter.h"

/* What is in a result; no rule at all is 0. */
#define USERDATA_ALLOW 1
#define USERDATA_DENY  2

/*
 * The library wants one byte first and then groups of four, so the first byte
 * of the address comes twice, once for any value; and the destination's port fills the last group.
 */
enum { FIELD_ANY, FIELD_SOURCE, FIELD_PORT, FIELD_FILLER, N_FIELDS };

RTE_ACL_RULE_DEF(acl_rule, N_FIELDS);

#define FIELD(its_type, its_size, field, input, member)                                            \
	[field] = {                                                                                \
		.type = (its_type),                                                                \
		.size = (its_size),                                                                \
		.field_index = (field),                                                            \
		.input_index = (input),                                                            \
		.offset = offsetof(struct nj_flow, member),                                        \
	}

static const struct rte_acl_field_def fields[N_FIELDS] = {
	FIELD(RTE_ACL_FIELD_TYPE_BITMASK, sizeof(uint8_t), FIELD_ANY, 0, src_ip),
	FIELD(RTE_ACL_FIELD_TYPE_MASK, sizeof(uint32_t), FIELD_SOURCE, 1, src_ip),
	FIELD(RTE_ACL_FIELD_TYPE_RANGE, sizeof(uint16_t), FIELD_PORT, 2, src_port),
	FIELD(RTE_ACL_FIELD_TYPE_MASK, sizeof(uint16_t), FIELD_FILLER, 2, dst_port),
};

struct firewall_acl {
	struct rte_acl_ctx *context; /* NULL: no rule matches anything */
};

/* Compiling ---------------------------------------------------------------------------------- */

/* The IPv4 network that a source is, in host byte order. False: it is another kind. */
static bool
network_of(const struct nj_prefix *source, uint32_t *address, uint8_t *length)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* ::ffff:0:0/96 */
	rte_be32_t v4 = source->ip.v4;

	*length = source->length;
	if (source->ip.family == AF_INET6) {
		if (source->length < 96 || memcmp(source->ip.v6, mapped, sizeof(mapped)) != 0)
			return false;
		memcpy(&v4, source->ip.v6 + sizeof(mapped), sizeof(v4));
		*length = (uint8_t)(source->length - 96);
	}
	*address = rte_be_to_cpu_32(v4);
	*address &= *length == 0 ? 0 : UINT32_MAX << (32 - *length);
	return true;
}

static void
set_rule(struct acl_rule *out, unsigned int number, unsigned int action, uint32_t address,
	uint8_t length, struct firewall_ports ports)
{
	*out = (struct acl_rule){
		.data = {.category_mask = 1,
			.priority = (int32_t)(RTE_ACL_MAX_PRIORITY - number), /* the first wins */
			.userdata = action == FIREWALL_ALLOW ? USERDATA_ALLOW : USERDATA_DENY},
	};
	out->field[FIELD_SOURCE].value.u32 = address;
	out->field[FIELD_SOURCE].mask_range.u32 = length;
	out->field[FIELD_PORT].value.u16 = ports.first;
	out->field[FIELD_PORT].mask_range.u16 = ports.last;
}

/* Writes every source with every range of ports; returns how many there are. */
static unsigned int
expand(const struct firewall_rule *rules, unsigned int n, struct acl_rule *out)
{
	unsigned int count = 0;
	uint32_t address;
	uint8_t length;

	for (unsigned int i = 0; i < n; i++)
		for (unsigned int s = 0; s < rules[i].n_sources; s++) {
			if (!network_of(&rules[i].sources[s], &address, &length))
				continue;
			for (unsigned int p = 0; p < rules[i].n_ports; p++)
				set_rule(&out[count++], i, rules[i].action, address, length,
					rules[i].ports[p]);
		}
	return count;
}

static struct rte_acl_ctx *
create_context(unsigned int n)
{
	static unsigned int serial; /* contexts have names, and two lists exist during a reload */
	char name[RTE_ACL_NAMESIZE];
	struct rte_acl_param param = {
		.name = name,
		.socket_id = SOCKET_ID_ANY,
		.rule_size = RTE_ACL_RULE_SZ(N_FIELDS),
		.max_rule_num = n,
	};

	snprintf(name, sizeof(name), "nj_firewall_%u", serial++);
	return rte_acl_create(&param);
}

static int
compile(struct firewall_acl *acl, const struct acl_rule *rules, unsigned int n)
{
	struct rte_acl_config config = {.num_categories = 1, .num_fields = N_FIELDS};
	int ret;

	memcpy(config.defs, fields, sizeof(fields));
	acl->context = create_context(n);
	if (acl->context == NULL)
		return -rte_errno;
	ret = rte_acl_add_rules(acl->context, (const struct rte_acl_rule *)rules, n);
	return ret == 0 ? rte_acl_build(acl->context, &config) : ret;
}

uint64_t
firewall_acl_pairs(const struct firewall_rule *rules, unsigned int n)
{
	uint64_t pairs = 0;

	for (unsigned int i = 0; i < n; i++)
		pairs += (uint64_t)rules[i].n_sources * rules[i].n_ports;
	return pairs;
}

struct firewall_acl *
firewall_acl_create(const struct firewall_rule *rules, unsigned int n)
{
	struct firewall_acl *acl = calloc(1, sizeof(*acl));
	struct acl_rule *expanded = NULL;
	uint64_t pairs = firewall_acl_pairs(rules, n);
	int ret = -ENOMEM;

	if (pairs <= FIREWALL_PAIRS_MAX)
		expanded = calloc(pairs + 1, sizeof(*expanded));
	else
		ret = -E2BIG;
	if (acl != NULL && expanded != NULL) {
		n = expand(rules, n, expanded);
		ret = n == 0 ? 0 : compile(acl, expanded, n);
	}
	free(expanded);
	if (ret == 0)
		return acl;
	firewall_acl_free(acl);
	rte_errno = -ret;
	return NULL;
}

void
firewall_acl_free(struct firewall_acl *acl)
{
	if (acl == NULL)
		return;
	rte_acl_free(acl->context);
	free(acl);
}

/* Packets ------------------------------------------------------------------------------------ */

void
firewall_acl_classify(
	const struct firewall_acl *acl, const struct nj_flow **keys, unsigned int n, bool *allowed)
{
	uint32_t results[NJ_BATCH_MAX] = {0};

	if (acl->context != NULL)
		rte_acl_classify(acl->context, (const uint8_t **)keys, results, n, 1);
	for (unsigned int i = 0; i < n; i++)
		allowed[i] = results[i] == USERDATA_ALLOW;
}
