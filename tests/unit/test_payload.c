/* SPDX-License-Identifier: BSD-3-Clause */
/* Changes of a payload, and the checksum that follows them by difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "frame.h"
#include "nj_filter.h"

#define PAYLOAD_MAX 1400
#define BYTES_MAX   40

/* What the payload ought to be, next to the one in the buffer. */
struct model {
	struct nj_datagram datagram;
	uint8_t bytes[PAYLOAD_MAX + 64 * BYTES_MAX];
	uint16_t length;
};

static void
fill_random(uint8_t *bytes, unsigned int length, uint32_t *seed)
{
	for (unsigned int i = 0; i < length; i++)
		bytes[i] = (uint8_t)nj_test_random(seed);
}

static void
start(struct model *model, uint32_t *seed)
{
	struct nj_test_frame frame;

	model->length = (uint16_t)(nj_test_random(seed) % PAYLOAD_MAX);
	fill_random(model->bytes, model->length, seed);
	frame = nj_test_frame_udp(model->bytes, model->length);
	if (nj_test_random(seed) % 8 == 0)
		frame.udp_checksum = 0;
	model->datagram = (struct nj_datagram){.m = nj_test_frame_build(&frame)};
}

static void
change(struct model *model, uint32_t *seed)
{
	uint16_t n = (uint16_t)(nj_test_random(seed) % BYTES_MAX);
	uint16_t cut = RTE_MIN(n, model->length);
	uint8_t bytes[BYTES_MAX];

	fill_random(bytes, n, seed);
	switch (nj_test_random(seed) % 5) {
	case 0:
		assert_true(nj_payload_append(&model->datagram, bytes, n));
		memcpy(model->bytes + model->length, bytes, n);
		model->length += n;
		break;
	case 1:
		assert_true(nj_payload_prepend(&model->datagram, bytes, n));
		memmove(model->bytes + n, model->bytes, model->length);
		memcpy(model->bytes, bytes, n);
		model->length += n;
		break;
	case 2:
		nj_payload_cut_head(&model->datagram, cut);
		memmove(model->bytes, model->bytes + cut, model->length - cut);
		model->length -= cut;
		break;
	case 3:
		nj_payload_cut_tail(&model->datagram, cut);
		model->length -= cut;
		break;
	default:
		assert_true(nj_payload_replace(&model->datagram, bytes, n));
		memcpy(model->bytes, bytes, n);
		model->length = n;
		break;
	}
}

static void
sums_follow_any_changes(void **state)
{
	uint32_t seed = 11;

	for (unsigned int round = 0; round < 20000; round++) {
		struct model model;
		unsigned int changes = nj_test_random(&seed) % 6;

		start(&model, &seed);
		for (unsigned int i = 0; i < changes; i++)
			change(&model, &seed);
		nj_datagram_refit(&model.datagram);
		assert_int_equal(nj_payload_length(&model.datagram), model.length);
		assert_memory_equal(nj_payload(&model.datagram), model.bytes, model.length);
		assert_true(nj_test_checksums_right(model.datagram.m));
		rte_pktmbuf_free(model.datagram.m);
	}
	assert_int_equal(nj_test_pool_in_use(), 0);
}

static void
what_does_not_fit_changes_nothing(void **state)
{
	static const uint8_t zeros[UINT16_MAX];
	struct nj_test_frame frame = nj_test_frame_udp("hello", 5);
	struct nj_datagram datagram = {.m = nj_test_frame_build(&frame)};

	assert_false(nj_payload_append(&datagram, zeros, 4096));
	assert_false(nj_payload_prepend(&datagram, zeros, 4096));
	assert_false(nj_payload_replace(&datagram, zeros, 4096));
	assert_false(datagram.changed);
	assert_int_equal(nj_payload_length(&datagram), 5);
	assert_memory_equal(nj_payload(&datagram), "hello", 5);
	assert_true(nj_test_checksums_right(datagram.m));
	rte_pktmbuf_free(datagram.m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_follow_any_changes),
		cmocka_unit_test(what_does_not_fit_changes_nothing),
	};

	nj_test_eal(0);
	return cmocka_run_group_tests_name("payload", tests, NULL, NULL);
}
