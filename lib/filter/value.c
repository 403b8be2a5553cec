/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_filter.h"

#include <string.h>

static bool
is_bytes(const struct nj_value *value)
{
	return value->type == NJ_VALUE_STRING || value->type == NJ_VALUE_BYTES;
}

/* As in Quilkin: 97 is the byte 'a'. */
static bool
is_byte(const struct nj_value *number, const struct nj_value *bytes)
{
	return number->type == NJ_VALUE_NUMBER && bytes->type == NJ_VALUE_BYTES &&
	       bytes->length == 1 && number->number == bytes->bytes[0];
}

static bool
lists_equal(const struct nj_value *a, const struct nj_value *b)
{
	for (unsigned int i = 0; i < a->length; i++)
		if (!nj_value_equal(&a->list[i], &b->list[i]))
			return false;
	return true;
}

bool
nj_value_equal(const struct nj_value *a, const struct nj_value *b)
{
	if (is_bytes(a) && is_bytes(b))
		return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
	if (a->type != b->type)
		return is_byte(a, b) || is_byte(b, a);
	switch ((enum nj_value_type)a->type) {
	case NJ_VALUE_BOOL:
		return a->yes == b->yes;
	case NJ_VALUE_NUMBER:
		return a->number == b->number;
	case NJ_VALUE_LIST:
		return a->length == b->length && lists_equal(a, b);
	case NJ_VALUE_NONE:
	case NJ_VALUE_STRING:
	case NJ_VALUE_BYTES:
		return false;
	}
	return false;
}
