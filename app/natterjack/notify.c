/* SPDX-License-Identifier: BSD-3-Clause */
#include "notify.h"

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "nj_base.h"

NJ_LOG_TYPE(notify);

/* A reader of the socket that hangs must not hang us. */
#define PATIENCE_US 100000

void
notify(const char *state)
{
	const struct timeval patience = {.tv_usec = PATIENCE_US};
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	socklen_t length;
	int fd;

	if (path == NULL || (path[0] != '/' && path[0] != '@'))
		return;
	if (strlcpy(to.sun_path, path, sizeof(to.sun_path)) >= sizeof(to.sun_path))
		return;
	length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	if (path[0] == '@') /* Linux's abstract namespace */
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (fd < 0 || sendto(fd, state, strlen(state), 0, (struct sockaddr *)&to, length) < 0)
		nj_err(errno, "tell systemd '%s'", state);
	if (fd >= 0)
		close(fd);
}

nj_ms_t
notify_watchdog_ms(void)
{
	const char *interval = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (interval == NULL || (pid != NULL && strtol(pid, NULL, 10) != getpid()))
		return 0;
	/* Twice in the time allowed, as systemd advises. */
	return (nj_ms_t)strtonum(interval, 0, UINT32_MAX * 1000LL, NULL) / 2 / 1000;
}
