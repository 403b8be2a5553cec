/* SPDX-License-Identifier: BSD-3-Clause */
#include "nj_base.h"

#include <rte_cycles.h>

nj_ms_t
nj_clock_ms(void)
{
	return (nj_ms_t)(rte_rdtsc() / (rte_get_tsc_hz() / MS_PER_S));
}
