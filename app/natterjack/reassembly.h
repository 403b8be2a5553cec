/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragments of one worker, until their datagrams are whole. Which worker that
 * is follows from the addresses alone, as only the first fragment has ports.
 *
 * Bounded in datagrams, in time, and in what one source has in it: a flood of
 * fragments costs others theirs where its sources are made up, and nobody anything else.
 */
#ifndef REASSEMBLY_H
#define REASSEMBLY_H

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "capture.h"
#include "nj_base.h"

/* Datagrams that are in pieces at once, fragments of one (rte_ip_frag's bound), and their time. */
#define REASSEMBLY_DATAGRAMS 256
#define REASSEMBLY_FRAGMENTS 8
#define REASSEMBLY_MS        2000

/* Fragments of one source, which is an IPv4 address or an IPv6 /64, in pieces at once. */
#define REASSEMBLY_SOURCE_FRAGMENTS 64

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
 * as local, lost ones and exact duplicates as dropped. Owner only.
 */
struct rte_mbuf *reassembly_add(struct reassembly *reassembly, struct rte_mbuf *m, nj_ms_t now);

/* Gives up what did not become whole in time. Cheap. Owner only. */
void reassembly_tick(struct reassembly *reassembly, nj_ms_t now);

/* Drops what is in pieces as NJ_DROP_STOPPING. Once the owner is polled no more. */
void reassembly_stop(struct reassembly *reassembly);

#endif
