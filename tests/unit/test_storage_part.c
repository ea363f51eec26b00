/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Who has part in what, and what becomes of tokens that ended. */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/api_token.h"
#include "core/storage/member.h"
#include "core/storage/organization.h"
#include "core/storage/part.h"
#include "core/storage/project.h"
#include "core/storage/store.h"
#include "core/storage/team.h"
#include "tests/unit/scratch_store.h"

/* An organization with two teams on one project, another project that nobody works on,
 * and two accounts, of which the second is no member. */
struct scene {
	int64_t organization, account, stranger, member, shop, idle, core, guests;
};

static int scene_in(struct tx *tx, void *arg, struct err *err)
{
	struct scene *s = arg;

	assert_int_equal(organization_insert(tx, "acme", "Acme", 1, &s->organization, err), 0);
	assert_int_equal(account_put(tx, "a@acme.test", "", 1, &s->account, err), 0);
	assert_int_equal(account_put(tx, "b@acme.test", "", 1, &s->stranger, err), 0);
	assert_int_equal(member_put(tx, s->organization, s->account, "admin", 1, &s->member, err), 0);
	assert_int_equal(project_insert(tx, s->organization, "shop", "", NULL, 1, &s->shop, err), 0);
	assert_int_equal(project_insert(tx, s->organization, "idle", "", NULL, 1, &s->idle, err), 0);
	assert_int_equal(team_insert(tx, s->organization, "core", "", 1, &s->core, err), 0);
	assert_int_equal(team_insert(tx, s->organization, "guests", "", 1, &s->guests, err), 0);
	assert_int_equal(team_add_project(tx, s->core, s->shop, err), 0);
	assert_int_equal(team_add_project(tx, s->guests, s->shop, err), 0);
	return 0;
}

static void run(struct scratch_store *scratch, store_fn *fn, void *arg)
{
	cleanup_err struct err err = {0};

	if (store_write(scratch->store, fn, arg, &err) < 0)
		fail_msg("%s", err_text(&err));
}

static void assert_part(struct tx *tx, const char *organization, int64_t account, int64_t member,
	const char *role, struct err *err)
{
	struct part part;

	assert_int_equal(part_find(tx, organization, account, &part, err), 0);
	assert_int_equal(part.member_id, member);
	assert_string_equal(part.role, role);
	assert_true(part.open_membership);
}

static int parts_in(struct tx *tx, void *arg, struct err *err)
{
	cleanup_free char *id = NULL;
	cleanup_err struct err missing = {0};
	struct part part = {.member_id = 77};
	struct scene s;

	(void)arg;
	scene_in(tx, &s, err);
	id = xasprintf("%lld", (long long)s.organization);
	assert_part(tx, "acme", s.account, s.member, "admin", err);
	assert_part(tx, id, s.account, s.member, "admin", err);
	assert_part(tx, "acme", s.stranger, 0, "", err);
	assert_part(tx, "acme", 0, 0, "", err);
	assert_int_equal(part_find(tx, "other", s.account, &part, &missing), MORTISE_E_NOT_FOUND);
	assert_int_equal(part.member_id, 77);
	return 0;
}

static void an_account_has_the_part_of_its_member(void **state)
{
	struct scratch_store scratch;

	(void)state;
	scratch_store_open(&scratch);
	run(&scratch, parts_in, NULL);
	scratch_store_close(&scratch);
}

static void assert_role(struct tx *tx, const struct scene *s, int64_t project,
	enum part_role expected, struct err *err)
{
	enum part_role role;

	assert_int_equal(part_in_project(tx, s->member, project, &role, err), 0);
	assert_int_equal(role, expected);
}

static void assert_reached(struct tx *tx, const struct scene *s, size_t expected, struct err *err)
{
	int64_t *ids;
	size_t len;

	assert_int_equal(part_projects(tx, s->member, &ids, &len, err), 0);
	assert_int_equal(len, expected);
	if (len > 0)
		assert_int_equal(ids[0], s->shop);
	free(ids);
}

/* The higher role of two teams counts, each project once, and no team that is going. */
static int roles_in(struct tx *tx, void *arg, struct err *err)
{
	struct scene s;
	enum part_role role;

	(void)arg;
	scene_in(tx, &s, err);
	assert_role(tx, &s, s.shop, PART_NONE, err);
	assert_reached(tx, &s, 0, err);
	assert_int_equal(team_add_member(tx, s.guests, s.member, err), 0);
	assert_role(tx, &s, s.shop, PART_CONTRIBUTOR, err);
	assert_int_equal(team_add_member(tx, s.core, s.member, err), 0);
	assert_true(team_set_member_role(tx, s.core, s.member, "admin", err) >= 0);
	assert_role(tx, &s, s.shop, PART_ADMIN, err);
	assert_role(tx, &s, s.idle, PART_NONE, err);
	assert_reached(tx, &s, 1, err);
	assert_int_equal(part_in_team(tx, s.member, s.guests, &role, err), 0);
	assert_int_equal(role, PART_CONTRIBUTOR);
	assert_true(team_begin_deletion(tx, s.core, err) >= 0);
	assert_role(tx, &s, s.shop, PART_CONTRIBUTOR, err);
	assert_true(team_begin_deletion(tx, s.guests, err) >= 0);
	assert_role(tx, &s, s.shop, PART_NONE, err);
	assert_reached(tx, &s, 0, err);
	return 0;
}

static void a_member_reaches_what_the_teams_work_on(void **state)
{
	struct scratch_store scratch;

	(void)state;
	scratch_store_open(&scratch);
	run(&scratch, roles_in, NULL);
	scratch_store_close(&scratch);
}

static int64_t token(struct tx *tx, const struct scene *s, const char *hash, int64_t account_id,
	int64_t expires_at_us, struct err *err)
{
	int64_t id;

	assert_int_equal(api_token_insert(tx, &(struct api_token_new){.hash = hash,
		.organization_id = s->organization, .account_id = account_id, .name = "",
		.last_characters = "abcd", .scopes = 1, .now_us = 1,
		.expires_at_us = expires_at_us}, &id, err), 0);
	return id;
}

static size_t standing(struct tx *tx, int64_t organization_id, int64_t account_id, struct err *err)
{
	struct api_token *list;
	size_t len;

	assert_int_equal(api_token_list_standing(tx, organization_id, account_id, &KEYSET_FIRST(10), &list,
		&len, err), 0);
	api_token_list_free(list, len);
	return len;
}

static int tokens_in(struct tx *tx, void *arg, struct err *err)
{
	struct scene s;
	int64_t revoked;

	(void)arg;
	scene_in(tx, &s, err);
	revoked = token(tx, &s, "a", 0, 0, err);
	token(tx, &s, "b", 0, 500, err);
	token(tx, &s, "c", 0, 0, err);
	token(tx, &s, "d", s.account, 0, err);
	assert_int_equal(api_token_revoke(tx, revoked, 300, err), 1);
	assert_int_equal(standing(tx, s.organization, 0, err), 2);
	assert_int_equal(standing(tx, s.organization, s.account, err), 1);
	assert_int_equal(standing(tx, 0, s.account, err), 1);
	assert_int_equal(standing(tx, s.organization + 1, s.account, err), 0);
	assert_int_equal(api_token_prune(tx, 300, 10, err), 0);
	assert_int_equal(api_token_prune(tx, 301, 10, err), 1);
	assert_int_equal(api_token_prune(tx, 501, 10, err), 1);
	assert_int_equal(standing(tx, s.organization, 0, err), 1);
	return 0;
}

static void tokens_that_ended_long_ago_are_pruned(void **state)
{
	struct scratch_store scratch;

	(void)state;
	scratch_store_open(&scratch);
	run(&scratch, tokens_in, NULL);
	scratch_store_close(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_account_has_the_part_of_its_member),
		cmocka_unit_test(a_member_reaches_what_the_teams_work_on),
		cmocka_unit_test(tokens_that_ended_long_ago_are_pruned),
	};

	return cmocka_run_group_tests_name("storage_part", tests, NULL, NULL);
}
