/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A server whose replies come in two fragments each over a network that loses some, while others
 * forge fragments in its name: what else is lost here is next to nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "pieces.h"

#define LENGTH       1000
#define DATAGRAMS_MS 10   /* 10,000 a second */
#define APART_MS     3    /* the second fragment comes so much later: links reorder */
#define RUN_MS       4000 /* twice as long as fragments wait */
#define PER_MILLION  1000000

static const int families[] = {AF_INET, AF_INET6};

static uint8_t bytes[LENGTH];

/* Of a million. */
struct network {
	uint32_t lost;         /* fragments */
	unsigned int forged_s; /* fragments a second that the server did not send */
	uint32_t bound;        /* datagrams */
};

struct stream {
	struct rig *rig;
	struct nj_test_datagram sent;
	uint32_t seed, id;
	uint64_t passed;
	struct rte_mbuf *late[APART_MS][DATAGRAMS_MS]; /* second fragments, by when they come */
};

static void
put(struct stream *stream, const struct network *network, struct rte_mbuf *piece)
{
	if (nj_test_random(&stream->seed) % PER_MILLION < network->lost)
		rte_pktmbuf_free(piece);
	else
		peer_put(stream->rig, SERVERS, 0, piece);
}

static void
forge(struct stream *stream)
{
	struct rte_mbuf *pieces[PIECES_MAX];

	pieces_cut(&stream->sent, nj_test_random(&stream->seed), 512, pieces);
	peer_put(stream->rig, SERVERS, 0, pieces[0]);
	rte_pktmbuf_free(pieces[1]);
}

static void
take(struct stream *stream)
{
	struct rte_mbuf *m;

	rig_run(stream->rig);
	while ((m = peer_take(stream->rig, CLIENTS)) != NULL) {
		stream->passed++;
		rte_pktmbuf_free(m);
	}
}

static void
send_for_a_millisecond(struct stream *stream, const struct network *network, unsigned int ms)
{
	struct rte_mbuf **late = stream->late[ms % APART_MS], *pieces[PIECES_MAX];

	for (unsigned int i = 0; i < DATAGRAMS_MS; i++) {
		if (late[i] != NULL)
			put(stream, network, late[i]);
		assert_int_equal(pieces_cut(&stream->sent, ++stream->id, 512, pieces), 2);
		put(stream, network, pieces[0]);
		late[i] = pieces[1];
	}
	if (network->forged_s > 0 && ms % (1000 / network->forged_s) == 0)
		forge(stream);
	take(stream);
	stream->rig->now++;
}

static void
pass(int family, const struct network *network)
{
	const struct nj_address client = peer_client(family, CLIENT_PORT),
				server = peer_server(family, 0);
	struct stream stream = {.rig = peer_rig(&(struct rig_options){0}, family), .seed = 4711};
	const struct nj_address us =
		peer_us(SERVERS, family, peer_establish(stream.rig, &client, &server));
	uint64_t sent = (uint64_t)RUN_MS * DATAGRAMS_MS;

	stream.sent = peer_datagram(&server, &us, bytes, sizeof(bytes));
	stream.sent.fragment = 0;
	for (unsigned int ms = 0; ms < RUN_MS; ms++)
		send_for_a_millisecond(&stream, network, ms);
	for (unsigned int ms = 0; ms < APART_MS; ms++) {
		for (unsigned int i = 0; i < DATAGRAMS_MS; i++)
			put(&stream, network, stream.late[(RUN_MS + ms) % APART_MS][i]);
		take(&stream);
	}
	assert_true((sent - stream.passed) * PER_MILLION <= sent * network->bound);
	rig_settle(stream.rig);
	rig_destroy(stream.rig);
}

/* Of two fragments either may be lost, so twice as many datagrams as fragments. */
static void
loss_in_is_loss_out(void **state)
{
	static const struct network networks[] = {{2000, 0, 6000}, {5000, 0, 15000}};

	for (unsigned int i = 0; i < RTE_DIM(networks); i++)
		for (unsigned int f = 0; f < RTE_DIM(families); f++)
			pass(families[f], &networks[i]);
}

/* A forged one costs the datagram that has its identification, of which IPv4 has but 65,536. */
static void
forged_fragments_cost_next_to_nothing(void **state)
{
	static const struct network networks[] = {{0, 100, 4000}, {5000, 100, 18000}};

	for (unsigned int i = 0; i < RTE_DIM(networks); i++)
		for (unsigned int f = 0; f < RTE_DIM(families); f++)
			pass(families[f], &networks[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loss_in_is_loss_out),
		cmocka_unit_test(forged_fragments_cost_next_to_nothing),
	};
	uint32_t seed = 815;

	nj_test_random_bytes(&seed, bytes, sizeof(bytes));
	return cmocka_run_group_tests_name("fragment_loss", tests, NULL, NULL);
}
