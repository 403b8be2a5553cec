/* SPDX-License-Identifier: BSD-3-Clause */
#include "survey.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "metrics.h"
#include "nj_base.h"
#include "pulse.h"

#define MAX_AGE_MS    1000
#define RECENT_S      5 /* of the history: what a page misses between two answers */
#define SEARCH_GAP_MS 100

static struct {
	pthread_mutex_t lock;
	struct socket socket;
	long taken_ms, searched_ms; /* 0: never */
	enum status status;
	char why[COMPLAINT_MAX];
	char *parts[SURVEY_PARTS];
} survey = {.lock = PTHREAD_MUTEX_INITIALIZER};

static long
now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

void
survey_init(const char *prefix, unsigned int patience_s)
{
	socket_init(&survey.socket, prefix);
	survey.socket.patience_s = patience_s;
}

static void
forget(void)
{
	for (unsigned int i = 0; i < SURVEY_PARTS; i++) {
		free(survey.parts[i]);
		survey.parts[i] = NULL;
	}
}

void
survey_end(void)
{
	pthread_mutex_lock(&survey.lock);
	forget();
	socket_close(&survey.socket);
	pthread_mutex_unlock(&survey.lock);
}

/* Parts ------------------------------------------------------------------------------------- */

static char *
metrics_text(const struct answers *answers)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	metrics_write(out, answers);
	fclose(out);
	return text;
}

static char *
json_text(json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	return text;
}

static json_t *
status_json(const struct answers *answers)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return json_pack("{s:I, s:o, s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:O}", "time_ms",
		(json_int_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, "recent",
		pulse_history(RECENT_S), "info", answers->info, "config", answers->config, "stats",
		answers->stats, "workers", answers->workers, "ports", answers->ports, "clusters",
		answers->clusters, "filters", answers->filters, "neighbors", answers->neighbors,
		"histograms", answers->histograms);
}

/* A list with only some members of each of its objects. */
static json_t *
select_members(const json_t *list, const char *const *members)
{
	json_t *selected = json_array();
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		json_t *one = json_object();

		for (const char *const *member = members; *member != NULL; member++)
			json_object_set(one, *member, json_object_get(item, *member));
		json_array_append_new(selected, one);
	}
	return selected;
}

/* What is in force, as Quilkin's /config has it: no counters. */
static json_t *
config_json(const struct answers *answers)
{
	static const char *const endpoint[] = {"cluster", "locality", "address", "state", NULL};
	static const char *const filter[] = {"path", "name", "label", NULL};

	return json_pack("{s:O, s:O, s:O, s:o, s:o}", "id", json_object_get(answers->info, "id"),
		"version", json_object_get(answers->info, "version"), "config", answers->config,
		"filters", select_members(answers->filters, filter), "endpoints",
		select_members(answers->clusters, endpoint));
}

/* Asking ------------------------------------------------------------------------------------ */

/* A socket that failed is opened anew by the next question. */
static void
take(void)
{
	struct answers answers;

	forget();
	complain_into(survey.why);
	survey.status = answers_gather(&answers, &survey.socket);
	complain_into(NULL);
	if (survey.status == STATUS_OK) {
		survey.parts[SURVEY_METRICS] = metrics_text(&answers);
		survey.parts[SURVEY_STATUS] = json_text(status_json(&answers));
		survey.parts[SURVEY_CONFIG] = json_text(config_json(&answers));
	} else {
		socket_close(&survey.socket);
	}
	answers_clear(&answers);
	survey.taken_ms = now_ms();
}

static enum status
out_of_memory(char why[COMPLAINT_MAX])
{
	snprintf(why, COMPLAINT_MAX, "out of memory");
	return STATUS_ERROR;
}

enum status
survey_get(enum survey_part part, char **text, char why[COMPLAINT_MAX])
{
	enum status status;

	*text = NULL;
	pthread_mutex_lock(&survey.lock);
	if (survey.taken_ms == 0 || now_ms() - survey.taken_ms >= MAX_AGE_MS)
		take();
	status = survey.status;
	memcpy(why, survey.why, COMPLAINT_MAX);
	if (status == STATUS_OK && survey.parts[part] != NULL)
		*text = strdup(survey.parts[part]);
	pthread_mutex_unlock(&survey.lock);
	return status == STATUS_OK && *text == NULL ? out_of_memory(why) : status;
}

/* A search goes through all sessions. */
static void
wait_for_turn(void)
{
	const long early = survey.searched_ms + SEARCH_GAP_MS - now_ms();

	if (survey.searched_ms != 0 && early > 0)
		nanosleep(&(struct timespec){.tv_nsec = early * 1000000}, NULL);
	survey.searched_ms = now_ms();
}

enum status
survey_client(const char *client, char **text, char why[COMPLAINT_MAX])
{
	char command[64 + NJ_ADDRESS_STRLEN];
	struct nj_address address;
	json_t *sessions = NULL;
	enum status status;

	*text = NULL;
	if (nj_ip_parse(client, &address.ip) < 0 && nj_address_parse(client, &address) < 0) {
		snprintf(why, COMPLAINT_MAX,
			"a client is like 192.0.2.7, 192.0.2.7:4000, 2001:db8::7 or [2001:db8::7]:4000");
		return STATUS_USAGE;
	}
	snprintf(command, sizeof(command), "/natterjack/client,%s", client);
	pthread_mutex_lock(&survey.lock);
	wait_for_turn();
	complain_into(why);
	status = socket_ask(&survey.socket, command, &sessions);
	complain_into(NULL);
	if (status != STATUS_OK)
		socket_close(&survey.socket);
	pthread_mutex_unlock(&survey.lock);
	if (status != STATUS_OK)
		return status;
	*text = json_text(sessions);
	return *text != NULL ? STATUS_OK : out_of_memory(why);
}
