/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which characters a text matches is asked of PCRE2: over a string of all there
 * are, in order, each match of its repetition is a range. What is beyond ASCII
 * can be long, so it is defined once, a group for each length in bytes (a
 * look-behind has to know that), and called where it is needed.
 */
#include "rust_regex_spell.h"

#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <rte_common.h>

#include "utf8_ranges.h"

#define SURROGATES_FIRST 0xd800
#define SURROGATES_LAST  0xdfff
#define CHARACTER_LAST   0x10ffff

struct nj_spelled {
	struct nj_spelled *next;
	unsigned int number;
	char *text;
	char *bytes[NJ_UTF8_LENGTH_MAX + 1]; /* by their length; NULL: there are none */
};

/* Asking ------------------------------------------------------------------------------------- */

static bool
list_characters(struct nj_spelling *spelling)
{
	uint8_t *at;

	if (spelling->characters != NULL)
		return true;
	spelling->characters = malloc((CHARACTER_LAST + 1) * NJ_UTF8_LENGTH_MAX);
	if (spelling->characters == NULL)
		return false;
	at = spelling->characters;
	for (uint32_t code = 0; code <= CHARACTER_LAST; code++) {
		if (code < SURROGATES_FIRST || code > SURROGATES_LAST)
			at += nj_utf8_encode(code, at);
	}
	spelling->length = (size_t)(at - spelling->characters);
	return true;
}

static void
add_range(const uint8_t *begin, const uint8_t *end, FILE *ranges)
{
	struct nj_utf8_range range = {.first = nj_utf8_decode(begin)};

	do
		end--;
	while ((*end & 0xc0) == 0x80);
	range.last = nj_utf8_decode(end);
	if (range.first < SURROGATES_FIRST && range.last > SURROGATES_LAST) {
		struct nj_utf8_range front = {range.first, SURROGATES_FIRST - 1};

		fwrite(&front, sizeof(front), 1, ranges);
		range.first = SURROGATES_LAST + 1;
	}
	fwrite(&range, sizeof(range), 1, ranges);
}

static pcre2_code *
compile(const char *text, char why[NJ_SPELL_WHY_STRLEN])
{
	const uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	pcre2_code *code = NULL;
	size_t offset;
	int error = PCRE2_ERROR_NOMEMORY;

	if (context != NULL) {
		pcre2_set_newline(context, PCRE2_NEWLINE_LF);
		code = pcre2_compile(
			(PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &error, &offset, context);
	}
	pcre2_compile_context_free(context);
	if (code == NULL)
		pcre2_get_error_message(error, (PCRE2_UCHAR *)why, NJ_SPELL_WHY_STRLEN);
	else
		pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	return code;
}

/* All ranges, ascending, into `ranges`. */
static bool
ask(struct nj_spelling *spelling, const char *text, FILE *ranges, char why[NJ_SPELL_WHY_STRLEN])
{
	pcre2_match_data *match = pcre2_match_data_create(1, NULL);
	pcre2_code *code = NULL;
	char *repeated;
	size_t at = 0;

	if (asprintf(&repeated, "%s++", text) >= 0) {
		code = compile(repeated, why);
		free(repeated);
	}
	if (code != NULL && match != NULL) {
		const uint8_t *all = spelling->characters;
		const size_t *found = pcre2_get_ovector_pointer(match);

		for (; pcre2_match(code, all, spelling->length, at, PCRE2_NO_UTF_CHECK, match,
			       NULL) >= 0;
			at = found[1])
			add_range(all + found[0], all + found[1], ranges);
	}
	pcre2_match_data_free(match);
	pcre2_code_free(code);
	return code != NULL && match != NULL;
}

/* Spelling ----------------------------------------------------------------------------------- */

static void
spelled_free(struct nj_spelled *spelled)
{
	for (unsigned int length = 1; length <= NJ_UTF8_LENGTH_MAX; length++)
		free(spelled->bytes[length]);
	free(spelled->text);
	free(spelled);
}

static bool
spell_length(struct nj_spelled *spelled, unsigned int length, const struct nj_utf8_range *ranges,
	size_t n)
{
	size_t size;
	FILE *out = open_memstream(&spelled->bytes[length], &size);
	bool found;
	int ret;

	if (out == NULL)
		return false;
	ret = nj_utf8_write(ranges, n, length, out, &found);
	if (fclose(out) != 0 || ret != 0)
		return false;
	if (!found) {
		free(spelled->bytes[length]);
		spelled->bytes[length] = NULL;
	}
	return true;
}

static bool
spell(struct nj_spelling *spelling, struct nj_spelled *spelled, char why[NJ_SPELL_WHY_STRLEN])
{
	char *ranges = NULL;
	size_t size;
	FILE *out;
	bool good;

	snprintf(why, NJ_SPELL_WHY_STRLEN, "out of memory");
	out = open_memstream(&ranges, &size);
	if (out == NULL)
		return false;
	good = ask(spelling, spelled->text, out, why);
	good = fclose(out) == 0 && good;
	for (unsigned int length = 1; good && length <= NJ_UTF8_LENGTH_MAX; length++)
		good = spell_length(
			spelled, length, (const void *)ranges, size / sizeof(struct nj_utf8_range));
	free(ranges);
	return good;
}

/* What was spelled once is found again. */
static const struct nj_spelled *
get(struct nj_spelling *spelling, const char *text, char why[NJ_SPELL_WHY_STRLEN])
{
	struct nj_spelled *spelled = spelling->first;

	while (spelled != NULL && strcmp(spelled->text, text) != 0)
		spelled = spelled->next;
	if (spelled != NULL)
		return spelled;
	snprintf(why, NJ_SPELL_WHY_STRLEN, "out of memory");
	spelled = calloc(1, sizeof(*spelled));
	if (spelled == NULL)
		return NULL;
	spelled->text = strdup(text);
	if (spelled->text == NULL || !list_characters(spelling) || !spell(spelling, spelled, why)) {
		spelled_free(spelled);
		return NULL;
	}
	spelled->number = spelling->first != NULL ? spelling->first->number + 1 : 0;
	spelled->next = spelling->first;
	spelling->first = spelled;
	return spelled;
}

/* Writing ------------------------------------------------------------------------------------ */

/* One of the characters that is `length` bytes long. */
static void
write_length(const struct nj_spelled *spelled, unsigned int length, FILE *out)
{
	if (spelled->bytes[length] == NULL)
		fputs("(?!)", out);
	else if (length == 1)
		fputs(spelled->bytes[1], out);
	else
		fprintf(out, "(?&nj_%u_%u)", spelled->number, length);
}

/* One of them. None begins as another, so there is nothing to go back to: atomic. */
static void
write_any(const struct nj_spelled *spelled, FILE *out)
{
	const char *between = "";

	fputs("(?>", out);
	for (unsigned int length = 1; length <= NJ_UTF8_LENGTH_MAX; length++) {
		if (spelled->bytes[length] == NULL)
			continue;
		fputs(between, out);
		write_length(spelled, length, out);
		between = "|";
	}
	fputs(*between == '\0' ? "(?!))" : ")", out);
}

bool
nj_spell(struct nj_spelling *spelling, const char *text, bool often, FILE *out,
	char why[NJ_SPELL_WHY_STRLEN])
{
	const struct nj_spelled *spelled = get(spelling, text, why);

	if (spelled == NULL)
		return false;
	if (often)
		fprintf(out, "(?&nj_%u)", spelled->number);
	else
		write_any(spelled, out);
	return true;
}

/*
 * Rust takes for the character in front the one that begins last in the four
 * bytes in front, even with bytes behind it that belong to none.
 */
static void
write_behind(const char *open, const struct nj_spelled *spelled, FILE *out)
{
	const char *between = "";

	fputs(open, out);
	for (unsigned int length = 1; length <= NJ_UTF8_LENGTH_MAX; length++) {
		for (unsigned int rest = 0; length + rest <= NJ_UTF8_LENGTH_MAX; rest++) {
			fputs(between, out);
			write_length(spelled, length, out);
			fprintf(out, "[\x80-\xbf]{%u}", rest);
			between = "|";
		}
	}
	fputc(')', out);
}

static void
write_ahead(const char *open, const struct nj_spelled *spelled, FILE *out)
{
	fputs(open, out);
	write_any(spelled, out);
	fputc(')', out);
}

bool
nj_spell_boundary(struct nj_spelling *spelling, bool within, const char *word, FILE *out,
	char why[NJ_SPELL_WHY_STRLEN])
{
	const struct nj_spelled *words = get(spelling, word, why);
	const struct nj_spelled *any = get(spelling, "(?s).", why);

	if (words == NULL || any == NULL)
		return false;
	fputs("(?:", out);
	write_behind("(?<=", words, out);
	write_ahead(within ? "(?=" : "(?!", words, out);
	fputc('|', out);
	write_behind("(?<!", words, out);
	write_ahead(within ? "(?!" : "(?=", words, out);
	if (within) { /* not at bytes that are no characters */
		write_behind("(?:\\A|(?<=", any, out);
		write_ahead(")(?:\\z|(?=", any, out);
		fputc(')', out);
	}
	fputc(')', out);
	return true;
}

static void
define(const struct nj_spelled *spelled, FILE *out)
{
	fprintf(out, "(?(DEFINE)(?<nj_%u>", spelled->number);
	write_any(spelled, out);
	fputc(')', out);
	for (unsigned int length = 2; length <= NJ_UTF8_LENGTH_MAX; length++) {
		if (spelled->bytes[length] != NULL)
			fprintf(out, "(?<nj_%u_%u>%s)", spelled->number, length,
				spelled->bytes[length]);
	}
	fputc(')', out);
}

void
nj_spell_end(struct nj_spelling *spelling, FILE *out)
{
	struct nj_spelled *spelled, *next;

	for (spelled = spelling->first; spelled != NULL; spelled = next) {
		define(spelled, out);
		next = spelled->next;
		spelled_free(spelled);
	}
	free(spelling->characters);
	*spelling = (struct nj_spelling){0};
}
