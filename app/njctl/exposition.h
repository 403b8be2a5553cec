/* SPDX-License-Identifier: BSD-3-Clause */
/* Prometheus' text format, version 0.0.4. */
#ifndef EXPOSITION_H
#define EXPOSITION_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#define EXPOSITION_LABELS_MAX 8

struct label {
	const char *name, *value; /* an empty value is as good as no label, and is left out */
};

struct labels {
	unsigned int n;
	struct label label[EXPOSITION_LABELS_MAX];
	char text[EXPOSITION_LABELS_MAX][24]; /* for numbers as values */
};

/* Adds a label; the texts have to stay valid. */
void labels_add(struct labels *labels, const char *name, const char *value);
void labels_add_number(struct labels *labels, const char *name, json_int_t value);

/* HELP and TYPE; `prefix` and `name` together are the metric's name. All its samples follow. */
void exposition_family(
	FILE *out, const char *prefix, const char *name, const char *type, const char *help);

/* One sample; `labels` may be NULL. */
void exposition_sample(
	FILE *out, const char *prefix, const char *name, const struct labels *labels, double value);

/* The same, of a whole number. */
void exposition_number(FILE *out, const char *prefix, const char *name, const struct labels *labels,
	json_int_t value);

#endif
