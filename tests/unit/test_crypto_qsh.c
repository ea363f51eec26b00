/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/crypto/qsh.h"

static void known_requests_have_known_hashes(void **state)
{
	static const struct {
		const char *method, *path, *query, *hash;
	} cases[] = {
		{"POST", "/extensions/jira/issue-updated/", NULL,
			"3f3a9ce11273657e8a715d95ddc04fc69e5a70b5c94513f9ca94917f74384f44"},
		{"GET", "/rest/api/2/serverInfo", NULL,
			"dc90b145e28f269fbbba70105c273ee2a59e0c4b59c065fc5fdf0afae8542e30"},
		{"GET", "/rest/api/2/project/search", "maxResults=50&id=10000&id=10004",
			"1aaf4f0fb14ebce6b0553805c70ddbc01808a54889b65a134872507b38b2c39d"},
		{"GET", "/rest/api/2/search",
			"jql=text%20~%20%22boom%20%26%20bust%2A%22&fields=summary",
			"e0fc0bc9054fc6cc5474324ece20b41bc0ddf0f46bcd411b08b2c4c0c7dd1129"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		char hash[QSH_SIZE];

		assert_int_equal(qsh_hash(cases[i].method, cases[i].path, cases[i].query, hash,
			NULL), 0);
		if (strcmp(hash, cases[i].hash) != 0)
			fail_msg("case %zu: %s", i, hash);
	}
}

static void a_request_has_one_canonical_form(void **state)
{
	static const struct {
		const char *method, *path, *query, *canonical;
	} cases[] = {
		{"get", "/a", NULL, "GET&/a&"},
		{"GET", "/a/", "", "GET&/a&"},
		{"GET", "/a//", "", "GET&/a&"},
		{"GET", "/", "", "GET&/&"},
		{"GET", "", "", "GET&/&"},
		{"GET", "a", "", "GET&/a&"},
		{"GET", "/a&b", "x=y", "GET&/a%26b&x=y"},
		{"GET", "/a%2Fb", "", "GET&/a%2Fb&"},
		/* jwt is left out, but only as a whole name. */
		{"GET", "/a", "b=1&jwt=x&a=2&jwt=y&jwt2=3", "GET&/a&a=2&b=1&jwt2=3"},
		{"GET", "/a", "jw%74=x", "GET&/a&"},
		{"GET", "/a", "jwt", "GET&/a&"},
		/* Repeated and blank ones. */
		{"GET", "/a", "id=2&x=&id=10&y", "GET&/a&id=10,2&x=&y="},
		{"GET", "/a", "a=1,2&a=3", "GET&/a&a=1%2C2,3"},
		{"GET", "/a", "&&b=1&&", "GET&/a&b=1"},
		{"GET", "/a", "a==&b=c=d", "GET&/a&a=%3D&b=c%3Dd"},
		{"GET", "/a", "=v", "GET&/a&=v"},
		/* However it was written. */
		{"GET", "/a", "q=a+b%20c%2a%7e/%c3%a4", "GET&/a&q=a%20b%20c%2A~%2F%C3%A4"},
		{"GET", "/a", "q=(!')*", "GET&/a&q=%28%21%27%29%2A"},
		{"GET", "/a", "b%20=1&b-=2&B=3", "GET&/a&B=3&b%20=1&b-=2"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *canonical = NULL;

		assert_int_equal(qsh_canonical(cases[i].method, cases[i].path, cases[i].query,
			&canonical, NULL), 0);
		if (strcmp(canonical, cases[i].canonical) != 0)
			fail_msg("case %zu: %s", i, canonical);
	}
}

static void a_wrong_escape_is_refused(void **state)
{
	static const char *const queries[] = {"a=%", "a=%4", "a=%zz", "%", "a=1&b%2=1"};

	(void)state;
	for (size_t i = 0; i < lengthof(queries); i++) {
		cleanup_err struct err err = {0};
		char hash[QSH_SIZE];

		if (qsh_hash("GET", "/", queries[i], hash, &err) != MORTISE_E_FIELD)
			fail_msg("case %zu", i);
	}
}

static void what_is_too_long_is_refused(void **state)
{
	cleanup_buf struct buf query = BUF(0);
	char hash[QSH_SIZE];

	(void)state;
	for (int i = 0; i < 1025; i++)
		buf_printf(&query, "a%d=1&", i);
	assert_int_equal(qsh_hash("GET", "/", buf_text(&query), hash, NULL), MORTISE_E_LIMIT);
	buf_clear(&query);
	query = BUF(0);
	for (int i = 0; i < 300000; i++)
		buf_add_char(&query, 'a');
	assert_int_equal(qsh_hash("GET", "/", buf_text(&query), hash, NULL), MORTISE_E_LIMIT);
	assert_int_equal(qsh_hash("GET", buf_text(&query), NULL, hash, NULL), MORTISE_E_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_requests_have_known_hashes),
		cmocka_unit_test(a_request_has_one_canonical_form),
		cmocka_unit_test(a_wrong_escape_is_refused),
		cmocka_unit_test(what_is_too_long_is_refused),
	};

	return cmocka_run_group_tests_name("crypto/qsh", tests, NULL, NULL);
}
