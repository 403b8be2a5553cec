/* SPDX-License-Identifier: BSD-3-Clause */
#include "capturing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "capturer.h"

struct rig *
capturing_rig(void)
{
	struct rig_options options = {.n_endpoints = 1};
	struct rig *rig = rig_create(&options);

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	rig_introduce(rig, SERVERS, SERVER_IP(0));
	return rig;
}

struct capture *
capturing_begin(struct rig *rig, const char *request)
{
	char path[CAPTURE_PATH_STRLEN], error[CAPTURE_ERROR_STRLEN], text[256];
	struct capture_spec spec;
	struct capture *capture;

	snprintf(text, sizeof(text), "%ssocket=/x", request);
	assert_int_equal(capture_spec_parse(&spec, path, text, error), 0);
	capture = capture_create(&spec, 5, rig->dataplane->n_workers + 1);
	assert_non_null(capture);
	capturer_publish(rig->dataplane->manager, capture);
	return capture;
}

void
capturing_end(struct rig *rig, struct capture *capture)
{
	capturer_publish(rig->dataplane->manager, NULL);
	rig_run(rig);
	capture_destroy(capture);
}

struct rte_mbuf *
capturing_next(struct capture *capture)
{
	void *copy;

	for (unsigned int i = 0; i < capture->n_lanes; i++)
		while (rte_ring_sc_dequeue(capture->lanes[i].copies, &copy) == 0) {
			if (capture_record(copy)->stage != CAPTURE_VOID)
				return copy;
			rte_pktmbuf_free(copy);
		}
	return NULL;
}
