/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A project with releases and issues in a store of its own, and what happens to them,
 * one step a transaction, for tests.
 */
#ifndef MORTISE_TESTS_ISSUE_SCENE_H
#define MORTISE_TESTS_ISSUE_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/issue/change.h"
#include "core/issue/seen.h"
#include "core/storage/issue.h"
#include "core/storage/resolution.h"
#include "tests/unit/scratch_store.h"

#define SCENE_NOW INT64_C(1700000000000000)
#define SCENE_DAY INT64_C(86400000000)

struct scene {
	struct scratch_store scratch;
	int64_t organization_id, project_id;
	int64_t account_id, outsider_id;   /* a member and no member */
	int64_t team_id, idle_team_id;     /* on the project and not */
	int64_t now_us;                    /* of the next step; the test moves it */
};

int scene_setup(void **state);
int scene_teardown(void **state);

/* A release of the project, that came out 'day' days after SCENE_NOW. */
int64_t scene_release(struct scene *scene, const char *version, int day);
/* It is archived. */
void scene_archive(struct scene *scene, int64_t release_id);
/* An issue of this key is seen; 'release' may be NULL. */
struct issue_seen_result scene_see(struct scene *scene, const char *key, const char *release);
/* 0, or the code; 'version' of RESOLVE_IN_RELEASE. */
int scene_resolve(struct scene *scene, int64_t issue_id, enum issue_strategy strategy,
	const char *version, bool *ret_changed);
/* What is known of it; free with issue_clear. */
struct issue scene_issue(struct scene *scene, int64_t issue_id);
/* Its resolution: 1 and '*ret', or 0. */
int scene_resolution(struct scene *scene, int64_t issue_id, struct resolution *ret);
/* The types of its activities, newest first, with spaces between. */
const char *scene_activities(struct scene *scene, int64_t issue_id);
/* The data of its newest activity, as text; free it. */
char *scene_newest_data(struct scene *scene, int64_t issue_id);
/* One step; fails the test unless it returns 0. */
void scene_do(struct scene *scene, int (*fn)(struct tx *tx, void *arg, struct err *err), void *arg);

#endif
