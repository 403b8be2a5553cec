/* SPDX-License-Identifier: BSD-3-Clause */
/* Metrics out of the members of telemetry's objects. */
#ifndef FIGURE_H
#define FIGURE_H

#include "exposition.h"

/* One metric, or with a direction a part of one. Parts of one metric stand behind each other, and
 * only the first has a type and a help. */
struct figure {
	const char *path;      /* of the member, as for cell_find() */
	const char *name;      /* without the prefix */
	const char *direction; /* the label's value; NULL: no such label */
	const char *type, *help;
	const char *is; /* not NULL: 1 where the member is this text, else 0 */
	double scale;   /* the number times this; 0: as it is */
};

/* The labels that tell an object of a list from the others. */
typedef void (*figure_labels)(struct labels *labels, const json_t *object);

/* Writes n figures of each object of a list. The list may be empty. */
void figures_write(FILE *out, const char *prefix, const struct figure *figures, unsigned int n,
	const json_t *list, figure_labels labels_of);

/* The same of an object's members, all of one family: each name is the value of `label`. */
void figures_write_object(FILE *out, const char *prefix, const struct figure *figure,
	const char *label, const json_t *list, figure_labels labels_of);

#endif
