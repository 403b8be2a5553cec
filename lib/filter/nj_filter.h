/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Filters: what is done to a datagram between its arrival and its session.
 *
 * A filter is one file that registers itself; a third party's is a shared
 * object that does the same and is loaded with the EAL's -d. This header is
 * installed, with those it includes: it is all that a filter needs.
 *
 * The manager reads a filter's settings once, when a policy is built, into a
 * structure that never changes after that. Workers call read() for datagrams
 * from clients, in the file's order, and write() for replies, in reverse, a
 * burst at a time. What a filter remembers between packets lies in its state,
 * one for each worker, which alone touches it. On a worker no call may
 * allocate, lock, log or wait.
 */
#ifndef NJ_FILTER_H
#define NJ_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_mbuf.h>

#include "nj_base.h"
#include "nj_cluster.h"
#include "nj_packet.h"
#include "nj_session.h"
#include "nj_yaml.h"

#define NJ_BATCH_MAX 64 /* datagrams in one burst */

/* No filter makes a payload longer than this, whatever the ports' MTU: that of a jumbo frame. */
#define NJ_PAYLOAD_MAX (9216 - NJ_PAYLOAD4_OFFSET)

/* Metadata ----------------------------------------------------------------------------------- */

/*
 * What filters tell those behind them of a datagram, by name. Names are known
 * when a chain is built and become slots then; a datagram carries its values in
 * an array by slot.
 */
enum nj_value_type {
	NJ_VALUE_NONE,
	NJ_VALUE_BOOL,
	NJ_VALUE_NUMBER,
	NJ_VALUE_STRING, /* bytes that a file gave as text */
	NJ_VALUE_BYTES,
	NJ_VALUE_LIST, /* of bytes */
};

struct nj_value {
	uint8_t type;    /* enum nj_value_type */
	uint16_t length; /* of the bytes, or of the list */
	union {
		bool yes;
		int64_t number;
		const uint8_t *bytes;        /* STRING and BYTES */
		const struct nj_value *list; /* all BYTES */
	};
};

/* A string equals the same bytes and a number one byte of its value, as in Quilkin; everything else
 * only its own type. */
bool nj_value_equal(const struct nj_value *a, const struct nj_value *b);

/* Datagrams ---------------------------------------------------------------------------------- */

/* Endpoints that a datagram may still go to: places in nj_clusters.endpoints. */
struct nj_selection {
	uint32_t n;
	const uint32_t *places; /* ascending; NULL: 0 to n - 1 */
};

static inline uint32_t
nj_selection_place(const struct nj_selection *selection, uint32_t i)
{
	return selection->places == NULL ? i : selection->places[i];
}

/* One datagram in a chain. Who sent it, in either direction, says
 * nj_flow_source(&nj_packet(m)->flow). */
struct nj_datagram {
	struct rte_mbuf *m;            /* in nj_parse()'s shape; change it by the calls below */
	struct nj_selection endpoints; /* read() alone; never empty */
	struct nj_value *values;       /* by slot */
	uint8_t index;                 /* in the burst as it came to the chain */
	bool changed;                  /* the payload is not what arrived */
	bool reordered; /* … nor do its bytes lie at even and odd places as before */
	uint32_t delta; /* what the changes add to the sum of its words */
	bool dropped;
	uint8_t drop_reason; /* enum nj_drop */
};

/* The payload; the pointer is good until the next change. */
static inline uint8_t *
nj_payload(const struct nj_datagram *datagram)
{
	return rte_pktmbuf_mtod_offset(datagram->m, uint8_t *, nj_payload_offset(datagram->m));
}

static inline uint16_t
nj_payload_length(const struct nj_datagram *datagram)
{
	return (uint16_t)(rte_pktmbuf_data_len(datagram->m) - nj_payload_offset(datagram->m));
}

/*
 * Changes of the payload. Lengths and checksums in the headers are put right
 * once, behind the chain. Those that add return false, having changed nothing,
 * where the buffer has no room; the datagram is then to be dropped as
 * NJ_DROP_TOO_BIG. Those that cut take at most nj_payload_length(). Bytes that were
 * cut off may be overwritten by the next change: copy what is to be kept (nj_batch_scratch()).
 */
bool nj_payload_append(struct nj_datagram *datagram, const uint8_t *bytes, uint16_t length);
bool nj_payload_prepend(struct nj_datagram *datagram, const uint8_t *bytes, uint16_t length);
bool nj_payload_replace(struct nj_datagram *datagram, const uint8_t *bytes, uint16_t length);
void nj_payload_cut_head(struct nj_datagram *datagram, uint16_t length);
void nj_payload_cut_tail(struct nj_datagram *datagram, uint16_t length);

/*
 * Puts the headers' lengths and checksums right; the chain does it behind its last filter. By
 * difference where that is known: a large payload is not read again for a few bytes.
 */
void nj_datagram_refit(const struct nj_datagram *datagram);

/* Bursts ------------------------------------------------------------------------------------- */

/* Where scratch memory is to be had: from `next` on, up to `end`. */
struct nj_scratch {
	uint8_t *next, *end;
};

struct nj_batch_context;

/*
 * A burst on its way through a chain. A filter goes over datagrams[0] to
 * [n - 1]; what it does not let through it drops with nj_batch_drop(), and
 * calls nj_batch_compact() before it returns. It never changes their order.
 */
struct nj_batch {
	unsigned int n;
	struct nj_datagram *datagrams[NJ_BATCH_MAX];
	enum nj_direction direction;
	unsigned int worker; /* whose burst it is */
	nj_ms_t now;
	const struct nj_clusters *clusters;
	struct nj_scratch *scratch;       /* of the whole burst; by nj_batch_scratch() */
	struct nj_batch_context *context; /* the chain's own */
};

/* Marks a datagram as dropped and counts it; it is freed behind the chain. */
void nj_batch_drop(struct nj_batch *batch, struct nj_datagram *datagram, enum nj_drop reason);

/* Takes the dropped ones out of datagrams[]. */
void nj_batch_compact(struct nj_batch *batch);

/*
 * Memory that lasts until the burst is through. What a filter said (scratch())
 * that one datagram needs at most can be had for each of them in each
 * direction. Aligned to 8 bytes; NULL beyond that.
 */
static inline void *
nj_batch_scratch(struct nj_batch *batch, size_t size)
{
	struct nj_scratch *scratch = batch->scratch;
	uint8_t *at = scratch->next;

	size = RTE_ALIGN_CEIL(size, sizeof(uint64_t));
	if (unlikely(size > (size_t)(scratch->end - at)))
		return NULL;
	scratch->next += size;
	return at;
}

/* Whether the client has a session with the endpoint at this place. read() alone. */
bool nj_batch_has_session(
	const struct nj_batch *batch, const struct nj_datagram *datagram, uint32_t place);
/* Whether no new sessions shall be made with the endpoint at this place. */
bool nj_batch_is_draining(const struct nj_batch *batch, uint32_t place);
/* Whether that holds for any endpoint. Mostly it does not, and a burst need not ask of each. */
bool nj_batch_any_is_draining(const struct nj_batch *batch);

/*
 * Hands a copy of the datagram to the manager, which logs it under `id` (which has to live as long
 * as the filter). Bounded in rate: what is beyond is left out and counted.
 */
void nj_batch_log(struct nj_batch *batch, const struct nj_datagram *datagram, const char *id);

/* Filters ------------------------------------------------------------------------------------ */

/* Of a file; a filter may be known in one of them or in both. */
enum nj_era {
	NJ_ERA_1, /* Quilkin 0.1 and 0.2 */
	NJ_ERA_2, /* Quilkin 0.3 and later */
};
#define NJ_IN_ERA_1     (1u << NJ_ERA_1)
#define NJ_IN_ERA_2     (1u << NJ_ERA_2)
#define NJ_IN_BOTH_ERAS (NJ_IN_ERA_1 | NJ_IN_ERA_2)

struct nj_filter_build;

/*
 * What counters() says of one state: names and what they count. What has the same name is added up,
 * over all workers. Operators find it in /natterjack/filters.
 */
struct nj_filter_figures;

#define NJ_FIGURE_STRLEN 32  /* of a name, with the NUL */
#define NJ_FIGURES_MAX   128 /* names of one filter */

/*
 * Adds to the figure of this name. A name has letters, digits, `_` and `/`, and begins with `read_`
 * or `write_` where it counts one direction alone. One that is not such a name is left out, and so
 * is what is beyond NJ_FIGURES_MAX. For counters(); any thread.
 */
void nj_filter_figure(struct nj_filter_figures *figures, const char *name, uint64_t value);

/* One filter of a chain. */
struct nj_filter {
	const struct nj_filter_type *type;
	void *config; /* of type->config_size bytes; never changes once it is built */
	char *label;  /* the file's, or NULL */
};

struct nj_filter_type {
	const char *name;  /* as files have it; Quilkin's own without "quilkin.filters." in front */
	unsigned int eras; /* NJ_IN_ERA_1, NJ_IN_ERA_2 or both */
	bool third_party;  /* not Quilkin's: the name is whole */
	/* Its `config`: which keys there are, and where in the config structure they go. NULL:
	 * none. */
	const struct nj_table *table;
	bool config_required; /* the file has to have a `config` */
	size_t config_size;
	/* Sets what is not zero by default, before the table is read. May be NULL. */
	void (*defaults)(void *config);
	/*
	 * Checks and compiles what was read. Reports what is wrong with nj_filter_error() and then
	 * returns false. Manager. May be NULL.
	 */
	bool (*build)(struct nj_filter_build *build, void *config);
	/* Frees what config points to, also where reading or building stopped half way. May be
	 * NULL. */
	void (*destroy)(void *config);
	/*
	 * The state of one worker: its size in bytes (it is zeroed and aligned to a cache line),
	 * how to begin (0 or -errno) and end it. Each may be NULL. Manager, while no worker uses
	 * it. After a reload that leaves the filter's settings as they were, a state goes on with
	 * the new config structure.
	 */
	size_t (*state_size)(const void *config);
	int (*state_open)(
		const void *config, void *state, unsigned int worker, unsigned int n_workers);
	void (*state_close)(void *state);
	/*
	 * A client has had a session with this endpoint since before this process, and was last
	 * seen then: what a state would have noted of that. Manager, before workers serve. May be
	 * NULL.
	 */
	void (*restore)(const void *config, void *state, const struct nj_flow *client,
		const struct nj_address *endpoint, nj_ms_t last_seen, nj_ms_t now);
	/*
	 * Says with nj_filter_figure() what one worker's state has counted, beside the packets and
	 * drops that every filter has. Any thread, while the worker runs: it reads counters with
	 * __atomic_load_n(…, __ATOMIC_RELAXED), and nothing else of the state. May be NULL.
	 */
	void (*counters)(const struct nj_filter *filter, const void *state,
		struct nj_filter_figures *figures);
	/* The most that one datagram takes of nj_batch_scratch(), bytes. NULL: nothing. */
	size_t (*scratch)(const void *config, const struct nj_clusters *clusters);
	/* Workers. NULL: the filter has nothing to do in this direction. */
	void (*read)(const struct nj_filter *filter, void *state, struct nj_batch *batch);
	void (*write)(const struct nj_filter *filter, void *state, struct nj_batch *batch);
	struct nj_filter_type *next; /* the registry's */
};

/* At the end of a filter's file: makes its type known before main(), or when it is loaded. */
#define NJ_FILTER_REGISTER(type)                                                                   \
	RTE_INIT(nj_filter_register_##type)                                                        \
	{                                                                                          \
		nj_filter_register(&(type));                                                       \
	}
void nj_filter_register(struct nj_filter_type *type);

/* The type of this name in files of an era, or NULL. */
const struct nj_filter_type *nj_filter_find(const char *name, enum nj_era era);
/* The first of all types in the order of their names; follow ->next. */
const struct nj_filter_type *nj_filter_first(void);

/* For build() -------------------------------------------------------------------------------- */

/* The slot of a metadata name; the same name is the same slot throughout a chain. */
unsigned int nj_filter_slot(struct nj_filter_build *build, const char *name);
/* The policy's endpoints. They outlive the filter. */
const struct nj_clusters *nj_filter_clusters(const struct nj_filter_build *build);
enum nj_era nj_filter_era(const struct nj_filter_build *build);
struct nj_document *nj_filter_document(struct nj_filter_build *build);
/* Reports a mistake at a node that nj_read_any gave; for NULL, at the filter's config. */
void nj_filter_error(struct nj_filter_build *build, const yaml_node_t *node, const char *format,
	...) __attribute__((format(printf, 3, 4)));

/* A filter inside of a filter, as the file has it. */
struct nj_nested {
	yaml_node_t *name, *label, *config; /* label and config may be NULL */
};

/*
 * Builds one like those of the file, and as a part of the same chain. `place` says to operators
 * where in the outer filter it is: on_read/0. Returns its number for nj_filter_run(), or -1 after
 * reporting why not.
 */
int nj_filter_nested(
	struct nj_filter_build *build, const struct nj_nested *nested, const char *place);
/* The same by a type's name, without a config. */
int nj_filter_nested_named(struct nj_filter_build *build, const char *name, const char *place);

/*
 * Runs a nested filter on a batch made for it, of datagrams of the burst; the
 * other members of `batch` are those of the outer one. What it drops is marked, and no longer in
 * the batch. The outer filter compacts its own batch afterwards, so that the order is kept.
 */
void nj_filter_run(struct nj_batch *batch, int nested);

#endif
