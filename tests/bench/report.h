/* SPDX-License-Identifier: BSD-3-Clause */
/* What was measured: rows of samples, from all rounds; a table for people, JSON for programs. */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "quiet.h"

#define REPORT_ROWS_MAX 96

enum row_kind {
	ROW_PACKET,  /* cycles a packet, in steady state */
	ROW_SESSION, /* cycles a session: opened, looked at, closed */
};

/* What figures a target is counted from. */
enum row_target {
	TARGET_NONE,
	TARGET_FLOOR,    /* so many cycles more than this row's floor */
	TARGET_BASE,     /* so many more than row `base` */
	TARGET_ABSOLUTE, /* so many */
};

struct row {
	enum row_kind kind;
	bool ipv6;
	const char *direction, *chain; /* ROW_PACKET */
	unsigned int frame_bytes;
	const char *event; /* ROW_SESSION */
	unsigned int workers;
	double ports_used; /* 0 to 1; negative: does not matter */
	uint32_t sessions;
	enum row_target target;
	double more; /* cycles; what it means is up to `target` */
	const struct row *base;
	unsigned int rounds; /* measured */
	struct samples cycles, floor;
	double lowest, highest; /* round's median, in cycles */
};

struct report {
	unsigned int n;
	struct row rows[REPORT_ROWS_MAX];
	bool hugepages;
	double load[2]; /* of the machine, before and after */
};

/* A new row, a copy of this one, without figures; it stays where it is. */
struct row *report_add(struct report *report, const struct row *row);
/* The next round's samples, which it takes away; `floor` is NULL where a row has none. */
void row_round(struct row *row, struct samples *cycles, struct samples *floor);

void report_table(const struct report *report, FILE *file);
void report_json(const struct report *report, FILE *file);

#endif
