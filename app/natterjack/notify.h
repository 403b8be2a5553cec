/* SPDX-License-Identifier: BSD-3-Clause */
/* What systemd wants to know of a service of type notify (sd_notify(3), the protocol itself). */
#ifndef NOTIFY_H
#define NOTIFY_H

#include "nj_base.h"

/* Sends a state such as "READY=1" where NOTIFY_SOCKET is set; else does nothing. Main lcore. */
void notify(const char *state);

/*
 * How often systemd is to hear "WATCHDOG=1" from this process, in ms: twice as often as the
 * service's WatchdogSec asks for. 0 where it does not. Main lcore.
 */
nj_ms_t notify_watchdog_ms(void);

#endif
