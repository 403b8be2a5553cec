/* SPDX-License-Identifier: BSD-3-Clause */
/* All that telemetry has, for Prometheus. */
#ifndef METRICS_H
#define METRICS_H

#include <stdio.h>

#include "figure.h"
#include "socket.h"

#define METRICS_COUNT(array) (unsigned int)(sizeof(array) / sizeof((array)[0]))

/* natterjack's answers; lists are whole. */
struct answers {
	json_t *info, *config, *stats, *workers, *ports, *clusters, *filters, *neighbors,
		*histograms;
};

/* Asks for everything, for answers_clear() to give back, whether that went well or not. */
enum status answers_gather(struct answers *answers, struct socket *sock);
void answers_clear(struct answers *answers);

/* Everything, in parts, each in the file of its name. */
void metrics_write(FILE *out, const struct answers *answers);
void metrics_write_info(FILE *out, const struct answers *answers);
void metrics_write_traffic(FILE *out, const struct answers *answers);
void metrics_write_endpoints(FILE *out, const struct answers *answers);
void metrics_write_filters(FILE *out, const struct answers *answers);
void metrics_write_histograms(FILE *out, const struct answers *answers);

/* For an object that is the only one of its kind. */
void metrics_no_labels(struct labels *labels, const json_t *object);

/*
 * A histogram's samples: `buckets` has members PREFIXbucket_0_005 (what was at most 0.005 s, those
 * of the buckets before included) and so on, and PREFIXcount. `name` comes with the prefix
 * `metric`.
 */
void metrics_write_histogram(FILE *out, const char *metric, const char *name,
	const struct labels *labels, const json_t *buckets, const char *prefix, double sum_s);

#endif
