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
#include "peer.h"
#include "rig.h"

#define SESSIONS_MAX 1024
#define STEP_MS      100
#define CHUNK_MS     1000 /* of a wait, between which peers answer ARP's questions */

/* Where an endpoint sees a client. */
struct session {
	struct nj_address client;
	uint32_t endpoint;
	rte_be16_t upstream_port;
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

/* All tell who they are, so that nothing waits for ARP. */
static void
introduce(struct play *play)
{
	const struct nj_clusters *clusters = &play->rig->policy->clusters;

	for (unsigned int i = 0; i < play->test->n_rows; i++)
		if (play->test->rows[i].wait_ms == 0)
			peer_introduce(play->rig, CLIENTS, &play->test->rows[i].from.ip);
	for (unsigned int i = 0; i < clusters->n_endpoints; i++) {
		const struct nj_ip *ip = &clusters->endpoints[i].address.ip;

		if (nj_prefix_contains(&play->rig->addresses[SERVERS], ip) ||
			nj_prefix_contains(&play->rig->addresses6[SERVERS], ip))
			peer_introduce(play->rig, SERVERS, ip);
	}
	observe_nothing(play->rig); /* but questions of ours, and answers */
}

static struct session *
find_session(struct play *play, const struct data_row *row, uint32_t endpoint)
{
	for (unsigned int i = 0; i < play->n_sessions; i++) {
		struct session *session = &play->sessions[i];

		if (nj_address_equal(&session->client, &row->from) && session->endpoint == endpoint)
			return session;
	}
	return NULL;
}

static void
remember_session(
	struct play *play, const struct data_row *row, uint32_t endpoint, rte_be16_t upstream_port)
{
	struct session *session = find_session(play, row, endpoint);

	if (session == NULL) {
		assert_true(play->n_sessions < SESSIONS_MAX);
		session = &play->sessions[play->n_sessions++];
		*session = (struct session){row->from, endpoint, 0};
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
	const uint32_t endpoint = peer_endpoint_number(&observed->to);
	const struct nj_ip ours = peer_proxy_ip(play->rig, SERVERS, observed->to.ip.family);

	if (observed->side != SERVERS || !nj_ip_equal(&observed->from.ip, &ours) ||
		endpoint == UINT32_MAX)
		fail_row(play, "what left is no datagram to an endpoint: %s", observed->text);
	remember_session(play, row, endpoint, observed->from.port);
	check_payload(play, row, observed);
}

static unsigned int
copies_to(const struct observation *observation, uint32_t endpoint)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < observation->n; i++)
		n += peer_endpoint_number(&observation->datagrams[i].to) == endpoint;
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

/* Where the row's client sends to. */
static struct nj_address
listener_of(const struct play *play, const struct data_row *row)
{
	return (struct nj_address){peer_proxy_ip(play->rig, CLIENTS, row->from.ip.family),
		rte_cpu_to_be_16(play->rig->policy->port)};
}

static void
check_reply(struct play *play, const struct data_row *row, const struct observation *observation)
{
	const struct observed *observed = &observation->datagrams[0];
	const struct nj_address listener = listener_of(play, row);

	if (observation->n != 1) {
		fail_row(play, "expected one datagram to the client, got %u", observation->n);
		return;
	}
	if (observed->side != CLIENTS || !nj_address_equal(&observed->from, &listener) ||
		!nj_address_equal(&observed->to, &row->from))
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

/* Sends the row's datagram; false where it is a reply and there was nothing to reply to. */
static bool
send_row(struct play *play, const struct data_row *row)
{
	const struct nj_address endpoint = peer_endpoint(row->endpoint);
	const struct session *session;
	struct nj_address to;

	if (!row->write) {
		to = listener_of(play, row);
		peer_send(play->rig, CLIENTS, &row->from, &to, &row->in);
		return true;
	}
	session = find_session(play, row, row->endpoint);
	if (session == NULL)
		return false;
	to.ip = peer_proxy_ip(play->rig, SERVERS, endpoint.ip.family);
	to.port = session->upstream_port;
	peer_send(play->rig, SERVERS, &endpoint, &to, &row->in);
	return true;
}

static void
play_datagram(struct play *play, const struct data_row *row)
{
	struct nj_counters before = rig_counters(play->rig);
	struct observation observation;

	if (!send_row(play, row)) {
		fail_row(play, "no row before it opened this client's session with endpoint %u",
			row->endpoint);
		return;
	}
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

/* Ports have IPv6 addresses where somebody does. */
static bool
needs_ipv6(const struct data_case *test, const struct nj_policy *policy)
{
	bool ipv6 = false;

	for (unsigned int i = 0; i < test->n_rows; i++)
		ipv6 |= test->rows[i].from.ip.family == AF_INET6;
	for (uint32_t i = 0; i < policy->clusters.n_endpoints; i++)
		ipv6 |= policy->clusters.endpoints[i].address.ip.family == AF_INET6;
	return ipv6;
}

void
play_case(const struct data_case *test, const char *path, FILE *failures)
{
	struct rig_options options = {.policy = load(test, path, failures)};
	struct play play = {.test = test, .path = path, .failures = failures};

	if (options.policy == NULL)
		return;
	options.ipv6 = needs_ipv6(test, options.policy);
	play.rig = rig_create(&options);
	play_rows(&play);
	rig_destroy(play.rig);
}
