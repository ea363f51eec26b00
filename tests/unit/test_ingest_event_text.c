/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <jansson.h>

#include "core/base/mem.h"
#include "core/ingest/event_text.h"

#define FRAME(n) "{\"function\": \"f" #n "\", \"filename\": \"a.js\", \"lineno\": " #n "}"

static const struct row {
	const char *body;
	size_t max;
	const char *text;
} rows[] = {
	{"{}", 100, ""},
	{"{\"logentry\": {\"formatted\": \"disk full\"}}", 100, "disk full"},
	{"{\"exception\": {\"values\": [{\"type\": \"E\", \"value\": \"v\"}]},"
	 "\"logentry\": {\"formatted\": \"not this\"}}", 100, "E: v"},
	{"{\"exception\": {\"values\": [{\"value\": \"v\"}]}}", 100, "v"},
	{"{\"exception\": {\"values\": [{\"type\": \"E\"}]}}", 100, "E"},
	/* The innermost call comes last in an event, and is told first. */
	{"{\"exception\": {\"values\": [{\"type\": \"E\", \"stacktrace\": {\"frames\": ["
	 FRAME(1) "," FRAME(2) "]}}]}}", 100, "E\n  at f2 (a.js:2)\n  at f1 (a.js:1)"},
	{"{\"exception\": {\"values\": [{\"type\": \"Cause\"}, {\"type\": \"Effect\"}]}}", 100,
	 "Effect\n\nCaused by: Cause"},
	{"{\"exception\": {\"values\": [{\"type\": \"E\", \"stacktrace\": {\"frames\": ["
	 "{\"module\": \"m\", \"context_line\": \"\\t  go();\"}]}}]}}", 100,
	 "E\n  at ? (m)\n     go();"},
	{"{\"logentry\": {\"formatted\": \"m\"}, \"stacktrace\": {\"frames\": [" FRAME(3) "]}}",
	 100, "m\n  at f3 (a.js:3)"},
	/* Cut between lines, or else between characters. */
	{"{\"logentry\": {\"formatted\": \"one\\ntwo\\nthree\"}}", 9, "one\ntwo"},
	{"{\"logentry\": {\"formatted\": \"\\u00e4\\u00e4\"}}", 3, "\xc3\xa4"},
	{"{\"logentry\": {\"formatted\": \"a```b````c\"}}", 100, "a``'b``''c"},
	/* Not the form that it should have. */
	{"{\"exception\": {\"values\": [1, null]}, \"logentry\": [], \"stacktrace\": 1}", 100,
	 "\n\nCaused by:"},
};

static void a_text_tells_what_the_event_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(rows); i++) {
		cleanup_json json_t *body = json_loads(rows[i].body, 0, NULL);
		cleanup_free char *text = NULL;

		assert_non_null(body);
		text = event_text(body, rows[i].max);
		if (strncmp(text, rows[i].text, strlen(rows[i].text)) != 0 ||
			(*rows[i].text != '\n' && strcmp(text, rows[i].text) != 0))
			fail_msg("row %zu: \"%s\"", i, text);
	}
}

static void long_stacks_are_counted(void **state)
{
	cleanup_json json_t *frames = json_array();
	cleanup_json json_t *body = NULL;
	cleanup_free char *text = NULL;

	(void)state;
	for (int i = 0; i < 23; i++)
		json_array_append_new(frames, json_pack("{s:s}", "function", "f"));
	body = json_pack("{s:{s:[{s:s, s:{s:O}}]}}", "exception", "values", "type", "E",
		"stacktrace", "frames", frames);
	text = event_text(body, 4096);
	assert_non_null(strstr(text, "  and 3 more"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_tells_what_the_event_says),
		cmocka_unit_test(long_stacks_are_counted),
	};

	return cmocka_run_group_tests_name("ingest_event_text", tests, NULL, NULL);
}
