/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's telemetry socket: a command in, JSON out. */
#ifndef SOCKET_H
#define SOCKET_H

#include <stddef.h>

#include <jansson.h>

#include "complain.h"

/* Opened by the first question. */
struct socket {
	const char *prefix;      /* natterjack's --file-prefix */
	int fd;                  /* -1: not open */
	unsigned int patience_s; /* how long to wait for an answer; 0: as usual */
	char *buffer;
	size_t size;    /* of the buffer: the longest answer */
	char path[108]; /* where it is, once it is open */
};

void socket_init(struct socket *sock, const char *prefix);
void socket_close(struct socket *sock);

/*
 * Asks "/natterjack/stats" or the like. On success *answer is a new reference to what
 * natterjack answered, without the command that DPDK puts around it.
 */
enum status socket_ask(struct socket *sock, const char *command, json_t **answer);

#endif
