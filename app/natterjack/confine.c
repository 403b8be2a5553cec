/* SPDX-License-Identifier: BSD-3-Clause */
#include "confine.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_eal.h>

#include "capabilities.h"
#include "syscalls.h"

NJ_LOG_TYPE(confine);

#define SOCKET "dpdk_telemetry.v2"

/* The telemetry socket ----------------------------------------------------------------------- */

static int
give(const char *path, gid_t group, mode_t mode)
{
	if (chown(path, (uid_t)-1, group) < 0 || chmod(path, mode) < 0)
		return nj_err(errno, "%s", path);
	return 0;
}

/* A way through the folder that all DPDK programs share, each of which has its own in there. */
static int
open_way(const char *folder)
{
	char copy[PATH_MAX];
	const char *above;
	struct stat status;

	snprintf(copy, sizeof(copy), "%s", folder);
	above = dirname(copy);
	if (stat(above, &status) < 0)
		return nj_err(errno, "%s", above);
	if ((status.st_mode & S_IXOTH) == 0 && chmod(above, (status.st_mode & 07777) | 0011) < 0)
		return nj_err(errno, "%s", above);
	return 0;
}

int
confine_telemetry(const char *group)
{
	const char *folder = rte_eal_get_runtime_dir();
	const struct group *found = group != NULL ? getgrnam(group) : NULL;
	const gid_t owner = found != NULL ? found->gr_gid : (gid_t)-1;
	char path[PATH_MAX];
	int ret = 0;

	snprintf(path, sizeof(path), "%s/" SOCKET, folder);
	if (access(path, F_OK) < 0) /* the EAL was told to make none */
		return 0;
	if (group != NULL && found == NULL)
		return nj_err(ENOENT, "the telemetry socket's group '%s'", group);
	if (found != NULL)
		ret = open_way(folder);
	if (ret == 0)
		ret = give(path, owner, found != NULL ? 0660 : 0600);
	if (ret == 0)
		ret = give(folder, owner, found != NULL ? 0710 : 0700);
	return ret;
}

/* The program -------------------------------------------------------------------------------- */

/* A kernel or container that has no filters is no reason not to start. */
static int
refuse_syscalls(const struct dataplane *dataplane)
{
	const int n = syscalls_refuse(capabilities_need_bpf(dataplane));

	if (n < 0)
		NJ_LOG(WARNING, "no system calls are refused: %s", strerror(-n));
	return RTE_MAX(n, 0);
}

int
confine(const struct dataplane *dataplane)
{
	const uint64_t kept = capabilities_needed(dataplane);
	char text[128];
	int ret, n;

	if (!dataplane->appliance->confine) {
		NJ_LOG(WARNING, "not confined: 'confine' is false");
		return 0;
	}
	ret = capabilities_keep(kept);
	if (ret < 0)
		return nj_err(-ret, "give up capabilities");
	n = refuse_syscalls(dataplane);
	NJ_LOG(NOTICE, "confined: capabilities %s, no new privileges, %d system calls refused",
		capabilities_format(kept, text, sizeof(text)), n);
	return 0;
}
