/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NJ_NEAR_H
#define NJ_NEAR_H

/*
 * How many letters have to be changed, added, left out or swapped with their
 * neighbor to make one word of the other; UINT_MAX where the words are too long
 * to say or too different to be a slip of the fingers.
 */
unsigned int nj_near(const char *word, const char *name);

#endif
