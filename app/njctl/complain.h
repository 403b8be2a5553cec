/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef COMPLAIN_H
#define COMPLAIN_H

/* A program's exit status, and what functions return that may fail: then they have said why, in
 * one line on standard error. */
enum status {
	STATUS_OK = 0,
	STATUS_ERROR = 1,  /* natterjack answered with an error */
	STATUS_USAGE = 2,  /* a wrong option, command or address */
	STATUS_NOBODY = 3, /* no natterjack answered */
};

/* "njctl: MESSAGE" and a newline on standard error. Returns the status. */
enum status complain(enum status status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define COMPLAINT_MAX 256 /* bytes of a kept message, with the NUL */

/* From now on this thread's messages are kept here instead, each in place of the one before; NULL:
 * they are written again. */
void complain_into(char message[COMPLAINT_MAX]);

#endif
