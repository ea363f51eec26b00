/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Who may show a page, and which page an address means. */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/page/page_private.h"

static void an_origin_has_nothing_that_could_end_a_source(void **state)
{
	static const char *const cases[][2] = {
		{"https://acme.test", "https://acme.test"},
		{"https://Acme.Test:443/jira/?x=1", "https://acme.test"},
		{"http://acme.test:8080/", "http://acme.test:8080"},
		{"http://127.0.0.1:1/", "http://127.0.0.1:1"},
		{"https://[::1]:8443/x", "https://[::1]:8443"},
		{"https://acme.test; frame-ancestors *", NULL},
		{"https://acme.test%3B%20*", NULL},
		{"https://*.acme.test", NULL},
		{"https://acme.test,https://evil.test", NULL},
		{"https://user:pass@acme.test/", NULL},
		{"javascript:alert(1)", NULL},
		{"acme.test", NULL},
		{"", NULL},
		{NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *origin = page_origin(cases[i][0]);

		if (!origin != !cases[i][1] || (origin && strcmp(origin, cases[i][1]) != 0))
			fail_msg("case %zu: %s", i, origin ? origin : "none");
	}
}

static void a_policy_names_who_may_show_and_what_is_loaded(void **state)
{
	const struct mortise_page plain = {.size = sizeof(plain)};
	const struct mortise_page scripted = {.size = sizeof(scripted),
		.script = "https://cdn.acme.test/all.js"};
	const struct page_subject acme = {.frame = (char *)(uintptr_t)"https://acme.test"};
	const struct page_subject nowhere = {0};
	const struct {
		const struct mortise_page *page;
		const struct page_subject *subject;
		const char *script, *frame;
	} cases[] = {
		{&plain, &acme, "script-src 'self';", "frame-ancestors 'self' https://acme.test"},
		{&plain, &nowhere, "script-src 'self';", "frame-ancestors 'self'"},
		{&scripted, &acme, "script-src 'self' https://cdn.acme.test/all.js;",
			"frame-ancestors 'self' https://acme.test"},
		{&scripted, NULL, "script-src 'self';", "frame-ancestors *"},
		{NULL, NULL, "script-src 'self';", "frame-ancestors *"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *policy = page_policy(cases[i].page, cases[i].subject);
		const char *frame = strstr(policy, "frame-ancestors");

		if (!strstr(policy, cases[i].script) || !frame || strcmp(frame, cases[i].frame) != 0)
			fail_msg("case %zu: %s", i, policy);
	}
}

static struct mortise_token tokens[] = {
	{.where = MORTISE_TOKEN_QUERY, .name = "jwt"}, {.where = MORTISE_TOKEN_PATH, .name = "secret"}};
static struct reg_page pages[] = {
	{.page = {.name = "settings", .path = "settings/"}},
	{.page = {.name = "panel", .path = "panel/{issue}/"}, .tokens = tokens, .token_len = 2},
	{.page = {.name = "deep", .path = "deep/{issue}/{secret}"}, .tokens = tokens, .token_len = 2},
};
static const struct reg_provider provider = {.pages = pages, .page_len = lengthof(pages)};

static void an_address_leads_to_its_page(void **state)
{
	static const struct {
		const char *path, *query, *page, *input;
	} cases[] = {
		{"/extensions/acme/settings", "", "settings", "{\"path\": {}, \"query\": {}}"},
		{"/extensions/acme/settings/", "", "settings", "{\"path\": {}, \"query\": {}}"},
		{"/extensions/acme/panel/APP-7/", "a=1&b=%20x&jwt=t&a=2&c", "panel",
			"{\"path\": {\"issue\": \"APP-7\"}, \"query\": {\"a\": \"1\", \"b\": \" x\", \"c\": \"\"}}"},
		{"/extensions/acme/panel/a%2Fb%20c/", "", "panel",
			"{\"path\": {\"issue\": \"a/b c\"}, \"query\": {}}"},
		{"/extensions/acme/deep/APP-7/t0ken/", "", "deep",
			"{\"path\": {\"issue\": \"APP-7\"}, \"query\": {}}"},
		{"/extensions/acme/panel/", "", NULL, NULL},
		{"/extensions/acme/panel/%zz/", "", NULL, NULL},
		{"/extensions/acme/panel/a/b/c/d/e/f/g/h/i/", "", NULL, NULL},
		{"/extensions/acme", "", NULL, NULL},
		{"/other/acme/settings/", "", NULL, NULL},
		{"/extensions/acme/settings/", "a=%zz", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		struct page_address address;
		bool found = page_address_read(&provider, cases[i].path, cases[i].query, &address);

		if (found != (cases[i].page != NULL) ||
			(found && strcmp(address.page->page.name, cases[i].page) != 0))
			fail_msg("case %zu: %s", i, found ? address.page->page.name : "none");
		if (found) {
			cleanup_json json_t *input = page_address_input(&address);
			cleanup_json json_t *wanted = json_loads(cases[i].input, 0, NULL);
			cleanup_free char *shown = json_dumps(input, 0);

			if (!json_equal(input, wanted))
				fail_msg("case %zu: %s", i, shown);
		}
		page_address_clear(&address);
	}
}

static void a_browsers_address_begins_with_our_own(void **state)
{
	static const struct {
		const char *text, *root, *path, *query;
	} cases[] = {
		{"/extensions/acme/x/?a=1", "", "/extensions/acme/x/", "a=1"},
		{"/m/extensions/acme/x/?a=1?b", "/m", "/extensions/acme/x/", "a=1?b"},
		{"/extensions/acme/x/", "", "/extensions/acme/x/", ""},
		{"/extensions/acme/x/", "/m", NULL, NULL},
		{"/mm/extensions/acme/x/", "/m", NULL, NULL},
		{"/extensions/acme/x/#y", "", NULL, NULL},
		{"https://evil.test/", "", NULL, NULL},
		{"", "", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_free char *path = NULL;
		cleanup_free char *query = NULL;
		int result = page_address_split(cases[i].text, cases[i].root, &path, &query, NULL);

		if ((result == 0) != (cases[i].path != NULL) || (result == 0 &&
			(strcmp(path, cases[i].path) != 0 || strcmp(query, cases[i].query) != 0)))
			fail_msg("case %zu: %s", i, path ? path : "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_origin_has_nothing_that_could_end_a_source),
		cmocka_unit_test(a_policy_names_who_may_show_and_what_is_loaded),
		cmocka_unit_test(an_address_leads_to_its_page),
		cmocka_unit_test(a_browsers_address_begins_with_our_own),
	};

	return cmocka_run_group_tests_name("page_parts", tests, NULL, NULL);
}
