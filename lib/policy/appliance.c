/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_policy.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "appliance.h"
#include "nj_yaml.h"

#define ADDRESSES_MAX 64 /* of a port: what the link has room for */
#define LISTENERS_MAX 4096
#define SECOND_MS     UINT64_C(1000)
#define DAY_MS        (86400 * SECOND_MS)

static nj_read_t read_port;
static nj_read_t read_port_range;

/* ports[] ------------------------------------------------------------------------------------ */

static const char *const port_roles[] = {[NJ_PORT_BOTH] = "both",
	[NJ_PORT_CLIENTS] = "clients",
	[NJ_PORT_ENDPOINTS] = "endpoints",
	NULL};

const char *
nj_port_role_name(enum nj_port_role role)
{
	return port_roles[role];
}

#define PORT(member) .offset = offsetof(struct nj_port_config, member)

static const struct nj_field route_fields[] = {
	{"to", nj_read_prefix, offsetof(struct nj_route_config, to), .required = true},
	{"via", nj_read_ip, offsetof(struct nj_route_config, via), .required = true},
};
static const struct nj_table route_table = {NJ_TABLE(route_fields)};

static const struct nj_field descriptor_fields[] = {
	{"rx", nj_read_u16, PORT(rx_descriptors), .min = 64, .max = 32768},
	{"tx", nj_read_u16, PORT(tx_descriptors), .min = 64, .max = 32768},
};
static const struct nj_table descriptor_table = {NJ_TABLE(descriptor_fields)};

static const struct nj_field address_item = {"addresses", nj_read_prefix, .each = true};
static const struct nj_field gateway_item = {"gateways", nj_read_ip, .each = true};
static const struct nj_field route_item = {
	"routes", nj_read_map, .table = &route_table, .each = true};

static const struct nj_field port_fields[] = {
	{"device", nj_read_string, PORT(device), .min = 1, .required = true},
	{"addresses", nj_read_list, PORT(addresses), .required = true, .min = 1,
		.max = ADDRESSES_MAX, .item = &address_item, .item_size = sizeof(struct nj_prefix),
		.count = offsetof(struct nj_port_config, n_addresses)},
	{"gateways", nj_read_list, PORT(gateways), .item = &gateway_item,
		.item_size = sizeof(struct nj_ip),
		.count = offsetof(struct nj_port_config, n_gateways)},
	{"routes", nj_read_list, PORT(routes), .item = &route_item,
		.item_size = sizeof(struct nj_route_config),
		.count = offsetof(struct nj_port_config, n_routes)},
	{"role", nj_read_choice, PORT(role), .choices = port_roles},
	{"vlan", nj_read_u16, PORT(vlan), .min = 0, .max = 4094},
	{"mtu", nj_read_u16, PORT(mtu), .min = 576, .max = 9000},
	{"descriptors", nj_read_map, .table = &descriptor_table},
};
static const struct nj_table port_table = {NJ_TABLE(port_fields)};
static const struct nj_field port_item = {"ports", read_port, .table = &port_table, .each = true};

static void
read_port(struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	struct nj_port_config *port = base;

	port->line = nj_node_place(node).line;
	port->column = nj_node_place(node).column;
	port->mtu = 1500;
	port->rx_descriptors = 1024;
	port->tx_descriptors = 1024;
	nj_read_map(document, field, node, port);
}

/* The rest --------------------------------------------------------------------------------- */

#define APPLIANCE(member) .offset = offsetof(struct nj_appliance, member)
#define COUNT(member)     .count = offsetof(struct nj_appliance, member)

static const struct nj_field listener_fields[] = {
	{"port", nj_read_u16, offsetof(struct nj_listener_config, port), .min = 1,
		.max = UINT16_MAX, .required = true},
	{"address", nj_read_ip, offsetof(struct nj_listener_config, ip)},
};
static const struct nj_table listener_table = {NJ_TABLE(listener_fields)};
static const struct nj_field listener_item = {
	"listeners", nj_read_map, .table = &listener_table, .each = true};

static const struct nj_field qcmp_fields[] = {
	{"port", nj_read_u16, APPLIANCE(qcmp_port), .min = 1, .max = UINT16_MAX, .required = true},
};
static const struct nj_table qcmp_table = {NJ_TABLE(qcmp_fields)};

static const struct nj_field source_item = {"source_addresses", nj_read_ip, .each = true};

static const struct nj_field session_fields[] = {
	{"capacity", nj_read_u32, APPLIANCE(sessions.capacity), .min = 1, .max = 1u << 28},
	{"ttl", nj_read_duration, APPLIANCE(sessions.ttl_ms), .min = SECOND_MS, .max = DAY_MS},
	{"unreplied_ttl", nj_read_duration, APPLIANCE(sessions.unreplied_ttl_ms), .min = SECOND_MS,
		.max = DAY_MS},
	{"ports", read_port_range},
	{"source_addresses", nj_read_list, APPLIANCE(sessions.source_addresses),
		.item = &source_item, .item_size = sizeof(struct nj_ip),
		COUNT(sessions.n_source_addresses)},
	{"state_file", nj_read_string, APPLIANCE(sessions.state_file)},
};
static const struct nj_table session_table = {NJ_TABLE(session_fields)};

static const struct nj_field limit_fields[] = {
	{"new_sessions_per_second", nj_read_u32, APPLIANCE(limits.new_sessions_per_second),
		.max = UINT32_MAX},
	{"sessions_per_source", nj_read_u32, APPLIANCE(limits.sessions_per_source),
		.max = UINT32_MAX},
	{"sessions_per_prefix", nj_read_u32, APPLIANCE(limits.sessions_per_prefix),
		.max = UINT32_MAX},
};
static const struct nj_table limit_table = {NJ_TABLE(limit_fields)};

static const struct nj_field telemetry_fields[] = {
	{"group", nj_read_string, APPLIANCE(telemetry_group), .min = 1},
};
static const struct nj_table telemetry_table = {NJ_TABLE(telemetry_fields)};

static const char *const reverse_paths[] = {
	[NJ_REVERSE_PATH_LOOSE] = "loose", [NJ_REVERSE_PATH_STRICT] = "strict", NULL};

static const struct nj_field eal_item = {"eal", nj_read_string, .min = 1, .each = true};

static const struct nj_field fields[] = {
	{"id", nj_read_string, APPLIANCE(id), .min = 1},
	{"eal", nj_read_list, APPLIANCE(eal), .item = &eal_item, .item_size = sizeof(char *),
		COUNT(n_eal)},
	{"ports", nj_read_list, APPLIANCE(ports), .required = true, .min = 1, .max = NJ_PORTS_MAX,
		.item = &port_item, .item_size = sizeof(struct nj_port_config), COUNT(n_ports)},
	{"listeners", nj_read_list, APPLIANCE(listeners), .max = LISTENERS_MAX,
		.item = &listener_item, .item_size = sizeof(struct nj_listener_config),
		COUNT(n_listeners)},
	{"reverse_path", nj_read_choice, APPLIANCE(reverse_path), .choices = reverse_paths},
	{"watch", nj_read_bool, APPLIANCE(watch)},
	{"qcmp", nj_read_map, .table = &qcmp_table},
	{"sessions", nj_read_map, .table = &session_table},
	{"limits", nj_read_map, .table = &limit_table},
	{"telemetry", nj_read_map, .table = &telemetry_table},
	{"confine", nj_read_bool, APPLIANCE(confine)},
};
static const struct nj_table table = {NJ_TABLE(fields)};
static const struct nj_field root = {"appliance.yaml", nj_read_map, .table = &table};

/* A-B; returns false for anything else. */
static bool
parse_port_range(const char *text, unsigned int *min, unsigned int *max)
{
	int end = 0;

	return strspn(text, "0123456789-") == strlen(text) && text[0] != '-' &&
	       strstr(text, "--") == NULL && sscanf(text, "%5u-%5u%n", min, max, &end) == 2 &&
	       text[end] == '\0';
}

static void
read_port_range(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	struct nj_appliance *appliance = base;
	unsigned int min, max;

	if (!parse_port_range(nj_node_text(node), &min, &max) || min < 1 || max > UINT16_MAX ||
		min > max) {
		nj_value_error(document, field, node,
			"a range of ports like 16384-65535, the lower first, from 1 to 65535");
		return;
	}
	appliance->sessions.port_min = (uint16_t)min;
	appliance->sessions.port_max = (uint16_t)max;
}

static void
set_defaults(struct nj_appliance *appliance)
{
	appliance->confine = true;
	appliance->sessions.capacity = 1000000;
	appliance->sessions.ttl_ms = 60 * SECOND_MS;
	appliance->sessions.unreplied_ttl_ms = 10 * SECOND_MS;
	appliance->sessions.port_min = 16384;
	appliance->sessions.port_max = 65535;
	appliance->limits.sessions_per_source = 512;
}

/* Defaults that are strings: the host's name, and no file for an empty one. */
static void
complete(struct nj_document *document, struct nj_appliance *appliance)
{
	char name[HOST_NAME_MAX + 1] = "";

	if (appliance->sessions.state_file != NULL && appliance->sessions.state_file[0] == '\0') {
		free(appliance->sessions.state_file);
		appliance->sessions.state_file = NULL;
	}
	if (appliance->id != NULL)
		return;
	gethostname(name, sizeof(name) - 1);
	appliance->id = strdup(name);
	if (appliance->id == NULL)
		nj_document_error(document, nj_document_root(document), "out of memory");
}

struct nj_appliance *
nj_appliance_load(const char *path, struct nj_report *report)
{
	struct nj_appliance *appliance = calloc(1, sizeof(*appliance));
	struct nj_document document;

	if (appliance == NULL || !nj_document_open(&document, path, report)) {
		nj_appliance_free(appliance);
		return NULL;
	}
	set_defaults(appliance);
	nj_read_map(&document, &root, nj_document_root(&document), appliance);
	nj_appliance_check(&document, appliance);
	complete(&document, appliance);
	nj_document_close(&document);
	if (!document.failed)
		return appliance;
	nj_appliance_free(appliance);
	return NULL;
}

static void
free_port(struct nj_port_config *port)
{
	free(port->device);
	free(port->addresses);
	free(port->gateways);
	free(port->routes);
}

void
nj_appliance_free(struct nj_appliance *appliance)
{
	if (appliance == NULL)
		return;
	for (unsigned int i = 0; i < appliance->n_eal; i++)
		free(appliance->eal[i]);
	for (unsigned int i = 0; i < appliance->n_ports; i++)
		free_port(&appliance->ports[i]);
	free(appliance->id);
	free(appliance->telemetry_group);
	free(appliance->eal);
	free(appliance->ports);
	free(appliance->listeners);
	free(appliance->sessions.source_addresses);
	free(appliance->sessions.state_file);
	free(appliance);
}

void
nj_appliance_keys(nj_key_visit_t *visit, void *context)
{
	nj_table_keys(&table, visit, context);
}
