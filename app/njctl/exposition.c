/* SPDX-License-Identifier: BSD-3-Clause */
#include "exposition.h"

void
labels_add(struct labels *labels, const char *name, const char *value)
{
	if (value != NULL && value[0] != '\0' && labels->n < EXPOSITION_LABELS_MAX)
		labels->label[labels->n++] = (struct label){name, value};
}

void
labels_add_number(struct labels *labels, const char *name, json_int_t value)
{
	char *text;

	if (labels->n == EXPOSITION_LABELS_MAX)
		return;
	text = labels->text[labels->n];
	snprintf(text, sizeof(labels->text[0]), "%" JSON_INTEGER_FORMAT, value);
	labels_add(labels, name, text);
}

void
exposition_family(
	FILE *out, const char *prefix, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s%s %s\n", prefix, name, help);
	fprintf(out, "# TYPE %s%s %s\n", prefix, name, type);
}

static void
put_value(FILE *out, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			fputs("\\n", out);
		else if (*value == '"' || *value == '\\')
			fprintf(out, "\\%c", *value);
		else
			fputc(*value, out);
	}
}

static void
put_name(FILE *out, const char *prefix, const char *name, const struct labels *labels)
{
	unsigned int n = labels != NULL ? labels->n : 0;

	fprintf(out, "%s%s", prefix, name);
	for (unsigned int i = 0; i < n; i++) {
		fprintf(out, "%s%s=\"", i == 0 ? "{" : ",", labels->label[i].name);
		put_value(out, labels->label[i].value);
		fputc('"', out);
	}
	fputs(n > 0 ? "} " : " ", out);
}

void
exposition_sample(
	FILE *out, const char *prefix, const char *name, const struct labels *labels, double value)
{
	put_name(out, prefix, name, labels);
	fprintf(out, "%.15g\n", value);
}

void
exposition_number(FILE *out, const char *prefix, const char *name, const struct labels *labels,
	json_int_t value)
{
	put_name(out, prefix, name, labels);
	fprintf(out, "%" JSON_INTEGER_FORMAT "\n", value);
}
