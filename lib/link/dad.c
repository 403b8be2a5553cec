/* SPDX-License-Identifier: BSD-3-Clause */
#include "dad.h"

#include "arp.h"
#include "link_parts.h"
#include "ndp.h"

NJ_LOG_TYPE(link);

static void
set_state(struct nj_own *own, enum nj_own_state state, nj_ms_t now)
{
	__atomic_store_n(&own->state, state, __ATOMIC_RELAXED);
	own->changed = now;
}

/* Out ---------------------------------------------------------------------------------------- */

static void
probe(struct nj_link *link, const struct nj_interface *interface, const struct nj_ip *ip)
{
	if (ip->family == AF_INET6)
		nj_ndp_probe(link, interface, ip->v6);
	else
		nj_arp_probe(link, interface, ip->v4);
}

void
nj_dad_announce(struct nj_link *link, const struct nj_interface *interface, const struct nj_ip *ip)
{
	if (ip->family == AF_INET)
		nj_arp_announce(link, interface, ip->v4);
	else if (nj_interface_has_ipv6(interface))
		nj_ndp_announce(link, interface, ip->v6);
}

/* On each port that the address is on. */
static void
send_everywhere(struct nj_link *link, const struct nj_own *own, const struct nj_ip *ip,
	void (*send)(struct nj_link *, const struct nj_interface *, const struct nj_ip *))
{
	for (uint16_t port = 0; port < NJ_PORTS_MAX; port++)
		if (link->interfaces.port[port] != NULL && nj_own_is_on(own, port))
			send(link, link->interfaces.port[port], ip);
}

/* Asking ------------------------------------------------------------------------------------- */

void
nj_dad_probe(struct nj_link *link, const struct nj_interface *interface, nj_ms_t now)
{
	const unsigned int n = link->own.n + link->own.n6;

	for (unsigned int i = 0; i < n; i++) {
		struct nj_ip ip;
		struct nj_own *own = nj_own_at(&link->own, i, &ip);

		if (own->state != NJ_OWN_TENTATIVE || !nj_own_is_on(own, interface->port))
			continue;
		own->changed = now;
		probe(link, interface, &ip);
	}
}

void
nj_dad_start(struct nj_link *link, nj_ms_t now)
{
	const unsigned int n = link->own.n + link->own.n6;
	struct nj_ip unused;

	for (unsigned int i = 0; i < n; i++)
		set_state(nj_own_at(&link->own, i, &unused), NJ_OWN_TENTATIVE, now);
}

bool
nj_dad_keep(struct nj_link *link, const struct nj_ip *ip, nj_ms_t now)
{
	struct nj_own *own = nj_own_find(&link->own, ip);

	if (own != NULL)
		set_state(own, NJ_OWN_VALID, now);
	return own != NULL;
}

/* Nobody objected. */
static void
take(struct nj_own *own, const struct nj_ip *ip, nj_ms_t now)
{
	char address[NJ_ADDRESS_STRLEN];

	set_state(own, NJ_OWN_VALID, now);
	if (own->conflict_logged)
		NJ_EVENT(NOTICE, "address_taken", "address=%s", nj_ip_format(ip, address));
	own->conflict_logged = false;
}

/* Returns whether it became valid. */
static bool
check(struct nj_link *link, struct nj_own *own, const struct nj_ip *ip, nj_ms_t now)
{
	switch ((enum nj_own_state)own->state) {
	case NJ_OWN_VALID:
		if (own->defended && nj_ms_since(now, own->defended_at) >= NJ_DEFEND_MS)
			own->defended = false;
		return false;
	case NJ_OWN_TENTATIVE:
		if (nj_ms_since(now, own->changed) < NJ_DAD_MS)
			return false;
		take(own, ip, now);
		return true;
	case NJ_OWN_DUPLICATE:
		if (nj_ms_since(now, own->changed) < NJ_DAD_RETRY_MS)
			return false;
		set_state(own, NJ_OWN_TENTATIVE, now);
		send_everywhere(link, own, ip, probe);
		return false;
	}
	return false;
}

bool
nj_dad_tick(struct nj_link *link, nj_ms_t now)
{
	const unsigned int n = link->own.n + link->own.n6;
	bool taken = false;

	for (unsigned int i = 0; i < n; i++) {
		struct nj_ip ip;
		struct nj_own *own = nj_own_at(&link->own, i, &ip);

		taken |= check(link, own, &ip, now);
	}
	return taken;
}

/* Conflicts ---------------------------------------------------------------------------------- */

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

/* Until it is asked for again. That one fails every time is logged once. */
static void
give_up(struct nj_own *own, const struct nj_interface *interface, const struct nj_ip *ip,
	const struct rte_ether_addr *mac, nj_ms_t now)
{
	set_state(own, NJ_OWN_DUPLICATE, now);
	if (!own->conflict_logged)
		log_conflict(interface, true, ip, mac);
	own->conflict_logged = true;
}

/* A proxy's whole work is at its address, so it is kept, whoever wants it: RFC 5227, section 2.4,
 * case (c). Two that do so tell each other every NJ_DEFEND_MS and no more often. */
static void
defend(struct nj_link *link, struct nj_own *own, const struct nj_interface *interface,
	const struct nj_ip *ip, const struct rte_ether_addr *mac, nj_ms_t now)
{
	if (own->defended && nj_ms_since(now, own->defended_at) < NJ_DEFEND_MS)
		return;
	own->defended = true;
	own->defended_at = now;
	send_everywhere(link, own, ip, nj_dad_announce);
	if (nj_limit_passes(&link->conflict_log, NJ_DEFEND_MS, now))
		log_conflict(interface, false, ip, mac);
}

void
nj_dad_claimed(struct nj_link *link, const struct nj_interface *interface, const struct nj_ip *ip,
	const struct rte_ether_addr *mac, nj_ms_t now)
{
	struct nj_own *own = nj_own_find(&link->own, ip);

	if (own == NULL || !nj_own_is_on(own, interface->port) ||
		nj_interfaces_have_mac(&link->interfaces, mac)) /* two ports in one network */
		return;
	__atomic_store_n(&link->conflicts, link->conflicts + 1, __ATOMIC_RELAXED);
	switch ((enum nj_own_state)own->state) {
	case NJ_OWN_VALID:
		defend(link, own, interface, ip, mac, now);
		break;
	case NJ_OWN_TENTATIVE:
		give_up(own, interface, ip, mac, now);
		break;
	case NJ_OWN_DUPLICATE:
		break;
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
	return __atomic_load_n(&link->conflicts, __ATOMIC_RELAXED);
}
