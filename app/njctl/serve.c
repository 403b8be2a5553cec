/* SPDX-License-Identifier: BSD-3-Clause */
/* HTTP for Prometheus, for probes, and for people: read only. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "http.h"
#include "njctl.h"
#include "pulse.h"
#include "survey.h"

#define DEFAULT_LISTEN "127.0.0.1:9091"
#define PERIOD_S       1

static enum status
read_options(struct context *context, struct nj_address *address, const char **text)
{
	static const struct option names[] = {
		{"listen", required_argument, NULL, 'l'},
		{NULL, 0, NULL, 0},
	};
	int letter;

	*text = DEFAULT_LISTEN;
	optind = 0; /* GNU's way to begin anew */
	while ((letter = getopt_long(context->argc, context->argv, "", names, NULL)) != -1) {
		if (letter == '?')
			return STATUS_USAGE; /* getopt has said what is wrong */
		*text = optarg;
	}
	if (optind < context->argc)
		return complain(STATUS_USAGE, "serve: unexpected '%s'", context->argv[optind]);
	if (context->json)
		return complain(STATUS_USAGE, "serve has JSON of its own: leave out -j");
	if (nj_address_parse(*text, address) < 0)
		return complain(STATUS_USAGE,
			"wrong address '%s': it is like 127.0.0.1:9091 or [::1]:9091", *text);
	return STATUS_OK;
}

/* Before there are threads, so that none of them gets any. */
static sigset_t
block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return set;
}

/* Once a second, until a signal asks to stop. */
static void
watch(struct socket *sock, struct http *http, const sigset_t *signals)
{
	const struct timespec period = {.tv_sec = PERIOD_S};

	while (sigtimedwait(signals, NULL, &period) < 0) {
		pulse_take(sock);
		http_tick(http);
	}
}

enum status
run_serve(struct context *context)
{
	struct socket *sock = &context->socket;
	struct nj_address address;
	const char *text;
	struct http *http;
	enum status status = read_options(context, &address, &text);
	sigset_t signals;

	if (status != STATUS_OK)
		return status;
	signals = block_signals();
	survey_init(sock->prefix, sock->patience_s);
	pulse_take(sock);
	status = http_start(&http, &address, text);
	if (status != STATUS_OK)
		return status;
	printf("serving natterjack '%s' at http://%s/\n", sock->prefix, text);
	fflush(stdout);
	watch(sock, http, &signals);
	http_stop(http);
	survey_end();
	return STATUS_OK;
}
