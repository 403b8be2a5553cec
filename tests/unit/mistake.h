/* SPDX-License-Identifier: BSD-3-Clause */
/* For test_mistakes.c: a value of a good file gives way to all that its key does not take. Include
 * it after cmocka.h. */
#ifndef MISTAKE_H
#define MISTAKE_H

#include <inttypes.h>

#include <rte_common.h>

#include "loading.h"

/* A good file, and what reads it. */
struct example {
	const char *text;
	bool (*is_good)(const char *path, struct nj_report *report);
	struct nj_document document;
};

/* One mistake ---------------------------------------------------------------------------------- */

enum kind { WRONG_TYPE, OUT_OF_BOUNDS, MISSING, TWICE, KINDS };

static unsigned int n_cases[KINDS];

/* Where a byte of a text is. */
static struct nj_place
place_of(const char *text, size_t at)
{
	struct nj_place place = {1, 1};

	for (size_t i = 0; i < at; i++) {
		place.line += text[i] == '\n';
		place.column = text[i] == '\n' ? 1 : place.column + 1;
	}
	return place;
}

/* Each error is at a place of the file. Returns whether one is at this one. */
static bool
is_reported_at(const struct nj_report *report, const char *text, size_t at)
{
	struct nj_place wanted = place_of(text, at), end = place_of(text, strlen(text));
	bool found = false;

	for (unsigned int i = 0; i < report->n_errors; i++) {
		struct nj_place place = report->error_places[i];

		assert_in_range(place.line, 1, end.line);
		assert_true(place.column >= 1);
		found |= place.line == wanted.line && place.column == wanted.column;
	}
	return found;
}

/* The text with [from, to) replaced. Free it. */
static char *
spliced(const char *text, size_t from, size_t to, const char *with)
{
	char *out;

	assert_true(asprintf(&out, "%.*s%s%s", (int)from, text, with, text + to) > 0);
	return out;
}

/* Loads a file; returns whether it is refused, and where `at` is not SIZE_MAX that this is so with
 * an error there. */
static bool
is_refused(const struct example *example, const char *text, size_t at)
{
	struct nj_report report = {0};
	char path[32], *said;
	bool good, told;

	write_file(path, text, strlen(text));
	good = example->is_good(path, &report);
	unlink(path);
	assert_int_equal(good, report.n_errors == 0);
	told = is_reported_at(&report, text, at == SIZE_MAX ? 0 : at);
	if (at != SIZE_MAX && !told) {
		said = print_report(&report, path);
		fail_msg("%s\nhas a mistake at %u:%u, but it says:\n%s", text,
			place_of(text, at).line, place_of(text, at).column, said);
	}
	nj_report_clear(&report);
	return !good;
}

/* Replaces [from, to) of an example, and expects an error at `at` of what comes of it. */
static void
expect_error(const struct example *example, enum kind kind, size_t from, size_t to,
	const char *with, size_t at)
{
	char *text = spliced(example->text, from, to, with);

	is_refused(example, text, at);
	free(text);
	n_cases[kind]++;
}

/* Values --------------------------------------------------------------------------------------- */

static void
expect_bad_value(
	const struct example *example, const yaml_node_t *value, enum kind kind, const char *with)
{
	size_t at = value->start_mark.index;

	expect_error(example, kind, at, value->end_mark.index, with, at);
}

/* What no value of a reader may be; a NULL behind the last. */
static const char *const *
wrong_types(nj_read_t *read)
{
	static const struct {
		nj_read_t *read;
		const char *wrong[16];
	} rows[] = {
		{nj_read_u16, {"[]", "{}", "-1", "+1", "1.5", "x", "'1'", "true", "0x10", "1e3",
				      "1 2", "99999999999999999999999"}},
		{nj_read_u32, {"[]", "{}", "-1", "+1", "1.5", "x", "'1'", "true", "0x10", "1e3",
				      "1 2", "99999999999999999999999"}},
		{nj_read_bool, {"[]", "{}", "0", "1", "x", "'true'", "yes", "tRUE", "1.5"}},
		{nj_read_string, {"[]", "{}", "[x]", "{x: x}"}},
		{nj_read_text, {"[]", "{}", "[x]", "{x: x}"}},
		{nj_read_duration, {"[]", "{}", "5", "s", "-1s", "1.5s", "1 s", "x", "true", "1d",
					   "99999999999999999999s"}},
		{nj_read_ip, {"[]", "{}", "x", "1", "256.0.0.1", "192.0.2", "192.0.2.1/24", "'1:2'",
				     "'::g'", "''"}},
		{nj_read_prefix, {"[]", "{}", "x", "1", "192.0.2.1", "192.0.2.1/33", "192.0.2.1/-1",
					 "192.0.2.1/", "'2001:db8::1/129'", "''"}},
		{nj_read_choice, {"[]", "{}", "1", "x", "true", "''", "[x]"}},
		{nj_read_map, {"[]", "1", "x", "true", "[{}]", "''"}},
		{nj_read_list, {"{}", "1", "x", "true", "{x: x}", "''"}},
		{nj_read_list_node, {"{}", "1", "x", "true", "{x: x}", "''"}},
		{nj_read_base64, {"[]", "{}", "'*'", "Y", "YW=J"}},
		{nj_read_base64_setting, {"[]", "{}", "'*'", "Y", "YW=J"}},
		{nj_read_base64_first_era, {"[]", "{}", "'*'", "Y", "YW=J"}},
		{nj_read_base64_first_era_setting, {"[]", "{}", "'*'", "Y", "YW=J"}},
	};

	for (size_t i = 0; i < RTE_DIM(rows); i++)
		if (rows[i].read == read)
			return rows[i].wrong;
	return NULL;
}

/* A reader of its own, such as a filter's: each of these is taken or refused, and not all taken. */
static void
check_own_reader(
	const struct example *example, const struct nj_field *field, const yaml_node_t *value)
{
	static const char *const values[] = {"[]", "{}", "[[]]", "{x: {}}", "-1", "1.5", "x", "''",
		"true", "null", "99999999999999999999999", "'\\0'", "[x, 1, {}]", "!x y"};
	unsigned int refused = 0;

	for (size_t i = 0; i < RTE_DIM(values); i++) {
		char *text = spliced(
			example->text, value->start_mark.index, value->end_mark.index, values[i]);

		refused += is_refused(example, text, SIZE_MAX);
		free(text);
		n_cases[WRONG_TYPE]++;
	}
	if (refused == 0 && field->read != nj_read_unused)
		fail_msg("'%s' takes everything", field->name);
}

static void
check_types(const struct example *example, const struct nj_field *field, const yaml_node_t *value)
{
	const char *const *wrong = wrong_types(field->read);
	bool base64 = field->read == nj_read_base64 || field->read == nj_read_base64_setting;

	if (wrong == NULL) {
		check_own_reader(example, field, value);
		return;
	}
	for (; *wrong != NULL; wrong++)
		expect_bad_value(example, value, WRONG_TYPE, *wrong);
	if (!field->nullable && !base64) /* which is the text "null" there */
		expect_bad_value(example, value, WRONG_TYPE, "null");
}

static void
expect_bad_number(
	const struct example *example, const yaml_node_t *value, uint64_t number, const char *unit)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 "%s", number, unit);
	expect_bad_value(example, value, OUT_OF_BOUNDS, text);
}

/* `n` times the first item, or a string of so many bytes. */
static void
expect_bad_length(
	const struct example *example, const yaml_node_t *value, const char *item, uint64_t n)
{
	bool list = value->type == YAML_SEQUENCE_NODE;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fputs(list ? "[" : "", out);
	for (uint64_t i = 0; i < n; i++)
		fprintf(out, "%s%s", item, list ? "," : "");
	fputs(list ? "]" : "", out);
	fclose(out);
	expect_bad_value(example, value, OUT_OF_BOUNDS, text);
	free(text);
}

static void
check_list_bounds(
	const struct example *example, const struct nj_field *field, const yaml_node_t *value)
{
	struct nj_document *document = (struct nj_document *)(uintptr_t)&example->document;
	const yaml_node_t *first = nj_document_item(document, value, 0);
	char *item;

	if (field->min > 0)
		expect_bad_value(example, value, OUT_OF_BOUNDS, "[]");
	if (field->max == 0 || first == NULL)
		return;
	item = strndup(example->text + first->start_mark.index,
		first->end_mark.index - first->start_mark.index);
	expect_bad_length(example, value, item, field->max + 1);
	free(item);
}

static void
check_bounds(const struct example *example, const struct nj_field *field, const yaml_node_t *value)
{
	bool number = field->read == nj_read_u16 || field->read == nj_read_u32;

	if (number || field->read == nj_read_duration) {
		if (field->min > 0)
			expect_bad_number(example, value, field->min - 1, number ? "" : "ms");
		expect_bad_number(example, value, field->max + 1, number ? "" : "ms");
	} else if (field->read == nj_read_string || field->read == nj_read_text) {
		if (field->min > 0)
			expect_bad_value(example, value, OUT_OF_BOUNDS, "''");
	} else if (value->type == YAML_SEQUENCE_NODE) {
		check_list_bounds(example, field, value);
	} else if (wrong_types(field->read) == wrong_types(nj_read_base64) ||
		   field->read == nj_read_base64_setting ||
		   field->read == nj_read_base64_first_era ||
		   field->read == nj_read_base64_first_era_setting) {
		expect_bad_length(example, value, "AAAA", field->max / 3 + 1);
	}
}

#endif
