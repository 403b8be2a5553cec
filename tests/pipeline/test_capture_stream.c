/* SPDX-License-Identifier: BSD-3-Clause */
/* How much a capture takes, and what of it is written to whoever reads; traffic does not notice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture_stream.h"
#include "capturing.h"

#define A_CLIENT 4000

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
	struct rig *rig = capturing_rig();
	struct capture *capture = capturing_begin(rig, "rate=10,snaplen=64,client=192.0.2.77,");
	struct capture_lane *lane = &capture->lanes[0];
	struct rte_mbuf *copy;

	rig_establish(rig, A_CLIENT);
	send_many(rig, 20);
	assert_int_equal(rte_ring_count(lane->copies), 10);
	assert_int_equal(lane->limited[CAPTURE_IN] + lane->limited[CAPTURE_OUT], 46 - 10);
	rig->now += 1000;
	send_many(rig, 20);
	assert_int_equal(rte_ring_count(lane->copies), 20);
	while ((copy = capturing_next(capture)) != NULL) {
		assert_true(rte_pktmbuf_data_len(copy) <= 64);
		rte_pktmbuf_free(copy);
	}
	capturing_end(rig, capture);

	capture = capturing_begin(rig, "rate=1000000,client=192.0.2.77,");
	lane = &capture->lanes[0];
	send_many(rig, CAPTURE_LANE_BUFFERS);
	assert_int_equal(rte_ring_count(lane->copies), CAPTURE_LANE_BUFFERS);
	assert_int_equal(lane->lost[CAPTURE_IN] + lane->lost[CAPTURE_OUT], CAPTURE_LANE_BUFFERS);
	capturing_end(rig, capture);
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
	struct rig *rig = capturing_rig();
	struct capture *capture = capturing_begin(rig, "client=192.0.2.77,count=300,rate=100000,");
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
	capturing_end(rig, capture);
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
