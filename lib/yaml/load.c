/* SPDX-License-Identifier: BSD-3-Clause */
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

#define FILE_MAX_BYTES (256u << 20)
#define DEPTH_MAX      128 /* of lists in maps in lists …: filters in filters need half of it */

static const struct nj_place start_of_file = {1, 1};

void
nj_load_error(struct nj_document *document, struct nj_place place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	nj_report_error(document->report, document->file, place, format, args);
	va_end(args);
	document->failed = true;
}

/* The whole of an open file, or NULL with errno. */
static char *
read_stream(FILE *stream, size_t *length)
{
	size_t room = 0, n = 0, got;
	char *text = NULL, *more;

	do {
		if (n == room) {
			room = room == 0 ? 4096 : 2 * room;
			more = room > FILE_MAX_BYTES ? NULL : realloc(text, room);
			if (more == NULL) {
				free(text);
				errno = room > FILE_MAX_BYTES ? EFBIG : ENOMEM;
				return NULL;
			}
			text = more;
		}
		got = fread(text + n, 1, room - n, stream);
		n += got;
	} while (got > 0);
	if (ferror(stream)) {
		free(text);
		return NULL;
	}
	*length = n;
	return text;
}

static char *
read_file(const char *path, size_t *length)
{
	FILE *stream = fopen(path, "re");
	char *text;
	int saved;

	if (stream == NULL)
		return NULL;
	text = read_stream(stream, length);
	saved = errno;
	fclose(stream);
	errno = saved;
	return text;
}

/* Where a byte is; the reader's own errors have no mark, but an offset. */
static struct nj_place
place_of(const char *text, size_t length, size_t offset)
{
	struct nj_place place = start_of_file;

	for (size_t i = 0; i < offset && i < length; i++) {
		if (text[i] == '\n') {
			place.line++;
			place.column = 1;
		} else if ((text[i] & 0xc0) !=
			   0x80) { /* columns are characters, not bytes of UTF-8 */
			place.column++;
		}
	}
	return place;
}

static void
report_syntax(
	struct nj_document *document, const yaml_parser_t *parser, const char *text, size_t length)
{
	struct nj_place mark = {(unsigned int)parser->problem_mark.line + 1,
		(unsigned int)parser->problem_mark.column + 1};
	const char *problem = parser->problem == NULL ? "out of memory" : parser->problem;

	if (parser->error == YAML_READER_ERROR)
		nj_load_error(document, place_of(text, length, parser->problem_offset),
			"not YAML: %s", problem);
	else if (parser->error == YAML_MEMORY_ERROR)
		nj_load_error(document, start_of_file, "out of memory");
	else
		nj_load_error(document, mark, "not YAML: %s%s%s", problem,
			parser->context == NULL ? "" : " ",
			parser->context == NULL ? "" : parser->context);
}

/* Whether there is anything: "---" alone gives a document that holds one empty scalar. */
static bool
is_empty(yaml_document_t *yaml)
{
	const yaml_node_t *root = yaml_document_get_root_node(yaml);

	return root == NULL || (root->type == YAML_SCALAR_NODE && root->data.scalar.length == 0 &&
				       root->data.scalar.style == YAML_PLAIN_SCALAR_STYLE);
}

/* Whether the document is the file's last. */
static bool
check_rest(struct nj_document *document, yaml_parser_t *parser, const char *text, size_t length)
{
	yaml_document_t second;

	if (!yaml_parser_load(parser, &second)) {
		report_syntax(document, parser, text, length);
		return false;
	}
	if (yaml_document_get_root_node(&second) != NULL)
		nj_load_error(document,
			(struct nj_place){(unsigned int)second.start_mark.line + 1,
				(unsigned int)second.start_mark.column + 1},
			"a second YAML document begins here; the file may hold only one");
	yaml_document_delete(&second);
	return !document->failed;
}

/* How much deeper it is behind an event. */
static int
depth_change(yaml_event_type_t type)
{
	if (type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT)
		return 1;
	return type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT ? -1 : 0;
}

/*
 * libyaml's time grows with the square of the depth, so a first look at the events ends before it
 * is deep. A mistake in the YAML ends it, too: that is found again when the file is loaded.
 */
static bool
walk_depth(struct nj_document *document, yaml_parser_t *parser)
{
	yaml_event_type_t type = YAML_NO_EVENT;
	yaml_event_t event;
	int depth = 0;

	while (type != YAML_STREAM_END_EVENT && depth <= DEPTH_MAX) {
		struct nj_place place;

		if (!yaml_parser_parse(parser, &event))
			return true;
		type = event.type;
		depth += depth_change(type);
		place = (struct nj_place){(unsigned int)event.start_mark.line + 1,
			(unsigned int)event.start_mark.column + 1};
		if (depth > DEPTH_MAX)
			nj_load_error(document, place, "nested more than %d deep", DEPTH_MAX);
		yaml_event_delete(&event);
	}
	return depth <= DEPTH_MAX;
}

static bool
check_depth(struct nj_document *document, const char *text, size_t length)
{
	yaml_parser_t parser;
	bool ok;

	if (!yaml_parser_initialize(&parser)) {
		nj_load_error(document, start_of_file, "out of memory");
		return false;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	ok = walk_depth(document, &parser);
	yaml_parser_delete(&parser);
	return ok;
}

static bool
parse(struct nj_document *document, yaml_parser_t *parser, const char *text, size_t length)
{
	if (!check_depth(document, text, length))
		return false;
	yaml_parser_set_input_string(parser, (const unsigned char *)text, length);
	if (!yaml_parser_load(parser, &document->yaml)) {
		report_syntax(document, parser, text, length);
		return false;
	}
	if (is_empty(&document->yaml))
		nj_load_error(document, start_of_file, "the file is empty");
	else if (check_rest(document, parser, text, length))
		return true;
	yaml_document_delete(&document->yaml);
	return false;
}

bool
nj_load(struct nj_document *document)
{
	size_t length = 0;
	char *text = read_file(document->file, &length);
	yaml_parser_t parser;
	bool ok = false;

	if (text == NULL) {
		nj_load_error(document, start_of_file, "cannot be read: %s", strerror(errno));
		return false;
	}
	if (yaml_parser_initialize(&parser)) {
		ok = parse(document, &parser, text, length);
		yaml_parser_delete(&parser);
	} else {
		nj_load_error(document, start_of_file, "out of memory");
	}
	free(text);
	return ok;
}
