/* SPDX-License-Identifier: BSD-3-Clause */
/* What each path answers. */
#include <stdlib.h>
#include <string.h>

#include "pulse.h"
#include "serve.h"
#include "survey.h"

#define TEXT "text/plain; charset=utf-8"
#define JSON "application/json"

/* Prometheus' own name for its format. */
#define METRICS "text/plain; version=0.0.4; charset=utf-8"

static void
fill(struct reply *reply, unsigned int status, const char *type, char *text)
{
	*reply = (struct reply){status, type, text, text != NULL ? strlen(text) : 0};
}

static void
fill_part(struct reply *reply, enum survey_part part, const char *type)
{
	char why[COMPLAINT_MAX];
	char *text;

	if (survey_get(part, &text, why) == STATUS_OK)
		fill(reply, 200, type, text);
	else
		fill(reply, 503, TEXT, strdup(why));
}

static void
metrics(struct reply *reply, const char *client)
{
	fill_part(reply, SURVEY_METRICS, METRICS);
}

static void
status_json(struct reply *reply, const char *client)
{
	fill_part(reply, SURVEY_STATUS, JSON);
}

static void
config_json(struct reply *reply, const char *client)
{
	fill_part(reply, SURVEY_CONFIG, JSON);
}

static void
history_json(struct reply *reply, const char *client)
{
	json_t *history = pulse_history(PULSE_HISTORY_S);

	fill(reply, 200, JSON, json_dumps(history, JSON_COMPACT));
	json_decref(history);
}

static void
client_json(struct reply *reply, const char *client)
{
	char why[COMPLAINT_MAX];
	char *text;

	switch (survey_client(client != NULL ? client : "", &text, why)) {
	case STATUS_OK:
		fill(reply, 200, JSON, text);
		return;
	case STATUS_USAGE:
		fill(reply, 400, TEXT, strdup(why));
		return;
	case STATUS_ERROR:
	case STATUS_NOBODY:
		fill(reply, 503, TEXT, strdup(why));
		return;
	}
}

static void
live(struct reply *reply, const char *client)
{
	char why[COMPLAINT_MAX];
	const bool is = pulse_is_live(why);

	fill(reply, is ? 200 : 503, TEXT, strdup(is ? "ok" : why));
}

static void
ready(struct reply *reply, const char *client)
{
	char why[COMPLAINT_MAX];
	const bool is = pulse_is_ready(why);

	fill(reply, is ? 200 : 503, TEXT, strdup(why[0] == '\0' ? "ok" : why));
}

static void
page(struct reply *reply, const char *client)
{
	char *text = malloc(page_length);

	if (text != NULL)
		memcpy(text, page_html, page_length);
	*reply = (struct reply){200, "text/html; charset=utf-8", text, page_length};
}

reply_fn
reply_find(const char *path)
{
	static const struct {
		const char *path;
		reply_fn reply;
	} replies[] = {
		{"/", page},
		{"/metrics", metrics},
		{"/live", live},
		{"/ready", ready},
		{"/config", config_json},
		{"/status.json", status_json},
		{"/history.json", history_json},
		{"/client.json", client_json},
	};

	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
		if (strcmp(path, replies[i].path) == 0)
			return replies[i].reply;
	return NULL;
}
