/* SPDX-License-Identifier: BSD-3-Clause */
#include "log_sink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "nj_base.h"

NJ_LOG_TYPE(main);

/* DPDK counts levels from 1, syslog and the journal from 0, and mean the same by them. */
static int
priority(void)
{
	return rte_log_cur_msg_loglevel() - 1;
}

/* The stream hands over whole lines; syslog wants none of their ends. */
static ssize_t
write_syslog(void *cookie, const char *line, size_t length)
{
	syslog(priority(), "%.*s", (int)length - 1, line);
	return (ssize_t)length;
}

static ssize_t
write_journal(void *cookie, const char *line, size_t length)
{
	return dprintf(STDERR_FILENO, "<%d>%.*s", priority(), (int)length, line) < 0
		       ? 0
		       : (ssize_t)length;
}

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
log_sink_open(bool to_syslog)
{
	cookie_io_functions_t functions = {.write = to_syslog ? write_syslog : write_journal};
	FILE *stream = stderr; /* the EAL's own default is standard output */

	if (to_syslog)
		openlog("natterjack", LOG_PID | LOG_NDELAY, LOG_DAEMON);
	if (to_syslog || is_journal()) {
		stream = fopencookie(NULL, "w", functions);
		if (stream != NULL)
			setvbuf(stream, NULL, _IOLBF, BUFSIZ);
	} else {
		nj_log_set_times(true);
	}
	rte_openlog_stream(stream != NULL ? stream : stderr);
}

void
log_sink_ready(void)
{
	fputs("natterjack: ready\n", stderr);
	NJ_EVENT(NOTICE, "ready", "version=%s", NJ_VERSION);
}
