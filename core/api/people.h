/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What the handlers of organizations, members, teams and projects share: how they run
 * their closures, and the shapes that Sentry's clients know these things by.  Private to
 * core/api; request workers, and the functions with 'tx' inside a transaction.
 */
#ifndef MORTISE_API_PEOPLE_H
#define MORTISE_API_PEOPLE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/api/cursor.h"
#include "core/base/slug.h"
#include "core/storage/external_actor.h"
#include "core/storage/store.h"

struct api_call;
struct body;
struct err;
struct member;
struct organization;
struct principal;
struct project;
struct team;
struct tx;

#define PEOPLE_NAME_LEN_MAX 64 /* characters of a name */
#define PEOPLE_TEAMS_MAX 100   /* that are shown, or taken, at once */

/* One request at work: the argument of its closure. */
struct work {
	const struct api_call *call;
	const void *sent;          /* what was read of the body; the handler's own */
	int64_t now_us;
	struct keyset place;       /* of a list */
	/* What the closure fills, anew in each run: */
	json_t *json;              /* the answer; NULL: none */
	size_t len;                /* rows that were read of the list */
	struct cursor_mark first, last;    /* of those that are shown */
	char slugs[2][SLUG_SIZE];  /* theirs */
	bool created;              /* the answer is 201 */
};

/* 'fn' reads and calls work_answer.  The reply is made of that. */
int work_read(struct api_call *call, store_fn *fn, struct err *err);
/* The same for a page of a list: 'fn' reads rows of work.place, which it gives work_begin_list,
 * and calls work_show for each of them that work_row names. */
int work_list(struct api_call *call, enum keyset_kind kind, store_fn *fn, struct err *err);
/* 'fn' writes; without an answer the reply is 204. */
int work_write(struct api_call *call, store_fn *fn, const void *sent, struct err *err);
void work_answer(struct work *work, json_t *json_take);
/* Begin a list of which 'len' rows were read; how many of them are shown. */
size_t work_begin_list(struct work *work, size_t len);
/* Which row is shown as the i-th. */
size_t work_row(const struct work *work, size_t i);
/* Append a row of this place: 'slug' is NULL in a list that is sorted by its ids. */
void work_show(struct work *work, json_t *item_take, int64_t id, const char *slug);
/* "project.edit" of "project:7", by who asks, with 'data' or NULL. */
int work_audit(struct tx *tx, const struct work *work, int64_t organization_id,
	const char *event, const char *kind, int64_t id, json_t *data_take, struct err *err);

/* Does the request ask for `expand=WHAT`, maybe among others? */
bool people_expands(const struct api_call *call, const char *what);
/* What follows "token:" in `query`, as far as the next blank; false if it has none. */
bool people_query_token(const struct api_call *call, const char *token, char *ret_text,
	size_t size);
/* `query` without its tokens: the words to look for; NULL if there are none. */
const char *people_query_text(const struct api_call *call);
/* Which rows `query` wants: "hasExternalUsers:true". */
enum external_filter people_external_filter(const struct api_call *call, const char *token);
/* What is sent of a flag: 0 or 1; -1: nothing. */
int people_read_flag(const struct body *in, const char *name);
/* The slug that was sent, or else what comes of the name; NULL and E_FIELD for nothing. */
const char *people_slug(const char *sent, const char *name, char ret_derived[static SLUG_SIZE],
	struct err *err);
/* A slug that is taken is a wrong field of a change. */
int people_slug_taken(struct err *err);
/* Put what was sent in place of '*text', and note it in 'data', for the audit log. */
void people_change_text(char **text, const char *sent, json_t *data, const char *name);

json_t *people_avatar_json(void);
json_t *people_account_json(int64_t id, const char *email, const char *name);
json_t *people_organization_json(const struct api_call *call,
	const struct organization *organization);
json_t *people_member_json(const struct member *member);
/* The teams of a member and what the member is in each: "teams" and "teamRoles". */
int people_member_teams(struct tx *tx, const struct member *member, json_t *json,
	struct err *err);
/* As 'principal' sees them. */
int people_team_json(struct tx *tx, const struct principal *principal, const struct team *team,
	json_t **ret_json, struct err *err);
int people_project_json(struct tx *tx, const struct principal *principal,
	const struct project *project, json_t **ret_json, struct err *err);

#endif
