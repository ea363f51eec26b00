/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Pages of lists, as Sentry's clients know them: `per_page`, `cursor` and a Link header
 * with rel="previous" and rel="next".  Pure functions, but for those that answer; any
 * thread.
 *
 * Lists are cut by number, struct api_page, where they have a bound: an organization's data
 * forwarders (one of each kind) and the events of an issue (ingest.events_per_issue).  The
 * files of a release are too, though they can be many: their paths are too long for a cursor.
 * A cursor of these is "size:page:is_prev".
 *
 * All others are cut by place: struct keyset (core/storage/keyset.h), a cursor is
 * "key:id:is_prev", where a key that is text is written in base64url behind a "t".
 *
 *   struct keyset place;
 *   if (api_keyset_read(call, KEYSET_DOWN, &place, err) < 0) …
 *   … read rows of 'place' (place.limit is one more than a page shows) …
 *   for (size_t i = 0; i < api_keyset_shown(&place, len); i++)
 *           json_array_append_new(list, row_json(&rows[api_keyset_row(&place, len, i)]));
 *   api_keyset_answer(call, &place, len, &first, &last);
 *
 * with struct cursor_mark for the first and the last row of the page as it is shown.  A list
 * that is sorted by its ids alone leaves 'number' 0 and looks at place.id only.
 *
 * A cursor is not signed: it only says where a page of the caller's own list begins, so a
 * tampered one is another place in it, or malformed, which is 400.
 */
#ifndef MORTISE_API_CURSOR_H
#define MORTISE_API_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/storage/keyset.h"

struct api_call;
struct err;

#define API_PAGE_MAX 100
#define API_PAGE_LAST 100000   /* nobody pages further */

struct api_page {
	int64_t size;          /* items of a page */
	int64_t number;        /* from 0 */
	int64_t offset;        /* of its first item */
};

/* Read a cursor; false if it is malformed or out of bounds.  "0:0:0" is the start. */
bool cursor_parse(const char *text, struct api_page *ret_page);
/* The page that a request asks for; E_FIELD (→ 400) for a bad cursor or per_page. */
int api_page_read(const struct api_call *call, struct api_page *ret_page, struct err *err);
/* Add the Link header; 'more' says whether another page follows. */
void api_page_answer(const struct api_call *call, const struct api_page *page, bool more);

/* By what a list is sorted. */
enum keyset_kind {
	KEYSET_UP,             /* a number and the id, the smallest first */
	KEYSET_DOWN,           /* the largest first */
	KEYSET_TEXT,           /* a text and the id, the smallest first */
};

struct cursor_mark {
	int64_t number;        /* the sort key of a row: this */
	const char *text;      /* or this, at most KEYSET_TEXT_SIZE - 1 bytes */
	int64_t id;
};

/* The place before all rows. */
void keyset_start(enum keyset_kind kind, struct keyset *ret_place);
/* Read a cursor into all but the limit; false if it is malformed. */
bool keyset_parse(const char *text, enum keyset_kind kind, struct keyset *ret_place);
/* The cursor of a row, a new string; 'back' is for what stands before it. */
char *keyset_cursor(const struct cursor_mark *mark, bool back);
/* The place that a request asks for, and place.limit; E_FIELD (→ 400) for a bad cursor or
 * per_page. */
int api_keyset_read(const struct api_call *call, enum keyset_kind kind, struct keyset *ret_place,
	struct err *err);
/* Of 'len' rows that were read: how many are shown, and which one is shown as the i-th. */
size_t api_keyset_shown(const struct keyset *place, size_t len);
size_t api_keyset_row(const struct keyset *place, size_t len, size_t i);
/* Add the Link header; first and last are of the page as shown, NULL if it is empty. */
void api_keyset_answer(const struct api_call *call, const struct keyset *place, size_t len,
	const struct cursor_mark *first, const struct cursor_mark *last);

#endif
