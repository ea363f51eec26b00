/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What an issue is linked to: commits, pull requests, external issues.  Inside a
 * transaction; what changes something belongs in a write closure.
 */
#ifndef MORTISE_STORAGE_ISSUE_LINK_H
#define MORTISE_STORAGE_ISSUE_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "core/storage/tx.h"

enum issue_link_type {
	ISSUE_LINK_COMMIT = 1,
	ISSUE_LINK_PULL_REQUEST = 2,
	ISSUE_LINK_EXTERNAL = 3,       /* an external issue */
};

enum issue_link_relationship {
	ISSUE_LINK_RESOLVES = 1,
	ISSUE_LINK_REFERENCES = 2,
};

struct issue_link {
	int64_t id, issue_id, project_id;
	int type;                      /* enum issue_link_type */
	int64_t linked_id;             /* the row of what the type says */
	int relationship;              /* enum issue_link_relationship */
	int64_t added_at_us;
};

/* 1: made, 0: the issue has this link already.  'link->id' is not read. */
int issue_link_insert(struct tx *tx, const struct issue_link *link, struct err *err);
/* 1: the issue has it, 0: not. */
int issue_link_exists(struct tx *tx, int64_t issue_id, enum issue_link_type type,
	int64_t linked_id, struct err *err);
/* 1: removed, 0: there was none. */
int issue_link_delete(struct tx *tx, int64_t issue_id, enum issue_link_type type,
	int64_t linked_id, struct err *err);
/* The links to one thing, by id, after 'after_id', at most 'max'.  Free the list with
 * free(). */
int issue_link_list_linked(struct tx *tx, enum issue_link_type type, int64_t linked_id,
	int64_t after_id, size_t max, struct issue_link **ret_list, size_t *ret_len,
	struct err *err);
/* The issues linked to the external issue 'key' of an integration, newest link first, at
 * most 'max', and how many there are: in one organization, or with 0 in all that have an
 * active link to the integration. */
int issue_link_list_key(struct tx *tx, int64_t integration_id, int64_t organization_id,
	const char *key, size_t max, int64_t *ret_issue_ids, size_t *ret_len, int64_t *ret_total,
	struct err *err);

#endif
