/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Does on purpose what the sanitizers are to find, to show that they would: built like natterjack,
 * and by its own libraries where it matters that they are.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nj_packet.h"

static void *volatile lost;

/* Reads behind a block, in a library. */
static int
overflow(void)
{
	uint16_t *words = calloc(3, sizeof(*words));
	const int delta = nj_checksum_delta(words, words, 4);

	free(words);
	return delta;
}

static int
use_after_free(void)
{
	char *freed = malloc(1);

	free(freed);
	return *(volatile char *)freed;
}

static int
undefined(void)
{
	volatile int most = INT_MAX;

	return most + 1;
}

static int
leak(void)
{
	lost = malloc(4711);
	lost = NULL;
	return 0;
}

static const struct {
	const char *name;
	int (*commit)(void);
} faults[] = {
	{"overflow", overflow},
	{"use-after-free", use_after_free},
	{"undefined", undefined},
	{"leak", leak},
	{"none", NULL},
};

int
main(int argc, char **argv)
{
	for (size_t i = 0; i < RTE_DIM(faults); i++) {
		if (argc != 2 || strcmp(argv[1], faults[i].name) != 0)
			continue;
		printf("%d\n", faults[i].commit != NULL ? faults[i].commit() : 0);
		return EXIT_SUCCESS;
	}
	fprintf(stderr, "usage: faults overflow|use-after-free|undefined|leak|none\n");
	return 2;
}
