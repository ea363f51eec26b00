/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The states of a guarded write, row by row. */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/upstream_bench.h"

#include <pthread.h>
#include <semaphore.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/storage/ledger.h"
#include "core/storage/store.h"
#include "core/storage/tx.h"

SQL(test_job, "INSERT INTO job (task, payload, origin, status, not_before, lease, added_at) "
	"VALUES ('t', '{}', 'system', 1, 0, 'lease-1', 0)");
SQL(test_settled, "SELECT status FROM ledger WHERE owner = 'integration:1' AND once = 'issue'");

struct script {
	struct scripted_reply reply;
	int posts;
	sem_t came, go;                /* the reply waits for 'go' if 'waits' */
	bool waits;
};

static void play(const struct scripted_request *request, struct scripted_reply *reply, void *arg)
{
	struct script *script = arg;

	(void)request;
	script->posts++;
	*reply = script->reply;
	if (script->waits) {
		sem_post(&script->came);
		sem_wait(&script->go);
	}
}

static int create(struct bench *bench)
{
	return bench_send(bench, (struct upstream_request){.upstream = "bare", .method = "POST",
		.once = "issue"});
}

/* ---- Looking into the ledger ---- */

static int read_made(struct tx *tx, void *arg, struct err *err)
{
	json_t **made = arg;

	json_decref(*made);
	*made = NULL;
	return ledger_list(tx, "integration:1", made, err);
}

/* The kept answer, null for an intent, NULL if there is no entry. */
static json_t *entry(struct bench *bench)
{
	json_t *made = NULL, *found;

	assert_int_equal(store_read(bench->daemon.store, read_made, &made, NULL), 0);
	found = json_incref(json_object_get(made, "issue"));
	json_decref(made);
	return found;
}

static bool has_intent(struct bench *bench)
{
	cleanup_json json_t *found = entry(bench);

	return json_is_null(found);
}

static bool is_clear(struct bench *bench)
{
	cleanup_json json_t *found = entry(bench);

	return !found;
}

/* ---- Rows of the table ---- */

static void an_answer_is_kept_and_given_again(void **state)
{
	struct script script = {.reply = {.status = 201, .body = "{\"id\": 5}",
		.headers = "Location: /issues/5\r\nX-Other: 1\r\n"}};
	struct bench *bench = bench_new(play, &script);
	cleanup_json json_t *kept = NULL;

	(void)state;
	assert_int_equal(create(bench), 0);
	assert_false(bench->answer.replayed);
	assert_string_equal(bench->answer.body, "{\"id\": 5}");
	kept = entry(bench);
	assert_int_equal(json_integer_value(json_object_get(kept, "status")), 201);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(kept, "json"), "id")), 5);
	script.reply.body = "{\"id\":6}";
	assert_int_equal(create(bench), 0);
	assert_true(bench->answer.replayed);
	assert_int_equal(bench->answer.status, 201);
	assert_string_equal(bench->answer.body, "{\"id\":5}");
	assert_string_equal(json_string_value(json_object_get(bench->answer.headers, "location")),
		"/issues/5");
	assert_null(json_object_get(bench->answer.headers, "x-other"));
	assert_int_equal(script.posts, 1);
	/* Another name, another owner. */
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "bare",
		.method = "POST", .once = "other"}), 0);
	assert_int_equal(bench_send_as(bench, &bench->pipeline, (struct upstream_request){
		.upstream = "bare", .method = "POST", .once = "issue"}), 0);
	assert_int_equal(script.posts, 3);
	bench_free(bench);
}

static void bodies_of_every_kind_are_kept(void **state)
{
	static const char binary[] = "\xff\xfe\0x";
	char *large = xmalloc(70000);
	struct {
		const char *body;
		size_t size, replayed_size;
	} table[] = {
		{"", 0, 0},
		{"plain text", 10, 10},
		{binary, 4, 4},
		{large, 70000, 0},
		{"[1,2]", 5, 5},
	};

	(void)state;
	memset(large, 'x', 70000);
	for (size_t i = 0; i < lengthof(table); i++) {
		struct script script = {.reply = {.body = table[i].body, .size = table[i].size}};
		struct bench *bench = bench_new(play, &script);

		assert_int_equal(create(bench), 0);
		assert_int_equal(bench->answer.size, table[i].size);
		assert_int_equal(create(bench), 0);
		assert_true(bench->answer.replayed);
		if (bench->answer.size != table[i].replayed_size ||
			memcmp(bench->answer.body, table[i].body, table[i].replayed_size) != 0)
			fail_msg("%zu: %zu bytes", i, bench->answer.size);
		bench_free(bench);
	}
	free(large);
}

static void a_lost_answer_leaves_the_intent(void **state)
{
	static const struct scripted_reply table[] = {
		{.hang = true},
		{.reset = true},
		{.status = 500, .body = "{}"},
		{.status = 503, .body = ""},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		struct script script = {.reply = table[i]};
		struct bench *bench = bench_new(play, &script);
		int result = bench_send(bench, (struct upstream_request){.upstream = "bare",
			.method = "POST", .once = "issue", .timeout_ms = unit_patience(200)});

		scripted_server_sync(bench->server);
		/* A status is given all the same. */
		if (result != (table[i].status ? 0 : MORTISE_E_UPSTREAM))
			fail_msg("%zu: %d", i, result);
		assert_true(has_intent(bench));
		script.reply = (struct scripted_reply){.status = 201};
		assert_int_equal(create(bench), MORTISE_E_UNCERTAIN);
		assert_int_equal(script.posts, 1);
		bench_free(bench);
	}
}

static void what_surely_did_nothing_is_taken_back(void **state)
{
	static const int statuses[] = {400, 401, 403, 404, 409, 410, 422};
	struct script script = {0};
	struct bench *bench = bench_new(play, &script);
	cleanup_free char *base = xstrdup(scripted_server_url(bench->server));

	(void)state;
	for (size_t i = 0; i < lengthof(statuses); i++) {
		script.reply.status = statuses[i];
		assert_int_equal(create(bench), 0);
		assert_int_equal(bench->answer.status, statuses[i]);
		if (!is_clear(bench))
			fail_msg("%d leaves an entry", statuses[i]);
	}
	/* Connection refused, no such name, no TLS. */
	bench->upstreams[1].base = base;
	scripted_server_free(bench->server);
	bench->server = NULL;
	assert_int_equal(create(bench), MORTISE_E_UPSTREAM);
	assert_true(is_clear(bench));
	bench->upstreams[1].base = "http://mortise-test.invalid";
	assert_int_equal(create(bench), MORTISE_E_UPSTREAM);
	assert_true(is_clear(bench));
	free(base);
	bench->server = scripted_server_new(play, &script);
	base = xasprintf("https://127.0.0.2:%d", scripted_server_port(bench->server));
	bench->upstreams[1].base = base;
	assert_int_equal(create(bench), MORTISE_E_UPSTREAM);
	assert_true(is_clear(bench));
	bench_free(bench);
}

static void nothing_is_noted_when_nothing_can_be_sent(void **state)
{
	struct script script = {.reply = {.status = 429, .headers = "Retry-After: 60\r\n"}};
	struct bench *bench = bench_new(play, &script);

	(void)state;
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "bare",
		.method = "POST", .once = "issue", .credentials = "key"}), MORTISE_E_IDENTITY);
	assert_true(is_clear(bench));
	assert_int_equal(create(bench), 0);
	assert_int_equal(create(bench), MORTISE_E_RATE);
	assert_true(is_clear(bench));
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "bare",
		.method = "POST", .once = ""}), MORTISE_E_INTERNAL);
	assert_int_equal(bench_send_as(bench, &(struct call_scope){.kind = MORTISE_SCOPE_PROVIDER,
		.provider = &bench->provider}, (struct upstream_request){.upstream = "bare",
		.method = "POST", .once = "issue"}), MORTISE_E_UNSUPPORTED);
	assert_int_equal(script.posts, 1);
	bench_free(bench);
}

static void an_uncertain_write_is_settled_or_cleared(void **state)
{
	struct script script = {.reply = {.reset = true}};
	struct bench *bench = bench_new(play, &script);
	struct upstreams *upstreams = bench->daemon.upstreams;
	cleanup_json json_t *found = json_pack("{s:i}", "id", 9);

	(void)state;
	assert_int_equal(create(bench), MORTISE_E_UPSTREAM);
	assert_int_equal(create(bench), MORTISE_E_UNCERTAIN);
	/* It was not there: it may be sent. */
	assert_int_equal(upstream_once_clear(upstreams, &bench->scope, "issue", NULL), 0);
	assert_int_equal(create(bench), MORTISE_E_UPSTREAM);
	scripted_server_sync(bench->server);
	assert_int_equal(script.posts, 2);
	/* It was there: that is the answer from now on. */
	assert_int_equal(upstream_once_settle(upstreams, &bench->scope, "issue", found, NULL), 0);
	assert_int_equal(create(bench), 0);
	assert_true(bench->answer.replayed);
	assert_int_equal(bench->answer.status, 200);
	assert_string_equal(bench->answer.body, "{\"id\":9}");
	/* An answer is not cleared away: that would make a second one. */
	assert_int_equal(upstream_once_clear(upstreams, &bench->scope, "issue", NULL), 0);
	assert_int_equal(create(bench), 0);
	assert_int_equal(script.posts, 2);
	bench_free(bench);
}

static void *create_in_thread(void *arg)
{
	struct bench *bench = arg;
	struct upstream_answer answer = {0};
	intptr_t result = upstream_send(bench->daemon.upstreams, &bench->scope,
		&(struct upstream_request){.upstream = "bare", .method = "POST", .path = "/x",
		.once = "issue"}, &answer, NULL);

	upstream_answer_clear(&answer);
	return (void *)result;
}

static void a_request_on_its_way_is_not_taken_for_lost(void **state)
{
	struct script script = {.reply = {.status = 201}, .waits = true};
	struct bench *bench = bench_new(play, &script);
	pthread_t thread;
	void *result;

	(void)state;
	sem_init(&script.came, 0, 0);
	sem_init(&script.go, 0, 0);
	pthread_create(&thread, NULL, create_in_thread, bench);
	sem_wait(&script.came);
	assert_int_equal(create(bench), MORTISE_E_RETRY);
	assert_int_equal(upstream_once_clear(bench->daemon.upstreams, &bench->scope, "issue", NULL),
		MORTISE_E_RETRY);
	assert_true(has_intent(bench));
	sem_post(&script.go);
	pthread_join(thread, &result);
	assert_int_equal((intptr_t)result, 0);
	assert_int_equal(create(bench), 0);
	assert_true(bench->answer.replayed);
	sem_destroy(&script.came);
	sem_destroy(&script.go);
	bench_free(bench);
}

/* ---- Jobs ---- */

static int insert_job(struct tx *tx, void *arg, struct err *err)
{
	int result = tx_exec(tx, &test_job, err, "");

	(void)arg;
	return result < 0 ? result : 0;
}

static int settle_job(struct tx *tx, void *arg, struct err *err)
{
	(void)arg;
	return ledger_settle_job(tx, 1, 77, err);
}

static int read_status(struct tx *tx, void *arg, struct err *err)
{
	struct query query;
	int result = query_begin(&query, tx, &test_settled, err, "");

	*(int64_t *)arg = -1;
	if (result == 0 && query_next(&query) == 1)
		*(int64_t *)arg = query_int(&query, 0);
	query_end(&query);
	return result;
}

static void an_intent_needs_the_lease_of_its_job(void **state)
{
	struct script script = {.reply = {.status = 201}};
	struct bench *bench = bench_new(play, &script);
	struct upstream_request request = {.upstream = "bare", .method = "POST", .once = "issue",
		.job_id = 1, .lease = "lease-0"};
	int64_t status;

	(void)state;
	assert_int_equal(store_write(bench->daemon.store, insert_job, NULL, NULL), 0);
	assert_int_equal(bench_send(bench, request), MORTISE_E_CANCELLED);
	assert_int_equal(script.posts, 0);
	request.lease = "lease-1";
	assert_int_equal(bench_send(bench, request), 0);
	assert_int_equal(script.posts, 1);
	/* The end of the job settles what it made. */
	assert_int_equal(store_write(bench->daemon.store, settle_job, NULL, NULL), 0);
	assert_int_equal(store_read(bench->daemon.store, read_status, &status, NULL), 0);
	assert_int_equal(status, LEDGER_SETTLED);
	assert_int_equal(create(bench), 0);
	assert_true(bench->answer.replayed);
	bench_free(bench);
}

static int prune(struct tx *tx, void *arg, struct err *err)
{
	int result = ledger_prune(tx, clock_now_us() + 1, 1, err);

	*(int *)arg = result;
	return result < 0 ? result : 0;
}

static void old_entries_are_pruned_in_steps(void **state)
{
	struct script script = {.reply = {.status = 201}};
	struct bench *bench = bench_new(play, &script);
	int count;

	(void)state;
	assert_int_equal(create(bench), 0);
	assert_int_equal(bench_send(bench, (struct upstream_request){.upstream = "bare",
		.method = "POST", .once = "other"}), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(store_write(bench->daemon.store, prune, &count, NULL), 0);
		assert_int_equal(count, i < 2);
	}
	assert_true(is_clear(bench));
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_kept_and_given_again),
		cmocka_unit_test(bodies_of_every_kind_are_kept),
		cmocka_unit_test(a_lost_answer_leaves_the_intent),
		cmocka_unit_test(what_surely_did_nothing_is_taken_back),
		cmocka_unit_test(nothing_is_noted_when_nothing_can_be_sent),
		cmocka_unit_test(an_uncertain_write_is_settled_or_cleared),
		cmocka_unit_test(a_request_on_its_way_is_not_taken_for_lost),
		cmocka_unit_test(an_intent_needs_the_lease_of_its_job),
		cmocka_unit_test(old_entries_are_pruned_in_steps),
	};

	return cmocka_run_group_tests_name("upstream_once", tests, NULL, NULL);
}
