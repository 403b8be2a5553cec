/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Watches a file for changes. Its folder is what is watched: editors and
 * configuration management put a new file in the old one's place.
 */
#ifndef WATCH_H
#define WATCH_H

#include <stdbool.h>

struct watch;

/* Returns NULL after logging why. Main lcore, as all of this. */
struct watch *watch_create(const char *path);
void watch_destroy(struct watch *watch); /* takes NULL */

/* Readable when something happened in the folder. */
int watch_fd(const struct watch *watch);

/* Takes what happened; returns whether the file may have changed. */
bool watch_changed(struct watch *watch);

#endif
