/* SPDX-License-Identifier: BSD-3-Clause */
/* What all commands work with. */
#ifndef NJCTL_H
#define NJCTL_H

#include <stdbool.h>

#include "complain.h"
#include "socket.h"

struct context {
	struct socket socket;
	bool json;   /* -j: print what natterjack answered */
	int argc;    /* the command's own arguments … */
	char **argv; /* … of which the first is its name */
};

/* One line of the table in main.c. */
struct command {
	const char *name;
	const char *arguments; /* for the help; "" = none */
	const char *help;
	enum status (*run)(struct context *context);
};

enum status run_status(struct context *context);
enum status run_stats(struct context *context);
enum status run_workers(struct context *context);
enum status run_sessions(struct context *context);
enum status run_clusters(struct context *context);
enum status run_filters(struct context *context);
enum status run_neighbors(struct context *context);
enum status run_config(struct context *context);
enum status run_reload(struct context *context);
enum status run_drain(struct context *context);
enum status run_undrain(struct context *context);
enum status run_top(struct context *context);
enum status run_metrics(struct context *context);
enum status run_log(struct context *context);
enum status run_capture(struct context *context);
enum status run_serve(struct context *context);

#endif
