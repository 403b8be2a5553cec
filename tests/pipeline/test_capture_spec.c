/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests for a capture, right and wrong. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "capture_spec.h"

static void
what_is_asked_for_is_understood(void **state)
{
	static const char *const wrong[] = {
		"",
		"client=192.0.2.1",
		"client=192.0.2.300,socket=/x",
		"client,socket=/x",
		"klient=192.0.2.1,socket=/x",
		"session=-1,socket=/x",
		"dropped=nonsense,socket=/x",
		"dropped=none,socket=/x",
		"rate=0,socket=/x",
		"seconds=86401,socket=/x",
		"snaplen=63,socket=/x",
		"count=1e3,socket=/x",
		"socket=x",
		"socket=",
	};
	char path[CAPTURE_PATH_STRLEN], error[CAPTURE_ERROR_STRLEN], text[2000];
	struct capture_spec spec;

	for (unsigned int i = 0; i < RTE_DIM(wrong); i++) {
		error[0] = '\0';
		assert_int_equal(capture_spec_parse(&spec, path, wrong[i], error), -EINVAL);
		assert_true(error[0] != '\0');
	}
	memset(text, 'x', sizeof(text));
	memcpy(text, "socket=/", 8);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(capture_spec_parse(&spec, path, text, error), -EINVAL);
	assert_int_equal(
		capture_spec_parse(&spec, path,
			"endpoint=[2001:db8::1]:5,dropped=any,count=3,socket=/a,b=c", error),
		0);
	assert_string_equal(path, "/a,b=c");
	assert_int_equal(spec.endpoint.port, RTE_BE16(5));
	assert_true(spec.only_dropped);
	assert_int_equal(spec.count, 3);
	assert_int_equal(spec.rate, CAPTURE_RATE_DEFAULT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked_for_is_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
