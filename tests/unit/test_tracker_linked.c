/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What a panel at the tracker shows of our issues, and whose. */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/storage/external_issue.h"
#include "core/storage/integration.h"
#include "core/storage/issue_link.h"
#include "core/storage/link.h"
#include "core/storage/organization.h"
#include "core/storage/store.h"
#include "core/tracker/linked.h"
#include "tests/unit/issue_scene.h"

static const unsigned char uid[INTEGRATION_UID_SIZE] = "0123456789abcdef";

/* The tracker's issue APP-7 in the organization of the scene, linked to 'issue_id'. */
struct tracked {
	int64_t organization_id, project_id, issue_id;
	int64_t integration_id, link_id, external_id;
};

static int link_in(struct tx *tx, void *arg, struct err *err)
{
	struct tracked *tracked = arg;
	cleanup_json json_t *metadata = json_object();
	const struct integration_put put = {.provider = "acme", .external_id = "7", .name = "Acme",
		.metadata = metadata, .uid = uid, .now_us = SCENE_NOW};
	bool created;
	int result = integration_put(tx, &put, &tracked->integration_id, &created, err);

	if (result == 0)
		result = link_add(tx, &(struct link_add){.organization_id = tracked->organization_id,
			.integration_id = tracked->integration_id, .uid = uid, .now_us = SCENE_NOW},
			&tracked->link_id, &created, err);
	if (result == 0)
		result = external_issue_put(tx, &(struct external_issue_put){
			.organization_id = tracked->organization_id,
			.integration_id = tracked->integration_id, .key = "APP-7",
			.now_us = SCENE_NOW}, &tracked->external_id, err);
	if (result >= 0)
		result = issue_link_insert(tx, &(struct issue_link){.issue_id = tracked->issue_id,
			.project_id = tracked->project_id, .type = ISSUE_LINK_EXTERNAL,
			.linked_id = tracked->external_id, .relationship = ISSUE_LINK_REFERENCES,
			.added_at_us = SCENE_NOW}, err);
	return result < 0 ? result : 0;
}

static struct tracked track(struct scene *scene, int64_t issue_id)
{
	struct tracked tracked = {.organization_id = scene->organization_id,
		.project_id = scene->project_id, .issue_id = issue_id};

	scene_do(scene, link_in, &tracked);
	return tracked;
}

struct look {
	struct linked_query query;
	json_t *linked;
};

static int look_in(struct tx *tx, void *arg, struct err *err)
{
	struct look *look = arg;

	return linked_issues(tx, &look->query, &look->linked, err);
}

static json_t *look_at(struct scene *scene, const struct tracked *tracked, int64_t organization_id,
	const char *key)
{
	static struct settings settings = {.public_url = (char *)(uintptr_t)"https://m.test"};
	const struct daemon daemon = {.settings = &settings};
	struct look look = {.query = {.daemon = &daemon, .integration_id = tracked->integration_id,
		.organization_id = organization_id, .key = key, .now_us = scene->now_us}};

	scene_do(scene, look_in, &look);
	return look.linked;
}

static json_int_t number_in(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static const char *text_in(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static void a_linked_issue_is_shown_with_its_counts_and_releases(void **state)
{
	struct scene *scene = *state;
	struct tracked tracked = track(scene, scene_see(scene, "a", "1.0").issue_id);
	cleanup_json json_t *linked = NULL;
	const json_t *issue;

	scene->now_us += 2 * SCENE_DAY;
	scene_see(scene, "a", "1.1");
	linked = look_at(scene, &tracked, 0, "APP-7");
	assert_int_equal(number_in(linked, "total"), 1);
	assert_int_equal(json_array_size(json_object_get(linked, "issues")), 1);
	issue = json_array_get(json_object_get(linked, "issues"), 0);
	assert_non_null(strstr(text_in(issue, "url"), "http"));
	assert_string_equal(text_in(issue, "level"), "error");
	assert_string_equal(text_in(issue, "status"), "unresolved");
	assert_string_equal(text_in(issue, "first_release"), "1.0");
	assert_string_equal(text_in(issue, "last_release"), "1.1");
	assert_int_equal(number_in(issue, "first_seen_ms"), SCENE_NOW / 1000);
	assert_int_equal(number_in(issue, "last_seen_ms"), (SCENE_NOW + 2 * SCENE_DAY) / 1000);
	assert_int_equal(number_in(issue, "count"), 2);
	assert_int_equal(number_in(issue, "day"), 1);
	assert_int_equal(number_in(issue, "fortnight"), 2);
}

static void at_most_fifty_are_shown_the_newest_link_first(void **state)
{
	struct scene *scene = *state;
	struct tracked tracked = {0};
	cleanup_json json_t *linked = NULL;
	cleanup_issue struct issue newest = {0};
	const json_t *issues;

	for (int i = 0; i < 53; i++) {
		char key[16];

		snprintf(key, sizeof(key), "key%d", i);
		tracked = track(scene, scene_see(scene, key, NULL).issue_id);
	}
	linked = look_at(scene, &tracked, 0, "APP-7");
	issues = json_object_get(linked, "issues");
	assert_int_equal(number_in(linked, "total"), 53);
	assert_int_equal(json_array_size(issues), 50);
	newest = scene_issue(scene, tracked.issue_id);
	assert_non_null(strstr(text_in(json_array_get(issues, 0), "title"), newest.title));
	assert_string_not_equal(text_in(json_array_get(issues, 0), "short_id"),
		text_in(json_array_get(issues, 49), "short_id"));
}

static int unlink_in(struct tx *tx, void *arg, struct err *err)
{
	int result = link_begin_deletion(tx, ((struct tracked *)arg)->link_id, SCENE_NOW, err);

	return result < 0 ? result : 0;
}

static void another_key_organization_or_a_removed_link_shows_nothing(void **state)
{
	struct scene *scene = *state;
	struct tracked tracked = track(scene, scene_see(scene, "a", NULL).issue_id);
	json_t *linked = look_at(scene, &tracked, scene->organization_id, "APP-7");

	assert_int_equal(number_in(linked, "total"), 1);
	json_decref(linked);
	linked = look_at(scene, &tracked, scene->organization_id + 1, "APP-7");
	assert_int_equal(number_in(linked, "total"), 0);
	json_decref(linked);
	linked = look_at(scene, &tracked, 0, "APP-70");
	assert_int_equal(number_in(linked, "total"), 0);
	json_decref(linked);
	scene_do(scene, unlink_in, &tracked);
	linked = look_at(scene, &tracked, 0, "APP-7");
	assert_int_equal(number_in(linked, "total"), 0);
	assert_int_equal(json_array_size(json_object_get(linked, "issues")), 0);
	json_decref(linked);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_linked_issue_is_shown_with_its_counts_and_releases),
		TEST(at_most_fifty_are_shown_the_newest_link_first),
		TEST(another_key_organization_or_a_removed_link_shows_nothing),
	};

	return cmocka_run_group_tests_name("tracker_linked", tests, NULL, NULL);
}
