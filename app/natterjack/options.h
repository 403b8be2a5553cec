/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

#define EXIT_DEVICE 1 /* something could not be started */
#define EXIT_USAGE  2 /* a wrong option, or a wrong file */

struct options {
	const char *appliance_path;
	const char *policy_path;
	bool check;
	bool plan;
	bool syslog;
	int n_eal; /* what follows -- */
	char **eal;
};

/* Reads the command line. Ends the program for --help and --version, and for a wrong option. */
void options_parse(struct options *options, int argc, char **argv);

#endif
