/* SPDX-License-Identifier: BSD-3-Clause */
#include "socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define GREETING_MAX 4096
#define ANSWER_MIN   1024
#define ANSWER_MAX   (1 << 20)
#define PATIENCE_S   5

#define ROOTS_DIRECTORY "/var/run"

void
socket_init(struct socket *sock, const char *prefix)
{
	*sock = (struct socket){.prefix = prefix, .fd = -1};
}

void
socket_close(struct socket *sock)
{
	if (sock->fd >= 0)
		close(sock->fd);
	free(sock->buffer);
	sock->buffer = NULL;
	sock->fd = -1;
}

/* Where the EAL puts its sockets: the same rule as its own. */
static const char *
runtime_directory(void)
{
	const char *directory = getenv("RUNTIME_DIRECTORY");

	if (directory != NULL && directory[0] != '\0')
		return directory;
	if (getuid() == 0)
		return ROOTS_DIRECTORY;
	directory = getenv("XDG_RUNTIME_DIR");
	return directory != NULL ? directory : "/tmp";
}

static enum status
address_make(const char *directory, const char *prefix, struct sockaddr_un *address)
{
	int length;

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (prefix[0] == '\0' || prefix[0] == '.' || strchr(prefix, '/') != NULL)
		return complain(STATUS_USAGE, "wrong prefix '%s': it is natterjack's --file-prefix",
			prefix);
	length = snprintf(address->sun_path, sizeof(address->sun_path),
		"%s/dpdk/%s/dpdk_telemetry.v2", directory, prefix);
	if (length >= (int)sizeof(address->sun_path))
		return complain(STATUS_USAGE, "the prefix '%s' is too long", prefix);
	return STATUS_OK;
}

static enum status
no_connection(const char *path, int error)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		return complain(
			STATUS_NOBODY, "no natterjack is running (nobody listens at %s)", path);
	case EACCES:
	case EPERM:
		return complain(
			STATUS_NOBODY, "no permission for %s: run as the user of natterjack", path);
	default:
		return complain(STATUS_NOBODY, "%s: %s", path, strerror(error));
	}
}

static enum status
no_answer(const struct socket *sock, ssize_t length)
{
	if (length == 0)
		return complain(STATUS_NOBODY,
			"natterjack '%s' closed the connection: it is stopping, or ten others ask",
			sock->prefix);
	if (errno == EAGAIN)
		return complain(STATUS_NOBODY, "natterjack '%s' did not answer within %u s",
			sock->prefix, sock->patience_s);
	return complain(STATUS_NOBODY, "natterjack '%s': %s", sock->prefix, strerror(errno));
}

static void
set_patience(struct socket *sock)
{
	struct timeval time;

	if (sock->patience_s == 0)
		sock->patience_s = PATIENCE_S;
	time = (struct timeval){.tv_sec = sock->patience_s};
	setsockopt(sock->fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
	setsockopt(sock->fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
}

/* DPDK speaks first, and says how long its answers may be. */
static enum status
greet(struct socket *sock)
{
	char text[GREETING_MAX];
	ssize_t length = recv(sock->fd, text, sizeof(text), 0);
	json_int_t max = 0;
	json_t *greeting;

	if (length <= 0)
		return no_answer(sock, length);
	greeting = json_loadb(text, (size_t)length, 0, NULL);
	json_unpack(greeting, "{s:I}", "max_output_len", &max);
	json_decref(greeting);
	if (max < ANSWER_MIN || max > ANSWER_MAX)
		return complain(STATUS_NOBODY, "'%s' does not greet as DPDK does", sock->prefix);
	sock->size = (size_t)max;
	sock->buffer = malloc(sock->size);
	return sock->buffer != NULL ? STATUS_OK : complain(STATUS_ERROR, "out of memory");
}

/* Returns 0 or a positive errno. */
static int
socket_connect(const struct socket *sock, const struct sockaddr_un *address)
{
	return connect(sock->fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? errno
											 : 0;
}

/* Who is not root looks for root's natterjack, too. */
static enum status
socket_open(struct socket *sock)
{
	struct sockaddr_un address, roots;
	enum status status = address_make(runtime_directory(), sock->prefix, &address);
	int error;

	if (status == STATUS_OK)
		status = address_make(ROOTS_DIRECTORY, sock->prefix, &roots);
	if (status != STATUS_OK)
		return status;
	sock->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sock->fd < 0)
		return complain(STATUS_ERROR, "socket: %s", strerror(errno));
	set_patience(sock);
	error = socket_connect(sock, &address);
	if (error == ENOENT && getuid() != 0) {
		address = roots;
		error = socket_connect(sock, &address);
	}
	strcpy(sock->path, address.sun_path);
	return error == 0 ? greet(sock) : no_connection(address.sun_path, error);
}

/* The answer's JSON; NULL in *answer where DPDK answered with null. */
static enum status
exchange(struct socket *sock, const char *command, json_t **answer)
{
	json_error_t error;
	json_t *root;
	ssize_t length;

	if (send(sock->fd, command, strlen(command), MSG_NOSIGNAL) < 0)
		return no_answer(sock, -1);
	length = recv(sock->fd, sock->buffer, sock->size, 0);
	if (length <= 0)
		return no_answer(sock, length);
	root = json_loadb(sock->buffer, (size_t)length, 0, &error);
	if (root == NULL)
		return complain(
			STATUS_ERROR, "the answer to %s is no JSON: %s", command, error.text);
	*answer = json_incref(json_object_iter_value(json_object_iter(root)));
	json_decref(root);
	if (json_is_null(*answer))
		*answer = NULL;
	return STATUS_OK;
}

enum status
socket_ask(struct socket *sock, const char *command, json_t **answer)
{
	enum status status = sock->fd >= 0 ? STATUS_OK : socket_open(sock);
	json_t *info = NULL;

	*answer = NULL;
	if (status == STATUS_OK)
		status = exchange(sock, command, answer);
	if (status != STATUS_OK || *answer != NULL)
		return status;
	/* Any DPDK program answers with null to what it does not know. */
	status = exchange(sock, "/natterjack/info", &info);
	json_decref(info);
	if (status == STATUS_OK && info != NULL)
		return complain(STATUS_ERROR, "natterjack answered %s with an error", command);
	if (status == STATUS_OK)
		return complain(STATUS_NOBODY,
			"the program '%s' is no natterjack, or one that is stopping", sock->prefix);
	return status;
}
