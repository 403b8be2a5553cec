/* SPDX-License-Identifier: BSD-3-Clause */
#include "environment.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "port.h"

NJ_LOG_TYPE(environment);

/* The EAL keeps what it is given, so this lives as long as the program. */
struct arguments {
	int n;
	char **list;
};

static void
append(struct arguments *arguments, const char *argument)
{
	arguments->list[arguments->n++] = strdup(argument);
}

/* Whether an option of this name, "--name" or "--name=value", was given. */
static bool
has(const struct arguments *arguments, const char *name)
{
	size_t length = strlen(name);

	for (int i = 1; i < arguments->n; i++)
		if (strncmp(arguments->list[i], name, length) == 0 &&
			(arguments->list[i][length] == '\0' || arguments->list[i][length] == '='))
			return true;
	return false;
}

/* Only the file's PCI devices may be taken: the others may carry the operator's own login. */
static void
allow_devices(struct arguments *arguments, const struct nj_appliance *appliance)
{
	bool any = false;

	if (has(arguments, "-a") || has(arguments, "--allow") || has(arguments, "--no-pci"))
		return;
	for (unsigned int i = 0; i < appliance->n_ports; i++) {
		if (port_device_is_virtual(appliance->ports[i].device))
			continue;
		append(arguments, "-a");
		append(arguments, appliance->ports[i].device);
		any = true;
	}
	if (!any)
		append(arguments, "--no-pci");
}

/* Without files, hugepages go back to the machine when natterjack ends, even if it is killed. */
static void
unlink_hugepages(struct arguments *arguments)
{
	if (!has(arguments, "--huge-unlink") && !has(arguments, "--no-huge") &&
		!has(arguments, "--in-memory"))
		append(arguments, "--huge-unlink");
}

int
environment_start(
	const char *program, const struct nj_appliance *appliance, const struct options *options)
{
	static struct arguments arguments;
	static char **handed; /* a copy: the EAL reorders it and puts other strings in */
	size_t room = 1 + appliance->n_eal + (size_t)options->n_eal + 2 * appliance->n_ports + 3;

	arguments.list = calloc(room + 1, sizeof(*arguments.list));
	if (arguments.list == NULL)
		return nj_err(ENOMEM, "EAL options");
	append(&arguments, program);
	for (unsigned int i = 0; i < appliance->n_eal; i++)
		append(&arguments, appliance->eal[i]);
	for (int i = 0; i < options->n_eal; i++)
		append(&arguments, options->eal[i]);
	if (!has(&arguments, "--file-prefix") && !has(&arguments, "--in-memory"))
		append(&arguments, "--file-prefix=natterjack");
	unlink_hugepages(&arguments);
	allow_devices(&arguments, appliance);
	handed = calloc(room + 1, sizeof(*handed));
	if (handed == NULL)
		return nj_err(ENOMEM, "EAL options");
	memcpy(handed, arguments.list, (size_t)arguments.n * sizeof(*handed));
	if (rte_eal_init(arguments.n, handed) < 0)
		return nj_err(rte_errno, "start DPDK's EAL");
	return 0;
}
