/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every fuzz target begins with: an input that is taken apart piece by piece, frames that the
 * address sanitizer knows the end of, and a way to say that something is wrong.
 *
 * A target is one program: LLVMFuzzerTestOneInput() takes one input, and whatever state it leaves
 * behind must not matter to the next. The EAL is there, and says nothing.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_mbuf.h>

/* Ends the run, as a crash would, with what was not true. */
#define FUZZ_CHECK(condition)                                                                      \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);  \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* What is left of an input. */
struct fuzz_input {
	const uint8_t *at, *end;
};

/* The next byte, or two of them (little endian); 0 where there are none left. */
uint8_t fuzz_u8(struct fuzz_input *input);
uint16_t fuzz_u16(struct fuzz_input *input);
/* The next `*length` bytes, or as many as are left: *length says how many. */
const uint8_t *fuzz_bytes(struct fuzz_input *input, uint16_t *length);
static inline bool
fuzz_more(const struct fuzz_input *input)
{
	return input->at < input->end;
}

/* A file that holds this text, without a disk: it is another one after the next call. */
const char *fuzz_file(const void *text, size_t length);

/* Frames ------------------------------------------------------------------------------------- */

#define FUZZ_FRAME_MAX 1900 /* bytes; there is room for a longer header */

/* An mbuf of nj_test_pool() with these bytes, its private area filled with nonsense. */
struct rte_mbuf *fuzz_mbuf(const void *bytes, uint16_t length);
/* The same bytes, flags, and packet once more. */
struct rte_mbuf *fuzz_copy(struct rte_mbuf *m);

/*
 * mbufs lie in memory that the sanitizer has not given out. Between these two calls what is in
 * front of and behind the frame is out of bounds.
 */
void fuzz_fence(struct rte_mbuf *m);
void fuzz_unfence(struct rte_mbuf *m);

/* What fuzz_mend() puts right. */
#define FUZZ_MEND_MAC       1 /* the destination: it is to us */
#define FUZZ_MEND_LENGTHS   2 /* of IP and UDP, to the end of the frame */
#define FUZZ_MEND_CHECKSUMS 4

/*
 * Checksums and lengths that a fuzzer cannot guess, put right in a frame where there is room for
 * the header that has them: untagged or tagged once, IPv4 of any header length, or IPv6 with UDP or
 * ICMPv6 directly behind its header.
 */
void fuzz_mend(uint8_t *frame, uint16_t length, unsigned int what);

#endif
