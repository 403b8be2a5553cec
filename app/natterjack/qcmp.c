/* SPDX-License-Identifier: BSD-3-Clause */
#include "qcmp.h"

#include <bsd/stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_malloc.h>

#include "nj_hash.h"
#include "nj_qcmp.h"
#include "worker.h"

/* Limits ------------------------------------------------------------------------------------- */

/*
 * A fixed number of buckets: sources that share one share what is answered in a second, so that
 * also those that are made up get no more together. Which do depends on a secret, so a flood cannot
 * choose whom it disturbs.
 */
#define BUCKETS 4096

struct bucket {
	nj_ms_t began_ms; /* of the current second */
	uint32_t answered;
};

struct qcmp_limiter {
	struct nj_hash_secret secret;
	struct bucket buckets[BUCKETS];
};

struct qcmp_limiter *
qcmp_limiter_create(int socket)
{
	struct qcmp_limiter *limiter =
		rte_zmalloc_socket("nj_qcmp", sizeof(*limiter), RTE_CACHE_LINE_SIZE, socket);

	if (limiter != NULL)
		arc4random_buf(&limiter->secret, sizeof(limiter->secret));
	return limiter;
}

void
qcmp_limiter_destroy(struct qcmp_limiter *limiter)
{
	rte_free(limiter);
}

/* Who asks: an IPv4 address, or all of the IPv6 network that a host has to choose from. */
static uint64_t
source_of(const struct nj_ip *ip)
{
	uint64_t source = ip->v4;

	if (ip->family == AF_INET6)
		memcpy(&source, ip->v6, sizeof(source));
	return source;
}

static bool
may_answer(struct qcmp_limiter *limiter, const struct nj_ip *ip, nj_ms_t now)
{
	const uint64_t hash = nj_hash_words(limiter->secret, source_of(ip), 0);
	struct bucket *bucket = &limiter->buckets[nj_hash_place(hash, BUCKETS)];

	if (nj_ms_since(now, bucket->began_ms) >= 1000)
		*bucket = (struct bucket){now, 0};
	if (bucket->answered == QCMP_PER_SECOND)
		return false;
	bucket->answered++;
	return true;
}

/* Answers ------------------------------------------------------------------------------------ */

static int64_t
unix_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time); /* the vDSO's, no system call */
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Back to where it came from: changing places leaves the sums as they are. */
static void
turn_round(struct rte_mbuf *m)
{
	const struct nj_address source = nj_flow_destination(&nj_packet(m)->flow);
	const struct nj_address destination = nj_flow_source(&nj_packet(m)->flow);

	nj_translate_udp(
		m, &source, &destination, 0, NULL); /* to the same family, so there is room */
	nj_refit_udp(m);
}

/* Why it is not answered; NJ_DROP_NONE where it is. */
static enum nj_drop
check(struct worker *worker, struct rte_mbuf *m)
{
	const struct nj_packet *packet = nj_packet(m);
	const struct nj_ip source = nj_flow_source(&packet->flow).ip;
	const uint8_t *payload = rte_pktmbuf_mtod_offset(m, const uint8_t *, nj_payload_offset(m));

	if (!dataplane_takes(worker->dataplane, NJ_DOWNSTREAM, m->port))
		return NJ_DROP_PORT_ROLE;
	if (!nj_qcmp_is_ping(payload, packet->payload_length))
		return NJ_DROP_QCMP_MALFORMED;
	if (!may_answer(worker->qcmp_limiter, &source, worker->now))
		return NJ_DROP_QCMP_RATE_LIMITED;
	return NJ_DROP_NONE;
}

void
qcmp(struct worker *worker, struct rte_mbuf *m)
{
	int64_t received_ns = unix_ns();
	const struct nj_ip client = nj_flow_source(&nj_packet(m)->flow).ip;
	enum nj_drop reason = check(worker, m);

	if (reason == NJ_DROP_NONE &&
		rte_pktmbuf_append(m, NJ_QCMP_REPLY_BYTES - NJ_QCMP_PING_BYTES) == NULL)
		reason = NJ_DROP_NO_MBUFS;
	if (reason != NJ_DROP_NONE) {
		worker_drop(worker, m, reason);
		return;
	}
	worker->counters.port[m->port].local++;
	worker->counters.qcmp_answered++;
	nj_qcmp_reply(rte_pktmbuf_mtod_offset(m, uint8_t *, nj_payload_offset(m)), received_ns,
		unix_ns());
	turn_round(m);
	nj_packet(m)->originated = true;
	worker_send(worker, m, &client);
}
