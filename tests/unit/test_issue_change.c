/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What happens to issues: sightings, status, assignee, notes; each is told once. */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/activity.h"
#include "core/storage/issue_hour.h"
#include "core/storage/store.h"
#include "tests/unit/issue_scene.h"

/* ---- Sightings ---- */

static void an_issue_is_made_once_and_counted_after(void **state)
{
	struct scene *scene = *state;
	struct issue_seen_result first = scene_see(scene, "a", "one");
	struct issue_seen_result again;
	cleanup_issue struct issue issue = {0};

	assert_true(first.created);
	scene->now_us += SCENE_DAY;
	again = scene_see(scene, "a", "two");
	assert_false(again.created);
	assert_int_equal(again.issue_id, first.issue_id);
	/* Late, but earlier than all: it moves the first sighting, not the last. */
	scene->now_us -= 3 * SCENE_DAY;
	scene_see(scene, "a", "three");
	issue = scene_issue(scene, first.issue_id);
	assert_int_equal(issue.number, 1);
	assert_int_equal(issue.times_seen, 3);
	assert_int_equal(issue.first_seen_at_us, SCENE_NOW - 2 * SCENE_DAY);
	assert_int_equal(issue.last_seen_at_us, SCENE_NOW + SCENE_DAY);
	assert_int_equal(issue.first_release_id, first.release_id);
	assert_int_equal(issue.last_release_id, again.release_id);
	assert_string_equal(issue.substatus, "new");
	assert_string_equal(scene_activities(scene, issue.id), "first_seen");
}

struct recent {
	int64_t issue_id, now_us;
	int64_t day, fortnight;
	int pruned;
};

static int recent_in(struct tx *tx, void *arg, struct err *err)
{
	struct recent *recent = arg;

	return issue_hour_recent(tx, recent->issue_id, recent->now_us, &recent->day,
		&recent->fortnight, err);
}

static int prune_hours_in(struct tx *tx, void *arg, struct err *err)
{
	struct recent *recent = arg;

	recent->pruned = issue_hour_prune(tx, recent->now_us, 2, err);
	return recent->pruned < 0 ? recent->pruned : 0;
}

static int delete_recent_in(struct tx *tx, void *arg, struct err *err)
{
	return issue_delete(tx, ((struct recent *)arg)->issue_id, err);
}

static void check_recent(struct scene *scene, struct recent *recent, int day, int fortnight)
{
	recent->now_us = scene->now_us;
	scene_do(scene, recent_in, recent);
	assert_int_equal(recent->day, day);
	assert_int_equal(recent->fortnight, fortnight);
}

/* When an event is counted matters here, not when its sender says it happened. */
static void what_was_counted_of_late_is_known_by_the_hour(void **state)
{
	struct scene *scene = *state;
	struct recent recent = {.issue_id = scene_see(scene, "a", NULL).issue_id};

	scene_see(scene, "a", NULL);
	scene_see(scene, "b", NULL);
	check_recent(scene, &recent, 2, 2);
	scene->now_us += SCENE_DAY - SCENE_DAY / 24;
	check_recent(scene, &recent, 2, 2);
	scene->now_us += SCENE_DAY / 24;
	check_recent(scene, &recent, 0, 2);
	scene_see(scene, "a", NULL);
	check_recent(scene, &recent, 1, 3);
	scene->now_us += 13 * SCENE_DAY;
	check_recent(scene, &recent, 0, 1);
	/* The first hour of both issues. */
	scene_do(scene, prune_hours_in, &recent);
	assert_int_equal(recent.pruned, 2);
	scene_do(scene, prune_hours_in, &recent);
	assert_int_equal(recent.pruned, 0);
	check_recent(scene, &recent, 0, 1);
	scene_do(scene, delete_recent_in, &recent);
	check_recent(scene, &recent, 0, 0);
}

static int two_hashes_in(struct tx *tx, void *arg, struct err *err)
{
	static const char *const hashes[] = {"unknown", "second"};
	struct scene *scene = arg;
	struct issue_seen_result result;

	return issue_seen(tx, &(struct issue_seen){
		.organization_id = scene->organization_id, .project_id = scene->project_id,
		.hashes = hashes, .hash_len = 2, .title = "x", .seen_at_us = SCENE_NOW,
		.now_us = SCENE_NOW, .origin = "system"}, &result, err);
}

static void any_known_hash_leads_to_the_issue(void **state)
{
	struct scene *scene = *state;
	int64_t id = scene_see(scene, "second", NULL).issue_id;
	cleanup_issue struct issue issue = {0};

	scene_do(scene, two_hashes_in, scene);
	issue = scene_issue(scene, id);
	assert_int_equal(issue.times_seen, 2);
	assert_true(scene_see(scene, "third", NULL).created);
}

static void a_regression_tells_what_it_contradicts(void **state)
{
	struct scene *scene = *state;
	cleanup_free char *data = NULL;
	cleanup_issue struct issue issue = {0};
	cleanup_resolution struct resolution gone = {0};
	int64_t id;
	bool changed;

	scene_release(scene, "shop@1.0.0", 1);
	id = scene_see(scene, "a", "shop@1.0.0").issue_id;
	assert_int_equal(scene_resolve(scene, id, ISSUE_RESOLVE_IN_RELEASE, "shop@1.0.0", &changed), 0);
	assert_true(scene_see(scene, "a", "shop@1.1.0").regressed);
	data = scene_newest_data(scene, id);
	assert_string_equal(data, "{\"event_id\":\"e1\",\"follows_semver\":true,"
		"\"resolved_in_version\":\"shop@1.0.0\",\"version\":\"shop@1.1.0\"}");
	issue = scene_issue(scene, id);
	assert_int_equal(issue.status, ISSUE_UNRESOLVED);
	assert_string_equal(issue.substatus, "regressed");
	assert_int_equal(issue.resolved_at_us, 0);
	assert_int_equal(scene_resolution(scene, id, &gone), 0);
	assert_false(scene_see(scene, "a", "shop@1.1.0").regressed);
}

/* ---- Status ---- */

struct change {
	struct scene *scene;
	int64_t id, account_id, team_id, note_id;
	const char *text;
	enum { UNRESOLVE, IGNORE, SUBSTATUS, ASSIGN, NOTE, EDIT, REMOVE } what;
	bool changed;
};

static int change_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;
	const struct issue_actor actor = {.origin = "user:1",
		.account_id = change->scene->account_id, .now_us = change->scene->now_us};

	switch (change->what) {
	case UNRESOLVE:
		return issue_unresolve(tx, change->id, ISSUE_REOPEN_ONGOING, NULL, &actor,
			&change->changed, err);
	case IGNORE:
		return issue_ignore(tx, change->id, change->text, NULL, &actor, &change->changed,
			err);
	case SUBSTATUS:
		return issue_set_substatus(tx, change->id, change->text, &actor, &change->changed,
			err);
	case ASSIGN:
		return issue_assign(tx, change->id, change->account_id, change->team_id, NULL,
			&actor, &change->changed, err);
	case NOTE:
		return issue_note_add(tx, change->id, change->text, &actor, &change->note_id, err);
	case EDIT:
		return issue_note_edit(tx, change->id, change->note_id, change->text, &actor,
			&change->changed, err);
	case REMOVE:
		return issue_note_delete(tx, change->id, change->note_id, err);
	}
	return 0;
}

static int run(struct change *change)
{
	cleanup_err struct err err = {0};

	return store_write(change->scene->scratch.store, change_in, change, &err);
}

static void what_is_so_already_is_not_told_again(void **state)
{
	struct scene *scene = *state;
	int64_t id = scene_see(scene, "a", NULL).issue_id;
	struct change change = {.scene = scene, .id = id};
	bool changed;

	change.what = UNRESOLVE;
	assert_int_equal(run(&change), 0);
	assert_false(change.changed);
	assert_int_equal(scene_resolve(scene, id, ISSUE_RESOLVE_NOW, NULL, &changed), 0);
	assert_true(changed);
	assert_int_equal(scene_resolve(scene, id, ISSUE_RESOLVE_NOW, NULL, &changed), 0);
	assert_false(changed);
	for (int i = 0; i < 2; i++) {
		change.what = IGNORE;
		change.text = "archived_forever";
		assert_int_equal(run(&change), 0);
		assert_int_equal(change.changed, i == 0);
	}
	assert_string_equal(scene_activities(scene, id), "set_ignored set_resolved first_seen");
}

/* A release that is known is not lost by resolving once more without one. */
static void resolving_plainly_keeps_the_release(void **state)
{
	struct scene *scene = *state;
	int64_t id = scene_see(scene, "a", "one").issue_id;
	cleanup_resolution struct resolution kept = {0};
	bool changed;

	assert_int_equal(scene_resolve(scene, id, ISSUE_RESOLVE_IN_RELEASE, "one", &changed), 0);
	assert_int_equal(scene_resolve(scene, id, ISSUE_RESOLVE_IN_RELEASE, "one", &changed), 0);
	assert_false(changed);
	assert_int_equal(scene_resolve(scene, id, ISSUE_RESOLVE_NOW, NULL, &changed), 0);
	assert_false(changed);
	assert_int_equal(scene_resolution(scene, id, &kept), 1);
	scene_release(scene, "two", 2);
	assert_int_equal(scene_resolve(scene, id, ISSUE_RESOLVE_IN_RELEASE, "two", &changed), 0);
	assert_true(changed);
}

static void leaving_resolved_forgets_the_release(void **state)
{
	struct scene *scene = *state;
	int64_t id = scene_see(scene, "a", "one").issue_id;
	cleanup_resolution struct resolution gone = {0};
	struct change change = {.scene = scene, .id = id, .what = IGNORE};
	bool changed;

	assert_int_equal(scene_resolve(scene, id, ISSUE_RESOLVE_IN_RELEASE, "one", &changed), 0);
	assert_int_equal(run(&change), 0);
	assert_int_equal(scene_resolution(scene, id, &gone), 0);
}

static void a_substatus_belongs_to_its_status(void **state)
{
	struct scene *scene = *state;
	int64_t id = scene_see(scene, "a", NULL).issue_id;
	struct change change = {.scene = scene, .id = id, .what = SUBSTATUS, .text = "escalating"};

	assert_int_equal(run(&change), 0);
	assert_true(change.changed);
	change.text = "archived_forever";
	assert_int_equal(run(&change), MORTISE_E_FIELD);
	change.what = IGNORE;
	change.text = "new";
	assert_int_equal(run(&change), MORTISE_E_FIELD);
}

/* ---- Assignee ---- */

static void only_members_and_teams_on_the_project_are_assigned(void **state)
{
	struct scene *scene = *state;
	struct change change = {.scene = scene, .what = ASSIGN};

	change.id = scene_see(scene, "a", NULL).issue_id;
	change.account_id = scene->outsider_id;
	assert_int_equal(run(&change), MORTISE_E_FIELD);
	change.account_id = 0;
	change.team_id = scene->idle_team_id;
	assert_int_equal(run(&change), MORTISE_E_FIELD);
	change.team_id = 999;
	assert_int_equal(run(&change), MORTISE_E_FIELD);
	assert_string_equal(scene_activities(scene, change.id), "first_seen");
	change.team_id = scene->team_id;
	assert_int_equal(run(&change), 0);
	change.team_id = 0;
	change.account_id = scene->account_id;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(run(&change), 0);
		assert_int_equal(change.changed, i == 0);
	}
	change.account_id = 0;
	assert_int_equal(run(&change), 0);
	assert_string_equal(scene_activities(scene, change.id),
		"unassigned assigned assigned first_seen");
}

/* ---- Notes ---- */

static void notes_are_written_changed_and_deleted(void **state)
{
	struct scene *scene = *state;
	struct change change = {.scene = scene, .what = NOTE, .text = " \n"};
	cleanup_free char *data = NULL;

	change.id = scene_see(scene, "a", NULL).issue_id;
	assert_int_equal(run(&change), MORTISE_E_FIELD);
	change.text = "look";
	assert_int_equal(run(&change), 0);
	change.what = EDIT;
	assert_int_equal(run(&change), 0);
	assert_false(change.changed);
	change.text = "look again";
	assert_int_equal(run(&change), 0);
	assert_true(change.changed);
	data = scene_newest_data(scene, change.id);
	assert_string_equal(data, "{\"text\":\"look again\"}");
	change.what = REMOVE;
	assert_int_equal(run(&change), 0);
	assert_int_equal(run(&change), MORTISE_E_NOT_FOUND);
	assert_string_equal(scene_activities(scene, change.id), "first_seen");
}

static void what_is_no_note_is_not_changed_as_one(void **state)
{
	struct scene *scene = *state;
	struct change change = {.scene = scene, .what = REMOVE, .note_id = 1};

	change.id = scene_see(scene, "a", NULL).issue_id;
	assert_int_equal(run(&change), MORTISE_E_NOT_FOUND);
	assert_string_equal(scene_activities(scene, change.id), "first_seen");
}

static int many_notes_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;

	for (int i = 0; i < ACTIVITY_MAX + 50; i++)
		if (change_in(tx, change, err) < 0)
			return err->code;
	return 0;
}

static int count_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;

	return activity_count(tx, change->id, ACTIVITY_NOTE, &change->note_id, err);
}

static void an_issue_keeps_a_bounded_number_of_activities(void **state)
{
	struct scene *scene = *state;
	struct change change = {.scene = scene, .what = NOTE, .text = "look"};

	change.id = scene_see(scene, "a", NULL).issue_id;
	scene_do(scene, many_notes_in, &change);
	scene_do(scene, count_in, &change);
	assert_int_equal(change.note_id, ACTIVITY_MAX);
}

/* ---- Deleting ---- */

static int delete_in(struct tx *tx, void *arg, struct err *err)
{
	struct change *change = arg;

	return issue_delete(tx, change->id, err);
}

static void a_deleted_issue_leaves_its_key_free(void **state)
{
	struct scene *scene = *state;
	struct change change = {.scene = scene, .what = NOTE, .text = "look"};
	cleanup_issue struct issue issue = {0};
	struct issue_seen_result again;

	change.id = scene_see(scene, "a", "one").issue_id;
	assert_int_equal(run(&change), 0);
	scene_do(scene, delete_in, &change);
	again = scene_see(scene, "a", "one");
	assert_true(again.created);
	/* A number is used once. */
	issue = scene_issue(scene, again.issue_id);
	assert_int_equal(issue.number, 2);
}

struct prune {
	int64_t before_us;
	int deleted;
};

static int prune_in(struct tx *tx, void *arg, struct err *err)
{
	struct prune *prune = arg;

	prune->deleted = issue_prune(tx, prune->before_us, 200, err);
	return prune->deleted < 0 ? prune->deleted : 0;
}

static void what_was_not_seen_for_long_goes(void **state)
{
	struct scene *scene = *state;
	struct prune prune = {.before_us = SCENE_NOW + 2 * SCENE_DAY};
	int64_t seen_again = scene_see(scene, "a", NULL).issue_id;
	cleanup_issue struct issue there = {0};
	bool changed;

	assert_int_equal(scene_resolve(scene, scene_see(scene, "b", NULL).issue_id,
		ISSUE_RESOLVE_NOW, NULL, &changed), 0);
	scene_see(scene, "c", NULL);
	scene->now_us += 3 * SCENE_DAY;
	scene_see(scene, "a", NULL);
	scene_do(scene, prune_in, &prune);
	assert_int_equal(prune.deleted, 2);
	there = scene_issue(scene, seen_again);
	scene_do(scene, prune_in, &prune);
	assert_int_equal(prune.deleted, 0);
	assert_true(scene_see(scene, "c", NULL).created);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_issue_is_made_once_and_counted_after),
		TEST(what_was_counted_of_late_is_known_by_the_hour),
		TEST(any_known_hash_leads_to_the_issue),
		TEST(a_regression_tells_what_it_contradicts),
		TEST(what_is_so_already_is_not_told_again),
		TEST(resolving_plainly_keeps_the_release),
		TEST(leaving_resolved_forgets_the_release),
		TEST(a_substatus_belongs_to_its_status),
		TEST(only_members_and_teams_on_the_project_are_assigned),
		TEST(notes_are_written_changed_and_deleted),
		TEST(what_is_no_note_is_not_changed_as_one),
		TEST(an_issue_keeps_a_bounded_number_of_activities),
		TEST(a_deleted_issue_leaves_its_key_free),
		TEST(what_was_not_seen_for_long_goes),
	};

	return cmocka_run_group_tests_name("issue_change", tests, NULL, NULL);
}
