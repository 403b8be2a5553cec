/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture_stream.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

#include <rte_ether.h>

#include "pcapng.h"

#define BURST 32

static_assert(CAPTURE_STREAM_BYTES > CAPTURE_SNAPLEN_MAX + 4 * PCAPNG_BLOCK_MAX,
	"a packet fits, and so does the file's head or end");

/* The file's head and end -------------------------------------------------------------------- */

void
capture_stream_begin(struct capture_stream *stream, struct capture *capture,
	const struct dataplane *dataplane, int fd)
{
	static const char *const interfaces[CAPTURE_STAGES][2] = {
		[CAPTURE_IN] = {"in", "as it arrived, before filters and rewrite"},
		[CAPTURE_OUT] = {"out", "as it left, after filters and rewrite"},
		[CAPTURE_DROPPED] = {"dropped", "as it was when it was dropped"},
	};

	*stream = (struct capture_stream){.capture = capture, .dataplane = dataplane, .fd = fd};
	stream->end = pcapng_section(stream->buffer, "natterjack " NJ_VERSION);
	for (unsigned int stage = 0; stage < CAPTURE_STAGES; stage++)
		stream->end += pcapng_interface(stream->buffer + stream->end, interfaces[stage][0],
			interfaces[stage][1], capture->spec.snaplen);
}

/* Over all lanes. */
static uint64_t
lost(const struct capture *capture, unsigned int stage)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < capture->n_lanes; i++)
		sum += __atomic_load_n(&capture->lanes[i].lost[stage], __ATOMIC_RELAXED);
	return sum;
}

/* Over all lanes, and by us. */
static uint64_t
limited(const struct capture_stream *stream, unsigned int stage)
{
	const struct capture *capture = stream->capture;
	uint64_t sum = stream->limited[stage];

	for (unsigned int i = 0; i < capture->n_lanes; i++)
		sum += __atomic_load_n(&capture->lanes[i].limited[stage], __ATOMIC_RELAXED);
	return sum;
}

struct capture_figures
capture_stream_figures(const struct capture_stream *stream)
{
	struct capture_figures figures = {0};

	for (unsigned int stage = 0; stage < CAPTURE_STAGES; stage++) {
		figures.written += stream->written[stage];
		figures.lost += lost(stream->capture, stage);
		figures.limited += limited(stream, stage);
	}
	return figures;
}

static bool
has_room(const struct capture_stream *stream)
{
	return stream->end + stream->capture->spec.snaplen + 4 * PCAPNG_BLOCK_MAX <=
	       CAPTURE_STREAM_BYTES;
}

void
capture_stream_end(struct capture_stream *stream)
{
	struct timespec now;
	uint64_t now_ns;

	clock_gettime(CLOCK_REALTIME, &now);
	now_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	for (unsigned int stage = 0; stage < CAPTURE_STAGES; stage++) {
		const uint64_t missing = lost(stream->capture, stage) + limited(stream, stage);

		stream->end += pcapng_statistics(stream->buffer + stream->end, stage, now_ns,
			stream->written[stage] + missing, missing);
	}
}

/* Packets ------------------------------------------------------------------------------------ */

static void
comment(const struct capture_stream *stream, const struct capture_record *record, char *out,
	size_t size)
{
	const struct dataplane *dataplane = stream->dataplane;
	const struct port *port =
		record->port < NJ_PORTS_MAX ? dataplane->by_id[record->port] : NULL;
	int length = snprintf(out, size, "port=%.80s", port != NULL ? port->device : "-");

	if (record->lcore == dataplane_manager_lcore(dataplane))
		length += snprintf(out + length, size - (size_t)length, " lcore=manager");
	else
		length += snprintf(
			out + length, size - (size_t)length, " lcore=worker%u", record->lcore);
	if (record->stage == CAPTURE_DROPPED)
		snprintf(out + length, size - (size_t)length, " dropped=%s",
			nj_drop_name(record->reason));
}

/* Each lane keeps to the rate by itself; all of them together have to as well. */
static bool
may_write(struct capture_stream *stream, nj_ms_t now)
{
	if (nj_ms_since(now, stream->second_ms) >= 1000) {
		stream->second_ms = now;
		stream->taken = 0;
	}
	if (stream->taken >= stream->capture->spec.rate)
		return false;
	stream->taken++;
	return true;
}

static void
write_packet(struct capture_stream *stream, struct rte_mbuf *m, nj_ms_t now)
{
	const struct capture_record *record = capture_record(m);
	char text[PCAPNG_TEXT_MAX + 1];
	struct pcapng_packet packet = {
		.interface = record->stage,
		.time_ns = record->time_ns,
		.length = record->length,
		.way = record->stage == CAPTURE_OUT ? PCAPNG_OUTBOUND : PCAPNG_INBOUND,
		.comment = text,
	};

	if (capture_stream_is_full(stream))
		return;
	if (!may_write(stream, now)) {
		stream->limited[record->stage]++;
		return;
	}
	/* A tag that the device is to insert is in the frame that leaves. */
	if (m->ol_flags & RTE_MBUF_F_TX_VLAN && rte_vlan_insert(&m) == 0)
		packet.length += sizeof(struct rte_vlan_hdr);
	packet.bytes = rte_pktmbuf_mtod(m, const void *);
	packet.captured = rte_pktmbuf_data_len(m);
	comment(stream, record, text, sizeof(text));
	stream->written[record->stage]++;
	stream->end += pcapng_packet(stream->buffer + stream->end, &packet);
}

/* Returns whether there was anything. */
static bool
take(struct capture_stream *stream, struct capture_lane *lane, nj_ms_t now)
{
	void *copy;
	unsigned int n;

	for (n = 0; n < BURST && has_room(stream); n++) {
		if (rte_ring_sc_dequeue(lane->copies, &copy) < 0)
			break;
		if (capture_record(copy)->stage != CAPTURE_VOID)
			write_packet(stream, copy, now);
		rte_pktmbuf_free(copy);
	}
	return n > 0;
}

/* What waits goes first. Returns whether it went. */
static bool
flush(struct capture_stream *stream)
{
	while (!stream->broken && stream->begin < stream->end) {
		ssize_t sent = send(stream->fd, stream->buffer + stream->begin,
			stream->end - stream->begin, MSG_NOSIGNAL);

		if (sent < 0 && errno == EAGAIN)
			return false;
		if (sent < 0 && errno != EINTR)
			stream->broken = true;
		stream->begin += sent > 0 ? (size_t)sent : 0;
	}
	stream->begin = stream->end = 0;
	return true;
}

bool
capture_stream_step(struct capture_stream *stream, nj_ms_t now)
{
	bool any;

	do {
		if (!flush(stream))
			return false;
		any = false;
		for (unsigned int i = 0; i < stream->capture->n_lanes; i++)
			any |= take(stream, &stream->capture->lanes[i], now);
	} while (any);
	return flush(stream);
}
