/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagrams that are larger than their way out takes: in fragments where the sender allows it, else
 * the sender is told how large they may be, as a router would (RFC 1191, RFC 8201).
 */
#include <errno.h>

#include "worker.h"

static uint16_t
header_length(bool ipv6)
{
	return ipv6 ? NJ_PAYLOAD6_OFFSET - NJ_L3_OFFSET : NJ_PAYLOAD4_OFFSET - NJ_L3_OFFSET;
}

static bool
leaves_as_ipv6(const struct nj_session *session, enum nj_direction direction)
{
	return (session->ipv6 & (direction == NJ_DOWNSTREAM ? NJ_ENDPOINT_IPV6 : NJ_CLIENT_IPV6)) !=
	       0;
}

/* The largest IP packet that goes through. */
static uint16_t
way_mtu(const struct worker *worker, const struct nj_session *session, enum nj_direction direction)
{
	uint16_t mtu = worker->dataplane->by_id[session->out_port[direction]]->mtu;

	if (direction == NJ_DOWNSTREAM)
		mtu = RTE_MIN(
			mtu, nj_session_path_mtu(worker->sessions, session->endpoint, worker->now));
	return mtu;
}

bool
fits(const struct worker *worker, const struct nj_session *session, enum nj_direction direction,
	uint16_t payload_length)
{
	return payload_length + header_length(leaves_as_ipv6(session, direction)) <=
	       way_mtu(worker, session, direction);
}

void
worker_know_mtu(struct worker *worker, uint16_t mtu)
{
	const uint16_t payload = mtu - header_length(true);

	worker->fits_all = RTE_MIN(worker->fits_all, payload);
}

/* How large the sender's IP packet may be: as much smaller as it is too large now. */
static uint16_t
mtu_for_sender(const struct nj_packet *packet, uint16_t excess)
{
	const uint16_t arrived = packet->arrived_length + header_length(packet->flow.ipv6);

	return excess < arrived ? arrived - excess : 0;
}

/* An IPv6 sender cannot be told less than any link takes, so its datagram has to be cut. */
static bool
may_be_cut(struct rte_mbuf *m, uint16_t mtu_for_sender)
{
	const struct nj_packet *packet = nj_packet(m);
	const struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, NJ_L3_OFFSET);

	if (packet->fragmented)
		return true;
	if (packet->flow.ipv6)
		return mtu_for_sender < RTE_IPV6_MIN_MTU;
	return (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)) == 0;
}

static uint32_t
next_id(struct worker *worker, const struct nj_session *session, enum nj_direction direction)
{
	const struct nj_address source = nj_session_source(worker->sessions, session, direction);
	const struct nj_address destination = nj_session_peer(worker->sessions, session, direction);

	return nj_ids_next(&worker->ids, &source.ip, &destination.ip);
}

/* The sender's own identification may be another client's, too, and both leave from one address. */
static void
forget_id(struct rte_mbuf *m)
{
	if (nj_packet(m)->udp_offset == NJ_UDP4_OFFSET)
		rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, NJ_L3_OFFSET)->packet_id = 0;
}

bool
may_cut(struct worker *worker, const struct nj_session *session, enum nj_direction direction,
	struct rte_mbuf *m)
{
	const struct nj_packet *packet = nj_packet(m);
	const uint16_t length =
		packet->payload_length + header_length(leaves_as_ipv6(session, direction));
	const uint16_t excess = length - way_mtu(worker, session, direction);
	const struct nj_icmp_error error = {NJ_ICMP_ERROR_TOO_BIG, mtu_for_sender(packet, excess)};

	if (may_be_cut(m, error.mtu))
		return true;
	icmp_error_send(worker, m, &error);
	worker_drop(worker, m, NJ_DROP_TOO_BIG);
	return false;
}

unsigned int
cut(struct worker *worker, const struct nj_session *session, enum nj_direction direction,
	struct rte_mbuf *m, struct rte_mbuf *out[FRAGMENTS_MAX])
{
	int n;

	forget_id(m);
	n = nj_fragment(m, way_mtu(worker, session, direction), next_id(worker, session, direction),
		worker->dataplane->pool, out, FRAGMENTS_MAX);
	if (n < 0) {
		worker_drop(worker, m, n == -ENOMEM ? NJ_DROP_NO_MBUFS : NJ_DROP_TOO_BIG);
		return 0;
	}
	/* The datagram has left once its last fragment has. */
	for (int i = 0; i < n - 1; i++)
		nj_packet(out[i])->delivery.counted = false;
	worker->counters.port[m->port].copied += (unsigned int)n - 1;
	rte_pktmbuf_free(m);
	return (unsigned int)n;
}
