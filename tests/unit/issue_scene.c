/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/issue_scene.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/issue/release_version.h"
#include "core/storage/activity.h"
#include "core/storage/member.h"
#include "core/storage/organization.h"
#include "core/storage/project.h"
#include "core/storage/release.h"
#include "core/storage/store.h"
#include "core/storage/team.h"

void scene_do(struct scene *scene, int (*fn)(struct tx *tx, void *arg, struct err *err), void *arg)
{
	cleanup_err struct err err = {0};

	if (store_write(scene->scratch.store, fn, arg, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static int fill(struct tx *tx, void *arg, struct err *err)
{
	struct scene *scene = arg;
	int64_t member_id;

	(void)organization_insert(tx, "acme", "Acme", SCENE_NOW, &scene->organization_id, err);
	(void)project_insert(tx, scene->organization_id, "shop", "Shop", NULL, SCENE_NOW,
		&scene->project_id, err);
	(void)account_put(tx, "mona@acme.test", "Mona", SCENE_NOW, &scene->account_id, err);
	(void)account_put(tx, "out@else.test", "Out", SCENE_NOW, &scene->outsider_id, err);
	(void)member_put(tx, scene->organization_id, scene->account_id, "member", SCENE_NOW,
		&member_id, err);
	(void)team_insert(tx, scene->organization_id, "core", "Core", SCENE_NOW, &scene->team_id,
		err);
	(void)team_insert(tx, scene->organization_id, "idle", "Idle", SCENE_NOW,
		&scene->idle_team_id, err);
	(void)team_add_project(tx, scene->team_id, scene->project_id, err);
	return err->code;
}

int scene_setup(void **state)
{
	struct scene *scene = new(struct scene);

	scratch_store_open(&scene->scratch);
	scene->now_us = SCENE_NOW;
	scene_do(scene, fill, scene);
	*state = scene;
	return 0;
}

int scene_teardown(void **state)
{
	struct scene *scene = *state;

	scratch_store_close(&scene->scratch);
	free(scene);
	return 0;
}

struct step {
	struct scene *scene;
	const char *text, *release;
	int64_t id, time_us;
	enum issue_strategy strategy;
	bool changed, found;
	struct issue_seen_result seen;
	struct issue issue;
	struct resolution resolution;
	char *words;
};

static int release_in(struct tx *tx, void *arg, struct err *err)
{
	struct step *step = arg;
	cleanup_free char *key = release_version_key(step->text);

	if (release_put(tx, &(struct release_new){.organization_id = step->scene->organization_id,
		    .version = step->text, .semver = key, .now_us = SCENE_NOW}, &step->id, err) < 0 ||
		release_add_project(tx, step->id, step->scene->project_id, err) < 0)
		return err->code;
	return release_update(tx, &(struct release_update){.id = step->id,
		.released_at_us = step->time_us}, err);
}

int64_t scene_release(struct scene *scene, const char *version, int day)
{
	struct step step = {.scene = scene, .text = version, .time_us = SCENE_NOW + day * SCENE_DAY};

	scene_do(scene, release_in, &step);
	return step.id;
}

static int archive_in(struct tx *tx, void *arg, struct err *err)
{
	struct step *step = arg;
	cleanup_release struct release release = {0};

	if (release_get(tx, step->id, &release, err) < 0)
		return err->code;
	return release_update(tx, &(struct release_update){.id = step->id,
		.status = RELEASE_ARCHIVED, .released_at_us = release.released_at_us}, err);
}

void scene_archive(struct scene *scene, int64_t release_id)
{
	struct step step = {.scene = scene, .id = release_id};

	scene_do(scene, archive_in, &step);
}

static int see_in(struct tx *tx, void *arg, struct err *err)
{
	struct step *step = arg;
	const char *const hashes[] = {step->text};

	return issue_seen(tx, &(struct issue_seen){
		.organization_id = step->scene->organization_id,
		.project_id = step->scene->project_id,
		.hashes = hashes,
		.hash_len = 1,
		.title = step->text,
		.release = step->release,
		.event_id = "e1",
		.seen_at_us = step->scene->now_us,
		.now_us = step->scene->now_us,
		.origin = "system",
	}, &step->seen, err);
}

struct issue_seen_result scene_see(struct scene *scene, const char *key, const char *release)
{
	struct step step = {.scene = scene, .text = key, .release = release};

	scene_do(scene, see_in, &step);
	return step.seen;
}

static int resolve_in(struct tx *tx, void *arg, struct err *err)
{
	struct step *step = arg;
	const struct issue_actor actor = {.origin = "user:1",
		.account_id = step->scene->account_id, .now_us = step->scene->now_us};

	return issue_resolve(tx, step->id, &(struct issue_resolve){.strategy = step->strategy,
		.version = step->text}, &actor, &step->changed, err);
}

int scene_resolve(struct scene *scene, int64_t issue_id, enum issue_strategy strategy,
	const char *version, bool *ret_changed)
{
	struct step step = {.scene = scene, .id = issue_id, .strategy = strategy, .text = version};
	cleanup_err struct err err = {0};
	int result = store_write(scene->scratch.store, resolve_in, &step, &err);

	*ret_changed = step.changed;
	return result;
}

static int issue_in(struct tx *tx, void *arg, struct err *err)
{
	struct step *step = arg;

	return issue_get(tx, step->id, &step->issue, err);
}

struct issue scene_issue(struct scene *scene, int64_t issue_id)
{
	struct step step = {.scene = scene, .id = issue_id};

	scene_do(scene, issue_in, &step);
	return step.issue;
}

static int resolution_in(struct tx *tx, void *arg, struct err *err)
{
	struct step *step = arg;
	int result = resolution_get(tx, step->id, &step->resolution, err);

	step->found = result == 1;
	return result < 0 ? result : 0;
}

int scene_resolution(struct scene *scene, int64_t issue_id, struct resolution *ret)
{
	struct step step = {.scene = scene, .id = issue_id};

	scene_do(scene, resolution_in, &step);
	*ret = step.resolution;
	return step.found;
}

static int activities_in(struct tx *tx, void *arg, struct err *err)
{
	struct step *step = arg;
	struct activity *list;
	size_t len;

	if (activity_list(tx, step->id, NULL, &KEYSET_NEWEST(50), &list, &len, err) < 0)
		return err->code;
	step->words = xstrdup("");
	for (size_t i = 0; i < len; i++) {
		char *longer = xasprintf("%s%s%s", step->words, i > 0 ? " " : "", list[i].type);

		free(step->words);
		step->words = longer;
	}
	activity_list_free(list, len);
	return 0;
}

const char *scene_activities(struct scene *scene, int64_t issue_id)
{
	static char words[4096];
	struct step step = {.scene = scene, .id = issue_id};

	scene_do(scene, activities_in, &step);
	snprintf(words, sizeof(words), "%s", step.words);
	free(step.words);
	return words;
}

static int newest_in(struct tx *tx, void *arg, struct err *err)
{
	struct step *step = arg;
	struct activity *list;
	size_t len;

	if (activity_list(tx, step->id, NULL, &KEYSET_NEWEST(1), &list, &len, err) < 0)
		return err->code;
	step->words = len > 0 ? json_dumps(list[0].data, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	activity_list_free(list, len);
	return 0;
}

char *scene_newest_data(struct scene *scene, int64_t issue_id)
{
	struct step step = {.scene = scene, .id = issue_id};

	scene_do(scene, newest_in, &step);
	return step.words;
}
