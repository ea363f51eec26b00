/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/access/cookie.h"
#include "core/base/mem.h"

static const struct {
	const char *header;
	const char *value;     /* NULL: not found */
} headers[] = {
	{NULL, NULL},
	{"", NULL},
	{"s=abc", "abc"},
	{"a=1; s=abc; b=2", "abc"},
	{"a=1;s=abc", "abc"},
	{"ss=abc", NULL},
	{"xs=abc", NULL},
	{"s=", NULL},
	{"s", NULL},
	{"s=abc; s=def", NULL},
	{"s=12345678", NULL},
	{"s=1234567", "1234567"},
	{"; ; s=a=b", "a=b"},
};

static void cookie_is_found_once_or_not_at_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(headers); i++) {
		char value[8];
		bool found = cookie_find(headers[i].header, "s", value, sizeof(value));

		if (found != (headers[i].value != NULL) ||
			(found && strcmp(value, headers[i].value) != 0))
			fail_msg("header %zu: %s", i, found ? value : "not found");
	}
}

static void cookie_is_secure_behind_https_and_kept_below_the_path(void **state)
{
	cleanup_free char *plain = cookie_make("http://127.0.0.1:8300", "s", "v", 60);
	cleanup_free char *tls = cookie_make("https://example.com/m", "s", "v", 60);

	(void)state;
	assert_string_equal(plain, "s=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
	assert_string_equal(tls, "s=v; Path=/m; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cookie_is_found_once_or_not_at_all),
		cmocka_unit_test(cookie_is_secure_behind_https_and_kept_below_the_path),
	};

	return cmocka_run_group_tests_name("access_cookie", tests, NULL, NULL);
}
