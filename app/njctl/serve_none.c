/* SPDX-License-Identifier: BSD-3-Clause */
#include "njctl.h"

enum status
run_serve(struct context *context)
{
	return complain(
		STATUS_USAGE, "this njctl was built without libmicrohttpd: it cannot serve");
}
