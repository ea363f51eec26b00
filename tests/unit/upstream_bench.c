/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/upstream_bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sodium.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/egress/egress.h"
#include "core/storage/integration.h"
#include "core/storage/store.h"
#include "core/vault/slot.h"
#include "core/vault/vault.h"

/* In place of core/provider's, which needs a running plugin. */
char *provider_setting(struct daemon *daemon, const struct reg_provider *provider,
	const char *name)
{
	(void)daemon;
	(void)provider;
	return xstrdup(strcmp(name, "app_id") == 0 ? "77" : strcmp(name, "empty") == 0 ? "" : NULL);
}

static char *path_of(const struct bench *bench, const char *name)
{
	return xasprintf("%s/%s", bench->dir, name);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
}

static void write_key(const char *path)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
	EVP_PKEY_free(key);
}

static void load_settings(struct bench *bench)
{
	cleanup_free char *file = path_of(bench, "mortise.conf");
	cleanup_free char *key = path_of(bench, "key.pem");
	cleanup_free char *secret = path_of(bench, "client_secret");
	cleanup_free char *text = xasprintf("state_dir = \"%s\";\n"
		"egress = { allow = ( \"127.0.0.2/32\" ); connect_timeout = %d; timeout = %d; };\n"
		"providers = { acme = { private_key_file = \"%s\"; client_secret_file = \"%s\"; "
		"missing_file = \"%s/none\"; }; };\n", bench->dir, unit_patience(2),
		unit_patience(5), key, secret, bench->dir);

	write_key(key);
	write_file(secret, "s3cret&more\n");
	write_file(file, text);
	if (settings_load(file, &bench->daemon.settings, &bench->err) < 0)
		fail_msg("%s", err_text(&bench->err));
}

static void open_storage(struct bench *bench)
{
	struct store_settings store = {.url = "sqlite:test.db", .state_dir = bench->dir};
	struct vault_settings vault = {.key_file = "", .state_dir = bench->dir};

	if (store_open(&store, &bench->daemon.store, &bench->err) < 0 ||
		vault_open(&vault, &bench->daemon.vault, &bench->err) < 0)
		fail_msg("%s", err_text(&bench->err));
}

static int put_integration(struct tx *tx, void *arg, struct err *err)
{
	bool created;
	int64_t *id = arg;
	unsigned char uid[INTEGRATION_UID_SIZE] = {1, 2, 3};
	cleanup_json json_t *metadata = json_object();

	return integration_put(tx, &(struct integration_put){.provider = "acme",
		.external_id = *id == 1 ? "4711" : "4712", .name = "Acme", .metadata = metadata,
		.uid = uid, .now_us = 1}, id, &created, err);
}

static void *run_loop(void *arg)
{
	loop_run(arg);
	return NULL;
}

static void registrations(struct bench *bench)
{
	bench->credentials[0] = (struct mortise_credential){.kind = MORTISE_CREDENTIAL_APP_JWT,
		.name = "app", .slot = "provider:private_key", .issuer = "setting:app_id",
		.life_ms = 540000, .backdate_ms = 60000};
	bench->credentials[1] = (struct mortise_credential){.kind = MORTISE_CREDENTIAL_MINTED,
		.name = "installation", .parent = "app", .token_pointer = "/token",
		.mint_path = "/app/installations/{external_id}/access_tokens",
		.expires_pointer = "/expires_at"};
	bench->credentials[2] = (struct mortise_credential){.kind = MORTISE_CREDENTIAL_HEADER,
		.name = "key", .header = "X-Key", .prefix = "GenieKey ",
		.slot = "integration:api_key"};
	bench->credentials[3] = (struct mortise_credential){.kind = MORTISE_CREDENTIAL_HEADER,
		.name = "user", .slot = "state:oauth_token"};
	bench->credentials[4] = (struct mortise_credential){.kind = MORTISE_CREDENTIAL_JWT,
		.name = "connect", .slot = "integration:shared_secret", .prefix = "JWT ",
		.issuer = "metadata:/app_key", .life_ms = 300000, .backdate_ms = 10000};
	bench->credentials[5] = (struct mortise_credential){.kind = MORTISE_CREDENTIAL_OAUTH1,
		.name = "oauth1", .slot = "provider:private_key", .consumer_key = "setting:app_id",
		.token_slot = "integration:access_token"};
	bench->upstreams[0] = (struct mortise_upstream){.name = "api",
		.base = scripted_server_url(bench->server), .credentials = "installation",
		.redirects = MORTISE_REDIRECT_ALL};
	bench->upstreams[1] = (struct mortise_upstream){.name = "bare",
		.base = scripted_server_url(bench->server), .cache_ms = 60000};
	bench->upstreams[2] = (struct mortise_upstream){.name = "tenant",
		.base = "metadata:/base_url", .credentials = "connect",
		.redirects = MORTISE_REDIRECT_ALL, .verify = "metadata:/verify_ssl"};
	bench->provider = (struct reg_provider){.provider = {.key = "acme", .name = "Acme"},
		.upstreams = bench->upstreams, .upstream_len = lengthof(bench->upstreams),
		.credentials = bench->credentials, .credential_len = lengthof(bench->credentials)};
	bench->scope = (struct call_scope){.kind = MORTISE_SCOPE_INTEGRATION,
		.provider = &bench->provider, .integration_id = 1, .external_id = "4711"};
	bench->pipeline = (struct call_scope){.kind = MORTISE_SCOPE_PIPELINE,
		.provider = &bench->provider, .pipeline_id = 9, .organization_id = 1,
		.state = json_pack("{s:s, s:i}", "host", "h.example", "number", 5),
		.secrets = json_pack("{s:s}", "oauth_token", "gho_user")};
}

struct bench *bench_new(scripted_fn *fn, void *arg)
{
	struct bench *bench = new(struct bench);
	int64_t id = 1;

	log_setup(MORTISE_LOG_ERROR, LOG_LOGFMT);
	assert_int_not_equal(sodium_init(), -1);
	strcpy(bench->dir, "/tmp/mortise-test-XXXXXX");
	assert_non_null(mkdtemp(bench->dir));
	load_settings(bench);
	open_storage(bench);
	bench->server = scripted_server_new(fn, arg);
	registrations(bench);
	assert_int_equal(store_write(bench->daemon.store, put_integration, &id, &bench->err), 0);
	assert_int_equal(id, 1);
	bench->other_id = 2;
	assert_int_equal(store_write(bench->daemon.store, put_integration, &bench->other_id,
		&bench->err), 0);
	assert_int_equal(bench->other_id, 2);
	bench->daemon.loop = loop_new();
	bench->daemon.egress = egress_new(bench->daemon.loop, bench->daemon.settings);
	bench->daemon.upstreams = upstreams_new(&bench->daemon);
	pthread_create(&bench->thread, NULL, run_loop, bench->daemon.loop);
	return bench;
}

static void remove_dir(const struct bench *bench)
{
	cleanup_free char *command = xasprintf("rm -rf -- '%s'", bench->dir);

	assert_int_equal(system(command), 0);
}

void bench_free(struct bench *bench)
{
	upstream_answer_clear(&bench->answer);
	err_clear(&bench->err);
	egress_stop(bench->daemon.egress);
	loop_stop(bench->daemon.loop);
	pthread_join(bench->thread, NULL);
	upstreams_free(bench->daemon.upstreams);
	egress_free(bench->daemon.egress);
	loop_free(bench->daemon.loop);
	store_close(bench->daemon.store);
	vault_close(bench->daemon.vault);
	settings_free(bench->daemon.settings);
	scripted_server_free(bench->server);
	json_decref(bench->pipeline.state);
	json_decref(bench->pipeline.secrets);
	slots_reload();
	remove_dir(bench);
	free(bench);
}

int bench_send_as(struct bench *bench, const struct call_scope *scope,
	struct upstream_request request)
{
	if (!request.upstream)
		request.upstream = "api";
	if (!request.path)
		request.path = "/x";
	upstream_answer_clear(&bench->answer);
	err_clear(&bench->err);
	return upstream_send(bench->daemon.upstreams, scope, &request, &bench->answer, &bench->err);
}

int bench_send(struct bench *bench, struct upstream_request request)
{
	return bench_send_as(bench, &bench->scope, request);
}

/* ---- The integration's secrets ---- */

static int read_row(struct tx *tx, void *arg, struct err *err)
{
	integration_clear(arg);
	return integration_get(tx, 1, arg, err);
}

json_t *bench_secrets(struct bench *bench)
{
	cleanup_integration struct integration row = {0};
	json_t *secrets;

	assert_int_equal(store_read(bench->daemon.store, read_row, &row, NULL), 0);
	assert_int_equal(secrets_unseal(bench->daemon.vault, SLOT_INTEGRATION_COLUMN, row.uid,
		row.secrets, row.secrets_size, &secrets, NULL), 0);
	return secrets;
}

struct replace {
	struct blob before, sealed;
};

static int write_secrets(struct tx *tx, void *arg, struct err *err)
{
	const struct replace *replace = arg;
	int result = integration_set_secrets(tx, 1, replace->before, replace->sealed, 1, err);

	return result < 0 ? result : 0;
}

void bench_set_secrets(struct bench *bench, json_t *secrets_take)
{
	cleanup_integration struct integration row = {0};
	unsigned char *sealed;
	struct replace replace;

	assert_int_equal(store_read(bench->daemon.store, read_row, &row, NULL), 0);
	secrets_seal(bench->daemon.vault, SLOT_INTEGRATION_COLUMN, row.uid, secrets_take, &sealed,
		&replace.sealed.size);
	replace.sealed.data = sealed;
	replace.before = (struct blob){row.secrets, row.secrets_size};
	assert_int_equal(store_write(bench->daemon.store, write_secrets, &replace, NULL), 0);
	free(sealed);
	json_decref(secrets_take);
}

static int write_metadata(struct tx *tx, void *arg, struct err *err)
{
	int result = integration_patch(tx, 1, arg, 1, err);

	return result < 0 ? result : 0;
}

void bench_patch_metadata(struct bench *bench, json_t *patch_take)
{
	assert_int_equal(store_write(bench->daemon.store, write_metadata, patch_take, NULL), 0);
	json_decref(patch_take);
}
