/* SPDX-License-Identifier: BSD-3-Clause */
/* A firewall's list of rules, and what classifies packets by it. */
#ifndef FIREWALL_ACL_H
#define FIREWALL_ACL_H

#include "nj_base.h"
#include "nj_packet.h"

enum firewall_action { FIREWALL_ALLOW, FIREWALL_DENY };

/* Ports in host byte order, both included. */
struct firewall_ports {
	uint16_t first, last;
};

/* Matches where any of the sources and any of the ports do. */
struct firewall_rule {
	unsigned int action; /* enum firewall_action */
	unsigned int n_sources;
	struct nj_prefix *sources;
	unsigned int n_ports;
	struct firewall_ports *ports;
};

#define FIREWALL_PAIRS_MAX (1u << 20)

/* How many pairs of a source and a range of ports a list has: what it is compiled from. */
uint64_t firewall_acl_pairs(const struct firewall_rule *rules, unsigned int n);

struct firewall_acl;

/*
 * Compiles a list with DPDK's ACL library, in the EAL's memory. A source of IPv4-mapped addresses
 * stands for the IPv4 ones. Returns NULL with rte_errno: ENOMEM, E2BIG, and what that library says.
 * Manager.
 */
struct firewall_acl *firewall_acl_create(const struct firewall_rule *rules, unsigned int n);
void firewall_acl_free(struct firewall_acl *acl); /* takes NULL */

/*
 * Sets allowed[i] by the sender in keys[i], for up to NJ_BATCH_MAX keys. The first rule that
 * matches decides; where none does it is no. Any lcore.
 */
void firewall_acl_classify(
	const struct firewall_acl *acl, const struct nj_flow **keys, unsigned int n, bool *allowed);

#endif
