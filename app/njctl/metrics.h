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
	json_t *info, *config, *stats, *workers, *ports, *clusters, *filters, *neighbors;
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

/* For an object that is the only one of its kind. */
void metrics_no_labels(struct labels *labels, const json_t *object);

#endif
