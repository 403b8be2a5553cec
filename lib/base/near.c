/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_near.h"

#include <limits.h>
#include <string.h>

#include <rte_common.h>

#define WORD_MAX 40

/* The optimal string alignment distance, row by row; each row needs the two above it. */
static unsigned int
distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned int rows[3][WORD_MAX + 1];

	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = (unsigned int)j;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned int *row = rows[i % 3], *above = rows[(i - 1) % 3];

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= b_length; j++) {
			row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = RTE_MIN(row[j], RTE_MIN(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = RTE_MIN(row[j], rows[(i - 2) % 3][j - 2] + 1);
		}
	}
	return rows[a_length % 3][b_length];
}

unsigned int
nj_near(const char *word, const char *name)
{
	size_t word_length = strlen(word), name_length = strlen(name);
	unsigned int d;

	if (word_length > WORD_MAX || name_length > WORD_MAX)
		return UINT_MAX;
	d = distance(word, word_length, name, name_length);
	return d <= RTE_MAX(name_length / 3, (size_t)1) && d < word_length ? d : UINT_MAX;
}
