/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/access/access.h"
#include "core/base/mem.h"

static void every_scope_has_one_name_and_one_bit(void **state)
{
	uint64_t all = 0;

	(void)state;
	for (int bit = 0; bit <= 21; bit++) {
		cleanup_json json_t *names = access_scope_names(UINT64_C(1) << bit);

		assert_int_equal(json_array_size(names), 1);
		all |= access_scope_parse(json_string_value(json_array_get(names, 0)));
	}
	assert_int_equal(all, (UINT64_C(1) << 22) - 1);
	assert_int_equal(access_scope_parse("org:everything"), 0);
	assert_int_equal(access_scope_parse(""), 0);
}

static void scope_names_are_sorted(void **state)
{
	cleanup_json json_t *names = access_scope_names(~UINT64_C(0));

	(void)state;
	assert_int_equal(json_array_size(names), 22);
	for (size_t i = 1; i < json_array_size(names); i++)
		assert_true(strcmp(json_string_value(json_array_get(names, i - 1)),
			json_string_value(json_array_get(names, i))) < 0);
}

static void a_role_may_all_that_the_lower_ones_may(void **state)
{
	static const struct {
		const char *role;
		uint64_t may, may_not;
		bool is_global;
	} expected[] = {
		{"member", SCOPE_EVENT_ADMIN | SCOPE_PROJECT_RELEASES | SCOPE_MEMBER_INVITE,
			SCOPE_ORG_INTEGRATIONS | SCOPE_PROJECT_WRITE | SCOPE_TEAM_WRITE, false},
		{"admin", SCOPE_ORG_INTEGRATIONS | SCOPE_PROJECT_ADMIN | SCOPE_TEAM_ADMIN,
			SCOPE_ORG_WRITE | SCOPE_MEMBER_WRITE, false},
		{"manager", SCOPE_ORG_WRITE | SCOPE_MEMBER_ADMIN, SCOPE_ORG_ADMIN, true},
		{"owner", SCOPE_ORG_ADMIN, SCOPE_ORG_CI | SCOPE_PROJECT_DISTRIBUTION, true},
	};
	uint64_t lower = 0;

	(void)state;
	for (size_t i = 0; i < lengthof(expected); i++) {
		uint64_t scopes = access_role_scopes(expected[i].role);

		assert_int_equal(scopes & expected[i].may, expected[i].may);
		assert_int_equal(scopes & expected[i].may_not, 0);
		assert_int_equal(scopes & lower, lower);
		assert_int_equal(access_role_is_global(expected[i].role), expected[i].is_global);
		lower = scopes;
	}
	assert_int_equal(access_role_scopes("emperor"), 0);
	assert_false(access_role_is_global("emperor"));
}

static void an_admin_of_a_team_may_no_more_than_one_of_the_organization(void **state)
{
	(void)state;
	assert_int_equal(access_team_admin_scopes() & ~access_role_scopes("admin"), 0);
	assert_true(access_team_admin_scopes() & SCOPE_PROJECT_ADMIN);
	assert_false(access_team_admin_scopes() & SCOPE_ORG_INTEGRATIONS);
}

static void a_scope_covers_the_weaker_ones_of_its_kind(void **state)
{
	const uint64_t all = SCOPE_ORG_ADMIN | SCOPE_PROJECT_ADMIN | SCOPE_PROJECT_RELEASES |
		SCOPE_TEAM_ADMIN | SCOPE_MEMBER_ADMIN | SCOPE_EVENT_ADMIN;

	(void)state;
	assert_int_equal(access_scopes_lacking(SCOPE_TEAM_ADMIN, SCOPE_TEAM_READ | SCOPE_TEAM_WRITE), 0);
	assert_int_equal(access_scopes_lacking(SCOPE_TEAM_WRITE, SCOPE_TEAM_READ | SCOPE_TEAM_ADMIN),
		SCOPE_TEAM_ADMIN);
	assert_int_equal(access_scopes_lacking(SCOPE_MEMBER_ADMIN, SCOPE_ORG_READ), SCOPE_ORG_READ);
	assert_int_equal(access_scopes_lacking(all, access_role_scopes("owner")), 0);
	assert_int_equal(access_scopes_lacking(access_role_scopes("member"), SCOPE_ORG_CI), 0);
	assert_int_equal(access_scopes_lacking(SCOPE_ORG_READ, SCOPE_ORG_CI), SCOPE_ORG_CI);
	assert_int_equal(access_scopes_lacking(all & ~SCOPE_ORG_ADMIN, access_role_scopes("manager")),
		SCOPE_ORG_READ | SCOPE_ORG_WRITE | SCOPE_ORG_INTEGRATIONS);
}

static void a_token_for_admins_reads_too(void **state)
{
	(void)state;
	assert_int_equal(access_scopes_whole(SCOPE_ORG_ADMIN),
		SCOPE_ORG_ADMIN | SCOPE_ORG_WRITE | SCOPE_ORG_READ | SCOPE_ORG_INTEGRATIONS);
	assert_int_equal(access_scopes_whole(SCOPE_PROJECT_READ), SCOPE_PROJECT_READ);
	assert_int_equal(access_scopes_whole(0), 0);
	for (int bit = 0; bit <= 21; bit++) {
		uint64_t whole = access_scopes_whole(UINT64_C(1) << bit);

		assert_int_equal(access_scopes_whole(whole), whole);
	}
}

static void secrets_carry_their_prefix_and_do_not_repeat(void **state)
{
	char first[ACCESS_SECRET_SIZE], second[ACCESS_SECRET_SIZE];

	(void)state;
	access_secret_make(ACCESS_PREFIX_TOKEN, first);
	access_secret_make(ACCESS_PREFIX_TOKEN, second);
	assert_int_equal(strlen(first), ACCESS_SECRET_SIZE - 1);
	assert_memory_equal(first, "mrt_", 4);
	assert_string_not_equal(first, second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_scope_has_one_name_and_one_bit),
		cmocka_unit_test(scope_names_are_sorted),
		cmocka_unit_test(a_role_may_all_that_the_lower_ones_may),
		cmocka_unit_test(an_admin_of_a_team_may_no_more_than_one_of_the_organization),
		cmocka_unit_test(a_scope_covers_the_weaker_ones_of_its_kind),
		cmocka_unit_test(a_token_for_admins_reads_too),
		cmocka_unit_test(secrets_carry_their_prefix_and_do_not_repeat),
	};

	return cmocka_run_group_tests_name("access_scope", tests, NULL, NULL);
}
