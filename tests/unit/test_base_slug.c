/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"

static const struct {
	const char *slug;
	bool good;
} cases[] = {
	{"acme", true},
	{"acme-co_2", true},
	{"7up", true},
	{"0", false},
	{"123456", false},
	{"", false},
	{"-acme", false},
	{"_acme", false},
	{"Acme", false},
	{"ac me", false},
	{"ac/me", false},
	{"a\xc3\xa9", false},
	{"a2345678901234567890123456789012345678901234567890", true},
	{"a23456789012345678901234567890123456789012345678901", false},
};

static void slugs_are_checked_with_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_err struct err err = {0};
		int result = slug_check(cases[i].slug, "slug", &err);

		if ((result == 0) != cases[i].good)
			fail_msg("case %zu, \"%s\": %d", i, cases[i].slug, result);
		if (result < 0)
			assert_non_null(json_object_get(err.fields, "slug"));
	}
}

static void only_short_digits_are_an_id(void **state)
{
	int64_t id = -1;

	(void)state;
	assert_true(slug_is_id("42", &id));
	assert_int_equal(id, 42);
	assert_true(slug_is_id("999999999999999", &id));
	assert_false(slug_is_id("1000000000000000", &id));
	assert_false(slug_is_id("", &id));
	assert_false(slug_is_id("4a", &id));
	assert_false(slug_is_id("-4", &id));
}

static void slugs_are_made_of_names(void **state)
{
	static const struct {
		const char *name, *slug;
	} made[] = {
		{"Shop", "shop"},
		{"  My Shop, at last! ", "my-shop-at-last"},
		{"--_x", "x"},
		{"a - b", "a-b"},
		{"Caf\xc3\xa9 1", "caf-1"},
		{"42", ""},
		{"!!!", ""},
		{"", ""},
		{"123456789 123456789 123456789 123456789 123456789 x",
			"123456789-123456789-123456789-123456789-123456789"},
	};
	char slug[SLUG_SIZE];

	(void)state;
	for (size_t i = 0; i < lengthof(made); i++) {
		cleanup_err struct err err = {0};

		slug_make(made[i].name, slug);
		if (strcmp(slug, made[i].slug) != 0 ||
			(*slug && slug_check(slug, "slug", &err) < 0))
			fail_msg("name %zu, \"%s\": \"%s\"", i, made[i].name, slug);
	}
}

static void one_slug_has_many_with_a_number(void **state)
{
	static const char longest[] = "a2345678901234567890123456789012345678901234567890";
	char slug[SLUG_SIZE];

	(void)state;
	slug_number("shop", 1, slug);
	assert_string_equal(slug, "shop");
	slug_number("shop", 12, slug);
	assert_string_equal(slug, "shop-12");
	slug_number(longest, 2, slug);
	assert_string_equal(slug, "a23456789012345678901234567890123456789012345678-2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slugs_are_checked_with_words),
		cmocka_unit_test(only_short_digits_are_an_id),
		cmocka_unit_test(slugs_are_made_of_names),
		cmocka_unit_test(one_slug_has_many_with_a_number),
	};

	return cmocka_run_group_tests_name("base_slug", tests, NULL, NULL);
}
