/* SPDX-License-Identifier: BSD-3-Clause */
/* njctl: asks a running natterjack, and tells it to reload or drain. */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "nj_near.h"
#include "njctl.h"

#define DEFAULT_PREFIX "natterjack"
#define TIMEOUT_MAX_S  3600

static const struct command commands[] = {
	{"status", "", "what is running, its ports, and how it does", run_status},
	{"stats", "", "all counters, and drops by reason", run_stats},
	{"workers", "", "counters and load by worker", run_workers},
	{"sessions", "[--client A] [--endpoint A]", "sessions; A is IP or IP:PORT", run_sessions},
	{"clusters", "", "endpoints by cluster, with sessions and traffic", run_clusters},
	{"filters", "", "the chain and its counters", run_filters},
	{"neighbors", "", "next hops and their MAC addresses", run_neighbors},
	{"config", "", "both files, the policy's generation, the last error", run_config},
	{"reload", "", "read the proxy file again", run_reload},
	{"drain", "ADDRESS", "keep new sessions from an endpoint, IP:PORT", run_drain},
	{"undrain", "ADDRESS", "let it have new sessions again", run_undrain},
	{"log", "[TYPE LEVEL]", "what is logged, by type; or how much from now on", run_log},
	{"top", "", "rates, anew each second; q ends", run_top},
	{"capture", "-w FILE [OPTION ...]", "packets before and after, as pcapng; see njctl(1)",
		run_capture},
	{"serve", "[--listen ADDRESS]", "metrics, probes and a status page over HTTP", run_serve},
	{"metrics", "", "everything as text for Prometheus", run_metrics},
	{NULL, NULL, NULL, NULL},
};

static void
usage(FILE *out)
{
	fputs("usage: njctl [-p PREFIX] [-j] [-t SECONDS] COMMAND\n"
	      "\n"
	      "  -p, --prefix PREFIX    which natterjack: its --file-prefix (" DEFAULT_PREFIX ")\n"
	      "  -j, --json             print what it answers as JSON\n"
	      "  -t, --timeout SECONDS  how long to wait for an answer (5; for reload 60)\n"
	      "  -v, --version          print the version\n"
	      "  -h, --help             print this\n"
	      "\n",
		out);
	for (const struct command *command = commands; command->name != NULL; command++) {
		char left[64];

		snprintf(left, sizeof(left), "%s %s", command->name, command->arguments);
		fprintf(out, "  %-36s %s\n", left, command->help);
	}
	fputs("\n"
	      "Exit status: 0; 1 where natterjack answers with an error, 2 for bad usage, 3 where no\n"
	      "natterjack answers.\n",
		out);
}

/* Returns NULL after a line that names the nearest command. */
static const struct command *
find(const char *name)
{
	const char *near = NULL;
	unsigned int least = UINT_MAX;

	for (const struct command *command = commands; command->name != NULL; command++) {
		unsigned int distance = nj_near(name, command->name);

		if (strcmp(command->name, name) == 0)
			return command;
		if (distance < least) {
			least = distance;
			near = command->name;
		}
	}
	if (near != NULL)
		complain(STATUS_USAGE, "unknown command '%s', did you mean '%s'?", name, near);
	else
		complain(STATUS_USAGE, "unknown command '%s'; --help lists them", name);
	return NULL;
}

static unsigned int
parse_timeout(const char *text)
{
	const char *error;
	long long seconds = strtonum(text, 1, TIMEOUT_MAX_S, &error);

	if (error != NULL)
		exit(complain(
			STATUS_USAGE, "wrong timeout '%s': 1 to %d seconds", text, TIMEOUT_MAX_S));
	return (unsigned int)seconds;
}

/* Exits where that is all; else returns the index of the command. */
static int
parse(struct context *context, int argc, char **argv)
{
	static const struct option names[] = {
		{"prefix", required_argument, NULL, 'p'},
		{"json", no_argument, NULL, 'j'},
		{"timeout", required_argument, NULL, 't'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "+p:jt:vh", names, NULL)) != -1) {
		switch (letter) {
		case 'p':
			context->socket.prefix = optarg;
			break;
		case 'j':
			context->json = true;
			break;
		case 't':
			context->socket.patience_s = parse_timeout(optarg);
			break;
		case 'v':
			printf("njctl %s\n", NJ_VERSION);
			exit(STATUS_OK);
		case 'h':
			usage(stdout);
			exit(STATUS_OK);
		default:
			exit(STATUS_USAGE); /* getopt has said what is wrong */
		}
	}
	return optind;
}

static enum status
run(struct context *context)
{
	const struct command *command = find(context->argv[0]);

	if (command == NULL)
		return STATUS_USAGE;
	if (command->arguments[0] == '\0' && context->argc > 1)
		return complain(STATUS_USAGE, "%s takes no arguments, such as '%s'", command->name,
			context->argv[1]);
	return command->run(context);
}

int
main(int argc, char **argv)
{
	struct context context = {.json = false};
	enum status status;
	int first;

	socket_init(&context.socket, DEFAULT_PREFIX);
	first = parse(&context, argc, argv);
	if (first == argc) {
		usage(stderr);
		return STATUS_USAGE;
	}
	context.argc = argc - first;
	context.argv = argv + first;
	status = run(&context);
	socket_close(&context.socket);
	if (fflush(stdout) != 0 && status == STATUS_OK)
		return complain(STATUS_ERROR, "standard output could not be written");
	return status;
}
