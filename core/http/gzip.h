/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* gzip as a coding of replies (RFC 9110 8.4.1).  Pure functions; any thread. */
#ifndef MORTISE_HTTP_GZIP_H
#define MORTISE_HTTP_GZIP_H

#include <stdbool.h>
#include <stddef.h>

/* Does an Accept-Encoding header (NULL: none) take gzip? */
bool gzip_accepted(const char *accept_encoding);
/* The bytes compressed, new; 'level' is zlib's. */
char *gzip_pack(const void *data, size_t size, int level, size_t *ret_size);

#endif
