/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_version.h>

#define DEFAULT_APPLIANCE "/etc/natterjack/appliance.yaml"
#define DEFAULT_POLICY    "/etc/natterjack/proxy.yaml"

static const char usage[] =
	"usage: natterjack [-a APPLIANCE.yaml] [-c PROXY.yaml] [--check | --plan] [--syslog] [--version] [-- EAL options]\n"
	"\n"
	"  -a, --appliance FILE  what the hardware is (" DEFAULT_APPLIANCE ")\n"
	"  -c, --config FILE     what to do with traffic (" DEFAULT_POLICY ")\n"
	"      --check           read both files, report every mistake, start nothing\n"
	"      --plan            the same, and print what natterjack-start has to know of them\n"
	"      --syslog          log there, and not to standard error\n"
	"      --version         print the version\n"
	"  -h, --help            print this\n"
	"\n"
	"What follows -- goes to DPDK's EAL, behind the appliance file's own 'eal' options.\n"
	"Exit status: 0 stopped in order, 1 something could not start, 2 a wrong option or file.\n";

void
options_parse(struct options *options, int argc, char **argv)
{
	static const struct option names[] = {
		{"appliance", required_argument, NULL, 'a'},
		{"config", required_argument, NULL, 'c'},
		{"check", no_argument, NULL, 'k'},
		{"plan", no_argument, NULL, 'p'},
		{"syslog", no_argument, NULL, 's'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int letter;

	*options =
		(struct options){DEFAULT_APPLIANCE, DEFAULT_POLICY, false, false, false, 0, NULL};
	while ((letter = getopt_long(argc, argv, "+a:c:h", names, NULL)) != -1) {
		switch (letter) {
		case 'a':
			options->appliance_path = optarg;
			break;
		case 'c':
			options->policy_path = optarg;
			break;
		case 'k':
			options->check = true;
			break;
		case 'p':
			options->plan = true;
			break;
		case 's':
			options->syslog = true;
			break;
		case 'v':
			printf("natterjack %s (%s)\n", NJ_VERSION, rte_version());
			exit(EXIT_SUCCESS);
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		default:
			fputs(usage, stderr);
			exit(EXIT_USAGE);
		}
	}
	if (optind < argc && strcmp(argv[optind - 1], "--") != 0) {
		fprintf(stderr, "natterjack: unexpected '%s'\n%s", argv[optind], usage);
		exit(EXIT_USAGE);
	}
	options->n_eal = argc - optind;
	options->eal = argv + optind;
}
