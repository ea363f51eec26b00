/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Events that are kept: of each issue the newest few, and the one that tells most.  What
 * an event said stands in its body, as core/ingest made it.  Inside a transaction.
 *
 * An event id is recognised among the events of its issue that are still there: a repeat
 * follows shortly after the first, or it is no repeat but a new report.
 */
#ifndef MORTISE_STORAGE_EVENT_H
#define MORTISE_STORAGE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/storage/tx.h"

#define EVENT_ID_SIZE 33       /* of its text, with the NUL */

struct packed;

struct event_new {
	int64_t issue_id, project_id;
	const char *event_id;      /* 32 hex digits */
	int64_t occurred_us, received_us;
	int64_t release_id;        /* 0: none */
	const char *environment;   /* or NULL */
	int weight;                /* how much it tells */
	const struct packed *body; /* JSON */
};

struct event {
	int64_t id, issue_id, project_id;
	char event_id[EVENT_ID_SIZE];
	int64_t occurred_us, received_us;
	int64_t release_id;        /* 0: none */
	char *environment;         /* or NULL */
	json_t *body;              /* NULL in a list */
};

/* Has the issue that 'hash' leads to an event of this id? */
int event_known(struct tx *tx, int64_t project_id, const char *hash, const char *event_id,
	bool *ret_known, struct err *err);
/* Keep one, and let go of what is then too much: the 'keep' newest of its issue and the
 * recommended one stay. */
int event_insert(struct tx *tx, const struct event_new *event, int keep, int64_t *ret_id,
	struct err *err);

enum event_which {
	EVENT_LATEST,
	EVENT_OLDEST,
	EVENT_RECOMMENDED,         /* the newest of those that tell most */
};

/* E_NOT_FOUND if the issue has none (any more).  Free with event_clear. */
int event_get(struct tx *tx, int64_t issue_id, enum event_which which, struct event *ret_event,
	struct err *err);
int event_find(struct tx *tx, int64_t issue_id, const char *event_id, struct event *ret_event,
	struct err *err);
/* The newest of a project with this id, whatever its issue. */
int event_find_in_project(struct tx *tx, int64_t project_id, const char *event_id,
	struct event *ret_event, struct err *err);
/* The newest first. */
int event_list(struct tx *tx, int64_t issue_id, int64_t offset, int64_t limit,
	struct event **ret_list, size_t *ret_len, struct err *err);
/* The ids of the events before and after this one; "" where there is none. */
int event_neighbours(struct tx *tx, const struct event *event,
	char ret_before[static EVENT_ID_SIZE], char ret_after[static EVENT_ID_SIZE],
	struct err *err);
/* The body alone, as a new reference, for who only wants to tell what happened. */
int event_latest(struct tx *tx, int64_t issue_id, json_t **ret_body, struct err *err);
int event_recommended(struct tx *tx, int64_t issue_id, json_t **ret_body, struct err *err);

void event_clear(struct event *event);
void event_list_free(struct event *list, size_t len);
#define cleanup_event __attribute__((__cleanup__(event_clear)))

/* Delete up to 'limit' that were received before; the number, or negative. */
int event_prune(struct tx *tx, int64_t before_us, int64_t limit, struct err *err);

#endif
