/* SPDX-License-Identifier: BSD-3-Clause */
#include "load.h"

#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_debug.h>

#define WINDOW     1024 /* datagrams of sessions to be opened that are away at a time */
#define PATIENCE_S 20   /* without anything coming back at all */

static uint64_t
cycles_of_ms(uint64_t ms)
{
	return ms * rte_get_tsc_hz() / 1000;
}

void
load_form(struct load *load, unsigned int frame_bytes)
{
	probe_form_init(&load->form, frame_bytes, &load->wire->mac, &load->wire->peer);
	wire_form(load->wire, &load->form);
}

static void
write_one(struct load *load, struct rte_mbuf *m, uint32_t session, enum probe_direction direction,
	uint64_t tsc)
{
	const struct probe_flow flow = players_flow(load->players, session, direction);

	probe_write(&load->form, m, &flow, session, direction, tsc);
}

/* Opening ------------------------------------------------------------------------------------ */

static void
send_first(struct load *load, uint32_t session, enum probe_direction direction)
{
	struct rte_mbuf *m;

	if (load->wire->n_waiting > 0 || !wire_buffers(load->wire, &m, 1))
		return; /* it counts as lost */
	write_one(load, m, session, direction, 0);
	wire_send(load->wire, &m, 1);
}

/* What came back, learned from; returns how many sessions are open for it. */
static unsigned int
learn(struct load *load, struct rte_mbuf **pkts, unsigned int n)
{
	struct players *players = load->players;
	unsigned int opened = 0;

	for (unsigned int i = 0; i < n; i++) {
		const struct probe *probe = probe_read(&load->form, pkts[i]);
		const struct player *player;
		bool open;

		if (probe == NULL || probe->payload.session >= players->n)
			continue;
		player = &players->all[probe->payload.session];
		open = player->open;
		if (!players_learn(players, probe))
			continue;
		opened += player->open && !open;
		if (!player->open)
			send_first(load, probe->payload.session, PROBE_UPSTREAM);
	}
	return opened;
}

static unsigned int
learn_all(struct load *load)
{
	struct rte_mbuf *pkts[WIRE_BURST];
	unsigned int n, opened = 0;

	for (uint16_t q = 0; q < load->wire->n_rx; q++) {
		n = wire_receive(load->wire, q, pkts);
		opened += learn(load, pkts, n);
		rte_pktmbuf_free_bulk(pkts, n);
	}
	return opened;
}

/* Once over all sessions that are not open. Returns how many have been opened. */
static uint32_t
open_pass(struct load *load)
{
	struct players *players = load->players;
	uint32_t opened = 0, asked = 0, next = players->n_open;
	uint64_t last = rte_rdtsc();

	while (opened < asked || next < players->n) {
		const unsigned int now = learn_all(load);

		wire_push(load->wire);
		opened += now;
		if (now > 0)
			last = rte_rdtsc();
		for (; next < players->n && asked - opened < WINDOW; next++)
			if (!players->all[next].open && load->wire->n_waiting == 0) {
				send_first(load, next, PROBE_DOWNSTREAM);
				asked++;
			} else if (load->wire->n_waiting > 0) {
				break;
			}
		if (rte_rdtsc() - last > cycles_of_ms(load->patience_ms))
			break;
	}
	while (players->n_open < players->n && players->all[players->n_open].open)
		players->n_open++;
	return opened;
}

uint32_t
load_open(struct load *load)
{
	uint64_t last = rte_rdtsc();
	uint32_t opened = 0;

	while (load->players->n_open < load->players->n) {
		const uint32_t now = open_pass(load);

		opened += now;
		if (now > 0)
			last = rte_rdtsc();
		if (rte_rdtsc() - last > PATIENCE_S * rte_get_tsc_hz())
			rte_exit(EXIT_FAILURE, "%u sessions opened, then none of %u for %u s\n",
				opened, load->players->n, PATIENCE_S);
	}
	return opened;
}

/* Running ------------------------------------------------------------------------------------ */

static uint32_t
draw(struct load *load)
{
	load->seed ^= load->seed << 13;
	load->seed ^= load->seed >> 17;
	load->seed ^= load->seed << 5;
	return (uint32_t)((uint64_t)load->seed * load->players->n >> 32);
}

static void
send_burst(struct load *load, unsigned int n)
{
	const uint64_t now = rte_rdtsc();
	struct rte_mbuf *pkts[WIRE_BURST];
	uint32_t sessions[WIRE_BURST];

	if (!wire_buffers(load->wire, pkts, n))
		return;
	for (unsigned int i = 0; i < n; i++) {
		sessions[i] = draw(load);
		if (load->mixed)
			rte_prefetch0(&load->players->all[sessions[i]]);
	}
	for (unsigned int i = 0; i < n; i++)
		write_one(load, pkts[i], sessions[i],
			load->mixed && i % 2 == 1 ? PROBE_UPSTREAM : PROBE_DOWNSTREAM, now);
	load->sent += wire_send(load->wire, pkts, n);
}

static void
take(struct load *load, uint16_t queue)
{
	struct rte_mbuf *pkts[WIRE_BURST];
	const unsigned int n = wire_receive(load->wire, queue, pkts);
	const uint64_t now = rte_rdtsc();

	for (unsigned int i = 0; i < n; i++) {
		const struct probe *probe = probe_read(&load->form, pkts[i]);

		if (probe == NULL || !players_know(load->players, probe)) {
			load->strays++;
			continue;
		}
		if (probe->payload.sent_tsc < load->begin)
			continue; /* of an earlier run */
		load->returned++;
		if (load->times != NULL)
			histogram_add(load->times, now - probe->payload.sent_tsc);
	}
	rte_pktmbuf_free_bulk(pkts, n);
}

static void
take_all(struct load *load)
{
	for (uint16_t q = 0; q < load->wire->n_rx; q++)
		take(load, q);
}

uint64_t
load_run(struct load *load, uint64_t cycles, double rate)
{
	const double per_cycle = rate / (double)rte_get_tsc_hz();
	uint64_t gone, due, asked = 0;

	load->sent = load->returned = load->strays = 0;
	load->begin = rte_rdtsc();
	while ((gone = rte_rdtsc() - load->begin) < cycles) {
		if (load->players->expect != EXPECT_NOTHING)
			take_all(load);
		load->sent += wire_push(load->wire);
		if (load->wire->n_waiting > 0)
			continue;
		due = rate > 0 ? (uint64_t)((double)gone * per_cycle) - asked : WIRE_BURST;
		due = RTE_MIN(due, (uint64_t)WIRE_BURST) &
		      (load->mixed ? ~UINT64_C(1) : UINT64_MAX);
		if (due > 0)
			send_burst(load, (unsigned int)due);
		asked += due;
	}
	return gone;
}

void
load_drain(struct load *load)
{
	uint64_t last = rte_rdtsc();
	const uint64_t end = last + PATIENCE_S * rte_get_tsc_hz();

	while ((load->returned < load->sent || load->wire->n_waiting > 0) &&
		rte_rdtsc() - last < cycles_of_ms(load->patience_ms) && rte_rdtsc() < end) {
		const uint64_t before = load->returned + load->sent;

		take_all(load);
		load->sent += wire_push(load->wire);
		if (load->returned + load->sent != before)
			last = rte_rdtsc();
	}
}
