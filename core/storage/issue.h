/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Issues, their numbers, and the hashes that lead to them.  Rows only: what a change of
 * one brings with it is core/issue/change.h.  Inside a transaction.
 */
#ifndef MORTISE_STORAGE_ISSUE_H
#define MORTISE_STORAGE_ISSUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/storage/keyset.h"
#include "core/storage/tx.h"

enum issue_status { ISSUE_UNRESOLVED = 0, ISSUE_RESOLVED = 1, ISSUE_IGNORED = 2 };

enum issue_level {
	ISSUE_DEBUG = 10,
	ISSUE_INFO = 20,
	ISSUE_WARNING = 30,
	ISSUE_ERROR = 40,
	ISSUE_FATAL = 50,
};

/* Characters; what is longer is cut by whoever makes an issue. */
#define ISSUE_TITLE_MAX 255
#define ISSUE_CULPRIT_MAX 200
#define ISSUE_USERS_MAX 10000  /* of one issue that are told apart; more are not counted */
#define ISSUE_HASH_SIZE 65     /* 64 hexadecimal digits at most, and the NUL */

struct issue {
	int64_t id, organization_id, project_id, number;
	char *project_slug;
	char *title, *culprit, *type;
	int level;                 /* ISSUE_ */
	char *platform, *logger, *url;     /* or NULL */
	json_t *metadata;          /* always an object */
	int status;                /* ISSUE_ */
	char *substatus;           /* or NULL */
	int64_t resolved_at_us;    /* 0: not resolved */
	int64_t assignee_account_id, assignee_team_id;     /* 0: none; at most one is set */
	int64_t assigned_at_us;
	int64_t times_seen;
	int64_t users_seen;        /* at most ISSUE_USERS_MAX */
	int64_t first_seen_at_us, last_seen_at_us;
	int64_t first_release_id, last_release_id;         /* 0: none */
	int64_t added_at_us, updated_at_us;
};

struct issue_new {
	int64_t organization_id, project_id;
	const char *title, *culprit, *type;
	int level;
	const char *platform, *logger, *url;       /* or NULL */
	const json_t *metadata;                    /* or NULL */
	int64_t first_seen_at_us;
	int64_t release_id;                        /* 0: none */
	int64_t now_us;
};

/* Gives it the project's next number, substatus "new" and no sighting yet (issue_count). */
int issue_insert(struct tx *tx, const struct issue_new *issue, int64_t *ret_id, struct err *err);
/* E_NOT_FOUND if there is none.  Free with issue_clear. */
int issue_get(struct tx *tx, int64_t id, struct issue *ret_issue, struct err *err);
/* 1 if the project has one of this number, 0 if not. */
int issue_find_number(struct tx *tx, int64_t project_id, int64_t number, struct issue *ret_issue,
	struct err *err);
/* 1 if the hash leads to an issue, 0 if not. */
int issue_find_hash(struct tx *tx, int64_t project_id, const char *hash, struct issue *ret_issue,
	struct err *err);
/* A hash that is taken stays where it is. */
int issue_hash_add(struct tx *tx, int64_t project_id, const char *hash, int64_t issue_id,
	struct err *err);
/* As a new array of texts. */
int issue_hashes(struct tx *tx, int64_t issue_id, const struct keyset *place,
	json_t **ret_hashes, struct err *err);

struct issue_count {
	int64_t issue_id;
	int64_t times;             /* how often it was seen now */
	int64_t seen_at_us;
	int64_t release_id;        /* of this sighting; 0: unknown */
	const char *user;          /* digest of who saw it; NULL: unknown */
	int64_t now_us;
};
/* Seen again: the newest sighting decides last_seen_at and the last release. */
int issue_count(struct tx *tx, const struct issue_count *count, struct err *err);

struct issue_describe {
	int64_t issue_id;
	/* NULL, 0: leave what is there. */
	const char *title, *culprit, *type, *platform, *url;
	int level;
	const json_t *metadata;
	int64_t now_us;
};
int issue_describe(struct tx *tx, const struct issue_describe *describe, struct err *err);

/* 'resolved_at_us' 0: none. */
int issue_set_status(struct tx *tx, int64_t id, int status, const char *substatus,
	int64_t resolved_at_us, int64_t now_us, struct err *err);
/* Both 0: nobody. */
int issue_set_assignee(struct tx *tx, int64_t id, int64_t account_id, int64_t team_id,
	int64_t now_us, struct err *err);
/* Which events of it are kept as the latest and the one that tells most; 0: none. */
int issue_set_events(struct tx *tx, int64_t id, int64_t latest_id, int64_t recommended_id,
	struct err *err);
/* With all that hangs on it: hashes, events, activity, links and
 * tickets that no other issue is linked to, resolution. */
int issue_delete(struct tx *tx, int64_t id, struct err *err);
/* Delete a few, at most 'limit', that were not seen since; the number, or negative. */
int issue_prune(struct tx *tx, int64_t before_us, int64_t limit, struct err *err);

void issue_clear(struct issue *issue);
#define cleanup_issue __attribute__((__cleanup__(issue_clear)))
void issue_list_free(struct issue *list, size_t len);

/* "unresolved", "resolved", "ignored"; -1 for another text. */
int issue_status_parse(const char *text);
const char *issue_status_name(int status);
/* "debug", "info", "warning", "error", "fatal"; 0 for another text. */
int issue_level_parse(const char *text);
const char *issue_level_name(int level);

#endif
