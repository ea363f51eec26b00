/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Which events of an issue are kept, and which is shown. */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/scratch_store.h"

#include <stdio.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/pack.h"
#include "core/storage/event.h"
#include "core/storage/issue.h"
#include "core/storage/organization.h"
#include "core/storage/project.h"
#include "core/storage/project_key.h"
#include "core/storage/store.h"

SQL(test_issue_put, "INSERT INTO issue (organization_id, project_id, number, title, first_seen_at, "
	"last_seen_at, added_at, updated_at) VALUES ($1, $2, $3, 't', 0, 0, 0, 0) RETURNING id");
SQL(test_count_bodies, "SELECT COUNT(*) FROM event_body b JOIN event e ON e.id = b.event_row_id "
	"WHERE e.issue_id = $1");

struct scene {
	struct scratch_store scratch;
	int64_t project, issue, other;
};

static int put_scene(struct tx *tx, void *arg, struct err *err)
{
	struct scene *scene = arg;
	int64_t organization;
	int result = organization_insert(tx, "acme", "Acme", 0, &organization, err);

	if (result == 0)
		result = project_insert(tx, organization, "shop", "Shop", NULL, 0, &scene->project,
			err);
	if (result == 0)
		result = tx_insert(tx, &test_issue_put, &scene->issue, err, "iii", organization,
			scene->project, INT64_C(1));
	if (result == 0)
		result = tx_insert(tx, &test_issue_put, &scene->other, err, "iii", organization,
			scene->project, INT64_C(2));
	return result;
}

static void write_in(struct scene *scene, store_fn *fn, void *arg)
{
	cleanup_err struct err err = {0};

	if (store_write(scene->scratch.store, fn, arg, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static int setup(void **state)
{
	struct scene *scene = new(struct scene);

	log_setup(MORTISE_LOG_ERROR - 1, LOG_LOGFMT);
	scratch_store_open(&scene->scratch);
	write_in(scene, put_scene, scene);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	scratch_store_close(&scene->scratch);
	free(scene);
	return 0;
}

/* Events whose id and body say their number. */
struct put {
	int64_t issue, project;
	int from, to, weight, keep;
};

static int put_in(struct tx *tx, void *arg, struct err *err)
{
	const struct put *put = arg;
	int result = 0;

	for (int i = put->from; result == 0 && i <= put->to; i++) {
		char id[EVENT_ID_SIZE], text[400];
		cleanup_packed struct packed body = {0};
		int64_t row;

		snprintf(id, sizeof(id), "%032d", i);
		snprintf(text, sizeof(text), "{\"n\": %d, \"fill\": \"%0300d\"}", i, 0);
		pack(text, strlen(text), NULL, &body);
		result = event_insert(tx, &(struct event_new){.issue_id = put->issue,
			.project_id = put->project, .event_id = id, .occurred_us = i,
			.received_us = i, .weight = put->weight, .body = &body}, put->keep, &row,
			err);
	}
	return result;
}

/* The numbers that are kept, as "3 2 1", with how many bodies there are. */
struct kept {
	int64_t issue;
	char numbers[200];
	int64_t bodies;
};

static int kept_in(struct tx *tx, void *arg, struct err *err)
{
	struct kept *kept = arg;
	struct event *list;
	struct query query;
	size_t len;
	int result = event_list(tx, kept->issue, 0, 50, &list, &len, err);

	if (result < 0)
		return result;
	kept->numbers[0] = '\0';
	for (size_t i = 0; i < len; i++)
		snprintf(kept->numbers + strlen(kept->numbers), 8, "%s%d", i ? " " : "",
			atoi(list[i].event_id));
	event_list_free(list, len);
	result = query_first(&query, tx, &test_count_bodies, err, "i", kept->issue);
	if (result == 1)
		kept->bodies = query_int(&query, 0);
	query_end(&query);
	return result < 0 ? result : 0;
}

static void assert_kept(struct scene *scene, int64_t issue, const char *numbers, int64_t bodies)
{
	struct kept kept = {.issue = issue};

	write_in(scene, kept_in, &kept);
	assert_string_equal(kept.numbers, numbers);
	assert_int_equal(kept.bodies, bodies);
}

static void the_newest_and_the_recommended_are_kept(void **state)
{
	struct scene *scene = *state;
	struct put put = {scene->issue, scene->project, 1, 2, 0, 3};

	write_in(scene, put_in, &put);
	put = (struct put){scene->issue, scene->project, 3, 3, 5, 3};
	write_in(scene, put_in, &put);
	put = (struct put){scene->issue, scene->project, 4, 9, 1, 3};
	write_in(scene, put_in, &put);
	assert_kept(scene, scene->issue, "9 8 7 3", 4);
	put = (struct put){scene->issue, scene->project, 10, 10, 5, 3};
	write_in(scene, put_in, &put);
	assert_kept(scene, scene->issue, "10 9 8", 3);
}

static void a_lowered_setting_takes_effect_with_later_events(void **state)
{
	struct scene *scene = *state;
	struct put put = {scene->issue, scene->project, 1, 20, 0, 20};

	write_in(scene, put_in, &put);
	put = (struct put){scene->issue, scene->project, 21, 24, 0, 2};
	write_in(scene, put_in, &put);
	assert_kept(scene, scene->issue, "24 23", 2);
}

static int which_in(struct tx *tx, void *arg, struct err *err)
{
	const struct scene *scene = arg;
	static const enum event_which whichs[] = {EVENT_LATEST, EVENT_OLDEST, EVENT_RECOMMENDED};
	static const int numbers[] = {4, 1, 2};
	char before[EVENT_ID_SIZE], after[EVENT_ID_SIZE];
	cleanup_event struct event event = {0};
	bool known;

	for (size_t i = 0; i < lengthof(whichs); i++) {
		cleanup_event struct event one = {0};

		assert_int_equal(event_get(tx, scene->issue, whichs[i], &one, err), 0);
		assert_int_equal(json_integer_value(json_object_get(one.body, "n")), numbers[i]);
	}
	assert_int_equal(event_find(tx, scene->issue, "00000000000000000000000000000002", &event,
		err), 0);
	assert_int_equal(event_neighbours(tx, &event, before, after, err), 0);
	assert_int_equal(atoi(before), 1);
	assert_int_equal(atoi(after), 3);
	assert_int_equal(issue_hash_add(tx, scene->project, "one", scene->issue, err), 0);
	assert_int_equal(issue_hash_add(tx, scene->project, "two", scene->other, err), 0);
	assert_int_equal(event_known(tx, scene->project, "one", event.event_id, &known, err), 0);
	assert_true(known);
	assert_int_equal(event_known(tx, scene->project, "two", event.event_id, &known, err), 0);
	assert_false(known);
	assert_int_equal(event_known(tx, scene->project, "none", event.event_id, &known, err), 0);
	assert_false(known);
	return 0;
}

static void each_event_is_found(void **state)
{
	struct scene *scene = *state;
	struct put put = {scene->issue, scene->project, 1, 1, 0, 9};

	write_in(scene, put_in, &put);
	put = (struct put){scene->issue, scene->project, 2, 2, 7, 9};
	write_in(scene, put_in, &put);
	put = (struct put){scene->issue, scene->project, 3, 4, 0, 9};
	write_in(scene, put_in, &put);
	write_in(scene, which_in, scene);
}

static int none_in(struct tx *tx, void *arg, struct err *err)
{
	const struct scene *scene = arg;
	cleanup_err struct err absent = {0};
	json_t *body;

	(void)err;
	assert_int_equal(event_latest(tx, scene->issue, &body, &absent), MORTISE_E_NOT_FOUND);
	return 0;
}

static int prune_in(struct tx *tx, void *arg, struct err *err)
{
	(void)arg;
	/* Two and one, then none. */
	assert_int_equal(event_prune(tx, 4, 2, err), 2);
	assert_int_equal(event_prune(tx, 4, 2, err), 1);
	assert_int_equal(event_prune(tx, 4, 2, err), 0);
	return 0;
}

static void old_events_go_in_steps(void **state)
{
	struct scene *scene = *state;
	struct put put = {scene->issue, scene->project, 1, 3, 0, 9};

	write_in(scene, put_in, &put);
	put = (struct put){scene->other, scene->project, 4, 5, 0, 9};
	write_in(scene, put_in, &put);
	write_in(scene, prune_in, NULL);
	assert_kept(scene, scene->issue, "", 0);
	assert_kept(scene, scene->other, "5 4", 2);
	write_in(scene, none_in, scene);
}

static int keys_in(struct tx *tx, void *arg, struct err *err)
{
	const struct scene *scene = arg;
	cleanup_project_key struct project_key key = {0};
	cleanup_err struct err absent = {0};
	cleanup_free char *dsn = NULL;
	int64_t id, organization;

	assert_int_equal(project_key_insert(tx, scene->project, "abc", "Default", 1, &id, err), 0);
	assert_int_equal(project_key_find(tx, "abc", &key, &organization, err), 0);
	assert_true(key.active);
	assert_int_equal(key.project_id, scene->project);
	dsn = project_key_dsn("https://m.example/base", &key);
	assert_string_equal(dsn, "https://abc@m.example/base/1");
	assert_int_equal(project_key_disable(tx, scene->project, "abc", err), 0);
	project_key_clear(&key);
	assert_int_equal(project_key_find(tx, "abc", &key, &organization, err), 0);
	assert_false(key.active);
	assert_int_equal(project_key_disable(tx, scene->project + 1, "abc", &absent),
		MORTISE_E_NOT_FOUND);
	return 0;
}

static void a_key_leads_to_its_project(void **state)
{
	write_in(*state, keys_in, *state);
}

/* The hashes of an issue beside a place, as "b c". */
static void assert_hashes(struct tx *tx, int64_t issue, const struct keyset *place,
	const char *wanted, struct err *err)
{
	cleanup_json json_t *hashes = NULL;
	char text[40] = "";
	json_t *hash;
	size_t i;

	assert_int_equal(issue_hashes(tx, issue, place, &hashes, err), 0);
	json_array_foreach(hashes, i, hash)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			json_string_value(hash));
	assert_string_equal(text, wanted);
}

static int hashes_in(struct tx *tx, void *arg, struct err *err)
{
	const struct scene *scene = arg;
	static const char *const hashes[] = {"d", "b", "a", "c"};

	for (size_t i = 0; i < lengthof(hashes); i++)
		assert_int_equal(issue_hash_add(tx, scene->project, hashes[i], scene->issue, err),
			0);
	assert_int_equal(issue_hash_add(tx, scene->project, "bb", scene->other, err), 0);
	assert_hashes(tx, scene->issue, &KEYSET_FIRST(10), "a b c d", err);
	assert_hashes(tx, scene->issue, &(struct keyset){.text = "a", .limit = 2}, "b c", err);
	assert_hashes(tx, scene->issue, &(struct keyset){.text = "d", .limit = 2, .back = true},
		"c b", err);
	return 0;
}

static void hashes_are_read_from_a_place_both_ways(void **state)
{
	write_in(*state, hashes_in, *state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_newest_and_the_recommended_are_kept, setup,
			teardown),
		cmocka_unit_test_setup_teardown(a_lowered_setting_takes_effect_with_later_events,
			setup, teardown),
		cmocka_unit_test_setup_teardown(each_event_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(hashes_are_read_from_a_place_both_ways, setup,
			teardown),
		cmocka_unit_test_setup_teardown(old_events_go_in_steps, setup, teardown),
		cmocka_unit_test_setup_teardown(a_key_leads_to_its_project, setup, teardown),
	};

	return cmocka_run_group_tests_name("storage_event", tests, NULL, NULL);
}
