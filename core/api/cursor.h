/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Pages of lists, as Sentry's clients know them: `per_page`, `cursor` and a Link header
 * with rel="previous" and rel="next".  A cursor is "size:page:is_prev".  Pure functions,
 * but for api_page_answer; any thread.
 */
#ifndef MORTISE_API_CURSOR_H
#define MORTISE_API_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

struct api_call;
struct err;

#define API_PAGE_MAX 100
#define API_PAGE_LAST 100000   /* nobody pages further */

struct api_page {
	int64_t size;          /* items of a page */
	int64_t number;        /* from 0 */
	int64_t offset;        /* of its first item */
};

/* Read a cursor; false if it is malformed or out of bounds. */
bool cursor_parse(const char *text, struct api_page *ret_page);
/* The page that a request asks for; E_FIELD (→ 400) for a bad cursor or per_page. */
int api_page_read(const struct api_call *call, struct api_page *ret_page, struct err *err);
/* Add the Link header; 'more' says whether another page follows. */
void api_page_answer(const struct api_call *call, const struct api_page *page, bool more);

#endif
