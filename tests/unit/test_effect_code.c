/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Effects on code: in which organizations they land, and where they do not. */
#include "config.h"
#include "tests/unit/unit.h"

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/effect/effect.h"
#include "core/provider/provider.h"
#include "core/storage/commit.h"
#include "core/storage/integration.h"
#include "core/storage/keyset.h"
#include "core/storage/link.h"
#include "core/storage/organization.h"
#include "core/storage/pull_request.h"
#include "core/storage/repository.h"
#include "core/storage/store.h"
#include "tests/unit/scratch_store.h"

#define NOW INT64_C(1000000000000)
#define PROVIDER "integrations:acme"

static const struct keyset newest_first = {.number = INT64_MAX, .id = INT64_MAX, .limit = 100};
static const unsigned char uid[INTEGRATION_UID_SIZE] = "0123456789abcdef";

SQL(test_effect_code_audits, "SELECT event FROM audit_log WHERE organization_id = $1 ORDER BY id");

/* Organizations 0 and 1 share integration 0; organization 2 has integration 1. */
struct fixture {
	struct scratch_store scratch;
	struct registration *registration;
	int64_t organizations[3];
	int64_t integrations[2];
};

static int fill(struct tx *tx, void *arg, struct err *err)
{
	static const char *const slugs[] = {"one", "two", "three"};
	struct fixture *fixture = arg;
	cleanup_json json_t *metadata = json_object();
	bool created;

	for (size_t i = 0; i < 2; i++)
		(void)integration_put(tx, &(struct integration_put){.provider = "acme",
			.external_id = i == 0 ? "7" : "8", .name = "Acme", .metadata = metadata,
			.uid = uid, .now_us = NOW}, &fixture->integrations[i], &created, err);
	for (size_t i = 0; i < 3; i++) {
		int64_t link_id;

		(void)organization_insert(tx, slugs[i], "x", NOW, &fixture->organizations[i], err);
		(void)link_add(tx, &(struct link_add){.organization_id = fixture->organizations[i],
			.integration_id = fixture->integrations[i / 2], .uid = uid, .now_us = NOW},
			&link_id, &created, err);
	}
	return err->code;
}

static int setup(void **state)
{
	static const char text[] = "{\"plugin\":\"acme\",\"version\":\"1\",\"providers\":[{"
		"\"provider\":{\"key\":\"acme\",\"name\":\"A\"},\"repository_provider\":{"
		"\"id\":\"" PROVIDER "\",\"name\":\"A\",\"list\":true,\"get\":true}}]}";
	struct fixture *fixture = new(struct fixture);
	cleanup_json json_t *json = json_loads(text, 0, NULL);
	cleanup_err struct err err = {0};

	assert_true(sodium_init() >= 0);
	scratch_store_open(&fixture->scratch);
	if (registration_parse(json, 1, &fixture->registration, &err) < 0 ||
		store_write(fixture->scratch.store, fill, fixture, &err) < 0)
		fail_msg("%s", err_text(&err));
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	registration_unref(fixture->registration);
	scratch_store_close(&fixture->scratch);
	free(fixture);
	return 0;
}

struct apply {
	struct effect_context context;
	json_t *effects;
};

static int apply_in(struct tx *tx, void *arg, struct err *err)
{
	struct apply *apply = arg;

	return effects_apply(tx, &apply->context, apply->effects, err);
}

/* Apply in the scope of an integration, and count. */
static struct effect_context apply(struct fixture *fixture, size_t integration, const char *text)
{
	struct call_scope scope = {
		.kind = MORTISE_SCOPE_INTEGRATION,
		.provider = &fixture->registration->providers[0],
		.integration_id = fixture->integrations[integration],
		.origin = "integration:1",
	};
	struct apply apply = {.context = {.scope = &scope, .now_us = NOW}};
	cleanup_err struct err err = {0};

	apply.effects = json_loads(text, 0, NULL);
	assert_non_null(apply.effects);
	if (effects_check(&apply.context, apply.effects, &err) < 0 ||
		store_write(fixture->scratch.store, apply_in, &apply, &err) < 0)
		fail_msg("%s: %s", text, err_text(&err));
	json_decref(apply.effects);
	return apply.context;
}

/* What an organization has, read at once. */
struct look {
	int64_t organization_id;
	struct repository repository;      /* "5501" */
	int found;
	size_t commit_len, pull_request_len, audit_len;
	char author[64];                   /* of the newest commit */
};

static int look_in(struct tx *tx, void *arg, struct err *err)
{
	struct look *look = arg;
	struct commit *commits;
	struct pull_request *pulls;
	struct query query;
	int result;

	look->found = repository_find(tx, look->organization_id, PROVIDER, "5501", &look->repository,
		err);
	if (look->found < 1)
		return look->found;
	result = commit_list(tx, look->repository.id, &newest_first, &commits, &look->commit_len, err);
	if (result < 0)
		return result;
	if (look->commit_len > 0 && commits[0].author.email)
		strncpy(look->author, commits[0].author.email, sizeof(look->author) - 1);
	commit_list_free(commits, look->commit_len);
	result = pull_request_list(tx, look->repository.id, &newest_first, &pulls, &look->pull_request_len, err);
	if (result < 0)
		return result;
	pull_request_list_free(pulls, look->pull_request_len);
	result = query_begin(&query, tx, &test_effect_code_audits, err, "i", look->organization_id);
	while (result >= 0 && (result = query_next(&query)) == 1)
		look->audit_len++;
	query_end(&query);
	return result;
}

static struct look look(struct fixture *fixture, size_t organization)
{
	struct look seen = {.organization_id = fixture->organizations[organization]};
	cleanup_err struct err err = {0};

	if (store_read(fixture->scratch.store, look_in, &seen, &err) < 0)
		fail_msg("%s", err_text(&err));
	return seen;
}

#define PUT(mode_) "{\"type\":\"repository_put\",\"external_id\":\"5501\",\"name\":\"acme/shop\"," \
	"\"url\":\"https://acme.test/shop\",\"mode\":\"" mode_ "\"}"
#define COMMIT(sha_, author_) "{\"type\":\"commit\",\"repository\":\"5501\",\"sha\":\"" sha_ "\"," \
	"\"message\":\"m\",\"time_ms\":5,\"author\":" author_ ",\"files\":[[\"M\",\"a.c\"]]}"
#define MONA "{\"name\":\"Mona\",\"email\":\"mona@acme.test\",\"external_id\":\"acme:mona\"}"
#define HIDDEN_MONA "{\"name\":\"mona\",\"email\":\"x@hidden.test\",\"external_id\":\"acme:mona\"," \
	"\"anonymous\":true}"

static void each_linked_organization_gets_it(void **state)
{
	struct fixture *fixture = *state;

	apply(fixture, 0, "[" PUT("create") "," COMMIT("a1", MONA) ",{\"type\":\"pull_request\","
		"\"repository\":\"5501\",\"number\":\"14\",\"title\":\"t\",\"author\":null}]");
	for (size_t i = 0; i < 3; i++) {
		struct look seen = look(fixture, i);

		assert_int_equal(seen.found, i < 2);
		assert_int_equal(seen.commit_len, i < 2);
		assert_int_equal(seen.pull_request_len, i < 2);
		assert_int_equal(seen.audit_len, i < 2);
		repository_clear(&seen.repository);
	}
}

static void the_same_again_is_nothing(void **state)
{
	struct fixture *fixture = *state;
	const char *effects = "[" PUT("create") "," COMMIT("a1", MONA) ",{\"type\":"
		"\"repository_languages\",\"external_id\":\"5501\",\"languages\":[\"c\"]}]";
	struct effect_context context = apply(fixture, 0, effects);
	struct look seen;

	assert_int_equal(context.applied, 3);
	context = apply(fixture, 0, effects);
	assert_int_equal(context.applied, 0);
	assert_int_equal(context.unchanged, 3);
	seen = look(fixture, 0);
	assert_int_equal(seen.commit_len, 1);
	assert_int_equal(json_array_size(seen.repository.languages), 1);
	repository_clear(&seen.repository);
}

static void another_integration_cannot_reach_it(void **state)
{
	struct fixture *fixture = *state;
	struct effect_context context;
	struct look seen;

	apply(fixture, 0, "[" PUT("create") "]");
	/* Same external id, but its own organization. */
	context = apply(fixture, 1, "[{\"type\":\"repository_status\",\"all\":true,\"status\":\"disabled\"},"
		COMMIT("b1", "null") "]");
	assert_int_equal(context.applied, 0);
	assert_int_equal(context.skipped, 1);
	seen = look(fixture, 0);
	assert_int_equal(seen.repository.status, INTEGRATION_ACTIVE);
	assert_int_equal(seen.commit_len, 0);
	repository_clear(&seen.repository);
}

static void disabled_repository_takes_no_commits(void **state)
{
	struct fixture *fixture = *state;
	struct effect_context context;
	struct look seen;

	apply(fixture, 0, "[" PUT("create") ",{\"type\":\"repository_status\",\"external_id\":\"5501\","
		"\"status\":\"disabled\"}]");
	context = apply(fixture, 0, "[" COMMIT("a1", MONA) "]");
	assert_int_equal(context.skipped, 1);
	context = apply(fixture, 0, "[" PUT("enable") "," COMMIT("a1", MONA) "]");
	assert_int_equal(context.applied, 2);
	seen = look(fixture, 1);
	assert_int_equal(seen.commit_len, 1);
	/* Added, disabled, enabled. */
	assert_int_equal(seen.audit_len, 3);
	repository_clear(&seen.repository);
}

static void hidden_address_leads_to_the_known_author(void **state)
{
	struct fixture *fixture = *state;
	struct look seen;

	apply(fixture, 0, "[" PUT("create") "," COMMIT("a1", MONA) "]");
	apply(fixture, 0, "[" COMMIT("a2", HIDDEN_MONA) "]");
	seen = look(fixture, 0);
	assert_int_equal(seen.commit_len, 2);
	assert_string_equal(seen.author, "mona@acme.test");
	repository_clear(&seen.repository);
	/* Another organization does not learn that address. */
	apply(fixture, 1, "[" PUT("create") "," COMMIT("a2", HIDDEN_MONA) "]");
	seen = look(fixture, 2);
	assert_string_equal(seen.author, "x@hidden.test");
	repository_clear(&seen.repository);
}

#define CASE(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(each_linked_organization_gets_it),
		CASE(the_same_again_is_nothing),
		CASE(another_integration_cannot_reach_it),
		CASE(disabled_repository_takes_no_commits),
		CASE(hidden_address_leads_to_the_known_author),
	};

	return cmocka_run_group_tests_name("effect_code", tests, NULL, NULL);
}
