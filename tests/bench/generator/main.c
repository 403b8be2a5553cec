/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * generator [EAL options] -- --expect WHAT [options] [--case SESSIONS,BYTES,DIRECTION[,RATE] ...]
 *
 * Sends UDP datagrams of many sessions out of the EAL's first device and
 * measures what comes back. Each case is one line of JSON on standard output. Without --case they
 * come on standard input, a line each, and each is measured when it comes.
 * docs/performance.md says what is measured with it.
 */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>

#include "load.h"

#define CASES_MAX 32
#define WARM      5 /* a case first runs for one part in so many of its time, unmeasured */

struct load_case {
	uint32_t sessions;
	unsigned int frame_bytes;
	bool mixed;
	double rate; /* of the paced part; 0: half of what came back in the other one */
};

struct options {
	enum players_expect expect;
	unsigned int n_rx, patience_ms;
	double flat_s, paced_s; /* how long each part takes; 0: it is left out */
	bool has_mac;
	struct rte_ether_addr mac;
	unsigned int n_cases;
	struct load_case cases[CASES_MAX];
};

/* Cases -------------------------------------------------------------------------------------- */

static void
bad_option(const char *option, const char *value)
{
	fprintf(stderr, "generator: --%s cannot be '%s'\n", option, value);
	exit(2);
}

static struct load_case
read_case(const struct options *options, const char *text)
{
	struct load_case read = {0};
	char direction[16];
	int end = 0;

	if (sscanf(text, "%u,%u,%15[a-z]%n,%lf%n", &read.sessions, &read.frame_bytes, direction,
		    &end, &read.rate, &end) < 3 ||
		text[end] != '\0' || read.sessions == 0 || read.sessions > PLAYERS_MAX ||
		read.frame_bytes < PROBE_BYTES_MIN || read.frame_bytes > PROBE_BYTES_MAX ||
		!(read.rate >= 0))
		bad_option("case", text);
	read.mixed = strcmp(direction, "mixed") == 0;
	if (!read.mixed && strcmp(direction, "downstream") != 0)
		bad_option("case", text);
	if (read.mixed && options->expect != EXPECT_PROXY)
		bad_option("case", "mixed, but for a proxy");
	return read;
}

/* Measuring ---------------------------------------------------------------------------------- */

static uint64_t
cycles_of(double seconds)
{
	return (uint64_t)(seconds * (double)rte_get_tsc_hz());
}

static double
nanoseconds(uint64_t cycles)
{
	return (double)cycles * 1e9 / (double)rte_get_tsc_hz();
}

/* Opens with a brace, which the caller closes. */
static void
print_part(const char *name, struct load *load, uint64_t cycles, uint64_t in_time)
{
	const double seconds = (double)cycles / (double)rte_get_tsc_hz();

	printf(", \"%s\": {\"seconds\": %.6f, \"sent\": %" PRIu64 ", \"returned\": %" PRIu64
	       ", \"strays\": %" PRIu64 ", \"sent_pps\": %.0f, \"pps\": %.0f",
		name, seconds, load->sent, load->returned, load->strays,
		(double)load->sent / seconds, (double)in_time / seconds);
}

/* As fast as it goes. Returns how many came back a second. */
static double
measure_flat(struct load *load, double seconds)
{
	uint64_t warm, cycles, in_time;

	warm = load_run(load, cycles_of(seconds / WARM), 0);
	cycles = load_run(load, cycles_of(seconds), 0);
	in_time = load->returned;
	load_drain(load);
	print_part("flat", load, cycles, in_time);
	printf(", \"warm_seconds\": %.6f}", nanoseconds(warm) / 1e9);
	return (double)in_time * (double)rte_get_tsc_hz() / (double)cycles;
}

static void
measure_paced(struct load *load, double seconds, double rate)
{
	static struct histogram times;
	uint64_t cycles, in_time;

	load_run(load, cycles_of(seconds / WARM), rate);
	load_drain(load);
	times = (struct histogram){0};
	load->times = &times;
	cycles = load_run(load, cycles_of(seconds), rate);
	in_time = load->returned;
	load_drain(load);
	load->times = NULL;
	print_part("paced", load, cycles, in_time);
	printf(", \"offered_pps\": %.0f, \"p50_ns\": %.0f, \"p99_ns\": %.0f, \"p999_ns\": %.0f}",
		rate, nanoseconds(histogram_quantile(&times, 0.5)),
		nanoseconds(histogram_quantile(&times, 0.99)),
		nanoseconds(histogram_quantile(&times, 0.999)));
}

static void
measure(struct load *load, const struct options *options, const struct load_case *given)
{
	double rate = given->rate;
	uint64_t begin;
	uint32_t opened;

	load->mixed = given->mixed;
	load->players->n = given->sessions;
	load_form(load, given->frame_bytes);
	begin = rte_rdtsc();
	opened = options->expect == EXPECT_NOTHING ? 0 : load_open(load);
	printf("{\"sessions\": %u, \"frame_bytes\": %u, \"direction\": \"%s\", \"opened\": %u, "
	       "\"open_seconds\": %.6f",
		given->sessions, given->frame_bytes, given->mixed ? "mixed" : "downstream", opened,
		nanoseconds(rte_rdtsc() - begin) / 1e9);
	if (options->flat_s > 0) {
		const double pps = measure_flat(load, options->flat_s);

		rate = rate > 0 ? rate : pps / 2;
	}
	if (options->paced_s > 0 && rate > 0)
		measure_paced(load, options->paced_s, rate);
	printf("}\n");
	fflush(stdout);
}

/* Cases as they come, until there are no more. */
static void
measure_asked(struct load *load, const struct options *options)
{
	char line[128];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		struct load_case given;

		line[strcspn(line, "\n")] = '\0';
		given = read_case(options, line);
		measure(load, options, &given);
	}
}

static void
run(const struct options *options)
{
	static struct players players;
	static struct wire wire;
	struct load load = {
		.wire = &wire, .players = &players, .seed = 1, .patience_ms = options->patience_ms};

	players_init(&players, options->expect);
	wire_start(&wire, options->n_rx);
	if (options->has_mac) {
		wire.peer = options->mac;
		wire.met = true;
	} else if (options->expect == EXPECT_PROXY)
		wire_meet(&wire, PLAYERS_US, PLAYERS_PROXY);
	if (options->n_cases == 0)
		measure_asked(&load, options);
	for (unsigned int i = 0; i < options->n_cases; i++)
		measure(&load, options, &options->cases[i]);
	wire_stop(&wire);
}

/* Starting ----------------------------------------------------------------------------------- */

static enum players_expect
read_expect(const char *text)
{
	static const char *const names[] = {[EXPECT_NOTHING] = "nothing",
		[EXPECT_SAME] = "same",
		[EXPECT_SOURCE] = "source",
		[EXPECT_PROXY] = "proxy"};

	for (unsigned int i = 0; i < RTE_DIM(names); i++)
		if (strcmp(text, names[i]) == 0)
			return (enum players_expect)i;
	bad_option("expect", text);
	return EXPECT_NOTHING;
}

static double
read_seconds(const char *option, const char *text)
{
	char *end;
	const double seconds = strtod(text, &end);

	if (end == text || *end != '\0' || !(seconds >= 0 && seconds <= 3600))
		bad_option(option, text);
	return seconds;
}

static unsigned int
read_number(const char *option, const char *text, unsigned int max)
{
	char *end;
	const unsigned long number = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || number == 0 || number > max)
		bad_option(option, text);
	return (unsigned int)number;
}

static void
read_option(struct options *options, int option)
{
	switch (option) {
	case 'e':
		options->expect = read_expect(optarg);
		break;
	case 'f':
		options->flat_s = read_seconds("flat", optarg);
		break;
	case 'p':
		options->paced_s = read_seconds("paced", optarg);
		break;
	case 'r':
		options->n_rx = read_number("rx-queues", optarg, 16);
		break;
	case 'w':
		options->patience_ms = read_number("patience", optarg, 60000);
		break;
	case 'm':
		if (rte_ether_unformat_addr(optarg, &options->mac) < 0)
			bad_option("mac", optarg);
		options->has_mac = true;
		break;
	case 'c':
		if (options->n_cases == CASES_MAX)
			bad_option("case", "one more");
		options->cases[options->n_cases++] = read_case(options, optarg);
		break;
	default:
		fprintf(stderr,
			"usage: generator [EAL OPTIONS] -- --expect nothing|same|source|proxy\n"
			"       [--flat SECONDS] [--paced SECONDS] [--mac ADDRESS] [--rx-queues N]\n"
			"       [--patience MS]\n"
			"       [--case SESSIONS,FRAME_BYTES,downstream|mixed[,PACED_RATE] ...]\n");
		exit(2);
	}
}

static void
read_options(struct options *options, int argc, char **argv)
{
	static const struct option names[] = {{"expect", required_argument, NULL, 'e'},
		{"flat", required_argument, NULL, 'f'}, {"paced", required_argument, NULL, 'p'},
		{"mac", required_argument, NULL, 'm'}, {"rx-queues", required_argument, NULL, 'r'},
		{"patience", required_argument, NULL, 'w'}, {"case", required_argument, NULL, 'c'},
		{0}};
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
		read_option(options, option);
}

int
main(int argc, char **argv)
{
	struct options options = {.n_rx = 1, .patience_ms = 200};
	char directory[PATH_MAX];
	int used = rte_eal_init(argc, argv);

	if (used < 0)
		rte_exit(EXIT_FAILURE, "the EAL does not start\n");
	read_options(&options, argc - used, argv + used);
	run(&options);
	snprintf(directory, sizeof(directory), "%s", rte_eal_get_runtime_dir());
	rte_eal_cleanup();
	rmdir(directory); /* which the EAL leaves behind */
	return EXIT_SUCCESS;
}
