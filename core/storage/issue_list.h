/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Lists of issues, for the API.  Inside a transaction. */
#ifndef MORTISE_STORAGE_ISSUE_LIST_H
#define MORTISE_STORAGE_ISSUE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/storage/issue.h"

struct keyset;

enum issue_sort {
	ISSUE_SORT_SEEN,           /* last seen first */
	ISSUE_SORT_NEW,            /* newest first */
	/* Of the ISSUE_SORT_WINDOW seen last, which a list of this kind ends with: */
	ISSUE_SORT_COUNT,          /* seen most often first */
	ISSUE_SORT_USERS,          /* seen by most users first */
	ISSUE_SORT_LEVEL,          /* the gravest first */
};

#define ISSUE_SORT_WINDOW 1000

enum issue_assigned {
	ISSUE_ASSIGNED_ANY,        /* it does not matter */
	ISSUE_ASSIGNED_YES,
	ISSUE_ASSIGNED_NO,
	ISSUE_ASSIGNED_ACCOUNT,    /* to 'assignee_id' */
	ISSUE_ASSIGNED_TEAM,
};

/* From 'min' to 'max'; ISSUE_RANGE_ANY does not matter. */
struct issue_range {
	int64_t min, max;
};

#define ISSUE_RANGE_ANY ((struct issue_range){INT64_MIN, INT64_MAX})

/* All that is set must hold. */
struct issue_filter {
	int64_t organization_id;
	bool of_projects;          /* of these only: */
	const int64_t *project_ids;/* each once */
	size_t project_len;
	unsigned statuses;         /* 1 << ISSUE_…, at least one */
	enum issue_assigned assigned;
	int64_t assignee_id;
	int64_t release_id;        /* first or last seen in it; 0: any */
	int64_t first_release_id;  /* first seen in it; 0: any */
	int level;                 /* 0: any */
	const char *text;          /* the title contains it, in any case; NULL: any */
	struct issue_range last_seen_us, first_seen_us, times_seen;
	enum issue_sort sort;
	const struct keyset *place;
};

/* What an issue is sorted by, before its id. */
int64_t issue_list_key(const struct issue *issue, enum issue_sort sort);
int issue_list(struct tx *tx, const struct issue_filter *filter, struct issue **ret_list,
	size_t *ret_len, struct err *err);

#endif
