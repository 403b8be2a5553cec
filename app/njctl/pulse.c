/* SPDX-License-Identifier: BSD-3-Clause */
#include "pulse.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cell.h"
#include "rate.h"

#define HISTORY_S        300
#define MANAGER_LIMIT_MS 2000
#define TOO_OLD_S        10 /* natterjack took longer than any answer may take */

static struct {
	pthread_mutex_t lock;
	json_t *history;
	json_t *before; /* the counters of the last second; NULL: none */
	double before_s, taken_s;
	char not_live[COMPLAINT_MAX], not_ready[COMPLAINT_MAX]; /* empty: it is */
	char but[COMPLAINT_MAX]; /* what is wrong all the same; empty: nothing */
} pulse = {.lock = PTHREAD_MUTEX_INITIALIZER, .not_live = "not asked yet"};

static double
now_s(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void
judge_info(const json_t *info, char why[COMPLAINT_MAX])
{
	const json_int_t stalled = json_integer_value(json_object_get(info, "workers_stalled"));
	const json_int_t idle = json_integer_value(json_object_get(info, "manager_idle_ms"));

	if (stalled > 0)
		snprintf(why, COMPLAINT_MAX,
			"%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
			" workers have stopped polling",
			stalled, json_integer_value(json_object_get(info, "workers")));
	else if (idle > MANAGER_LIMIT_MS)
		snprintf(why, COMPLAINT_MAX,
			"the manager has not gone round for %" JSON_INTEGER_FORMAT " ms", idle);
}

/* It forwards, but a restart would cost its clients their sessions. */
static void
judge_state_file(const json_t *info, char but[COMPLAINT_MAX])
{
	const char *error = json_string_value(json_object_get(info, "state_file_error"));

	if (error != NULL && error[0] != '\0')
		snprintf(but, COMPLAINT_MAX, "ok, but the state file is not written: %s", error);
}

/* The first of them is named. */
static void
judge_addresses(const json_t *info, char why[COMPLAINT_MAX])
{
	const json_int_t n = json_integer_value(json_object_get(info, "addresses_unanswered"));
	char address[CELL_MAX];

	if (n == 0)
		return;
	cell_format(cell_find(info, "unanswered.0"), CELL_TEXT, address);
	snprintf(why, COMPLAINT_MAX,
		"%" JSON_INTEGER_FORMAT " of our addresses %s not answered for: %.45s", n,
		n == 1 ? "is" : "are", address);
}

/* A second of the history, from the counters then and now. */
static json_t *
sample(const json_t *stats, double seconds)
{
	static const struct rate rates[] = {
		{"downstream.packets", "down"},
		{"downstream.bytes", "down_bytes"},
		{"upstream.packets", "up"},
		{"upstream.bytes", "up_bytes"},
		{"dropped", "dropped"},
		{"sessions_total", "opened"},
	};
	json_t *counters = json_deep_copy(stats), *made = json_object();

	json_object_set_new(made, "time", json_integer((json_int_t)time(NULL)));
	if (stats == NULL || pulse.before == NULL)
		goto out;
	rate_add(counters, pulse.before, seconds, rates, sizeof(rates) / sizeof(rates[0]));
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		json_object_set(made, rates[i].name, json_object_get(counters, rates[i].name));
	json_object_set(made, "sessions", json_object_get(stats, "sessions_active"));
out:
	json_decref(counters);
	return made;
}

static void
note(json_t *stats, const char *not_live, const char *not_ready, const char *but)
{
	const double now = now_s();

	pthread_mutex_lock(&pulse.lock);
	if (pulse.history == NULL)
		pulse.history = json_array();
	json_array_append_new(pulse.history, sample(stats, now - pulse.before_s));
	if (json_array_size(pulse.history) > PULSE_HISTORY_S)
		json_array_remove(pulse.history, 0);
	json_decref(pulse.before);
	pulse.before = json_incref(stats);
	pulse.before_s = pulse.taken_s = now;
	snprintf(pulse.not_live, sizeof(pulse.not_live), "%s", not_live);
	snprintf(pulse.not_ready, sizeof(pulse.not_ready), "%s", not_ready);
	snprintf(pulse.but, sizeof(pulse.but), "%s", but);
	pthread_mutex_unlock(&pulse.lock);
}

void
pulse_take(struct socket *sock)
{
	json_t *info = NULL, *stats = NULL, *endpoint = NULL;
	char not_live[COMPLAINT_MAX] = "", not_ready[COMPLAINT_MAX] = "", but[COMPLAINT_MAX] = "";
	enum status status;

	complain_into(not_live);
	status = socket_ask(sock, "/natterjack/info", &info);
	if (status == STATUS_OK)
		status = socket_ask(sock, "/natterjack/stats", &stats);
	if (status == STATUS_OK)
		status = socket_ask(sock, "/natterjack/clusters,0,1", &endpoint);
	complain_into(NULL);
	if (status != STATUS_OK)
		socket_close(sock); /* it is opened anew by the next question */
	else
		judge_info(info, not_live);
	judge_state_file(info, but);
	judge_addresses(info, not_ready);
	if (json_array_size(endpoint) == 0)
		snprintf(not_ready, sizeof(not_ready), "there is no endpoint");
	note(status == STATUS_OK ? stats : NULL, not_live, not_ready, but);
	json_decref(info);
	json_decref(stats);
	json_decref(endpoint);
}

bool
pulse_is_live(char why[COMPLAINT_MAX])
{
	pthread_mutex_lock(&pulse.lock);
	snprintf(why, COMPLAINT_MAX, "%s", pulse.not_live);
	if (pulse.taken_s != 0 && now_s() - pulse.taken_s > TOO_OLD_S)
		snprintf(why, COMPLAINT_MAX, "natterjack does not answer");
	pthread_mutex_unlock(&pulse.lock);
	return why[0] == '\0';
}

bool
pulse_is_ready(char why[COMPLAINT_MAX])
{
	bool is;

	if (!pulse_is_live(why))
		return false;
	pthread_mutex_lock(&pulse.lock);
	is = pulse.not_ready[0] == '\0';
	snprintf(why, COMPLAINT_MAX, "%s", is ? pulse.but : pulse.not_ready);
	pthread_mutex_unlock(&pulse.lock);
	return is;
}

json_t *
pulse_history(unsigned int seconds)
{
	json_t *last = json_array();
	size_t n;

	pthread_mutex_lock(&pulse.lock);
	n = json_array_size(pulse.history);
	for (size_t i = n > seconds ? n - seconds : 0; i < n; i++)
		json_array_append(last, json_array_get(pulse.history, i));
	pthread_mutex_unlock(&pulse.lock);
	return last;
}
