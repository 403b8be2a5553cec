/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines on their way to a reader that may hang: who puts one in never waits for it, and what does
 * not fit is counted. Any thread puts lines in, one takes them out.
 */
#ifndef LINE_QUEUE_H
#define LINE_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_QUEUE_BYTES 65536 /* some hundred lines, or eight of the longest */
#define LINE_MAX_BYTES   8192  /* a longer one is cut into pieces by who puts it in */

struct line {
	uint32_t lost; /* lines that did not fit, right before this one */
	int priority;  /* as the sink understands it */
	uint32_t length;
	char text[LINE_MAX_BYTES];
};

struct line_queue {
	pthread_mutex_t lock; /* for as long as a line is copied */
	pthread_cond_t filled, emptied;
	uint32_t lost; /* since the last line that fitted in */
	bool ended;
	bool idle;             /* the last line that was taken has been dealt with */
	size_t taken, written; /* bytes so far */
	char bytes[LINE_QUEUE_BYTES];
};

void line_queue_init(struct line_queue *queue);

/* Puts in a copy, of at most LINE_MAX_BYTES; or counts it as lost. Any thread. */
void line_queue_put(struct line_queue *queue, int priority, const char *text, size_t length);

/*
 * Waits for the next line and copies it out. Its length is 0 where there is only a number of lost
 * ones to be told. Returns false where the queue has ended and is empty. One thread, which has
 * dealt with the line when it asks for the next.
 */
bool line_queue_take(struct line_queue *queue, struct line *line);

/* No line comes any more, once those are taken that are there. Any thread. */
void line_queue_end(struct line_queue *queue);

/* Waits until every line has been dealt with, for so long at most. Any thread but the one that
 * takes. */
void line_queue_wait(struct line_queue *queue, unsigned int milliseconds);

#endif
