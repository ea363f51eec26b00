/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* JSON pointers, RFC 6901.  Any thread. */
#ifndef MORTISE_BASE_JSON_POINTER_H
#define MORTISE_BASE_JSON_POINTER_H

#include <jansson.h>

/* The value at 'pointer' ("" is the whole, "/a/0/b~1c"), borrowed; NULL if there is none
 * or the pointer is malformed. */
json_t *json_pointer(const json_t *json, const char *pointer);

#endif
