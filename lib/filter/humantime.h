/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HUMANTIME_H
#define HUMANTIME_H

#include "nj_yaml.h"

/*
 * uint64_t, ms: a duration as Quilkin's files of the first era have it, one or more numbers with
 * units, as in "1s", "1m 30s" or "2hours" (Rust's humantime). At least field->min.
 */
nj_read_t read_humantime;

#endif
