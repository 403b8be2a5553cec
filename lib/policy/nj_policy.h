/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two files, read and checked: YAML to a whole, immutable structure. The
 * reader collects every mistake with its line and column, not the first alone,
 * and gives back a structure only where there was none. Manager only (or before
 * lcores start); plain heap memory, so it runs without the EAL.
 */
#ifndef NJ_POLICY_H
#define NJ_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "nj_base.h"
#include "nj_chain.h"
#include "nj_cluster.h"
#include "nj_yaml.h"

/* appliance.yaml --------------------------------------------------------------------------- */

struct nj_route_config {
	struct nj_prefix to;
	struct nj_ip via;
};

/* Who may be behind a port; what comes in on another one is not theirs. */
enum nj_port_role {
	NJ_PORT_BOTH,
	NJ_PORT_CLIENTS,   /* and QCMP */
	NJ_PORT_ENDPOINTS, /* and routers that say something of datagrams to them */
};

const char *nj_port_role_name(enum nj_port_role role); /* as the file has it */

struct nj_port_config {
	unsigned int line, column; /* where the file has it; 0: nowhere */
	char *device;              /* a PCI address, or a virtual device and its arguments */
	unsigned int n_addresses;
	struct nj_prefix *addresses;
	unsigned int n_gateways;
	struct nj_ip *gateways;
	unsigned int n_routes;
	struct nj_route_config *routes;
	unsigned int role;       /* enum nj_port_role */
	uint16_t vlan;           /* 0 to 4094; 0 = untagged */
	uint16_t mtu;            /* bytes of IP packet, 576 to 9000; default 1500 */
	uint16_t rx_descriptors; /* 64 to 32768, default 1024 */
	uint16_t tx_descriptors;
};

struct nj_listener_config {
	uint16_t port;   /* host byte order */
	struct nj_ip ip; /* AF_UNSPEC: every address of ours */
};

/* Over which port a client's datagram may come in that opens a session (RFC 3704). */
enum nj_reverse_path {
	NJ_REVERSE_PATH_LOOSE,  /* any that may have clients */
	NJ_REVERSE_PATH_STRICT, /* the one that leads back to the client */
};

struct nj_appliance {
	char *id; /* default: the host's name */
	unsigned int n_eal;
	char **eal; /* options for rte_eal_init, without the program's name */
	unsigned int n_ports;
	struct nj_port_config *ports;
	unsigned int n_listeners; /* 0: one, on the proxy file's port */
	struct nj_listener_config *listeners;
	uint16_t qcmp_port;        /* 0 = off */
	unsigned int reverse_path; /* enum nj_reverse_path */
	bool watch;                /* reload proxy.yaml when it changes */
	bool confine;              /* give up what is not needed after the start */
	char *telemetry_group;     /* who may use the telemetry socket beside root; NULL: nobody */
	struct {
		uint32_t capacity;           /* over all workers; 1 to 2^28 */
		uint32_t ttl_ms;             /* established */
		uint32_t unreplied_ttl_ms;   /* half-open */
		uint16_t port_min, port_max; /* upstream ports, both included, host byte order */
		unsigned int n_source_addresses;
		struct nj_ip *source_addresses;
		char *state_file; /* NULL: sessions are not kept across a restart */
	} sessions;
	struct {
		uint32_t new_sessions_per_second; /* over all workers; 0 = no limit, here and below
						   */
		uint32_t sessions_per_source;     /* a client's address; on each worker */
		uint32_t sessions_per_prefix;     /* a /24 of IPv4 or a /64 of IPv6; on each */
	} limits;
};

/*
 * Reads appliance.yaml. Returns the structure, or NULL with at least one error in *report (which
 * nj_report_clear() empties; it may hold notes where all is well). A file that cannot be read is an
 * error at line 1.
 */
struct nj_appliance *nj_appliance_load(const char *path, struct nj_report *report);
void nj_appliance_free(struct nj_appliance *appliance); /* takes NULL */

/* proxy.yaml ------------------------------------------------------------------------------- */

/* What to do with traffic. Immutable once it is built; workers read it. */
struct nj_policy {
	enum nj_era era;
	char *id;      /* the file's, or NULL */
	uint16_t port; /* the file's, else the era's default: 7000 in the first, 7777 in the second
			*/
	uint16_t qcmp_port; /* second era: the file's, or 0 */
	struct nj_clusters clusters;
	struct nj_chain *chain;
	/* Set by whoever puts it into force. */
	uint64_t generation; /* counts from 1 */
	time_t loaded;       /* seconds of the wall clock */
};

/* Reads proxy.yaml, either era; returns and reports as nj_appliance_load() does. */
struct nj_policy *nj_policy_load(const char *path, struct nj_report *report);
void nj_policy_free(struct nj_policy *policy); /* takes NULL */

/*
 * Checks the endpoints of a policy, which was read from `path`, against what the appliance file
 * makes ours: one that is a listener of ours is an error, as every datagram would come round again;
 * one that is another port of our addresses is worth a note, as no program stands behind it.
 * `port` is that of the listener where the appliance file has none (host byte order). Returns
 * whether there was no error.
 */
bool nj_policy_check_loops(const struct nj_policy *policy, const struct nj_appliance *appliance,
	uint16_t port, const char *path, struct nj_report *report);

/*
 * Notes, at the ports of the appliance file (`path`), how ports' roles and the ways to the
 * endpoints go together: which roles would fit where there are two ports that routes tell apart
 * and neither has one; and a port for clients alone that endpoints are reached over.
 */
void nj_policy_check_roles(const struct nj_policy *policy, const struct nj_appliance *appliance,
	const char *path, struct nj_report *report);

/* Keys ------------------------------------------------------------------------------------- */

/*
 * Call `visit` with the path of every key that a file may have, such as
 * "sessions.ttl" or "ports[].device" ("*" stands for a name that the user
 * chooses), in the order of the tables that the reader itself works from. For
 * checking the documentation against the code.
 */
void nj_appliance_keys(nj_key_visit_t *visit, void *context);
void nj_policy_keys(enum nj_era era, nj_key_visit_t *visit, void *context);

#endif
