/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Searching issues: "is:unresolved assigned:me level:error TypeError" becomes a filter.
 *
 *   is:unresolved|resolved|ignored|archived|assigned|unassigned
 *   assigned:me|none|user:7|team:3|#slug|ADDRESS|NAME
 *   release:VERSION|latest     first or last seen in it
 *   level:error                one of debug, info, warning, error, fatal
 *   SHOP-7A                    the issue of this short id
 *   anything else              the title contains it
 *
 * A value with spaces stands in double quotes.  A term that is none of these is refused
 * with its name, so that nobody takes a wider answer for the one he asked for.
 */
#ifndef MORTISE_API_ISSUE_QUERY_H
#define MORTISE_API_ISSUE_QUERY_H

#include <stdint.h>

#include "core/storage/issue_list.h"

struct err;
struct tx;

#define ISSUE_QUERY_MAX 1024   /* bytes */

struct issue_query {
	struct issue_filter filter;        /* sort, offset and limit are the caller's */
	char *text;                        /* owned; filter.text points here */
	char *short_id;                    /* owned: only this issue; or NULL */
	bool impossible;                   /* nothing can match: no such release */
};

/* 'filter' has organization and projects set.  'me': who asks, 0 for nobody.  E_FIELD
 * "query". */
int issue_query_read(struct tx *tx, const char *text, int64_t me, struct issue_query *query,
	struct err *err);
void issue_query_clear(struct issue_query *query);

#endif
