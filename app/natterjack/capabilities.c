/* SPDX-License-Identifier: BSD-3-Clause */
#include "capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_ethdev.h>

#include "everywhere.h"

#define BIT(capability) (UINT64_C(1) << (capability))

/* By the driver's name, or how it begins. */
static const struct need {
	const char *driver;
	uint64_t capabilities;
	bool bpf;
} needs[] = {
	/* Sockets and shared memory that are open already. */
	{"net_af_packet", 0, false},
	{"net_memif", 0, false},
	{"net_null", 0, false},
	{"net_pcap", 0, false},
	{"net_ring", 0, false},
	/* Their programs are taken off the interface at the end. */
	{"net_af_xdp", BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW) | BIT(CAP_BPF), true},
	{"net_tap", BIT(CAP_NET_ADMIN), true},
	/* The kernel has them as well, and is asked for what changes. */
	{"mlx4", BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW) | BIT(CAP_IPC_LOCK), false},
	{"mlx5", BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW) | BIT(CAP_IPC_LOCK), false},
};

static const struct {
	unsigned int capability;
	const char *name;
} names[] = {
	{CAP_BPF, "bpf"},
	{CAP_IPC_LOCK, "ipc_lock"},
	{CAP_NET_ADMIN, "net_admin"},
	{CAP_NET_RAW, "net_raw"},
	{CAP_SYS_ADMIN, "sys_admin"},
};

/* Any other one on a bus: memory that comes later is pinned for it too, and where its addresses are
 * physical ones they are asked for in /proc/self/pagemap. */
static struct need
need_of_bus(void)
{
	return (struct need){
		.capabilities = BIT(CAP_IPC_LOCK) |
				(rte_eal_iova_mode() == RTE_IOVA_PA ? BIT(CAP_SYS_ADMIN) : 0)};
}

static struct need
need_of(const struct port *port)
{
	struct rte_eth_dev_info info;

	if (rte_eth_dev_info_get(port->id, &info) < 0 || info.driver_name == NULL)
		return (struct need){.capabilities = CAPABILITIES_ALL, .bpf = true};
	for (unsigned int i = 0; i < RTE_DIM(needs); i++)
		if (strncmp(info.driver_name, needs[i].driver, strlen(needs[i].driver)) == 0)
			return needs[i];
	if (port_device_is_virtual(port->device))
		return (struct need){.capabilities = CAPABILITIES_ALL, .bpf = true};
	return need_of_bus();
}

uint64_t
capabilities_needed(const struct dataplane *dataplane)
{
	uint64_t all = 0;

	for (unsigned int i = 0; i < dataplane->n_ports; i++)
		all |= need_of(&dataplane->ports[i]).capabilities;
	return all;
}

bool
capabilities_need_bpf(const struct dataplane *dataplane)
{
	for (unsigned int i = 0; i < dataplane->n_ports; i++)
		if (need_of(&dataplane->ports[i]).bpf)
			return true;
	return false;
}

/* What a signal's handler is to keep, and how that went. */
static uint64_t to_keep;
static int failure;

static void
keep_here(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		failure = errno;
	if (syscall(SYS_capget, &header, data) < 0)
		failure = errno;
	for (unsigned int i = 0; i < RTE_DIM(data); i++) {
		data[i].permitted &= (uint32_t)(to_keep >> (32 * i));
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0; /* and so the ambient ones */
	}
	if (syscall(SYS_capset, &header, data) < 0)
		failure = errno;
}

int
capabilities_keep(uint64_t kept)
{
	int ret;

	to_keep = kept;
	failure = 0;
	ret = everywhere(keep_here);
	return ret < 0 ? ret : -failure;
}

const char *
capabilities_format(uint64_t kept, char *text, size_t size)
{
	size_t length = 0;

	snprintf(text, size, "%s", kept == CAPABILITIES_ALL ? "all" : "none");
	for (unsigned int i = 0; kept != CAPABILITIES_ALL && i < RTE_DIM(names); i++)
		if ((kept & BIT(names[i].capability)) != 0 && length < size)
			length += (size_t)snprintf(text + length, size - length, "%s%s",
				length > 0 ? ", " : "", names[i].name);
	return text;
}
