/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Dictionaries are learned, take each other's place, and go with the last body that needs
 * them, not before. */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/scratch_store.h"

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/pack.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/job/job_private.h"
#include "core/storage/dictionary.h"
#include "core/storage/prune.h"
#include "core/storage/store.h"
#include "core/storage/webhook.h"

#define DAY_US (INT64_C(24) * 3600 * 1000000)

SQL(test_dictionary_ids, "SELECT id FROM dictionary ORDER BY id");
SQL(test_dictionary_damage, "UPDATE dictionary SET content = $1");
SQL(test_dictionary_lose, "DELETE FROM dictionary");
SQL(test_webhooks_lose, "DELETE FROM webhook WHERE id <= $1");

static const struct dictionary_kind acme = {DICTIONARY_WEBHOOKS, "acme"};

struct scene {
	struct scratch_store scratch;
	struct settings settings;
	struct daemon daemon;
	int bodies;                    /* stored so far */
	bool noise;                    /* bodies have nothing in common */
};

static int setup(void **state)
{
	struct scene *scene = new(struct scene);

	log_setup(MORTISE_LOG_ERROR - 1, LOG_LOGFMT);
	scratch_store_open(&scene->scratch);
	scene->settings.retention_webhooks = 7;
	scene->daemon.settings = &scene->settings;
	scene->daemon.store = scene->scratch.store;
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

static struct dictionaries *dictionaries(const struct scene *scene)
{
	return store_dictionaries(scene->scratch.store);
}

static void reopen(struct scene *scene)
{
	scratch_store_reopen(&scene->scratch);
	scene->daemon.store = scene->scratch.store;
}

static void write_in(struct scene *scene, store_fn *fn, void *arg)
{
	cleanup_err struct err err = {0};

	if (store_write(scene->scratch.store, fn, arg, &err) < 0)
		fail_msg("%s", err_text(&err));
}

/* ---- Bodies ---- */

static void body_of(const struct scene *scene, int number, char ret_body[static 600])
{
	uint32_t noise = (uint32_t)number;

	memset(ret_body, 0, 600);
	snprintf(ret_body, 600, "{\"action\":\"opened\",\"number\":%d,\"repository\":{\"full_name\":"
		"\"acme/shop\",\"html_url\":\"https://forge.example/acme/shop\",\"private\":false,"
		"\"default_branch\":\"main\",\"stars\":%d},\"sender\":{\"login\":\"octo-%d\",\"type\":"
		"\"User\",\"site_admin\":false},\"head\":\"%08x%08x\"}", number, number * 31,
		number * 17, (unsigned)number * 2654435761U, (unsigned)number * 40503U);
	for (int i = 0; scene->noise && i < 599; i++) {
		noise = noise * 1664525 + 1013904223;
		ret_body[i] = (char)(' ' + (noise >> 24) % 95);
	}
}

struct put {
	struct scene *scene;
	int len;
	size_t stored_size;
};

static int put_one(struct tx *tx, struct put *put, struct err *err)
{
	struct scene *scene = put->scene;
	cleanup_packed struct packed packed = {0};
	char body[600];
	int64_t id;
	bool known;

	body_of(scene, scene->bodies + 1, body);
	pack(body, sizeof(body), dictionaries_current(dictionaries(scene), &acme, NULL), &packed);
	put->stored_size += packed.data_size;
	scene->bodies++;
	return webhook_add(tx, &(struct webhook_add){
		.key_owner = "acme", .provider = "acme", .webhook = "main", .event = "push",
		.headers = "{}", .received_us = 1, .encoding = packed.encoding,
		.size = (int64_t)packed.size, .body = {packed.data, packed.data_size},
	}, &id, &known, err);
}

static int put_in(struct tx *tx, void *arg, struct err *err)
{
	struct put *put = arg;
	int result = 0;

	for (int i = 0; result == 0 && i < put->len; i++)
		result = put_one(tx, put, err);
	return result;
}

/* Store some; how large they are there. */
static size_t put_bodies(struct scene *scene, int len)
{
	struct put put = {scene, len, 0};

	write_in(scene, put_in, &put);
	return put.stored_size;
}

struct get {
	int64_t id;
	char *body;
	size_t size;
};

static int get_in(struct tx *tx, void *arg, struct err *err)
{
	struct get *get = arg;

	return webhook_body_get(tx, get->id, &get->body, &get->size, err);
}

/* Those from 'first' on are as they came. */
static void assert_bodies(const struct scene *scene, int first)
{
	for (int i = first; i <= scene->bodies; i++) {
		struct get get = {.id = i};
		cleanup_err struct err err = {0};
		char body[600];

		body_of(scene, i, body);
		if (store_read(scene->scratch.store, get_in, &get, &err) < 0)
			fail_msg("%s", err_text(&err));
		assert_int_equal(get.size, sizeof(body));
		assert_memory_equal(get.body, body, sizeof(body));
		free(get.body);
	}
}

static void assert_damaged(const struct scene *scene, const char *words)
{
	struct get get = {.id = scene->bodies};
	cleanup_err struct err err = {0};

	assert_int_equal(store_read(scene->scratch.store, get_in, &get, &err), MORTISE_E_LIMIT);
	assert_non_null(strstr(err_text(&err), words));
}

/* ---- Dictionaries ---- */

static void learn(struct scene *scene)
{
	struct job_run run = {.daemon = &scene->daemon};
	cleanup_err struct err err = {0};

	if (job_learn_run(&run, NULL, &err) < 0)
		fail_msg("%s", err_text(&err));
}

/* The current one is so many days old now. */
static void age(struct scene *scene, int days)
{
	struct pack_dictionary *current = dictionaries_current(dictionaries(scene), &acme, NULL);

	assert_non_null(current);
	dictionaries_put(dictionaries(scene), &acme, current, clock_now_us() - days * DAY_US);
	dictionaries_forget(dictionaries(scene), pack_dictionary_id(current));
}

static int64_t current_id(const struct scene *scene)
{
	struct pack_dictionary *current = dictionaries_current(dictionaries(scene), &acme, NULL);
	int64_t id = current ? pack_dictionary_id(current) : 0;

	pack_dictionary_unref(current);
	return id;
}

static int ids_in(struct tx *tx, void *arg, struct err *err)
{
	int64_t *ids = arg;
	struct query query;
	int result = query_begin(&query, tx, &test_dictionary_ids, err, "");

	while (result >= 0 && (result = query_next(&query)) == 1)
		*ids = *ids * 10 + query_int(&query, 0);
	query_end(&query);
	return result < 0 ? result : 0;
}

/* Their ids as digits: 12 for the rows 1 and 2. */
static int stored_ids(const struct scene *scene)
{
	int64_t ids = 0;

	assert_int_equal(store_read(scene->scratch.store, ids_in, &ids, NULL), 0);
	return (int)ids;
}

static int lose_webhooks_in(struct tx *tx, void *arg, struct err *err)
{
	return tx_exec(tx, &test_webhooks_lose, err, "i", *(const int64_t *)arg) < 0 ? err->code : 0;
}

static int prune_in(struct tx *tx, void *arg, struct err *err)
{
	struct prune_cutoffs cutoffs = {0};

	return store_prune_step(tx, &cutoffs, 0, arg, err);
}

/* Webhooks up to this one are gone, and what nothing needs any more. */
static void prune_to(struct scene *scene, int64_t id)
{
	struct prune_step step;

	write_in(scene, lose_webhooks_in, &id);
	write_in(scene, prune_in, &step);
}

static void bodies_teach_a_dictionary(void **state)
{
	struct scene *scene = *state;
	size_t before = put_bodies(scene, 200), after;

	learn(scene);
	assert_int_equal(current_id(scene), 1);
	after = put_bodies(scene, 200);
	assert_true(after * 2 < before);
	assert_bodies(scene, 1);
	/* It is young. */
	learn(scene);
	assert_int_equal(stored_ids(scene), 1);
	reopen(scene);
	assert_int_equal(current_id(scene), 1);
	assert_bodies(scene, 1);
}

static void noise_and_too_few_bodies_teach_nothing(void **state)
{
	struct scene *scene = *state;

	put_bodies(scene, 20);
	learn(scene);
	scene->noise = true;
	put_bodies(scene, 400);
	learn(scene);
	assert_int_equal(stored_ids(scene), 0);
	assert_int_equal(current_id(scene), 0);
}

static void one_that_is_no_better_does_not_take_its_place(void **state)
{
	struct scene *scene = *state;

	put_bodies(scene, 400);
	learn(scene);
	age(scene, 2);
	learn(scene);
	assert_int_equal(current_id(scene), 1);
	age(scene, 8);
	learn(scene);
	assert_int_equal(current_id(scene), 2);
	/* As old as bodies may become, at most. */
	scene->settings.retention_webhooks = 1;
	age(scene, 2);
	learn(scene);
	assert_int_equal(current_id(scene), 3);
}

static void an_old_one_that_nothing_can_replace_goes(void **state)
{
	struct scene *scene = *state;

	put_bodies(scene, 400);
	learn(scene);
	prune_to(scene, 400);
	age(scene, 8);
	learn(scene);
	assert_int_equal(current_id(scene), 0);
	prune_to(scene, 400);
	assert_int_equal(stored_ids(scene), 0);
}

static void it_goes_with_the_last_body_that_may_need_it(void **state)
{
	struct scene *scene = *state;

	put_bodies(scene, 400);
	learn(scene);
	put_bodies(scene, 400);
	age(scene, 8);
	learn(scene);
	put_bodies(scene, 400);
	/* The first one rested; its last body is the 800th. */
	learn(scene);
	prune_to(scene, 799);
	assert_int_equal(stored_ids(scene), 12);
	assert_bodies(scene, 800);
	reopen(scene);
	assert_bodies(scene, 800);
	prune_to(scene, 800);
	assert_int_equal(stored_ids(scene), 2);
	assert_bodies(scene, 801);
	prune_to(scene, 1200);
	assert_int_equal(stored_ids(scene), 2);
}

static void a_body_on_its_way_keeps_it(void **state)
{
	struct scene *scene = *state;
	struct pack_dictionary *held;
	int64_t id;

	put_bodies(scene, 400);
	learn(scene);
	held = dictionaries_current(dictionaries(scene), &acme, NULL);
	age(scene, 8);
	learn(scene);
	assert_int_equal(current_id(scene), 2);
	assert_int_equal(dictionaries_rested(dictionaries(scene), 1, &id), 0);
	prune_to(scene, 400);
	assert_int_equal(stored_ids(scene), 12);
	pack_dictionary_unref(held);
	assert_int_equal(dictionaries_rested(dictionaries(scene), 1, &id), 1);
	assert_int_equal(id, 1);
	learn(scene);
	assert_int_equal(dictionaries_rested(dictionaries(scene), 1, &id), 0);
	prune_to(scene, 400);
	assert_int_equal(stored_ids(scene), 2);
}

static void after_a_restart_the_older_ones_have_rested(void **state)
{
	struct scene *scene = *state;
	struct pack_dictionary *held;
	int64_t id;

	put_bodies(scene, 400);
	learn(scene);
	put_bodies(scene, 1);
	held = dictionaries_current(dictionaries(scene), &acme, NULL);
	age(scene, 8);
	learn(scene);
	pack_dictionary_unref(held);
	reopen(scene);
	assert_int_equal(current_id(scene), 2);
	assert_int_equal(dictionaries_rested(dictionaries(scene), 1, &id), 1);
	assert_int_equal(id, 1);
	prune_to(scene, 400);
	assert_int_equal(stored_ids(scene), 12);
	assert_bodies(scene, 401);
}

static void more_than_are_kept_ready_are_read(void **state)
{
	struct scene *scene = *state;

	put_bodies(scene, 200);
	for (int i = 1; i <= 10; i++) {
		learn(scene);
		assert_int_equal(current_id(scene), i);
		put_bodies(scene, 20);
		age(scene, 8);
	}
	assert_bodies(scene, 1);
	assert_bodies(scene, 1);
}

static int damage_in(struct tx *tx, void *arg, struct err *err)
{
	static const struct blob nonsense = {"nonsense", 8};
	const bool *lost = arg;
	int result = *lost ? tx_exec(tx, &test_dictionary_lose, err, "") :
		tx_exec(tx, &test_dictionary_damage, err, "b", &nonsense);

	return result < 0 ? result : 0;
}

static void a_body_says_what_it_lacks(void **state)
{
	struct scene *scene = *state;
	bool lost = false;

	put_bodies(scene, 400);
	learn(scene);
	put_bodies(scene, 1);
	write_in(scene, damage_in, &lost);
	reopen(scene);
	assert_int_equal(current_id(scene), 0);
	assert_damaged(scene, "webhook 401: its body is damaged where it is stored: "
		"the dictionary 1 that it needs is damaged");
	lost = true;
	write_in(scene, damage_in, &lost);
	assert_damaged(scene, "the dictionary 1 that it needs is not there");
}

static void learning_is_due_ever_more_seldom(void **state)
{
	struct scene *scene = *state;
	int dues = 0;
	bool due;

	for (int i = 1; i <= 3000; i++) {
		assert_null(dictionaries_current(dictionaries(scene), &acme, &due));
		assert_int_equal(due, i == 512 || i == 1024 || i == 2048);
		dues += due;
	}
	assert_int_equal(dues, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(bodies_teach_a_dictionary),
		TEST(noise_and_too_few_bodies_teach_nothing),
		TEST(one_that_is_no_better_does_not_take_its_place),
		TEST(an_old_one_that_nothing_can_replace_goes),
		TEST(it_goes_with_the_last_body_that_may_need_it),
		TEST(a_body_on_its_way_keeps_it),
		TEST(after_a_restart_the_older_ones_have_rested),
		TEST(more_than_are_kept_ready_are_read),
		TEST(a_body_says_what_it_lacks),
		TEST(learning_is_due_ever_more_seldom),
	};

	return cmocka_run_group_tests_name("storage_dictionary", tests, NULL, NULL);
}
