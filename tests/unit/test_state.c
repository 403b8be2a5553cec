/* SPDX-License-Identifier: BSD-3-Clause */
/* The state file: sessions written and read again, and files that are none. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_errno.h>

#include "eal.h"
#include "format.h"
#include "frame.h"
#include "session_rig.h"

#define CAPACITY 64
#define START    1000
#define NOW      5000
#define WALL     INT64_C(1700000000000)
#define FAMILIES NJ_TEST_FAMILIES

struct fixture {
	struct nj_test_sessions rig;
	struct nj_session_table *tables[2];
	char folder[32], path[64];
};

static const struct nj_state_time now = {NOW, WALL};

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	nj_test_sessions_start(&fixture->rig, CAPACITY, 1, 0);
	strcpy(fixture->folder, "/tmp/nj-state-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	snprintf(fixture->path, sizeof(fixture->path), "%s/sessions", fixture->folder);
	*state = fixture;
	return 0;
}

/* A path beside the file. */
static const char *
beside(const struct fixture *fixture, const char *suffix)
{
	static char path[80];

	snprintf(path, sizeof(path), "%s%s", fixture->path, suffix);
	return path;
}

static int
teardown(void **state)
{
	static const char *const suffixes[] = {"", ".lock", ".new", ".refused"};
	struct fixture *fixture = *state;

	for (unsigned int i = 0; i < RTE_DIM(suffixes); i++)
		unlink(beside(fixture, suffixes[i]));
	assert_int_equal(rmdir(fixture->folder), 0); /* nothing else was left */
	nj_session_table_destroy(fixture->tables[1]);
	nj_test_sessions_stop(&fixture->rig);
	free(fixture);
	return 0;
}

static struct nj_state_tables
tables(struct fixture *fixture)
{
	fixture->tables[0] = fixture->rig.table;
	return (struct nj_state_tables){&fixture->rig.ownership, fixture->tables};
}

static struct nj_session *
open_one(struct fixture *fixture, uint16_t port, bool established)
{
	struct nj_session *session = nj_test_session_open(
		&fixture->rig, port % FAMILIES, port, 1 + port % FAMILIES, START + port);

	session->out_port[NJ_DOWNSTREAM] = 1;
	nj_session_touch(fixture->rig.table, session, NJ_DOWNSTREAM, 100u + port, START + port);
	if (established)
		nj_session_touch(fixture->rig.table, session, NJ_UPSTREAM, 7, START + 100 + port);
	session->packets_carry[NJ_UPSTREAM] = port;
	return session;
}

/* Reading and writing ---------------------------------------------------------------------- */

static struct nj_state *
open_file(struct fixture *fixture)
{
	struct nj_state *file = nj_state_open(fixture->path);

	assert_non_null(file);
	return file;
}

static struct nj_state *
begin(struct fixture *fixture)
{
	struct nj_state *file = open_file(fixture);
	const struct nj_state_tables all = tables(fixture);

	assert_int_equal(nj_state_begin(file, &all, now), 0);
	return file;
}

/* All that there is, as at an orderly end or (not clean) before a kill. */
static void
write_file(struct fixture *fixture, bool clean)
{
	struct nj_state *file = begin(fixture);

	assert_int_equal(nj_state_save(file, now, clean), 0);
	nj_state_close(file);
}

/* Endpoints are numbered as in the rig. */
static bool
is_wanted(void *context, unsigned int worker, struct nj_session_image *image)
{
	const struct nj_ip *ip = &image->endpoint.ip;

	image->flow.endpoint = ip->family == AF_INET6
				       ? ip->v6[15]
				       : rte_be_to_cpu_32(ip->v4) - NJ_TEST_IP(198, 51, 100, 2);
	return context == NULL || image->flow.endpoint != *(const uint32_t *)context;
}

static struct nj_state_outcome
load_but(struct fixture *fixture, struct nj_state_time time, uint32_t *unwanted)
{
	const struct nj_state_tables all = tables(fixture);
	struct nj_state *file = open_file(fixture);
	struct nj_state_outcome outcome = nj_state_load(file, &all, is_wanted, unwanted, time);

	nj_state_close(file);
	return outcome;
}

/* Into an empty table. */
static struct nj_state_outcome
load(struct fixture *fixture, struct nj_state_time time)
{
	nj_test_sessions_again(&fixture->rig);
	return load_but(fixture, time, NULL);
}

static void
assert_outcome(struct nj_state_outcome outcome, uint64_t restored, uint64_t expired, uint64_t moved,
	uint64_t refused, uint64_t damaged)
{
	assert_int_equal(outcome.restored, restored);
	assert_int_equal(outcome.expired, expired);
	assert_int_equal(outcome.moved, moved);
	assert_int_equal(outcome.refused, refused);
	assert_int_equal(outcome.damaged, damaged);
}

static struct nj_session *
find(struct fixture *fixture, uint16_t port)
{
	const struct nj_session_request request =
		nj_test_session_request(port % FAMILIES, port, 1 + port % FAMILIES);

	return nj_session_find(fixture->rig.table, &request.flow);
}

/* Sessions --------------------------------------------------------------------------------- */

static void
every_field_comes_back(void **state)
{
	struct fixture *fixture = *state;
	struct nj_session_image before[16];

	for (uint16_t i = 0; i < RTE_DIM(before); i++)
		before[i] =
			nj_session_image(fixture->rig.table, open_one(fixture, i + 5, i % 3 != 0));
	write_file(fixture, true);
	assert_outcome(load(fixture, now), 16, 0, 0, 0, 0);
	for (uint16_t i = 0; i < RTE_DIM(before); i++) {
		struct nj_session *session = find(fixture, i + 5);
		struct nj_session_image after;

		assert_non_null(session);
		after = nj_session_image(fixture->rig.table, session);
		assert_int_equal(after.state, before[i].state);
		assert_memory_equal(&after.flow, &before[i].flow, NJ_FLOW6_KEY_BYTES);
		assert_true(nj_address_equal(&after.endpoint, &before[i].endpoint));
		assert_true(nj_address_equal(&after.upstream, &before[i].upstream));
		assert_memory_equal(after.out_port, before[i].out_port, sizeof(after.out_port));
		assert_int_equal(after.opened_ms, before[i].opened_ms);
		assert_int_equal(after.last_seen_ms, before[i].last_seen_ms);
		assert_memory_equal(after.packets, before[i].packets, sizeof(after.packets));
		assert_memory_equal(after.bytes, before[i].bytes, sizeof(after.bytes));
	}
	assert_int_equal(nj_session_half_open(fixture->rig.table), 6);
}

static void
without_a_file_there_are_no_sessions(void **state)
{
	struct fixture *fixture = *state;
	struct nj_state *file = open_file(fixture);

	assert_null(nj_state_rss_key(file));
	nj_state_close(file);
	assert_outcome(load(fixture, now), 0, 0, 0, 0, 0);
}

static void
the_key_comes_back(void **state)
{
	struct fixture *fixture = *state;
	struct nj_state *file;

	write_file(fixture, false);
	file = open_file(fixture);
	assert_memory_equal(
		nj_state_rss_key(file), fixture->rig.ownership.rss_key, NJ_RSS_KEY_BYTES);
	nj_state_close(file);
}

/* A pass writes what was opened, established, seen or closed since the last. */
static void
passes_write_what_changed(void **state)
{
	struct fixture *fixture = *state;
	struct nj_session *session[4];
	struct nj_state *file;

	for (uint16_t i = 0; i < 4; i++)
		session[i] = open_one(fixture, i, false);
	file = begin(fixture);
	assert_int_equal(nj_state_save(file, now, false), 0);
	nj_session_close(fixture->rig.table, session[0]);
	nj_session_touch(fixture->rig.table, session[1], NJ_UPSTREAM, 1, START + 1);
	session[2]->last_seen_ms = NOW;
	session[0] = open_one(fixture, 4, true); /* in the same place */
	open_one(fixture, 5, true);
	nj_session_close(fixture->rig.table, session[3]);
	assert_int_equal(nj_state_save(file, now, true), 0);
	assert_int_equal(nj_state_save(file, now, true), 0);
	nj_state_close(file);
	assert_outcome(load(fixture, now), 4, 0, 0, 0, 0);
	assert_null(find(fixture, 0));
	assert_int_equal(find(fixture, 1)->state, NJ_SESSION_ESTABLISHED);
	assert_int_equal(find(fixture, 2)->state, NJ_SESSION_HALF_OPEN);
	assert_int_equal(find(fixture, 2)->last_seen_ms, NOW);
	assert_null(find(fixture, 3));
	assert_non_null(find(fixture, 4));
	assert_non_null(find(fixture, 5));
}

/* Until the first pass is complete, a kill leaves the file of before. */
static void
the_old_file_stays_until_the_new_one_is_whole(void **state)
{
	struct fixture *fixture = *state;
	struct nj_state *file;

	open_one(fixture, 5, true);
	write_file(fixture, true);
	nj_test_sessions_again(&fixture->rig);
	file = begin(fixture);
	nj_state_close(file);
	assert_outcome(load(fixture, now), 1, 0, 0, 0, 0);
}

static void
half_open_sessions_keep_their_order(void **state)
{
	struct fixture *fixture = *state;

	/* The places in the table are not in the order of opening. */
	for (uint16_t i = 0; i < 4; i++)
		open_one(fixture, i, false)->opened_ms = START - 100u * ((i + 2) % 4);
	write_file(fixture, false);
	fixture->rig.config.capacity = 4;
	assert_outcome(load(fixture, now), 4, 0, 0, 0, 0);
	for (uint16_t i = 0; i < 4; i++) { /* 1, 0, 3, 2 */
		open_one(fixture, i + 10, true);
		assert_null(find(fixture, i ^ 1));
		assert_true(i == 3 || find(fixture, 2) != NULL);
	}
}

static void
who_is_not_wanted_stays_away(void **state)
{
	struct fixture *fixture = *state;
	uint32_t endpoint = 2;

	for (uint16_t i = 0; i < 8; i++)
		open_one(fixture, i, true);
	write_file(fixture, true);
	nj_test_sessions_again(&fixture->rig);
	assert_outcome(load_but(fixture, now, &endpoint), 6, 0, 0, 2, 0);
	assert_null(find(fixture, 1));
	assert_null(find(fixture, 5));
	/* And those that are there already stay as they are. */
	assert_outcome(load_but(fixture, now, &endpoint), 0, 0, 0, 8, 0);
}

static void
a_smaller_table_takes_established_ones_first(void **state)
{
	struct fixture *fixture = *state;

	for (uint16_t i = 0; i < CAPACITY; i++)
		open_one(fixture, i, i % 2 == 1);
	write_file(fixture, true);
	fixture->rig.config.capacity = CAPACITY / 2;
	assert_outcome(load(fixture, now), CAPACITY / 2, 0, 0, CAPACITY / 2, 0);
	assert_int_equal(nj_session_half_open(fixture->rig.table), 0);
}

/* Time ------------------------------------------------------------------------------------- */

/* What is left of a time to live goes on where it was, less the time that nobody ran; the clock
 * that sessions go by may be another one, after a boot. */
static void
the_time_away_counts(void **state)
{
	static const int64_t away[] = {0, 1, NJ_TEST_TTL_MS / 2, NJ_TEST_TTL_MS - 1};
	struct fixture *fixture = *state;
	struct nj_session *session = open_one(fixture, 5, true);

	session->opened_ms = START - 7000;
	session->last_seen_ms = NOW;
	write_file(fixture, true);
	for (unsigned int i = 0; i < 2 * RTE_DIM(away); i++) {
		const nj_ms_t ms = i % 2 == 0 ? 0xfffffff0 : 77;

		assert_outcome(load(fixture, (struct nj_state_time){ms, WALL + away[i / 2]}), 1, 0,
			0, 0, 0);
		session = find(fixture, 5);
		assert_int_equal(nj_ms_since(ms, session->last_seen_ms), away[i / 2]);
		assert_int_equal(
			nj_ms_since(ms, session->opened_ms), NOW - START + 7000 + away[i / 2]);
	}
	for (int64_t much = NJ_TEST_TTL_MS; much < INT64_C(1) << 45; much *= 3)
		assert_outcome(
			load(fixture, (struct nj_state_time){77, WALL + much}), 0, 1, 0, 0, 0);
	/* A calendar that was put back says nothing. */
	assert_outcome(load(fixture, (struct nj_state_time){77, 0}), 1, 0, 0, 0, 0);
	assert_int_equal(find(fixture, 5)->last_seen_ms, 77);
}

/* It may have been seen since it was written; but not later than now. */
static void
after_a_kill_nobody_expires_too_early(void **state)
{
	struct fixture *fixture = *state;
	struct nj_session *session = open_one(fixture, 5, true);
	const int64_t last = NJ_TEST_TTL_MS + NJ_STATE_LAG_MS;

	session->last_seen_ms = NOW;
	write_file(fixture, false);
	assert_outcome(load(fixture, (struct nj_state_time){9, WALL + last - 1}), 1, 0, 0, 0, 0);
	assert_int_equal(nj_ms_since(9, find(fixture, 5)->last_seen_ms), NJ_TEST_TTL_MS - 1);
	assert_outcome(load(fixture, (struct nj_state_time){9, WALL + last}), 0, 1, 0, 0, 0);
	assert_outcome(load(fixture, (struct nj_state_time){9, WALL + 10}), 1, 0, 0, 0, 0);
	assert_int_equal(find(fixture, 5)->last_seen_ms, 9);
}

/* The head is written after the records, or before: the two clocks in it go together. */
static void
a_session_may_be_younger_than_the_head(void **state)
{
	struct fixture *fixture = *state;

	open_one(fixture, 5, true)->last_seen_ms = NOW + 300;
	write_file(fixture, true);
	assert_outcome(
		load(fixture, (struct nj_state_time){NOW + 1000, WALL + 1000}), 1, 0, 0, 0, 0);
	assert_int_equal(find(fixture, 5)->last_seen_ms, NOW + 300);
}

/* Workers ---------------------------------------------------------------------------------- */

static struct nj_state_outcome
load_into_two(struct fixture *fixture)
{
	struct nj_session_config config = fixture->rig.config;

	config.worker = 1;
	fixture->rig.ownership.n_workers = 2;
	nj_session_table_destroy(fixture->tables[1]);
	fixture->tables[1] =
		nj_session_table_create(&config, &fixture->rig.counters, SOCKET_ID_ANY);
	assert_non_null(fixture->tables[1]);
	return load(fixture, now);
}

/* With another number of workers those come back whose flows both have one owner. */
static void
the_number_of_workers_may_change(void **state)
{
	struct fixture *fixture = *state;
	struct nj_state_outcome two;

	for (uint16_t i = 0; i < CAPACITY; i++)
		open_one(fixture, i, true);
	write_file(fixture, true);
	two = load_into_two(fixture);
	assert_true(two.restored > 0 && two.moved > 0);
	assert_int_equal(two.restored + two.moved, CAPACITY);
	assert_true(nj_session_active(fixture->tables[0]) > 0);
	assert_true(nj_session_active(fixture->tables[1]) > 0);
	write_file(fixture, true);
	assert_outcome(load_into_two(fixture), two.restored, 0, 0, 0, 0);
	fixture->rig.ownership.n_workers = 1;
	assert_outcome(load(fixture, now), two.restored, 0, 0, 0, 0);
}

/* Files that are none ---------------------------------------------------------------------- */

struct bytes {
	size_t length;
	uint8_t *at;
};

static struct bytes
read_bytes(const char *path)
{
	struct bytes bytes = {0};
	int fd = open(path, O_RDONLY);
	struct stat stat;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &stat), 0);
	bytes.length = (size_t)stat.st_size;
	bytes.at = malloc(bytes.length);
	assert_int_equal(read(fd, bytes.at, bytes.length), bytes.length);
	close(fd);
	return bytes;
}

static void
write_bytes(const char *path, const void *at, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, at, length), length);
	close(fd);
}

/* It is as if there were none, and it is still there, aside. */
static void
assert_file_refused(struct fixture *fixture)
{
	struct nj_state *file = open_file(fixture);

	assert_null(nj_state_rss_key(file));
	nj_state_close(file);
	assert_int_not_equal(access(fixture->path, F_OK), 0);
	assert_int_equal(rename(beside(fixture, ".refused"), fixture->path), 0);
}

static void
truncated_at_every_length(void **state)
{
	struct fixture *fixture = *state;
	struct bytes bytes;

	open_one(fixture, 5, true);
	write_file(fixture, true);
	bytes = read_bytes(fixture->path);
	assert_int_equal(bytes.length, FORMAT_HEAD_BYTES + CAPACITY * sizeof(struct state_record));
	write_bytes(fixture->path, bytes.at, bytes.length);
	for (size_t length = bytes.length; length-- > 0;) {
		assert_int_equal(truncate(fixture->path, (off_t)length), 0);
		assert_file_refused(fixture);
	}
	assert_int_equal(truncate(fixture->path, (off_t)bytes.length + 1), 0);
	assert_file_refused(fixture);
	free(bytes.at);
}

/* Every byte, and two of its bits: in the head nothing comes back, in a record all others do. */
static void
each_byte_damaged(void **state)
{
	static const uint8_t flips[] = {0x01, 0x80, 0xff};
	struct fixture *fixture = *state;
	const size_t end = FORMAT_HEAD_BYTES + 3 * sizeof(struct state_record);
	struct bytes bytes;

	for (uint16_t i = 0; i < 3; i++)
		open_one(fixture, i, i > 0);
	write_file(fixture, true);
	bytes = read_bytes(fixture->path);
	for (size_t i = 0; i < 3 * end; i++) {
		const size_t at = i / 3;

		if (at >= sizeof(struct state_head) && at < FORMAT_HEAD_BYTES)
			continue; /* is not looked at */
		bytes.at[at] ^= flips[i % 3];
		write_bytes(fixture->path, bytes.at, bytes.length);
		bytes.at[at] ^= flips[i % 3];
		if (at < FORMAT_HEAD_BYTES)
			assert_file_refused(fixture);
		else
			assert_outcome(load(fixture, now), 2, 0, 0, 0, 1);
	}
	free(bytes.at);
}

/* A head that is right but for one thing. */
static void
assert_fault(const struct state_head *good, void (*change)(struct state_head *), bool seal,
	const char *wanted)
{
	struct state_head head = *good;
	char buffer[FORMAT_FAULT_STRLEN];
	const char *fault;

	change(&head);
	if (seal) {
		head.crc = 0;
		head.crc = format_crc(&head, sizeof(head));
	}
	fault = format_fault(&head, sizeof(head), format_size(good), buffer);
	assert_non_null(fault);
	assert_string_equal(fault, wanted);
}

static void
change_magic(struct state_head *head)
{
	head->magic[0] = 'n';
}

static void
change_order(struct state_head *head)
{
	head->byte_order = rte_bswap32(head->byte_order);
	head->version = rte_bswap32(head->version);
}

static void
change_version(struct state_head *head)
{
	head->version = FORMAT_VERSION - 1;
}

static void
change_record(struct state_head *head)
{
	head->record_bytes = 64;
}

static void
change_workers(struct state_head *head)
{
	head->n_workers = NJ_WORKERS_MAX + 1;
}

static void
change_capacity(struct state_head *head)
{
	head->capacity = 0;
}

static void
change_saved(struct state_head *head)
{
	head->saved.wall_ms++;
}

static void
faults_have_their_names(void **state)
{
	struct state_head good = {.n_workers = 2, .capacity = 10};
	char buffer[FORMAT_FAULT_STRLEN];

	format_seal_head(&good);
	assert_null(format_fault(&good, sizeof(good), 4096 + 20 * 128, buffer));
	assert_fault(&good, change_magic, true, "is not a state file of natterjack's");
	assert_fault(&good, change_order, true, "was written on a machine of the other byte order");
	assert_fault(&good, change_version, true, "is of version 0, not 1");
	assert_fault(&good, change_record, true, "has a damaged head");
	assert_fault(&good, change_workers, true, "has a damaged head");
	assert_fault(&good, change_capacity, true, "has a damaged head");
	assert_fault(&good, change_saved, false, "has a damaged head");
	assert_string_equal(
		format_fault(&good, 0, 0, buffer), "is not a state file of natterjack's");
	assert_string_equal(format_fault(&good, 87, 87, buffer), "is cut short in its head");
	assert_string_equal(format_fault(&good, sizeof(good), 5000, buffer),
		"is of 5000 bytes, and its head says 6656");
}

/* Its checksum is right, and yet it can be no session. */
static void
impossible_records_are_damaged(void **state)
{
	struct fixture *fixture = *state;
	struct nj_session_image image =
		nj_session_image(fixture->rig.table, open_one(fixture, 5, true));
	struct state_record record = format_record(&image);

	assert_int_equal(format_read(&record, &image), FORMAT_SESSION);
	image.state = NJ_SESSION_FREE;
	record = format_record(&image);
	assert_int_equal(format_read(&record, &image), FORMAT_DAMAGED);
	image.state = NJ_SESSION_ESTABLISHED + 1;
	record = format_record(&image);
	assert_int_equal(format_read(&record, &image), FORMAT_DAMAGED);
	memset(&record, 0, sizeof(record));
	assert_int_equal(format_read(&record, &image), FORMAT_NONE);
	record.unused[7] = 1;
	assert_int_equal(format_read(&record, &image), FORMAT_DAMAGED);
}

/* The disk --------------------------------------------------------------------------------- */

static void
two_processes_do_not_share_it(void **state)
{
	struct fixture *fixture = *state;
	struct nj_state *file = begin(fixture);

	assert_null(nj_state_open(fixture->path));
	assert_int_equal(rte_errno, EWOULDBLOCK);
	assert_int_equal(nj_state_save(file, now, false), 0);
	assert_null(nj_state_open(fixture->path));
	nj_state_close(file);
	nj_state_close(open_file(fixture));
}

static void
its_folder_is_made_but_no_other(void **state)
{
	struct fixture *fixture = *state;
	char path[96];

	snprintf(path, sizeof(path), "%s/a/b/sessions", fixture->folder);
	assert_null(nj_state_open(path));
	assert_int_equal(rte_errno, ENOENT);
	snprintf(path, sizeof(path), "%s/a/sessions", fixture->folder);
	nj_state_close(nj_state_open(path));
	snprintf(path, sizeof(path), "%s/a/sessions.lock", fixture->folder);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/a", fixture->folder);
	assert_int_equal(rmdir(path), 0);
}

static void
a_folder_is_no_file(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mkdir(fixture->path, 0700), 0);
	assert_null(nj_state_open(fixture->path));
	assert_int_equal(rte_errno, EINVAL);
	assert_int_equal(rmdir(fixture->path), 0);
}

static void
limit_file_size(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* As with a full disk. What could not be written is written once there is room. */
static void
a_failed_write_is_made_good(void **state)
{
	struct fixture *fixture = *state;
	struct nj_state *file = begin(fixture);

	signal(SIGXFSZ, SIG_IGN);
	for (uint16_t i = 0; i < 40; i++)
		open_one(fixture, i, true);
	limit_file_size(FORMAT_HEAD_BYTES + 20 * sizeof(struct state_record));
	assert_int_equal(nj_state_save(file, now, false), -EFBIG);
	assert_int_equal(nj_state_save(file, now, false), -EFBIG);
	assert_int_not_equal(access(fixture->path, F_OK), 0);
	limit_file_size(RLIM_INFINITY);
	assert_int_equal(nj_state_save(file, now, false), 0);
	nj_state_close(file);
	assert_outcome(load(fixture, now), 40, 0, 0, 0, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_field_comes_back),
		TEST(without_a_file_there_are_no_sessions),
		TEST(the_key_comes_back),
		TEST(passes_write_what_changed),
		TEST(the_old_file_stays_until_the_new_one_is_whole),
		TEST(half_open_sessions_keep_their_order),
		TEST(who_is_not_wanted_stays_away),
		TEST(a_smaller_table_takes_established_ones_first),
		TEST(the_time_away_counts),
		TEST(after_a_kill_nobody_expires_too_early),
		TEST(a_session_may_be_younger_than_the_head),
		TEST(the_number_of_workers_may_change),
		TEST(truncated_at_every_length),
		TEST(each_byte_damaged),
		TEST(faults_have_their_names),
		TEST(impossible_records_are_damaged),
		TEST(two_processes_do_not_share_it),
		TEST(its_folder_is_made_but_no_other),
		TEST(a_folder_is_no_file),
		TEST(a_failed_write_is_made_good),
	};

	nj_test_eal(0);
	rte_log_set_global_level(RTE_LOG_EMERG); /* each refusal is a line */
	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
