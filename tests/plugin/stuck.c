/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stuck: a filter with a fault. A datagram that begins with "stuck" keeps its worker from ever
 * polling again, or until the file is gone that the rest of the datagram names. Tests alone want
 * it.
 */
#include <nj_filter.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
wait_for_ever(const struct nj_filter *filter, void *state, struct nj_batch *batch)
{
	for (unsigned int i = 0; i < batch->n; i++) {
		const struct nj_datagram *datagram = batch->datagrams[i];
		char text[256];

		snprintf(text, sizeof(text), "%.*s", (int)nj_payload_length(datagram),
			(const char *)nj_payload(datagram));
		if (strncmp(text, "stuck", strlen("stuck")) == 0)
			while (access(text + strlen("stuck"), F_OK) == 0)
				;
	}
}

static struct nj_filter_type type = {
	.name = "test.v1alpha1.Stuck",
	.eras = NJ_IN_BOTH_ERAS,
	.third_party = true,
	.read = wait_for_ever,
};

NJ_FILTER_REGISTER(type)
