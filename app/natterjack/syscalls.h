/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * System calls that a started natterjack never makes, but who has got into it would: other
 * programs, other processes, the kernel's own parts. What is not named is let through: which calls
 * a driver makes is not known, so a list of what is allowed could not be complete.
 */
#ifndef SYSCALLS_H
#define SYSCALLS_H

#include <stdbool.h>

/* Has every thread refused them (EPERM) from now on. `bpf`: a driver needs bpf(2). Returns how many
 * there are, or -errno; -ENOTSUP where it was built without libseccomp. */
int syscalls_refuse(bool bpf);

#endif
