/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Searching issues: "is:unresolved assigned:me level:error TypeError" becomes a filter.
 *
 *   is:unresolved|resolved|ignored|archived|assigned|unassigned
 *   !is:resolved               any status but this
 *   assigned:me|none|user:7|team:3|#slug|ADDRESS|NAME
 *   release:VERSION|latest     first or last seen in it
 *   firstRelease:VERSION|latest
 *   project:SLUG               within those that are asked for
 *   lastSeen:-24h  firstSeen:>=2026-05-01  age:+7d  timesSeen:>10   (issue_range.h)
 *   level:error                one of debug, info, warning, error, fatal
 *   SHOP-7A, issue:SHOP-7A     the issue of this short id
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
struct principal;
struct tx;

#define ISSUE_QUERY_MAX 1024   /* bytes */

struct issue_query {
	struct issue_filter filter;        /* sort and place are the caller's */
	char *text;                        /* owned; filter.text points here */
	int64_t *project_ids;              /* owned; filter.project_ids may point here */
	char *short_id;                    /* owned: only this issue; or NULL */
	bool impossible;                   /* nothing can match: no such release */
	int64_t now_us;                    /* set by the caller, too */
};

/* 'filter' has organization, projects and place set.  E_FIELD "query". */
int issue_query_read(struct tx *tx, const char *text, const struct principal *principal,
	struct issue_query *query, struct err *err);
void issue_query_clear(struct issue_query *query);

#endif
