/* SPDX-License-Identifier: BSD-3-Clause */
#include "log_sink.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <rte_lcore.h>

#include "line_queue.h"
#include "nj_base.h"

NJ_LOG_TYPE(main);

#define PLAIN (-1) /* in place of a priority: to standard error, as it is */

/* A line of this priority and worse may be the last that the program says: it is waited for. */
#define FATAL_PRIORITY LOG_CRIT
#define FATAL_WAIT_MS  500

static bool to_syslog, to_journal; /* else to standard error */

/* The thread. */
static enum {
	AT_ONCE, /* there is none yet, or none any more */
	QUEUED,
	CLOSED, /* it hangs at the end of the program */
} way;
static pthread_t writer;
static struct line_queue queue;

/* Writing ------------------------------------------------------------------------------------ */

/* Who shares the descriptor may have made it non-blocking. */
static void
write_all(const char *bytes, size_t length)
{
	while (length > 0) {
		const ssize_t n = write(STDERR_FILENO, bytes, length);
		struct pollfd event = {.fd = STDERR_FILENO, .events = POLLOUT};

		if (n > 0) {
			bytes += n;
			length -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			poll(&event, 1, -1);
		} else if (n == 0 || errno != EINTR) {
			return; /* nobody reads it */
		}
	}
}

/* syslog wants no end of the line. */
static void
write_line(int priority, const char *text, size_t length)
{
	char begin[8];

	if (to_syslog && priority != PLAIN) {
		syslog(priority, "%.*s", (int)length - 1, text);
		return;
	}
	if (to_journal && priority != PLAIN)
		write_all(begin, (size_t)snprintf(begin, sizeof(begin), "<%d>", priority));
	write_all(text, length);
}

static void
write_lost(uint32_t lines)
{
	char text[NJ_LOG_LINE_MAX + 1];

	nj_log_format_left_out(text, &nj_logtype, lines);
	strcat(text, "\n");
	write_line(LOG_WARNING, text, strlen(text));
}

static void *
run(void *argument)
{
	static struct line line;

	while (line_queue_take(&queue, &line)) {
		if (line.lost > 0)
			write_lost(line.lost);
		write_line(line.priority, line.text, line.length);
	}
	return NULL;
}

static void
put(int priority, const char *text, size_t length)
{
	for (; length > 0 && way == QUEUED; length -= RTE_MIN(length, (size_t)LINE_MAX_BYTES)) {
		line_queue_put(&queue, priority, text, RTE_MIN(length, (size_t)LINE_MAX_BYTES));
		text += RTE_MIN(length, (size_t)LINE_MAX_BYTES);
	}
	if (way == AT_ONCE)
		write_line(priority, text, length);
	else if (priority != PLAIN && priority <= FATAL_PRIORITY)
		line_queue_wait(&queue, FATAL_WAIT_MS);
}

/* DPDK counts levels from 1, syslog and the journal from 0, and mean the same by them. The stream
 * hands over whole lines. */
static ssize_t
take_line(void *cookie, const char *line, size_t length)
{
	put(rte_log_cur_msg_loglevel() - 1, line, length);
	return (ssize_t)length;
}

/* Starting and ending ------------------------------------------------------------------------ */

/* What systemd says of the stream that it gave us; it may have been redirected since. */
static bool
is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat stat;

	return stream != NULL && sscanf(stream, "%ju:%ju", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &stat) == 0 && stat.st_dev == device && stat.st_ino == inode;
}

void
log_sink_open(bool syslog_wanted)
{
	const cookie_io_functions_t functions = {.write = take_line};
	FILE *stream = fopencookie(NULL, "w", functions);

	to_syslog = syslog_wanted;
	to_journal = !to_syslog && is_journal();
	if (to_syslog)
		openlog("natterjack", LOG_PID | LOG_NDELAY, LOG_DAEMON);
	else if (!to_journal)
		nj_log_set_times(true);
	if (stream != NULL)
		setvbuf(stream, NULL, _IOLBF, BUFSIZ);
	rte_openlog_stream(stream != NULL ? stream : stderr); /* the EAL's own is standard output */
}

static void
stop(void)
{
	struct timespec until;

	line_queue_end(&queue);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LOG_SINK_PATIENCE_MS / 1000;
	way = pthread_clockjoin_np(writer, NULL, CLOCK_MONOTONIC, &until) == 0 ? AT_ONCE : CLOSED;
}

int
log_sink_start(void)
{
	int ret;

	line_queue_init(&queue);
	ret = rte_ctrl_thread_create(&writer, "nj-log", NULL, run, NULL);
	if (ret != 0)
		return nj_err(abs(ret), "start the thread that writes the log");
	way = QUEUED;
	atexit(stop); /* rte_exit() comes by there as well */
	return 0;
}

void
log_sink_ready(void)
{
	static const char ready[] = "natterjack: ready\n";

	put(PLAIN, ready, strlen(ready));
	NJ_EVENT(NOTICE, "ready", "version=%s", NJ_VERSION);
}
