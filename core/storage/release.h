/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Releases of an organization and their place in each project.  Two orders of a
 * project's releases are one index each: by date (when it came out, else when it was
 * added) and by semantic version.  An archived release has no place in either.
 * Inside a transaction.
 */
#ifndef MORTISE_STORAGE_RELEASE_H
#define MORTISE_STORAGE_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/storage/tx.h"

enum release_status { RELEASE_OPEN = 0, RELEASE_ARCHIVED = 1 };

struct release {
	int64_t id, organization_id;
	char *version;
	char *semver;              /* bytes that sort (core/issue/release_version.h), or NULL */
	int status;                /* RELEASE_ */
	char *ref, *url;           /* or NULL */
	json_t *data;              /* always an object */
	int64_t released_at_us;    /* 0: not finalized */
	int64_t added_at_us;
};

struct keyset;

struct release_new {
	int64_t organization_id;
	const char *version, *semver;      /* semver NULL: no semantic version */
	int64_t now_us;
};

/* Get or create: 1 created, 0 there already. */
int release_put(struct tx *tx, const struct release_new *release, int64_t *ret_id,
	struct err *err);
int release_get(struct tx *tx, int64_t id, struct release *ret_release, struct err *err);
/* 1 if the organization has it, 0 if not. */
int release_find(struct tx *tx, int64_t organization_id, const char *version,
	struct release *ret_release, struct err *err);
/* 1: now one of the project's, 0: it was. */
int release_add_project(struct tx *tx, int64_t release_id, int64_t project_id, struct err *err);

struct release_update {
	int64_t id;
	/* Written as they are. */
	int status;
	const char *ref, *url;     /* or NULL */
	const json_t *data;        /* or NULL: {} */
	int64_t released_at_us;    /* 0: not finalized */
};
/* Its place in each project follows. */
int release_update(struct tx *tx, const struct release_update *update, struct err *err);
/* With its commits and places; an issue that was seen in it shows none then.  E_CONFLICT
 * while a resolution names it. */
int release_delete(struct tx *tx, int64_t id, struct err *err);

struct release_page {
	int64_t organization_id;
	int64_t project_id;        /* 0: of all projects, or of these: */
	const char *projects;      /* ",3,7,"; or NULL */
	int64_t member_id;         /* whose teams work on one of its projects; 0: anybody */
	int status;                /* RELEASE_ */
	const char *query;         /* the version contains it, in any case; NULL: all */
	const struct keyset *place;
};
/* Newest first: of one project by date (out, else added), of all by the time they were added. */
int release_list(struct tx *tx, const struct release_page *page, struct release **ret_list,
	size_t *ret_len, struct err *err);
/* The newest release added before this one, in one of its projects, that has commits: 1, or 0
 * if there is none among the 1,000 before. */
int release_previous(struct tx *tx, const struct release *release, struct release *ret_release,
	struct err *err);
/* Has it a project that this member's teams work on?  1 or 0; for a member of 0 always. */
int release_is_reached(struct tx *tx, int64_t release_id, int64_t member_id, struct err *err);
/* {"id" (a number), "slug", "name", "platform"} of its projects, 100 at most; a new array. */
int release_projects(struct tx *tx, int64_t release_id, json_t **ret_projects, struct err *err);

void release_clear(struct release *release);
#define cleanup_release __attribute__((__cleanup__(release_clear)))
void release_list_free(struct release *list, size_t len);

/* ---- The place of a release in a project ---- */

struct release_place {
	int64_t release_id;
	char *version;
	char *semver;              /* or NULL */
	int status;                /* RELEASE_ */
	int64_t ordered_at_us;
};

/* Each: 1 found, 0 none. */
int release_place_get(struct tx *tx, int64_t project_id, int64_t release_id,
	struct release_place *ret_place, struct err *err);
/* The newest by date that is not archived. */
int release_latest(struct tx *tx, int64_t project_id, struct release_place *ret_place,
	struct err *err);
/* The highest semantic version that is not archived. */
int release_highest(struct tx *tx, int64_t project_id, struct release_place *ret_place,
	struct err *err);
/* The first by date after 'place' that is not archived. */
int release_after(struct tx *tx, int64_t project_id, const struct release_place *place,
	struct release_place *ret_place, struct err *err);
/* The lowest semantic version above 'semver' that is not archived. */
int release_above(struct tx *tx, int64_t project_id, const char *semver,
	struct release_place *ret_place, struct err *err);
/* The last release that is not archived in which events of the issue were kept, by date. */
int release_last_seen(struct tx *tx, int64_t project_id, int64_t issue_id,
	struct release_place *ret_place, struct err *err);
/* Which of the newest by date, at most 'max', are semantic versions; newest first. */
int release_newest(struct tx *tx, int64_t project_id, size_t max, bool *ret_semver,
	size_t *ret_len, struct err *err);
void release_place_clear(struct release_place *place);
#define cleanup_release_place __attribute__((__cleanup__(release_place_clear)))

#endif
