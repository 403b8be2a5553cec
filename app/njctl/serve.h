/* SPDX-License-Identifier: BSD-3-Clause */
/* What `njctl serve` knows of natterjack, and what it answers over HTTP. */
#ifndef SERVE_H
#define SERVE_H

#include <stdbool.h>
#include <stddef.h>

#include "complain.h"

/* An answer over HTTP. */
struct reply {
	unsigned int status;
	const char *type; /* the Content-Type */
	char *text;       /* of malloc(); the caller's */
	size_t length;
};

/* What may be asked for; NULL: there is no such path. The query's `client` is NULL where it has
 * none. Any thread. */
typedef void (*reply_fn)(struct reply *reply, const char *client);
reply_fn reply_find(const char *path);

/* The status page, and the Content-Security-Policy that fits it: embed.py makes them of page.html.
 */
extern const unsigned char page_html[];
extern const size_t page_length;
extern const char page_policy[];

#endif
