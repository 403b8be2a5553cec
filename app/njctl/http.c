/* SPDX-License-Identifier: BSD-3-Clause */
#include "http.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "serve.h"

#define BACKLOG      64
#define MEMORY_BYTES 16384 /* of a connection: its headers have to fit */

/*
 * A connection's own time limit counts from the last byte, and so can be stretched for ever byte by
 * byte. These are cut off HTTP_LIFETIME_S after they began.
 */
struct connection {
	int fd;
	time_t since; /* of a clock that does not jump */
};

struct http {
	struct MHD_Daemon *daemon;
	pthread_mutex_t lock;
	unsigned int n;
	struct connection connections[HTTP_CONNECTIONS_MAX];
};

static time_t
now_s(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

/* Connections ------------------------------------------------------------------------------- */

static void
note_connection(struct http *http, int fd)
{
	if (http->n < HTTP_CONNECTIONS_MAX)
		http->connections[http->n++] = (struct connection){fd, now_s()};
}

static void
forget_connection(struct http *http, int fd)
{
	for (unsigned int i = 0; i < http->n; i++) {
		if (http->connections[i].fd == fd) {
			http->connections[i] = http->connections[--http->n];
			return;
		}
	}
}

/* The library closes a connection only after it was told here, so none that is noted is another's
 * by now. */
static void
watch_connection(void *context, struct MHD_Connection *connection, void **own,
	enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct http *http = context;

	pthread_mutex_lock(&http->lock);
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		note_connection(http, info->connect_fd);
	else
		forget_connection(http, info->connect_fd);
	pthread_mutex_unlock(&http->lock);
}

void
http_tick(struct http *http)
{
	const time_t now = now_s();

	pthread_mutex_lock(&http->lock);
	for (unsigned int i = 0; i < http->n; i++)
		if (now - http->connections[i].since >= HTTP_LIFETIME_S)
			shutdown(http->connections[i].fd, SHUT_RDWR);
	pthread_mutex_unlock(&http->lock);
}

/* Answers ----------------------------------------------------------------------------------- */

/* Nobody else's page may show or use what is here, nor this page anything from elsewhere. */
static void
add_headers(struct MHD_Response *response, const char *type)
{
	const char *const headers[][2] = {
		{"Cache-Control", "no-store"},
		{"Connection", "close"},
		{"Content-Security-Policy", page_policy},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"Referrer-Policy", "no-referrer"},
		{"X-Content-Type-Options", "nosniff"},
	};

	MHD_add_response_header(response, "Content-Type", type);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		MHD_add_response_header(response, headers[i][0], headers[i][1]);
}

static enum MHD_Result
send_reply(struct MHD_Connection *connection, struct reply *reply)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	if (reply->text == NULL)
		return MHD_NO; /* out of memory: the connection is closed */
	response =
		MHD_create_response_from_buffer(reply->length, reply->text, MHD_RESPMEM_MUST_FREE);
	if (response == NULL) {
		free(reply->text);
		return MHD_NO;
	}
	add_headers(response, reply->type);
	if (reply->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow", "GET, HEAD");
	result = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

static void
refuse(struct reply *reply, unsigned int status, const char *text)
{
	*reply = (struct reply){status, "text/plain; charset=utf-8", strdup(text), strlen(text)};
}

static enum MHD_Result
answer(void *context, struct MHD_Connection *connection, const char *path, const char *method,
	const char *version, const char *upload, size_t *upload_size, void **own)
{
	const reply_fn found = reply_find(path);
	struct reply reply;

	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		refuse(&reply, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only");
	else if (found == NULL)
		refuse(&reply, MHD_HTTP_NOT_FOUND, "no such path");
	else
		found(&reply,
			MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "client"));
	return send_reply(connection, &reply);
}

/* Start and stop ---------------------------------------------------------------------------- */

static int
listen_at(const struct nj_address *address)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = address->port};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = address->port};
	const bool ipv6 = address->ip.family == AF_INET6;
	const struct sockaddr *at = ipv6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
	const int on = 1;
	int fd = socket(address->ip.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	v4.sin_addr.s_addr = address->ip.v4;
	memcpy(&v6.sin6_addr, address->ip.v6, sizeof(v6.sin6_addr));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ipv6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, at, ipv6 ? sizeof(v6) : sizeof(v4)) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

enum status
http_start(struct http **out, const struct nj_address *address, const char *text)
{
	struct http *http = calloc(1, sizeof(*http));
	int fd;

	if (http == NULL)
		return complain(STATUS_ERROR, "out of memory");
	fd = listen_at(address);
	if (fd < 0) {
		free(http);
		return complain(STATUS_ERROR, "listen at %s: %s", text, strerror(errno));
	}
	pthread_mutex_init(&http->lock, NULL);
	http->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
						MHD_USE_THREAD_PER_CONNECTION | MHD_USE_ITC,
		0, NULL, NULL, answer, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_NOTIFY_CONNECTION, watch_connection, http, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int)HTTP_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned int)HTTP_LIFETIME_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)MEMORY_BYTES, MHD_OPTION_END);
	if (http->daemon == NULL) {
		close(fd);
		free(http);
		return complain(STATUS_ERROR, "the HTTP server does not start");
	}
	*out = http;
	return STATUS_OK;
}

void
http_stop(struct http *http)
{
	if (http == NULL)
		return;
	MHD_stop_daemon(http->daemon);
	free(http);
}
