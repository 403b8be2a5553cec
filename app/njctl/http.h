/* SPDX-License-Identifier: BSD-3-Clause */
/* A small HTTP server that can do nothing but answer GET and HEAD, each on a connection of its own.
 */
#ifndef HTTP_H
#define HTTP_H

#include "complain.h"
#include "nj_base.h"

#define HTTP_CONNECTIONS_MAX 64
#define HTTP_LIFETIME_S      10 /* of a connection, whatever happens on it */

struct http;

/* Serves replies.c at an address, from threads of its own, until http_stop(). */
enum status http_start(struct http **http, const struct nj_address *address, const char *text);
void http_stop(struct http *http); /* takes NULL */

/* Ends connections that are too old. Once a second or so. */
void http_tick(struct http *http);

#endif
