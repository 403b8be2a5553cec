/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_yaml.h"

#include <string.h>

#define EXPECTED_STRLEN 120

/* "A, B or C" */
static void
list_choices(const char *const *choices, char *out, size_t size)
{
	FILE *stream = fmemopen(out, size, "w");

	out[0] = '\0';
	if (stream == NULL)
		return;
	for (unsigned int i = 0; choices[i] != NULL; i++)
		fprintf(stream, "%s%s",
			i == 0                   ? ""
			: choices[i + 1] == NULL ? " or "
						 : ", ",
			choices[i]);
	fclose(stream);
}

void
nj_read_choice(
	struct nj_document *document, const struct nj_field *field, yaml_node_t *node, void *base)
{
	char expected[EXPECTED_STRLEN];

	for (unsigned int i = 0; nj_node_is_string(node) && field->choices[i] != NULL; i++) {
		if (strcmp(field->choices[i], nj_node_text(node)) == 0) {
			*(unsigned int *)((char *)base + field->offset) = i;
			return;
		}
	}
	list_choices(field->choices, expected, sizeof(expected));
	nj_value_error(document, field, node, expected);
}
