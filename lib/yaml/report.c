/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <stdlib.h>
#include <string.h>

static bool
is_before(struct nj_place a, struct nj_place b)
{
	return a.line != b.line ? a.line < b.line : a.column < b.column;
}

/* Puts a line behind those of the same place. Mistakes come nearly in order: a short walk. */
static bool
insert(char ***lines, struct nj_place **places, unsigned int n, char *line, struct nj_place place)
{
	char **more_lines = reallocarray(*lines, n + 1, sizeof(*more_lines));
	struct nj_place *more_places;

	if (more_lines == NULL)
		return false;
	*lines = more_lines;
	more_places = reallocarray(*places, n + 1, sizeof(*more_places));
	if (more_places == NULL)
		return false;
	*places = more_places;
	for (; n > 0 && is_before(place, more_places[n - 1]); n--) {
		more_places[n] = more_places[n - 1];
		more_lines[n] = more_lines[n - 1];
	}
	more_places[n] = place;
	more_lines[n] = line;
	return true;
}

static char *__attribute__((format(printf, 4, 0)))
compose(const char *file, struct nj_place place, const char *kind, const char *format, va_list args)
{
	char *message, *line;

	if (vasprintf(&message, format, args) < 0)
		return NULL;
	if (asprintf(&line, "%s:%u:%u: %s%s", file, place.line, place.column, kind, message) < 0)
		line = NULL;
	free(message);
	return line;
}

/* The last one that fits says that there are more. */
static char *__attribute__((format(printf, 5, 0))) compose_within(unsigned int n, const char *file,
	struct nj_place place, const char *kind, const char *format, va_list args)
{
	char *line;

	if (n >= NJ_REPORT_MAX)
		return NULL;
	if (n < NJ_REPORT_MAX - 1)
		return compose(file, place, kind, format, args);
	if (asprintf(&line, "%s:%u:%u: %sthere is more, which is not listed", file, place.line,
		    place.column, kind) < 0)
		return NULL;
	return line;
}

void
nj_report_error(struct nj_report *report, const char *file, struct nj_place place,
	const char *format, va_list args)
{
	char *line = compose_within(report->n_errors, file, place, "", format, args);

	if (line == NULL)
		return;
	if (insert(&report->errors, &report->error_places, report->n_errors, line, place))
		report->n_errors++;
	else
		free(line);
}

void
nj_report_note(struct nj_report *report, const char *file, struct nj_place place,
	const char *format, va_list args)
{
	char *line = compose_within(report->n_notes, file, place, "note: ", format, args);

	if (line == NULL)
		return;
	if (insert(&report->notes, &report->note_places, report->n_notes, line, place))
		report->n_notes++;
	else
		free(line);
}

void
nj_report_late_error(
	struct nj_report *report, const char *file, struct nj_place place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	nj_report_error(report, file, place, format, args);
	va_end(args);
}

void
nj_report_late_note(
	struct nj_report *report, const char *file, struct nj_place place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	nj_report_note(report, file, place, format, args);
	va_end(args);
}

void
nj_report_print(const struct nj_report *report, FILE *out)
{
	unsigned int error = 0, note = 0;

	while (error < report->n_errors || note < report->n_notes) {
		bool is_note = error == report->n_errors ||
			       (note < report->n_notes && is_before(report->note_places[note],
								  report->error_places[error]));

		fprintf(out, "%s\n", is_note ? report->notes[note++] : report->errors[error++]);
	}
}

void
nj_report_clear(struct nj_report *report)
{
	for (unsigned int i = 0; i < report->n_errors; i++)
		free(report->errors[i]);
	for (unsigned int i = 0; i < report->n_notes; i++)
		free(report->notes[i]);
	free(report->errors);
	free(report->notes);
	free(report->error_places);
	free(report->note_places);
	*report = (struct nj_report){0};
}

const char *
nj_report_short(const char *file, const char *line)
{
	const char *name = strrchr(file, '/');
	size_t folders = name == NULL ? 0 : (size_t)(name + 1 - file);

	return strncmp(line, file, folders) == 0 ? line + folders : line;
}
