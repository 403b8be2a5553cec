/* SPDX-License-Identifier: BSD-3-Clause */
#include "syscalls.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include <rte_common.h>
#include <seccomp.h>

/* LeakSanitizer stops a program's threads with ptrace(2) when that ends. */
#ifdef __SANITIZE_ADDRESS__
#define IS_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

static const char *const refused[] = {
	/* Other programs and processes. */
	"execve", "execveat", "kcmp", "pidfd_getfd", "process_madvise", "process_vm_readv",
	"process_vm_writev", "ptrace",
	/* The file system as others see it, and namespaces. */
	"chroot", "fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount",
	"name_to_handle_at", "open_by_handle_at", "open_tree", "pivot_root", "setns", "umount",
	"umount2", "unshare",
	/* The kernel itself. */
	"acct", "bpf", "delete_module", "finit_module", "init_module", "ioperm", "iopl",
	"kexec_file_load", "kexec_load", "lookup_dcookie", "perf_event_open", "quotactl",
	"quotactl_fd", "reboot", "swapoff", "swapon", "syslog", "userfaultfd", "vhangup",
	/* Its clock and names. */
	"adjtimex", "clock_adjtime", "clock_settime", "setdomainname", "sethostname",
	"settimeofday",
	/* Who we are, and others' keys. */
	"add_key", "keyctl", "personality", "request_key", "setfsgid", "setfsuid", "setgid",
	"setgroups", "setregid", "setresgid", "setresuid", "setreuid", "setuid",
	/* A way round all of this. */
	"io_uring_enter", "io_uring_register", "io_uring_setup"};

static bool
is_needed(const char *name, bool bpf)
{
	return (bpf && strcmp(name, "bpf") == 0) || (IS_SANITIZED && strcmp(name, "ptrace") == 0);
}

/* Threads, but no namespaces: clone3() hides its flags from a filter, and without it libc takes
 * clone(). */
static int
refuse_namespaces(scmp_filter_ctx filter)
{
	int ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
		SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));

	if (ret == 0)
		ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return ret;
}

/* Returns how many; a call that this machine does not have cannot be made. */
static int
add_rules(scmp_filter_ctx filter, bool bpf)
{
	int n = 0;

	for (unsigned int i = 0; i < RTE_DIM(refused); i++) {
		const int number = seccomp_syscall_resolve_name(refused[i]);
		int ret;

		if (number < 0 || is_needed(refused[i], bpf))
			continue;
		ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
		if (ret < 0)
			return ret;
		n++;
	}
	return n;
}

int
syscalls_refuse(bool bpf)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int ret = -ENOMEM, n = 0;

	if (filter == NULL)
		return ret;
	ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1); /* of every thread */
	if (ret == 0)
		ret = refuse_namespaces(filter);
	if (ret == 0)
		ret = n = add_rules(filter, bpf);
	if (ret >= 0)
		ret = seccomp_load(filter);
	seccomp_release(filter);
	return ret < 0 ? ret : n;
}
