/* SPDX-License-Identifier: BSD-3-Clause */
#include "dad.h"

#include "arp.h"
#include "link_parts.h"
#include "ndp.h"

#define CONFLICT_LOG_MS 10000 /* RFC 5227, section 2.4: DEFEND_INTERVAL */

NJ_LOG_TYPE(link);

void
nj_dad_probe(struct nj_link *link, const struct nj_interface *interface)
{
	const unsigned int n = link->own.n + link->own.n6;

	for (unsigned int i = 0; i < n; i++) {
		struct nj_ip ip;
		const struct nj_own *own = nj_own_at(&link->own, i, &ip);

		if (own->state != NJ_OWN_TENTATIVE || !nj_own_is_on(own, interface->port))
			continue;
		if (ip.family == AF_INET6)
			nj_ndp_probe(link, interface, ip.v6);
		else
			nj_arp_probe(link, interface, ip.v4);
	}
}

static void
set_all(struct nj_link *link, enum nj_own_state from, enum nj_own_state to)
{
	const unsigned int n = link->own.n + link->own.n6;
	struct nj_ip unused;

	for (unsigned int i = 0; i < n; i++) {
		struct nj_own *own = nj_own_at(&link->own, i, &unused);

		if (own->state == from)
			own->state = to;
	}
}

void
nj_dad_start(struct nj_link *link, nj_ms_t now)
{
	link->dad.running = true;
	link->dad.started = now;
	set_all(link, NJ_OWN_VALID, NJ_OWN_TENTATIVE);
}

bool
nj_dad_tick(struct nj_link *link, nj_ms_t now)
{
	if (!link->dad.running || nj_ms_since(now, link->dad.started) < NJ_DAD_MS)
		return false;
	link->dad.running = false;
	set_all(link, NJ_OWN_TENTATIVE, NJ_OWN_VALID);
	return true;
}

static void
log_conflict(const struct nj_interface *interface, bool given_up, const struct nj_ip *ip,
	const struct rte_ether_addr *mac)
{
	char address[NJ_ADDRESS_STRLEN], text[RTE_ETHER_ADDR_FMT_SIZE];

	rte_ether_format_addr(text, sizeof(text), mac);
	nj_ip_format(ip, address);
	nj_log_event(&nj_logtype, given_up ? RTE_LOG_ERR : RTE_LOG_WARNING, "address_conflict",
		"port=%u address=%s used_by=%s answered_for=%s", interface->port, address, text,
		given_up ? "no" : "yes");
}

void
nj_dad_claimed(struct nj_link *link, const struct nj_interface *interface, const struct nj_ip *ip,
	const struct rte_ether_addr *mac, nj_ms_t now)
{
	struct nj_own *own = nj_own_find(&link->own, ip);

	if (own == NULL || !nj_own_is_on(own, interface->port) ||
		nj_interfaces_have_mac(&link->interfaces, mac)) /* two ports in one network */
		return;
	__atomic_store_n(&link->dad.conflicts, link->dad.conflicts + 1, __ATOMIC_RELAXED);
	if (own->state == NJ_OWN_TENTATIVE) {
		own->state = NJ_OWN_DUPLICATE;
		log_conflict(interface, true, ip, mac);
	} else if (own->state == NJ_OWN_VALID &&
		   nj_limit_passes(&link->conflict_log, CONFLICT_LOG_MS, now)) {
		log_conflict(interface, false, ip, mac);
	}
}

void
nj_dad_probed(struct nj_link *link, const struct nj_interface *interface, const struct nj_ip *ip,
	const struct rte_ether_addr *mac, nj_ms_t now)
{
	const struct nj_own *own = nj_own_find(&link->own, ip);

	/* Once an address is ours, the answer tells him; until then, it is nobody's. */
	if (own != NULL && own->state == NJ_OWN_TENTATIVE)
		nj_dad_claimed(link, interface, ip, mac, now);
}

uint64_t
nj_link_conflicts(const struct nj_link *link)
{
	return __atomic_load_n(&link->dad.conflicts, __ATOMIC_RELAXED);
}
