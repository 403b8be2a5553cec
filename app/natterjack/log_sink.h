/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the log goes: standard error, systemd's journal behind it, or syslog. */
#ifndef LOG_SINK_H
#define LOG_SINK_H

#include <stdbool.h>

/*
 * To syslog where that is asked for (facility daemon); else to standard error, where each line has
 * its time in front or, if the journal reads there, its priority as "<3>". DPDK's own lines go
 * there, too, as they are. Once, before the EAL starts.
 */
void log_sink_open(bool to_syslog);

/*
 * From now on a thread writes, as the reader may hang and no other thread may wait for it. Lines
 * that do not fit into its queue are counted, and their number is logged where they are missing.
 * When the program exits it is waited for, LOG_SINK_PATIENCE_MS at most. Returns 0, or -errno after
 * logging. Once, after the EAL has started.
 */
int log_sink_start(void);
#define LOG_SINK_PATIENCE_MS 2000

/* Says that a datagram that comes now is forwarded: the line that scripts wait for, on standard
 * error in any case.
 */
void log_sink_ready(void);

#endif
