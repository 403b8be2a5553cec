/* SPDX-License-Identifier: BSD-3-Clause */
#include "line_queue.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <rte_common.h>

/* In front of each line's bytes. */
struct head {
	uint32_t lost, length;
	int priority;
};

void
line_queue_init(struct line_queue *queue)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->filled, &monotonic);
	pthread_cond_init(&queue->emptied, &monotonic);
	pthread_condattr_destroy(&monotonic);
	queue->lost = 0;
	queue->ended = queue->idle = false;
	queue->taken = queue->written = 0;
}

static void
copy_in(struct line_queue *queue, const void *bytes, size_t length)
{
	const size_t at = queue->written % LINE_QUEUE_BYTES;
	const size_t first = RTE_MIN(length, LINE_QUEUE_BYTES - at);

	memcpy(queue->bytes + at, bytes, first);
	memcpy(queue->bytes, (const char *)bytes + first, length - first);
	queue->written += length;
}

static void
copy_out(struct line_queue *queue, void *bytes, size_t length)
{
	const size_t at = queue->taken % LINE_QUEUE_BYTES;
	const size_t first = RTE_MIN(length, LINE_QUEUE_BYTES - at);

	memcpy(bytes, queue->bytes + at, first);
	memcpy((char *)bytes + first, queue->bytes, length - first);
	queue->taken += length;
}

void
line_queue_put(struct line_queue *queue, int priority, const char *text, size_t length)
{
	struct head head = {.length = (uint32_t)length, .priority = priority};

	pthread_mutex_lock(&queue->lock);
	if (sizeof(head) + length > LINE_QUEUE_BYTES - (queue->written - queue->taken)) {
		queue->lost++;
	} else {
		head.lost = queue->lost;
		queue->lost = 0;
		queue->idle = false;
		copy_in(queue, &head, sizeof(head));
		copy_in(queue, text, length);
		pthread_cond_signal(&queue->filled);
	}
	pthread_mutex_unlock(&queue->lock);
}

static bool
is_empty(const struct line_queue *queue)
{
	return queue->taken == queue->written;
}

static void
take(struct line_queue *queue, struct line *line)
{
	struct head head = {.lost = queue->lost};

	if (is_empty(queue))
		queue->lost = 0;
	else
		copy_out(queue, &head, sizeof(head));
	copy_out(queue, line->text, head.length);
	line->lost = head.lost;
	line->priority = head.priority;
	line->length = head.length;
}

bool
line_queue_take(struct line_queue *queue, struct line *line)
{
	bool more;

	pthread_mutex_lock(&queue->lock);
	while (is_empty(queue) && queue->lost == 0 && !queue->ended) {
		queue->idle = true;
		pthread_cond_broadcast(&queue->emptied);
		pthread_cond_wait(&queue->filled, &queue->lock);
	}
	more = !is_empty(queue) || queue->lost > 0;
	if (more)
		take(queue, line);
	pthread_mutex_unlock(&queue->lock);
	return more;
}

void
line_queue_end(struct line_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->ended = true;
	pthread_cond_signal(&queue->filled);
	pthread_mutex_unlock(&queue->lock);
}

void
line_queue_wait(struct line_queue *queue, unsigned int milliseconds)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += milliseconds % 1000 * 1000000L;
	until.tv_sec += milliseconds / 1000 + until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&queue->lock);
	while (!queue->idle && !queue->ended &&
		pthread_cond_timedwait(&queue->emptied, &queue->lock, &until) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&queue->lock);
}
