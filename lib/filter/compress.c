/* SPDX-License-Identifier: BSD-3-Clause */
/* Compress: packs or unpacks every payload. */
#include <errno.h>

#include "codec.h"
#include "nj_filter.h"

enum mode { SNAPPY, LZ4 };
enum action { DO_NOTHING, COMPRESS, DECOMPRESS };

static const char *const first_era_modes[] = {[SNAPPY] = "SNAPPY", NULL};
static const char *const second_era_modes[] = {[SNAPPY] = "SNAPPY", [LZ4] = "LZ4", NULL};
static const char *const actions[] = {
	[DO_NOTHING] = "DO_NOTHING", [COMPRESS] = "COMPRESS", [DECOMPRESS] = "DECOMPRESS", NULL};

struct config {
	unsigned int mode;      /* enum mode */
	unsigned int action[2]; /* enum action, by direction */
	nj_encode_t *encode;
	nj_decode_t *decode;
};

/* The other side of what is done to a payload. It has room for whatever the encoders make of it. */
struct state {
	struct nj_codec_memory memory;
	uint8_t bytes[128 + NJ_CODEC_BOUND(NJ_PAYLOAD_MAX)];
};

#define MODE(words)                                                                                \
	{                                                                                          \
		"mode", nj_read_choice, offsetof(struct config, mode), .choices = (words)          \
	}
#define ACTIONS                                                                                    \
	{"on_read", nj_read_choice, offsetof(struct config, action[NJ_DOWNSTREAM]),                \
		.choices = actions},                                                               \
	{                                                                                          \
		"on_write", nj_read_choice, offsetof(struct config, action[NJ_UPSTREAM]),          \
			.choices = actions                                                         \
	}

static const struct nj_field first_era_fields[] = {MODE(first_era_modes), ACTIONS};
static const struct nj_field second_era_fields[] = {MODE(second_era_modes), ACTIONS};
static const struct nj_table first_era_table = {NJ_TABLE(first_era_fields)};
static const struct nj_table second_era_table = {NJ_TABLE(second_era_fields)};

static bool
build(struct nj_filter_build *build, void *base)
{
	struct config *config = base;

	switch ((enum mode)config->mode) {
	case SNAPPY:
		/* A stream in the first era, a block in the second. */
		config->encode = nj_filter_era(build) == NJ_ERA_1 ? nj_snappy_frame_encode
								  : nj_snappy_encode;
		config->decode = nj_filter_era(build) == NJ_ERA_1 ? nj_snappy_frame_decode
								  : nj_snappy_decode;
		break;
	case LZ4:
		config->encode = nj_lz4_encode;
		config->decode = nj_lz4_decode;
		break;
	}
	return true;
}

static size_t
state_size(const void *config)
{
	return sizeof(struct state);
}

static int
transform(const struct config *config, enum action action, struct state *state,
	const struct nj_datagram *datagram, struct nj_codec_out *out)
{
	const uint8_t *in = nj_payload(datagram);
	uint16_t length = nj_payload_length(datagram);

	if (action == COMPRESS)
		return config->encode(&state->memory, in, length, out);
	out->size = NJ_PAYLOAD_MAX;
	return config->decode(in, length, out);
}

static void
compress_one(const struct config *config, enum action action, struct state *state,
	struct nj_batch *batch, struct nj_datagram *datagram)
{
	struct nj_codec_out out = {state->bytes, 0, sizeof(state->bytes)};
	int ret = transform(config, action, state, datagram, &out);

	if (ret == 0 && (out.length > NJ_PAYLOAD_MAX ||
				!nj_payload_replace(datagram, out.bytes, (uint16_t)out.length)))
		ret = -EMSGSIZE;
	if (ret < 0)
		nj_batch_drop(batch, datagram,
			ret == -EMSGSIZE ? NJ_DROP_TOO_BIG : NJ_DROP_COMPRESS_FAILED);
}

static void
compress(const struct nj_filter *filter, void *state, struct nj_batch *batch)
{
	const struct config *config = filter->config;
	enum action action = config->action[batch->direction];

	if (action == DO_NOTHING)
		return;
	for (unsigned int i = 0; i < batch->n; i++)
		compress_one(config, action, state, batch, batch->datagrams[i]);
	nj_batch_compact(batch);
}

/* They differ in the modes alone. */
#define COMPRESS_TYPE(name_eras, modes)                                                            \
	{                                                                                          \
		.name = "compress.v1alpha1.Compress", .eras = (name_eras), .table = (modes),       \
		.config_required = true, .config_size = sizeof(struct config), .build = build,     \
		.state_size = state_size, .read = compress, .write = compress,                     \
	}

static struct nj_filter_type first_era = COMPRESS_TYPE(NJ_IN_ERA_1, &first_era_table);
static struct nj_filter_type second_era = COMPRESS_TYPE(NJ_IN_ERA_2, &second_era_table);

NJ_FILTER_REGISTER(first_era)
NJ_FILTER_REGISTER(second_era)
