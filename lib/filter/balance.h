/* SPDX-License-Identifier: BSD-3-Clause */
/* Picking one of several endpoints: LoadBalancer's policies. */
#ifndef BALANCE_H
#define BALANCE_H

#include "nj_maglev.h"
#include "nj_filter.h"

enum balance_policy {
	BALANCE_ROUND_ROBIN, /* each worker in its own turn */
	BALANCE_RANDOM,
	BALANCE_HASH, /* of the client; another one after a restart */
	BALANCE_MAGLEV,
};

/* The settings, and what is made of them and of the endpoints. */
struct balance {
	unsigned int policy; /* enum balance_policy */
	bool sticky;
	struct nj_maglev *maglev;
	uint32_t n_endpoints;
	uint64_t *ids; /* by place: nj_endpoint_id(); for MAGLEV and sticky */
	struct balance_place {
		uint64_t id;
		uint32_t place;
	} * by_id; /* sorted; for sticky */
};

/* One worker's. */
struct balance_state {
	uint32_t turn;
	uint64_t random;
};

/* Takes what the policy needs. Returns 0 or -ENOMEM. Manager. */
int balance_build(struct balance *balance, const struct nj_clusters *clusters);
void balance_destroy(struct balance *balance);

/*
 * Which of the datagram's endpoints, as an index of its selection. Attempts count from 0; all but
 * RANDOM and ROUND_ROBIN say the same to the same client and attempt.
 */
uint32_t balance_pick(const struct balance *balance, struct balance_state *state,
	const struct nj_datagram *datagram, uint32_t attempt);

/* The first attempt for a whole burst: places in nj_clusters.endpoints. */
void balance_pick_all(const struct balance *balance, struct balance_state *state,
	const struct nj_batch *batch, uint32_t *places);

/* The place of the endpoint with this id; *place is where it was last. False: it is gone. */
bool balance_find(const struct balance *balance, uint64_t id, uint32_t *place);

#endif
