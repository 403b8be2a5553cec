/* SPDX-License-Identifier: BSD-3-Clause */
#include "readiness.h"

#include "log_sink.h"
#include "notify.h"

NJ_LOG_TYPE(main);

void
readiness_step(struct readiness *readiness, const struct dataplane *dataplane)
{
	struct nj_own_counts own;

	if (readiness->said)
		return;
	own = nj_link_own_counts(dataplane->link);
	if (dataplane->serving && own.tentative == 0) {
		readiness->said = true;
		log_sink_ready();
		notify("READY=1");
	} else if (own.valid + own.tentative == 0 && !readiness->denied) {
		readiness->denied = true;
		NJ_EVENT(ERR, "not_ready", "duplicate_addresses=%u", own.duplicate);
	}
}
