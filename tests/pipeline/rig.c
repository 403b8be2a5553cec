/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_arp.h>
#include <rte_bus_vdev.h>
#include <rte_eth_ring.h>

#include "eal.h"
#include "manager.h"
#include "worker.h"

#define RING_SIZE 4096
#define START_MS  100000

/* Building ----------------------------------------------------------------------------------- */

static struct rte_ring *
ring(const char *kind, unsigned int port, unsigned int queue)
{
	char name[RTE_RING_NAMESIZE];
	struct rte_ring *made;

	snprintf(name, sizeof(name), "rig_%s_%u_%u", kind, port, queue);
	made = rte_ring_create(name, RING_SIZE, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	assert_non_null(made);
	return made;
}

static void
make_device(struct rig *rig, unsigned int port)
{
	char name[32];

	for (unsigned int q = 0; q < rig->n_queues; q++) {
		rig->in[port][q] = ring("in", port, q);
		rig->out[port][q] = ring("out", port, q);
	}
	snprintf(name, sizeof(name), "rig%u", port);
	assert_true(rte_eth_from_rings(name, rig->in[port], rig->n_queues, rig->out[port],
			    rig->n_queues, 0) >= 0);
}

static void
configure_port(struct rig *rig, unsigned int port, const struct rig_options *options)
{
	struct nj_port_config *config = &rig->ports[port];
	char device[32];

	snprintf(device, sizeof(device), "net_ring_rig%u", port);
	*config = (struct nj_port_config){
		.device = strdup(device),
		.addresses = rig->port_addresses[port],
		.role = options->roles[port],
		.mtu = options->mtu != 0 ? options->mtu : 1500,
		.vlan = options->vlan,
		.rx_descriptors = 64,
		.tx_descriptors = 64,
	};
	for (unsigned int side = CLIENTS; side <= SERVERS; side++) {
		if (RTE_MIN(side, options->n_ports - 1) != port)
			continue;
		config->addresses[config->n_addresses++] = rig->addresses[side];
		if (options->ipv6)
			config->addresses[config->n_addresses++] = rig->addresses6[side];
	}
	if (options->gateway != NULL && port == options->n_ports - 1) {
		assert_int_equal(nj_ip_parse(options->gateway, &rig->gateway), 0);
		config->n_gateways = 1;
		config->gateways = &rig->gateway;
	}
}

struct nj_policy *
rig_policy(unsigned int n_endpoints)
{
	struct nj_policy *policy = calloc(1, sizeof(*policy));
	struct nj_document document = {0};

	assert_non_null(policy);
	policy->port = LISTENER;
	policy->chain = nj_chain_build(&document, NULL, NJ_ERA_2, &policy->clusters);
	assert_non_null(policy->chain);
	assert_int_equal(nj_clusters_add(&policy->clusters, NULL), 0);
	for (unsigned int i = 0; i < n_endpoints; i++) {
		struct nj_address address = {
			nj_ip_v4(rte_cpu_to_be_32(SERVER_IP(i))), RTE_BE16(SERVER_PORT)};

		assert_non_null(nj_clusters_add_endpoint(&policy->clusters, &address));
	}
	assert_int_equal(nj_clusters_index(&policy->clusters), 0);
	return policy;
}

static void
configure(struct rig *rig, const struct rig_options *options)
{
	rig->addresses[CLIENTS] = (struct nj_prefix){nj_ip_v4(rte_cpu_to_be_32(OUR_CLIENT_IP)), 24};
	rig->addresses[SERVERS] = (struct nj_prefix){nj_ip_v4(rte_cpu_to_be_32(OUR_SERVER_IP)), 24};
	assert_int_equal(nj_prefix_parse("2001:db8::a/64", &rig->addresses6[CLIENTS]), 0);
	assert_int_equal(nj_prefix_parse("2001:db8:1::a/64", &rig->addresses6[SERVERS]), 0);
	rig->appliance.n_ports = options->n_ports;
	rig->appliance.ports = rig->ports;
	for (unsigned int port = 0; port < options->n_ports; port++)
		configure_port(rig, port, options);
	rig->appliance.qcmp_port = options->qcmp_port;
	rig->appliance.reverse_path = options->reverse_path;
	rig->appliance.sessions.capacity = options->capacity;
	rig->appliance.sessions.ttl_ms = 60000;
	rig->appliance.sessions.unreplied_ttl_ms = 10000;
	rig->appliance.sessions.port_min = options->port_min;
	rig->appliance.sessions.port_max = options->port_max;
	rig->appliance.sessions.n_source_addresses = options->n_sources;
	rig->appliance.sessions.source_addresses = options->sources;
	rig->appliance.sessions.state_file = options->state_file;
	rig->appliance.limits.new_sessions_per_second = options->limits.per_second;
	rig->appliance.limits.sessions_per_source = options->limits.per_source;
	rig->appliance.limits.sessions_per_prefix = options->limits.per_prefix;
	rig->appliance.n_listeners = options->n_listeners;
	rig->appliance.listeners = options->listeners;
	rig->policy = options->policy != NULL ? options->policy : rig_policy(options->n_endpoints);
}

struct nj_state_time
rig_time(const struct rig *rig)
{
	return (struct nj_state_time){rig->now, rig->wall_ms + nj_ms_since(rig->now, START_MS)};
}

void
rig_save(struct rig *rig, bool last)
{
	assert_int_equal(keeper_save(&rig->keeper, rig_time(rig), last), 0);
}

static nj_ms_t
start_ms(void)
{
	return START_MS;
}

struct rig *
rig_create(const struct rig_options *given)
{
	struct rig_options options = *given;
	struct rig *rig = calloc(1, sizeof(*rig));

	nj_test_eal(0);
	options.n_ports = options.n_ports ? options.n_ports : 2;
	options.clock_ms = options.clock_ms ? options.clock_ms : start_ms;
	options.n_workers = options.n_workers ? options.n_workers : 1;
	options.capacity = options.capacity ? options.capacity : 1024;
	options.port_min = options.port_min ? options.port_min : 16384;
	options.port_max = options.port_max ? options.port_max : 65535;
	rig->now = START_MS;
	rig->wall_ms = options.wall_ms;
	rig->n_queues = options.n_queues ? options.n_queues : options.n_workers + 1;
	configure(rig, &options);
	for (unsigned int port = 0; port < options.n_ports; port++)
		make_device(rig, port);
	rig->dataplane = dataplane_create(&rig->appliance, rig->policy, options.n_workers);
	assert_non_null(rig->dataplane);
	if (options.ask)
		keeper_start_link(rig->dataplane, rig_time(rig));
	assert_int_equal(
		keeper_load(&rig->keeper, rig->dataplane, rig_time(rig), options.clock_ms), 0);
	manager_step(rig->dataplane->manager, rig->now); /* from here on workers serve */
	return rig;
}

/* Running ------------------------------------------------------------------------------------ */

void
rig_run(struct rig *rig)
{
	struct dataplane *dataplane = rig->dataplane;
	unsigned int quiet = 0;

	/* What the manager sends through a worker's queue moves in the round after. */
	while (quiet < 3) {
		unsigned int met = 0;

		for (unsigned int i = 0; i < dataplane->n_workers; i++)
			met += worker_poll(dataplane->workers[i], rig->now);
		manager_step(dataplane->manager, rig->now);
		quiet = met == 0 ? quiet + 1 : 0;
	}
}

void
rig_wait(struct rig *rig, nj_ms_t ms, nj_ms_t step)
{
	for (nj_ms_t gone = 0; gone < ms; gone += step) {
		rig->now += step;
		rig_run(rig);
	}
}

unsigned int
rig_port_of(const struct rig *rig, unsigned int side)
{
	return RTE_MIN(side, rig->dataplane->n_ports - 1);
}

struct rte_ether_addr
rig_mac(const struct rig *rig, unsigned int port)
{
	return rig->dataplane->ports[port].mac;
}

struct rte_ether_addr
rig_peer_mac(uint32_t ip)
{
	return (struct rte_ether_addr){{0x02, 0, (uint8_t)(ip >> 24), (uint8_t)(ip >> 16),
		(uint8_t)(ip >> 8), (uint8_t)ip}};
}

void
rig_send_on(struct rig *rig, unsigned int port, unsigned int queue, struct nj_test_frame *frame)
{
	struct rte_mbuf *m;

	frame->ether_to = rig_mac(rig, port);
	frame->ether_from = rig_peer_mac(frame->src_ip);
	m = nj_test_frame_build(frame);
	assert_int_equal(rte_ring_enqueue(rig->in[port][queue], m), 0);
}

void
rig_send(struct rig *rig, unsigned int side, struct nj_test_frame *frame)
{
	rig_send_on(rig, rig_port_of(rig, side), 0, frame);
}

struct rte_mbuf *
rig_take(struct rig *rig, unsigned int side)
{
	unsigned int port = rig_port_of(rig, side);
	void *m;

	for (unsigned int q = 0; q < rig->n_queues; q++)
		if (rte_ring_dequeue(rig->out[port][q], &m) == 0)
			return m;
	return NULL;
}

void
rig_introduce(struct rig *rig, unsigned int side, uint32_t peer_ip)
{
	unsigned int port = rig_port_of(rig, side);
	uint32_t ours = side == CLIENTS ? OUR_CLIENT_IP : OUR_SERVER_IP;
	struct rte_ether_addr mac = rig_peer_mac(peer_ip);
	struct {
		struct rte_ether_hdr ether;
		struct rte_arp_hdr arp;
	} __rte_packed __rte_aligned(2) question = {
		.ether = {.src_addr = mac, .ether_type = RTE_BE16(RTE_ETHER_TYPE_ARP)},
		.arp = {.arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER),
			.arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4),
			.arp_hlen = RTE_ETHER_ADDR_LEN,
			.arp_plen = sizeof(rte_be32_t),
			.arp_opcode = RTE_BE16(RTE_ARP_OP_REQUEST),
			.arp_data = {.arp_sha = mac,
				.arp_sip = rte_cpu_to_be_32(peer_ip),
				.arp_tip = rte_cpu_to_be_32(ours)}},
	};
	struct rte_mbuf *answer;

	memset(&question.ether.dst_addr, 0xff, sizeof(question.ether.dst_addr));
	answer = nj_test_mbuf(&question, sizeof(question));
	assert_int_equal(rte_ring_enqueue(rig->in[port][0], answer), 0);
	rig_run(rig);
	answer = rig_take(rig, side);
	assert_non_null(answer);
	rte_pktmbuf_free(answer);
}

/* Datagrams ---------------------------------------------------------------------------------- */

struct nj_test_frame
rig_client_frame(uint16_t client_port, const char *payload)
{
	struct nj_test_frame frame = nj_test_frame_udp(payload, (uint16_t)strlen(payload));

	frame.src_port = client_port;
	return frame;
}

struct nj_test_frame
rig_server_frame(unsigned int server, uint16_t our_port, const char *payload)
{
	struct nj_test_frame frame = nj_test_frame_udp(payload, (uint16_t)strlen(payload));

	frame.src_ip = SERVER_IP(server);
	frame.src_port = SERVER_PORT;
	frame.dst_ip = OUR_SERVER_IP;
	frame.dst_port = our_port;
	return frame;
}

uint16_t
rig_source_port(const struct rte_mbuf *m)
{
	const struct rte_udp_hdr *udp =
		rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, NJ_UDP4_OFFSET);

	return rte_be_to_cpu_16(udp->src_port);
}

uint16_t
rig_expect(struct rig *rig, unsigned int side, uint32_t src_ip, uint16_t src_port, uint32_t dst_ip,
	uint16_t dst_port, const char *payload)
{
	struct nj_test_frame frame = nj_test_frame_udp(payload, (uint16_t)strlen(payload));
	struct rte_mbuf *m = rig_take(rig, side), *wanted;

	assert_non_null(m);
	frame.ether_to = rig_peer_mac(dst_ip);
	frame.ether_from = rig_mac(rig, rig_port_of(rig, side));
	frame.ttl = NJ_TTL;
	frame.src_ip = src_ip;
	frame.src_port = src_port != 0 ? src_port : rig_source_port(m);
	frame.dst_ip = dst_ip;
	frame.dst_port = dst_port;
	wanted = nj_test_frame_build(&frame);
	assert_int_equal(rte_pktmbuf_pkt_len(m), rte_pktmbuf_pkt_len(wanted));
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), rte_pktmbuf_mtod(wanted, void *),
		rte_pktmbuf_pkt_len(wanted));
	rte_pktmbuf_free(wanted);
	rte_pktmbuf_free(m);
	return frame.src_port;
}

uint16_t
rig_establish(struct rig *rig, uint16_t client_port)
{
	struct nj_test_frame frame = rig_client_frame(client_port, "hello");
	uint16_t upstream_port;

	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	upstream_port =
		rig_expect(rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT, "hello");
	frame = rig_server_frame(0, upstream_port, "welcome");
	rig_send(rig, SERVERS, &frame);
	rig_run(rig);
	rig_expect(rig, CLIENTS, OUR_CLIENT_IP, LISTENER, CLIENT_IP, client_port, "welcome");
	frame = rig_client_frame(client_port, "thanks");
	rig_send(rig, CLIENTS, &frame);
	rig_run(rig);
	rig_expect(rig, SERVERS, OUR_SERVER_IP, upstream_port, SERVER_IP(0), SERVER_PORT, "thanks");
	return upstream_port;
}

void
rig_expect_nothing(struct rig *rig)
{
	for (unsigned int port = 0; port < rig->dataplane->n_ports; port++)
		assert_null(rig_take(rig, port));
}

unsigned int
rig_discard(struct rig *rig)
{
	unsigned int n = 0;

	for (struct rte_mbuf *m;
		(m = rig_take(rig, CLIENTS)) != NULL || (m = rig_take(rig, SERVERS)) != NULL; n++)
		rte_pktmbuf_free(m);
	return n;
}

/* Counting ----------------------------------------------------------------------------------- */

struct nj_counters
rig_counters(const struct rig *rig)
{
	struct nj_counters sum = {0};

	for (unsigned int i = 0; i < rig->dataplane->n_workers; i++)
		nj_counters_add(&sum, &rig->dataplane->workers[i]->counters);
	nj_counters_add(&sum, &rig->dataplane->manager->counters);
	return sum;
}

uint64_t
rig_dropped(const struct rig *rig, enum nj_drop reason)
{
	struct nj_counters sum = rig_counters(rig);
	uint64_t dropped = 0;

	for (unsigned int port = 0; port < NJ_PORTS_MAX; port++)
		dropped += sum.port[port].dropped[reason];
	return dropped;
}

uint32_t
rig_sessions(const struct rig *rig)
{
	uint32_t active = 0;

	for (unsigned int i = 0; i < rig->dataplane->n_workers; i++)
		active += nj_session_active(rig->dataplane->workers[i]->sessions);
	return active;
}

/* With packets still waiting for a neighbor the law holds only once they are given up. */
static void
check_law(struct rig *rig)
{
	struct nj_counters sum = rig_counters(rig);

	for (unsigned int port = 0; port < rig->dataplane->n_ports; port++)
		assert_int_equal(nj_counters_missing(&sum.port[rig->dataplane->ports[port].id]), 0);
}

static void
free_device(struct rig *rig, unsigned int port)
{
	for (unsigned int q = 0; q < rig->n_queues; q++) {
		assert_int_equal(rte_ring_count(rig->out[port][q]), 0);
		rte_ring_free(rig->in[port][q]);
		rte_ring_free(rig->out[port][q]);
	}
	rte_vdev_uninit(rig->ports[port].device);
	free(rig->ports[port].device);
}

void
rig_settle(struct rig *rig)
{
	rig_run(rig);
	rig_wait(rig, 10000, 100); /* whoever waits for a neighbor has given up */
	rig_discard(rig);
	check_law(rig);
	assert_int_equal(rte_mempool_in_use_count(rig->dataplane->pool), 0);
	assert_int_equal(rte_mempool_in_use_count(rig->dataplane->large_pool), 0);
	assert_int_equal(nj_test_pool_in_use(), 0);
}

void
rig_destroy(struct rig *rig)
{
	unsigned int n_ports = rig->dataplane->n_ports;

	rig_settle(rig);
	rig->policy = rig->dataplane->policy; /* a reload may have changed it */
	dataplane_destroy(rig->dataplane);
	for (unsigned int port = 0; port < n_ports; port++)
		free_device(rig, port);
	nj_policy_free(rig->policy);
	free(rig);
}
