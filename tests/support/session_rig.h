/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker's session table on a link of both families:
 *
 *	clients - 192.0.2.10/24, 2001:db8::10/64 [port 0, 1] 198.51.100.1/24, 2001:db8:1::10/64 -
 *servers
 *
 * A side is IPv6 where its bit (NJ_CLIENT_IPV6, NJ_ENDPOINT_IPV6) is in `ipv6`.
 */
#ifndef NJ_TEST_SESSION_RIG_H
#define NJ_TEST_SESSION_RIG_H

#include "nj_session.h"

#define NJ_TEST_FAMILIES 4 /* values of `ipv6` */

#define NJ_TEST_TTL_MS           60000
#define NJ_TEST_UNREPLIED_TTL_MS 10000

struct nj_test_sessions {
	struct nj_ownership ownership;
	struct nj_counters counters;
	struct nj_link *link;
	struct nj_session_config config;
	struct nj_session_table *table;
};

/* Fails the test where it cannot be made. Ports are 16384 to 65535. */
void nj_test_sessions_start(struct nj_test_sessions *rig, uint32_t capacity, unsigned int n_workers,
	unsigned int worker);
/* The same table anew, after a change of rig->config. */
void nj_test_sessions_again(struct nj_test_sessions *rig);
void nj_test_sessions_stop(struct nj_test_sessions *rig);

/* cmocka's fixtures: a rig of a worker alone, with so much room. */
#define NJ_TEST_CAPACITY 64
int nj_test_sessions_setup(void **state);
int nj_test_sessions_teardown(void **state);

/* From a client's port to our port 7777, for endpoint `endpoint` (1 to 200) on its port 26000. */
struct nj_session_request nj_test_session_request(
	unsigned int ipv6, uint16_t client_port, uint32_t endpoint);

/* A new session of these; fails the test where there is none. */
struct nj_session *nj_test_session_open(struct nj_test_sessions *rig, unsigned int ipv6,
	uint16_t client_port, uint32_t endpoint, nj_ms_t now);

/* Closes all that are idle by then, however long ago the last look was. Returns how many. */
uint32_t nj_test_sessions_expire(struct nj_session_table *table, nj_ms_t now);

/* The endpoint answers, and the client goes on: it is established. */
void nj_test_session_establish(
	struct nj_session_table *table, struct nj_session *session, nj_ms_t now);

/* Field by field; fails the test where two sessions' images differ. */
void nj_test_assert_same_image(
	const struct nj_session_image *left, const struct nj_session_image *right);

#endif
