/* SPDX-License-Identifier: BSD-3-Clause */
#include "registry.h"

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
without_prefix(const char *name, enum nj_era era)
{
	static const char *const prefixes[] = {
		[NJ_ERA_1] = "quilkin.extensions.filters.", [NJ_ERA_2] = "quilkin.filters."};
	const size_t length = strlen(prefixes[era]);

	return strncmp(name, prefixes[era], length) == 0 ? name + length : name;
}

const struct nj_filter_type *
registry_find(const char *name, enum nj_era era, enum nj_era prefix_era)
{
	const char *bare = without_prefix(name, prefix_era);

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

const struct nj_filter_type *
nj_filter_find(const char *name, enum nj_era era)
{
	return registry_find(name, era, era);
}
