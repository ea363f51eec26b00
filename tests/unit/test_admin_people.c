/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What an operator makes: organizations, people, teams, projects, tokens; on a store. */
#include "config.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include <sodium.h>

#include "core/admin/admin_methods.h"
#include "core/admin/admin_private.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/storage/api_token.h"
#include "core/storage/store.h"
#include "core/vault/vault.h"

struct fixture {
	char folder[32];
	char url[32];
	struct settings settings;
	struct daemon daemon;
	struct admin_table table;
};

static void open_parts(struct fixture *fixture)
{
	struct store_settings store = {.url = "sqlite:test.db", .state_dir = fixture->folder};
	struct vault_settings vault = {.key_file = "", .state_dir = fixture->folder};
	cleanup_err struct err err = {0};

	assert_int_equal(store_open(&store, &fixture->daemon.store, &err), 0);
	assert_int_equal(vault_open(&vault, &fixture->daemon.vault, &err), 0);
	assert_int_equal(vault_check(fixture->daemon.vault, fixture->daemon.store, &err), 0);
}

static struct fixture *fixture_new(void)
{
	struct fixture *fixture = new(struct fixture);

	strcpy(fixture->folder, "/tmp/mortise-test-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	strcpy(fixture->url, "https://m.test/x");
	fixture->settings.public_url = fixture->url;
	fixture->settings.state_dir = fixture->folder;
	fixture->daemon.settings = &fixture->settings;
	open_parts(fixture);
	admin_table_add(&fixture->table, admin_people_methods);
	admin_table_add(&fixture->table, admin_token_methods);
	return fixture;
}

static void fixture_free(struct fixture *fixture)
{
	DIR *dir;
	struct dirent *entry;

	admin_table_clear(&fixture->table);
	store_close(fixture->daemon.store);
	vault_close(fixture->daemon.vault);
	dir = opendir(fixture->folder);
	while ((entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	rmdir(fixture->folder);
	free(fixture);
}

/* The reply to a call, as text. */
static char *call(struct fixture *fixture, const char *method, const char *parameters)
{
	cleanup_free char *message = xasprintf(
		"{\"method\":\"dev.mortise.Admin.%s\",\"parameters\":%s}", method, parameters);
	json_t *reply;
	char *text;

	assert_int_equal(admin_dispatch(&fixture->table, &fixture->daemon, 0, ADMIN_ADMIN, NULL,
		message, strlen(message), &reply), 0);
	text = json_dumps(reply, JSON_COMPACT);
	json_decref(reply);
	return text;
}

static void an_operator_sets_up_an_organization(void **state)
{
	/* In order: later steps stand on earlier ones. */
	static const struct {
		const char *method, *parameters, *contains;
	} steps[] = {
		{"OrgCreate", "{\"slug\":\"acme\",\"name\":\"Acme\"}", "{\"parameters\":{\"id\":\"1\"}}"},
		{"OrgCreate", "{\"slug\":\"acme\"}", "\"code\":\"E_CONFLICT\""},
		{"OrgCreate", "{\"slug\":\"123\"}", "\"code\":\"E_FIELD\""},
		{"OrgCreate", "{\"slug\":\"beta\",\"name\":null}", "\"id\":\"2\""},
		{"OrgList", "{}", "\"slug\":\"acme\",\"name\":\"Acme\",\"added\":\"20"},
		{"OrgList", "{\"limit\":1}", "\"slug\":\"acme\""},
		{"UserCreate", "{\"email\":\"ann@x.test\",\"org\":\"acme\",\"role\":\"owner\"}",
			"\"id\":\"1\""},
		{"UserCreate", "{\"email\":\"ann@x.test\",\"org\":\"acme\",\"role\":\"king\"}",
			"\\\"king\\\" is no role"},
		{"UserCreate", "{\"email\":\"ann@x.test\",\"org\":\"nope\"}",
			"organization \\\"nope\\\": "},
		{"MemberAdd", "{\"email\":\"bob@x.test\",\"org\":\"beta\"}", "E_NOT_FOUND"},
		{"MemberAdd", "{\"email\":\"ann@x.test\",\"org\":\"beta\"}", "\"id\":\"2\""},
		{"MemberList", "{\"org\":\"acme\"}", "\"email\":\"ann@x.test\",\"name\":\"ann@x.test\","
			"\"role\":\"owner\""},
		{"MemberList", "{\"org\":\"2\"}", "\"role\":\"member\""},
		{"ProjectCreate", "{\"slug\":\"api\",\"org\":\"acme\",\"platform\":\"c\"}",
			"\"id\":\"1\""},
		{"ProjectList", "{\"org\":\"acme\"}", "\"slug\":\"api\",\"name\":\"api\","
			"\"platform\":\"c\""},
		{"ProjectList", "{\"org\":\"beta\"}", "\"projects\":[]"},
		{"TeamCreate", "{\"slug\":\"core\",\"org\":\"acme\"}", "\"id\":\"1\""},
		{"TeamAddMember", "{\"team\":\"core\",\"org\":\"acme\",\"email\":\"ann@x.test\"}",
			"\"id\":\"1\""},
		{"TeamAddProject", "{\"team\":\"core\",\"org\":\"acme\",\"project\":\"api\"}",
			"\"id\":\"1\""},
		{"TeamAddProject", "{\"team\":\"core\",\"org\":\"acme\",\"project\":\"web\"}",
			"E_NOT_FOUND"},
		{"ProjectShow", "{\"project\":\"api\",\"org\":\"acme\"}", "\"teams\":[\"core\"]"},
		{"ProjectShow", "{\"project\":\"api\",\"org\":\"beta\"}", "E_NOT_FOUND"},
		{"LoginLink", "{\"email\":\"bob@x.test\"}", "\\\"bob@x.test\\\": "},
		{"LoginLink", "{\"email\":\"ann@x.test\"}",
			"\"url\":\"https://m.test/x/console/#token=mrl_"},
		{"TokenCreate", "{\"org\":\"acme\",\"scopes\":[]}", "at least one scope"},
		{"TokenCreate", "{\"org\":\"acme\",\"scopes\":[\"org:own\"]}", "is no scope"},
		{"TokenCreate", "{\"org\":\"acme\",\"scopes\":[\"org:read\"],\"expires_days\":0}",
			"E_FIELD"},
		{"TokenRevoke", "{\"id\":\"77\"}", "E_NOT_FOUND"},
		{"TokenRevoke", "{\"id\":\"1x\"}", "is no id"},
	};
	struct fixture *fixture = fixture_new();

	(void)state;
	for (size_t i = 0; i < lengthof(steps); i++) {
		cleanup_free char *reply = call(fixture, steps[i].method, steps[i].parameters);

		if (!strstr(reply, steps[i].contains))
			fail_msg("step %zu: %s %s: %s", i, steps[i].method, steps[i].parameters, reply);
	}
	fixture_free(fixture);
}

struct lookup {
	const char *hash;
	struct api_token token;
};

static int find_token(struct tx *tx, void *arg, struct err *err)
{
	struct lookup *lookup = arg;

	return api_token_find(tx, lookup->hash, &lookup->token, err);
}

static void a_token_is_shown_once_and_found_by_its_hash(void **state)
{
	struct fixture *fixture = fixture_new();
	cleanup_free char *org = call(fixture, "OrgCreate", "{\"slug\":\"acme\"}");
	cleanup_free char *made = call(fixture, "TokenCreate",
		"{\"org\":\"acme\",\"scopes\":[\"org:read\",\"event:read\"],\"name\":\"ci\","
		"\"expires_days\":2}");
	cleanup_json json_t *reply = json_loads(made, 0, NULL);
	const char *secret = json_string_value(
		json_object_get(json_object_get(reply, "parameters"), "token"));
	cleanup_free char *list = call(fixture, "TokenList", "{\"org\":\"acme\"}");
	cleanup_free char *revoked = NULL, *again = NULL;
	char hash[65];
	struct lookup lookup = {.hash = hash};

	(void)state;
	assert_non_null(strstr(org, "\"id\""));
	assert_non_null(secret);
	assert_null(strstr(list, secret));
	assert_non_null(strstr(list, secret + strlen(secret) - 4));
	assert_non_null(strstr(list, "\"scopes\":[\"event:read\",\"org:read\"]"));
	vault_token_hash(fixture->daemon.vault, secret, hash);
	assert_int_equal(store_read(fixture->daemon.store, find_token, &lookup, NULL), 0);
	assert_int_equal(lookup.token.expires_at_us - lookup.token.added_at_us,
		INT64_C(2) * 86400 * 1000000);
	assert_int_equal(lookup.token.revoked_at_us, 0);
	api_token_clear(&lookup.token);
	revoked = call(fixture, "TokenRevoke", "{\"id\":\"1\"}");
	assert_string_equal(revoked, "{\"parameters\":{}}");
	again = call(fixture, "TokenRevoke", "{\"id\":\"1\"}");
	assert_non_null(strstr(again, "E_CONFLICT"));
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_operator_sets_up_an_organization),
		cmocka_unit_test(a_token_is_shown_once_and_found_by_its_hash),
	};

	if (sodium_init() < 0)
		return 1;
	log_setup(MORTISE_LOG_ERROR, LOG_LOGFMT);
	return cmocka_run_group_tests_name("admin_people", tests, NULL, NULL);
}
