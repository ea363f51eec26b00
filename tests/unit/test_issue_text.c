/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What is read from text: short ids, keywords of commits, versions of releases. */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/issue/keyword.h"
#include "core/issue/release_version.h"
#include "core/issue/short_id.h"

/* ---- Short ids ---- */

static void short_ids_are_base_36_and_come_back(void **state)
{
	static const struct {
		int64_t number;
		const char *text;
	} cases[] = {
		{1, "SHOP-1"}, {35, "SHOP-Z"}, {36, "SHOP-10"}, {1295, "SHOP-ZZ"},
		{1296, "SHOP-100"}, {INT64_C(9007199254740991), "SHOP-2GOSA7PA2GV"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		char text[SHORT_ID_SIZE], slug[SHORT_ID_SLUG_SIZE];
		int64_t number;

		assert_string_equal(short_id_format("shop", cases[i].number, text), cases[i].text);
		assert_true(short_id_parse(text, slug, &number));
		assert_string_equal(slug, "shop");
		assert_int_equal(number, cases[i].number);
	}
}

static void what_is_no_short_id_is_refused(void **state)
{
	static const char *const bad[] = {"", "-", "SHOP", "SHOP-", "-1", "SHOP-0", "SHOP-00",
		"SHOP-1!", "SHOP-1 ", "SHOP-ZZZZZZZZZZZZZ",
		"a-slug-that-is-much-longer-than-any-slug-may-ever-be-here-1"};
	char slug[SHORT_ID_SLUG_SIZE];
	int64_t number;

	(void)state;
	for (size_t i = 0; i < lengthof(bad); i++)
		if (short_id_parse(bad[i], slug, &number))
			fail_msg("%zu: \"%s\"", i, bad[i]);
	assert_true(short_id_parse("my-Shop_2-aB", slug, &number));
	assert_string_equal(slug, "my-shop_2");
	assert_int_equal(number, 10 * 36 + 11);
}

/* ---- Keywords ---- */

static void keywords_name_the_issues_they_resolve(void **state)
{
	static const struct {
		const char *text, *ids;
	} cases[] = {
		{"fixes SHOP-1", "SHOP-1"},
		{"Fix shop-1a", "SHOP-1A"},
		{"FIXED: SHOP-1, SHOP-2 and shop-3 & SHOP-4", "SHOP-1 SHOP-2 SHOP-3 SHOP-4"},
		{"close SHOP-1\ncloses SHOP-2\nClosed SHOP-3", "SHOP-1 SHOP-2 SHOP-3"},
		{"resolve SHOP-1; resolves #SHOP-2. Resolved my-app-7", "SHOP-1 SHOP-2 MY-APP-7"},
		{"Title\n\nFixes\nSHOP-1", "SHOP-1"},
		{"fixes SHOP-1 and fixes SHOP-1", "SHOP-1"},
		{"fixes SHOP-1 by way of SHOP-2", "SHOP-1"},
		{"fixes the bug SHOP-1", ""},
		{"SHOP-1", ""},
		{"prefix SHOP-1", ""},
		{"fixing SHOP-1", ""},
		{"fix-SHOP-1", ""},
		{"fixes", ""},
		{"fixes SHOP", ""},
		{"fixes, SHOP-1", ""},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		char ids[KEYWORD_IDS_MAX][SHORT_ID_SIZE];
		size_t len = keyword_ids(cases[i].text, ids);
		char all[1024] = "";

		for (size_t k = 0; k < len; k++) {
			strcat(all, k > 0 ? " " : "");
			strcat(all, ids[k]);
		}
		if (strcmp(all, cases[i].ids) != 0)
			fail_msg("%zu: \"%s\" gives \"%s\"", i, cases[i].text, all);
	}
}

static void one_text_names_a_bounded_number_of_issues(void **state)
{
	char ids[KEYWORD_IDS_MAX][SHORT_ID_SIZE];
	char text[4096] = "fixes";

	(void)state;
	for (int i = 100; i < 300; i++)
		sprintf(text + strlen(text), " A-%d", i);
	assert_int_equal(keyword_ids(text, ids), KEYWORD_IDS_MAX);
	assert_string_equal(ids[KEYWORD_IDS_MAX - 1], "A-149");
}

/* ---- Versions ---- */

/* Each is lower than the next; the second row is the example of semver.org, 11.4. */
static void keys_sort_as_precedence_does(void **state)
{
	static const char *const rising[] = {
		"a@0.9", "a@0.9.1", "a@0.10.0",
		"a@1.0.0-alpha", "a@1.0.0-alpha.1", "a@1.0.0-alpha.beta", "a@1.0.0-beta",
		"a@1.0.0-beta.2", "a@1.0.0-beta.11", "a@1.0.0-rc.1", "a@1.0.0",
		"a@1.0.0+1", "a@1.0.0+2", "a@1.0.0+10", "a@1.0.0+build",
		"a@1.0.0.1", "a@1.0.1", "a@1.2.0", "a@1.10.0", "a@2", "a@2.0.1", "a@2.1.0",
		"a@2.1.1-0", "a@2.1.1-1", "a@2.1.1--", "a@2.1.1-A", "a@2.1.1-a",
		"a@2.1.1-a.0", "a@2.1.1-a-", "a@2.1.1-ab", "a@2.1.1", "a@10.0.0",
		"a@999999999999999999.0",
	};

	(void)state;
	for (size_t i = 0; i + 1 < lengthof(rising); i++)
		for (size_t k = i + 1; k < lengthof(rising); k++) {
			cleanup_free char *low = release_version_key(rising[i]);
			cleanup_free char *high = release_version_key(rising[k]);

			if (!low || !high || strcmp(low, high) >= 0)
				fail_msg("\"%s\" is not below \"%s\"", rising[i], rising[k]);
		}
}

/* The package does not count, nor do leading zeros and missing numbers. */
static void keys_of_the_same_version_are_the_same(void **state)
{
	static const char *const pairs[][2] = {
		{"a@1.0", "b@1.0.0"}, {"1.2.3", "@scope/pkg@1.2.3"}, {"a@2026.05.01", "a@2026.5.1"},
		{"a@1", "a@1.0.0.0"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(pairs); i++) {
		cleanup_free char *one = release_version_key(pairs[i][0]);
		cleanup_free char *other = release_version_key(pairs[i][1]);

		assert_non_null(one);
		assert_string_equal(one, other);
	}
}

static void what_is_no_semantic_version_has_no_key(void **state)
{
	static const char *const none[] = {"", "a@", "a@x", "a@1.", "a@.1", "a@1..2", "a@1.2.3.4.5",
		"a@1.0-", "a@1.0-a..b", "a@1.0-a_b", "a@1.0+", "a@1.0+a+b", "a@1.0 ", "1234567",
		"deadbeef", "a@1234567890123456789.0", "a@v1.0", "@1.0.0", "a@1.0-\xc3\xa4"};

	(void)state;
	for (size_t i = 0; i < lengthof(none); i++) {
		cleanup_free char *key = release_version_key(none[i]);

		if (key)
			fail_msg("%zu: \"%s\" has key \"%s\"", i, none[i], key);
	}
}

static void a_version_is_taken_apart(void **state)
{
	struct release_version version;

	(void)state;
	release_version_parse("@acme/shop@1.0.0-rc.1+7", &version);
	assert_int_equal(version.package_size, strlen("@acme/shop"));
	assert_string_equal(version.description, "1.0.0-rc.1+7");
	assert_true(version.is_semver);
	release_version_clear(&version);
	release_version_parse("2026-nightly", &version);
	assert_int_equal(version.package_size, 0);
	assert_string_equal(version.description, "2026-nightly");
	assert_false(version.is_semver);
	release_version_clear(&version);
}

static void versions_that_cannot_be_are_refused(void **state)
{
	static const char *const bad[] = {"", ".", "..", "latest", "a/b", "a\\b", "a\nb", "a\tb",
		" a", "a ", "a\x7f"};
	char text[RELEASE_VERSION_MAX + 2];

	(void)state;
	for (size_t i = 0; i < lengthof(bad); i++) {
		cleanup_err struct err err = {0};

		if (release_version_check(bad[i], &err) != MORTISE_E_FIELD)
			fail_msg("%zu: \"%s\"", i, bad[i]);
	}
	memset(text, 'x', sizeof(text));
	text[RELEASE_VERSION_MAX + 1] = '\0';
	for (int longer = 1; longer >= 0; longer--) {
		cleanup_err struct err err = {0};

		text[RELEASE_VERSION_MAX + longer] = '\0';
		assert_int_equal(release_version_check(text, &err), longer ? MORTISE_E_FIELD : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_ids_are_base_36_and_come_back),
		cmocka_unit_test(what_is_no_short_id_is_refused),
		cmocka_unit_test(keywords_name_the_issues_they_resolve),
		cmocka_unit_test(one_text_names_a_bounded_number_of_issues),
		cmocka_unit_test(keys_sort_as_precedence_does),
		cmocka_unit_test(keys_of_the_same_version_are_the_same),
		cmocka_unit_test(what_is_no_semantic_version_has_no_key),
		cmocka_unit_test(a_version_is_taken_apart),
		cmocka_unit_test(versions_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests_name("issue_text", tests, NULL, NULL);
}
