/* SPDX-License-Identifier: BSD-3-Clause */
#include "listeners.h"

#include <errno.h>
#include <stdlib.h>

NJ_LOG_TYPE(listeners);

/* The one for every address comes last of its port: those in front of it are asked first. */
static void
link_all(struct listeners *listeners)
{
	for (unsigned int i = 0; i < listeners->n; i++) {
		struct listener *listener = &listeners->all[i];
		uint16_t *at = &listeners->at[listener->port];

		while (*at != 0 && listener->ip.family == AF_UNSPEC)
			at = &listeners->all[*at - 1].next;
		listener->next = *at;
		*at = (uint16_t)(i + 1);
		listeners->hints[listener->port % LISTENERS_HINTS / 64] |= UINT64_C(1)
									   << listener->port % 64;
	}
}

static void
add_usual(struct listeners *listeners, const struct nj_ip *ip, rte_be16_t port)
{
	if (ip->family == AF_INET)
		listeners->usual[listeners_usual_place(ip->v4, port)] =
			listeners_usual(ip->v4, port);
}

/* What listeners_find() would say of datagrams to our ports' addresses. */
static void
add_all_usual(struct listeners *listeners, const struct nj_appliance *appliance)
{
	for (unsigned int i = 0; i < listeners->n; i++) {
		const struct listener *listener = &listeners->all[i];

		add_usual(listeners, &listener->ip, listener->port);
		if (listener->ip.family != AF_UNSPEC)
			continue;
		for (unsigned int p = 0; p < appliance->n_ports; p++)
			for (unsigned int a = 0; a < appliance->ports[p].n_addresses; a++)
				add_usual(listeners, &appliance->ports[p].addresses[a].ip,
					listener->port);
	}
}

int
listeners_init(struct listeners *listeners, const struct nj_appliance *appliance, uint16_t port)
{
	listeners->n = RTE_MAX(appliance->n_listeners, 1u);
	listeners->all = calloc(listeners->n, sizeof(*listeners->all));
	listeners->at = calloc(UINT16_MAX + 1, sizeof(*listeners->at));
	if (listeners->all == NULL || listeners->at == NULL)
		return nj_err(ENOMEM, "listeners");
	listeners->all[0].port = rte_cpu_to_be_16(port);
	for (unsigned int i = 0; i < appliance->n_listeners; i++) {
		const struct nj_listener_config *config = &appliance->listeners[i];

		listeners->all[i].port = rte_cpu_to_be_16(config->port);
		listeners->all[i].ip = config->ip;
	}
	link_all(listeners);
	add_all_usual(listeners, appliance);
	return 0;
}

bool
listeners_find(
	const struct listeners *listeners, const struct nj_link *link, const struct nj_flow *flow)
{
	for (unsigned int i = listeners->at[flow->dst_port]; i != 0;
		i = listeners->all[i - 1].next) {
		const struct listener *listener = &listeners->all[i - 1];
		struct nj_ip ip;

		if (listener->ip.family == AF_UNSPEC)
			return nj_link_is_to_us(link, flow);
		ip = nj_flow_destination(flow).ip;
		if (nj_ip_equal(&listener->ip, &ip))
			return true;
	}
	return false;
}

void
listeners_fini(struct listeners *listeners)
{
	free(listeners->at);
	free(listeners->all);
}
