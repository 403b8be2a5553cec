/* SPDX-License-Identifier: BSD-3-Clause */
/* What systemd wants to know of a service of type notify (sd_notify(3), the protocol itself). */
#ifndef NOTIFY_H
#define NOTIFY_H

/* Sends a state such as "READY=1" where NOTIFY_SOCKET is set; else does nothing. Main lcore. */
void notify(const char *state);

#endif
