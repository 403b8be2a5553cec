/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bursts through the whole packet path: sessions, a chain, fragments, errors, neighbors.
 *
 * Input: frames: control (bit 0 the servers' side, bit 1 another queue, bits 2 to 4 FUZZ_MEND_…,
 * bit 5 poll afterwards, bits 6 and 7 how much time goes by then), length (2 bytes), and the frame,
 * in which 0xfefe stands for the last session's upstream port.
 */
#include "bursts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
step(struct bursts *bursts, struct fuzz_input *input)
{
	static const nj_ms_t pauses[] = {0, 20, 1100, 11000};
	const uint8_t control = fuzz_u8(input);
	uint16_t length = fuzz_u16(input) % FUZZ_FRAME_MAX;
	const uint8_t *frame = fuzz_bytes(input, &length);

	bursts_put(bursts, control & 1, control >> 1 & 1, frame, length, control >> 2 & 7);
	if ((control & 32) == 0)
		return;
	bursts_run(bursts);
	bursts->rig->now += pauses[control >> 6];
	bursts_run(bursts);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, data + size};
	struct bursts bursts;

	bursts_open(&bursts);
	while (fuzz_more(&input))
		step(&bursts, &input);
	bursts_close(&bursts);
	return 0;
}
