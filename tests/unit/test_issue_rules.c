/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Resolving by release, what shows that an issue is back, and in which order releases are. */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/issue/rules.h"
#include "core/storage/commit.h"
#include "core/storage/issue_link.h"
#include "core/storage/release.h"
#include "core/storage/release_commit.h"
#include "core/storage/repository.h"
#include "core/storage/store.h"
#include "tests/unit/issue_scene.h"

/* ---- Does a project follow semantic versions? ---- */

struct follow {
	int64_t project_id;
	bool follows;
};

static int follow_in(struct tx *tx, void *arg, struct err *err)
{
	struct follow *follow = arg;

	return rules_follow_semver(tx, follow->project_id, &follow->follows, err);
}

static bool follows(struct scene *scene)
{
	struct follow follow = {.project_id = scene->project_id};

	scene_do(scene, follow_in, &follow);
	return follow.follows;
}

/* 's' is a semantic version, 'd' a date, 'a' an archived semantic version; oldest first. */
static void releases_of(struct scene *scene, const char *kinds)
{
	for (int i = 0; kinds[i]; i++) {
		char version[32];
		int64_t id;

		snprintf(version, sizeof(version), kinds[i] == 'd' ? "build-%d" : "shop@1.%d.0", i);
		id = scene_release(scene, version, i);
		if (kinds[i] == 'a')
			scene_archive(scene, id);
	}
}

static void semver_is_told_by_the_newest_releases(void **state)
{
	static const struct {
		const char *kinds;
		bool follows;
	} cases[] = {
		{"", false},
		{"s", true}, {"d", false}, {"sd", false}, {"ds", true},
		/* three to nine: any of the newest three */
		{"ddd", false}, {"sdd", true}, {"sddd", false}, {"dsdd", true}, {"ddddddsdd", true},
		{"sssssdddd", false},
		/* ten: also three in all */
		{"dddddddsdd", false}, {"ssddddddds", true}, {"sddddddsdd", false},
		{"sssssssddd", false}, {"ddddddddss", false}, {"dddddddsss", true},
		/* what is older does not count, nor what is archived */
		{"ssdddddddddds", false}, {"sa", true}, {"da", false}, {"ssssaaad", true},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		void *fresh;
		bool found;

		scene_setup(&fresh);
		releases_of(fresh, cases[i].kinds);
		found = follows(fresh);
		scene_teardown(&fresh);
		if (found != cases[i].follows)
			fail_msg("%zu: \"%s\"", i, cases[i].kinds);
	}
}

/* ---- Which release a strategy means ---- */

static void resolve(struct scene *scene, int64_t id, enum issue_strategy strategy)
{
	bool changed;

	assert_int_equal(scene_resolve(scene, id, strategy, NULL, &changed), 0);
	assert_true(changed);
}

static void the_current_release_is_the_latest_by_date(void **state)
{
	struct scene *scene = *state;
	int64_t id = scene_see(scene, "a", NULL).issue_id;
	int64_t latest = scene_release(scene, "shop@1.0.0", 5);
	cleanup_resolution struct resolution found = {0};
	cleanup_free char *data = NULL;

	scene_release(scene, "shop@2.0.0", 4);
	scene_archive(scene, scene_release(scene, "shop@3.0.0", 6));
	resolve(scene, id, ISSUE_RESOLVE_IN_CURRENT_RELEASE);
	assert_int_equal(scene_resolution(scene, id, &found), 1);
	assert_int_equal(found.release_id, latest);
	assert_int_equal(found.type, RESOLUTION_IN_RELEASE);
	assert_int_equal(found.status, RESOLUTION_RESOLVED);
	assert_null(found.anchor);
	data = scene_newest_data(scene, id);
	assert_string_equal(data, "{\"version\":\"shop@1.0.0\"}");
	assert_string_equal(scene_activities(scene, id), "set_resolved_in_release first_seen");
}

static void without_a_release_there_is_no_current_and_no_next(void **state)
{
	struct scene *scene = *state;
	int64_t id = scene_see(scene, "a", NULL).issue_id;
	bool changed;

	scene_archive(scene, scene_release(scene, "shop@1.0.0", 1));
	assert_int_equal(scene_resolve(scene, id, ISSUE_RESOLVE_IN_CURRENT_RELEASE, NULL, &changed),
		MORTISE_E_FIELD);
	assert_int_equal(scene_resolve(scene, id, ISSUE_RESOLVE_IN_NEXT_RELEASE, NULL, &changed),
		MORTISE_E_FIELD);
	assert_int_equal(scene_resolve(scene, id, ISSUE_RESOLVE_IN_RELEASE, "shop@9", &changed),
		MORTISE_E_FIELD);
	assert_string_equal(scene_activities(scene, id), "first_seen");
}

static void by_version_the_anchor_is_the_highest_that_is_not_archived(void **state)
{
	struct scene *scene = *state;
	int64_t id = scene_see(scene, "a", "shop@1.0.0").issue_id;
	int64_t latest;
	cleanup_resolution struct resolution found = {0};
	cleanup_free char *data = NULL;

	scene_release(scene, "shop@2.10.0", 1);
	scene_archive(scene, scene_release(scene, "shop@3.0.0", 2));
	latest = scene_release(scene, "shop@2.9.0", 3);
	resolve(scene, id, ISSUE_RESOLVE_IN_NEXT_RELEASE);
	assert_int_equal(scene_resolution(scene, id, &found), 1);
	assert_int_equal(found.release_id, latest);
	assert_int_equal(found.type, RESOLUTION_IN_NEXT_RELEASE);
	assert_string_equal(found.anchor, "shop@2.10.0");
	data = scene_newest_data(scene, id);
	assert_string_equal(data,
		"{\"current_release_version\":\"shop@2.10.0\",\"inNextRelease\":true}");
}

/* The newest release is no semantic version: dates count, though the project follows them. */
static void the_latest_release_must_be_a_version_itself(void **state)
{
	struct scene *scene = *state;
	int64_t id;
	cleanup_resolution struct resolution found = {0};

	releases_of(scene, "sss");
	scene_release(scene, "nightly", 9);
	assert_true(follows(scene));
	id = scene_see(scene, "a", "shop@1.1.0").issue_id;
	resolve(scene, id, ISSUE_RESOLVE_IN_NEXT_RELEASE);
	assert_int_equal(scene_resolution(scene, id, &found), 1);
	assert_string_equal(found.anchor, "shop@1.1.0");
}

static void by_date_the_anchor_is_where_the_issue_was_seen_last(void **state)
{
	struct scene *scene = *state;
	int64_t id, later;
	cleanup_resolution struct resolution found = {0};
	cleanup_free char *data = NULL;

	scene_release(scene, "one", 1);
	scene_release(scene, "two", 2);
	scene_archive(scene, scene_release(scene, "three", 3));
	later = scene_release(scene, "four", 4);
	scene_release(scene, "five", 5);
	id = scene_see(scene, "a", "two").issue_id;
	resolve(scene, id, ISSUE_RESOLVE_IN_NEXT_RELEASE);
	assert_int_equal(scene_resolution(scene, id, &found), 1);
	assert_string_equal(found.anchor, "two");
	assert_int_equal(found.release_id, later);
	assert_int_equal(found.status, RESOLUTION_RESOLVED);
	data = scene_newest_data(scene, id);
	assert_string_equal(data, "{\"inNextRelease\":true,\"version\":\"four\"}");
}

static void by_date_with_nothing_later_the_latest_stays(void **state)
{
	struct scene *scene = *state;
	int64_t id, latest;
	cleanup_resolution struct resolution found = {0};
	cleanup_free char *data = NULL;

	scene_release(scene, "one", 1);
	latest = scene_release(scene, "two", 2);
	id = scene_see(scene, "a", "two").issue_id;
	resolve(scene, id, ISSUE_RESOLVE_IN_NEXT_RELEASE);
	assert_int_equal(scene_resolution(scene, id, &found), 1);
	assert_string_equal(found.anchor, "two");
	assert_int_equal(found.release_id, latest);
	assert_int_equal(found.status, RESOLUTION_PENDING);
	data = scene_newest_data(scene, id);
	assert_string_equal(data, "{\"inNextRelease\":true}");
}

static void by_date_an_archived_anchor_is_passed_over(void **state)
{
	struct scene *scene = *state;
	int64_t id, archived;
	cleanup_resolution struct resolution found = {0};

	scene_release(scene, "one", 1);
	archived = scene_release(scene, "two", 2);
	id = scene_see(scene, "a", "one").issue_id;
	scene_see(scene, "a", "two");
	scene_archive(scene, archived);
	resolve(scene, id, ISSUE_RESOLVE_IN_NEXT_RELEASE);
	assert_int_equal(scene_resolution(scene, id, &found), 1);
	assert_string_equal(found.anchor, "one");
}

static void by_date_an_issue_without_a_release_has_no_anchor(void **state)
{
	struct scene *scene = *state;
	int64_t id = scene_see(scene, "a", NULL).issue_id;
	int64_t latest = scene_release(scene, "one", 1);
	cleanup_resolution struct resolution found = {0};

	resolve(scene, id, ISSUE_RESOLVE_IN_NEXT_RELEASE);
	assert_int_equal(scene_resolution(scene, id, &found), 1);
	assert_null(found.anchor);
	assert_int_equal(found.release_id, latest);
}

/* Each issue has data of its own, though they are resolved one after the other. */
static void issues_do_not_share_what_is_told_of_them(void **state)
{
	struct scene *scene = *state;
	cleanup_free char *one = NULL;
	cleanup_free char *other = NULL;
	int64_t a, b;

	for (int i = 1; i <= 3; i++) {
		static const char *const names[] = {"one", "two", "three"};

		scene_release(scene, names[i - 1], i);
	}
	a = scene_see(scene, "a", "one").issue_id;
	b = scene_see(scene, "b", "two").issue_id;
	resolve(scene, a, ISSUE_RESOLVE_IN_NEXT_RELEASE);
	resolve(scene, b, ISSUE_RESOLVE_IN_NEXT_RELEASE);
	one = scene_newest_data(scene, a);
	other = scene_newest_data(scene, b);
	assert_string_equal(one, "{\"inNextRelease\":true,\"version\":\"two\"}");
	assert_string_equal(other, "{\"inNextRelease\":true,\"version\":\"three\"}");
}

/* ---- One project without a release ---- */

struct all {
	int64_t ids[2];
	size_t len;
	enum issue_strategy wanted, got;
};

static int all_in(struct tx *tx, void *arg, struct err *err)
{
	struct all *all = arg;

	return issue_strategy(tx, all->ids, all->len, all->wanted, &all->got, err);
}

static void one_project_without_a_release_resolves_all_plainly(void **state)
{
	struct scene *scene = *state;
	struct all all = {.len = 1, .wanted = ISSUE_RESOLVE_IN_NEXT_RELEASE};

	all.ids[0] = scene_see(scene, "a", NULL).issue_id;
	scene_do(scene, all_in, &all);
	assert_int_equal(all.got, ISSUE_RESOLVE_NOW);
	scene_archive(scene, scene_release(scene, "one", 1));
	scene_do(scene, all_in, &all);
	assert_int_equal(all.got, ISSUE_RESOLVE_NOW);
	scene_release(scene, "two", 2);
	scene_do(scene, all_in, &all);
	assert_int_equal(all.got, ISSUE_RESOLVE_IN_NEXT_RELEASE);
}

static void strategies_are_named_as_settings_name_them(void **state)
{
	(void)state;
	assert_int_equal(issue_strategy_parse(NULL), ISSUE_RESOLVE_NOW);
	assert_int_equal(issue_strategy_parse("resolve"), ISSUE_RESOLVE_NOW);
	assert_int_equal(issue_strategy_parse("whatever"), ISSUE_RESOLVE_NOW);
	assert_int_equal(issue_strategy_parse("resolve_current_release"),
		ISSUE_RESOLVE_IN_CURRENT_RELEASE);
	assert_int_equal(issue_strategy_parse("resolve_next_release"),
		ISSUE_RESOLVE_IN_NEXT_RELEASE);
}

/* ---- Is it back? ---- */

/* What an event of 'seen' does to an issue that was seen in 'first' and resolved so;
 * the releases are 'versions', a day apart. */
struct back {
	const char *versions[5];
	const char *first;
	enum issue_strategy strategy;
	const char *version, *seen;
	bool regresses;
};

static void check_back(const struct back *back, size_t index)
{
	struct scene *scene;
	struct issue_seen_result result;
	void *state;
	int64_t id;
	bool changed;

	scene_setup(&state);
	scene = state;
	for (int i = 0; i < 5 && back->versions[i]; i++)
		scene_release(scene, back->versions[i], i - 10);
	id = scene_see(scene, "a", back->first).issue_id;
	scene->now_us += SCENE_DAY;
	if (scene_resolve(scene, id, back->strategy, back->version, &changed) != 0)
		fail_msg("%zu: not resolved", index);
	scene->now_us += SCENE_DAY;
	result = scene_see(scene, "a", back->seen);
	if (result.regressed != back->regresses || result.created)
		fail_msg("%zu: resolved %d %s, seen in %s", index, back->strategy,
			back->version ? back->version : "", back->seen ? back->seen : "none");
	scene_teardown(&state);
}

static void what_shows_that_an_issue_is_back(void **state)
{
	static const struct back cases[] = {
		/* resolved plainly: whatever comes */
		{{"a@1", "a@2"}, "a@1", ISSUE_RESOLVE_NOW, NULL, "a@1", true},
		{{NULL}, NULL, ISSUE_RESOLVE_NOW, NULL, NULL, true},
		/* in a release, by version: it and those above, whenever they came out */
		{{"a@1.0", "a@2.0"}, "a@1.0", ISSUE_RESOLVE_IN_RELEASE, "a@2.0", "a@1.0", false},
		{{"a@1.0", "a@2.0"}, "a@1.0", ISSUE_RESOLVE_IN_RELEASE, "a@2.0", "a@2.0", true},
		{{"a@3.0", "a@2.0"}, "a@3.0", ISSUE_RESOLVE_IN_RELEASE, "a@2.0", "a@3.0", true},
		{{"a@1.0", "a@2.0"}, "a@1.0", ISSUE_RESOLVE_IN_RELEASE, "a@2.0", "a@1.9", false},
		{{"a@1.0", "a@2.0"}, "a@1.0", ISSUE_RESOLVE_IN_RELEASE, "a@2.0", "a@2.0.1", true},
		{{"a@1.0", "a@2.0"}, "a@1.0", ISSUE_RESOLVE_IN_RELEASE, "a@2.0", "a@2.0-rc.1", false},
		{{"a@1.0", "a@2.0"}, "a@1.0", ISSUE_RESOLVE_IN_RELEASE, "a@2.0", NULL, false},
		/* in a release, by date: it and those after */
		{{"one", "two", "three"}, "one", ISSUE_RESOLVE_IN_RELEASE, "two", "one", false},
		{{"one", "two", "three"}, "one", ISSUE_RESOLVE_IN_RELEASE, "two", "two", true},
		{{"one", "two", "three"}, "one", ISSUE_RESOLVE_IN_RELEASE, "two", "three", true},
		{{"one", "two", "three"}, "one", ISSUE_RESOLVE_IN_RELEASE, "two", "new", true},
		/* in the current one: the latest */
		{{"one", "two"}, "one", ISSUE_RESOLVE_IN_CURRENT_RELEASE, NULL, "one", false},
		{{"one", "two"}, "one", ISSUE_RESOLVE_IN_CURRENT_RELEASE, NULL, "two", true},
		/* in the next one, by version: above the highest */
		{{"a@1.0", "a@2.0"}, "a@1.0", ISSUE_RESOLVE_IN_NEXT_RELEASE, NULL, "a@2.0", false},
		{{"a@1.0", "a@2.0"}, "a@1.0", ISSUE_RESOLVE_IN_NEXT_RELEASE, NULL, "a@1.5", false},
		{{"a@1.0", "a@2.0"}, "a@1.0", ISSUE_RESOLVE_IN_NEXT_RELEASE, NULL, "a@2.1", true},
		/* in the next one, by date: after where it was seen */
		{{"one", "two", "three"}, "two", ISSUE_RESOLVE_IN_NEXT_RELEASE, NULL, "one", false},
		{{"one", "two", "three"}, "two", ISSUE_RESOLVE_IN_NEXT_RELEASE, NULL, "two", false},
		{{"one", "two", "three"}, "two", ISSUE_RESOLVE_IN_NEXT_RELEASE, NULL, "three", true},
		{{"one", "two"}, "two", ISSUE_RESOLVE_IN_NEXT_RELEASE, NULL, "new", true},
		/* in the next one, seen in none before: after the latest */
		{{"one", "two"}, NULL, ISSUE_RESOLVE_IN_NEXT_RELEASE, NULL, "one", false},
		{{"one", "two"}, NULL, ISSUE_RESOLVE_IN_NEXT_RELEASE, NULL, "two", false},
		{{"one", "two"}, NULL, ISSUE_RESOLVE_IN_NEXT_RELEASE, NULL, "new", true},
		/* an event of no version in a project of versions: dates */
		{{"a@1", "a@2", "a@3"}, "a@1", ISSUE_RESOLVE_IN_RELEASE, "a@2", "odd", true},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++)
		check_back(&cases[i], i);
}

static void a_late_event_shows_nothing(void **state)
{
	struct scene *scene = *state;
	int64_t id = scene_see(scene, "a", NULL).issue_id;

	scene->now_us += SCENE_DAY;
	resolve(scene, id, ISSUE_RESOLVE_NOW);
	scene->now_us -= SCENE_DAY / 2;
	assert_false(scene_see(scene, "a", NULL).regressed);
	/* Clocks may differ by minutes. */
	scene->now_us += SCENE_DAY / 2 - INT64_C(60000000);
	assert_true(scene_see(scene, "a", NULL).regressed);
}

struct fix {
	struct scene *scene;
	int64_t issue_id, commit_id, release_id;
};

static int fix_in(struct tx *tx, void *arg, struct err *err)
{
	struct fix *fix = arg;
	int64_t repository_id;

	if (repository_insert_named(tx, fix->scene->organization_id, "shop", SCENE_NOW,
		    &repository_id, err) < 0 ||
		commit_insert(tx, &(struct commit_new){.organization_id = fix->scene->organization_id,
			.repository_id = repository_id, .sha = "abc", .message = "fix",
			.committed_at_us = SCENE_NOW, .now_us = SCENE_NOW}, &fix->commit_id, err) < 0)
		return err->code;
	return issue_link_insert(tx, &(struct issue_link){.issue_id = fix->issue_id,
		.project_id = fix->scene->project_id, .type = ISSUE_LINK_COMMIT,
		.linked_id = fix->commit_id, .relationship = ISSUE_LINK_RESOLVES,
		.added_at_us = SCENE_NOW}, err);
}

static int released_in(struct tx *tx, void *arg, struct err *err)
{
	struct fix *fix = arg;

	return release_commits_set(tx, fix->release_id, &fix->commit_id, 1, err);
}

static void an_issue_waits_for_the_release_of_the_commit_that_fixes_it(void **state)
{
	struct scene *scene = *state;
	struct fix fix = {.scene = scene, .issue_id = scene_see(scene, "a", "one").issue_id};

	scene_do(scene, fix_in, &fix);
	scene->now_us += SCENE_DAY;
	resolve(scene, fix.issue_id, ISSUE_RESOLVE_NOW);
	scene->now_us += SCENE_DAY;
	assert_false(scene_see(scene, "a", "one").regressed);
	fix.release_id = scene_release(scene, "two", 3);
	scene_do(scene, released_in, &fix);
	assert_true(scene_see(scene, "a", "two").regressed);
}

/* ---- What the next release turned out to be ---- */

struct next {
	struct issue issue;
	struct resolution resolution;
	int found;
	char *version;
};

static int next_in(struct tx *tx, void *arg, struct err *err)
{
	struct next *next = arg;
	cleanup_release_place struct release_place place = {0};

	next->found = rules_next(tx, &next->issue, &next->resolution, &place, err);
	next->version = steal(&place.version);
	return next->found < 0 ? next->found : 0;
}

static void check_next(struct scene *scene, int64_t id, const char *version)
{
	struct next next = {.issue = scene_issue(scene, id)};

	assert_int_equal(scene_resolution(scene, id, &next.resolution), 1);
	scene_do(scene, next_in, &next);
	assert_int_equal(next.found, version != NULL);
	if (version)
		assert_string_equal(next.version, version);
	free(next.version);
	resolution_clear(&next.resolution);
	issue_clear(&next.issue);
}

static void the_next_release_is_known_when_it_is_there(void **state)
{
	struct scene *scene = *state;
	int64_t by_version, by_date;

	scene_release(scene, "shop@1.0.0", 1);
	by_version = scene_see(scene, "a", "shop@1.0.0").issue_id;
	resolve(scene, by_version, ISSUE_RESOLVE_IN_NEXT_RELEASE);
	check_next(scene, by_version, NULL);
	scene_release(scene, "shop@0.9.0", 2);
	check_next(scene, by_version, NULL);
	scene_release(scene, "shop@3.0.0", 3);
	scene_release(scene, "shop@2.0.0", 4);
	check_next(scene, by_version, "shop@2.0.0");
	for (int i = 10; i < 20; i++) {
		char version[24];

		snprintf(version, sizeof(version), "build-%d", i);
		scene_release(scene, version, i);
	}
	by_date = scene_see(scene, "b", "build-19").issue_id;
	resolve(scene, by_date, ISSUE_RESOLVE_IN_NEXT_RELEASE);
	check_next(scene, by_date, NULL);
	scene_release(scene, "build-20", 20);
	check_next(scene, by_date, "build-20");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(semver_is_told_by_the_newest_releases),
		TEST(the_current_release_is_the_latest_by_date),
		TEST(without_a_release_there_is_no_current_and_no_next),
		TEST(by_version_the_anchor_is_the_highest_that_is_not_archived),
		TEST(the_latest_release_must_be_a_version_itself),
		TEST(by_date_the_anchor_is_where_the_issue_was_seen_last),
		TEST(by_date_with_nothing_later_the_latest_stays),
		TEST(by_date_an_archived_anchor_is_passed_over),
		TEST(by_date_an_issue_without_a_release_has_no_anchor),
		TEST(issues_do_not_share_what_is_told_of_them),
		TEST(one_project_without_a_release_resolves_all_plainly),
		cmocka_unit_test(strategies_are_named_as_settings_name_them),
		cmocka_unit_test(what_shows_that_an_issue_is_back),
		TEST(a_late_event_shows_nothing),
		TEST(an_issue_waits_for_the_release_of_the_commit_that_fixes_it),
		TEST(the_next_release_is_known_when_it_is_there),
	};

	return cmocka_run_group_tests_name("issue_rules", tests, NULL, NULL);
}
