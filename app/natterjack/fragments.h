/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fragments of one datagram, in order, until it is whole. Which datagram a fragment belongs to
 * is for others to know (reassembly.h).
 *
 * Fragments that overlap are an attack or a fault, and no datagram is made of them (RFC 5722, RFC
 * 8200 section 4.5); one that is there already is a duplicate, and does no harm.
 */
#ifndef FRAGMENTS_H
#define FRAGMENTS_H

#include <rte_mbuf.h>

#include "nj_base.h"

#define FRAGMENTS_OF_DATAGRAM 8

/* One of them: bytes behind the headers. */
struct fragment {
	struct rte_mbuf *m;
	uint32_t offset, length; /* in the datagram */
	bool more;               /* others follow */
};

struct fragments {
	unsigned int n;
	uint32_t length;                            /* of all */
	struct fragment all[FRAGMENTS_OF_DATAGRAM]; /* by offset, none over another */
};

/*
 * Puts a frame of NJ_KIND_FRAGMENT among the others. Returns NJ_DROP_NONE; or, with nothing
 * changed, NJ_DROP_FRAGMENT_DUPLICATE, NJ_DROP_FRAGMENT_OVERLAP where it does not fit to the
 * others, NJ_DROP_FRAGMENTS_FULL where it is one too many.
 */
enum nj_drop fragments_add(struct fragments *fragments, struct rte_mbuf *m);

/* Whether nothing is missing. */
bool fragments_are_whole(const struct fragments *fragments);

/* The whole frame of fragments that nothing is missing of, as a chain of mbufs, with the first
 * fragment's header; its IPv4 checksum is right. */
struct rte_mbuf *fragments_chain(const struct fragments *fragments);

#endif
