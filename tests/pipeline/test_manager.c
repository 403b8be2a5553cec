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

#define SESSIONS 600
#define FOUND    256 /* in one round */
#define SWEEP_MS 250 /* of a whole round of the table */

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

static void
more_to_expire_keeps_it_busy(void **state)
{
	struct rig *rig = make();

	for (uint16_t i = 0; i < SESSIONS; i++)
		rig_establish(rig, 5000 + i);
	rig->now += 2 * rig->appliance.sessions.ttl_ms;
	for (unsigned int left = SESSIONS; left > 0;) {
		const bool busy = step(rig);

		assert_int_equal(busy, left > FOUND);
		for (unsigned int i = 0; i < FOUND / WORKER_BURST; i++)
			worker_poll(rig->dataplane->workers[0], rig->now);
		left -= RTE_MIN(left, (unsigned int)FOUND);
		assert_int_equal(rig_sessions(rig), left);
		rig->now += SWEEP_MS;
	}
	assert_false(step(rig));
	rig_destroy(rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mail_keeps_it_busy),
		cmocka_unit_test(more_to_expire_keeps_it_busy),
	};

	return cmocka_run_group_tests_name("manager", tests, NULL, NULL);
}
