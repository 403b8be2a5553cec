/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hosts of either family on both sides of the rig: what they send, and what they have to get, byte
 * by byte. They speak the port's VLAN, and answer whoever asks for their MAC address.
 */
#ifndef PEERS_H
#define PEERS_H

#include "datagram.h"
#include "rig.h"

#define CLIENT_PORT 5000
#define DF          RTE_IPV4_HDR_DF_FLAG

/* 192.0.2.77 or 2001:db8::4d; the nth server, from 0, 198.51.100.100 or 2001:db8:1::64 and up; and
 * our own addresses on either side. Ports are in host byte order. */
struct nj_address peer_client(int family, uint16_t port);
struct nj_address peer_server(int family, unsigned int n);
struct nj_address peer_us(unsigned int side, int family, uint16_t port);
struct rte_ether_addr peer_mac(const struct nj_ip *ip);

/* Every datagram goes to the first `n` servers of a family, once it went through the filters, which
 * are YAML's list or NULL. */
struct nj_policy *peer_policy(const char *filters, int family, unsigned int n);

/* A rig with both families whose endpoint is the first server of the family; the client and the
 * server of both families are known to it. */
struct rig *peer_rig(const struct rig_options *options, int family);
/* They are known to it again, after a long time. */
void peer_meet(struct rig *rig);

/* A datagram with a traffic class of its own, an identification, and DF. */
struct nj_test_datagram peer_datagram(const struct nj_address *source,
	const struct nj_address *destination, const void *payload, uint16_t length);
/* What becomes of it on the other side. */
struct nj_test_datagram peer_passed(const struct nj_test_datagram *sent,
	const struct nj_address *source, const struct nj_address *destination);

/*
 * Puts a datagram, or a frame with an IP header, onto queue 0 or another one of a side's port,
 * without polling; its Ethernet header's addresses are filled in. A frame that has its own goes
 * onto a port by number.
 */
void peer_send(struct rig *rig, unsigned int side, const struct nj_test_datagram *datagram);
void peer_put(struct rig *rig, unsigned int side, unsigned int queue, struct rte_mbuf *m);
void peer_enqueue(struct rig *rig, unsigned int port, unsigned int queue, struct rte_mbuf *m);

/* The next frame that left, or NULL. Questions about neighbors are answered and left out, as is
 * what else is said among neighbors. */
struct rte_mbuf *peer_take(struct rig *rig, unsigned int side);
/* Time goes by; nothing but that may leave. */
void peer_wait(struct rig *rig, nj_ms_t ms);
void peer_expect_nothing(struct rig *rig);

/*
 * Compares the next frame that left with a datagram and returns its source port (host byte order).
 * A source port of 0 matches any, as does an identification of 0 without DF.
 */
uint16_t peer_expect(struct rig *rig, unsigned int side, const struct nj_test_datagram *wanted);
/* The same of a frame that was taken, which is freed. */
uint16_t peer_compare(struct rig *rig, unsigned int side, struct rte_mbuf *m,
	const struct nj_test_datagram *wanted);
/* A datagram of any length, in an mbuf of a pool of its own. */
struct rte_mbuf *peer_build(const struct nj_test_datagram *datagram);

/* From a client to a server, and back: sends and compares. The upstream port is found where it is
 * 0. Returns it. */
uint16_t peer_request(struct rig *rig, const struct nj_test_datagram *sent,
	const struct nj_address *server, uint16_t upstream_port);
void peer_reply(
	struct rig *rig, const struct nj_test_datagram *sent, const struct nj_address *client);
/* A short datagram and its answer. Returns the upstream port. */
uint16_t peer_establish(
	struct rig *rig, const struct nj_address *client, const struct nj_address *server);

/* The counters of the port on a side, over all lcores. */
struct nj_port_counters peer_counters(const struct rig *rig, unsigned int side);

#endif
