/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ACL library finds the rule of the highest priority in a trie over the
 * bytes of a flow's key as it lies in the packet: time by the depth of the trie, not by the number
 * of rules. IPv6 packets have a second one, over their longer key.
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
enum { FIELD_ANY, FIELD_SOURCE }; /* then the source's other words, the port and the filler */

#define WORDS_MAX  4 /* of 32 bits, of a source */
#define FIELDS_MAX (FIELD_SOURCE + WORDS_MAX + 2)

#define FIELD(its_type, its_size, field, at)                                                       \
	{                                                                                          \
		.type = RTE_ACL_FIELD_TYPE_##its_type, .size = (its_size), .field_index = (field), \
		.input_index = (field), .offset = (at)                                             \
	}
#define WORD(field, its_offset) FIELD(MASK, sizeof(uint32_t), field, its_offset)
/* Two ports in one group. */
#define PORTS(field)                                                                               \
	FIELD(RANGE, sizeof(uint16_t), field, offsetof(struct nj_flow, src_port)),                 \
	{                                                                                          \
		.type = RTE_ACL_FIELD_TYPE_MASK, .size = sizeof(uint16_t),                         \
		.field_index = (field) + 1, .input_index = (field),                                \
		.offset = offsetof(struct nj_flow, dst_port)                                       \
	}

#define SOURCE4 offsetof(struct nj_flow, src_ip)
#define SOURCE6 offsetof(struct nj_flow, src_ip6)

/* How a flow of a family lies in memory. */
static const struct layout {
	unsigned int n_words, n_fields;
	struct rte_acl_field_def fields[FIELDS_MAX];
} layouts[] = {
	{1, 4, {FIELD(BITMASK, sizeof(uint8_t), FIELD_ANY, SOURCE4), WORD(1, SOURCE4), PORTS(2)}},
	{4, 7,
		{FIELD(BITMASK, sizeof(uint8_t), FIELD_ANY, SOURCE6), WORD(1, SOURCE6),
			WORD(2, SOURCE6 + 4), WORD(3, SOURCE6 + 8), WORD(4, SOURCE6 + 12),
			PORTS(5)}},
};

struct firewall_acl {
	struct rte_acl_ctx *contexts[RTE_DIM(layouts)]; /* IPv4, IPv6; NULL: no rule matches */
};

/* Compiling ---------------------------------------------------------------------------------- */

/*
 * A source as packets of a family bear it. A network of IPv4-mapped addresses is one of IPv4:
 * Quilkin's socket may show it IPv4 clients so, and nobody sends from such an address (the parser
 * drops it). False: it is of the other family.
 */
static bool
network_of(const struct nj_prefix *source, bool ipv6, struct nj_prefix *network)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* ::ffff:0:0/96 */

	*network = *source;
	if (source->ip.family == AF_INET6 && source->length >= 96 &&
		memcmp(source->ip.v6, mapped, sizeof(mapped)) == 0) {
		network->ip.family = AF_INET;
		memcpy(&network->ip.v4, source->ip.v6 + sizeof(mapped), sizeof(network->ip.v4));
		network->length = (uint8_t)(source->length - 96);
	}
	return (network->ip.family == AF_INET6) == ipv6;
}

/* The library takes values in host byte order, and no bits behind the mask. */
static void
set_source(struct rte_acl_field *fields, const struct nj_prefix *network, unsigned int n_words)
{
	const uint8_t *bytes = n_words == 1 ? (const uint8_t *)&network->ip.v4 : network->ip.v6;

	for (unsigned int i = 0; i < n_words; i++) {
		uint32_t length = network->length > 32 * i ? network->length - 32 * i : 0;
		rte_be32_t word;

		length = RTE_MIN(length, UINT32_C(32));
		memcpy(&word, bytes + i * sizeof(word), sizeof(word));
		fields[i].value.u32 =
			length == 0 ? 0 : rte_be_to_cpu_32(word) & UINT32_MAX << (32 - length);
		fields[i].mask_range.u32 = length;
	}
}

/* `out` is zero before. */
static void
set_rule(struct rte_acl_rule *out, unsigned int number, unsigned int action,
	const struct nj_prefix *network, unsigned int n_words, struct firewall_ports ports)
{
	out->data = (struct rte_acl_rule_data){.category_mask = 1,
		.priority = (int32_t)(RTE_ACL_MAX_PRIORITY - number), /* the first wins */
		.userdata = action == FIREWALL_ALLOW ? USERDATA_ALLOW : USERDATA_DENY};
	set_source(&out->field[FIELD_SOURCE], network, n_words);
	out->field[FIELD_SOURCE + n_words].value.u16 = ports.first;
	out->field[FIELD_SOURCE + n_words].mask_range.u16 = ports.last;
}

/* Writes every source of a family with every range of ports; returns how many there are. */
static unsigned int
expand(const struct firewall_rule *rules, unsigned int n, bool ipv6, void *out)
{
	const struct layout *layout = &layouts[ipv6];
	struct nj_prefix network;
	unsigned int count = 0;

	for (unsigned int i = 0; i < n; i++)
		for (unsigned int s = 0; s < rules[i].n_sources; s++) {
			if (!network_of(&rules[i].sources[s], ipv6, &network))
				continue;
			for (unsigned int p = 0; p < rules[i].n_ports; p++)
				set_rule(RTE_PTR_ADD(
						 out, count++ * RTE_ACL_RULE_SZ(layout->n_fields)),
					i, rules[i].action, &network, layout->n_words,
					rules[i].ports[p]);
		}
	return count;
}

static struct rte_acl_ctx *
create_context(unsigned int n, unsigned int n_fields)
{
	static unsigned int serial; /* contexts have names, and two lists exist during a reload */
	char name[RTE_ACL_NAMESIZE];
	struct rte_acl_param param = {
		.name = name,
		.socket_id = SOCKET_ID_ANY,
		.rule_size = RTE_ACL_RULE_SZ(n_fields),
		.max_rule_num = n,
	};

	snprintf(name, sizeof(name), "nj_firewall_%u", serial++);
	return rte_acl_create(&param);
}

static int
compile(struct rte_acl_ctx **context, const struct layout *layout, const void *rules,
	unsigned int n)
{
	struct rte_acl_config config = {.num_categories = 1, .num_fields = layout->n_fields};
	int ret;

	memcpy(config.defs, layout->fields, sizeof(layout->fields));
	*context = create_context(n, layout->n_fields);
	if (*context == NULL)
		return -rte_errno;
	ret = rte_acl_add_rules(*context, rules, n);
	return ret == 0 ? rte_acl_build(*context, &config) : ret;
}

/* Compiles what is for one family; `room` holds every pair of a source and ports. */
static int
compile_family(struct firewall_acl *acl, const struct firewall_rule *rules, unsigned int n,
	bool ipv6, void *room)
{
	const unsigned int count = expand(rules, n, ipv6, room);

	return count == 0 ? 0 : compile(&acl->contexts[ipv6], &layouts[ipv6], room, count);
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
	const uint64_t pairs = firewall_acl_pairs(rules, n);
	int ret;

	if (acl == NULL || pairs > FIREWALL_PAIRS_MAX)
		ret = acl == NULL ? -ENOMEM : -E2BIG;
	else
		ret = 0;
	for (unsigned int f = 0; f < RTE_DIM(layouts) && ret == 0; f++) {
		void *room = calloc(pairs + 1, RTE_ACL_RULE_SZ(layouts[f].n_fields));

		ret = room == NULL ? -ENOMEM : compile_family(acl, rules, n, f == 1, room);
		free(room);
	}
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
	for (unsigned int f = 0; f < RTE_DIM(acl->contexts); f++)
		rte_acl_free(acl->contexts[f]);
	free(acl);
}

/* Packets ------------------------------------------------------------------------------------ */

static void
classify(const struct rte_acl_ctx *context, const struct nj_flow **keys, unsigned int n,
	uint32_t *results)
{
	memset(results, 0, n * sizeof(*results));
	if (context != NULL && n > 0)
		rte_acl_classify(context, (const uint8_t **)keys, results, n, 1);
}

/* A burst that is not of IPv4 alone is parted by family, and put together again. */
static void
classify_mixed(const struct firewall_acl *acl, const struct nj_flow **keys, unsigned int n,
	uint32_t *results)
{
	const struct nj_flow *parted[RTE_DIM(layouts)][NJ_BATCH_MAX];
	uint32_t of_family[RTE_DIM(layouts)][NJ_BATCH_MAX];
	unsigned int count[RTE_DIM(layouts)] = {0};

	for (unsigned int i = 0; i < n; i++)
		parted[keys[i]->ipv6][count[keys[i]->ipv6]++] = keys[i];
	for (unsigned int f = 0; f < RTE_DIM(layouts); f++) {
		classify(acl->contexts[f], parted[f], count[f], of_family[f]);
		count[f] = 0;
	}
	for (unsigned int i = 0; i < n; i++)
		results[i] = of_family[keys[i]->ipv6][count[keys[i]->ipv6]++];
}

void
firewall_acl_classify(
	const struct firewall_acl *acl, const struct nj_flow **keys, unsigned int n, bool *allowed)
{
	uint32_t results[NJ_BATCH_MAX];
	bool ipv6 = false;

	for (unsigned int i = 0; i < n; i++)
		ipv6 |= keys[i]->ipv6;
	if (ipv6)
		classify_mixed(acl, keys, n, results);
	else
		classify(acl->contexts[0], keys, n, results);
	for (unsigned int i = 0; i < n; i++)
		allowed[i] = results[i] == USERDATA_ALLOW;
}
