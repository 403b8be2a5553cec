/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way to the next hop: interfaces, routes, neighbors, and the small local
 * stack (ARP, NDP, ICMP, ICMPv6, MLD) that answers for the proxy, as no kernel stands behind its
 * ports.
 *
 * The manager is the only writer. Workers read: configured routes never change while they
 * run, the router that is heard is published whole, the neighbors' hash is read without locks
 * (RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF), and all that a worker needs of a neighbor is one 64-bit
 * word that is stored whole.
 *
 * Time is a parameter. Nothing here reads a clock or talks to a device: frames
 * leave through `struct nj_link_ops`.
 */
#ifndef NJ_LINK_H
#define NJ_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "nj_base.h"
#include "nj_packet.h"

/* Bounds: what a flood can make us keep. */
#define NJ_NEIGHBOR_WAITING_MAX      4096 /* packets that wait for an address, in all */
#define NJ_NEIGHBOR_WAITING_EACH_MAX 64   /* the same, for one neighbor */
#define NJ_INTERFACE_ADDRESSES_MAX   64

/* Times, after RFC 4861's names and Linux's defaults for ARP. */
#define NJ_DAD_MS                1000 /* our addresses are asked for so long before they are used */
#define NJ_DAD_RETRY_MS          30000  /* a duplicate address is asked for again so often */
#define NJ_DEFEND_MS             10000  /* RFC 5227, section 2.4: DEFEND_INTERVAL */
#define NJ_NEIGHBOR_REACHABLE_MS 30000  /* an address is believed this long without asking again */
#define NJ_NEIGHBOR_RETRANS_MS   1000   /* between two questions */
#define NJ_NEIGHBOR_QUESTIONS    3      /* unanswered ones, until the neighbor is unreachable */
#define NJ_NEIGHBOR_FAILED_MS    3000   /* an unreachable one that nobody sends to is forgotten */
#define NJ_NEIGHBOR_UNUSED_MS    300000 /* one that nobody used is forgotten */

/* What the link needs from whoever owns it; none of these may call the link back. */
struct nj_link_ops {
	void *context;
	/* Takes a whole frame; nj_packet(m)->out_port says where it leaves. */
	void (*send)(void *context, struct rte_mbuf *m);
	/* Takes a packet that waited in vain, and counts it; it may be an `originated` one. */
	void (*drop)(void *context, struct rte_mbuf *m, enum nj_drop reason);
	/* When a worker last sent to the neighbor of this number, or dropped what was for it as
	 * unreachable; 0 if never. May be NULL. */
	nj_ms_t (*last_used)(void *context, uint32_t neighbor);
};

/* One port of ours on a network. */
struct nj_interface {
	uint16_t port; /* ethdev's number */
	uint16_t mtu;  /* largest IP packet, bytes */
	uint16_t vlan; /* 0 = untagged */
	struct rte_ether_addr mac;
	unsigned int n_addresses;
	struct nj_prefix addresses[NJ_INTERFACE_ADDRESSES_MAX];
	/* IPv6: one of the addresses, or made from the MAC by nj_link_add_interface(); of no family
	 * where the port has no IPv6 address. */
	struct nj_ip link_local;
};

struct nj_link;

/*
 * Makes a link without interfaces, with room for `neighbors` of them (at least 8); frames of our
 * own making come from `pool` (private area NJ_PACKET_PRIV_SIZE). Returns NULL with rte_errno:
 * ENOMEM, or EINVAL beyond 2^24 - 1 neighbors. Before workers start.
 */
struct nj_link *nj_link_create(
	uint32_t neighbors, struct rte_mempool *pool, const struct nj_link_ops *ops);
/* Frees it and every waiting packet (dropped as NJ_DROP_STOPPING). Takes NULL. */
void nj_link_destroy(struct nj_link *link);

/*
 * Adds a port and the routes to its connected networks; of two ports in one network the first has
 * the route. ARP and NDP answer for a port's addresses on that port alone. Returns 0, -EEXIST where
 * the port or one of its addresses is known, -ENOSPC, -ENOMEM. Before workers start.
 */
int nj_link_add_interface(struct nj_link *link, const struct nj_interface *interface);

/*
 * Adds a route over a gateway of the same family, which has to lie in a connected network, or
 * (link-local) on `port`, which is of no matter for others; `to` of
 * length 0 is a default route. Returns 0, -ENETUNREACH where the gateway is in no connected
 * network or is ourselves, -EEXIST, -ENOSPC, -ENOMEM, -EINVAL across families. Before workers
 * start.
 */
int nj_link_add_route(
	struct nj_link *link, const struct nj_prefix *to, const struct nj_ip *via, uint16_t port);

/* An address of ours beyond those of the interfaces (a session source address): ARP or NDP answers
 * for it on every port. Returns 0, -EEXIST, -ENOSPC. Before workers start. */
int nj_link_add_address(struct nj_link *link, const struct nj_ip *ip);

/* Whether an address of ours is in use. */
enum nj_own_state {
	NJ_OWN_VALID,     /* it is: we answer for it, announce it and ask from it */
	NJ_OWN_TENTATIVE, /* being asked for: another host may have it (RFC 4862, RFC 5227) */
	NJ_OWN_DUPLICATE, /* another host has it */
};

/* An address of ours by its number, from 0 on, IPv4 first; false beyond the last. Any thread, once
 * workers run. */
bool nj_link_address(const struct nj_link *link, unsigned int number, struct nj_ip *ip,
	enum nj_own_state *state);

/* How many addresses of ours are in each state. Any thread, once workers run. */
struct nj_own_counts {
	unsigned int valid, tentative, duplicate;
};
struct nj_own_counts nj_link_own_counts(const struct nj_link *link);

/* The interface with this port number, or NULL. Any lcore. */
const struct nj_interface *nj_link_interface(const struct nj_link *link, uint16_t port);

/* Whether the address (network byte order) is one of ours. Any lcore. */
bool nj_link_is_ours(const struct nj_link *link, rte_be32_t ip);

/*
 * The number of an IPv6 address of ours, or -1; and the address of a number. Numbers stay once
 * workers run. Any lcore.
 */
int nj_link_own6_number(const struct nj_link *link, const uint8_t ip[16]);
const uint8_t *nj_link_own6(const struct nj_link *link, uint16_t number);

/* Whether it bears an address of ours as its sender: it came back, or somebody pretends. */
static inline bool
nj_link_is_from_us(const struct nj_link *link, const struct nj_flow *flow)
{
	return flow->ipv6 ? nj_link_own6_number(link, flow->src_ip6) >= 0
			  : nj_link_is_ours(link, flow->src_ip);
}

/* Whether a packet of the flow was sent to an address of ours. Any lcore. */
static inline bool
nj_link_is_to_us(const struct nj_link *link, const struct nj_flow *flow)
{
	return flow->ipv6 ? nj_link_own6_number(link, flow->dst_ip6) >= 0
			  : nj_link_is_ours(link, flow->dst_ip);
}

/* Where a destination is reached. */
struct nj_route {
	uint16_t port;         /* ethdev's number */
	struct nj_ip next_hop; /* the destination itself where it is connected */
	/* Our address on that port, in the next hop's network; the port's first where that one is
	 * link-local and the destination is not. */
	struct nj_ip source;
};

/*
 * Longest prefix match; for IPv6, where nothing matches, the best router that advertises itself.
 * `port` is where a link-local destination is meant, and of no matter for
 * others. Returns 0, or -ENETUNREACH. Any lcore.
 */
int nj_link_route(const struct nj_link *link, const struct nj_ip *destination, uint16_t port,
	struct nj_route *route);

/* The way over the best router that advertises itself. Returns 0 or -ENETUNREACH. Any thread. */
int nj_link_router(const struct nj_link *link, struct nj_route *route);

/* Neighbors ---------------------------------------------------------------------------------- */

/*
 * A neighbor's number (24 bits, below) and the generation of that number (8 bits, above): a number
 * that was given to another neighbor no longer matches.
 */
typedef uint32_t nj_neighbor_ref_t;
#define NJ_NEIGHBOR_NONE        UINT32_MAX
#define NJ_NEIGHBOR_NUMBER(ref) ((ref)&0xffffff)

enum nj_neighbor_state {
	NJ_NEIGHBOR_FREE,       /* no neighbor has this number */
	NJ_NEIGHBOR_INCOMPLETE, /* asked for, not yet answered: packets wait at the manager */
	NJ_NEIGHBOR_REACHABLE,
	NJ_NEIGHBOR_STALE,  /* not confirmed for a while, or only heard: asked once it is used */
	NJ_NEIGHBOR_PROBE,  /* still used, being asked again, the last time by broadcast */
	NJ_NEIGHBOR_FAILED, /* nobody answers; asked for again once a second while somebody sends */
};

const char *nj_neighbor_state_name(enum nj_neighbor_state state); /* "reachable", … */

/* A reference to the neighbor at this address, or NJ_NEIGHBOR_NONE where none
 * is known. Any lcore, without locks. */
nj_neighbor_ref_t nj_neighbor_find(
	const struct nj_link *link, uint16_t port, const struct nj_ip *ip);

/*
 * Looks up a reference; any lcore, one load. Where the answer is REACHABLE, STALE or PROBE, *mac is
 * the address to use. FREE means that the reference is too old: find it again. INCOMPLETE: give the
 * packet to the manager. FAILED: drop it (NJ_DROP_NEIGHBOR_UNREACHABLE).
 */
enum nj_neighbor_state nj_neighbor_mac(
	const struct nj_link *link, nj_neighbor_ref_t ref, struct rte_ether_addr *mac);

/* One neighbor as an operator sees it. */
struct nj_neighbor_info {
	uint16_t port;
	struct nj_ip ip;
	struct rte_ether_addr mac;
	enum nj_neighbor_state state;
	nj_ms_t age_ms; /* since it was last confirmed */
};

uint32_t nj_link_neighbors_capacity(const struct nj_link *link);
/* Copies the neighbor of this number. Returns false where there is none. Any thread. */
bool nj_neighbor_info(
	const struct nj_link *link, uint32_t number, nj_ms_t now, struct nj_neighbor_info *info);

/* The local stack; manager only -------------------------------------------------------------- */

/*
 * Takes a frame of kind ARP, ICMP or ICMP6 that came in on m->port (which not every driver sets:
 * net_ring leaves it): learns from it, answers it through ops->send. Returns NJ_DROP_NONE where it
 * was consumed, else the reason for which it counts as dropped; the mbuf is taken either way.
 * Answers are marked `originated`.
 */
enum nj_drop nj_link_input(struct nj_link *link, struct rte_mbuf *m, nj_ms_t now);

/*
 * Takes a whole IP packet of either family (its ethertype says which) but for its link-layer
 * addresses, and sends it to the next hop of its destination: at once where that one's address is
 * known, else it asks for it and keeps the packet until the answer comes. nj_packet(m)->out_port is
 * set to where it leaves; for a link-local destination it says where that is. What cannot be sent
 * (no route, beyond the bounds, unreachable) is dropped through ops->drop.
 */
void nj_link_output(struct nj_link *link, struct rte_mbuf *m, nj_ms_t now);

/* Asks again, gives up, forgets; call it every 100 ms or more often, it is cheap. */
void nj_link_tick(struct nj_link *link, nj_ms_t now);

/* How many packets wait now. */
uint32_t nj_link_waiting(const struct nj_link *link);

/*
 * Asks whether anybody else has one of our addresses (RFC 4862, RFC 5227). For NJ_DAD_MS they are
 * tentative: not answered for, not announced, and nobody is asked from them. Those that nobody else
 * has are valid then and announced, and routers are asked to advertise themselves. The others are
 * duplicate, logged, and asked for again every NJ_DAD_RETRY_MS; once nobody has one, it is valid. A
 * valid address is never given up: who claims it hears an announcement, every NJ_DEFEND_MS at most
 * (RFC 5227, section 2.4, case c). Without nj_link_start() all addresses are valid from the start.
 */
void nj_link_start(struct nj_link *link, nj_ms_t now);

/*
 * The same where `kept` were ours a moment ago, before a restart: those of them that are configured
 * are valid and announced at once, and asked for all the same. Who has one by now is a conflict
 * with a valid address. That is optimistic duplicate address detection (RFC 4429) without its
 * restrictions, which protect caches that have another host's MAC: here they have ours.
 */
void nj_link_restart(
	struct nj_link *link, const struct nj_ip *kept, unsigned int n_kept, nj_ms_t now);

/* Announces our addresses on a port (gratuitous ARP, RFC 5227 section 3; unsolicited neighbor
 * advertisements, RFC 4861 section 7.2.6) and the groups that we are in (MLD). */
void nj_link_announce(struct nj_link *link, uint16_t port);

/* The device's link went down: its neighbors are asked again before they are believed; or it came
 * up: our addresses are announced, and those that are tentative asked for anew. */
void nj_link_set(struct nj_link *link, uint16_t port, bool up, nj_ms_t now);

/* How often somebody else used or wanted an address of ours. Any thread. */
uint64_t nj_link_conflicts(const struct nj_link *link);

#endif
