/* SPDX-License-Identifier: BSD-3-Clause */
/* State files that are none, or damaged, and disks that do not take them. */
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
#include "state_rig.h"

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
assert_file_refused(struct state_rig *rig)
{
	struct nj_state *file = state_rig_open(rig);

	assert_null(nj_state_rss_key(file));
	nj_state_close(file);
	assert_int_not_equal(access(rig->path, F_OK), 0);
	assert_int_equal(rename(state_rig_beside(rig, ".refused"), rig->path), 0);
}

static void
truncated_at_every_length(void **state)
{
	struct state_rig *rig = *state;
	struct bytes bytes;

	state_rig_session(rig, 5, true);
	state_rig_write(rig, true);
	bytes = read_bytes(rig->path);
	assert_int_equal(
		bytes.length, FORMAT_HEAD_BYTES + STATE_RIG_CAPACITY * sizeof(struct state_record));
	write_bytes(rig->path, bytes.at, bytes.length);
	for (size_t length = bytes.length; length-- > 0;) {
		assert_int_equal(truncate(rig->path, (off_t)length), 0);
		assert_file_refused(rig);
	}
	assert_int_equal(truncate(rig->path, (off_t)bytes.length + 1), 0);
	assert_file_refused(rig);
	free(bytes.at);
}

/* Every byte, and two of its bits: in the head nothing comes back, in a record all others do. */
static void
each_byte_damaged(void **state)
{
	static const uint8_t flips[] = {0x01, 0x80, 0xff};
	struct state_rig *rig = *state;
	const size_t end = FORMAT_HEAD_BYTES + 3 * sizeof(struct state_record);
	struct bytes bytes;

	for (uint16_t i = 0; i < 3; i++)
		state_rig_session(rig, i, i > 0);
	state_rig_write(rig, true);
	bytes = read_bytes(rig->path);
	for (size_t i = 0; i < 3 * end; i++) {
		const size_t at = i / 3;

		if (at >= sizeof(struct state_head) && at < FORMAT_HEAD_BYTES)
			continue; /* is not looked at */
		bytes.at[at] ^= flips[i % 3];
		write_bytes(rig->path, bytes.at, bytes.length);
		bytes.at[at] ^= flips[i % 3];
		if (at < FORMAT_HEAD_BYTES)
			assert_file_refused(rig);
		else
			state_rig_expect(state_rig_load(rig, state_rig_now), 2, 0, 0, 1);
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
	struct state_rig *rig = *state;
	struct nj_session_image image =
		nj_session_image(rig->sessions.table, state_rig_session(rig, 5, true));
	struct state_record record = format_record(&image);

	assert_int_equal(format_read(&record, &image), FORMAT_SESSION);
	image.state = NJ_SESSION_FREE;
	record = format_record(&image);
	assert_int_equal(format_read(&record, &image), FORMAT_DAMAGED);
	image.state = NJ_SESSION_REDIRECT;
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
	struct state_rig *rig = *state;
	struct nj_state *file = state_rig_begin(rig);

	assert_null(nj_state_open(rig->path));
	assert_int_equal(rte_errno, EWOULDBLOCK);
	assert_int_equal(nj_state_save(file, state_rig_now, false), 0);
	assert_null(nj_state_open(rig->path));
	nj_state_close(file);
	nj_state_close(state_rig_open(rig));
}

/* Its last folder is made; where that is not enough, the file comes once there is a folder. */
static void
its_folder_is_made_but_no_other(void **state)
{
	struct state_rig *rig = *state;
	const struct nj_state_tables tables = state_rig_tables(rig);
	struct nj_state *file;
	char path[96], folder[96];

	snprintf(folder, sizeof(folder), "%s/a", rig->folder);
	snprintf(path, sizeof(path), "%s/a/b/sessions", rig->folder);
	file = nj_state_open(path);
	assert_non_null(file);
	assert_int_equal(nj_state_error(file), ENOENT);
	assert_int_not_equal(access(folder, F_OK), 0);
	nj_state_close(file);
	snprintf(path, sizeof(path), "%s/a/sessions", rig->folder);
	file = nj_state_open(path);
	assert_non_null(file);
	assert_int_equal(nj_state_error(file), 0);
	assert_int_equal(nj_state_begin(file, &tables, state_rig_now), 0);
	nj_state_close(file);
	snprintf(path, sizeof(path), "%s/a/sessions.new", rig->folder);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/a/sessions.lock", rig->folder);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void
a_folder_is_no_file(void **state)
{
	struct state_rig *rig = *state;

	assert_int_equal(mkdir(rig->path, 0700), 0);
	assert_null(nj_state_open(rig->path));
	assert_int_equal(rte_errno, EINVAL);
	assert_int_equal(rmdir(rig->path), 0);
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
	struct state_rig *rig = *state;
	struct nj_state *file = state_rig_begin(rig);

	signal(SIGXFSZ, SIG_IGN);
	for (uint16_t i = 0; i < 40; i++)
		state_rig_session(rig, i, true);
	limit_file_size(FORMAT_HEAD_BYTES + 20 * sizeof(struct state_record));
	assert_int_equal(nj_state_save(file, state_rig_now, false), -EFBIG);
	assert_int_equal(nj_state_save(file, state_rig_now, false), -EFBIG);
	assert_int_not_equal(access(rig->path, F_OK), 0);
	limit_file_size(RLIM_INFINITY);
	assert_int_equal(nj_state_save(file, state_rig_now, false), 0);
	nj_state_close(file);
	state_rig_expect(state_rig_load(rig, state_rig_now), 40, 0, 0, 0);
}

/* A minute ago the file could not be made; passes go on, and now it is. */
static const struct nj_state_time a_minute_ago = {STATE_RIG_NOW - 60000u, STATE_RIG_WALL - 60000};

static void
assert_made_after_a_minute(struct state_rig *rig, struct nj_state *file, int error)
{
	struct nj_state_time time = state_rig_now;

	assert_int_equal(nj_state_error(file), error);
	state_rig_session(rig, 5, true);
	time.ms -= 1;
	assert_int_equal(nj_state_save(file, time, false), -error);
	assert_int_not_equal(access(rig->path, F_OK), 0);
	time.ms += 1;
	assert_int_equal(nj_state_save(file, time, false), 0);
	assert_int_equal(nj_state_error(file), 0);
	nj_state_close(file);
	state_rig_expect(state_rig_load(rig, state_rig_now), 1, 0, 0, 0);
}

/* As with a disk that is full at the start. */
static void
a_file_that_cannot_be_made_is_made_later(void **state)
{
	struct state_rig *rig = *state;
	const struct nj_state_tables tables = state_rig_tables(rig);
	struct nj_state *file = state_rig_open(rig);

	signal(SIGXFSZ, SIG_IGN);
	limit_file_size(FORMAT_HEAD_BYTES / 2);
	assert_int_equal(nj_state_begin(file, &tables, a_minute_ago), 0);
	assert_int_not_equal(access(state_rig_beside(rig, ".new"), F_OK), 0);
	limit_file_size(RLIM_INFINITY);
	assert_made_after_a_minute(rig, file, EFBIG);
}

/* A folder in its place, as root may open everything else. */
static void
a_lock_that_cannot_be_made_is_made_later(void **state)
{
	struct state_rig *rig = *state;
	const struct nj_state_tables tables = state_rig_tables(rig);
	struct nj_state *file;

	assert_int_equal(mkdir(state_rig_beside(rig, ".lock"), 0700), 0);
	file = state_rig_open(rig);
	assert_null(nj_state_rss_key(file));
	assert_int_equal(nj_state_begin(file, &tables, a_minute_ago), 0);
	assert_int_equal(rmdir(state_rig_beside(rig, ".lock")), 0);
	assert_made_after_a_minute(rig, file, EISDIR);
}

/* It is the other's by then, and stays his. */
static void
a_late_lock_is_not_taken_from_another_process(void **state)
{
	struct state_rig *rig = *state;
	const struct nj_state_tables tables = state_rig_tables(rig);
	struct nj_state_time time = state_rig_now;
	struct nj_state *file, *other;

	assert_int_equal(mkdir(state_rig_beside(rig, ".lock"), 0700), 0);
	file = state_rig_open(rig);
	assert_int_equal(nj_state_begin(file, &tables, time), 0);
	assert_int_equal(rmdir(state_rig_beside(rig, ".lock")), 0);
	other = state_rig_begin(rig);
	time.ms += 60000;
	assert_int_equal(nj_state_save(file, time, false), -EWOULDBLOCK);
	assert_int_equal(nj_state_save(other, time, true), 0);
	nj_state_close(other);
	assert_int_equal(nj_state_save(file, time, false), -EWOULDBLOCK);
	assert_int_equal(nj_state_save(file, time, true), 0); /* the end does not wait */
	nj_state_close(file);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, state_rig_setup, state_rig_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(truncated_at_every_length),
		TEST(each_byte_damaged),
		TEST(faults_have_their_names),
		TEST(impossible_records_are_damaged),
		TEST(two_processes_do_not_share_it),
		TEST(its_folder_is_made_but_no_other),
		TEST(a_folder_is_no_file),
		TEST(a_failed_write_is_made_good),
		TEST(a_file_that_cannot_be_made_is_made_later),
		TEST(a_lock_that_cannot_be_made_is_made_later),
		TEST(a_late_lock_is_not_taken_from_another_process),
	};

	nj_test_eal(0);
	rte_log_set_global_level(RTE_LOG_EMERG); /* each file that is read is a line */
	return cmocka_run_group_tests_name("state_file", tests, NULL, NULL);
}
