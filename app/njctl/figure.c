/* SPDX-License-Identifier: BSD-3-Clause */
#include "figure.h"

#include <string.h>

#include "cell.h"

static void
write_one(FILE *out, const char *prefix, const struct figure *figure, const json_t *object,
	figure_labels labels_of)
{
	const json_t *value = cell_find(object, figure->path);
	struct labels labels = {0};

	labels_of(&labels, object);
	labels_add(&labels, "direction", figure->direction);
	if (figure->is != NULL)
		exposition_number(out, prefix, figure->name, &labels,
			json_is_string(value) && strcmp(json_string_value(value), figure->is) == 0);
	else if (json_is_integer(value) && figure->scale == 0)
		exposition_number(out, prefix, figure->name, &labels, json_integer_value(value));
	else if (json_is_integer(value))
		exposition_sample(out, prefix, figure->name, &labels,
			(double)json_integer_value(value) * figure->scale);
}

void
figures_write(FILE *out, const char *prefix, const struct figure *figures, unsigned int n,
	const json_t *list, figure_labels labels_of)
{
	const json_t *object;
	size_t row;

	for (unsigned int i = 0; i < n; i++) {
		if (figures[i].type != NULL)
			exposition_family(
				out, prefix, figures[i].name, figures[i].type, figures[i].help);
		json_array_foreach (list, row, object)
			write_one(out, prefix, &figures[i], object, labels_of);
	}
}

void
figures_write_object(FILE *out, const char *prefix, const struct figure *figure, const char *label,
	const json_t *list, figure_labels labels_of)
{
	json_t *object, *value;
	const char *name;
	size_t row;

	exposition_family(out, prefix, figure->name, figure->type, figure->help);
	json_array_foreach (list, row, object) {
		json_object_foreach (cell_find(object, figure->path), name, value) {
			struct labels labels = {0};

			labels_of(&labels, object);
			labels_add(&labels, label, name);
			exposition_number(
				out, prefix, figure->name, &labels, json_integer_value(value));
		}
	}
}
