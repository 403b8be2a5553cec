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

/* Says that packets are forwarded: the line that scripts wait for, on standard error in any case.
 */
void log_sink_ready(void);

#endif
