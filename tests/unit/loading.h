/* SPDX-License-Identifier: BSD-3-Clause */
/* For tests of the two files: text in, report out. Include it after cmocka.h. */
#ifndef LOADING_H
#define LOADING_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nj_policy.h"

/* A file as it is, and all that is to be said of it: lines "LINE:COLUMN: message". */
struct loading {
	const char *text;
	const char *report;
};

/* Writes a temporary file and fills in its name. */
static inline void
write_file(char path[32], const char *text, size_t length)
{
	int fd;

	strcpy(path, "/tmp/nj-test-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	close(fd);
}

/* What the report prints, without the file's name in front of each line. Free it. */
static inline char *
print_report(const struct nj_report *report, const char *path)
{
	char prefix[64], *text = NULL, *from, *to;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	nj_report_print(report, out);
	fclose(out);
	snprintf(prefix, sizeof(prefix), "%s:", path);
	for (from = to = text; *from != '\0';) {
		size_t length = (size_t)(strchr(from, '\n') + 1 - from) - strlen(prefix);

		assert_memory_equal(from, prefix, strlen(prefix));
		memmove(to, from + strlen(prefix), length);
		from += strlen(prefix) + length;
		to += length;
	}
	*to = '\0';
	return text;
}

static inline void
check_report(const struct loading *row, const struct nj_report *report, const char *path)
{
	char *said = print_report(report, path);

	if (strcmp(said, row->report) != 0)
		fail_msg("%s\nexpected:\n%sbut it says:\n%s", row->text, row->report, said);
	free(said);
}

/* A good appliance file. Free it. */
static inline struct nj_appliance *
load_appliance(const char *text)
{
	struct nj_report report = {0};
	struct nj_appliance *appliance;
	char path[32];

	write_file(path, text, strlen(text));
	appliance = nj_appliance_load(path, &report);
	unlink(path);
	nj_report_print(&report, stderr);
	assert_non_null(appliance);
	nj_report_clear(&report);
	return appliance;
}

/* Loads each file, which must be bad, and compares all that is said of it. */
#define CHECK_BAD(rows, load)                                                                      \
	for (size_t row_ = 0; row_ < sizeof(rows) / sizeof((rows)[0]); row_++) {                   \
		struct nj_report report_ = {0};                                                    \
		char path_[32];                                                                    \
                                                                                                   \
		write_file(path_, (rows)[row_].text, strlen((rows)[row_].text));                   \
		assert_null(load(path_, &report_));                                                \
		unlink(path_);                                                                     \
		check_report(&(rows)[row_], &report_, path_);                                      \
		assert_true(report_.n_errors > 0);                                                 \
		nj_report_clear(&report_);                                                         \
	}

#endif
