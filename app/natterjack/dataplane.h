/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packet path as a whole: ports, workers, manager, and what they share.
 * It knows nothing of lcores' threads: whoever made it calls worker_poll() and
 * manager_step(), a thread for each or a test in turn.
 */
#ifndef DATAPLANE_H
#define DATAPLANE_H

#include <assert.h>

#include <rte_mempool.h>
#include <rte_rcu_qsbr.h>

#include "listeners.h"
#include "mesh.h"
#include "nj_ids.h"
#include "nj_link.h"
#include "nj_policy.h"
#include "nj_session.h"
#include "nj_state.h"
#include "port.h"

#define NEIGHBORS_MAX 65536

static_assert(NJ_PORTS_MAX <= 32, "a bit for each port in dataplane.takes");

/* Addresses of ours that endpoints see. None: that of the port that leads to the endpoint. */
struct sources {
	unsigned int n;
	struct nj_ip *ips;
};

struct worker;
struct manager;
struct capture;

struct dataplane {
	const struct nj_appliance *appliance;
	struct rte_rcu_qsbr *qsbr; /* readers of policy: the workers, and telemetry as the last */
	struct nj_endpoint_numbers *numbers; /* the reloader's */
	struct nj_policy *policy;            /* the manager writes, workers load it once a burst */
	struct capture *capture; /* the manager writes, all lcores load it; NULL: none */
	struct rte_mempool *pool;
	struct rte_mempool *large_pool; /* of datagrams that were put together */
	struct mesh *mesh;
	struct nj_link *link;
	struct nj_state *state; /* NULL: sessions are not kept on disk */
	bool loaded;  /* the sessions of before are back, and their tables are the workers' */
	bool serving; /* that, and an address of ours is valid; the manager writes it once, workers
			 load it once a burst, and no session is opened until then */
	struct nj_ownership ownership;
	struct nj_ids ids; /* of which each worker has a part */
	unsigned int n_ports;
	struct port *ports;                     /* in the file's order */
	const struct port *by_id[NJ_PORTS_MAX]; /* by ethdev's number */
	uint32_t takes[2]; /* by direction: a bit for each of these numbers that its datagrams may
			      come in on */
	struct listeners listeners;
	rte_be16_t qcmp_port;      /* 0 = off */
	struct sources sources[2]; /* by family, IPv4 first */
	struct nj_draining *draining;
	unsigned int n_workers;
	struct worker **workers;
	struct manager *manager;
};

/*
 * Makes it all and starts the ports. The appliance and policy are kept, not copied. Returns NULL
 * where something failed, after logging what. Before workers start; rte_eal_init has been called.
 */
struct dataplane *dataplane_create(
	const struct nj_appliance *appliance, struct nj_policy *policy, unsigned int n_workers);

/*
 * Stops the ports and frees everything. Packets still in flight count as dropped
 * (NJ_DROP_STOPPING), so the law holds to the end. No worker is polled any more. Takes NULL.
 */
void dataplane_destroy(struct dataplane *dataplane);

/* Ends what is in flight as NJ_DROP_STOPPING. No worker is polled any more. */
void dataplane_drain(struct dataplane *dataplane);

/* The lcore after the workers, as the mesh numbers them. */
static inline unsigned int
dataplane_manager_lcore(const struct dataplane *dataplane)
{
	return dataplane->n_workers;
}

/* Whether an address is ours: what was sent there would come in again, or meet nobody. */
static inline bool
dataplane_is_ours(const struct dataplane *dataplane, const struct nj_ip *ip)
{
	return ip->family == AF_INET6 ? nj_link_own6_number(dataplane->link, ip->v6) >= 0
				      : nj_link_is_ours(dataplane->link, ip->v4);
}

/* Whether datagrams of a direction, and ICMP errors of the same side, may come in on a port. */
static inline bool
dataplane_takes(const struct dataplane *dataplane, enum nj_direction direction, uint16_t port)
{
	return dataplane->takes[direction] >> port & 1;
}

/*
 * Whether an address and port are an endpoint's of the policy in force. Who has them is no client:
 * it would be answered by an endpoint, answer that, and so on for ever. Readers of policy.
 */
static inline bool
dataplane_is_endpoint(const struct dataplane *dataplane, const struct nj_address *address)
{
	const struct nj_policy *policy = __atomic_load_n(&dataplane->policy, __ATOMIC_ACQUIRE);

	return nj_clusters_find(&policy->clusters, address) != NULL;
}

/* Whether a datagram of this flow comes from a client. */
static inline bool
dataplane_is_from_client(const struct dataplane *dataplane, const struct nj_flow *flow)
{
	return listeners_have(&dataplane->listeners, dataplane->link, flow);
}

#endif
