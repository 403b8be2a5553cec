/* SPDX-License-Identifier: BSD-3-Clause */
#include "rate.h"

#include <stddef.h>

#include "cell.h"

static double
amount(const json_t *object, const char *path)
{
	json_t *value = cell_find(object, path);

	return (double)(json_is_object(value) ? cell_sum(value) : json_integer_value(value));
}

void
rate_add(
	json_t *now, const json_t *before, double seconds, const struct rate *rates, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		double change = 0;

		if (before != NULL && seconds > 0)
			change = amount(now, rates[i].path) - amount(before, rates[i].path);
		json_object_set_new(now, rates[i].name,
			json_integer(change > 0 ? (json_int_t)(change / seconds + 0.5) : 0));
	}
}

/* Most often at the same place. */
static const json_t *
find(const json_t *list, size_t place, const char *key, const json_t *value)
{
	const json_t *item = json_array_get(list, place);
	size_t i;

	if (item != NULL && json_equal(json_object_get(item, key), value))
		return item;
	json_array_foreach (list, i, item)
		if (json_equal(json_object_get(item, key), value))
			return item;
	return NULL;
}

void
rate_add_list(json_t *now, const json_t *before, const char *key, double seconds,
	const struct rate *rates, unsigned int n)
{
	json_t *item;
	size_t i;

	json_array_foreach (now, i, item)
		rate_add(item, find(before, i, key, json_object_get(item, key)), seconds, rates, n);
}
