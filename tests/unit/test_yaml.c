/* SPDX-License-Identifier: BSD-3-Clause */
/* What both files have in common: YAML, values, reports. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base64.h"
#include "duration.h"
#include "loading.h"
#include "nj_yaml.h"
#include "nj_near.h"

/* Documents ---------------------------------------------------------------------------------- */

static const struct loading not_a_document[] = {
	{"", "1:1: the file is empty\n"},
	{"# nothing\n", "1:1: the file is empty\n"},
	{"---\n", "1:1: the file is empty\n"},
	{"a: [1\nb: 2\n", "2:2: not YAML: did not find expected ',' or ']' while parsing a flow "
			  "sequence\n"},
	{"a: 1\n\tb: 2\n",
		"2:1: not YAML: found a tab character that violates indentation while scanning a plain scalar\n"},
	{"a: *b\n", "1:4: not YAML: found undefined alias\n"},
	{"a: 1\nb: \xff\n", "2:4: not YAML: invalid leading UTF-8 octet\n"},
	{"a: 1\n\xc3\xa4: \x01\n", "2:4: not YAML: control characters are not allowed\n"},
	{"a: 1\n---\nb: 2\n",
		"2:1: a second YAML document begins here; the file may hold only one\n"},
	{"a: 1\n--- [\n", "3:1: not YAML: did not find expected node content while parsing a flow "
			  "node\n"},
	{"a: &a [1, *a]\n", "1:4: an alias of this is inside of it\n"},
	{"&a x: {y: &b {z: *b}}\n", "1:11: an alias of this is inside of it\n"},
};

static void
what_is_no_document_is_refused(void **state)
{
	CHECK_BAD(not_a_document, nj_policy_load);
	CHECK_BAD(not_a_document, nj_appliance_load);
}

static void
a_file_that_cannot_be_read_is_an_error_at_its_start(void **state)
{
	struct nj_report report = {0};

	assert_null(nj_policy_load("/nowhere/proxy.yaml", &report));
	assert_null(nj_policy_load("/", &report));
	assert_int_equal(report.n_errors, 2);
	assert_string_equal(report.errors[0],
		"/nowhere/proxy.yaml:1:1: cannot be read: No such file or directory");
	assert_string_equal(report.errors[1], "/:1:1: cannot be read: Is a directory");
	nj_report_clear(&report);
	assert_int_equal(report.n_errors, 0);
}

static char *
repeat(const char *part, unsigned int times)
{
	size_t size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	for (unsigned int i = 0; i < times; i++)
		fputs(part, out);
	fclose(out);
	return text;
}

/* libyaml would take minutes for these. */
static void
depth_has_an_end(void **state)
{
	static const struct {
		const char *part;
		unsigned int times;
		const char *report;
	} rows[] = {
		{"[", 200000, "1:129: nested more than 128 deep\n"},
		{"[\n", 200000, "129:1: nested more than 128 deep\n"},
		{"{a: ", 200000, "1:513: nested more than 128 deep\n"},
		{"- ", 200000, "1:257: nested more than 128 deep\n"},
		{"? ", 200000, "1:257: nested more than 128 deep\n"},
	};

	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		char *text = repeat(rows[i].part, rows[i].times);
		const struct loading bad[] = {{text, rows[i].report}};

		CHECK_BAD(bad, nj_policy_load);
		free(text);
	}
}

static void
as_deep_as_quilkin_goes_is_good(void **state)
{
	char *open = repeat("[", 125), *close = repeat("]", 125), *text;
	struct nj_policy *policy;
	struct nj_report report = {0};
	char path[32];

	assert_true(asprintf(&text,
			    "version: v1alpha1\nclusters: [{endpoints: [{address: '192.0.2.1:1', "
			    "metadata: {a: %s%s}}]}]\n",
			    open + 3, close + 3) > 0);
	write_file(path, text, strlen(text));
	policy = nj_policy_load(path, &report);
	unlink(path);
	assert_int_equal(report.n_errors, 0);
	assert_non_null(policy);
	nj_policy_free(policy);
	free(open);
	free(close);
	free(text);
}

static void
reports_have_an_end(void **state)
{
	struct nj_report report = {0};
	char path[32], *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (unsigned int i = 0; i < NJ_REPORT_MAX + 5; i++)
		fprintf(out, "key%u: 1\n", i);
	fclose(out);
	write_file(path, text, size);
	assert_null(nj_policy_load(path, &report));
	unlink(path);
	assert_int_equal(report.n_errors, NJ_REPORT_MAX);
	assert_non_null(strstr(
		report.errors[NJ_REPORT_MAX - 1], ":1000:1: there is more, which is not listed"));
	nj_report_clear(&report);
	free(text);
}

static void
what_a_message_shows_is_one_short_line(void **state)
{
	static const struct loading rows[] = {
		{"version: v1alpha1\n\"a\\nb\\e\": 1\n", "2:1: unknown key 'a?b?'\n"},
		{"version: v1alpha1\nid: &x {}\n? [a]\n: 1\n",
			"2:5: 'id' must be a string, not a map\n3:3: a key must be a string\n"},
		{"version: "
		 "0123456789012345678901234567890123456789012345678901234567890123456789\n",
			"1:10: 'version' must be v1alpha1, not "
			"'012345678901234567890123456789012345678901234567890123456789'...\n"},
	};

	CHECK_BAD(rows, nj_policy_load);
}

/* Values ------------------------------------------------------------------------------------- */

struct values {
	bool flag;
	struct nj_address address;
	struct nj_bytes bytes;
};

static const struct nj_field value_fields[] = {
	{"flag", nj_read_bool, offsetof(struct values, flag)},
	{"address", nj_read_address, offsetof(struct values, address)},
	{"bytes", nj_read_base64, offsetof(struct values, bytes), .max = 3},
};
static const struct nj_table value_table = {NJ_TABLE(value_fields)};
static const struct nj_field value_root = {"file", nj_read_map, .table = &value_table};

/* Loads as the two files are loaded; returns something where all is well. */
static struct values *
load_values(const char *path, struct nj_report *report)
{
	static struct values values;
	struct nj_document document;

	values = (struct values){0};
	if (!nj_document_open(&document, path, report))
		return NULL;
	value_root.read(&document, &value_root, nj_document_root(&document), &values);
	nj_document_close(&document);
	return document.failed ? NULL : &values;
}

static void
values_are_read_by_their_type(void **state)
{
	static const struct loading rows[] = {
		{"flag: yes\naddress: 1.2.3.4\nbytes: YWJjZA==\n",
			"1:7: 'flag' must be true or false, not 'yes'\n"
			"2:10: 'address' must be an IP address and a port, like 192.0.2.1:26000, "
			"not '1.2.3.4'\n"
			"3:8: 'bytes' must be at most 3 bytes long, not 4\n"},
		{"flag: 'true'\nbytes: '*'\n", "1:7: 'flag' must be true or false, not 'true'\n"
					       "2:8: 'bytes' must be a base64 string, not '*'\n"},
	};
	static const char good[] = "flag: true\naddress: 1.2.3.4:5\nbytes: YWJj\n";
	struct nj_report report = {0};
	struct values *values;
	char path[32];

	CHECK_BAD(rows, load_values);
	write_file(path, good, strlen(good));
	values = load_values(path, &report);
	unlink(path);
	assert_non_null(values);
	assert_true(values->flag);
	assert_int_equal(values->address.port, rte_cpu_to_be_16(5));
	assert_int_equal(values->bytes.length, 3);
	free(values->bytes.bytes);
}

static void
near_names_are_slips_of_the_fingers(void **state)
{
	static const struct {
		const char *word, *name;
		bool near;
	} rows[] = {
		{"adress", "address", true},
		{"adderss", "address", true},
		{"prots", "ports", true},
		{"port", "ports", true},
		{"x", "rx", false},
		{"xx", "rx", true},
		{"colour", "ports", false},
		{"", "id", false},
		{"a-word-that-is-longer-than-any-key-could-ever-be", "id", false},
	};

	for (size_t i = 0; i < RTE_DIM(rows); i++)
		assert_int_equal(nj_near(rows[i].word, rows[i].name) < 100, rows[i].near);
	assert_int_equal(nj_near("adderss", "address"), 1);
	assert_int_equal(nj_near("kitten", "sitting"), UINT32_MAX);
}

static void
base64_is_as_quilkin_takes_it(void **state)
{
	static const struct {
		const char *text;
		int padded, unpadded; /* bytes, or -EINVAL */
	} rows[] = {
		{"", 0, 0},
		{"YWJj", 3, 3},
		{"YWI=", 2, 2},
		{"YWI", -EINVAL, 2},
		{"YQ==", 1, 1},
		{"YQ=", -EINVAL, 1},
		{"YQ", -EINVAL, 1},
		{"+/+/", 3, 3},
		{"Y", -EINVAL, -EINVAL},
		{"=", -EINVAL, -EINVAL},
		{"YWJj=", -EINVAL, -EINVAL},
		{"YR==", -EINVAL, -EINVAL},
		{"YWJ=", -EINVAL, -EINVAL},
		{"-_-_", -EINVAL, -EINVAL},
		{"YW Jj", -EINVAL, -EINVAL},
	};
	uint8_t out[8];

	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		assert_int_equal(nj_base64_decode(rows[i].text, true, out), rows[i].padded);
		assert_int_equal(nj_base64_decode(rows[i].text, false, out), rows[i].unpadded);
	}
	assert_int_equal(nj_base64_decode("aGk+/w==", true, out), 4);
	assert_memory_equal(out, "hi>\xff", 4);
}

static void
durations_have_a_unit(void **state)
{
	static const char *const bad[] = {
		"", "60", "s", "-1s", "1.5s", "1 s", "1d", "1S", "9999999999999s"};
	static const struct {
		const char *text;
		uint64_t ms;
	} good[] = {{"0s", 0}, {"500ms", 500}, {"60s", 60000}, {"5m", 300000}, {"1h", 3600000}};
	uint64_t ms;

	for (size_t i = 0; i < RTE_DIM(bad); i++)
		assert_int_equal(nj_duration_parse(bad[i], &ms), -EINVAL);
	for (size_t i = 0; i < RTE_DIM(good); i++) {
		assert_int_equal(nj_duration_parse(good[i].text, &ms), 0);
		assert_int_equal(ms, good[i].ms);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_document_is_refused),
		cmocka_unit_test(a_file_that_cannot_be_read_is_an_error_at_its_start),
		cmocka_unit_test(depth_has_an_end),
		cmocka_unit_test(as_deep_as_quilkin_goes_is_good),
		cmocka_unit_test(reports_have_an_end),
		cmocka_unit_test(what_a_message_shows_is_one_short_line),
		cmocka_unit_test(values_are_read_by_their_type),
		cmocka_unit_test(near_names_are_slips_of_the_fingers),
		cmocka_unit_test(base64_is_as_quilkin_takes_it),
		cmocka_unit_test(durations_have_a_unit),
	};

	return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
