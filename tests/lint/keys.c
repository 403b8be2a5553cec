/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prints every key that a file may have, a line each: "appliance PATH",
 * "proxy ERA PATH", and of every filter "filter ERA NAME" and "filter ERA NAME PATH". A filter's
 * name is whole, as files have it.
 */
#include <stdio.h>

#include "nj_policy.h"

static void
print(void *before, const char *path, const struct nj_field *field)
{
	printf("%s %s\n", (const char *)before, path);
}

static void
print_filter(const struct nj_filter_type *type, enum nj_era era)
{
	static const char *const prefixes[] = {
		[NJ_ERA_1] = "quilkin.extensions.filters.", [NJ_ERA_2] = "quilkin.filters."};
	char before[256];

	if ((type->eras >> era & 1) == 0)
		return;
	snprintf(before, sizeof(before), "filter %d %s%s", era + 1,
		type->third_party ? "" : prefixes[era], type->name);
	puts(before);
	if (type->table != NULL)
		nj_table_keys(type->table, print, before);
}

int
main(void)
{
	static char appliance[] = "appliance", first[] = "proxy 1", second[] = "proxy 2";

	nj_appliance_keys(print, appliance);
	nj_policy_keys(NJ_ERA_1, print, first);
	nj_policy_keys(NJ_ERA_2, print, second);
	for (const struct nj_filter_type *type = nj_filter_first(); type != NULL;
		type = type->next) {
		print_filter(type, NJ_ERA_1);
		print_filter(type, NJ_ERA_2);
	}
	return 0;
}
