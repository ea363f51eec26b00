/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/upstream_bench.h"

#include <stdio.h>
#include <sys/stat.h>

#include "core/base/mem.h"
#include "core/vault/slot.h"

static void nothing(const struct scripted_request *request, struct scripted_reply *reply, void *arg)
{
	(void)request;
	(void)reply;
	(void)arg;
}

static void write_secret(const struct bench *bench, const char *text, mode_t mode)
{
	cleanup_free char *path = xasprintf("%s/client_secret", bench->dir);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static void assert_slot(struct bench *bench, const struct call_scope *scope, const char *slot,
	const char *wanted)
{
	cleanup_secret struct secret *secret = NULL;

	err_clear(&bench->err);
	if (slot_read(&bench->daemon, scope, slot, &secret, &bench->err) < 0)
		fail_msg("%s: %s", slot, err_text(&bench->err));
	assert_int_equal(secret->size, strlen(wanted));
	assert_string_equal((const char *)secret->data, wanted);
}

static int refusal(struct bench *bench, const struct call_scope *scope, const char *slot)
{
	struct secret *secret = NULL;
	int result;

	err_clear(&bench->err);
	result = slot_read(&bench->daemon, scope, slot, &secret, &bench->err);
	assert_null(secret);
	return result;
}

static void a_file_is_read_once_and_again_after_a_reload(void **state)
{
	struct bench *bench = bench_new(nothing, NULL);

	(void)state;
	assert_slot(bench, &bench->scope, "provider:client_secret", "s3cret&more");
	write_secret(bench, "changed\n", 0600);
	assert_slot(bench, &bench->scope, "provider:client_secret", "s3cret&more");
	slots_reload();
	assert_slot(bench, &bench->scope, "provider:client_secret", "changed");
	write_secret(bench, "for everyone", 0644);
	slots_reload();
	assert_int_equal(refusal(bench, &bench->scope, "provider:client_secret"),
		MORTISE_E_SETTINGS);
	assert_int_equal(refusal(bench, &bench->scope, "provider:missing"), MORTISE_E_SETTINGS);
	assert_int_equal(refusal(bench, &bench->scope, "provider:other"), MORTISE_E_SETTINGS);
	assert_non_null(strstr(err_text(&bench->err), "providers.acme.other_file"));
	bench_free(bench);
}

static void a_sealed_slot_has_a_current_and_a_previous_value(void **state)
{
	struct bench *bench = bench_new(nothing, NULL);
	cleanup_secret struct secret *current = NULL;
	cleanup_secret struct secret *previous = NULL;

	(void)state;
	assert_int_equal(refusal(bench, &bench->scope, "integration:key"), MORTISE_E_NOT_FOUND);
	bench_set_secrets(bench, json_pack("{s:s, s:{s:s,s:s}, s:{s:s}, s:i}", "key", "k", "both",
		"current", "new", "previous", "old", "half", "previous", "old", "number", 5));
	assert_slot(bench, &bench->scope, "integration:key", "k");
	assert_slot(bench, &bench->scope, "integration:both", "new");
	assert_int_equal(refusal(bench, &bench->scope, "integration:half"), MORTISE_E_NOT_FOUND);
	assert_int_equal(refusal(bench, &bench->scope, "integration:number"), MORTISE_E_NOT_FOUND);
	assert_int_equal(slot_read_both(&bench->daemon, &bench->scope, "integration:both", &current,
		&previous, NULL), 0);
	assert_string_equal((const char *)current->data, "new");
	assert_string_equal((const char *)previous->data, "old");
	secret_free(steal(&current));
	secret_free(steal(&previous));
	assert_int_equal(slot_read_both(&bench->daemon, &bench->scope, "integration:key", &current,
		&previous, NULL), 0);
	assert_null(previous);
	bench_free(bench);
}

static void a_scope_reads_only_its_own_slots(void **state)
{
	struct bench *bench = bench_new(nothing, NULL);
	struct call_scope other = bench->scope, provider = bench->scope;

	(void)state;
	bench_set_secrets(bench, json_pack("{s:s}", "key", "k"));
	other.integration_id = bench->other_id;
	provider.integration_id = 0;
	assert_slot(bench, &bench->pipeline, "state:oauth_token", "gho_user");
	assert_int_equal(refusal(bench, &bench->pipeline, "state:none"), MORTISE_E_NOT_FOUND);
	assert_int_equal(refusal(bench, &bench->pipeline, "integration:key"),
		MORTISE_E_UNSUPPORTED);
	assert_int_equal(refusal(bench, &bench->scope, "state:oauth_token"),
		MORTISE_E_UNSUPPORTED);
	assert_int_equal(refusal(bench, &bench->scope, "install:key"), MORTISE_E_UNSUPPORTED);
	assert_int_equal(refusal(bench, &other, "integration:key"), MORTISE_E_NOT_FOUND);
	assert_int_equal(refusal(bench, &provider, "integration:key"), MORTISE_E_UNSUPPORTED);
	assert_int_equal(refusal(bench, &bench->scope, "key"), MORTISE_E_UNSUPPORTED);
	bench_free(bench);
}

static void a_sealed_object_cannot_be_moved(void **state)
{
	struct bench *bench = bench_new(nothing, NULL);
	unsigned char uid[VAULT_UID_SIZE] = {7}, other[VAULT_UID_SIZE] = {8}, *sealed;
	cleanup_json json_t *secrets = json_pack("{s:s}", "a", "hidden-value");
	cleanup_json json_t *opened = NULL;
	cleanup_json json_t *empty = NULL;
	json_t *moved;
	size_t size;

	(void)state;
	secrets_seal(bench->daemon.vault, SLOT_LINK_COLUMN, uid, secrets, &sealed, &size);
	assert_null(memmem(sealed, size, "hidden-value", 12));
	assert_int_equal(secrets_unseal(bench->daemon.vault, SLOT_LINK_COLUMN, uid, sealed, size,
		&opened, NULL), 0);
	assert_true(json_equal(opened, secrets));
	assert_true(secrets_unseal(bench->daemon.vault, SLOT_LINK_COLUMN, other, sealed, size,
		&moved, NULL) < 0);
	assert_true(secrets_unseal(bench->daemon.vault, SLOT_INTEGRATION_COLUMN, uid, sealed, size,
		&moved, NULL) < 0);
	free(sealed);
	json_object_clear(secrets);
	secrets_seal(bench->daemon.vault, SLOT_LINK_COLUMN, uid, secrets, &sealed, &size);
	assert_null(sealed);
	assert_int_equal(secrets_unseal(bench->daemon.vault, SLOT_LINK_COLUMN, uid, NULL, 0, &empty,
		NULL), 0);
	assert_int_equal(json_object_size(empty), 0);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_once_and_again_after_a_reload),
		cmocka_unit_test(a_sealed_slot_has_a_current_and_a_previous_value),
		cmocka_unit_test(a_scope_reads_only_its_own_slots),
		cmocka_unit_test(a_sealed_object_cannot_be_moved),
	};

	return cmocka_run_group_tests_name("vault_slot", tests, NULL, NULL);
}
