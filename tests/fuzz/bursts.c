/* SPDX-License-Identifier: BSD-3-Clause */
#include "bursts.h"

#include <string.h>

#define INPUTS_MAX 1000 /* of one rig */
#define MTU        1280 /* IPv6's least: much is too big */

static const char proxy[] =
	"version: v1alpha1\n"
	"filters:\n"
	"  - name: quilkin.filters.firewall.v1alpha1.Firewall\n"
	"    config:\n"
	"      on_read: [{action: DENY, sources: [192.0.2.66], ports: ['0-65535']},\n"
	"        {action: ALLOW, sources: [0.0.0.0/0, '::/0'], ports: ['0-65535']}]\n"
	"      on_write: [{action: ALLOW, sources: [0.0.0.0/0, '::/0'], ports: ['0-65535']}]\n"
	"  - name: quilkin.filters.capture.v1alpha1.Capture\n"
	"    config: {metadataKey: k, suffix: {size: 1, remove: false}}\n"
	"  - name: quilkin.filters.concatenate.v1alpha1.Concatenate\n"
	"    config: {on_read: APPEND, on_write: PREPEND, bytes: YWJj}\n"
	"  - name: quilkin.filters.debug.v1alpha1.Debug\n"
	"    config: {id: fuzz}\n"
	"clusters:\n"
	"  - endpoints: [{address: '198.51.100.100:26000'}, {address: '[2001:db8:1::64]:26000'}]\n";

static struct rig *kept;
static unsigned int used; /* by how many inputs */

static void
forget(void)
{
	if (kept != NULL)
		rig_destroy(kept);
	kept = NULL;
}

static struct rig *
make_rig(void)
{
	const struct rig_options options = {
		.n_workers = 2,
		.mtu = MTU,
		.qcmp_port = BURSTS_QCMP_PORT,
		.policy = chains_load(proxy, strlen(proxy)),
	};

	FUZZ_CHECK(options.policy != NULL);
	return peer_rig(&options, AF_INET);
}

void
bursts_open(struct bursts *bursts)
{
	if (used == 0)
		atexit(forget); /* before the EAL is */
	if (kept == NULL)
		kept = make_rig();
	else
		peer_meet(kept);
	*bursts = (struct bursts){.rig = kept};
}

void
bursts_close(struct bursts *bursts)
{
	bursts_run(bursts);
	rig_wait(bursts->rig, 61000, 1000);
	FUZZ_CHECK(rig_sessions(bursts->rig) == 0);
	rig_settle(bursts->rig);
	if (++used % INPUTS_MAX == 0)
		forget();
}

static void
put_mark(uint8_t *frame, uint16_t length, uint16_t port)
{
	for (uint16_t i = NJ_L3_OFFSET; i + 1 < length; i += 2)
		if (frame[i] == BURSTS_MARK >> 8 && frame[i + 1] == (BURSTS_MARK & 0xff)) {
			frame[i] = (uint8_t)(port >> 8);
			frame[i + 1] = (uint8_t)port;
		}
}

void
bursts_put(struct bursts *bursts, unsigned int side, unsigned int queue, const void *frame,
	uint16_t length, unsigned int mend)
{
	struct rte_mbuf *m = fuzz_mbuf(frame, length);
	uint8_t *bytes = rte_pktmbuf_mtod(m, uint8_t *);
	const struct rte_ether_addr mac = rig_mac(bursts->rig, side);

	if (bursts->upstream_port != 0)
		put_mark(bytes, length, bursts->upstream_port);
	fuzz_mend(bytes, length, mend);
	if ((mend & FUZZ_MEND_MAC) != 0 && length >= sizeof(mac))
		memcpy(bytes, &mac, sizeof(mac));
	if (rte_ring_enqueue(bursts->rig->in[side][queue], m) != 0)
		rte_pktmbuf_free(m);
}

/* What leaves for another host is what its parser would take. */
static void
look_at(struct bursts *bursts, unsigned int side, struct rte_mbuf *m)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	const struct rte_ether_addr to = ether->dst_addr, ours = rig_mac(bursts->rig, side);
	const uint16_t mtu = bursts->rig->ports[side].mtu;

	FUZZ_CHECK(rte_is_same_ether_addr(&ether->src_addr, &ours));
	FUZZ_CHECK(rte_pktmbuf_data_len(m) - NJ_L3_OFFSET <= mtu);
	if (!rte_is_unicast_ether_addr(&to))
		return;
	m->ol_flags = 0;
	fuzz_fence(m);
	FUZZ_CHECK(nj_parse(m, &to, 0) == NJ_DROP_NONE);
	fuzz_unfence(m);
	if (nj_packet(m)->kind == NJ_KIND_UDP && side == SERVERS)
		bursts->upstream_port = rte_be_to_cpu_16(nj_packet(m)->flow.src_port);
}

void
bursts_run(struct bursts *bursts)
{
	struct rte_mbuf *m;

	rig_run(bursts->rig);
	for (unsigned int side = CLIENTS; side <= SERVERS; side++)
		while ((m = peer_take(bursts->rig, side)) != NULL) {
			look_at(bursts, side, m);
			rte_pktmbuf_free(m);
		}
	rig_run(bursts->rig);
}
