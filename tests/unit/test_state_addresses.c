/* SPDX-License-Identifier: BSD-3-Clause */
/* The addresses in a state file: which were ours, and when that is still believed. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "eal.h"
#include "format.h"
#include "state_rig.h"

static const char *const texts[] = {"192.0.2.10", "2001:db8::10", "fe80::1", "10.0.0.1"};

static void
parse_texts(struct nj_ip ips[RTE_DIM(texts)])
{
	for (size_t i = 0; i < RTE_DIM(texts); i++)
		assert_int_equal(nj_ip_parse(texts[i], &ips[i]), 0);
}

static void
write_addresses(struct state_rig *rig, const struct nj_ip *ips, unsigned int n)
{
	struct nj_state *file = state_rig_begin(rig);

	nj_state_set_addresses(file, ips, n);
	assert_int_equal(nj_state_save(file, state_rig_now, true), 0);
	nj_state_close(file);
}

/* How many there are, so many milliseconds later by the calendar. */
static unsigned int
read_addresses(struct state_rig *rig, int64_t later_ms, struct nj_ip ips[NJ_STATE_ADDRESSES_MAX])
{
	struct nj_state *file = state_rig_open(rig);
	const unsigned int n = nj_state_addresses(
		file, (struct nj_state_time){STATE_RIG_NOW, STATE_RIG_WALL + later_ms}, ips);

	nj_state_close(file);
	return n;
}

static void
they_come_back(void **state)
{
	struct state_rig *rig = *state;
	struct nj_ip written[RTE_DIM(texts)], read[NJ_STATE_ADDRESSES_MAX];

	parse_texts(written);
	write_addresses(rig, written, RTE_DIM(texts));
	assert_int_equal(read_addresses(rig, 5000, read), RTE_DIM(texts));
	for (size_t i = 0; i < RTE_DIM(texts); i++)
		assert_true(nj_ip_equal(&read[i], &written[i]));
}

static void
only_as_many_as_fit_in(void **state)
{
	struct state_rig *rig = *state;
	struct nj_ip many[NJ_STATE_ADDRESSES_MAX + 10], read[NJ_STATE_ADDRESSES_MAX];

	for (unsigned int i = 0; i < RTE_DIM(many); i++)
		many[i] = nj_ip_v4(rte_cpu_to_be_32(0x0a000000 + i));
	write_addresses(rig, many, RTE_DIM(many));
	assert_int_equal(read_addresses(rig, 0, read), NJ_STATE_ADDRESSES_MAX);
	assert_true(
		nj_ip_equal(&read[NJ_STATE_ADDRESSES_MAX - 1], &many[NJ_STATE_ADDRESSES_MAX - 1]));
}

static void
they_are_believed_for_a_minute(void **state)
{
	struct state_rig *rig = *state;
	struct nj_ip ips[RTE_DIM(texts)], read[NJ_STATE_ADDRESSES_MAX];

	parse_texts(ips);
	write_addresses(rig, ips, RTE_DIM(texts));
	assert_int_equal(read_addresses(rig, NJ_STATE_ADDRESSES_MS, read), RTE_DIM(texts));
	assert_int_equal(read_addresses(rig, NJ_STATE_ADDRESSES_MS + 1, read), 0);
	assert_int_equal(read_addresses(rig, -1, read), 0); /* the calendar was put back */
}

static void
without_a_file_there_are_none(void **state)
{
	struct nj_ip read[NJ_STATE_ADDRESSES_MAX];

	assert_int_equal(read_addresses(*state, 0, read), 0);
}

static void
patch(const struct state_rig *rig, off_t at, const void *bytes, size_t length)
{
	const int fd = open(rig->path, O_WRONLY);

	assert_int_equal(pwrite(fd, bytes, length, at), length);
	close(fd);
}

/* What programs wrote that knew nothing of addresses. */
static void
an_older_file_has_none(void **state)
{
	static const struct state_addresses zeros;
	struct state_rig *rig = *state;
	struct nj_ip ips[RTE_DIM(texts)], read[NJ_STATE_ADDRESSES_MAX];

	parse_texts(ips);
	write_addresses(rig, ips, RTE_DIM(texts));
	patch(rig, FORMAT_ADDRESSES_OFFSET, &zeros, sizeof(zeros));
	assert_int_equal(read_addresses(rig, 0, read), 0);
}

static void
nor_has_a_file_that_is_refused(void **state)
{
	struct state_rig *rig = *state;
	struct nj_ip ips[RTE_DIM(texts)], read[NJ_STATE_ADDRESSES_MAX];

	parse_texts(ips);
	write_addresses(rig, ips, RTE_DIM(texts));
	patch(rig, 0, "nonsense", 8);
	assert_int_equal(read_addresses(rig, 0, read), 0);
}

/* Sessions come back all the same. */
static void
each_byte_damaged(void **state)
{
	struct state_rig *rig = *state;
	struct nj_ip ips[RTE_DIM(texts)], read[NJ_STATE_ADDRESSES_MAX];
	struct state_addresses good;

	parse_texts(ips);
	state_rig_session(rig, 5, true);
	write_addresses(rig, ips, RTE_DIM(texts));
	good = format_addresses(ips, RTE_DIM(texts));
	for (size_t at = 0; at < sizeof(good); at++) {
		struct state_addresses damaged = good;

		((uint8_t *)&damaged)[at] ^= 0x80;
		assert_int_equal(format_read_addresses(&damaged, read), 0);
		patch(rig, FORMAT_ADDRESSES_OFFSET, &damaged, sizeof(damaged));
	}
	assert_int_equal(read_addresses(rig, 0, read), 0);
	state_rig_expect(state_rig_load(rig, state_rig_now), 1, 0, 0, 0);
}

/* Its checksum is right, but it is above what there is room for. */
static void
an_impossible_number_is_damage(void **state)
{
	struct state_addresses addresses = format_addresses(NULL, 0);
	struct nj_ip read[NJ_STATE_ADDRESSES_MAX];

	assert_int_equal(format_read_addresses(&addresses, read), 0);
	addresses.n = NJ_STATE_ADDRESSES_MAX + 1;
	addresses.crc = 0;
	addresses.crc = format_crc(&addresses, sizeof(addresses));
	assert_int_equal(format_read_addresses(&addresses, read), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, state_rig_setup, state_rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(they_come_back),
		TEST(only_as_many_as_fit_in),
		TEST(they_are_believed_for_a_minute),
		TEST(without_a_file_there_are_none),
		TEST(an_older_file_has_none),
		TEST(nor_has_a_file_that_is_refused),
		TEST(each_byte_damaged),
		TEST(an_impossible_number_is_damage),
	};

	nj_test_eal(0);
	rte_log_set_global_level(RTE_LOG_EMERG); /* each file that is read is a line */
	return cmocka_run_group_tests_name("state_addresses", tests, NULL, NULL);
}
