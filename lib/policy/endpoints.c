/* SPDX-License-Identifier: BSD-3-Clause */
#include "endpoints.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>

#include "resolve.h"
#include "unicast.h"
#include "nj_yaml.h"

/* One endpoint, as nodes of the file. */
struct entry {
	yaml_node_t *address;
	yaml_node_t *tokens; /* a list, or NULL */
};

static const struct nj_field token_items[] = {
	[NJ_ERA_1] = {"tokens", nj_read_base64_first_era, .max = NJ_TOKEN_MAX_BYTES, .each = true},
	[NJ_ERA_2] = {"tokens", nj_read_base64, .max = NJ_TOKEN_MAX_BYTES, .each = true},
};
static const struct nj_field quilkin_fields[] = {
	{"tokens", nj_read_list_node, offsetof(struct entry, tokens), .required = true},
};
static const struct nj_table quilkin_table = {NJ_TABLE(quilkin_fields)};
static const struct nj_field metadata_fields[] = {
	{"quilkin.dev", nj_read_map, .table = &quilkin_table},
};
static const struct nj_table metadata_table = {NJ_TABLE(metadata_fields), .open = true};
static const struct nj_field endpoint_fields[] = {
	{"address", nj_read_text, offsetof(struct entry, address), .required = true},
	{"metadata", nj_read_map, .table = &metadata_table},
};
static const struct nj_table endpoint_table = {NJ_TABLE(endpoint_fields)};
const struct nj_field nj_endpoint_item = {
	"endpoints", nj_read_map, .table = &endpoint_table, .each = true};

/* Addresses ---------------------------------------------------------------------------------- */

/* Quilkin's second era reads an address as a URL: udp://HOST:PORT/ is the same. */
static const char *
strip_url(const char *text, char *buffer, size_t size)
{
	static const char scheme[] = "udp://";
	size_t length;

	if (strncmp(text, scheme, strlen(scheme)) == 0)
		text += strlen(scheme);
	length = strlen(text);
	if (length > 0 && text[length - 1] == '/')
		length--;
	if (length >= size)
		return text;
	memcpy(buffer, text, length);
	buffer[length] = '\0';
	return buffer;
}

/* Returns false where the address cannot be read, which is reported. */
static bool
parse_address(
	struct nj_endpoints_reader *reader, const yaml_node_t *node, struct nj_address *address)
{
	const struct nj_field *field = &endpoint_fields[0];
	const char *why = "", *text = nj_node_text(node);
	bool names = reader->policy->era == NJ_ERA_2;
	char host[NJ_NODE_STRLEN], buffer[300];
	int ret;

	if (names)
		text = strip_url(text, buffer, sizeof(buffer));
	ret = nj_address_parse(text, address);
	if (ret < 0 && names)
		ret = nj_resolve(text, address, &why);
	if (ret == -ENOENT)
		nj_document_error(reader->document, node, "address %s does not resolve: %s",
			nj_node_describe(node, host), why);
	else if (ret < 0)
		nj_value_error(reader->document, field, node,
			names ? "an IP address or host name and a port, like 192.0.2.1:26000"
			      : "an IP address and a port, like 192.0.2.1:26000");
	return ret == 0;
}

/* Quilkin's socket of both families sends over IPv4 to such an address, and so do we. */
static void
unmap(struct nj_ip *ip)
{
	rte_be32_t v4;

	if (!nj_ip_is_mapped(ip))
		return;
	memcpy(&v4, ip->v6 + 12, sizeof(v4));
	*ip = nj_ip_v4(v4);
}

/* Quilkin takes a loopback address, and may have its game server there; nothing of ours can. */
static bool
check_address(struct nj_endpoints_reader *reader, const yaml_node_t *node,
	const struct nj_address *address)
{
	const char *flaw = nj_ip_flaw(&address->ip);
	char text[NJ_NODE_STRLEN];

	if (nj_ip_is_loopback(&address->ip))
		nj_document_note(reader->document, node,
			"endpoint %s is a loopback address, where no network leads",
			nj_node_describe(node, text));
	if (flaw != NULL)
		nj_document_error(reader->document, node, "endpoint %s is %s",
			nj_node_describe(node, text), flaw);
	else if (address->port == 0)
		nj_document_error(reader->document, node, "endpoint %s has port 0",
			nj_node_describe(node, text));
	else
		return true;
	return false;
}

/*
 * Whether this is the first endpoint of its address. The first era refuses a
 * second one. In the second the endpoints of a locality are a set, in which the
 * first stays. Two names of one address are two endpoints, as there.
 */
static bool
check_first(struct nj_endpoints_reader *reader, const yaml_node_t *node,
	const struct nj_address *address)
{
	char *name, canonical[NJ_ADDRESS_STRLEN], there[NJ_NODE_STRLEN];
	const struct nj_place *first;
	struct nj_address literal;
	const char *text = nj_node_text(node);
	bool is_literal = nj_address_parse(text, &literal) == 0;

	if (asprintf(&name, "%s %s", reader->scope,
		    is_literal ? nj_address_format(address, canonical) : text) < 0)
		return true;
	first = nj_seen_before(&reader->addresses, name, nj_node_place(node));
	free(name);
	if (first == NULL)
		return true;
	if (reader->policy->era == NJ_ERA_1)
		nj_document_error(reader->document, node,
			"endpoint %s is there twice, first on line %u",
			nj_node_describe(node, there), first->line);
	else
		nj_document_note(reader->document, node,
			"endpoint %s is there twice; the first counts, on line %u",
			nj_node_describe(node, there), first->line);
	return false;
}

/* Tokens ------------------------------------------------------------------------------------- */

static void
read_token(struct nj_endpoints_reader *reader, yaml_node_t *node, struct nj_endpoint *endpoint)
{
	const struct nj_field *item = &token_items[reader->policy->era];
	struct nj_bytes token = {0};
	char text[NJ_NODE_STRLEN];
	int ret;

	item->read(reader->document, item, node, &token);
	if (token.bytes == NULL)
		return;
	ret = nj_endpoint_add_token(endpoint, token.bytes, token.length);
	free(token.bytes);
	if (ret == -EEXIST)
		nj_document_error(reader->document, node, "token %s is on this endpoint twice",
			nj_node_describe(node, text));
	else if (ret < 0)
		nj_document_error(reader->document, node, "out of memory");
}

/* Endpoints ---------------------------------------------------------------------------------- */

static void
report_full(struct nj_endpoints_reader *reader, const yaml_node_t *node)
{
	if (rte_errno == ENOSPC)
		nj_document_error(reader->document, node, "there are more than %u endpoints",
			NJ_ENDPOINTS_MAX);
	else
		nj_document_error(reader->document, node, "out of memory");
	reader->full = true;
}

/* Adds the endpoint to the policy; NULL where it has no good address, or not the first of it. */
static struct nj_endpoint *
add_endpoint(struct nj_endpoints_reader *reader, const struct entry *entry)
{
	struct nj_address address;
	struct nj_endpoint *endpoint;
	struct nj_place place;

	if (entry->address == NULL || !parse_address(reader, entry->address, &address))
		return NULL;
	unmap(&address.ip);
	if (!check_address(reader, entry->address, &address) ||
		!check_first(reader, entry->address, &address))
		return NULL;
	endpoint = nj_clusters_add_endpoint(&reader->policy->clusters, &address);
	if (endpoint == NULL) {
		report_full(reader, entry->address);
		return NULL;
	}
	place = nj_node_place(entry->address);
	endpoint->line = place.line;
	endpoint->column = place.column;
	return endpoint;
}

static void
read_tokens(
	struct nj_endpoints_reader *reader, const yaml_node_t *list, struct nj_endpoint *endpoint)
{
	for (unsigned int i = 0; i < nj_document_length(list); i++)
		read_token(reader, nj_document_item(reader->document, list, i), endpoint);
}

static void
read_endpoint(struct nj_endpoints_reader *reader, yaml_node_t *node)
{
	static const struct nj_address nowhere;
	struct nj_clusters scrap = {0};
	struct nj_endpoint *endpoint;
	struct entry entry = {0};

	nj_endpoint_item.read(reader->document, &nj_endpoint_item, node, &entry);
	endpoint = add_endpoint(reader, &entry);
	/* The tokens of one that is not added are checked all the same. */
	if (endpoint == NULL && nj_clusters_add(&scrap, NULL) == 0)
		endpoint = nj_clusters_add_endpoint(&scrap, &nowhere);
	if (endpoint != NULL)
		read_tokens(reader, entry.tokens, endpoint);
	nj_clusters_clear(&scrap);
}

void
nj_endpoints_read(struct nj_endpoints_reader *reader, const yaml_node_t *list)
{
	for (unsigned int i = 0; i < nj_document_length(list) && !reader->full; i++)
		read_endpoint(reader, nj_document_item(reader->document, list, i));
}
