/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What a signature covers of a URL. */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/egress/origin.h"

static void a_target_is_what_is_sent(void **state)
{
	static const struct {
		const char *url, *resource, *path, *query;
	} table[] = {
		{"https://jira.corp.example/rest/api/2/search/?jql=text%20~%20%22x%20y%22",
			"https://jira.corp.example/rest/api/2/search/", "/rest/api/2/search/",
			"jql=text%20~%20%22x%20y%22"},
		{"HTTPS://EXAMPLE.COM:443/A", "https://example.com/A", "/A", NULL},
		{"http://EXAMPLE.com:80/r%20v/X?id=123", "http://example.com/r%20v/X", "/r%20v/X",
			"id=123"},
		{"https://www.example.net:8080/?q=1", "https://www.example.net:8080/", "/", "q=1"},
		{"http://h.example:443/", "http://h.example:443/", "/", NULL},
		{"https://h.example:80/", "https://h.example:80/", "/", NULL},
		{"https://h.example", "https://h.example/", "/", NULL},
		{"https://h.example?a=b", "https://h.example/", "/", "a=b"},
		{"https://h.example/a/?", "https://h.example/a/", "/a/", NULL},
		{"https://h.example/a//b/../c#x?y", "https://h.example/a//b/../c", "/a//b/../c", NULL},
		{"https://[::1]:8443/x?y", "https://[::1]:8443/x", "/x", "y"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		struct origin_target target;

		assert_int_equal(origin_target_parse(table[i].url, &target, NULL), 0);
		if (strcmp(target.resource, table[i].resource) != 0 ||
			strcmp(target.path, table[i].path) != 0 ||
			(target.query ? !table[i].query || strcmp(target.query, table[i].query) != 0
				: table[i].query != NULL))
			fail_msg("%zu: %s %s %s", i, target.resource, target.path,
				target.query ? target.query : "-");
		origin_target_clear(&target);
	}
}

static void what_is_no_url_has_no_target(void **state)
{
	static const char *const urls[] = {"", "/x", "ftp://h.example/", "https://u:p@h.example/",
		"https://h.example/a b", "https://h.example:0/"};

	(void)state;
	for (size_t i = 0; i < lengthof(urls); i++) {
		struct origin_target target;

		if (origin_target_parse(urls[i], &target, NULL) != MORTISE_E_FIELD)
			fail_msg("%zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_target_is_what_is_sent),
		cmocka_unit_test(what_is_no_url_has_no_target),
	};

	return cmocka_run_group_tests_name("egress_origin", tests, NULL, NULL);
}
