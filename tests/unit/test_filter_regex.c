/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rust_regex.h"

/* All matches, each in brackets, as Rust's regex 1.10 finds them; NULL: it is refused. */
struct row {
	const char *pattern, *bytes, *matches;
};

static const struct row rows[] = {
	{"a+", "baab aaa", "[aa][aaa]"},
	{"a*", "baab", "[][aa][]"},
	{"", "ab", "[][][]"},
	{".", "a\xff\xc3\xa9\n", "[a][\xc3\xa9]"},
	{"(?-u).", "a\xff\xc3\xa9\n", "[a][\xff][\xc3][\xa9]"},
	{"(?s-u).", "\n\xff", "[\n][\xff]"},
	{"(?-u)\\xff", "a\xff", "[\xff]"},
	{"\\xff", "\xff\xc3\xbf", "[\xc3\xbf]"},
	{"(?-u)\xc3\xa9+", "\xc3\xa9\xc3\xa9\xa9", "[\xc3\xa9\xc3\xa9]"},
	{"a$", "a\n", ""},
	{"(?m)a$", "a\na\r\na", "[a][a]"},
	{"(?m)^", "a\n", "[][]"},
	{".*\\d", "\xff\xfe a1", "[ a1]"},
	{"(?i)[^k]", "\xa9", ""},
	{"(?i)[^s]{2}", "1\xc3\xc3\xa9k", "[\xc3\xa9k]"},
	{"\\b", "_\xff\xfe", "[][]"},
	{"\\Ba",
		"\xff"
		"a ba",
		"[a]"},
	{"\\w+", "e\xcc\x81t 1", "[e\xcc\x81t][1]"}, /* a combining accent */
	{"(?-u)\\w+", "e\xcc\x81t 1", "[e][t][1]"},
	{"[\\w]+", "\xd0\xb6_", "[\xd0\xb6_]"},
	{"[[:alpha:]]+", "a\xc3\xa9z", "[a][z]"},
	{"[[:punct:]]+", "a]\\-^b", "[]\\-^]"},
	{"\\d", "\xd9\xa3", "[\xd9\xa3]"},
	{"\\v", "\n\v", "[\v]"},
	{"\\s", "\xc2\x85", "[\xc2\x85]"},
	{"\\u0041\\U00000042\\x{43}\\x44", "ABCD", "[ABCD]"},
	{"[]a]+", "a]b", "[a]]"},
	{"[^]a]+", "a]b", "[b]"},
	{"(?i)K", "k\xe2\x84\xaa", "[k][\xe2\x84\xaa]"},
	{"(?P<x>a)|(?<y>b)", "ab", "[a][b]"},
	{"a|ab", "ab", "[a]"},
	{"(?U)a+", "aa", "[a][a]"},
	{"a{2}?b{0,}", "aaab", "[aa]"},
	{"^x", "xx", "[x]"},
	{"\\bx\\B", "xx x", "[x]"},
	{"(?-u)\\x{e9}+", "\xe9\xc3\xa9\xc3\xa9", "[\xc3\xa9\xc3\xa9]"},
	{"(?-u:.)$", "\xc3\xa9", "[\xa9]"},
	{"a(?-u)\\xff", "a\xff\xc3\xbf", "[a\xff]"},
	{"(?-u)\\xc3(?u:.)", "\xc3\xc3\xa9", "[\xc3\xc3\xa9]"},
	{"(?-u)x(?u:\xc3\xa9.)", "x\xc3\xa9\xff x\xc3\xa9\xe2\x82\xac", "[x\xc3\xa9\xe2\x82\xac]"},
	{"(?-u:(?u).).", "\xc3\xa9\xc3\xa9", "[\xc3\xa9\xc3\xa9]"},
	{"(?-u:.)(?u)|(.)", "\xc3\xa9", "[\xc3][\xa9]"},
	{"(?-u:\xff)|[^a]", "ab\xe2\x82\xac\xed\xa0\x80\xf0\x9f\x98\x80",
		"[b][\xe2\x82\xac][\xf0\x9f\x98\x80]"},
	{"(?-u:\\xff)\\w+", "\xff\xd0\xb6_e\xcc\x81-", "[\xff\xd0\xb6_e\xcc\x81]"},
	{"(?i)k(?-u)k", "Kk\xe2\x84\xaaK\xe2\x84\xaa", "[Kk][\xe2\x84\xaaK]"},
	{"(?i)\xc3\xa9(?-u)\xc3\xa9", "\xc3\x89\xc3\xa9\xc3\x89\xc3\x89", "[\xc3\x89\xc3\xa9]"},
	{"(?-u:x)\\p{Greek}", "x\xce\xa9xo", "[x\xce\xa9]"},
	{"(?-u:(?i)a)a", "AaAAaA", "[Aa][Aa]"},
	{"(?-u:x)[^\\s\\S]*", "xx", "[x][x]"},
	{"(?s-u:x)(?s:.).", "x\n\n x\n\xc3\xa9", "[x\n\xc3\xa9]"},
	{"(?-u:x)\\b.", "x\xc3\xa9 x\xe2\x82\xac", "[x\xe2\x82\xac]"},
	{"(?-u:\\b)\xc3\xa9", "\xc3\xa9 x\xc3\xa9", "[\xc3\xa9]"},
	{"\\B(?-u:.)", "x\xc3\xa9 \xff ", "[\xc3]"},
	{"(?-u:x)(?:.{3}){450}|..", "x\xc3\xa9", "[x\xc3\xa9]"},
	{"(?-u)[\xc3\xa9]", "", NULL},
	{"(?-u)[\\u00e9]", "", NULL},
	{"(?-u)\\pL", "", NULL},
	{"(?-u:a)\\p{Nonsense}", "", NULL},
	{"(?-u:a)[z-a]", "", NULL},
	{"(?-u:a)\\x{d800}", "", NULL},
	{"(?-u:a", "", NULL},
	{"(?-w:a)", "", NULL},
	{"a{,2}", "", NULL},
	{"{", "", NULL},
	{"(a)\\1", "", NULL},
	{"(?=a)", "", NULL},
	{"(?<!a)b", "", NULL},
	{"(?>a)", "", NULL},
	{"(?#c)", "", NULL},
	{"(?R)", "", NULL},
	{"(?x) a", "", NULL},
	{"(?P=a)", "", NULL},
	{"(*UTF)a", "", NULL},
	{"a++", "", NULL},
	{"\\Ka", "", NULL},
	{"\\Qa\\E", "", NULL},
	{"\\h", "", NULL},
	{"[a&&b]", "", NULL},
	{"[a[bc]]", "", NULL},
	{"[a", "", NULL},
	{"\\", "", NULL},
	{"\\x{}", "", NULL},
	{"\\pZ{", "", NULL},
	{"*a", "", NULL},
	{"(", "", NULL},
	{")", "", NULL},
};

static void
find_all(const struct nj_regex *regex, const char *bytes, size_t length, char *out)
{
	struct nj_regex_worker worker = {0};
	struct nj_regex_search search = {.bytes = (const uint8_t *)bytes, .length = length};

	assert_int_equal(nj_regex_worker_open(&worker), 0);
	*out = '\0';
	while (nj_regex_next(regex, &worker, &search))
		out += sprintf(
			out, "[%.*s]", (int)(search.end - search.begin), bytes + search.begin);
	nj_regex_worker_close(&worker);
}

static void
means_what_rust_means(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char why[NJ_REGEX_WHY_STRLEN] = "", out[256];
		struct nj_regex *regex = nj_regex_compile(rows[i].pattern, why);

		if ((regex == NULL) != (rows[i].matches == NULL))
			fail_msg("%s: %s", rows[i].pattern, regex == NULL ? why : "taken");
		if (regex == NULL) {
			assert_true(why[0] != '\0');
			continue;
		}
		find_all(regex, rows[i].bytes, strlen(rows[i].bytes), out);
		if (strcmp(out, rows[i].matches) != 0)
			fail_msg("%s finds %s, not %s", rows[i].pattern, out, rows[i].matches);
		nj_regex_free(regex);
	}
}

/* It would take longer than anybody has. */
static void
an_explosion_ends(void **state)
{
	char why[NJ_REGEX_WHY_STRLEN], bytes[1472], out[64];
	struct nj_regex *regex = nj_regex_compile("^(?:(?:a+)+)+b", why);

	assert_non_null(regex);
	memset(bytes, 'a', sizeof(bytes));
	find_all(regex, bytes, sizeof(bytes), out);
	assert_string_equal(out, "");
	nj_regex_free(regex);
}

/* Any expression, over any bytes. */
static void
no_expression_crashes(void **state)
{
	static const char *const parts[] = {"a", "b", "(", ")", "(?:", "|", "*", "+", "?", "{2}",
		"{1,3}", "[", "]", "^", "$", "\\", "\\b", "\\w", "\\pL", "-", "&", "\xc3\xa9",
		"\\xff", "(?-u)", "(?i)", ".", "[:alpha:]", "{", "}", "\\u{e9}"};
	uint32_t seed = 7;

	for (unsigned int i = 0; i < 1000; i++) {
		char pattern[64] = "", why[NJ_REGEX_WHY_STRLEN], bytes[16], out[512];
		struct nj_regex *regex;

		for (unsigned int n = 0; n < 6; n++) {
			seed = seed * 1664525 + 1013904223;
			strcat(pattern, parts[(seed >> 16) % (sizeof(parts) / sizeof(parts[0]))]);
		}
		for (unsigned int n = 0; n < sizeof(bytes); n++) {
			seed = seed * 1664525 + 1013904223;
			bytes[n] = (seed >> 30) != 0 ? "ab\xc3\xa9"[seed >> 28 & 3]
						     : (char)(seed >> 16);
		}
		regex = nj_regex_compile(pattern, why);
		if (regex != NULL)
			find_all(regex, bytes, sizeof(bytes), out);
		nj_regex_free(regex);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(means_what_rust_means),
		cmocka_unit_test(an_explosion_ends),
		cmocka_unit_test(no_expression_crashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
