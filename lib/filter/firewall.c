/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Firewall: who may send, by address and port; clients on read, endpoints on
 * write. The first rule that matches decides, and what none matches is denied.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>

#include "firewall_acl.h"
#include "nj_filter.h"

NJ_LOG_TYPE(firewall);

struct list {
	unsigned int n;
	struct firewall_rule *rules;
};

/*
 * The compiled lists. The EAL has to run for that, and it does not where a
 * file is only checked: so the first state makes them, all share them, and the settings have a
 * place for them.
 */
struct compiled {
	unsigned int references;
	struct firewall_acl *acls[2]; /* by direction */
};

struct config {
	struct list lists[2]; /* by direction */
	struct compiled *compiled;
};

/* Settings ----------------------------------------------------------------------------------- */

/* The length that a netmask stands for, or -1. */
static int
mask_length(const struct nj_ip *mask)
{
	uint32_t bits = rte_be_to_cpu_32(mask->v4);
	int length = __builtin_popcount(bits);

	if (mask->family != AF_INET || bits != (length == 0 ? 0 : UINT32_MAX << (32 - length)))
		return -1;
	return length;
}

/* 192.0.2.0/24, 192.0.2.0/255.255.255.0 or 192.0.2.7, as Quilkin reads them. */
static bool
parse_source(const char *text, struct nj_prefix *out)
{
	char address[NJ_ADDRESS_STRLEN];
	const char *slash = strchr(text, '/');
	struct nj_prefix source;
	struct nj_ip mask;
	int length = -1;

	if (nj_prefix_parse(text, out) == 0)
		return true;
	if (strlen(text) >= sizeof(address))
		return false;
	strcpy(address, text);
	if (slash != NULL)
		address[slash - text] = '\0';
	if (nj_ip_parse(address, &source.ip) < 0)
		return false;
	if (slash == NULL)
		length = source.ip.family == AF_INET ? 32 : 128;
	else if (source.ip.family == AF_INET && nj_ip_parse(slash + 1, &mask) == 0)
		length = mask_length(&mask);
	if (length < 0)
		return false;
	source.length = (uint8_t)length;
	*out = source;
	return true;
}

static void
read_source(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	if (!nj_node_is_string(node) || !parse_source(nj_node_text(node), base))
		nj_value_error(document, field, node,
			"an IP address or a network, like 192.0.2.0/24 or 2001:db8::/32");
}

/* Reads a port up to `end`, which is one of its text's; returns -1 where it is none. */
static int
parse_port(const char *text, const char *end)
{
	int port = 0;

	text += *text == '+'; /* which Rust takes */
	if (text >= end)
		return -1;
	for (; text < end; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		port = port * 10 + (*text - '0');
		if (port > UINT16_MAX)
			return -1;
	}
	return port;
}

static void
read_ports(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	const char *text = nj_node_text(node), *dash = strchr(text, '-');
	const char *behind = text + strlen(text);
	int first = parse_port(text, dash == NULL ? behind : dash);
	/* The end of a range is not part of it; a single port is. */
	int end = dash == NULL ? first + 1 : parse_port(dash + 1, behind);
	char there[NJ_NODE_STRLEN];

	if (!nj_node_is_text(node) || first < 0 || end < 0)
		nj_value_error(document, field, node,
			"a string with a port or a range, like \"10\" or \"1000-7000\"");
	else if (end <= first)
		nj_document_error(document, node,
			"the range %s is empty: its end, which is not part of it, must be above "
			"its start",
			nj_node_describe(node, there));
	else
		*(struct firewall_ports *)base =
			(struct firewall_ports){(uint16_t)first, (uint16_t)(end - 1)};
}

static const char *const actions[] = {[FIREWALL_ALLOW] = "ALLOW", [FIREWALL_DENY] = "DENY", NULL};

static const struct nj_field source_item = {"sources", read_source, .each = true};
static const struct nj_field ports_item = {"ports", read_ports, .each = true};

#define RULE(member) offsetof(struct firewall_rule, member)

static const struct nj_field rule_fields[] = {
	{"action", nj_read_choice, RULE(action), .choices = actions, .required = true},
	{"sources", nj_read_list, RULE(sources), .item = &source_item,
		.item_size = sizeof(struct nj_prefix), .count = RULE(n_sources), .required = true},
	{"ports", nj_read_list, RULE(ports), .item = &ports_item,
		.item_size = sizeof(struct firewall_ports), .count = RULE(n_ports),
		.required = true},
};
static const struct nj_table rule_table = {NJ_TABLE(rule_fields)};

#define LIST(its_name, direction)                                                                  \
	{                                                                                          \
		its_name, nj_read_list, offsetof(struct config, lists[direction].rules),           \
			.count = offsetof(struct config, lists[direction].n), .required = true,    \
			.item = &(const struct nj_field){its_name, nj_read_map,                    \
				.table = &rule_table, .each = true},                               \
			.item_size = sizeof(struct firewall_rule)                                  \
	}

static const struct nj_field fields[] = {
	LIST("on_read", NJ_DOWNSTREAM),
	LIST("on_write", NJ_UPSTREAM),
};
static const struct nj_table table = {NJ_TABLE(fields)};

static void
release(struct compiled *compiled)
{
	if (compiled == NULL || --compiled->references > 0)
		return;
	firewall_acl_free(compiled->acls[NJ_DOWNSTREAM]);
	firewall_acl_free(compiled->acls[NJ_UPSTREAM]);
	free(compiled);
}

/* All of compiling that a file alone can make fail. */
static bool
check_size(struct nj_filter_build *b, const struct list *list, const char *name)
{
	uint64_t pairs = firewall_acl_pairs(list->rules, list->n);

	if (pairs > FIREWALL_PAIRS_MAX)
		nj_filter_error(b, NULL,
			"'%s' has %" PRIu64 " pairs of a source and ports, and may have at most %u",
			name, pairs, FIREWALL_PAIRS_MAX);
	return pairs <= FIREWALL_PAIRS_MAX;
}

static bool
build(struct nj_filter_build *b, void *base)
{
	struct config *config = base;
	bool good = check_size(b, &config->lists[NJ_DOWNSTREAM], "on_read");

	good &= check_size(b, &config->lists[NJ_UPSTREAM], "on_write");

	config->compiled = calloc(1, sizeof(*config->compiled));
	if (config->compiled == NULL)
		nj_filter_error(b, NULL, "out of memory");
	else
		config->compiled->references = 1;
	return good && config->compiled != NULL;
}

static void
destroy(void *base)
{
	struct config *config = base;

	for (unsigned int d = NJ_DOWNSTREAM; d <= NJ_UPSTREAM; d++) {
		for (unsigned int i = 0; i < config->lists[d].n; i++) {
			free(config->lists[d].rules[i].sources);
			free(config->lists[d].rules[i].ports);
		}
		free(config->lists[d].rules);
	}
	release(config->compiled);
}

/* State: what is compiled -------------------------------------------------------------------- */

static size_t
state_size(const void *config)
{
	return sizeof(struct compiled *);
}

static int
compile(struct compiled *compiled, const struct list *lists)
{
	for (unsigned int d = NJ_DOWNSTREAM; d <= NJ_UPSTREAM; d++) {
		if (compiled->acls[d] != NULL)
			continue;
		compiled->acls[d] = firewall_acl_create(lists[d].rules, lists[d].n);
		if (compiled->acls[d] == NULL)
			return nj_err(rte_errno, "firewall of %u rules", lists[d].n);
	}
	return 0;
}

static int
state_open(const void *base, void *state, unsigned int worker, unsigned int n_workers)
{
	const struct config *config = base;
	int ret = compile(config->compiled, config->lists);

	if (ret < 0)
		return ret;
	config->compiled->references++;
	*(struct compiled **)state = config->compiled;
	return 0;
}

static void
state_close(void *state)
{
	release(*(struct compiled **)state);
}

/* Packets ------------------------------------------------------------------------------------ */

static void
check(const struct nj_filter *filter, void *state, struct nj_batch *batch)
{
	const struct compiled *compiled = *(struct compiled **)state;
	const struct nj_flow *keys[NJ_BATCH_MAX];
	bool allowed[NJ_BATCH_MAX];

	for (unsigned int i = 0; i < batch->n; i++)
		keys[i] = &nj_packet(batch->datagrams[i]->m)->flow;
	firewall_acl_classify(compiled->acls[batch->direction], keys, batch->n, allowed);
	for (unsigned int i = 0; i < batch->n; i++)
		if (!allowed[i])
			nj_batch_drop(batch, batch->datagrams[i], NJ_DROP_FIREWALL_DENIED);
	nj_batch_compact(batch);
}

static struct nj_filter_type type = {
	.name = "firewall.v1alpha1.Firewall",
	.eras = NJ_IN_ERA_2,
	.table = &table,
	.config_required = true,
	.config_size = sizeof(struct config),
	.build = build,
	.destroy = destroy,
	.state_size = state_size,
	.state_open = state_open,
	.state_close = state_close,
	.read = check,
	.write = check,
};

NJ_FILTER_REGISTER(type)
