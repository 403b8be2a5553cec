/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a function in every thread of the program, as what Linux takes from a thread it takes from
 * that one alone. (libpsx does the same for threads that it has seen begin; the EAL's it has not.)
 */
#ifndef EVERYWHERE_H
#define EVERYWHERE_H

/*
 * Returns 0 once every thread has run it, those that began meanwhile as well; or -ENOSPC,
 * -ETIMEDOUT or what opening /proc failed with. It runs in a signal's handler, so it may do no more
 * than one may (signal-safety(7)). One caller at a time.
 */
int everywhere(void (*function)(void));

#endif
