/* SPDX-License-Identifier: BSD-3-Clause */
/* Captures: what arrives, leaves and is dropped is copied byte by byte, if it was asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capturing.h"
#include "manager.h"
#include "worker.h"

#define A_CLIENT 4000
#define B_CLIENT 4001

static void
expect_bytes(struct capture *capture, enum capture_stage stage, enum nj_drop reason,
	const struct rte_mbuf *wanted)
{
	struct rte_mbuf *copy = capturing_next(capture);

	assert_non_null(copy);
	assert_int_equal(capture_record(copy)->stage, stage);
	assert_int_equal(capture_record(copy)->reason, reason);
	assert_int_equal(capture_record(copy)->length, rte_pktmbuf_pkt_len(wanted));
	assert_int_equal(rte_pktmbuf_pkt_len(copy),
		RTE_MIN(rte_pktmbuf_pkt_len(wanted), capture->spec.snaplen));
	assert_memory_equal(rte_pktmbuf_mtod(copy, void *), rte_pktmbuf_mtod(wanted, void *),
		rte_pktmbuf_pkt_len(copy));
	rte_pktmbuf_free(copy);
}

/* The frame as rig_send() makes it. */
static void
expect(struct capture *capture, enum capture_stage stage, enum nj_drop reason,
	struct nj_test_frame *frame)
{
	struct rte_mbuf *wanted = nj_test_frame_build(frame);

	expect_bytes(capture, stage, reason, wanted);
	rte_pktmbuf_free(wanted);
}

static void
expect_no_more(struct capture *capture)
{
	assert_null(capturing_next(capture));
}

/* Sends, and has the capture show what arrived and what left. */
static void
through(struct rig *rig, struct capture *capture, unsigned int side, struct nj_test_frame *frame)
{
	struct rte_mbuf *left;

	rig_send(rig, side, frame);
	rig_run(rig);
	left = rig_take(rig, !side);
	assert_non_null(left);
	expect(capture, CAPTURE_IN, NJ_DROP_NONE, frame);
	expect_bytes(capture, CAPTURE_OUT, NJ_DROP_NONE, left);
	expect_no_more(capture);
	rte_pktmbuf_free(left);
}

/* Sends, and has the capture not notice. */
static void
past(struct rig *rig, struct capture *capture, unsigned int side, struct nj_test_frame *frame)
{
	struct rte_mbuf *left;

	rig_send(rig, side, frame);
	rig_run(rig);
	left = rig_take(rig, !side);
	assert_non_null(left);
	expect_no_more(capture);
	rte_pktmbuf_free(left);
}

/* Requests that mean client A's session with the endpoint, and neither B nor what is dropped. */
static void
sessions_are_shown_before_and_after(const char *request)
{
	struct rig *rig = capturing_rig();
	uint16_t a = rig_establish(rig, A_CLIENT), b = rig_establish(rig, B_CLIENT);
	struct capture *capture = capturing_begin(rig, request);
	struct nj_test_frame frame = rig_client_frame(A_CLIENT, "one");

	through(rig, capture, CLIENTS, &frame);
	frame = rig_server_frame(0, a, "two");
	through(rig, capture, SERVERS, &frame);
	frame = rig_client_frame(B_CLIENT, "three");
	past(rig, capture, CLIENTS, &frame);
	frame = rig_server_frame(0, b, "four");
	past(rig, capture, SERVERS, &frame);
	capturing_end(rig, capture);
	frame = rig_client_frame(A_CLIENT, "five");
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	rig_expect(rig, SERVERS, OUR_SERVER_IP, a, SERVER_IP(0), SERVER_PORT, "five");
	rig_destroy(rig);
}

static void
test_client(void **state)
{
	sessions_are_shown_before_and_after("client=192.0.2.77:4000,");
}

static void
test_client_and_endpoint(void **state)
{
	sessions_are_shown_before_and_after("client=192.0.2.77:4000,endpoint=198.51.100.100,");
}

/* By its tuples, which whoever begins a capture looks up by its number. */
static void
test_session(void **state)
{
	struct rig *rig = capturing_rig();
	uint16_t a = rig_establish(rig, A_CLIENT);
	struct nj_session_table *table = rig->dataplane->workers[0]->sessions;
	struct capture *capture;
	struct nj_session_image session;
	struct nj_test_frame frame;

	assert_true(nj_session_copy(table, 0, &session));
	rig_establish(rig, B_CLIENT);
	capture = capturing_begin(rig, "session=0,");
	for (unsigned int direction = NJ_DOWNSTREAM; direction <= NJ_UPSTREAM; direction++)
		capture->spec.session[direction] = nj_session_image_flow(&session, direction);
	frame = rig_client_frame(A_CLIENT, "one");
	through(rig, capture, CLIENTS, &frame);
	frame = rig_server_frame(0, a, "two");
	through(rig, capture, SERVERS, &frame);
	frame = rig_client_frame(B_CLIENT, "three");
	past(rig, capture, CLIENTS, &frame);
	capturing_end(rig, capture);
	rig_destroy(rig);
}

/* Those of the endpoint alone, from and to whichever client. */
static void
test_endpoint(void **state)
{
	struct rig_options options = {.n_endpoints = 2};
	struct rig *rig = rig_create(&options);
	struct nj_test_frame frame = rig_client_frame(A_CLIENT, "one");
	struct capture *capture;
	struct rte_mbuf *left[2];

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	rig_introduce(rig, SERVERS, SERVER_IP(0));
	rig_introduce(rig, SERVERS, SERVER_IP(1));
	capture = capturing_begin(rig, "endpoint=198.51.100.101:26000,");
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	left[0] = rig_take(rig, SERVERS);
	left[1] = rig_take(rig, SERVERS);
	assert_non_null(left[1]);
	expect(capture, CAPTURE_IN, NJ_DROP_NONE, &frame);
	expect_bytes(capture, CAPTURE_OUT, NJ_DROP_NONE, left[1]);
	expect_no_more(capture);
	rte_pktmbuf_free(left[0]);
	rte_pktmbuf_free(left[1]);
	capturing_end(rig, capture);
	rig_destroy(rig);
}

/* For the reason that was asked for, by worker or manager, and nothing that is not dropped. */
static void
test_dropped(void **state)
{
	struct rig *rig = capturing_rig();
	struct capture *capture = capturing_begin(rig, "dropped=no_session,");
	struct nj_test_frame stray = rig_server_frame(0, 30000, "stray"),
			     bad = rig_client_frame(A_CLIENT, "bad");
	struct rte_mbuf *left;

	bad.udp_checksum = 1;
	rig_send(rig, SERVERS, &stray);
	rig_send(rig, CLIENTS, &bad);
	rig_run(rig);
	expect(capture, CAPTURE_DROPPED, NJ_DROP_NO_SESSION, &stray);
	expect_no_more(capture);
	capturing_end(rig, capture);
	while ((left = rig_take(rig, SERVERS)) != NULL) /* the ICMP error about it */
		rte_pktmbuf_free(left);

	capture = capturing_begin(rig, "dropped=any,");
	rig_introduce(rig, CLIENTS, CLIENT_IP); /* what is looked at and kept is no drop */
	rig_establish(rig, A_CLIENT);
	rig_send(rig, CLIENTS, &bad);
	rig_run(rig);
	expect(capture, CAPTURE_DROPPED, NJ_DROP_UDP_CHECKSUM, &bad);
	expect_no_more(capture);
	capturing_end(rig, capture);
	assert_int_equal(rig_dropped(rig, NJ_DROP_UDP_CHECKSUM), 2);
	rig_destroy(rig);
}

/* A datagram that nobody answers for waits at the manager in vain, and is dropped by the worker
 * that has its session. */
static void
test_dropped_for_want_of_a_neighbor(void **state)
{
	struct rig_options options = {.n_endpoints = 1};
	struct rig *rig = rig_create(&options);
	struct nj_test_frame frame = rig_client_frame(A_CLIENT, "hello");
	struct capture *capture;
	struct rte_mbuf *copy;

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	capture = capturing_begin(rig, "client=192.0.2.77,dropped=neighbor_unreachable,");
	rig_send(rig, CLIENTS, &frame);
	rig_wait(rig, 10000, 100);
	copy = capturing_next(capture);
	assert_non_null(copy);
	assert_int_equal(capture_record(copy)->reason, NJ_DROP_NEIGHBOR_UNREACHABLE);
	assert_int_equal(capture_record(copy)->lcore, 0);
	assert_memory_equal(rte_pktmbuf_mtod_offset(copy, void *, NJ_PAYLOAD4_OFFSET), "hello", 5);
	rte_pktmbuf_free(copy);
	expect_no_more(capture);
	capturing_end(rig, capture);
	rig_destroy(rig);
}

/* Nobody captures: no copy, no mark. */
static void
test_off(void **state)
{
	struct rig *rig = capturing_rig();
	struct nj_test_frame frame = rig_client_frame(A_CLIENT, "x");
	struct rte_mbuf *left;

	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	left = rig_take(rig, SERVERS);
	assert_int_equal(nj_packet(left)->captured, 0);
	assert_null(rig->dataplane->capture);
	rte_pktmbuf_free(left);
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client),
		cmocka_unit_test(test_client_and_endpoint),
		cmocka_unit_test(test_session),
		cmocka_unit_test(test_endpoint),
		cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_dropped_for_want_of_a_neighbor),
		cmocka_unit_test(test_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
