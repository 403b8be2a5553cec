/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragments of one worker, until their datagrams are whole. Which worker that
 * is follows from the addresses alone, as only the first fragment has ports.
 *
 * Bounded in datagrams, in fragments, in time, and in the datagrams of one source. Who needs room
 * gets it from the oldest: of its own source where that has its share, else of all. What came a
 * moment ago is about to become whole; what has waited for long never will. So lost fragments cost
 * no other datagram, and a flood of made-up ones has to fill the table within the time between two
 * fragments of one datagram before it costs anything.
 */
#ifndef REASSEMBLY_H
#define REASSEMBLY_H

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "capture.h"
#include "fragments.h"
#include "nj_base.h"

/* Datagrams in pieces at once; those of one source, which is an IPv4 address or an IPv6 /64; their
 * fragments; and the time that they have. */
#define REASSEMBLY_DATAGRAMS        1024
#define REASSEMBLY_SOURCE_DATAGRAMS 128
#define REASSEMBLY_FRAGMENTS        2048
#define REASSEMBLY_MS               2000

struct reassembly;

/* Whole datagrams that fit into no buffer of their first fragment come from `large`. NULL with
 * rte_errno: ENOMEM. The counters are the worker's, and so is the tap. */
struct reassembly *reassembly_create(
	struct rte_mempool *large, struct nj_counters *counters, const struct tap *tap, int socket);
/* Frees it and what is left in it (see below). Takes NULL. */
void reassembly_destroy(struct reassembly *reassembly);

/*
 * Takes a fragment (NJ_KIND_FRAGMENT). Returns the whole frame, to be parsed again, once all of its
 * fragments are there, in one segment; else NULL. Fragments beyond the first of a whole one count
 * as local, lost ones and exact duplicates as dropped. Of a datagram whose fragments overlap, or
 * are too many, those that are still to come are dropped as well, for as long as others wait (RFC
 * 5722, section 4). Owner only.
 */
struct rte_mbuf *reassembly_add(struct reassembly *reassembly, struct rte_mbuf *m, nj_ms_t now);

/* Gives up what did not become whole in time. Cheap. Owner only. */
void reassembly_tick(struct reassembly *reassembly, nj_ms_t now);

/* Drops what is in pieces as NJ_DROP_STOPPING. Once the owner is polled no more. */
void reassembly_stop(struct reassembly *reassembly);

#endif
