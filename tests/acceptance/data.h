/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an acceptance test's data file holds: cases, each a whole proxy file
 * with the datagrams that go through it, or with the mistakes that it has.
 * tests/acceptance/README.md says how such a file is written.
 */
#ifndef DATA_H
#define DATA_H

#include "nj_base.h"
#include "nj_yaml.h"

/* Numbers of endpoints. */
struct data_endpoints {
	unsigned int n;
	uint32_t *numbers;
};

struct data_row {
	struct nj_place place;
	uint32_t wait_ms; /* not 0: it is this, and no datagram */
	bool write;       /* a reply of `endpoint` */
	uint32_t endpoint;
	struct nj_address from; /* the client, in both directions */
	struct nj_bytes in, out;
	enum nj_drop drop;                /* NONE: it leaves */
	struct data_endpoints to, one_of; /* each of them; one alone of them */
};

struct data_case {
	struct nj_place place;
	char *name;
	char *file; /* a proxy file's text */
	unsigned int n_rows;
	struct data_row *rows;
	unsigned int n_errors; /* it is refused for these: "LINE:COLUMN: message" */
	char **errors;
};

struct data {
	unsigned int n_cases;
	struct data_case *cases;
};

/* Returns false after reporting all that is wrong. Call data_free() in either case. */
bool data_read(struct data *data, const char *path, struct nj_report *report);
void data_free(struct data *data);

#endif
