/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture_spec.h"

#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <errno.h>
#include <stdio.h>

#define REQUEST_STRLEN 1024

/* Reading ------------------------------------------------------------------------------------ */

static bool
read_address(const char *text, struct nj_address *address)
{
	struct nj_ip ip;

	if (nj_ip_parse(text, &ip) == 0) {
		*address = (struct nj_address){.ip = ip};
		return true;
	}
	return nj_address_parse(text, address) == 0;
}

static bool
read_number(const char *text, uint32_t min, uint32_t max, uint32_t *number)
{
	const char *error;

	*number = (uint32_t)strtonum(text, min, max, &error);
	return error == NULL;
}

static bool
read_session(const char *text, struct capture_spec *spec)
{
	const char *error;

	spec->by_session = true;
	spec->session_id = (uint64_t)strtonum(text, 0, INT64_MAX, &error);
	return error == NULL;
}

static bool
read_reason(const char *text, struct capture_spec *spec)
{
	spec->only_dropped = true;
	spec->reason = NJ_DROP_NONE;
	if (strcmp(text, "any") == 0)
		return true;
	for (int reason = NJ_DROP_NONE + 1; reason < NJ_DROP_COUNT; reason++)
		if (strcmp(nj_drop_name((enum nj_drop)reason), text) == 0)
			spec->reason = (enum nj_drop)reason;
	return spec->reason != NJ_DROP_NONE;
}

static bool
read_pair(struct capture_spec *spec, const char *key, const char *value)
{
	if (strcmp(key, "client") == 0)
		return read_address(value, &spec->client);
	if (strcmp(key, "endpoint") == 0)
		return read_address(value, &spec->endpoint);
	if (strcmp(key, "session") == 0)
		return read_session(value, spec);
	if (strcmp(key, "dropped") == 0)
		return read_reason(value, spec);
	if (strcmp(key, "rate") == 0)
		return read_number(value, 1, CAPTURE_RATE_MAX, &spec->rate);
	if (strcmp(key, "seconds") == 0)
		return read_number(value, 1, CAPTURE_SECONDS_MAX, &spec->seconds);
	if (strcmp(key, "count") == 0)
		return read_number(value, 1, CAPTURE_COUNT_MAX, &spec->count);
	if (strcmp(key, "snaplen") == 0)
		return read_number(value, CAPTURE_SNAPLEN_MIN, CAPTURE_SNAPLEN_MAX, &spec->snaplen);
	return false;
}

static int
wrong(char error[CAPTURE_ERROR_STRLEN], const char *what, const char *text)
{
	snprintf(error, CAPTURE_ERROR_STRLEN, "%s '%.60s'", what, text);
	return -EINVAL;
}

int
capture_spec_parse(struct capture_spec *spec, char path[CAPTURE_PATH_STRLEN], const char *request,
	char error[CAPTURE_ERROR_STRLEN])
{
	char text[REQUEST_STRLEN];
	char *rest = text;

	*spec = (struct capture_spec){.rate = CAPTURE_RATE_DEFAULT,
		.seconds = CAPTURE_SECONDS_DEFAULT,
		.count = CAPTURE_COUNT_DEFAULT,
		.snaplen = CAPTURE_SNAPLEN_DEFAULT};
	if (strlcpy(text, request, sizeof(text)) >= sizeof(text))
		return wrong(error, "too long:", request);
	while (rest != NULL && strncmp(rest, "socket=", 7) != 0) {
		char *value = strsep(&rest, ",");
		char *key = strsep(&value, "=");

		if (value == NULL || !read_pair(spec, key, value))
			return wrong(
				error, value == NULL ? "wrong" : key, value == NULL ? key : value);
	}
	if (rest == NULL)
		return wrong(error, "no socket in", request);
	if (strlcpy(path, rest + 7, CAPTURE_PATH_STRLEN) >= CAPTURE_PATH_STRLEN || path[0] != '/')
		return wrong(error, "wrong socket", rest + 7);
	return 0;
}

/* Matching ----------------------------------------------------------------------------------- */

static bool
address_matches(const struct nj_address *wanted, const struct nj_address *address)
{
	return wanted->ip.family == AF_UNSPEC ||
	       (nj_ip_equal(&wanted->ip, &address->ip) &&
		       (wanted->port == 0 || wanted->port == address->port));
}

static bool
flow_equal(const struct nj_flow *a, const struct nj_flow *b)
{
	return a->ipv6 == b->ipv6 &&
	       memcmp(a, b, a->ipv6 ? NJ_FLOW6_KEY_BYTES : NJ_FLOW4_KEY_BYTES) == 0;
}

bool
capture_spec_downstream(const struct capture_spec *spec, const struct nj_flow *flow,
	const struct nj_address *endpoint)
{
	const struct nj_address client = nj_flow_source(flow);

	if (spec->by_session && !flow_equal(flow, &spec->session[0]))
		return false;
	return address_matches(&spec->client, &client) &&
	       address_matches(&spec->endpoint, endpoint);
}

bool
capture_spec_upstream(const struct capture_spec *spec, const struct nj_flow *flow,
	const struct nj_address *client)
{
	const struct nj_address endpoint = nj_flow_source(flow), nobody = {0};

	if (spec->by_session && !flow_equal(flow, &spec->session[1]))
		return false;
	return address_matches(&spec->client, client != NULL ? client : &nobody) &&
	       address_matches(&spec->endpoint, &endpoint);
}
