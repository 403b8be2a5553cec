/* SPDX-License-Identifier: BSD-3-Clause */
#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "nj_policy.h"
#include "observe.h"
#include "rig.h"

#define SESSIONS_MAX 1024
#define STEP_MS      100
#define CHUNK_MS     1000 /* of a wait, between which peers answer ARP's questions */

/* Where an endpoint sees a client. */
struct session {
	uint32_t client_ip, endpoint;
	uint16_t client_port, upstream_port;
};

struct play {
	const struct data_case *test;
	const char *path;
	FILE *failures;
	struct rig *rig;
	unsigned int row;
	unsigned int n_sessions;
	struct session sessions[SESSIONS_MAX];
};

static void __attribute__((format(printf, 2, 3)))
fail_row(struct play *play, const char *format, ...)
{
	va_list args;

	fprintf(play->failures, "%s:%u: case '%s', row %u: ", play->path,
		play->test->rows[play->row].place.line, play->test->name, play->row + 1);
	va_start(args, format);
	vfprintf(play->failures, format, args);
	va_end(args);
	fputc('\n', play->failures);
}

/* The file ----------------------------------------------------------------------------------- */

static void
print_errors(const struct data_case *test, const struct nj_report *report, const char *file,
	FILE *failures)
{
	fputs("expected:\n", failures);
	for (unsigned int i = 0; i < test->n_errors; i++)
		fprintf(failures, "  %s\n", test->errors[i]);
	fputs("got:\n", failures);
	for (unsigned int i = 0; i < report->n_errors; i++)
		fprintf(failures, "  %s\n", report->errors[i] + strlen(file) + 1);
}

static bool
errors_equal(const struct data_case *test, const struct nj_report *report, const char *file)
{
	if (report->n_errors != test->n_errors)
		return false;
	for (unsigned int i = 0; i < test->n_errors; i++)
		if (strcmp(report->errors[i] + strlen(file) + 1, test->errors[i]) != 0)
			return false;
	return true;
}

/* The policy, where the case's file is good and should be. */
static struct nj_policy *
load(const struct data_case *test, const char *path, FILE *failures)
{
	char file[] = "/tmp/nj-acceptance-XXXXXX";
	struct nj_report report = {0};
	struct nj_policy *policy;
	int fd = mkstemp(file);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, test->file, strlen(test->file)), strlen(test->file));
	close(fd);
	policy = nj_policy_load(file, &report);
	unlink(file);
	if (!errors_equal(test, &report, file)) {
		fprintf(failures, "%s:%u: case '%s': the file's errors are not those:\n", path,
			test->place.line, test->name);
		print_errors(test, &report, file, failures);
	}
	nj_report_clear(&report);
	if (test->n_errors > 0) {
		nj_policy_free(policy);
		return NULL;
	}
	return policy;
}

/* The peers ---------------------------------------------------------------------------------- */

static uint32_t
client_ip(const struct data_row *row)
{
	return rte_be_to_cpu_32(row->from.ip.v4);
}

static uint16_t
client_port(const struct data_row *row)
{
	return rte_be_to_cpu_16(row->from.port);
}

/* All tell who they are, so that nothing waits for ARP. */
static void
introduce(struct play *play)
{
	const struct nj_clusters *clusters = &play->rig->policy->clusters;
	struct nj_prefix servers = play->rig->addresses[SERVERS];

	for (unsigned int i = 0; i < play->test->n_rows; i++)
		if (play->test->rows[i].wait_ms == 0)
			rig_introduce(play->rig, CLIENTS, client_ip(&play->test->rows[i]));
	for (unsigned int i = 0; i < clusters->n_endpoints; i++) {
		const struct nj_ip *ip = &clusters->endpoints[i].address.ip;

		if (nj_prefix_contains(&servers, ip))
			rig_introduce(play->rig, SERVERS, rte_be_to_cpu_32(ip->v4));
	}
	observe_nothing(play->rig); /* but questions of ours, and answers */
}

static struct session *
find_session(struct play *play, const struct data_row *row, uint32_t endpoint)
{
	for (unsigned int i = 0; i < play->n_sessions; i++) {
		struct session *session = &play->sessions[i];

		if (session->client_ip == client_ip(row) &&
			session->client_port == client_port(row) && session->endpoint == endpoint)
			return session;
	}
	return NULL;
}

static void
remember_session(
	struct play *play, const struct data_row *row, uint32_t endpoint, uint16_t upstream_port)
{
	struct session *session = find_session(play, row, endpoint);

	if (session == NULL) {
		assert_true(play->n_sessions < SESSIONS_MAX);
		session = &play->sessions[play->n_sessions++];
		*session = (struct session){client_ip(row), endpoint, client_port(row), 0};
	}
	session->upstream_port = upstream_port;
}

/* What came out ------------------------------------------------------------------------------ */

static void
check_payload(struct play *play, const struct data_row *row, const struct observed *observed)
{
	const struct nj_bytes *wanted = row->out.bytes != NULL ? &row->out : &row->in;
	char *difference = observe_difference(wanted, &observed->payload);

	if (difference != NULL)
		fail_row(play, "%s", difference);
	free(difference);
}

/* Counters that should have risen, and only they, by one. */
static void
check_drops(struct play *play, const struct data_row *row, const struct nj_counters *before)
{
	struct nj_counters now = rig_counters(play->rig);

	for (unsigned int reason = 1; reason < NJ_DROP_COUNT; reason++) {
		uint64_t rise = observe_dropped(&now, reason) - observe_dropped(before, reason);
		uint64_t wanted = reason == row->drop ? 1 : 0;

		if (rise != wanted)
			fail_row(play, "drops as '%s': expected %u, got %u", nj_drop_name(reason),
				(unsigned int)wanted, (unsigned int)rise);
	}
}

static void
check_copy(struct play *play, const struct data_row *row, const struct observed *observed)
{
	uint32_t endpoint = observed->dst_ip - SERVER_IP(0);

	if (observed->side != SERVERS || observed->src_ip != OUR_SERVER_IP ||
		observed->dst_port != SERVER_PORT)
		fail_row(play, "what left is no datagram to an endpoint: %s", observed->text);
	remember_session(play, row, endpoint, observed->src_port);
	check_payload(play, row, observed);
}

static unsigned int
copies_to(const struct observation *observation, uint32_t endpoint)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < observation->n; i++)
		n += observation->datagrams[i].dst_ip == SERVER_IP(endpoint);
	return n;
}

static void
check_targets(struct play *play, const struct data_row *row, const struct observation *observation)
{
	static uint32_t first[] = {0};
	const struct data_endpoints *to = &row->to, plain = {1, first};
	unsigned int wanted, found = 0;

	if (row->one_of.n > 0)
		to = &row->one_of;
	else if (to->n == 0)
		to = &plain;
	wanted = row->one_of.n > 0 ? 1 : to->n;
	for (unsigned int i = 0; i < to->n; i++) {
		unsigned int n = copies_to(observation, to->numbers[i]);

		found += n;
		if (row->one_of.n == 0 && n != 1)
			fail_row(play, "endpoint %u: expected one datagram, got %u", to->numbers[i],
				n);
	}
	if (row->one_of.n > 0 && found != 1)
		fail_row(play, "expected one datagram to one of the endpoints, got %u", found);
	if (observation->n != wanted)
		fail_row(play, "expected %u datagrams in all, got %u", wanted, observation->n);
}

static void
check_reply(struct play *play, const struct data_row *row, const struct observation *observation)
{
	const struct observed *observed = &observation->datagrams[0];

	if (observation->n != 1) {
		fail_row(play, "expected one datagram to the client, got %u", observation->n);
		return;
	}
	if (observed->side != CLIENTS || observed->src_ip != OUR_CLIENT_IP ||
		observed->src_port != play->rig->policy->port ||
		observed->dst_ip != client_ip(row) || observed->dst_port != client_port(row))
		fail_row(play, "what left is not for the client: %s", observed->text);
	check_payload(play, row, observed);
}

static void
check_output(struct play *play, const struct data_row *row, const struct observation *observation)
{
	for (unsigned int i = 0; i < observation->n; i++) {
		const struct observed *observed = &observation->datagrams[i];

		if (observed->wrong != NULL)
			fail_row(play, "%s in what left: %s", observed->wrong, observed->text);
		if (row->drop != NJ_DROP_NONE)
			fail_row(play, "expected nothing, got: %s", observed->text);
		else if (!row->write)
			check_copy(play, row, observed);
	}
	if (row->drop != NJ_DROP_NONE)
		return;
	if (row->write)
		check_reply(play, row, observation);
	else
		check_targets(play, row, observation);
}

/* Rows --------------------------------------------------------------------------------------- */

/* What the row sends; false where it is a reply and there was nothing to reply to. */
static bool
make_frame(struct play *play, const struct data_row *row, struct nj_test_frame *frame)
{
	const struct session *session;

	*frame = nj_test_frame_udp(row->in.bytes, row->in.length);
	if (!row->write) {
		frame->src_ip = client_ip(row);
		frame->src_port = client_port(row);
		frame->dst_port = play->rig->policy->port;
		return true;
	}
	session = find_session(play, row, row->endpoint);
	if (session == NULL)
		return false;
	frame->src_ip = SERVER_IP(row->endpoint);
	frame->src_port = SERVER_PORT;
	frame->dst_ip = OUR_SERVER_IP;
	frame->dst_port = session->upstream_port;
	return true;
}

static void
play_datagram(struct play *play, const struct data_row *row)
{
	struct nj_counters before = rig_counters(play->rig);
	struct observation observation;
	struct nj_test_frame frame;

	if (!make_frame(play, row, &frame)) {
		fail_row(play, "no row before it opened this client's session with endpoint %u",
			row->endpoint);
		return;
	}
	rig_send(play->rig, row->write ? SERVERS : CLIENTS, &frame);
	rig_run(play->rig);
	observe(play->rig, &observation);
	check_output(play, row, &observation);
	check_drops(play, row, &before);
	observe_end(&observation);
}

static void
play_wait(struct play *play, const struct data_row *row)
{
	for (uint32_t gone = 0; gone < row->wait_ms; gone += CHUNK_MS) {
		uint32_t ms = RTE_MIN(row->wait_ms - gone, (uint32_t)CHUNK_MS);

		rig_wait(play->rig, ms - ms % STEP_MS, STEP_MS);
		rig_wait(play->rig, ms % STEP_MS, 1);
		introduce(play);
	}
}

static void
play_rows(struct play *play)
{
	introduce(play);
	for (play->row = 0; play->row < play->test->n_rows; play->row++) {
		const struct data_row *row = &play->test->rows[play->row];

		if (row->wait_ms != 0)
			play_wait(play, row);
		else
			play_datagram(play, row);
	}
}

void
play_case(const struct data_case *test, const char *path, FILE *failures)
{
	struct rig_options options = {.policy = load(test, path, failures)};
	struct play play = {.test = test, .path = path, .failures = failures};

	if (options.policy == NULL)
		return;
	play.rig = rig_create(&options);
	play_rows(&play);
	rig_destroy(play.rig);
}
