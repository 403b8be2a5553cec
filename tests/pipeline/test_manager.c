/* SPDX-License-Identifier: BSD-3-Clause */
/* A round of the manager says whether the next should follow soon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "manager.h"
#include "rig.h"
#include "worker.h"

static struct rig *
make(void)
{
	struct rig *rig = rig_create(&(struct rig_options){.n_endpoints = 1});

	rig_introduce(rig, CLIENTS, CLIENT_IP);
	rig_introduce(rig, SERVERS, SERVER_IP(0));
	return rig;
}

static bool
step(struct rig *rig)
{
	return manager_step(rig->dataplane->manager, rig->now);
}

static void
mail_keeps_it_busy(void **state)
{
	struct rig *rig = make();
	struct nj_test_frame frame = rig_client_frame(5000, "who is that");

	assert_false(step(rig));
	rig_establish(rig, 5000);
	rig_run(rig);
	assert_false(step(rig)); /* datagrams are not its business */
	frame.src_ip = CLIENT_IP + 1;
	rig_send(rig, CLIENTS, &frame);
	worker_poll(rig->dataplane->workers[0], rig->now);
	frame = rig_server_frame(0,
		rig_expect(
			rig, SERVERS, OUR_SERVER_IP, 0, SERVER_IP(0), SERVER_PORT, "who is that"),
		"a neighbor to be asked for");
	rig_send(rig, SERVERS, &frame);
	worker_poll(rig->dataplane->workers[0], rig->now);
	assert_true(step(rig));
	assert_false(step(rig));
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mail_keeps_it_busy),
	};

	return cmocka_run_group_tests_name("manager", tests, NULL, NULL);
}
