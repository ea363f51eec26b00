/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Effects: which are taken, and what they change in a real store. */
#include "config.h"
#include "tests/unit/unit.h"

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/effect/effect.h"
#include "core/provider/provider.h"
#include "core/storage/integration.h"
#include "core/storage/link.h"
#include "core/storage/organization.h"
#include "core/storage/store.h"
#include "core/vault/slot.h"
#include "core/vault/vault.h"
#include "tests/unit/scratch_store.h"

#define NOW INT64_C(1000000000000)

static const unsigned char uid[INTEGRATION_UID_SIZE] = "0123456789abcdef";

SQL(test_effect_jobs, "SELECT task, integration_id, link_id, payload, origin, not_before FROM job "
	"ORDER BY id");
SQL(test_effect_audits, "SELECT organization_id, event, target, data, origin FROM audit_log "
	"ORDER BY id");

struct fixture {
	struct scratch_store scratch;
	struct registration *registration;
	int64_t organizations[2], links[2];
	int64_t integration;
};

static int fill(struct tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	cleanup_json json_t *metadata = json_pack("{s:i}", "a", 1);
	const struct integration_put put = {.provider = "acme", .external_id = "7", .name = "Acme",
		.metadata = metadata, .uid = uid, .now_us = NOW};
	bool created;

	(void)integration_put(tx, &put, &fixture->integration, &created, err);
	for (size_t i = 0; i < 2; i++) {
		(void)organization_insert(tx, i == 0 ? "one" : "two", "x", NOW,
			&fixture->organizations[i], err);
		(void)link_add(tx, &(struct link_add){.organization_id = fixture->organizations[i],
			.integration_id = fixture->integration, .uid = uid, .now_us = NOW},
			&fixture->links[i], &created, err);
	}
	return err->code;
}

static int setup(void **state)
{
	static const char text[] = "{\"plugin\":\"acme\",\"version\":\"1\",\"providers\":[{"
		"\"provider\":{\"key\":\"acme\",\"name\":\"A\"},\"upstreams\":["
		"{\"name\":\"site\",\"base\":\"metadata:/site/url\"}],\"tasks\":["
		"{\"name\":\"all\",\"scope\":4,\"run\":true,\"version\":3},"
		"{\"name\":\"each\",\"scope\":5,\"run\":true},"
		"{\"name\":\"tick\",\"scope\":1,\"run\":true}]}]}";
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

static struct call_scope make_scope(const struct fixture *fixture, int kind)
{
	struct call_scope scope = {
		.kind = kind,
		.provider = &fixture->registration->providers[0],
		.external_id = "7",
		.origin = "integration:1",
	};

	if (kind == MORTISE_SCOPE_INTEGRATION || kind == MORTISE_SCOPE_INSTALL)
		scope.integration_id = fixture->integration;
	if (kind == MORTISE_SCOPE_INSTALL) {
		scope.link_id = fixture->links[1];
		scope.organization_id = fixture->organizations[1];
	}
	return scope;
}

static void only_well_formed_effects_of_the_scope_are_taken(void **state)
{
	static const struct {
		int scope, code;
		const char *json, *words;
	} cases[] = {
		{MORTISE_SCOPE_INTEGRATION, 0, "[]", NULL},
		{MORTISE_SCOPE_INTEGRATION, 0,
			"[{\"type\":\"integration_patch\",\"metadata\":{}}]", NULL},
		{MORTISE_SCOPE_PROVIDER, -15,
			"[{\"type\":\"integration_patch\",\"metadata\":{}}]", "effect 0"},
		{MORTISE_SCOPE_INTEGRATION, -15, "[{\"type\":\"config_patch\",\"patch\":{}}]", "scope"},
		{MORTISE_SCOPE_INSTALL, 0, "[{\"type\":\"config_patch\",\"patch\":{}}]", NULL},
		{MORTISE_SCOPE_INSTALL, -15, "[{\"type\":\"config_patch\",\"patch\":7}]", "patch"},
		{MORTISE_SCOPE_INSTALL, -15, "[{\"type\":\"integration_status\",\"status\":\"active\"}]",
			"scope"},
		{MORTISE_SCOPE_SUBJECT, 0,
			"[{\"type\":\"integration_put\",\"name\":\"x\",\"metadata\":{}}]", NULL},
		{MORTISE_SCOPE_PIPELINE, -15,
			"[{\"type\":\"integration_put\",\"name\":\"x\",\"metadata\":{}}]", "scope"},
		{MORTISE_SCOPE_SUBJECT, 0, "[{\"type\":\"integration_put\",\"name\":\"x\",\"metadata\":"
			"{\"site\":{\"url\":\"https://a.test\"}},\"secrets\":{\"shared\":\"s\"}}]", NULL},
		{MORTISE_SCOPE_SUBJECT, -15, "[{\"type\":\"integration_put\",\"name\":\"x\",\"metadata\":"
			"{},\"secrets\":{\"token:x\":\"s\"}}]", "secrets"},
		{MORTISE_SCOPE_SUBJECT, -15, "[{\"type\":\"integration_put\",\"name\":\"x\",\"metadata\":"
			"{},\"secrets\":{\"shared\":\"\"}}]", "secrets"},
		{MORTISE_SCOPE_SUBJECT, -15, "[{\"type\":\"integration_put\",\"name\":\"x\",\"metadata\":"
			"{},\"secrets\":{\"shared\":7}}]", "secrets"},
		{MORTISE_SCOPE_INTEGRATION, -15, "[{\"type\":\"integration_put\",\"name\":\"x\","
			"\"metadata\":{},\"secrets\":{\"shared\":\"s\"}}]", "subject scope"},
		/* Where requests go is no matter of a patch. */
		{MORTISE_SCOPE_INTEGRATION, -15, "[{\"type\":\"integration_put\",\"name\":\"x\","
			"\"metadata\":{\"site\":{\"url\":\"https://evil.test\"}}}]", "upstream \"site\""},
		{MORTISE_SCOPE_INTEGRATION, -15, "[{\"type\":\"integration_patch\",\"metadata\":"
			"{\"site\":{\"url\":\"https://evil.test\"}}}]", "upstream \"site\""},
		{MORTISE_SCOPE_SUBJECT, -15, "[{\"type\":\"integration_patch\",\"metadata\":"
			"{\"site\":{\"url\":\"https://evil.test\"}}}]", "upstream \"site\""},
		{MORTISE_SCOPE_INSTALL, -15,
			"[{\"type\":\"integration_patch\",\"metadata\":{\"site\":null}}]", "upstream \"site\""},
		{MORTISE_SCOPE_INSTALL, -15,
			"[{\"type\":\"integration_patch\",\"metadata\":{\"site\":[]}}]", "upstream \"site\""},
		{MORTISE_SCOPE_INSTALL, 0, "[{\"type\":\"integration_patch\",\"metadata\":"
			"{\"site\":{\"icon\":\"x\"},\"url\":\"y\"}}]", NULL},
		{MORTISE_SCOPE_INTEGRATION, 0, "[{\"type\":\"task\",\"name\":\"each\"}]", NULL},
		{MORTISE_SCOPE_INTEGRATION, -15, "[{\"type\":\"task\",\"name\":\"other\"}]",
			"not registered"},
		{MORTISE_SCOPE_PROVIDER, 0, "[{\"type\":\"task\",\"name\":\"tick\"}]", NULL},
		{MORTISE_SCOPE_PROVIDER, -15, "[{\"type\":\"task\",\"name\":\"each\"}]",
			"needs an integration"},
		{MORTISE_SCOPE_INTEGRATION, -15, "[{\"type\":\"drop_tables\"}]", "no effect"},
		{MORTISE_SCOPE_INTEGRATION, -15, "[7]", "no effect"},
		{MORTISE_SCOPE_INTEGRATION, -15,
			"[{\"type\":\"task\",\"name\":\"each\"},{\"name\":\"each\"}]", "effect 1"},
		{MORTISE_SCOPE_INTEGRATION, -15, "{}", "list"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < lengthof(cases); i++) {
		struct call_scope scope = make_scope(fixture, cases[i].scope);
		struct effect_context context = {.scope = &scope, .now_us = NOW};
		cleanup_json json_t *effects = json_loads(cases[i].json, 0, NULL);
		cleanup_err struct err err = {0};

		if (effects_check(&context, effects, &err) != cases[i].code ||
			(cases[i].words && !strstr(err_text(&err), cases[i].words)))
			fail_msg("case %zu: %s", i, err_text(&err));
	}
}

/* ---- Applying ---- */

struct application {
	struct effect_context context;
	const json_t *effects;
};

static int apply_tx(struct tx *tx, void *arg, struct err *err)
{
	struct application *application = arg;

	return effects_apply(tx, &application->context, application->effects, err);
}

static struct effect_context apply(struct fixture *fixture, int kind, const char *external_id,
	const char *text)
{
	struct call_scope scope = make_scope(fixture, kind);
	cleanup_json json_t *effects = json_loads(text, 0, NULL);
	struct application application = {{.scope = &scope, .now_us = NOW, .job_id = 3}, effects};
	cleanup_err struct err err = {0};

	if (external_id)
		scope.external_id = external_id;
	if (effects_check(&application.context, effects, &err) < 0 ||
		store_write(fixture->scratch.store, apply_tx, &application, &err) < 0)
		fail_msg("%s", err_text(&err));
	application.context.scope = NULL;
	return application.context;
}

struct look {
	const char *external_id;
	struct integration integration;
	struct link link;
	int64_t link_id;
	json_t *rows;
};

static int look_tx(struct tx *tx, void *arg, struct err *err)
{
	struct look *look = arg;
	int result = integration_find(tx, "acme", look->external_id, 0, &look->integration, err);

	return result < 0 || look->link_id == 0 ? result : link_get(tx, look->link_id, &look->link, err);
}

static struct look look_at(struct fixture *fixture, const char *external_id, int64_t link_id)
{
	struct look look = {.external_id = external_id, .link_id = link_id};
	cleanup_err struct err err = {0};

	if (store_read(fixture->scratch.store, look_tx, &look, &err) < 0)
		fail_msg("%s", err_text(&err));
	return look;
}

static void look_done(struct look *look)
{
	integration_clear(&look->integration);
	link_clear(&look->link);
	json_decref(look->rows);
}
#define cleanup_look __attribute__((__cleanup__(look_done)))

static void a_subject_makes_its_integration_and_brings_it_back(void **state)
{
	struct fixture *fixture = *state;
	struct effect_context counts = apply(fixture, MORTISE_SCOPE_SUBJECT, "99",
		"[{\"type\":\"integration_put\",\"name\":\"New\",\"metadata\":{\"sender\":\"mona\"}}]");
	cleanup_look struct look made = look_at(fixture, "99", 0);
	cleanup_look struct look again = {0};

	assert_int_equal(counts.applied, 1);
	assert_string_equal(made.integration.name, "New");
	assert_int_equal(made.integration.owner_organization_id, 0);
	apply(fixture, MORTISE_SCOPE_SUBJECT, "99",
		"[{\"type\":\"integration_status\",\"status\":\"disabled\",\"reason\":\"gone\"}]");
	apply(fixture, MORTISE_SCOPE_SUBJECT, "99",
		"[{\"type\":\"integration_put\",\"name\":\"New\",\"metadata\":{\"icon\":\"x\"}}]");
	again = look_at(fixture, "99", 0);
	assert_int_equal(again.integration.id, made.integration.id);
	assert_int_equal(again.integration.status, INTEGRATION_ACTIVE);
	assert_int_equal(json_object_size(again.integration.metadata), 2);
	assert_memory_equal(again.integration.uid, made.integration.uid, INTEGRATION_UID_SIZE);
}

/* ---- What installs wait for ---- */

static int announced_in(struct tx *tx, void *arg, struct err *err)
{
	bool *announced = arg;

	for (int i = 0; i < 2; i++)
		if (integration_announced(tx, "acme", "7", i == 0 ? NOW - 1 : NOW, &announced[i],
			err) < 0)
			return err->code;
	return 0;
}

/* Was it announced after the moment before NOW, and after NOW? */
static void assert_announced(struct fixture *fixture, bool before, bool after)
{
	bool announced[2];

	assert_int_equal(store_read(fixture->scratch.store, announced_in, announced, NULL), 0);
	assert_int_equal(announced[0], before);
	assert_int_equal(announced[1], after);
}

static void only_a_life_cycle_event_announces_an_integration(void **state)
{
	static const char put[] = "[{\"type\":\"integration_put\",\"name\":\"A\",\"metadata\":{}}]";
	struct fixture *fixture = *state;

	apply(fixture, MORTISE_SCOPE_INTEGRATION, "7", put);
	assert_announced(fixture, false, false);
	apply(fixture, MORTISE_SCOPE_SUBJECT, "7", put);
	assert_announced(fixture, true, false);
	apply(fixture, MORTISE_SCOPE_SUBJECT, "7",
		"[{\"type\":\"integration_status\",\"status\":\"disabled\",\"reason\":\"gone\"}]");
	assert_announced(fixture, false, false);
}

/* ---- Secrets ---- */

struct secret_scene {
	struct fixture *fixture;
	struct vault *vault;
	struct call_scope scope;
	const json_t *effects;
	bool refuse;
};

/* As a closure of a batch that is taken apart: applied, taken back, applied again. */
static int apply_or_refuse(struct tx *tx, void *arg, struct err *err)
{
	struct secret_scene *scene = arg;
	struct effect_context context = {.scope = &scene->scope, .vault = scene->vault, .now_us = NOW};
	int result = effects_apply(tx, &context, scene->effects, err);

	return result == 0 && scene->refuse ? err_set(err, MORTISE_E_CONFLICT, "not yet") : result;
}

static json_t *put_secrets(struct secret_scene *scene, const char *secrets)
{
	cleanup_free char *text = xasprintf("[{\"type\":\"integration_put\",\"name\":\"New\","
		"\"metadata\":{},\"secrets\":%s}]", secrets);
	cleanup_json json_t *effects = json_loads(text, 0, NULL);
	cleanup_look struct look made = {0};
	json_t *opened;

	scene->effects = effects;
	scene->refuse = true;
	assert_int_equal(store_write(scene->fixture->scratch.store, apply_or_refuse, scene, NULL),
		MORTISE_E_CONFLICT);
	scene->refuse = false;
	assert_int_equal(store_write(scene->fixture->scratch.store, apply_or_refuse, scene, NULL), 0);
	made = look_at(scene->fixture, scene->scope.external_id, 0);
	assert_int_equal(secrets_unseal(scene->vault, SLOT_INTEGRATION_COLUMN, made.integration.uid,
		made.integration.secrets, made.integration.secrets_size, &opened, NULL), 0);
	/* Sealed, and nowhere else. */
	assert_null(memmem(made.integration.secrets, made.integration.secrets_size, "first", 5));
	assert_int_equal(json_object_size(made.integration.metadata), 0);
	return opened;
}

static void a_subject_brings_its_secrets_and_rotates_them(void **state)
{
	struct fixture *fixture = *state;
	struct secret_scene scene = {.fixture = fixture, .scope = make_scope(fixture,
		MORTISE_SCOPE_SUBJECT)};
	const struct vault_settings settings = {.key_file = "", .state_dir = fixture->scratch.dir};
	cleanup_json json_t *first = NULL;
	cleanup_json json_t *second = NULL;
	cleanup_json json_t *first_wanted = json_pack("{s:s, s:s}", "shared", "first", "kept", "same");
	cleanup_json json_t *second_wanted = json_pack("{s:s, s:s}", "shared", "second", "kept", "same");

	scene.scope.external_id = "77";
	assert_int_equal(vault_open(&settings, &scene.vault, NULL), 0);
	assert_int_equal(vault_check(scene.vault, fixture->scratch.store, NULL), 0);
	first = put_secrets(&scene, "{\"shared\":\"first\",\"kept\":\"same\"}");
	assert_true(json_equal(first, first_wanted));
	second = put_secrets(&scene, "{\"shared\":\"second\"}");
	assert_true(json_equal(second, second_wanted));
	vault_close(scene.vault);
}

static void secrets_without_a_vault_are_refused(void **state)
{
	struct fixture *fixture = *state;
	struct secret_scene scene = {.fixture = fixture, .scope = make_scope(fixture,
		MORTISE_SCOPE_SUBJECT)};
	cleanup_json json_t *effects = json_loads("[{\"type\":\"integration_put\",\"name\":\"New\","
		"\"metadata\":{},\"secrets\":{\"shared\":\"x\"}}]", 0, NULL);

	scene.effects = effects;
	assert_int_equal(store_write(fixture->scratch.store, apply_or_refuse, &scene, NULL),
		MORTISE_E_INTERNAL);
}

static void an_integration_takes_the_name_that_its_upstream_has(void **state)
{
	struct fixture *fixture = *state;
	struct effect_context counts = apply(fixture, MORTISE_SCOPE_INTEGRATION, NULL,
		"[{\"type\":\"integration_name\",\"name\":\"Acme Tracker\"},"
		"{\"type\":\"integration_name\",\"name\":\"Acme Tracker\"}]");
	cleanup_look struct look named = look_at(fixture, "7", 0);

	assert_int_equal(counts.applied, 1);
	assert_int_equal(counts.unchanged, 1);
	assert_string_equal(named.integration.name, "Acme Tracker");
	counts = apply(fixture, MORTISE_SCOPE_SUBJECT, "nobody",
		"[{\"type\":\"integration_name\",\"name\":\"x\"}]");
	assert_int_equal(counts.skipped, 1);
}

static void what_is_so_already_is_nothing_and_what_is_gone_is_skipped(void **state)
{
	struct fixture *fixture = *state;
	struct effect_context counts = apply(fixture, MORTISE_SCOPE_INTEGRATION, NULL,
		"[{\"type\":\"integration_patch\",\"metadata\":{\"a\":1}},"
		"{\"type\":\"integration_status\",\"status\":\"active\"},"
		"{\"type\":\"integration_patch\",\"metadata\":{\"a\":2}}]");

	assert_int_equal(counts.unchanged, 2);
	assert_int_equal(counts.applied, 1);
	counts = apply(fixture, MORTISE_SCOPE_SUBJECT, "nobody",
		"[{\"type\":\"integration_status\",\"status\":\"disabled\"}]");
	assert_int_equal(counts.skipped, 1);
}

static void a_link_that_is_gone_is_skipped(void **state)
{
	struct fixture *fixture = *state;
	int64_t link_id = fixture->links[1];
	struct effect_context counts;

	fixture->links[1] = link_id + 1000;
	counts = apply(fixture, MORTISE_SCOPE_INSTALL, NULL,
		"[{\"type\":\"task\",\"name\":\"each\"},{\"type\":\"audit\",\"event\":\"seen\"}]");
	fixture->links[1] = link_id;
	assert_int_equal(counts.skipped, 2);
	assert_int_equal(counts.applied, 0);
}

static void a_configuration_is_patched_in_its_link_only(void **state)
{
	struct fixture *fixture = *state;
	cleanup_look struct look other = {0}, own = {0};

	apply(fixture, MORTISE_SCOPE_INSTALL, NULL,
		"[{\"type\":\"config_patch\",\"patch\":{\"sync\":{\"a\":1,\"b\":null}}}]");
	own = look_at(fixture, "7", fixture->links[1]);
	other = look_at(fixture, "7", fixture->links[0]);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(own.link.config, "sync"),
		"a")), 1);
	assert_int_equal(json_object_size(other.link.config), 0);
}

static int jobs_tx(struct tx *tx, void *arg, struct err *err)
{
	struct look *look = arg;
	struct query query;
	int result = query_begin(&query, tx, &test_effect_jobs, err, "");

	look->rows = json_array();
	while (result >= 0 && (result = query_next(&query)) == 1)
		json_array_append_new(look->rows, json_pack("[s, I, I, s, s, I]", query_text(&query, 0),
			(json_int_t)query_int(&query, 1), (json_int_t)query_int(&query, 2),
			query_text(&query, 3), query_text(&query, 4), (json_int_t)query_int(&query, 5)));
	query_end(&query);
	return result;
}

static int audits_tx(struct tx *tx, void *arg, struct err *err)
{
	struct look *look = arg;
	struct query query;
	int result = query_begin(&query, tx, &test_effect_audits, err, "");

	look->rows = json_array();
	while (result >= 0 && (result = query_next(&query)) == 1)
		json_array_append_new(look->rows, json_pack("[I, s, s, s, s]",
			(json_int_t)query_int(&query, 0), query_text(&query, 1), query_text(&query, 2),
			query_text(&query, 3), query_text(&query, 4)));
	query_end(&query);
	return result;
}

static json_t *rows(struct fixture *fixture, store_fn *fn)
{
	struct look look = {0};
	cleanup_err struct err err = {0};

	if (store_read(fixture->scratch.store, fn, &look, &err) < 0)
		fail_msg("%s", err_text(&err));
	return look.rows;
}

static void a_task_of_install_scope_becomes_one_job_for_each_organization(void **state)
{
	struct fixture *fixture = *state;
	cleanup_json json_t *jobs = NULL;
	cleanup_json json_t *wanted = NULL;
	json_int_t integration = fixture->integration;

	apply(fixture, MORTISE_SCOPE_INTEGRATION, NULL,
		"[{\"type\":\"task\",\"name\":\"each\",\"payload\":{\"k\":1}},"
		"{\"type\":\"task\",\"name\":\"all\",\"delay_ms\":2000},"
		"{\"type\":\"task\",\"name\":\"tick\"}]");
	apply(fixture, MORTISE_SCOPE_INSTALL, NULL, "[{\"type\":\"task\",\"name\":\"each\"}]");
	jobs = rows(fixture, jobs_tx);
	wanted = json_pack("[[s,I,I,s,s,I],[s,I,I,s,s,I],[s,I,i,s,s,I],[s,i,i,s,s,I],[s,I,I,s,s,I]]",
		"acme:each", integration, (json_int_t)fixture->links[0], "{\"k\":1}", "integration:1",
		(json_int_t)NOW,
		"acme:each", integration, (json_int_t)fixture->links[1], "{\"k\":1}", "integration:1",
		(json_int_t)NOW,
		"acme:all", integration, 0, "{}", "integration:1", (json_int_t)(NOW + 2000000),
		"acme:tick", 0, 0, "{}", "integration:1", (json_int_t)NOW,
		"acme:each", integration, (json_int_t)fixture->links[1], "{}", "integration:1",
		(json_int_t)NOW);
	if (!json_equal(jobs, wanted))
		fail_msg("%s", json_dumps(jobs, 0));
}

static void an_audit_row_stands_in_each_organization(void **state)
{
	struct fixture *fixture = *state;
	cleanup_json json_t *audits = NULL;
	const json_t *first;

	apply(fixture, MORTISE_SCOPE_INTEGRATION, NULL,
		"[{\"type\":\"audit\",\"event\":\"integration.moved\",\"data\":{\"to\":\"x\"}}]");
	audits = rows(fixture, audits_tx);
	assert_int_equal(json_array_size(audits), 2);
	first = json_array_get(audits, 0);
	assert_int_equal(json_integer_value(json_array_get(first, 0)), fixture->organizations[0]);
	assert_string_equal(json_string_value(json_array_get(first, 1)), "integration.moved");
	assert_string_equal(json_string_value(json_array_get(first, 3)), "{\"to\":\"x\"}");
}

#define CASE(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(only_well_formed_effects_of_the_scope_are_taken),
		CASE(a_subject_makes_its_integration_and_brings_it_back),
		CASE(only_a_life_cycle_event_announces_an_integration),
		CASE(a_subject_brings_its_secrets_and_rotates_them),
		CASE(secrets_without_a_vault_are_refused),
		CASE(an_integration_takes_the_name_that_its_upstream_has),
		CASE(what_is_so_already_is_nothing_and_what_is_gone_is_skipped),
		CASE(a_link_that_is_gone_is_skipped),
		CASE(a_configuration_is_patched_in_its_link_only),
		CASE(a_task_of_install_scope_becomes_one_job_for_each_organization),
		CASE(an_audit_row_stands_in_each_organization),
	};

	return cmocka_run_group_tests_name("effect", tests, NULL, NULL);
}
