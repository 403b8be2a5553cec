/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP errors: those that come in about a session's datagrams are passed on to the other side, in
 * the words of its family; others are of our own making. Who does not know a session's tuple cannot
 * make us believe an error, and to guess one takes long (RFC 5927).
 */
#include "worker.h"

/* Of our own making, by one worker (RFC 1812, section 4.3.2.8). */
#define ERRORS_PER_SECOND 200
/* About replies, to one worker: each takes a look-up for each endpoint. */
#define REPLIES_PER_SECOND 1000
/* That meet no session, of all workers together: guesses, mostly. */
#define STRAYS_PER_SECOND 100
#define ENDPOINTS_TRIED   64  /* for the session that a client's error is about */
#define MTU4_MIN          576 /* RFC 1122: what every host takes; less is not believed */

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
learn(struct worker *worker, const struct nj_icmp_error *error, const struct nj_session *session)
{
	switch (error->type) {
	case NJ_ICMP_ERROR_TOO_BIG:
		nj_session_set_path_mtu(
			worker->sessions, session->endpoint, error->mtu, worker->now);
		worker_know_mtu(worker, error->mtu);
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

/* With several workers each has its share: a guess finds one of them, and not which it chooses. */
static uint32_t
strays_per_second(const struct worker *worker)
{
	const unsigned int n = worker->dataplane->n_workers;

	return (STRAYS_PER_SECOND + n - 1) / n;
}

static bool
may_guess(const struct worker *worker)
{
	const uint32_t per_second = strays_per_second(worker);

	return nj_bucket_has(&worker->errors_stray, per_second, per_second, worker->now);
}

static void
count_guess(struct worker *worker)
{
	const uint32_t per_second = strays_per_second(worker);

	nj_bucket_take(&worker->errors_stray, per_second, per_second, worker->now);
}

/*
 * A packet that is said to be too big is larger than what is said to pass (RFC 5927, section 7; RFC
 * 8201, section 4). How large it was is its header's word, as quoted: what keeps a forger out is
 * the tuple, and this keeps small datagrams from having been too big. In IPv4 *error names no less
 * than what every host takes then.
 */
static bool
is_credible(struct nj_icmp_error *error, bool ipv6)
{
	if (error->type != NJ_ICMP_ERROR_TOO_BIG)
		return true;
	if (!ipv6)
		error->mtu = RTE_MAX(error->mtu, MTU4_MIN);
	return error->packet > error->mtu && (!ipv6 || error->mtu >= RTE_IPV6_MIN_MTU);
}

/* Why nobody is looked for whom it concerns: the cheapest reasons first. */
static enum nj_drop
refusal(struct worker *worker, struct rte_mbuf *m, bool about_reply)
{
	if (!is_to_us(worker, m))
		return nj_packet(m)->flow.ipv6 ? NJ_DROP_IPV6_DESTINATION
					       : NJ_DROP_IPV4_DESTINATION;
	if (!dataplane_takes(worker->dataplane, about_reply ? NJ_DOWNSTREAM : NJ_UPSTREAM, m->port))
		return NJ_DROP_PORT_ROLE;
	if (!may_guess(worker))
		return NJ_DROP_ICMP_RATE;
	if (about_reply && !nj_bucket_take(&worker->errors_about_replies, REPLIES_PER_SECOND,
				   REPLIES_PER_SECOND, worker->now))
		return NJ_DROP_ICMP_RATE;
	return NJ_DROP_NONE;
}

void
icmp_error(struct worker *worker, struct rte_mbuf *m)
{
	const struct nj_flow *flow = &nj_packet(m)->flow;
	const bool about_reply = dataplane_is_from_client(worker->dataplane, flow);
	const enum nj_drop reason = refusal(worker, m, about_reply);
	struct nj_icmp_error error;
	struct nj_session *session;

	if (reason != NJ_DROP_NONE) {
		worker_drop(worker, m, reason);
		return;
	}
	session = about_reply ? client_session(worker, flow)
			      : nj_session_find(worker->sessions, flow);
	if (session != NULL && session->state == NJ_SESSION_REDIRECT) {
		worker_hand_over(worker, nj_session_holder(worker->sessions, session), m);
		return;
	}
	if (session == NULL) {
		count_guess(worker);
		worker_drop(worker, m, NJ_DROP_NO_SESSION);
		return;
	}
	error = nj_icmp_error_read(m);
	if (!is_credible(&error, flow->ipv6)) {
		worker_drop(worker, m, NJ_DROP_ICMP_MALFORMED);
		return;
	}
	if (!about_reply)
		learn(worker, &error, session);
	pass_on(worker, m, session, about_reply ? NJ_UPSTREAM : NJ_DOWNSTREAM);
}
