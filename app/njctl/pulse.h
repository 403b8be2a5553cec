/* SPDX-License-Identifier: BSD-3-Clause */
/* How natterjack does, asked once a second, whoever asks us: what /live and /ready go by, and what
 * the page's charts are drawn from. */
#ifndef PULSE_H
#define PULSE_H

#include <stdbool.h>

#include <jansson.h>

#include "socket.h"

/* Asks natterjack, and notes what it says. One thread. */
void pulse_take(struct socket *sock);

/* Whether all is well: natterjack answers, its manager and its workers go round, and for `ready`,
 * there is an endpoint, and each of our addresses is answered for. Else why not, in a few words; of
 * `ready` also what is wrong although it is, empty where nothing is. Any thread. */
bool pulse_is_live(char why[COMPLAINT_MAX]);
bool pulse_is_ready(char why[COMPLAINT_MAX]);

#define PULSE_HISTORY_S 300

/* The last `seconds` as an array, oldest first: of each second an object, with a `time` (seconds
 * since 1970), and, where natterjack answered, rates by the second. Any thread; a new reference. */
json_t *pulse_history(unsigned int seconds);

#endif
