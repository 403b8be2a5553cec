/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The whole packet path between rings: frames in, frames out, in one thread,
 * with a clock that the test owns. No device, no root.
 *
 *	clients 192.0.2.0/24 - port 0 [192.0.2.10   proxy   198.51.100.10] port 1 - servers
 *198.51.100.0/24
 *	        2001:db8::/64 -        [2001:db8::a        2001:db8:1::a]        - 2001:db8:1::/64
 *
 * With one port both networks are on it. A test ends with rig_destroy(), which checks that the law
 * holds for every port and that no mbuf is lost.
 */
#ifndef RIG_H
#define RIG_H

#include "dataplane.h"
#include "frame.h"
#include "keeper.h"

#define RIG_PORTS_MAX  2
#define RIG_QUEUES_MAX 8

#define CLIENTS 0 /* ports, by who is there */
#define SERVERS 1

#define OUR_CLIENT_IP NJ_TEST_OUR_IP
#define OUR_SERVER_IP NJ_TEST_IP(198, 51, 100, 10)
#define CLIENT_IP     NJ_TEST_PEER_IP
#define SERVER_IP(n)  (NJ_TEST_IP(198, 51, 100, 100) + (n)) /* the nth endpoint's, from 0 */
#define SERVER_PORT   26000
#define LISTENER      7777

struct rig_options {
	unsigned int n_ports;   /* default 2 */
	unsigned int n_workers; /* default 1 */
	unsigned int
		n_queues; /* of each port, each way; default: workers and manager have theirs */
	unsigned int n_endpoints;    /* of a policy without filters, in the second era */
	struct nj_policy *policy;    /* this one instead; the rig's from then on */
	uint32_t capacity;           /* default 1024 */
	uint16_t port_min, port_max; /* default 16384 to 65535 */
	unsigned int n_sources;      /* addresses that servers see; default: our one there */
	struct nj_ip *sources;       /* kept, not copied */
	uint16_t mtu, vlan;          /* of both ports */
	const char *gateway;         /* of the servers' port */
	uint16_t qcmp_port;          /* default: off */
	unsigned int n_listeners;    /* 0: one, on every address */
	struct nj_listener_config *listeners; /* as long as the rig */
	enum nj_port_role roles[RIG_PORTS_MAX];
	enum nj_reverse_path reverse_path;
	bool ipv6;        /* both networks have IPv6, too */
	bool ask;         /* for our addresses, as at a real start; else they are valid at once */
	char *state_file; /* sessions of it are there, and rig_save() writes it */
	int64_t wall_ms;  /* what the calendar says at the start */
	nj_ms_t (*clock_ms)(void);       /* asked while sessions come back; default: the start */
	struct nj_session_limits limits; /* the appliance file's */
};

struct rig {
	nj_ms_t now;
	struct dataplane *dataplane;
	struct nj_appliance appliance;
	struct nj_policy *policy;
	struct nj_port_config ports[RIG_PORTS_MAX];
	struct nj_prefix addresses[2], addresses6[2];      /* by side */
	struct nj_prefix port_addresses[RIG_PORTS_MAX][4]; /* the same, by port */
	struct nj_ip gateway;
	struct rte_ring *in[RIG_PORTS_MAX][RIG_QUEUES_MAX], *out[RIG_PORTS_MAX][RIG_QUEUES_MAX];
	unsigned int n_queues;
	struct keeper keeper;
	int64_t wall_ms;            /* at START_MS */
	unsigned int questions;     /* about neighbors, that peers.h has answered */
	const struct nj_ip *silent; /* a neighbor that does not answer; NULL: they all do */
};

/* Every datagram goes to each of the first `n_endpoints` servers, through no filter. */
struct nj_policy *rig_policy(unsigned int n_endpoints);

struct rig *rig_create(const struct rig_options *options);
void rig_destroy(struct rig *rig);
/* Time goes by until nobody waits any more; what has left is freed. The law holds then, and no mbuf
 * is anywhere. */
void rig_settle(struct rig *rig);

/* The present, also by the calendar. */
struct nj_state_time rig_time(const struct rig *rig);

/* Writes the state file: `last` is an orderly end; without it what follows is a kill. */
void rig_save(struct rig *rig, bool last);

/* Polls everything in turn until nothing moves any more. */
void rig_run(struct rig *rig);
/* Lets time go by in steps of `step` ms, everything being polled after each. */
void rig_wait(struct rig *rig, nj_ms_t ms, nj_ms_t step);

/* Puts a frame onto a port's receive queue, without polling. Its Ethernet addresses are filled in.
 */
void rig_send_on(
	struct rig *rig, unsigned int port, unsigned int queue, struct nj_test_frame *frame);
/* The same on queue 0. */
void rig_send(struct rig *rig, unsigned int port, struct nj_test_frame *frame);

/* The next frame that left on a port, or NULL. */
struct rte_mbuf *rig_take(struct rig *rig, unsigned int port);

/* Where the proxy has its link to this peer. */
unsigned int rig_port_of(const struct rig *rig, unsigned int side);
struct rte_ether_addr rig_mac(const struct rig *rig, unsigned int port);
/* A peer's MAC address: 02:00 and its IP address (host byte order). */
struct rte_ether_addr rig_peer_mac(uint32_t ip);

/* The peer asks who we are, so that we know it too; takes our answer. */
void rig_introduce(struct rig *rig, unsigned int side, uint32_t peer_ip);

/* A datagram from a client to the listener, or from a server to one of our ports. */
struct nj_test_frame rig_client_frame(uint16_t client_port, const char *payload);
struct nj_test_frame rig_server_frame(unsigned int server, uint16_t our_port, const char *payload);

/*
 * Takes the next frame that left on `side` and compares it, byte by byte, with a datagram of these
 * addresses and payload. Returns its source port (host byte order) where `src_port` is 0, which
 * then matches any.
 */
uint16_t rig_expect(struct rig *rig, unsigned int side, uint32_t src_ip, uint16_t src_port,
	uint32_t dst_ip, uint16_t dst_port, const char *payload);
/* The UDP source port of an IPv4 datagram, host byte order. */
uint16_t rig_source_port(const struct rte_mbuf *m);
/* Sends to a new session's endpoint, answers and sends again, so that it is established; returns
 * its upstream port. */
uint16_t rig_establish(struct rig *rig, uint16_t client_port);
void rig_expect_nothing(struct rig *rig);

/* Frees all that left on any side; returns how many frames that were. */
unsigned int rig_discard(struct rig *rig);

/* The sum over all lcores and ports. */
struct nj_counters rig_counters(const struct rig *rig);
uint64_t rig_dropped(const struct rig *rig, enum nj_drop reason);
uint32_t rig_sessions(const struct rig *rig);

#endif
