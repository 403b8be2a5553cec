/* SPDX-License-Identifier: BSD-3-Clause */
/* A terminal that is drawn on anew and again, and its keys. */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>

/* Takes keys one by one from now on. Returns false where there is no terminal. */
bool screen_open(void);

/* As it was before. */
void screen_close(void);

/* Clears it; the next output is its first line. */
void screen_begin(void);

/* Lines that it has. */
unsigned int screen_height(void);

/* Shows what was written since screen_begin() and waits. Returns whether q was pressed, or the
 * program is to end. */
bool screen_wait(int milliseconds);

#endif
