/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Short ids, "SHOP-7A": a project's slug in capitals and a number in base 36.  Pure
 * functions; any thread. */
#ifndef MORTISE_ISSUE_SHORT_ID_H
#define MORTISE_ISSUE_SHORT_ID_H

#include <stdbool.h>
#include <stdint.h>

#define SHORT_ID_SLUG_SIZE 51
#define SHORT_ID_SIZE 72

/* Into 'ret_text', which is returned. */
const char *short_id_format(const char *slug, int64_t number, char ret_text[static SHORT_ID_SIZE]);
/* In any case; the slug comes out in lower case.  False if it is none. */
bool short_id_parse(const char *text, char ret_slug[static SHORT_ID_SLUG_SIZE],
	int64_t *ret_number);

#endif
