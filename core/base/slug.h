/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Slugs: how people and URLs name a row.  Any thread. */
#ifndef MORTISE_BASE_SLUG_H
#define MORTISE_BASE_SLUG_H

#include <stdbool.h>
#include <stdint.h>

struct err;

#define SLUG_SIZE 51           /* of the longest, with the NUL */

/* Lower-case letters, digits, "-" and "_", at most 50, beginning with a letter or digit
 * and not all digits, so that it is never taken for an id.  E_FIELD with 'field'. */
int slug_check(const char *slug, const char *field, struct err *err);
/* The id that a text of digits only means; false if it is none. */
bool slug_is_id(const char *text, int64_t *ret_id);
/* The slug that comes of a name: "My Shop!" → "my-shop"; "" if nothing is left. */
void slug_make(const char *name, char ret_slug[static SLUG_SIZE]);
/* The 'number'th of one slug: itself, "shop-2", "shop-3", … */
void slug_number(const char *slug, int number, char ret_slug[static SLUG_SIZE]);

#endif
