/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The chain of a proxy file, run without a data path. Beside natterjack's own
 * filters it knows one, "test.Value", which puts what a datagram holds into metadata of its
 * `metadataKey`: the first byte says as what, the rest is the value.
 *
 *	b bytes   s a string   l a list of bytes (a,b,c)   # a number   t true   anything else:
 *nothing
 */
#ifndef NJ_TEST_FILTER_RIG_H
#define NJ_TEST_FILTER_RIG_H

#include "frame.h"
#include "nj_policy.h"

#define NJ_TEST_FILTER_WORKERS 2

struct nj_test_filter_rig {
	struct nj_policy *policy;
	nj_ms_t now;
	unsigned int worker;         /* who runs */
	struct nj_counters counters; /* drops since the rig was started, on port 0 */
	struct nj_draining draining;
	unsigned int n_with_session; /* whom has_session() knows: */
	struct {
		uint16_t client_port;
		uint32_t endpoint; /* number */
	} with_session[16];
	enum nj_direction direction; /* of what is sent */
};

/* What became of one datagram. */
struct nj_test_outcome {
	enum nj_drop drop;
	uint32_t n;         /* endpoints */
	uint32_t places[8]; /* the first of them */
};

/* Fails the test where the file is not good. */
void nj_test_filter_start(struct nj_test_filter_rig *rig, const char *text);
/* Takes another file in place of it, as a reload does. */
void nj_test_filter_reload(struct nj_test_filter_rig *rig, const char *text);
/* Checks that no mbuf is lost. */
void nj_test_filter_stop(struct nj_test_filter_rig *rig);

/* Sends frames as one burst. */
void nj_test_filter_burst(struct nj_test_filter_rig *rig, const struct nj_test_frame *frames,
	unsigned int n, struct nj_test_outcome *outcomes);
/*
 * The same of datagrams "x" from these addresses and ports, of either family: chains go by the
 * flow, and look at no address in a header.
 */
void nj_test_filter_burst_from(struct nj_test_filter_rig *rig, const char *const *from,
	unsigned int n, struct nj_test_outcome *outcomes);
struct nj_test_outcome nj_test_filter_send_from(struct nj_test_filter_rig *rig, const char *from);
/* One datagram with this text from a port of the usual client. */
struct nj_test_outcome nj_test_filter_send(
	struct nj_test_filter_rig *rig, uint16_t client_port, const char *payload);

/* What a filter's counters() say, over all workers, is this: NAME=VALUE NAME=VALUE … */
void nj_test_filter_expect_figures(
	const struct nj_test_filter_rig *rig, unsigned int filter, const char *expected);

#endif
