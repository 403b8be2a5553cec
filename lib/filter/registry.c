/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_filter.h"

#include <string.h>

/* Types register before main() and while the EAL loads shared objects: one thread. */
static struct nj_filter_type *types;

void
nj_filter_register(struct nj_filter_type *type)
{
	struct nj_filter_type **at = &types;

	while (*at != NULL && strcmp((*at)->name, type->name) < 0)
		at = &(*at)->next;
	type->next = *at;
	*at = type;
}

const struct nj_filter_type *
nj_filter_first(void)
{
	return types;
}

/* Quilkin's own filters are registered without the prefix, which changed from one era to the next.
 */
static const char *
without_prefix(const char *name)
{
	static const char *const prefixes[] = {"quilkin.extensions.filters.", "quilkin.filters."};

	for (unsigned int i = 0; i < RTE_DIM(prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return name + strlen(prefixes[i]);
	return name;
}

const struct nj_filter_type *
nj_filter_find(const char *name, enum nj_era era)
{
	const char *bare = without_prefix(name);

	for (const struct nj_filter_type *type = types; type != NULL; type = type->next) {
		/* A third party's name is its own: "acme.Greeting" is not
		 * "quilkin.filters.acme.Greeting". */
		if ((type->eras >> era & 1) != 0 &&
			strcmp(type->third_party ? name : bare, type->name) == 0 &&
			(type->third_party || bare != name))
			return type;
	}
	return NULL;
}
