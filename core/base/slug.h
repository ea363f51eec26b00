/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Slugs: how people and URLs name a row.  Any thread. */
#ifndef MORTISE_BASE_SLUG_H
#define MORTISE_BASE_SLUG_H

#include <stdbool.h>
#include <stdint.h>

struct err;

/* Lower-case letters, digits, "-" and "_", at most 50, beginning with a letter or digit
 * and not all digits, so that it is never taken for an id.  E_FIELD with 'field'. */
int slug_check(const char *slug, const char *field, struct err *err);
/* The id that a text of digits only means; false if it is none. */
bool slug_is_id(const char *text, int64_t *ret_id);

#endif
