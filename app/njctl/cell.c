/* SPDX-License-Identifier: BSD-3-Clause */
#include "cell.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <bsd/string.h>

#define MINUTE 60
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

json_t *
cell_find(const json_t *object, const char *path)
{
	const char *dot;

	while ((dot = strchr(path, '.')) != NULL) {
		object = json_object_getn(object, path, (size_t)(dot - path));
		path = dot + 1;
	}
	return json_object_get(object, path);
}

json_int_t
cell_sum(json_t *object)
{
	uint64_t sum = 0; /* may wrap, where a signed one may not */
	const char *name;
	json_t *value;

	json_object_foreach (object, name, value)
		sum += (uint64_t)json_integer_value(value);
	return (json_int_t)sum;
}

static void
format_duration(json_int_t seconds, char text[CELL_MAX])
{
	long long s = seconds;

	if (s < MINUTE)
		snprintf(text, CELL_MAX, "%llds", s);
	else if (s < HOUR)
		snprintf(text, CELL_MAX, "%lldm%02llds", s / MINUTE, s % MINUTE);
	else if (s < DAY)
		snprintf(text, CELL_MAX, "%lldh%02lldm", s / HOUR, s % HOUR / MINUTE);
	else
		snprintf(text, CELL_MAX, "%lldd%02lldh", s / DAY, s % DAY / HOUR);
}

static void
format_time(json_int_t seconds, char text[CELL_MAX])
{
	time_t time = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&time, &tm) == NULL || strftime(text, CELL_MAX, "%F %T UTC", &tm) == 0)
		strlcpy(text, "-", CELL_MAX);
}

static void
format_list(json_t *object, char text[CELL_MAX])
{
	const char *name;
	json_t *value;

	text[0] = '\0';
	json_object_foreach (object, name, value) {
		strlcat(text, text[0] != '\0' ? " " : "", CELL_MAX);
		strlcat(text, json_is_string(value) ? json_string_value(value) : "", CELL_MAX);
	}
}

void
cell_format(json_t *value, enum cell_kind kind, char text[CELL_MAX])
{
	const char *string = json_string_value(value);

	text[0] = '\0';
	switch (kind) {
	case CELL_TEXT:
	case CELL_STATE:
		strlcpy(text, string != NULL ? string : "", CELL_MAX);
		break;
	case CELL_NUMBER:
		if (json_is_integer(value))
			snprintf(
				text, CELL_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case CELL_SUM:
		snprintf(text, CELL_MAX, "%" JSON_INTEGER_FORMAT, cell_sum(value));
		break;
	case CELL_LIST:
		format_list(value, text);
		break;
	case CELL_DURATION:
		format_duration(json_integer_value(value), text);
		break;
	case CELL_TIME:
		format_time(json_integer_value(value), text);
		break;
	}
	for (char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	if (text[0] == '\0')
		strlcpy(text, "-", CELL_MAX);
}

unsigned int
cell_width(const char *text)
{
	unsigned int width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80; /* of UTF-8, the first bytes only */
	return width;
}

const char *
cell_colour(enum cell_kind kind, const char *text)
{
	static const struct {
		const char *text, *colour;
	} colours[] = {
		{"active", "32"},
		{"established", "32"},
		{"polling", "32"},
		{"reachable", "32"},
		{"up", "32"},
		{"answered", "33"},
		{"draining", "33"},
		{"half_open", "33"},
		{"incomplete", "33"},
		{"probe", "33"},
		{"stale", "33"},
		{"down", "31"},
		{"failed", "31"},
		{"stalled", "31"},
	};

	if (kind == CELL_STATE)
		for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
			if (strcmp(text, colours[i].text) == 0)
				return colours[i].colour;
	return "";
}
