/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Takes a capture's copies from its lanes and writes them to a socket as
 * pcapng. It never waits for who reads: while the socket takes nothing, copies stay in the lanes.
 *
 * One thread.
 */
#ifndef CAPTURE_STREAM_H
#define CAPTURE_STREAM_H

#include "capture.h"
#include "dataplane.h"

#define CAPTURE_STREAM_BYTES (64 * 1024)

struct capture_stream {
	struct capture *capture;
	const struct dataplane *dataplane; /* names of ports */
	int fd;                            /* does not block */
	bool broken;                       /* nobody reads any more */
	nj_ms_t second_ms;                 /* when the current second of the rate began */
	uint32_t taken;                    /* in it */
	uint64_t written[CAPTURE_STAGES], limited[CAPTURE_STAGES];
	size_t begin, end; /* of what waits in the buffer */
	uint8_t buffer[CAPTURE_STREAM_BYTES];
};

/* What became of the packets that were wanted. */
struct capture_figures {
	uint64_t written;
	uint64_t lost;    /* nobody took them in time */
	uint64_t limited; /* they were over the rate */
};

/* Begins with the file's head, in the buffer. */
void capture_stream_begin(struct capture_stream *stream, struct capture *capture,
	const struct dataplane *dataplane, int fd);

/* Writes what the socket takes. Returns whether nothing is left to write; it may be broken then. */
bool capture_stream_step(struct capture_stream *stream, nj_ms_t now);

/* Ends the file with statistics, in the buffer; then step until nothing is left. No lcore copies
 * any more. */
void capture_stream_end(struct capture_stream *stream);

struct capture_figures capture_stream_figures(const struct capture_stream *stream);

/* Whether as many packets are written as were asked for. */
static inline bool
capture_stream_is_full(const struct capture_stream *stream)
{
	return stream->written[CAPTURE_IN] + stream->written[CAPTURE_OUT] +
		       stream->written[CAPTURE_DROPPED] >=
	       stream->capture->spec.count;
}

#endif
