/* SPDX-License-Identifier: BSD-3-Clause */
/* Plays a data file: one test for each of its cases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "play.h"

static const char *path;

static void
run_case(void **state)
{
	const struct data_case *test = *state;
	char *text = NULL;
	size_t size;
	FILE *failures = open_memstream(&text, &size);

	assert_non_null(failures);
	play_case(test, path, failures);
	fclose(failures);
	if (size > 0) {
		fputs(text, stderr);
		free(text);
		fail();
	}
	free(text);
}

static int
run_cases(struct data *data)
{
	struct CMUnitTest *tests = calloc(data->n_cases, sizeof(*tests));
	int failed;

	if (tests == NULL)
		return EXIT_FAILURE;
	for (unsigned int i = 0; i < data->n_cases; i++)
		tests[i] = (struct CMUnitTest){.name = data->cases[i].name,
			.test_func = run_case,
			.initial_state = &data->cases[i]};
	failed = _cmocka_run_group_tests(path, tests, data->n_cases, NULL, NULL);
	free(tests);
	return failed;
}

int
main(int argc, char **argv)
{
	struct nj_report report = {0};
	struct data data = {0};
	int failed = EXIT_FAILURE;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FILE.yaml\n", argv[0]);
		return EXIT_FAILURE;
	}
	path = argv[1];
	if (data_read(&data, path, &report))
		failed = run_cases(&data);
	nj_report_print(&report, stderr);
	nj_report_clear(&report);
	data_free(&data);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
