/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The data of an embedded page: a title, paragraphs, rows with facts, links, one action.
 * A plugin's answer is foreign data; it goes to a browser only after this.  Any thread.
 */
#ifndef MORTISE_PAGE_BLOCKS_H
#define MORTISE_PAGE_BLOCKS_H

#include <jansson.h>

struct err;

#define BLOCKS_MAX_SIZE ((size_t)64 << 10) /* as JSON */

/* Members as in struct mortise_page, and no others; those that may be absent may be null.
 * E_INTERNAL, with a text that names the member. */
int blocks_check(const json_t *blocks, struct err *err);

#endif
