/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NJ_APPLIANCE_H
#define NJ_APPLIANCE_H

#include "nj_policy.h"

/*
 * What no key's own reader can see: that addresses are usable and ours once,
 * gateways reachable, listeners apart. What could not be read is zero, and passed over.
 */
void nj_appliance_check(struct nj_document *document, const struct nj_appliance *appliance);

#endif
