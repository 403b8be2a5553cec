/* SPDX-License-Identifier: BSD-3-Clause */
/* All that natterjack says, asked for when somebody wants it, but at most once a second: however
 * many ask us, natterjack does not notice. Any thread, after survey_init(). */
#ifndef SURVEY_H
#define SURVEY_H

#include "complain.h"

enum survey_part {
	SURVEY_METRICS, /* Prometheus' text */
	SURVEY_STATUS,  /* JSON: what the status page shows */
	SURVEY_CONFIG,  /* JSON: what is configured */
	SURVEY_PARTS
};

void survey_init(const char *prefix, unsigned int patience_s);
void survey_end(void);

/* A new copy of a part in *text, for free(); or where natterjack does not answer, in `why` the
 * reason.
 */
enum status survey_get(enum survey_part part, char **text, char why[COMPLAINT_MAX]);

/* The same of a client's sessions as JSON: an array. The client is IP or IP:PORT; STATUS_USAGE
 * where it is neither. At most ten times a second, who is too early waits. */
enum status survey_client(const char *client, char **text, char why[COMPLAINT_MAX]);

#endif
