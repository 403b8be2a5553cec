/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The log: one line an event, `key=value` (logfmt), with level, type and event
 * first. Never on the packet path: workers count.
 */
#ifndef NJ_LOG_H
#define NJ_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <rte_common.h>
#include <rte_log.h>

#define NJ_LOG_PER_SECOND 100 /* lines of one type; how many more there were is said later */
#define NJ_LOG_LINE_MAX   1536

/* How many lines of this second; threads share it without a lock, so it is not exact. */
struct nj_log_limit {
	uint32_t second, lines, left_out;
};

/* A type, `nj.<name>`; those of the same name in several files have one level. */
struct nj_log_type {
	const char *name;
	int id; /* DPDK's */
	struct nj_log_limit limit;
	struct nj_log_type *next;
};

/* Once at the top of a source file. Its level is INFO until somebody says otherwise. */
#define NJ_LOG_TYPE(type)                                                                          \
	static struct nj_log_type nj_logtype = {.name = #type};                                    \
	RTE_INIT(nj_log_register)                                                                  \
	{                                                                                          \
		nj_log_type_register(&nj_logtype);                                                 \
	}

/*
 * An event: a name that stays, and what belongs to it as a format of `key=value` with one blank
 * between any two, such as "path=%s generation=%u". Values may be anything: they are quoted where
 * that is needed.
 */
#define NJ_EVENT(level, event, ...) nj_log_event(&nj_logtype, RTE_LOG_##level, event, __VA_ARGS__)

/* What has no name: a sentence, as `message`. */
#define NJ_LOG(level, ...) nj_log_line(&nj_logtype, RTE_LOG_##level, __VA_ARGS__)

/*
 * Logs what failed as `message` and strerror(err) as `error`, and returns -err, so that an error is
 * logged once, at its cause, and handed back in the same line. `err` is positive.
 */
#define nj_err(err, ...) nj_log_error(&nj_logtype, (err), __VA_ARGS__)

void nj_log_event(struct nj_log_type *type, uint32_t level, const char *event, const char *format,
	...) __attribute__((format(printf, 4, 5)));
void nj_log_line(struct nj_log_type *type, uint32_t level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int nj_log_error(struct nj_log_type *type, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether lines begin with the time, where nobody else adds it. Before other threads. */
void nj_log_set_times(bool on);

/* Tells what was left out in seconds that are over. Call it every now and then; any one thread. */
void nj_log_tick(void);

/* Writes the line, without its end, that says how many of a type were left out. Any thread. */
void nj_log_format_left_out(
	char line[NJ_LOG_LINE_MAX], const struct nj_log_type *type, uint32_t lines);

/* All types, one of each name, after `type`; NULL: the first, or no more. Any thread. */
const struct nj_log_type *nj_log_type_next(const struct nj_log_type *type);
/* Levels by the names that DPDK has for them; -1: there is none of this name. */
const char *nj_log_level_name(int level);
int nj_log_level_parse(const char *name);
/* Sets a type's level. Returns 0 or -ENOENT. Any thread. */
int nj_log_set_level(const char *type, int level);

/* The parts; for tests ------------------------------------------------------------------------ */

void nj_log_type_register(struct nj_log_type *type);

/* Whether one more line may be logged at this time; if so *left_out is how many may not have been
 * since that was last asked. */
bool nj_log_limit_take(struct nj_log_limit *limit, uint32_t now_s, uint32_t *left_out);

/* Appends " key=value", the value quoted where it is empty or has a blank, a quotation mark, an
 * equals sign, a backslash or what is not printable in it. Cuts what does not fit into `size`. */
void nj_log_append(char *line, size_t size, const char *key, const char *value);

#endif
