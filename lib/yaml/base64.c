/* SPDX-License-Identifier: BSD-3-Clause */
#include "base64.h"

#include <errno.h>
#include <string.h>

static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -EINVAL;
}

/* Whether n characters may have this much padding behind them. */
static bool
is_padding_good(size_t n, size_t padding, bool padded)
{
	if (n % 4 == 1)
		return false;
	if (padded || n % 4 == 0)
		return padding == (4 - n % 4) % 4;
	return padding <= 4 - n % 4;
}

ssize_t
nj_base64_decode(const char *text, bool padded, uint8_t *out)
{
	size_t n = strcspn(text, "="), length = 0;
	uint32_t bits = 0;

	if (strspn(text + n, "=") != strlen(text + n) ||
		!is_padding_good(n, strlen(text + n), padded))
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		int value = value_of(text[i]);

		if (value < 0)
			return -EINVAL;
		bits = (bits << 6 | (uint32_t)value) & 0xffff;
		if (i % 4 != 0) /* the first of four fills no byte; each other one does */
			out[length++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	/* What the last character holds beyond its byte. */
	if (n % 4 != 0 && (bits & ((1u << (8 - 2 * (n % 4))) - 1)) != 0)
		return -EINVAL;
	return (ssize_t)length;
}
