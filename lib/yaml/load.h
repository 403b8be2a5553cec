/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NJ_LOAD_H
#define NJ_LOAD_H

#include "nj_yaml.h"

/*
 * Loads a file's one YAML document. Returns false with one error reported where
 * the file cannot be read, is not YAML, is empty, or holds several documents.
 */
bool nj_load(struct nj_document *document);

/* Reports an error at a place, not a node. */
void nj_load_error(struct nj_document *document, struct nj_place place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
