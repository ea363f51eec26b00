/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Integrations, links, identities and plugins in a real store. */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/identity.h"
#include "core/storage/integration.h"
#include "core/storage/link.h"
#include "core/storage/member.h"
#include "core/storage/organization.h"
#include "core/storage/plugin.h"
#include "core/storage/store.h"
#include "tests/unit/scratch_store.h"

#define NOW INT64_C(1000000000000)

static const unsigned char uid[INTEGRATION_UID_SIZE] = "0123456789abcdef";
static const unsigned char other_uid[INTEGRATION_UID_SIZE] = "fedcba9876543210";

static int setup(void **state)
{
	struct scratch_store *scratch = new(struct scratch_store);

	scratch_store_open(scratch);
	*state = scratch;
	return 0;
}

static int teardown(void **state)
{
	scratch_store_close(*state);
	free(*state);
	return 0;
}

/* Run one test's body in a write transaction; its assertions are in there. */
static void in_write(void **state, store_fn *fn)
{
	struct scratch_store *scratch = *state;
	cleanup_err struct err err = {0};

	if (store_write(scratch->store, fn, NULL, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static int64_t make_organization(struct tx *tx, const char *slug)
{
	int64_t id = 0;

	assert_int_equal(organization_insert(tx, slug, slug, NOW, &id, NULL), 0);
	return id;
}

static int64_t put(struct tx *tx, const char *external_id, int64_t owner, const char *metadata,
	bool merge, bool *ret_created)
{
	cleanup_json json_t *json = json_loads(metadata, 0, NULL);
	cleanup_err struct err err = {0};
	const struct integration_put put = {.provider = "acme", .external_id = external_id,
		.owner_organization_id = owner, .name = "Acme", .metadata = json, .merge = merge,
		.uid = uid, .now_us = NOW};
	int64_t id = 0;

	if (integration_put(tx, &put, &id, ret_created, &err) < 0)
		fail_msg("%s", err_text(&err));
	return id;
}

static int put_body(struct tx *tx, void *arg, struct err *err)
{
	cleanup_integration struct integration row = {0};
	cleanup_json json_t *wanted = json_pack("{s:i, s:i}", "a", 1, "c", 3);
	bool created;
	int64_t id = put(tx, "7", 0, "{\"a\":1,\"b\":2}", false, &created);

	(void)arg;
	assert_true(created);
	assert_int_equal(integration_set_status(tx, id, INTEGRATION_DISABLED, "gone", NOW, err), 1);
	assert_int_equal(integration_set_status(tx, id, INTEGRATION_DISABLED, "gone", NOW, err), 0);
	/* Why it is so may change alone. */
	assert_int_equal(integration_set_status(tx, id, INTEGRATION_DISABLED, "lost", NOW, err), 1);
	assert_int_equal(integration_set_status(tx, id, INTEGRATION_DISABLED, NULL, NOW, err), 1);
	assert_int_equal(put(tx, "7", 0, "{\"b\":null,\"c\":3}", true, &created), id);
	assert_false(created);
	assert_int_equal(integration_get(tx, id, &row, err), 0);
	assert_int_equal(row.status, INTEGRATION_ACTIVE);
	assert_null(row.status_reason);
	assert_true(json_equal(row.metadata, wanted));
	assert_memory_equal(row.uid, uid, sizeof(uid));
	integration_clear(&row);
	put(tx, "7", 0, "{}", false, &created);
	assert_int_equal(integration_find(tx, "acme", "7", 0, &row, err), 0);
	assert_int_equal(json_object_size(row.metadata), 0);
	return 0;
}

static void a_put_refreshes_and_makes_active_again(void **state)
{
	in_write(state, put_body);
}

static int claimed_body(struct tx *tx, void *arg, struct err *err)
{
	int64_t one = make_organization(tx, "one"), ids[8];
	bool created;
	int64_t claimed = put(tx, "7", one, "{}", false, &created);
	int64_t proved = put(tx, "7", 0, "{}", false, &created);
	size_t len;

	(void)arg;
	assert_true(created);
	assert_int_equal(integration_find_subject(tx, "acme", "7", 8, ids, &len, err), 0);
	assert_int_equal(len, 2);
	assert_int_equal(ids[0], proved);
	assert_int_equal(ids[1], claimed);
	return 0;
}

static void claimed_rows_are_never_the_proved_one(void **state)
{
	in_write(state, claimed_body);
}

static int secrets_body(struct tx *tx, void *arg, struct err *err)
{
	const struct blob none = {0}, first = {"first", 5}, second = {"second", 6};
	cleanup_integration struct integration row = {0};
	cleanup_err struct err lost = {0};
	struct integration_put again = {.provider = "acme", .external_id = "7", .name = "A",
		.uid = other_uid, .secrets = second, .now_us = NOW};
	bool created;
	int64_t id = put(tx, "7", 0, "{}", false, &created), same;

	(void)arg;
	assert_int_equal(integration_set_secrets(tx, id, none, first, NOW, err), 1);
	assert_int_equal(integration_set_secrets(tx, id, none, second, NOW, &lost),
		MORTISE_E_CONFLICT);
	err_clear(&lost);
	assert_int_equal(integration_set_secrets(tx, id, first, second, NOW, err), 1);
	assert_int_equal(integration_set_secrets(tx, id, first, first, NOW, &lost),
		MORTISE_E_CONFLICT);
	again.metadata = json_object();
	assert_int_equal(integration_put(tx, &again, &same, &created, err), 0);
	json_decref((json_t *)(uintptr_t)again.metadata);
	assert_int_equal(integration_get(tx, id, &row, err), 0);
	assert_memory_equal(row.uid, other_uid, sizeof(other_uid));
	assert_int_equal(row.secrets_size, 6);
	return 0;
}

static void secrets_are_replaced_only_if_unchanged(void **state)
{
	in_write(state, secrets_body);
}

static int add_link(struct tx *tx, int64_t organization_id, int64_t integration_id, int64_t now_us,
	int64_t *ret_id, bool *ret_created, struct err *err)
{
	return link_add(tx, &(struct link_add){.organization_id = organization_id,
		.integration_id = integration_id, .uid = uid, .now_us = now_us}, ret_id, ret_created,
		err);
}

static int reinstall_body(struct tx *tx, void *arg, struct err *err)
{
	int64_t organization = make_organization(tx, "one"), id, again;
	cleanup_err struct err busy = {0};
	cleanup_link struct link link = {0};
	bool created, exists;
	int64_t integration = put(tx, "7", 0, "{}", false, &created);

	(void)arg;
	assert_int_equal(add_link(tx, organization, integration, NOW, &id, &created, err), 0);
	assert_true(created);
	/* Waiting for its deletion: active again, and the deleting job finds nothing to claim. */
	assert_int_equal(link_begin_deletion(tx, id, NOW, err), 1);
	assert_int_equal(link_begin_deletion(tx, id, NOW, err), 0);
	assert_int_equal(link_exists(tx, organization, "acme", true, &exists, err), 0);
	assert_true(exists);
	assert_int_equal(add_link(tx, organization, integration, NOW, &again, &created, err), 0);
	assert_false(created);
	assert_int_equal(again, id);
	assert_int_equal(link_claim_deletion(tx, id, NOW, err), 0);
	/* In progress: refused, until it is stuck. */
	assert_int_equal(link_begin_deletion(tx, id, NOW, err), 1);
	assert_int_equal(link_claim_deletion(tx, id, NOW, err), 1);
	assert_int_equal(link_claim_deletion(tx, id, NOW, err), 0);
	assert_int_equal(add_link(tx, organization, integration, NOW, &again, &created, &busy),
		MORTISE_E_CONFLICT);
	assert_int_equal(add_link(tx, organization, integration, NOW + LINK_STUCK_DELETION_US + 1,
		&again, &created, err), 0);
	assert_int_equal(link_get(tx, id, &link, err), 0);
	assert_int_equal(link.status, INTEGRATION_ACTIVE);
	/* Only what is in progress can go. */
	assert_int_equal(link_delete(tx, id, err), 0);
	return 0;
}

static void a_reinstall_and_a_deletion_cannot_both_win(void **state)
{
	in_write(state, reinstall_body);
}

static bool has_sibling(struct tx *tx, int64_t integration, int64_t link)
{
	bool has;

	assert_int_equal(link_has_sibling(tx, integration, link, &has, NULL), 0);
	return has;
}

static int sibling_body(struct tx *tx, void *arg, struct err *err)
{
	int64_t one = make_organization(tx, "one"), two = make_organization(tx, "two"), first, second;
	bool created;
	int64_t integration = put(tx, "7", 0, "{}", false, &created);
	int64_t other = put(tx, "8", 0, "{}", false, &created);

	(void)arg;
	assert_int_equal(add_link(tx, one, integration, NOW, &first, &created, err), 0);
	assert_int_equal(add_link(tx, two, other, NOW, &second, &created, err), 0);
	assert_false(has_sibling(tx, integration, first));
	assert_int_equal(add_link(tx, two, integration, NOW, &second, &created, err), 0);
	assert_true(has_sibling(tx, integration, first));
	assert_true(has_sibling(tx, integration, second));
	/* One that goes itself is none. */
	assert_int_equal(link_begin_deletion(tx, second, NOW, err), 1);
	assert_false(has_sibling(tx, integration, first));
	return 0;
}

static void a_link_knows_whether_it_is_the_last(void **state)
{
	in_write(state, sibling_body);
}

static int list_body(struct tx *tx, void *arg, struct err *err)
{
	int64_t organization = make_organization(tx, "one"), id, deleted[4];
	struct integration *integrations;
	struct link *links;
	size_t len;
	bool created;

	(void)arg;
	for (int i = 0; i < 3; i++) {
		char key[2] = {(char)('a' + i), '\0'};
		int64_t integration = put(tx, key, 0, "{}", false, &created);

		integration_set_name(tx, integration, i == 0 ? "Z" : i == 1 ? "A" : "M", NOW, err);
		assert_int_equal(add_link(tx, organization, integration, NOW, &id, &created, err), 0);
	}
	assert_int_equal(link_begin_deletion(tx, id, NOW, err), 1);
	assert_int_equal(integration_list(tx, organization, NULL, &KEYSET_FIRST(10), &integrations,
		&links, &len, err), 0);
	assert_int_equal(len, 3);
	assert_string_equal(integrations[0].name, "A");
	assert_string_equal(integrations[1].name, "M");
	assert_int_equal(links[1].status, INTEGRATION_PENDING_DELETION);
	integration_list_free(integrations, links, len);
	assert_int_equal(link_list_deletable(tx, 0, NOW, 4, deleted, &len, err), 0);
	assert_int_equal(len, 1);
	assert_int_equal(link_claim_deletion(tx, id, NOW, err), 1);
	/* Behind "A" there is nobody else left, and before "Z" there is "A". */
	assert_int_equal(integration_list(tx, organization, "acme", &(struct keyset){.text = "A",
		.id = INT64_MAX, .limit = 10}, &integrations, &links, &len, err), 0);
	assert_int_equal(len, 1);
	assert_string_equal(integrations[0].name, "Z");
	integration_list_free(integrations, links, len);
	assert_int_equal(integration_list(tx, organization, NULL, &(struct keyset){.text = "Z",
		.id = 0, .limit = 10, .back = true}, &integrations, &links, &len, err), 0);
	assert_int_equal(len, 1);
	assert_string_equal(integrations[0].name, "A");
	integration_list_free(integrations, links, len);
	assert_int_equal(integration_list(tx, organization, "other", &KEYSET_FIRST(10),
		&integrations, &links, &len, err), 0);
	assert_int_equal(len, 0);
	integration_list_free(integrations, links, len);
	assert_int_equal(link_delete(tx, id, err), 1);
	return 0;
}

static void lists_go_by_name_without_what_is_being_deleted(void **state)
{
	in_write(state, list_body);
}

static int identity_body(struct tx *tx, void *arg, struct err *err)
{
	struct identity_link link = {.provider = "acme", .idp_external_id = "app",
		.external_id = "mona", .uid = uid, .now_us = NOW};
	cleanup_err struct err taken = {0};
	int64_t first, same, one, two;

	(void)arg;
	assert_int_equal(account_put(tx, "one@x.test", "One", NOW, &one, err), 0);
	assert_int_equal(account_put(tx, "two@x.test", "Two", NOW, &two, err), 0);
	link.account_id = one;
	assert_int_equal(identity_link(tx, &link, &first, err), 0);
	link.account_id = two;
	assert_int_equal(identity_link(tx, &link, &same, &taken), MORTISE_E_CONFLICT);
	/* The same user with another upstream account keeps the row. */
	link.account_id = one;
	link.external_id = "lisa";
	assert_int_equal(identity_link(tx, &link, &same, err), 0);
	assert_int_equal(same, first);
	return 0;
}

static void an_upstream_account_belongs_to_one_user(void **state)
{
	in_write(state, identity_body);
}

static int plugin_body(struct tx *tx, void *arg, struct err *err)
{
	cleanup_plugin_row struct plugin_row row = {0};
	int64_t generation;

	(void)arg;
	assert_int_equal(plugin_put(tx, "acme", "1.0", "{}", NOW, &generation, err), 0);
	assert_int_equal(generation, 1);
	assert_int_equal(plugin_put(tx, "acme", "1.0", "{}", NOW, &generation, err), 0);
	assert_int_equal(generation, 1);
	assert_int_equal(plugin_put(tx, "acme", "1.1", "{}", NOW, &generation, err), 0);
	assert_int_equal(generation, 2);
	assert_int_equal(plugin_set_enabled(tx, "acme", false, NOW, err), 0);
	assert_int_equal(plugin_put(tx, "acme", "1.1", "{\"a\":1}", NOW, &generation, err), 0);
	assert_int_equal(plugin_get(tx, "acme", &row, err), 0);
	assert_int_equal(row.generation, 3);
	assert_false(row.enabled);
	return 0;
}

static void a_generation_grows_with_what_is_registered(void **state)
{
	in_write(state, plugin_body);
}

#define CASE(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

/* Two organizations share an integration; the second one's member links his account. */
static int shared_identity_body(struct tx *tx, void *arg, struct err *err)
{
	int64_t organizations[2] = {make_organization(tx, "first"), make_organization(tx, "second")};
	struct identity_link link = {.provider = "acme", .idp_external_id = "app",
		.external_id = "9", .uid = uid, .now_us = NOW};
	cleanup_err struct err unknown = {0};
	char *email = NULL;
	int64_t integration, id;
	bool created;

	(void)arg;
	integration = put(tx, "shared", 0, "{}", false, &created);
	assert_int_equal(account_put(tx, "mona@second.test", "Mona", NOW, &link.account_id, err), 0);
	assert_int_equal(member_put(tx, organizations[1], link.account_id, "member", NOW, &id, err), 0);
	assert_int_equal(identity_link(tx, &link, &id, err), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(link_add(tx, &(struct link_add){.organization_id = organizations[i],
			.integration_id = integration, .uid = uid, .now_us = NOW}, &id, &created, err), 0);
	assert_int_equal(identity_find_email(tx, "acme", "9", organizations[1], 0, &email, err), 0);
	free(email);
	assert_int_equal(identity_find_email(tx, "acme", "9", 0, integration, &email, &unknown),
		MORTISE_E_NOT_FOUND);
	assert_int_equal(member_put(tx, organizations[0], link.account_id, "member", NOW, &id, err), 0);
	assert_int_equal(identity_find_email(tx, "acme", "9", 0, integration, &email, err), 0);
	assert_string_equal(email, "mona@second.test");
	free(email);
	return 0;
}

static void an_address_is_told_to_those_that_have_its_owner(void **state)
{
	in_write(state, shared_identity_body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_put_refreshes_and_makes_active_again),
		CASE(claimed_rows_are_never_the_proved_one),
		CASE(secrets_are_replaced_only_if_unchanged),
		CASE(a_reinstall_and_a_deletion_cannot_both_win),
		CASE(a_link_knows_whether_it_is_the_last),
		CASE(lists_go_by_name_without_what_is_being_deleted),
		CASE(an_upstream_account_belongs_to_one_user),
		CASE(an_address_is_told_to_those_that_have_its_owner),
		CASE(a_generation_grows_with_what_is_registered),
	};

	return cmocka_run_group_tests_name("storage_integration", tests, NULL, NULL);
}
