/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every field of every header at its edges, every bit the other way round, with the checksums as
 * they were and as they then have to be; and every frame cut at every byte. Each goes through the
 * whole path while sessions are open, and ends in one counter: it is dropped for a fault that it
 * has, taken by the local stack and answered, or forwarded byte by byte as it has to be. The
 * sessions stay what they are.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <rte_hexdump.h>

#include "edge_ends.h"
#include "edge_frames.h"

#define STEP_MS 20   /* between two frames: no limit of local traffic is met */
#define KEEP_MS 5000 /* between two looks at the sessions */
#define LATE_MS 2200 /* longer than a piece waits for the others */

struct edges {
	struct edge_world world;
	nj_ms_t kept;
	uint64_t forwarded; /* frames that have left to the other side, and were right */
	char what[128];     /* the frame that is tried is; "": none is */
	uint8_t bytes[EDGE_BYTES_MAX];
	uint16_t length;
};

static const char *const fates[] = {"dropped", "forwarded", "the local stack's", "a piece"};

/* Over all rigs. */
static struct {
	unsigned int frames, fields, fates[EDGE_PIECE + 1];
	unsigned int dropped[NJ_DROP_COUNT];
} figures;

/* Of what a test ended in the middle of. */
static struct edges edges;

static int
say_where(void **state)
{
	if (edges.what[0] == '\0')
		return 0;
	print_error("%s:\n", edges.what);
	rte_hexdump(stderr, "the frame", edges.bytes, edges.length);
	return 0;
}

/* Sessions ------------------------------------------------------------------------------------- */

/* Both clients' sessions go on, each with its port. */
static void
keep(void)
{
	struct edge_world *world = &edges.world;
	const struct nj_address server = peer_server(world->family, 0);

	peer_meet(world->rig);
	for (unsigned int i = 0; i < 2; i++) {
		const int family = i == 0 ? AF_INET : AF_INET6;
		const struct nj_address client = peer_client(family, CLIENT_PORT);
		const uint16_t port = peer_establish(world->rig, &client, &server);

		if (world->ports[i] == 0)
			world->ports[i] = port;
		assert_int_equal(port, world->ports[i]);
	}
	edges.kept = world->rig->now;
}

/* What leaves ---------------------------------------------------------------------------------- */

/* What an error quotes went the other way. */
static void
check_error(const struct edge_verdict *verdict, struct rte_mbuf *m)
{
	const struct nj_address *to = &verdict->wanted.destination, *us = &verdict->wanted.source;
	const bool ipv6 = to->ip.family == AF_INET6;
	const uint8_t *ip = rte_pktmbuf_mtod_offset(m, const uint8_t *, 14 + (ipv6 ? 8 : 12));
	const uint8_t *quoted = ip + (ipv6 ? 32 + 8 + 8 : 8 + 8 + 12), bytes = ipv6 ? 16 : 4;
	const uint8_t *ports = quoted + 2 * bytes;
	const void *us_ip = ipv6 ? us->ip.v6 : (const void *)&us->ip.v4;
	const void *to_ip = ipv6 ? to->ip.v6 : (const void *)&to->ip.v4;

	if (!edge_is_right(rte_pktmbuf_mtod(m, const uint8_t *), rte_pktmbuf_data_len(m)))
		fail_msg("a wrong error left");
	assert_memory_equal(ip, us_ip, bytes);
	assert_memory_equal(ip + bytes, to_ip, bytes);
	assert_memory_equal(quoted, to_ip, bytes);
	assert_memory_equal(quoted + bytes, us_ip, bytes);
	assert_int_equal(edge_load(ports), rte_be_to_cpu_16(to->port));
	if (us->port != 0)
		assert_int_equal(edge_load(ports + 2), rte_be_to_cpu_16(us->port));
	rte_pktmbuf_free(m);
}

static void
check_forwarded(const struct edge_verdict *verdict, struct rte_mbuf *m)
{
	if (verdict->wanted.protocol == IPPROTO_ICMP)
		check_error(verdict, m);
	else
		peer_compare(edges.world.rig, verdict->to, m, &verdict->wanted);
}

/* An answer of our own goes to where the frame says that it is from. */
static void
check_answer(const struct edge_verdict *verdict, struct rte_mbuf *m)
{
	const uint8_t *bytes = rte_pktmbuf_mtod(m, const uint8_t *);
	const uint16_t length = rte_pktmbuf_data_len(m);
	const uint16_t tail = verdict->n_echoed + verdict->n_behind;

	if (!edge_is_right(bytes, length))
		fail_msg("a wrong answer left");
	if (!verdict->faulty && verdict->n_echoed > 0) {
		assert_true(length >= 14 + 20 + tail);
		assert_memory_equal(bytes + length - tail, verdict->echoed, verdict->n_echoed);
	}
	rte_pktmbuf_free(m);
}

/* Takes all that leaves, in whatever time has passed. Returns how many frames were answers. */
static unsigned int
take(const struct edge_verdict *verdict)
{
	struct rig *rig = edges.world.rig;
	unsigned int questions, answers = 0, left;
	struct rte_mbuf *m;

	do {
		questions = rig->questions;
		left = 0;
		rig_run(rig);
		for (unsigned int side = CLIENTS; side <= SERVERS; side++)
			while ((m = peer_take(rig, side)) != NULL) {
				left++;
				if (verdict->fate != EDGE_FORWARDED || side != verdict->to) {
					answers++;
					check_answer(verdict, m);
				} else {
					edges.forwarded++;
					check_forwarded(verdict, m);
				}
			}
	} while (left > 0 || rig->questions != questions);
	return answers;
}

/* One frame ------------------------------------------------------------------------------------ */

static void
check_fate(const struct edge_verdict *verdict, const struct edge_ends *before,
	const struct edge_ends *after, enum nj_drop reason)
{
	enum edge_fate fate = EDGE_DROPPED;

	if (after->forwarded > before->forwarded)
		fate = EDGE_FORWARDED;
	else if (after->local > before->local)
		fate = EDGE_LOCAL;
	else if (reason == NJ_DROP_FRAGMENT_INCOMPLETE)
		fate = EDGE_PIECE;
	figures.fates[fate]++;
	if (fate == EDGE_DROPPED && nj_drop_name(reason) == NULL)
		fail_msg("dropped for no reason");
	if (fate == EDGE_DROPPED && !verdict->faults[reason])
		fail_msg("dropped as %s", nj_drop_name(reason));
	if (fate != EDGE_DROPPED && verdict->faulty && !verdict->either)
		fail_msg("it has a fault, and is %s", fates[fate]);
	if (fate != EDGE_DROPPED && fate != verdict->fate)
		fail_msg("it is %s, not %s", fates[fate], fates[verdict->fate]);
	if (fate == EDGE_DROPPED)
		figures.dropped[reason]++;
}

/* Who is at a closed port is told so; the local stack's answers are asked for. */
static void
check_answers(const struct edge_verdict *verdict, enum nj_drop reason, unsigned int answers)
{
	if (reason == NJ_DROP_NO_LISTENER || reason == NJ_DROP_NO_SESSION)
		assert_true(answers <= 1);
	else if (reason != NJ_DROP_NONE)
		assert_int_equal(answers, 0);
	else
		assert_int_equal(answers, verdict->n_echoed > 0);
}

/* Sends a frame, with its own tag or none, and holds what becomes of it to what has to. */
static void
try(unsigned int side, const uint8_t *bytes, uint16_t length)
{
	struct rig *rig = edges.world.rig;
	const struct edge_verdict verdict = edge_judge(&edges.world, side, bytes, length);
	const uint64_t forwarded = edges.forwarded;
	struct edge_ends before, after;
	unsigned int answers;
	enum nj_drop reason;

	memcpy(edges.bytes, bytes, length);
	edges.length = length;
	if (nj_ms_since(rig->now, edges.kept) >= KEEP_MS)
		keep();
	figures.frames++;
	rig->now += STEP_MS;
	take(&verdict);
	before = edge_ends(rig);
	assert_int_equal(
		rte_ring_enqueue(rig->in[rig_port_of(rig, side)][0], nj_test_mbuf(bytes, length)),
		0);
	answers = take(&verdict);
	after = edge_ends(rig);
	if (edge_ended(&before, &after, &reason) == 0) {
		rig->now += LATE_MS;
		answers += take(&verdict);
		after = edge_ends(rig);
	}
	if (after.received - before.received != 1 || edge_ended(&before, &after, &reason) != 1)
		fail_msg("%" PRIu64 " ends of %" PRIu64, edge_ended(&before, &after, &reason),
			after.received - before.received);
	assert_int_equal(after.forwarded - before.forwarded, edges.forwarded - forwarded);
	check_fate(&verdict, &before, &after, reason);
	check_answers(&verdict, reason, answers);
}

/* With these bytes, and again with the checksums that those have to have. */
static void
try_both(const struct edge_frame *frame, uint8_t *bytes, uint16_t length, uint16_t mended)
{
	try(frame->side, bytes, length);
	edge_mend_checksums(frame, bytes, mended);
	try(frame->side, bytes, length);
}

/* Edges ---------------------------------------------------------------------------------------- */

static void
try_value(const struct edge_frame *frame, const struct edge_field *field, uint64_t value)
{
	const uint16_t length = (uint16_t)(frame->bits / 8);
	uint8_t bytes[EDGE_BYTES_MAX];

	snprintf(edges.what, sizeof(edges.what), "%s, %s %#" PRIx64, frame->name, field->name,
		value);
	memcpy(bytes, frame->bytes, sizeof(bytes));
	edge_put(bytes, field->at, field->bits, value);
	try_both(frame, bytes, length, length);
}

/* All values of a small one. */
static void
try_field(const struct edge_frame *frame, const struct edge_field *field)
{
	const uint64_t max = UINT64_MAX >> (64 - field->bits);
	const uint64_t right = edge_get(frame->bytes, field->at, field->bits);
	const uint64_t values[] = {
		0, 1, 2, max / 2, max / 2 + 1, max - 1, max, right - 1, right + 1, ~right};

	figures.fields++;
	for (uint64_t value = 0; value <= max && max <= UINT8_MAX; value++)
		try_value(frame, field, value);
	for (size_t i = 0; i < RTE_DIM(values) && max > UINT8_MAX; i++)
		try_value(frame, field, values[i] & max);
}

static void
flip(const struct edge_frame *frame)
{
	const uint16_t length = (uint16_t)(frame->bits / 8);
	uint8_t bytes[EDGE_BYTES_MAX];

	for (unsigned int bit = 0; bit < frame->bits; bit++) {
		snprintf(edges.what, sizeof(edges.what), "%s, bit %u flipped", frame->name, bit);
		memcpy(bytes, frame->bytes, sizeof(bytes));
		bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		try_both(frame, bytes, length, length);
	}
}

/* With the lengths of the whole; with those of the rest; and with those, but all of it is there. */
static void
shorten(const struct edge_frame *frame)
{
	const uint16_t whole = (uint16_t)(frame->bits / 8);
	uint8_t bytes[EDGE_BYTES_MAX];

	for (uint16_t length = 0; length < whole; length++) {
		snprintf(edges.what, sizeof(edges.what), "%u bytes of %s", length, frame->name);
		memcpy(bytes, frame->bytes, sizeof(bytes));
		try_both(frame, bytes, length, length);
		edge_mend_lengths(frame, bytes, length);
		try_both(frame, bytes, length, length);
		try_both(frame, bytes, whole, length);
	}
}

static void
visit(void *context, const struct edge_frame *frame)
{
	const uint16_t length = (uint16_t)(frame->bits / 8);
	const struct edge_verdict verdict =
		edge_judge(&edges.world, frame->side, frame->bytes, length);

	assert_int_equal(frame->bits % 8, 0);
	snprintf(edges.what, sizeof(edges.what), "%s", frame->name);
	memcpy(edges.bytes, frame->bytes, length);
	edges.length = length;
	if (verdict.faulty != (frame->fate == EDGE_DROPPED) && !verdict.either)
		fail_msg("is not as it is meant");
	keep();
	try(frame->side, frame->bytes, length);
	for (unsigned int i = 0; i < frame->n_fields; i++)
		try_field(frame, &frame->fields[i]);
	flip(frame);
	shorten(frame);
}

static void
sweep(int family, unsigned int workers, uint16_t vlan)
{
	const struct rig_options options = {
		.capacity = 4096, .n_workers = workers, .vlan = vlan, .qcmp_port = EDGE_QCMP_PORT};

	edges = (struct edges){.world = {.family = family, .vlan = vlan}};
	edges.world.rig = peer_rig(&options, family);
	keep();
	edge_frames(&edges.world, visit, NULL);
	keep();
	edges.what[0] = '\0';
	rig_destroy(edges.world.rig);
}

static void
edges_to_an_ipv4_server(void **state)
{
	sweep(AF_INET, 1, 0);
}

static void
edges_to_an_ipv6_server_by_two_workers(void **state)
{
	sweep(AF_INET6, 2, 0);
}

static void
edges_in_a_vlan(void **state)
{
	sweep(AF_INET, 1, 5);
}

static void
print_figures(void **state)
{
	unsigned int reasons = 0;

	for (unsigned int reason = 0; reason < NJ_DROP_COUNT; reason++)
		reasons += figures.dropped[reason] > 0;
	print_message("%u frames, by %u fields: %u forwarded, %u taken by the local stack, %u "
		      "dropped for %u reasons, %u pieces of nothing\n",
		figures.frames, figures.fields, figures.fates[EDGE_FORWARDED],
		figures.fates[EDGE_LOCAL], figures.fates[EDGE_DROPPED], reasons,
		figures.fates[EDGE_PIECE]);
	assert_true(reasons > 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(edges_to_an_ipv4_server, say_where),
		cmocka_unit_test_teardown(edges_to_an_ipv6_server_by_two_workers, say_where),
		cmocka_unit_test_teardown(edges_in_a_vlan, say_where),
		cmocka_unit_test(print_figures),
	};

	return cmocka_run_group_tests_name("edges", tests, NULL, NULL);
}
