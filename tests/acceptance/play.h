/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLAY_H
#define PLAY_H

#include <stdio.h>

#include "data.h"

/*
 * Plays one case through the whole pipeline. Writes to `failures` what was not
 * as it should be, each with the file's and the row's line, what was expected
 * and what was got; nothing where all is well.
 */
void play_case(const struct data_case *test, const char *path, FILE *failures);

#endif
