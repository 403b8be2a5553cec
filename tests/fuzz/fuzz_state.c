/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state file: whatever is in it, what is opened from it is a table as it should be, and comes
 * back from the file that is written of it.
 *
 * Input: control (bit 0 two workers, bit 1 the checksums of records are put right, bit 2 the head
 * is put right, bit 3 a file as it is), then the head and the records, one behind the other, or
 * (bit 3) the file.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format.h"
#include "frame.h"
#include "fuzz.h"
#include "session_rig.h"
#include "table.h"

#define CAPACITY 32
#define WORKERS  2
#define NOW      100000
#define WALL     INT64_C(1700000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct nj_test_sessions rig;
static struct nj_session_table *tables[WORKERS];
static const struct nj_state_tables all = {&rig.ownership, tables};
static const struct nj_state_time now = {NOW, WALL};
static char folder[] = "/tmp/nj-fuzz-state-XXXXXX";
static char path[64];

static void
stop(void)
{
	static const char *const suffixes[] = {"", ".lock", ".new", ".refused"};
	char name[80];

	for (unsigned int i = 0; i < RTE_DIM(suffixes); i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		unlink(name);
	}
	rmdir(folder);
	nj_session_table_destroy(tables[1]);
	nj_test_sessions_stop(&rig);
}

static void
start(void)
{
	struct nj_session_config config;

	FUZZ_CHECK(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/sessions", folder);
	nj_test_sessions_start(&rig, CAPACITY, WORKERS, 0);
	config = rig.config;
	config.worker = 1;
	tables[0] = rig.table;
	tables[1] = nj_session_table_create(&config, &rig.counters, SOCKET_ID_ANY);
	FUZZ_CHECK(tables[1] != NULL);
	atexit(stop);
}

/* The file --------------------------------------------------------------------------------- */

/* What a fuzzer cannot guess, and nobody who changes a file by accident. */
static void
mend(struct state_head *head, struct state_record *records, size_t n, uint8_t control)
{
	struct nj_session_image image;

	for (size_t i = 0; i < n && (control & 2) != 0; i++) {
		records[i].crc = format_crc((const uint8_t *)&records[i] + sizeof(records[i].crc),
			sizeof(records[i]) - sizeof(records[i].crc));
		FUZZ_CHECK(format_read(&records[i], &image) != FORMAT_NONE);
	}
	if ((control & 4) == 0)
		return;
	head->n_workers = 1;
	head->capacity = (uint32_t)n;
	head->saved.clean &= 1;
	format_seal_head(head);
}

static void
write_file(uint8_t control, const uint8_t *data, size_t size)
{
	struct state_head head = {0};
	struct state_record records[64] = {0};
	const size_t in_head = RTE_MIN(size, sizeof(head));
	const size_t n = RTE_MIN((size - in_head) / sizeof(records[0]), RTE_DIM(records));
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	FUZZ_CHECK(fd >= 0);
	if ((control & 8) != 0) {
		FUZZ_CHECK(write(fd, data, size) == (ssize_t)size);
	} else {
		memcpy(&head, data, in_head);
		memcpy(records, data + in_head, n * sizeof(records[0]));
		mend(&head, records, n, control);
		FUZZ_CHECK(pwrite(fd, &head, sizeof(head), 0) == sizeof(head));
		FUZZ_CHECK(pwrite(fd, records, n * sizeof(records[0]), FORMAT_HEAD_BYTES) >= 0);
		FUZZ_CHECK(ftruncate(fd, (off_t)(FORMAT_HEAD_BYTES + n * sizeof(records[0]))) == 0);
	}
	close(fd);
}

/* Sessions --------------------------------------------------------------------------------- */

static bool
is_wanted(void *context, unsigned int worker, struct nj_session_image *image)
{
	const uint8_t *last = image->endpoint.ip.family == AF_INET6
				      ? &image->endpoint.ip.v6[15]
				      : (const uint8_t *)&image->endpoint.ip.v4 + 3;

	image->flow.endpoint = 1 + *last % 4;
	image->out_port[0] %= 2;
	image->out_port[1] %= 2;
	return *last != 0xff;
}

/* Whoever owns the replies' flow hands them over to whoever has the session. */
static void
check_replies(const struct nj_flow *reply, unsigned int worker)
{
	const unsigned int owner = nj_flow_owner(&rig.ownership, reply);
	const struct nj_session *found = nj_session_find(tables[owner], reply);

	FUZZ_CHECK(found != NULL);
	FUZZ_CHECK((found->state == NJ_SESSION_REDIRECT) == (owner != worker));
	FUZZ_CHECK(owner == worker || nj_session_holder(tables[owner], found) == worker);
}

static void
check_session(const struct nj_session_table *table, unsigned int worker, uint32_t number)
{
	struct nj_session_image image;
	struct nj_flow flow, reply;

	if (!nj_session_copy(table, number, &image))
		return;
	flow = nj_session_image_flow(&image, NJ_DOWNSTREAM);
	reply = nj_session_image_flow(&image, NJ_UPSTREAM);
	FUZZ_CHECK(nj_flow_owner(&rig.ownership, &flow) == worker);
	FUZZ_CHECK(nj_session_find(table, &flow) == &table->sessions[number]);
	FUZZ_CHECK(nj_session_find(table, &reply) == &table->sessions[number]);
	check_replies(&reply, worker);
	FUZZ_CHECK(rte_be_to_cpu_16(image.upstream.port) >= rig.config.port_min);
	FUZZ_CHECK((int32_t)nj_ms_since(NOW, image.last_seen_ms) < NJ_TEST_TTL_MS);
}

/* How many there are, all of which are as they should be. */
static uint32_t
check_tables(void)
{
	uint32_t active = 0;

	for (unsigned int worker = 0; worker < rig.ownership.n_workers; worker++) {
		active += nj_session_active(tables[worker]);
		for (uint32_t number = 0; number < CAPACITY; number++)
			check_session(tables[worker], worker, number);
		FUZZ_CHECK(nj_session_sweep(tables[worker], CAPACITY, NOW) == 0);
	}
	return active;
}

static void
close_all(void)
{
	for (unsigned int worker = 0; worker < WORKERS; worker++) {
		for (uint32_t number = 0; number < CAPACITY; number++) {
			struct nj_session_image image;

			if (nj_session_copy(tables[worker], number, &image))
				nj_session_close(tables[worker],
					nj_session_find(tables[worker], &image.flow));
		}
		FUZZ_CHECK(nj_session_active(tables[worker]) == 0);
		FUZZ_CHECK(nj_session_half_open(tables[worker]) == 0);
	}
	for (unsigned int worker = 0; worker < WORKERS; worker++) {
		nj_test_sessions_expire(tables[worker], NOW); /* redirects, and nothing else */
		FUZZ_CHECK(tables[worker]->n_free == CAPACITY);
	}
}

static struct nj_state *
open_file(void)
{
	struct nj_state *state = nj_state_open(path);

	FUZZ_CHECK(state != NULL);
	return state;
}

/* From the file into empty tables; how many sessions. */
static uint64_t
load(struct nj_state *state, uint64_t *others)
{
	struct nj_state_outcome outcome;

	close_all();
	rig.counters.sessions_restored = 0;
	outcome = nj_state_load(state, &all, is_wanted, NULL, now);
	FUZZ_CHECK(check_tables() == outcome.restored);
	FUZZ_CHECK(rig.counters.sessions_restored == outcome.restored);
	*others = outcome.expired + outcome.refused + outcome.damaged;
	return outcome.restored;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, data + size};
	const uint8_t control = fuzz_u8(&input);
	uint64_t restored, others;
	struct nj_state *state;
	const uint8_t *key;

	if (path[0] == '\0')
		start();
	write_file(control, input.at, (size_t)(input.end - input.at));
	state = open_file();
	key = nj_state_rss_key(state);
	FUZZ_CHECK((access(path, F_OK) == 0) == (key != NULL)); /* what is none lies aside */
	if (key != NULL)
		nj_ownership_init(&rig.ownership, 1 + (control & 1), key);
	restored = load(state, &others);
	FUZZ_CHECK(restored + others <= size / sizeof(struct state_record));
	FUZZ_CHECK(nj_state_begin(state, &all, now) == 0);
	FUZZ_CHECK(nj_state_save(state, now, true) == 0);
	nj_state_close(state);
	state = open_file();
	FUZZ_CHECK(load(state, &others) == restored && others == 0);
	nj_state_close(state);
	return 0;
}
