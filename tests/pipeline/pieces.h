/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams in fragments: cut and put together here, by hand. */
#ifndef PIECES_H
#define PIECES_H

#include "peers.h"

#define PIECES_MAX 16

struct pieces_pair {
	struct rig *rig;
	struct nj_address client, listener, server;
	struct nj_test_datagram sent, wanted;
};

/* A client and an endpoint of these families, and a datagram from one to the other. The rig is the
 * caller's to destroy. */
struct pieces_pair pieces_pair(int from, int to, const uint8_t *payload, uint16_t length,
	const struct rig_options *options);

/* Cuts a datagram into pieces of `step` bytes behind the IP header. Returns how many. */
unsigned int pieces_cut(const struct nj_test_datagram *datagram, uint32_t id, uint16_t step,
	struct rte_mbuf *pieces[PIECES_MAX]);
/* Takes the fragments of a datagram, none larger than `mtu`, and compares it. Returns how many they
 * were; *id is theirs. The source port is as for peer_expect(). */
unsigned int pieces_expect(struct rig *rig, unsigned int side,
	const struct nj_test_datagram *wanted, uint16_t mtu, uint32_t *id);

#endif
