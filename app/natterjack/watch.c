/* SPDX-License-Identifier: BSD-3-Clause */
#include "watch.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "nj_base.h"

NJ_LOG_TYPE(watch);

/* What Kubernetes renames when it changes a mounted configuration: a link that the files go
 * through. */
#define MOUNTED_DATA "..data"

struct watch {
	int fd;
	char *path; /* basename() and dirname() change it */
	const char *name;
};

struct watch *
watch_create(const char *path)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	char *folder = strdup(path);

	if (watch != NULL)
		watch->path = strdup(path);
	if (watch == NULL || watch->path == NULL || folder == NULL) {
		nj_err(ENOMEM, "watch %s", path);
		goto fail;
	}
	watch->name = basename(watch->path);
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0 ||
		inotify_add_watch(watch->fd, dirname(folder), IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
		nj_err(errno, "watch %s", path);
		goto fail;
	}
	free(folder);
	return watch;

fail:
	free(folder);
	watch_destroy(watch);
	return NULL;
}

void
watch_destroy(struct watch *watch)
{
	if (watch == NULL)
		return;
	if (watch->fd > 0)
		close(watch->fd);
	free(watch->path);
	free(watch);
}

int
watch_fd(const struct watch *watch)
{
	return watch->fd;
}

bool
watch_changed(struct watch *watch)
{
	char buffer[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)]
		__attribute__((aligned(__alignof__(struct inotify_event))));
	bool changed = false;
	ssize_t length;

	while ((length = read(watch->fd, buffer, sizeof(buffer))) > 0) {
		const struct inotify_event *event;

		for (const char *at = buffer; at < buffer + length;
			at += sizeof(*event) + event->len) {
			event = (const void *)at;
			changed |=
				(event->mask & IN_Q_OVERFLOW) != 0 ||
				(event->len > 0 && (strcmp(event->name, watch->name) == 0 ||
							   strcmp(event->name, MOUNTED_DATA) == 0));
		}
	}
	return changed;
}
