/* SPDX-License-Identifier: BSD-3-Clause */
/* Which packets a capture is of, and how much of them. */
#ifndef CAPTURE_SPEC_H
#define CAPTURE_SPEC_H

#include "nj_packet.h"

#define CAPTURE_RATE_DEFAULT    1000
#define CAPTURE_SECONDS_DEFAULT 60
#define CAPTURE_COUNT_DEFAULT   100000
#define CAPTURE_SNAPLEN_DEFAULT 2048

#define CAPTURE_RATE_MAX    1000000
#define CAPTURE_SECONDS_MAX 86400
#define CAPTURE_COUNT_MAX   1000000000
#define CAPTURE_SNAPLEN_MIN 64
#define CAPTURE_SNAPLEN_MAX 16384

#define CAPTURE_ERROR_STRLEN 128
#define CAPTURE_PATH_STRLEN  108 /* sun_path's */

/* A packet has to meet all of it. */
struct capture_spec {
	struct nj_address client, endpoint; /* of no family: any; port 0: any */
	bool by_session;
	uint64_t session_id;
	struct nj_flow session[2]; /* its datagrams as they arrive, by direction, with the number of
				      the endpoint */
	bool only_dropped;
	enum nj_drop reason; /* of those; NJ_DROP_NONE: any */

	uint32_t rate; /* packets a second */
	uint32_t seconds;
	uint32_t count;   /* of packets in all */
	uint32_t snaplen; /* bytes of each */
};

/*
 * Reads "client=A,endpoint=A,session=ID,dropped=REASON,rate=N,seconds=N,count=N,snaplen=N,
 * socket=PATH": each may be left out but the last, which takes all that follows. Fills *spec but
 * for ->session, and the path. Returns 0, or -EINVAL and why in `error`.
 */
int capture_spec_parse(struct capture_spec *spec, char path[CAPTURE_PATH_STRLEN],
	const char *request, char error[CAPTURE_ERROR_STRLEN]);

/* Whether a datagram from this client to this endpoint, as it is steered there, is meant. */
bool capture_spec_downstream(const struct capture_spec *spec, const struct nj_flow *flow,
	const struct nj_address *endpoint);
/* Whether a reply is; `client` is NULL where it belongs to no session. */
bool capture_spec_upstream(const struct capture_spec *spec, const struct nj_flow *flow,
	const struct nj_address *client);

/* Whether a client's datagram says by itself that it is meant, before it has an endpoint. */
static inline bool
capture_spec_is_early(const struct capture_spec *spec)
{
	return !spec->by_session && spec->endpoint.ip.family == AF_UNSPEC;
}

/* Whether any datagram of a session is meant, and so is one of none. */
static inline bool
capture_spec_is_open(const struct capture_spec *spec)
{
	return capture_spec_is_early(spec) && spec->client.ip.family == AF_UNSPEC;
}

#endif
