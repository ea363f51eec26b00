/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* References to integrations: made, brought back once, refused with words. */
#include "config.h"
#include "tests/unit/unit.h"

#include <unistd.h>

#include <sodium.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/pipeline/reference.h"
#include "core/provider/provider.h"
#include "core/storage/integration.h"
#include "core/storage/reference.h"
#include "core/storage/store.h"
#include "core/vault/vault.h"

#define LIFE_MS 60000
#define ORGANIZATION 7

SQL(hash_sql, "SELECT hash FROM reference");
SQL(count_sql, "SELECT COUNT(*) FROM reference");
SQL(give_sql, "UPDATE integration SET owner_organization_id = $1, status = $2");
SQL(delete_sql, "DELETE FROM integration");

struct fixture {
	char dir[32];
	struct daemon daemon;
	struct reg_provider provider;
	struct call_scope scope;
	int64_t owner, status;     /* what change_in sets */
};

static int add_in(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	static const unsigned char uid[INTEGRATION_UID_SIZE] = "0123456789abcde";
	cleanup_json json_t *metadata = json_pack("{s:s}", "base_url", "https://acme.test");
	bool created;

	return integration_put(tx, &(struct integration_put){.provider = "ping",
		.external_id = "tenant-1", .name = "Acme", .metadata = metadata, .uid = uid,
		.now_us = 1}, &fixture->scope.integration_id, &created, err);
}

static void write_in(struct fixture *fixture, store_fn *fn, void *arg)
{
	cleanup_err struct err err = {0};

	if (store_write(fixture->daemon.store, fn, arg, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static int setup(void **state)
{
	struct fixture *fixture = new(struct fixture);
	struct store_settings store = {.url = "sqlite:test.db", .state_dir = fixture->dir};
	struct vault_settings vault = {.key_file = "", .state_dir = fixture->dir};

	assert_int_not_equal(sodium_init(), -1);
	log_setup(MORTISE_LOG_ERROR - 1, LOG_LOGFMT);
	unsetenv("CREDENTIALS_DIRECTORY");
	strcpy(fixture->dir, "/tmp/mortise-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
	assert_int_equal(store_open(&store, &fixture->daemon.store, NULL), 0);
	assert_int_equal(vault_open(&vault, &fixture->daemon.vault, NULL), 0);
	assert_int_equal(vault_check(fixture->daemon.vault, fixture->daemon.store, NULL), 0);
	fixture->provider.provider.key = "ping";
	fixture->scope = (struct call_scope){.kind = MORTISE_SCOPE_INTEGRATION,
		.provider = &fixture->provider};
	write_in(fixture, add_in, fixture);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	cleanup_free char *command = xasprintf("rm -r %s", fixture->dir);

	vault_close(fixture->daemon.vault);
	store_close(fixture->daemon.store);
	assert_int_equal(system(command), 0);
	free(fixture);
	return 0;
}

static char *made(struct fixture *fixture, int64_t life_ms)
{
	cleanup_err struct err err = {0};
	char *text;

	if (reference_make(&fixture->daemon, &fixture->scope, life_ms, &text, &err) < 0)
		fail_msg("%s", err_text(&err));
	return text;
}

static struct reference brought(struct fixture *fixture, const char *text)
{
	struct reference reference = {.field = "link", .provider = "ping",
		.organization_id = ORGANIZATION};

	reference_init(&reference, &fixture->daemon, text);
	return reference;
}

struct use {
	const struct reference *reference;
	int64_t now_us;
};

static int use_in(struct tx *tx, void *arg, struct err *err)
{
	const struct use *use = arg;

	return reference_use_in(tx, use->reference, use->now_us, err);
}

static int use(struct fixture *fixture, const struct reference *reference, struct err *err)
{
	struct use how = {reference, clock_now_us()};

	return store_write(fixture->daemon.store, use_in, &how, err);
}

/* It must be refused, both when it is looked at and when it is used, with these words. */
static void assert_refused(struct fixture *fixture, struct reference *reference,
	const char *words)
{
	json_t *about;

	for (int i = 0; i < 2; i++) {
		cleanup_err struct err err = {0};
		int result = i == 0 ?
			reference_look(&fixture->daemon, reference, &about, &err) :
			use(fixture, reference, &err);

		assert_int_equal(result, MORTISE_E_FIELD);
		if (!strstr(json_string_value(json_array_get(
			json_object_get(err.fields, "link"), 0)), words))
			fail_msg("%s", err_text(&err));
	}
}

static int read_hash(struct tx *tx, void *arg, struct err *err)
{
	struct query query;
	int result = query_first(&query, tx, &hash_sql, err, "");

	if (result == 1)
		strcpy(arg, query_text(&query, 0));
	query_end(&query);
	return result == 1 ? 0 : -1;
}

static void it_is_random_and_only_its_hash_is_stored(void **state)
{
	struct fixture *fixture = *state;
	cleanup_free char *first = made(fixture, LIFE_MS);
	char hash[65], plain[65];
	unsigned char digest[32];

	/* 256 bits in base64url are 43 characters. */
	assert_int_equal(strlen(first), strlen("mrr_") + 43);
	assert_int_equal(store_read(fixture->daemon.store, read_hash, hash, NULL), 0);
	crypto_generichash(digest, sizeof(digest), (const unsigned char *)first, strlen(first),
		NULL, 0);
	sodium_bin2hex(plain, sizeof(plain), digest, sizeof(digest));
	assert_int_equal(strlen(hash), 64);
	assert_string_not_equal(hash, plain);
	assert_null(strstr(hash, first));
	cleanup_free char *second = made(fixture, LIFE_MS);
	assert_string_not_equal(first, second);
}

static void it_is_good_once(void **state)
{
	struct fixture *fixture = *state;
	cleanup_free char *text = made(fixture, LIFE_MS);
	struct reference reference = brought(fixture, text);
	cleanup_json json_t *about = NULL;

	assert_int_equal(reference_look(&fixture->daemon, &reference, &about, NULL), 0);
	assert_int_equal(reference.integration_id, fixture->scope.integration_id);
	cleanup_json json_t *wanted = json_pack("{s:s, s:s, s:{s:s}}", "external_id", "tenant-1",
		"name", "Acme", "metadata", "base_url", "https://acme.test");
	assert_true(json_equal(about, wanted));
	assert_int_equal(use(fixture, &reference, NULL), 0);
	assert_refused(fixture, &reference, "was used already");
}

static void what_is_no_good_says_why(void **state)
{
	struct fixture *fixture = *state;
	cleanup_free char *text = made(fixture, LIFE_MS);
	struct reference reference = brought(fixture, text);
	struct reference other = reference;
	struct reference forged = brought(fixture, "mrr_forged");

	other.provider = "other";
	assert_refused(fixture, &other, "belongs to another provider");
	assert_refused(fixture, &forged, "is not known here");
	clock_shift_us(LIFE_MS * INT64_C(1000));
	assert_refused(fixture, &reference, "has expired");
	clock_shift_us(-LIFE_MS * INT64_C(1000));
	assert_int_equal(use(fixture, &reference, NULL), 0);
}

static int change_in(struct tx *tx, void *arg, struct err *err)
{
	const struct fixture *fixture = arg;
	int result = tx_exec(tx, &give_sql, err, "ii", fixture->owner, fixture->status);

	return result < 0 ? result : 0;
}

static int delete_in(struct tx *tx, void *arg, struct err *err)
{
	int result = tx_exec(tx, &delete_sql, err, "");

	(void)arg;
	return result < 0 ? result : 0;
}

static void its_integration_must_be_there_for_the_organization(void **state)
{
	struct fixture *fixture = *state;
	cleanup_free char *text = made(fixture, LIFE_MS);
	struct reference reference = brought(fixture, text);
	json_t *about;

	fixture->owner = ORGANIZATION + 1;
	write_in(fixture, change_in, fixture);
	assert_refused(fixture, &reference, "belongs to another organization");
	fixture->owner = ORGANIZATION;
	write_in(fixture, change_in, fixture);
	assert_int_equal(reference_look(&fixture->daemon, &reference, &about, NULL), 0);
	json_decref(about);
	fixture->status = INTEGRATION_DISABLED;
	write_in(fixture, change_in, fixture);
	assert_refused(fixture, &reference, "was removed or is disabled");
	write_in(fixture, delete_in, NULL);
	assert_refused(fixture, &reference, "was removed or is disabled");
}

static void it_needs_an_integration_and_a_life(void **state)
{
	struct fixture *fixture = *state;
	struct call_scope none = {.kind = MORTISE_SCOPE_PROVIDER, .provider = &fixture->provider};
	static const int64_t lives[] = {0, -1, REFERENCE_LIFE_MAX_MS + 1};
	char *text;

	assert_int_equal(reference_make(&fixture->daemon, &none, LIFE_MS, &text, NULL),
		MORTISE_E_UNSUPPORTED);
	for (size_t i = 0; i < lengthof(lives); i++)
		assert_int_equal(reference_make(&fixture->daemon, &fixture->scope, lives[i], &text,
			NULL), MORTISE_E_INTERNAL);
	free(made(fixture, REFERENCE_LIFE_MAX_MS));
}

static int prune_in(struct tx *tx, void *arg, struct err *err)
{
	struct query query;
	int64_t *left = arg;
	int result = reference_prune(tx, clock_now_us() + LIFE_MS * INT64_C(1000), 10, err);

	if (result >= 0)
		result = query_first(&query, tx, &count_sql, err, "");
	if (result < 0)
		return result;
	*left = query_int(&query, 0);
	query_end(&query);
	return 0;
}

static void it_goes_when_it_has_expired(void **state)
{
	struct fixture *fixture = *state;
	cleanup_free char *used = made(fixture, LIFE_MS / 2);
	struct reference reference = brought(fixture, used);
	int64_t left;

	assert_int_equal(use(fixture, &reference, NULL), 0);
	free(made(fixture, LIFE_MS / 2));
	free(made(fixture, LIFE_MS * 2));
	write_in(fixture, prune_in, &left);
	assert_int_equal(left, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(it_is_random_and_only_its_hash_is_stored),
		TEST(it_is_good_once),
		TEST(what_is_no_good_says_why),
		TEST(its_integration_must_be_there_for_the_organization),
		TEST(it_needs_an_integration_and_a_life),
		TEST(it_goes_when_it_has_expired),
	};

	return cmocka_run_group_tests_name("pipeline_reference", tests, NULL, NULL);
}
