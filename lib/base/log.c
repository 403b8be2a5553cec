/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_BYTES 64

/* Between two pairs while values are being formatted: they may hold blanks. */
#define SEPARATOR '\x1f'

static struct nj_log_type *types; /* written by constructors alone */
static bool times;

/* Types and levels --------------------------------------------------------------------------- */

void
nj_log_type_register(struct nj_log_type *type)
{
	char name[NAME_MAX_BYTES];

	snprintf(name, sizeof(name), "nj.%s", type->name);
	type->id = rte_log_register_type_and_pick_level(name, RTE_LOG_INFO);
	type->next = types;
	types = type;
}

static bool
is_first_of_name(const struct nj_log_type *type)
{
	const struct nj_log_type *other = types;

	while (other != type && strcmp(other->name, type->name) != 0)
		other = other->next;
	return other == type;
}

const struct nj_log_type *
nj_log_type_next(const struct nj_log_type *type)
{
	type = type == NULL ? types : type->next;
	while (type != NULL && !is_first_of_name(type))
		type = type->next;
	return type;
}

static const char *const level_names[] = {
	[RTE_LOG_EMERG] = "emergency",
	[RTE_LOG_ALERT] = "alert",
	[RTE_LOG_CRIT] = "critical",
	[RTE_LOG_ERR] = "error",
	[RTE_LOG_WARNING] = "warning",
	[RTE_LOG_NOTICE] = "notice",
	[RTE_LOG_INFO] = "info",
	[RTE_LOG_DEBUG] = "debug",
};

const char *
nj_log_level_name(int level)
{
	if (level < (int)RTE_LOG_EMERG || level > (int)RTE_LOG_DEBUG)
		return "none";
	return level_names[level];
}

int
nj_log_level_parse(const char *name)
{
	for (int level = (int)RTE_LOG_EMERG; level <= (int)RTE_LOG_DEBUG; level++)
		if (strcmp(level_names[level], name) == 0)
			return level;
	return -1;
}

int
nj_log_set_level(const char *name, int level)
{
	const struct nj_log_type *type = NULL;

	while ((type = nj_log_type_next(type)) != NULL)
		if (strcmp(type->name, name) == 0)
			return rte_log_set_level((uint32_t)type->id, (uint32_t)level) < 0 ? -EINVAL
											  : 0;
	return -ENOENT;
}

/* Limits ------------------------------------------------------------------------------------- */

bool
nj_log_limit_take(struct nj_log_limit *limit, uint32_t now_s, uint32_t *left_out)
{
	if (__atomic_exchange_n(&limit->second, now_s, __ATOMIC_RELAXED) != now_s)
		__atomic_store_n(&limit->lines, 0, __ATOMIC_RELAXED);
	if (__atomic_add_fetch(&limit->lines, 1, __ATOMIC_RELAXED) > NJ_LOG_PER_SECOND) {
		__atomic_add_fetch(&limit->left_out, 1, __ATOMIC_RELAXED);
		return false;
	}
	*left_out = __atomic_exchange_n(&limit->left_out, 0, __ATOMIC_RELAXED);
	return true;
}

static uint32_t
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint32_t)now.tv_sec;
}

/* Lines -------------------------------------------------------------------------------------- */

static bool
needs_quotes(const char *value)
{
	if (value[0] == '\0')
		return true;
	for (; *value != '\0'; value++)
		if (*value == ' ' || *value == '"' || *value == '=' || *value == '\\' ||
			(unsigned char)*value < ' ' || *value == 0x7f)
			return true;
	return false;
}

/* A character of a quoted value. */
static size_t
escape(char *out, size_t room, char c)
{
	if (c == '"' || c == '\\')
		return (size_t)snprintf(out, room, "\\%c", c);
	if (c == '\n')
		return (size_t)snprintf(out, room, "\\n");
	if ((unsigned char)c < ' ' || c == 0x7f)
		return (size_t)snprintf(out, room, "\\x%02x", (unsigned char)c);
	return (size_t)snprintf(out, room, "%c", c);
}

void
nj_log_append(char *line, size_t size, const char *key, const char *value)
{
	const char *quote = needs_quotes(value) ? "\"" : "";
	size_t used = strlen(line);

	/* Room for an escape, the last quotation mark and the NUL. */
	if (used + strlen(key) + 8 > size)
		return;
	used += (size_t)snprintf(
		line + used, size - used, "%s%s=%s", used > 0 ? " " : "", key, quote);
	for (; *value != '\0' && used + 6 < size; value++)
		used += escape(line + used, size - used, *value);
	snprintf(line + used, size - used, "%s", quote);
}

static void
begin(char *line, const struct nj_log_type *type, uint32_t level)
{
	const time_t now = time(NULL);
	struct tm utc;
	char text[32];

	line[0] = '\0';
	if (times && gmtime_r(&now, &utc) != NULL) {
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
		nj_log_append(line, NJ_LOG_LINE_MAX, "time", text);
	}
	nj_log_append(line, NJ_LOG_LINE_MAX, "level", nj_log_level_name((int)level));
	nj_log_append(line, NJ_LOG_LINE_MAX, "type", type->name);
}

void
nj_log_format_left_out(char line[NJ_LOG_LINE_MAX], const struct nj_log_type *type, uint32_t lines)
{
	char text[16];

	begin(line, type, RTE_LOG_WARNING);
	snprintf(text, sizeof(text), "%u", lines);
	nj_log_append(line, NJ_LOG_LINE_MAX, "event", "left_out");
	nj_log_append(line, NJ_LOG_LINE_MAX, "lines", text);
}

static void
log_left_out(const struct nj_log_type *type, uint32_t lines)
{
	char line[NJ_LOG_LINE_MAX];

	if (lines == 0)
		return;
	nj_log_format_left_out(line, type, lines);
	rte_log(RTE_LOG_WARNING, (uint32_t)type->id, "%s\n", line);
}

void
nj_log_tick(void)
{
	for (struct nj_log_type *type = types; type != NULL; type = type->next) {
		struct nj_log_limit *limit = &type->limit;

		if (__atomic_load_n(&limit->left_out, __ATOMIC_RELAXED) > 0 &&
			__atomic_load_n(&limit->second, __ATOMIC_RELAXED) != now_s())
			log_left_out(
				type, __atomic_exchange_n(&limit->left_out, 0, __ATOMIC_RELAXED));
	}
}

/* Whether a line of this type and level is wanted, and not one too many. */
static bool
may_log(struct nj_log_type *type, uint32_t level)
{
	uint32_t left_out;

	if (!rte_log_can_log((uint32_t)type->id, level))
		return false;
	if (!nj_log_limit_take(&type->limit, now_s(), &left_out))
		return false;
	log_left_out(type, left_out);
	return true;
}

/* The pairs of a text in which `SEPARATOR` stands between them. */
static void
append_pairs(char *line, char *text)
{
	const char separator[] = {SEPARATOR, '\0'};

	for (char *pair; (pair = strsep(&text, separator)) != NULL;) {
		char *value = strchr(pair, '=');

		if (value == NULL)
			continue;
		*value++ = '\0';
		nj_log_append(line, NJ_LOG_LINE_MAX, pair, value);
	}
}

void
nj_log_event(struct nj_log_type *type, uint32_t level, const char *event, const char *format, ...)
{
	char line[NJ_LOG_LINE_MAX], text[NJ_LOG_LINE_MAX], separated[256];
	va_list args;

	if (!may_log(type, level))
		return;
	snprintf(separated, sizeof(separated), "%s", format);
	for (char *c = separated; *c != '\0'; c++)
		if (*c == ' ')
			*c = SEPARATOR;
	va_start(args, format);
	/* The format is the caller's, and checked there, but for what parts its pairs. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	vsnprintf(text, sizeof(text), separated, args);
#pragma GCC diagnostic pop
	va_end(args);
	begin(line, type, level);
	nj_log_append(line, sizeof(line), "event", event);
	append_pairs(line, text);
	rte_log(level, (uint32_t)type->id, "%s\n", line);
}

void
nj_log_line(struct nj_log_type *type, uint32_t level, const char *format, ...)
{
	char line[NJ_LOG_LINE_MAX], text[NJ_LOG_LINE_MAX];
	va_list args;

	if (!may_log(type, level))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	begin(line, type, level);
	nj_log_append(line, sizeof(line), "message", text);
	rte_log(level, (uint32_t)type->id, "%s\n", line);
}

int
nj_log_error(struct nj_log_type *type, int err, const char *format, ...)
{
	char line[NJ_LOG_LINE_MAX], text[NJ_LOG_LINE_MAX];
	va_list args;

	if (!may_log(type, RTE_LOG_ERR))
		return -err;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	begin(line, type, RTE_LOG_ERR);
	nj_log_append(line, sizeof(line), "message", text);
	nj_log_append(line, sizeof(line), "error", strerror(err));
	rte_log(RTE_LOG_ERR, (uint32_t)type->id, "%s\n", line);
	return -err;
}

void
nj_log_set_times(bool on)
{
	times = on;
}
