/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_yaml.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct name {
	struct nj_place place;
	char text[];
};

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

const struct nj_place *
nj_seen_before(struct nj_seen *seen, const char *text, struct nj_place place)
{
	size_t size = strlen(text) + 1;
	struct name *name = malloc(sizeof(*name) + size), **found;

	if (name == NULL)
		return NULL;
	name->place = place;
	memcpy(name->text, text, size);
	found = tsearch(name, &seen->tree, compare);
	if (found != NULL && *found == name)
		return NULL;
	free(name);
	return found == NULL ? NULL : &(*found)->place;
}

void
nj_seen_clear(struct nj_seen *seen)
{
	tdestroy(seen->tree, free);
	seen->tree = NULL;
}
