/* SPDX-License-Identifier: BSD-3-Clause */
#include "duration.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#define DIGITS_MAX 12 /* so that no product overflows */

/* From the largest; the last divides everything. */
static const struct {
	const char *name;
	uint64_t ms;
} units[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

int
nj_duration_parse(const char *text, uint64_t *ms)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t number = 0;

	if (digits == 0 || digits > DIGITS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < digits; i++)
		number = 10 * number + (uint64_t)(text[i] - '0');
	for (size_t i = 0; i < RTE_DIM(units); i++) {
		if (strcmp(text + digits, units[i].name) == 0) {
			*ms = number * units[i].ms;
			return 0;
		}
	}
	return -EINVAL;
}

const char *
nj_duration_format(uint64_t ms, char buffer[NJ_DURATION_STRLEN])
{
	size_t i = 0;

	while (ms % units[i].ms != 0)
		i++;
	snprintf(buffer, NJ_DURATION_STRLEN, "%llu%s", (unsigned long long)(ms / units[i].ms),
		units[i].name);
	return buffer;
}
