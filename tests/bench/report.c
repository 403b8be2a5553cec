/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <stdlib.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_version.h>

struct row *
report_add(struct report *report, const struct row *row)
{
	struct row *added = &report->rows[report->n];

	if (report->n == REPORT_ROWS_MAX) {
		fprintf(stderr, "more rows than %u\n", REPORT_ROWS_MAX);
		exit(EXIT_FAILURE);
	}
	report->n++;
	*added = *row;
	return added;
}

void
row_round(struct row *row, struct samples *cycles, struct samples *floor)
{
	const double figure = samples_median(cycles);

	if (row->rounds == 0 || figure < row->lowest)
		row->lowest = figure;
	if (row->rounds == 0 || figure > row->highest)
		row->highest = figure;
	row->rounds++;
	samples_move(&row->cycles, cycles);
	if (floor != NULL)
		samples_move(&row->floor, floor);
}

/* Figures of a row --------------------------------------------------------------------------- */

static double
cycles_of(const struct row *row)
{
	return samples_median(&row->cycles);
}

static double
floor_of(const struct row *row)
{
	return samples_median(&row->floor);
}

/* Negative where it has none. */
static double
target_of(const struct row *row)
{
	switch (row->target) {
	case TARGET_NONE:
		return -1;
	case TARGET_FLOOR:
		return floor_of(row) + row->more;
	case TARGET_BASE:
		return cycles_of(row->base) + row->more;
	case TARGET_ABSOLUTE:
		return row->more;
	}
	return -1;
}

/* Of all samples. */
static double
quiet_share(const struct report *report)
{
	double n = 0, quiet = 0;

	for (unsigned int i = 0; i < report->n; i++) {
		const struct row *row = &report->rows[i];

		n += row->cycles.n + row->floor.n;
		quiet += row->cycles.n_quiet + row->floor.n_quiet;
	}
	return n > 0 ? quiet / n : 0;
}

/* For people --------------------------------------------------------------------------------- */

static void
print_target(const struct row *row, FILE *file)
{
	const double target = target_of(row);

	if (target < 0)
		fprintf(file, " %8s\n", "-");
	else
		fprintf(file, " %8.1f %s\n", target,
			cycles_of(row) <= target ? "reached" : "missed");
}

static void
print_packets(const struct report *report, FILE *file)
{
	fprintf(file, "%-4s  %-10s  %-26s  %8s  %8s %15s  %8s %8s\n", "IPv", "direction", "chain",
		"sessions", "cycles", "lowest-highest", "floor", "target");
	for (unsigned int i = 0; i < report->n; i++) {
		const struct row *row = &report->rows[i];

		if (row->kind != ROW_PACKET || row->rounds == 0)
			continue;
		fprintf(file, "%-4s  %-10s  %-26s  %8u  %8.1f %7.1f-%7.1f  %8.1f",
			row->ipv6 ? "6" : "4", row->direction, row->chain, row->sessions,
			cycles_of(row), row->lowest, row->highest, floor_of(row));
		print_target(row, file);
	}
}

static void
print_sessions(const struct report *report, FILE *file)
{
	fprintf(file, "\n%-8s  %8s  %10s  %10s  %8s %15s %8s\n", "session", "workers", "ports used",
		"sessions", "cycles", "lowest-highest", "target");
	for (unsigned int i = 0; i < report->n; i++) {
		const struct row *row = &report->rows[i];
		char used[8] = "-";

		if (row->kind != ROW_SESSION || row->rounds == 0)
			continue;
		if (row->ports_used >= 0)
			snprintf(used, sizeof(used), "%.0f %%", 100 * row->ports_used);
		fprintf(file, "%-8s  %8u  %10s  %10u  %8.1f %7.1f-%7.1f", row->event, row->workers,
			used, row->sessions, cycles_of(row), row->lowest, row->highest);
		print_target(row, file);
	}
}

void
report_table(const struct report *report, FILE *file)
{
	fprintf(file, "%u rounds; %s pages; %ld CPUs, load %.1f before and %.1f after\n\n",
		report->n > 0 ? report->rows[0].rounds : 0, report->hugepages ? "2 MiB" : "4 KiB",
		sysconf(_SC_NPROCESSORS_ONLN), report->load[0], report->load[1]);
	print_packets(report, file);
	print_sessions(report, file);
	fprintf(file, "\n%.0f %% of the samples had the core for themselves\n",
		100 * quiet_share(report));
}

/* For programs ------------------------------------------------------------------------------- */

static void
json_machine(const struct report *report, FILE *file)
{
	fprintf(file,
		"{\"tsc_hz\": %lu, \"dpdk\": \"%s\", \"compiler\": \"%s\", \"page_bytes\": %u, "
		"\"load_before\": %.2f, \"load_after\": %.2f, \"quiet_share\": %.2f}",
		(unsigned long)rte_get_tsc_hz(), rte_version(), __VERSION__,
		report->hugepages ? 1u << 21 : 1u << 12, report->load[0], report->load[1],
		quiet_share(report));
}

static void
json_packets(const struct row *row, FILE *file)
{
	fprintf(file,
		"\"family\": \"%s\", \"direction\": \"%s\", \"chain\": \"%s\", \"sessions\": %u, "
		"\"frame_bytes\": %u",
		row->ipv6 ? "ipv6" : "ipv4", row->direction, row->chain, row->sessions,
		row->frame_bytes);
}

static void
json_sessions(const struct row *row, FILE *file)
{
	fprintf(file, "\"event\": \"%s\", \"workers\": %u, \"sessions\": %u", row->event,
		row->workers, row->sessions);
	if (row->ports_used >= 0)
		fprintf(file, ", \"ports_used\": %.2f", row->ports_used);
}

static void
json_row(const struct row *row, FILE *file)
{
	const char *unit = row->kind == ROW_PACKET ? "packet" : "session";
	const double target = target_of(row);

	fprintf(file, "{\"bench\": \"pipeline\", ");
	if (row->kind == ROW_PACKET)
		json_packets(row, file);
	else
		json_sessions(row, file);
	fprintf(file,
		", \"rounds\": %u, \"cycles_per_%s\": %.1f, \"lowest_cycles_per_%s\": %.1f, "
		"\"highest_cycles_per_%s\": %.1f",
		row->rounds, unit, cycles_of(row), unit, row->lowest, unit, row->highest);
	if (row->kind == ROW_PACKET)
		fprintf(file, ", \"floor_cycles_per_packet\": %.1f", floor_of(row));
	if (target >= 0)
		fprintf(file, ", \"target_cycles_per_%s\": %.1f", unit, target);
	fprintf(file, "}");
}

void
report_json(const struct report *report, FILE *file)
{
	const char *comma = "";

	fprintf(file, "{\"machine\": ");
	json_machine(report, file);
	fprintf(file, ",\n \"rows\": [");
	for (unsigned int i = 0; i < report->n; i++) {
		if (report->rows[i].rounds == 0)
			continue;
		fprintf(file, "%s\n  ", comma);
		json_row(&report->rows[i], file);
		comma = ",";
	}
	fprintf(file, "\n ]}\n");
}
