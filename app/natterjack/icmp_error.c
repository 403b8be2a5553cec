/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP errors: those that come in about a session's datagrams are passed on to the other side, in
 * the words of its family; others are of our own making. Who does not know a session's tuple cannot
 * make us believe an error (RFC 5927).
 */
#include "worker.h"

#define ERRORS_PER_SECOND 200 /* of our own making, by one worker (RFC 1812, section 4.3.2.8) */
#define REPLIES_PER_SECOND                                                                         \
	1000                /* that errors are about: each takes a look-up for each endpoint       \
			     */
#define ENDPOINTS_TRIED 64  /* for the session that a client's error is about */
#define MTU4_MIN        576 /* RFC 1122: what every host takes; less is not believed */

/* Of our own making -------------------------------------------------------------------------- */

/* Who floods closed ports keeps nobody from learning how large his packets may be. */
static bool
may_send(struct worker *worker, const struct nj_icmp_error *error)
{
	struct nj_bucket *bucket =
		error->type == NJ_ICMP_ERROR_TOO_BIG ? &worker->sizes_told : &worker->errors_sent;

	return nj_bucket_take(bucket, ERRORS_PER_SECOND, ERRORS_PER_SECOND, worker->now);
}

void
icmp_error_send(struct worker *worker, struct rte_mbuf *about, const struct nj_icmp_error *error)
{
	struct nj_ip us, sender;
	struct rte_mbuf *m;

	if (!may_send(worker, error))
		return;
	us = nj_flow_destination(&nj_packet(about)->flow).ip;
	sender = nj_flow_source(&nj_packet(about)->flow).ip;
	m = nj_icmp_error_make(worker->dataplane->pool, error, about, &us);
	if (m == NULL)
		return;
	m->port = about->port;
	worker_send(worker, m, &sender);
}

/* Of others' --------------------------------------------------------------------------------- */

/* Whoever it quotes: what bears our MAC address may be for somebody else. */
static bool
is_to_us(const struct worker *worker, struct rte_mbuf *m)
{
	const void *ip = rte_pktmbuf_mtod_offset(m, const void *, NJ_L3_OFFSET);
	const struct rte_ipv4_hdr *ip4 = ip;
	const struct rte_ipv6_hdr *ip6 = ip;
	const struct nj_ip destination =
		nj_packet(m)->flow.ipv6 ? nj_ip_v6(ip6->dst_addr) : nj_ip_v4(ip4->dst_addr);

	return dataplane_is_ours(worker->dataplane, &destination);
}

/* Passes it on to whom the datagram came from; `direction` is the datagram's. */
static void
pass_on(struct worker *worker, struct rte_mbuf *m, const struct nj_session *session,
	enum nj_direction direction)
{
	const struct nj_address sender = nj_session_peer(worker->sessions, session, !direction);
	const struct nj_address us = nj_session_source(worker->sessions, session, !direction);

	if (nj_icmp_error_translate(m, &us.ip, &sender.ip, &sender, &us))
		worker_send(worker, m, &sender.ip);
	else
		worker_drop(worker, m, NJ_DROP_ICMP_MALFORMED);
}

/* What the error says of the way to the endpoint. */
static void
learn(struct worker *worker, struct rte_mbuf *m, const struct nj_session *session)
{
	const struct nj_icmp_error error = nj_icmp_error_read(m);
	const bool ipv6 = nj_packet(m)->flow.ipv6;
	const uint16_t mtu = ipv6 ? error.mtu : RTE_MAX(error.mtu, MTU4_MIN);

	switch (error.type) {
	case NJ_ICMP_ERROR_TOO_BIG:
		if (ipv6 && mtu < RTE_IPV6_MIN_MTU)
			break; /* no link is so small (RFC 8201, section 4) */
		nj_session_set_path_mtu(worker->sessions, session->endpoint, mtu, worker->now);
		worker_know_mtu(worker, mtu);
		break;
	case NJ_ICMP_ERROR_NO_ROUTE:
	case NJ_ICMP_ERROR_HOST:
	case NJ_ICMP_ERROR_PORT:
	case NJ_ICMP_ERROR_ADMIN:
		nj_session_count_unreachable(worker->sessions, session->endpoint);
		break;
	case NJ_ICMP_ERROR_HOP_LIMIT:
	case NJ_ICMP_ERROR_REASSEMBLY:
	case NJ_ICMP_ERROR_PARAMETER:
		break;
	}
}

/* A reply says not which endpoint it was of; the session that was used last is the likeliest. */
static struct nj_session *
client_session(const struct worker *worker, const struct nj_flow *flow)
{
	const struct nj_policy *policy =
		__atomic_load_n(&worker->dataplane->policy, __ATOMIC_ACQUIRE);
	const struct nj_clusters *clusters = &policy->clusters;
	struct nj_session *session, *last = NULL;
	struct nj_flow tried = *flow;

	for (uint32_t i = 0; i < RTE_MIN(clusters->n_endpoints, ENDPOINTS_TRIED); i++) {
		tried.endpoint = clusters->endpoints[i].number;
		session = nj_session_find(worker->sessions, &tried);
		if (session != NULL &&
			(last == NULL || nj_ms_since(worker->now, session->last_seen_ms) <
						 nj_ms_since(worker->now, last->last_seen_ms)))
			last = session;
	}
	return last;
}

void
icmp_error(struct worker *worker, struct rte_mbuf *m)
{
	const struct nj_flow *flow = &nj_packet(m)->flow;
	struct nj_session *session;

	if (!is_to_us(worker, m)) {
		worker_drop(worker, m,
			flow->ipv6 ? NJ_DROP_IPV6_DESTINATION : NJ_DROP_IPV4_DESTINATION);
		return;
	}
	session = nj_session_find(worker->sessions, flow);
	if (session != NULL && session->state == NJ_SESSION_REDIRECT) {
		worker_hand_over(worker, nj_session_holder(worker->sessions, session), m);
		return;
	}
	if (session != NULL) {
		learn(worker, m, session);
		pass_on(worker, m, session, NJ_DOWNSTREAM);
		return;
	}
	if (dataplane_is_from_client(worker->dataplane, flow)) {
		if (!nj_bucket_take(&worker->errors_about_replies, REPLIES_PER_SECOND,
			    REPLIES_PER_SECOND, worker->now)) {
			worker_drop(worker, m, NJ_DROP_ICMP_RATE);
			return;
		}
		session = client_session(worker, flow);
	}
	if (session != NULL)
		pass_on(worker, m, session, NJ_UPSTREAM);
	else
		worker_drop(worker, m, NJ_DROP_NO_SESSION);
}
