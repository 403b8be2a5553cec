/* SPDX-License-Identifier: BSD-3-Clause */
/* In the place of syscalls.c where libseccomp is not there. */
#include "syscalls.h"

#include <errno.h>

int
syscalls_refuse(bool bpf)
{
	return -ENOTSUP;
}
