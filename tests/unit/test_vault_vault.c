/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/storage/sealed.h"
#include "core/storage/store.h"
#include "core/storage/tx.h"
#include "core/vault/vault.h"

#define MANY 250

SQL(integration_put, "INSERT INTO integration (provider, external_id, name, metadata, uid, secrets, "
	"added_at, updated_at) VALUES ('test', $1, 'Test', '{}', $2, $3, 0, 0)");
SQL(integration_sealed, "SELECT uid, secrets FROM integration ORDER BY id");

static const unsigned char uid[VAULT_UID_SIZE] = "0123456789abcde";

struct fixture {
	char dir[32], key[64];
	struct vault_settings settings;
	struct vault *vault;
	struct store *store;
	unsigned char first_key[4];
};

static int setup(void **state)
{
	struct fixture *fixture = new(struct fixture);
	struct store_settings store = {.url = "sqlite:v.db"};

	assert_int_not_equal(sodium_init(), -1);
	log_setup(MORTISE_LOG_ERROR - 1, LOG_LOGFMT);
	unsetenv("CREDENTIALS_DIRECTORY");
	strcpy(fixture->dir, "/tmp/mortise-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
	snprintf(fixture->key, sizeof(fixture->key), "%s/vault.key", fixture->dir);
	fixture->settings = (struct vault_settings){"", fixture->dir};
	store.state_dir = fixture->dir;
	assert_int_equal(store_open(&store, &fixture->store, NULL), 0);
	assert_int_equal(vault_open(&fixture->settings, &fixture->vault, NULL), 0);
	assert_int_equal(vault_check(fixture->vault, fixture->store, NULL), 0);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {"v.db", "v.db-wal", "v.db-shm", "v.db.lock",
		"v.db.ballast", "vault.key"};
	struct fixture *fixture = *state;

	vault_close(fixture->vault);
	store_close(fixture->store);
	for (size_t i = 0; i < lengthof(names); i++) {
		char *path = xasprintf("%s/%s", fixture->dir, names[i]);

		unlink(path);
		free(path);
	}
	rmdir(fixture->dir);
	free(fixture);
	return 0;
}

static int open_value(struct vault *vault, const char *column, const unsigned char *row,
	const unsigned char *sealed, size_t size, const char *wants)
{
	cleanup_secret struct secret *plain = NULL;
	int result = vault_open_sealed(vault, column, row, sealed, size, &plain, NULL);

	if (result == 0)
		assert_string_equal(plain->data, wants);
	return result;
}

static void a_value_opens_only_where_it_was_sealed(void **state)
{
	struct fixture *fixture = *state;
	static const unsigned char other[VAULT_UID_SIZE] = "0123456789abcdf";
	unsigned char *sealed;
	size_t size;

	vault_seal(fixture->vault, "a.b", uid, "hunter2", 7, &sealed, &size);
	assert_null(memmem(sealed, size, "hunter2", 7));
	assert_int_equal(open_value(fixture->vault, "a.b", uid, sealed, size, "hunter2"), 0);
	assert_int_not_equal(open_value(fixture->vault, "a.c", uid, sealed, size, ""), 0);
	assert_int_not_equal(open_value(fixture->vault, "a.b", other, sealed, size, ""), 0);
	for (size_t i = 0; i < size; i++) {
		sealed[i] ^= 1;
		if (open_value(fixture->vault, "a.b", uid, sealed, size, "") == 0)
			fail_msg("byte %zu may be changed", i);
		sealed[i] ^= 1;
	}
	for (size_t i = 0; i < size; i++)
		if (open_value(fixture->vault, "a.b", uid, sealed, i, "") == 0)
			fail_msg("may be cut to %zu", i);
	free(sealed);
}

static void a_key_file_is_ours_alone_and_read_again(void **state)
{
	struct fixture *fixture = *state;
	unsigned char *sealed;
	struct stat st;
	size_t size;

	assert_int_equal(stat(fixture->key, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	vault_seal(fixture->vault, "a.b", uid, "x", 1, &sealed, &size);
	vault_close(fixture->vault);
	assert_int_equal(vault_open(&fixture->settings, &fixture->vault, NULL), 0);
	assert_int_equal(open_value(fixture->vault, "a.b", uid, sealed, size, "x"), 0);
	free(sealed);
}

static void bad_key_files_are_refused_with_words(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		const char *text;
		int mode;
		const char *wants;
	} cases[] = {
		{"", 0600, "is empty"},
		{"hello\n", 0600, "not a vault key file"},
		{"mortise-vault 1\n", 0600, "holds no key"},
		{"mortise-vault 1\n00000001 00ff\n", 0600, "damaged or cut short at key 1"},
		{"mortise-vault 1\n", 0604, "chmod o="},
	};

	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_err struct err err = {0};
		struct vault *vault;
		FILE *file = fopen(fixture->key, "w");

		fputs(cases[i].text, file);
		fclose(file);
		chmod(fixture->key, (mode_t)cases[i].mode);
		if (vault_open(&fixture->settings, &vault, &err) != MORTISE_E_SETTINGS ||
			!strstr(err_text(&err), cases[i].wants))
			fail_msg("case %zu: %s", i, err_text(&err));
	}
	/* A named file is never made. */
	{
		struct vault_settings named = {"/nonexistent/vault.key", fixture->dir};
		struct vault *vault;

		assert_int_equal(vault_open(&named, &vault, NULL), MORTISE_E_SETTINGS);
	}
}

static int put_secret(struct tx *tx, void *arg, struct err *err)
{
	return daemon_secret_insert(tx, "test", uid, arg, err);
}

static int get_secret(struct tx *tx, void *arg, struct err *err)
{
	return daemon_secret_get(tx, "test", arg, err);
}

static void rotation_keeps_values_and_tokens(void **state)
{
	struct fixture *fixture = *state;
	struct sealed_row row;
	struct blob blob;
	unsigned char *sealed;
	char before[65], after[65];
	json_t *status;

	vault_seal(fixture->vault, "daemon_secret.sealed", uid, "x", 1, &sealed, &blob.size);
	blob.data = sealed;
	assert_int_equal(store_write(fixture->store, put_secret, &blob, NULL), 0);
	vault_token_hash(fixture->vault, "token", before);
	assert_int_equal(vault_rotate(fixture->vault, fixture->store, NULL), 0);
	assert_int_equal(store_read(fixture->store, get_secret, &row, NULL), 0);
	assert_memory_not_equal(row.sealed, sealed, 4);
	assert_int_equal(vault_status(fixture->vault, fixture->store, &status, NULL), 0);
	assert_int_equal(json_array_size(json_object_get(status, "keys")), 2);
	assert_true(json_is_false(json_object_get(json_array_get(json_object_get(status, "keys"), 0),
		"inUse")));
	json_decref(status);
	vault_close(fixture->vault);
	assert_int_equal(vault_open(&fixture->settings, &fixture->vault, NULL), 0);
	assert_int_equal(vault_check(fixture->vault, fixture->store, NULL), 0);
	assert_int_equal(open_value(fixture->vault, "daemon_secret.sealed", uid, row.sealed,
		row.size, "x"), 0);
	vault_token_hash(fixture->vault, "token", after);
	assert_string_equal(before, after);
	free(row.sealed);
	free(sealed);
}

struct sealed_value {
	unsigned char uid[VAULT_UID_SIZE], *sealed;
	size_t size;
};

static int put_integrations(struct tx *tx, void *arg, struct err *err)
{
	const struct sealed_value *values = arg;
	int result = 0;

	for (int i = 0; i < MANY && result >= 0; i++) {
		const struct blob row = {values[i].uid, VAULT_UID_SIZE};
		const struct blob sealed = {values[i].sealed, values[i].size};
		char name[32];

		snprintf(name, sizeof(name), "e%d", i);
		result = tx_exec(tx, &integration_put, err, "sbb", name, &row, &sealed);
	}
	return result < 0 ? result : 0;
}

/* Each value still opens with its row's uid, and is under another key than before. */
static int check_integrations(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	struct query query;
	int len = 0, result = query_begin(&query, tx, &integration_sealed, err, "");

	while (result >= 0 && (result = query_next(&query)) == 1) {
		struct blob row = query_blob(&query, 0), sealed = query_blob(&query, 1);
		char wants[32];

		snprintf(wants, sizeof(wants), "secret %d", len++);
		assert_int_equal(open_value(fixture->vault, "integration.secrets", row.data,
			sealed.data, sealed.size, wants), 0);
		assert_memory_not_equal(sealed.data, fixture->first_key, 4);
	}
	query_end(&query);
	assert_int_equal(len, MANY);
	return result;
}

static void rotation_takes_every_row_of_a_column(void **state)
{
	struct fixture *fixture = *state;
	struct sealed_value values[MANY];

	for (int i = 0; i < MANY; i++) {
		char plain[32];

		snprintf(plain, sizeof(plain), "secret %d", i);
		randombytes_buf(values[i].uid, VAULT_UID_SIZE);
		vault_seal(fixture->vault, "integration.secrets", values[i].uid, plain,
			strlen(plain), &values[i].sealed, &values[i].size);
	}
	memcpy(fixture->first_key, values[0].sealed, 4);
	assert_int_equal(store_write(fixture->store, put_integrations, values, NULL), 0);
	assert_int_equal(vault_rotate(fixture->vault, fixture->store, NULL), 0);
	assert_int_equal(store_read(fixture->store, check_integrations, fixture, NULL), 0);
	for (int i = 0; i < MANY; i++)
		free(values[i].sealed);
}

static void a_systemd_credential_is_used_and_not_written(void **state)
{
	struct fixture *fixture = *state;
	struct vault_settings elsewhere = {"", "/nonexistent"};
	cleanup_err struct err err = {0};
	unsigned char *sealed;
	struct vault *vault;
	size_t size;

	vault_seal(fixture->vault, "a.b", uid, "x", 1, &sealed, &size);
	setenv("CREDENTIALS_DIRECTORY", fixture->dir, 1);
	assert_int_equal(vault_open(&elsewhere, &vault, NULL), 0);
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_int_equal(open_value(vault, "a.b", uid, sealed, size, "x"), 0);
	assert_int_equal(vault_rotate(vault, fixture->store, &err), MORTISE_E_SETTINGS);
	assert_non_null(strstr(err_text(&err), "credential"));
	vault_close(vault);
	free(sealed);
}

static void a_missing_master_key_is_named(void **state)
{
	struct fixture *fixture = *state;
	cleanup_err struct err err = {0};

	vault_close(fixture->vault);
	unlink(fixture->key);
	assert_int_equal(vault_open(&fixture->settings, &fixture->vault, NULL), 0);
	assert_int_equal(vault_check(fixture->vault, fixture->store, &err), MORTISE_E_SETTINGS);
	assert_non_null(strstr(err_text(&err), "is missing, but"));
	/* No other key stands in the way of the right one. */
	assert_int_not_equal(access(fixture->key, F_OK), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_value_opens_only_where_it_was_sealed),
		TEST(a_key_file_is_ours_alone_and_read_again),
		TEST(bad_key_files_are_refused_with_words),
		TEST(rotation_keeps_values_and_tokens),
		TEST(rotation_takes_every_row_of_a_column),
		TEST(a_systemd_credential_is_used_and_not_written),
		TEST(a_missing_master_key_is_named),
	};

	return cmocka_run_group_tests_name("vault_vault", tests, NULL, NULL);
}
