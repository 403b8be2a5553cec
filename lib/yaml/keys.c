/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_yaml.h"

#include <stdio.h>

#define PATH_MAX_BYTES 256

/* Visits what is below `prefix`, which ends in a dot unless it is empty. */
static void
visit_table(const struct nj_table *table, const char *prefix, nj_key_visit_t *visit, void *context)
{
	char path[PATH_MAX_BYTES], below[PATH_MAX_BYTES + 4];

	for (unsigned int i = 0; i < table->n_fields; i++) {
		const struct nj_field *field = &table->fields[i];

		snprintf(path, sizeof(path), "%s%s", prefix, field->name);
		visit(context, path, field);
		if (field->table != NULL) {
			snprintf(below, sizeof(below), "%s.", path);
			visit_table(field->table, below, visit, context);
		}
		if (field->item != NULL && field->item->table != NULL) {
			snprintf(below, sizeof(below), "%s[].", path);
			visit_table(field->item->table, below, visit, context);
		}
		if (field->named != NULL) {
			snprintf(below, sizeof(below), "%s.*.", path);
			visit_table(field->named, below, visit, context);
		}
	}
}

void
nj_table_keys(const struct nj_table *table, nj_key_visit_t *visit, void *context)
{
	visit_table(table, "", visit, context);
}
