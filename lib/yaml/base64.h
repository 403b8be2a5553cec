/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NJ_BASE64_H
#define NJ_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Decodes base64 with the standard alphabet (RFC 4648, section 4) into `out`,
 * which has room for 3 bytes for every 4 characters begun. Bits left over have to be zero. With
 * `padded` the padding has to be there, as Quilkin's second era wants it; without, it may be left
 * out, as its first era takes it.
 * Returns the number of bytes, or -EINVAL.
 */
ssize_t nj_base64_decode(const char *text, bool padded, uint8_t *out);

#endif
