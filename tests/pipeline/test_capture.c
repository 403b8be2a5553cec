/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Captures: what arrives, leaves and is dropped is copied byte by byte, no more of it than was
 * asked for, and traffic does not notice.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "capturer.h"
#include "manager.h"
#include "rig.h"
#include "worker.h"

#define A_CLIENT 4000
#define B_CLIENT 4001

/* A capture of what the request says; other requests than a test's own are right. */
static struct capture *
begin(struct rig *rig, const char *request)
{
	char path[CAPTURE_PATH_STRLEN], error[CAPTURE_ERROR_STRLEN], text[256];
	struct capture_spec spec;
	struct capture *capture;

	snprintf(text, sizeof(text), "%ssocket=/x", request);
	assert_int_equal(capture_spec_parse(&spec, path, text, error), 0);
	capture = capture_create(&spec, 5, rig->dataplane->n_workers + 1);
	assert_non_null(capture);
	capturer_publish(rig->dataplane->manager, capture);
	return capture;
}

static void
end(struct rig *rig, struct capture *capture)
{
	capturer_publish(rig->dataplane->manager, NULL);
	rig_run(rig);
	capture_destroy(capture);
}

/* The next copy that is one, of any lane. */
static struct rte_mbuf *
next(struct capture *capture)
{
	void *copy;

	for (unsigned int i = 0; i < capture->n_lanes; i++)
		while (rte_ring_sc_dequeue(capture->lanes[i].copies, &copy) == 0) {
			if (capture_record(copy)->stage != CAPTURE_VOID)
				return copy;
			rte_pktmbuf_free(copy);
		}
	return NULL;
}

static void
expect_bytes(struct capture *capture, enum capture_stage stage, enum nj_drop reason,
	const struct rte_mbuf *wanted)
{
	struct rte_mbuf *copy = next(capture);

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
	assert_null(next(capture));
}

static struct rig *
start(void)
{
	struct rig_options options = {.n_endpoints = 1};
	struct rig *rig = rig_create(&options);

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	rig_introduce(rig, SERVERS, SERVER_IP(0));
	return rig;
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
	struct rig *rig = start();
	uint16_t a = rig_establish(rig, A_CLIENT), b = rig_establish(rig, B_CLIENT);
	struct capture *capture = begin(rig, request);
	struct nj_test_frame frame = rig_client_frame(A_CLIENT, "one");

	through(rig, capture, CLIENTS, &frame);
	frame = rig_server_frame(0, a, "two");
	through(rig, capture, SERVERS, &frame);
	frame = rig_client_frame(B_CLIENT, "three");
	past(rig, capture, CLIENTS, &frame);
	frame = rig_server_frame(0, b, "four");
	past(rig, capture, SERVERS, &frame);
	end(rig, capture);
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
	struct rig *rig = start();
	uint16_t a = rig_establish(rig, A_CLIENT);
	struct nj_session_table *table = rig->dataplane->workers[0]->sessions;
	struct capture *capture;
	struct nj_session session;
	struct nj_test_frame frame;

	assert_true(nj_session_copy(table, 0, &session));
	rig_establish(rig, B_CLIENT);
	capture = begin(rig, "session=0,");
	for (unsigned int direction = NJ_DOWNSTREAM; direction <= NJ_UPSTREAM; direction++)
		capture->spec.session[direction] = nj_session_flow(table, &session, direction);
	frame = rig_client_frame(A_CLIENT, "one");
	through(rig, capture, CLIENTS, &frame);
	frame = rig_server_frame(0, a, "two");
	through(rig, capture, SERVERS, &frame);
	frame = rig_client_frame(B_CLIENT, "three");
	past(rig, capture, CLIENTS, &frame);
	end(rig, capture);
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
	capture = begin(rig, "endpoint=198.51.100.101:26000,");
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
	end(rig, capture);
	rig_destroy(rig);
}

/* For the reason that was asked for, by worker or manager, and nothing that is not dropped. */
static void
test_dropped(void **state)
{
	struct rig *rig = start();
	struct capture *capture = begin(rig, "dropped=no_session,");
	struct nj_test_frame stray = rig_server_frame(0, 30000, "stray"),
			     bad = rig_client_frame(A_CLIENT, "bad");
	struct rte_mbuf *left;

	bad.udp_checksum = 1;
	rig_send(rig, SERVERS, &stray);
	rig_send(rig, CLIENTS, &bad);
	rig_run(rig);
	expect(capture, CAPTURE_DROPPED, NJ_DROP_NO_SESSION, &stray);
	expect_no_more(capture);
	end(rig, capture);
	while ((left = rig_take(rig, SERVERS)) != NULL) /* the ICMP error about it */
		rte_pktmbuf_free(left);

	capture = begin(rig, "dropped=any,");
	rig_introduce(rig, CLIENTS, CLIENT_IP); /* what is looked at and kept is no drop */
	rig_establish(rig, A_CLIENT);
	rig_send(rig, CLIENTS, &bad);
	rig_run(rig);
	expect(capture, CAPTURE_DROPPED, NJ_DROP_UDP_CHECKSUM, &bad);
	expect_no_more(capture);
	end(rig, capture);
	assert_int_equal(rig_dropped(rig, NJ_DROP_UDP_CHECKSUM), 2);
	rig_destroy(rig);
}

/* A datagram that nobody answers for is dropped by the manager, and is the client's all the same.
 */
static void
test_dropped_by_manager(void **state)
{
	struct rig_options options = {.n_endpoints = 1};
	struct rig *rig = rig_create(&options);
	struct nj_test_frame frame = rig_client_frame(A_CLIENT, "hello");
	struct capture *capture;
	struct rte_mbuf *copy;

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	capture = begin(rig, "client=192.0.2.77,dropped=neighbor_unreachable,");
	rig_send(rig, CLIENTS, &frame);
	rig_wait(rig, 10000, 100);
	copy = next(capture);
	assert_non_null(copy);
	assert_int_equal(capture_record(copy)->reason, NJ_DROP_NEIGHBOR_UNREACHABLE);
	assert_int_equal(capture_record(copy)->lcore, dataplane_manager_lcore(rig->dataplane));
	assert_memory_equal(rte_pktmbuf_mtod_offset(copy, void *, NJ_PAYLOAD4_OFFSET), "hello", 5);
	rte_pktmbuf_free(copy);
	expect_no_more(capture);
	end(rig, capture);
	rig_destroy(rig);
}

static void
send_many(struct rig *rig, unsigned int n)
{
	struct nj_test_frame frame = rig_client_frame(A_CLIENT, "again and again and again");
	struct rte_mbuf *left;

	while (n-- > 0) {
		rig_send(rig, CLIENTS, &frame);
		rig_run(rig);
		left = rig_take(rig, SERVERS);
		assert_non_null(left);
		rte_pktmbuf_free(left);
	}
}

/* By the rate and by the buffers; and traffic goes through whatever becomes of the copies. */
static void
test_bounded(void **state)
{
	struct rig *rig = start();
	struct capture *capture = begin(rig, "rate=10,snaplen=64,client=192.0.2.77,");
	struct capture_lane *lane = &capture->lanes[0];
	struct rte_mbuf *copy;

	rig_establish(rig, A_CLIENT);
	send_many(rig, 20);
	assert_int_equal(rte_ring_count(lane->copies), 10);
	assert_int_equal(lane->limited[CAPTURE_IN] + lane->limited[CAPTURE_OUT], 44 - 10);
	rig->now += 1000;
	send_many(rig, 20);
	assert_int_equal(rte_ring_count(lane->copies), 20);
	while ((copy = next(capture)) != NULL) {
		assert_true(rte_pktmbuf_data_len(copy) <= 64);
		rte_pktmbuf_free(copy);
	}
	end(rig, capture);

	capture = begin(rig, "rate=1000000,client=192.0.2.77,");
	lane = &capture->lanes[0];
	send_many(rig, CAPTURE_LANE_BUFFERS);
	assert_int_equal(rte_ring_count(lane->copies), CAPTURE_LANE_BUFFERS);
	assert_int_equal(lane->lost[CAPTURE_IN] + lane->lost[CAPTURE_OUT], CAPTURE_LANE_BUFFERS);
	end(rig, capture);
	rig_destroy(rig);
}

static void
read_all(int fd, uint8_t *bytes, size_t *length, size_t size)
{
	ssize_t n;

	while ((n = recv(fd, bytes + *length, size - *length, MSG_DONTWAIT)) > 0)
		*length += (size_t)n;
}

/* How many of the file's packets belong to an interface, and how many blocks there are in all. */
static unsigned int
count_blocks(const uint8_t *bytes, size_t length, unsigned int by_interface[CAPTURE_STAGES])
{
	unsigned int n = 0;

	for (size_t at = 0; at < length; n++) {
		uint32_t type, block, again, interface;

		memcpy(&type, bytes + at, 4);
		memcpy(&block, bytes + at + 4, 4);
		assert_in_range(block, 12, length - at);
		memcpy(&again, bytes + at + block - 4, 4);
		assert_int_equal(block, again);
		assert_int_equal(block % 4, 0);
		memcpy(&interface, bytes + at + 8, 4);
		if (type == 6)
			by_interface[interface]++;
		at += block;
	}
	return n;
}

/* What is read of it is whole blocks in their order, no more packets than asked for; and who does
 * not read at first gets what fits. */
static void
test_stream(void **state)
{
	static struct capture_stream stream;
	static uint8_t bytes[1 << 20];
	struct rig *rig = start();
	struct capture *capture = begin(rig, "client=192.0.2.77,count=300,rate=100000,");
	unsigned int packets[CAPTURE_STAGES] = {0};
	size_t length = 0;
	int fds[2], size = 4096;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	capture_stream_begin(&stream, capture, rig->dataplane, fds[0]);
	send_many(rig, 200);
	assert_false(capture_stream_step(&stream, rig->now));
	while (!capture_stream_step(&stream, rig->now))
		read_all(fds[1], bytes, &length, sizeof(bytes));
	assert_true(capture_stream_is_full(&stream));
	capture_stream_end(&stream);
	while (!capture_stream_step(&stream, rig->now))
		read_all(fds[1], bytes, &length, sizeof(bytes));
	read_all(fds[1], bytes, &length, sizeof(bytes));
	/* A section, an interface and its statistics for each stage, and the packets. */
	assert_int_equal(count_blocks(bytes, length, packets), 1 + 3 + 300 + 3);
	assert_int_equal(packets[CAPTURE_IN] + packets[CAPTURE_OUT], 300);
	assert_int_equal(packets[CAPTURE_DROPPED], 0);
	assert_int_equal(capture_stream_figures(&stream).written, 300);
	close(fds[1]);
	close(fds[0]);
	end(rig, capture);
	rig_destroy(rig);
}

/* Nobody captures: no copy, no mark. */
static void
test_off(void **state)
{
	struct rig *rig = start();
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

static void
test_requests(void **state)
{
	static const char *const wrong[] = {
		"",
		"client=192.0.2.1",
		"client=192.0.2.300,socket=/x",
		"client,socket=/x",
		"klient=192.0.2.1,socket=/x",
		"session=-1,socket=/x",
		"dropped=nonsense,socket=/x",
		"dropped=none,socket=/x",
		"rate=0,socket=/x",
		"seconds=86401,socket=/x",
		"snaplen=63,socket=/x",
		"count=1e3,socket=/x",
		"socket=x",
		"socket=",
	};
	char path[CAPTURE_PATH_STRLEN], error[CAPTURE_ERROR_STRLEN], text[2000];
	struct capture_spec spec;

	for (unsigned int i = 0; i < RTE_DIM(wrong); i++) {
		error[0] = '\0';
		assert_int_equal(capture_spec_parse(&spec, path, wrong[i], error), -EINVAL);
		assert_true(error[0] != '\0');
	}
	memset(text, 'x', sizeof(text));
	memcpy(text, "socket=/", 8);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(capture_spec_parse(&spec, path, text, error), -EINVAL);
	assert_int_equal(
		capture_spec_parse(&spec, path,
			"endpoint=[2001:db8::1]:5,dropped=any,count=3,socket=/a,b=c", error),
		0);
	assert_string_equal(path, "/a,b=c");
	assert_int_equal(spec.endpoint.port, RTE_BE16(5));
	assert_true(spec.only_dropped);
	assert_int_equal(spec.count, 3);
	assert_int_equal(spec.rate, CAPTURE_RATE_DEFAULT);
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
		cmocka_unit_test(test_dropped_by_manager),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
