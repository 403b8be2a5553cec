/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets of a running natterjack as pcapng. We listen at a socket beside its own and tell it
 * where; it connects and writes, and we pass that on: the file is ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <bsd/stdlib.h>

#include "nj_base.h"
#include "njctl.h"

#define REQUEST_MAX 900 /* DPDK's socket takes 1024 bytes */
#define PIECE_BYTES 65536

/* What --help of a command would say; the letters are for us alone. */
static const struct option names[] = {
	{"session", required_argument, NULL, 's'},
	{"client", required_argument, NULL, 's'},
	{"endpoint", required_argument, NULL, 's'},
	{"dropped", required_argument, NULL, 's'},
	{"count", required_argument, NULL, 's'},
	{"seconds", required_argument, NULL, 's'},
	{"rate", required_argument, NULL, 's'},
	{"snaplen", required_argument, NULL, 's'},
	{"write", required_argument, NULL, 'w'},
	{NULL, 0, NULL, 0},
};

struct request {
	const char *file;       /* "-": standard output */
	char text[REQUEST_MAX]; /* "key=value," of each option */
};

/* Reasons are natterjack's to know. */
static enum status
check(const char *key, const char *value)
{
	struct nj_address address;
	const char *error = NULL;

	if (strcmp(key, "client") == 0 || strcmp(key, "endpoint") == 0) {
		if (nj_ip_parse(value, &address.ip) == 0 || nj_address_parse(value, &address) == 0)
			return STATUS_OK;
		return complain(STATUS_USAGE,
			"wrong address '%.60s': it is like 192.0.2.7, 192.0.2.7:4000, 2001:db8::7 "
			"or [2001:db8::7]:4000",
			value);
	}
	if (strcmp(key, "dropped") == 0)
		return STATUS_OK;
	strtonum(value, strcmp(key, "session") == 0 ? 0 : 1, INT64_MAX, &error);
	return error == NULL ? STATUS_OK : complain(STATUS_USAGE, "wrong --%s '%.60s'", key, value);
}

static enum status
add(struct request *request, const char *key, const char *value)
{
	const size_t used = strlen(request->text);

	if (check(key, value) != STATUS_OK)
		return STATUS_USAGE;
	if (strchr(value, ',') != NULL || strlen(key) + strlen(value) + 3 > REQUEST_MAX - used)
		return complain(STATUS_USAGE, "wrong --%s '%.60s'", key, value);
	snprintf(request->text + used, REQUEST_MAX - used, "%s=%s,", key, value);
	return STATUS_OK;
}

static enum status
read_options(struct context *context, struct request *request)
{
	enum status status = STATUS_OK;
	int letter, index;

	optind = 0; /* GNU's way to begin anew */
	while (status == STATUS_OK &&
		(letter = getopt_long(context->argc, context->argv, "w:", names, &index)) != -1) {
		if (letter == '?')
			return STATUS_USAGE; /* getopt has said what is wrong */
		if (letter == 'w')
			request->file = optarg;
		else
			status = add(request, names[index].name, optarg);
	}
	if (status != STATUS_OK)
		return status;
	if (optind < context->argc)
		return complain(STATUS_USAGE, "capture: unexpected '%s'", context->argv[optind]);
	if (request->file == NULL)
		return complain(STATUS_USAGE, "capture needs -w FILE, or -w - for standard output");
	if (strcmp(request->file, "-") == 0 && isatty(STDOUT_FILENO))
		return complain(STATUS_USAGE, "a capture is nothing for a terminal");
	return STATUS_OK;
}

/* Beside natterjack's own socket, and for its user alone. */
static enum status
listen_beside(const char *its_path, struct sockaddr_un *address, int *fd)
{
	const char *slash = strrchr(its_path, '/');
	struct stat its;
	mode_t mask;
	int ret;

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (snprintf(address->sun_path, sizeof(address->sun_path), "%.*s/capture.%d",
		    (int)(slash - its_path), its_path, getpid()) >= (int)sizeof(address->sun_path))
		return complain(STATUS_ERROR, "the path beside %s is too long", its_path);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unlink(address->sun_path); /* of one that had our number and was killed */
	mask = umask(0177);
	ret = bind(*fd, (const struct sockaddr *)address, sizeof(*address));
	umask(mask);
	if (ret < 0 || listen(*fd, 1) < 0)
		return complain(STATUS_ERROR, "%s: %s", address->sun_path, strerror(errno));
	/* Where it runs as another user than we do, who are root then. */
	if (stat(its_path, &its) == 0 && its.st_uid != geteuid() &&
		chown(address->sun_path, its.st_uid, its.st_gid) < 0)
		return complain(STATUS_ERROR, "%s: %s", address->sun_path, strerror(errno));
	return STATUS_OK;
}

static enum status
ask(struct context *context, const struct request *request, const char *path)
{
	char command[REQUEST_MAX + 140];
	const char *result;
	enum status status;
	json_t *answer;

	snprintf(command, sizeof(command), "/natterjack/capture,%ssocket=%s", request->text, path);
	status = socket_ask(&context->socket, command, &answer);
	if (status != STATUS_OK)
		return status;
	result = json_string_value(json_object_get(answer, "result"));
	if (result == NULL || strcmp(result, "ok") != 0) {
		result = json_string_value(json_object_get(answer, "error"));
		status = complain(STATUS_ERROR, "capture: %s", result != NULL ? result : "refused");
	}
	json_decref(answer);
	return status;
}

/* Natterjack connects before it answers, so nobody waits here. */
static enum status
begin(struct context *context, const struct request *request, int *fd)
{
	struct sockaddr_un address;
	json_t *answer = NULL;
	int listener = -1;
	enum status status = socket_ask(&context->socket, "/natterjack/info", &answer);

	json_decref(answer);
	if (status == STATUS_OK)
		status = listen_beside(context->socket.path, &address, &listener);
	if (status == STATUS_OK) {
		status = ask(context, request, address.sun_path);
		unlink(address.sun_path);
	}
	if (status == STATUS_OK)
		*fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (listener >= 0)
		close(listener);
	return status;
}

/* Ending ------------------------------------------------------------------------------------- */

static int ending; /* the connection, for the signal's handler */

/* We want no more; what is on the way still comes. A second signal ends us at once. */
static void
end(int number)
{
	shutdown(ending, SHUT_WR);
}

static void
end_by_signal(int fd)
{
	const struct sigaction action = {
		.sa_handler = end, .sa_flags = SA_RESTART | (int)SA_RESETHAND};

	ending = fd;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN); /* who reads from us may go, and is told then what came */
}

/* Writing ------------------------------------------------------------------------------------ */

static bool
write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, bytes, length);

		if (written < 0)
			return false;
		bytes += written;
		length -= (size_t)written;
	}
	return true;
}

static enum status
pass_on(int from, int to, const char *file)
{
	static char piece[PIECE_BYTES];
	ssize_t length;

	while ((length = read(from, piece, sizeof(piece))) > 0)
		if (!write_all(to, piece, (size_t)length)) {
			if (errno == EPIPE) /* it was enough for who reads */
				return STATUS_OK;
			return complain(STATUS_ERROR, "%s: %s", file, strerror(errno));
		}
	return STATUS_OK;
}

static enum status
write_file(int fd, const char *file)
{
	const bool standard = strcmp(file, "-") == 0;
	int out = standard ? STDOUT_FILENO
			   : open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	enum status status;

	if (out < 0)
		return complain(STATUS_ERROR, "%s: %s", file, strerror(errno));
	status = pass_on(fd, out, standard ? "standard output" : file);
	if (!standard && close(out) < 0 && status == STATUS_OK)
		return complain(STATUS_ERROR, "%s: %s", file, strerror(errno));
	return status;
}

/* How much of what was wanted there is. On standard error, as the packets may be on the other. */
static enum status
sum_up(struct context *context)
{
	json_int_t written, lost, over_rate;
	json_t *answer;
	enum status status = socket_ask(&context->socket, "/natterjack/capture", &answer);

	if (status != STATUS_OK)
		return status;
	if (json_unpack(answer, "{s:I,s:I,s:I}", "written", &written, "lost", &lost, "over_rate",
		    &over_rate) == 0)
		fprintf(stderr,
			"%" JSON_INTEGER_FORMAT " packets, %" JSON_INTEGER_FORMAT
			" lost, %" JSON_INTEGER_FORMAT " over the rate\n",
			written, lost, over_rate);
	json_decref(answer);
	return STATUS_OK;
}

enum status
run_capture(struct context *context)
{
	struct request request = {.file = NULL};
	enum status status;
	int fd = -1;

	if (context->json)
		return complain(STATUS_USAGE, "a capture is no JSON");
	status = read_options(context, &request);
	if (status == STATUS_OK)
		status = begin(context, &request, &fd);
	if (status != STATUS_OK)
		return status;
	end_by_signal(fd);
	status = write_file(fd, request.file);
	close(fd);
	return status == STATUS_OK ? sum_up(context) : status;
}
