/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What an event becomes: its canonical form, its name, and the issue that it belongs to. */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/ingest/describe.h"
#include "core/ingest/group.h"
#include "core/ingest/normalize.h"
#include "core/ingest/parametrize.h"

#define NOW_US INT64_C(1800000000000000)

static const struct normalize_source source = {
	.event_id = "0123456789abcdef0123456789abcdef", .received_us = NOW_US, .peer = "192.0.2.7"};

static json_t *normalized(const char *text)
{
	cleanup_json json_t *raw = json_loads(text, 0, NULL);
	int64_t occurred_us;
	json_t *body;

	if (!raw)
		fail_msg("not JSON: %s", text);
	body = normalize(raw, &source, &occurred_us);
	describe(body);
	return body;
}

/* ---- The canonical form ---- */

/* One attribute as it comes and as it is kept, "" for none. */
static const struct form {
	const char *event, *name, *kept;
} forms[] = {
	{"{\"level\":\"fatal\"}", "level", "\"fatal\""},
	{"{\"level\":\"log\"}", "level", "\"info\""},
	{"{\"level\":\"loud\"}", "level", "\"error\""},
	{"{\"level\":3}", "level", "\"error\""},
	{"{}", "level", "\"error\""},
	{"{}", "platform", "\"other\""},
	{"{\"platform\":\"node\"}", "platform", "\"node\""},
	{"{\"release\":\"shop@1.0\"}", "release", "\"shop@1.0\""},
	{"{\"release\":\"a/b\"}", "release", ""},
	{"{\"release\":\"..\"}", "release", ""},
	{"{\"release\":\"\"}", "release", ""},
	{"{\"release\":7}", "release", "\"7\""},
	{"{\"environment\":\"none\"}", "environment", ""},
	{"{\"environment\":\"a\\nb\"}", "environment", ""},
	{"{\"transaction\":\"GET /\"}", "transaction", "\"GET /\""},
	{"{\"message\":\"m\"}", "logentry", "{\"formatted\":\"m\"}"},
	{"{\"message\":{\"formatted\":\"f\"}}", "logentry", "{\"formatted\":\"f\"}"},
	{"{\"logentry\":{\"message\":\"%s is {} of %d%%\",\"params\":[\"a\",2]}}", "logentry",
	 "{\"formatted\":\"a is 2 of %d%%\",\"message\":\"%s is {} of %d%%\",\"params\":[\"a\",2]}"},
	{"{\"message\":[]}", "logentry", ""},
	{"{\"tags\":{\"a\":\"b\",\"n\":1,\"t\":true,\"bad key\":\"x\",\"o\":{},\"nl\":\"a\\nb\"}}", "tags",
	 "[[\"a\",\"b\"],[\"n\",\"1\"],[\"t\",\"True\"]]"},
	{"{\"tags\":[[\"a\",\"b\"],{\"key\":\"c\",\"value\":\"d\"},[],7,null]}", "tags",
	 "[[\"a\",\"b\"],[\"c\",\"d\"]]"},
	{"{\"user\":{\"id\":7,\"ip_address\":\"{{auto}}\"}}", "user",
	 "{\"id\":7,\"ip_address\":\"192.0.2.7\"}"},
	{"{\"user\":\"mona\"}", "user", ""},
	{"{\"fingerprint\":[\"a\",7,{}]}", "fingerprint", "[\"a\",\"7\"]"},
	{"{\"fingerprint\":\"a\"}", "fingerprint", ""},
	{"{\"exception\":{\"type\":\"E\",\"junk\":1}}", "exception", "{\"values\":[{\"type\":\"E\"}]}"},
	{"{\"exception\":[{\"value\":5},null,{}]}", "exception", "{\"values\":[{\"value\":\"5\"}]}"},
	{"{\"exception\":{\"values\":[{\"type\":\"E\",\"stacktrace\":{\"frames\":[null,"
	 "{\"function\":\"f\",\"lineno\":3,\"in_app\":true,\"x\":1,\"colno\":\"y\"}]}}]}}", "exception",
	 "{\"values\":[{\"stacktrace\":{\"frames\":[{\"function\":\"f\",\"in_app\":true,\"lineno\":3}]},"
	 "\"type\":\"E\"}]}"},
	{"{\"exception\":7}", "exception", ""},
	{"{\"breadcrumbs\":{\"values\":[{\"message\":\"b\"},null]}}", "breadcrumbs",
	 "{\"values\":[{\"message\":\"b\"}]}"},
	{"{\"breadcrumbs\":[{\"message\":\"b\"}]}", "breadcrumbs", "{\"values\":[{\"message\":\"b\"}]}"},
	{"{\"extra\":{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":1}}}}}}}}}", "extra",
	 "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":\"[Object]\"}}}}}}}"},
	{"{\"unknown\":1}", "unknown", ""},
	{"{\"timestamp\":\"2027-01-15T08:00:00Z\"}", "timestamp", "1800000000.0"},
	{"{\"timestamp\":\"2027-01-15T07:59:59.5\"}", "timestamp", "1799999999.5"},
	{"{\"timestamp\":1799999990.25}", "timestamp", "1799999990.25"},
	/* Wrong clocks. */
	{"{\"timestamp\":1800009999}", "timestamp", "1800000000.0"},
	{"{\"timestamp\":1}", "timestamp", "1800000000.0"},
	{"{\"timestamp\":1e300}", "timestamp", "1800000000.0"},
	{"{\"timestamp\":\"soon\"}", "timestamp", "1800000000.0"},
	{"{\"timestamp\":\"9999-12-31T23:59:59Z\"}", "timestamp", "1800000000.0"},
	/* What could not be kept is named. */
	{"{\"release\":\"a/b\",\"user\":1,\"tags\":{\"\":\"\"},\"timestamp\":[]}", "errors",
	 "[{\"name\":\"timestamp\",\"type\":\"invalid_data\"},{\"name\":\"release\",\"type\":\"invalid_data\"},"
	 "{\"name\":\"tags\",\"type\":\"invalid_data\"},{\"name\":\"user\",\"type\":\"invalid_data\"}]"},
	{"{\"release\":null,\"user\":{},\"tags\":null,\"environment\":\"\"}", "errors", "[]"},
};

static void each_attribute_has_one_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(forms); i++) {
		cleanup_json json_t *body = normalized(forms[i].event);
		json_t *value = json_object_get(body, forms[i].name);
		cleanup_free char *kept = value ?
			json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : xstrdup("");

		if (strcmp(kept, forms[i].kept) != 0)
			fail_msg("row %zu: %s: %s", i, forms[i].name, kept);
	}
}

static json_t *frames_of(size_t len)
{
	json_t *frames = json_array();

	for (size_t i = 0; i < len; i++)
		json_array_append_new(frames, json_pack("{s:s, s:I, s:{s:s}}", "function", "f",
			"lineno", (json_int_t)i, "vars", "v", "a value"));
	return frames;
}

static void everything_is_bounded(void **state)
{
	cleanup_json json_t *raw = json_pack("{s:[{s:s, s:{s:o}}], s:{}, s:{}, s:[]}", "exception",
		"type", "E", "stacktrace", "frames", frames_of(1000), "tags", "extra", "breadcrumbs");
	cleanup_json json_t *body = NULL;
	cleanup_free char *long_text = xcalloc(1, 100001);
	const json_t *stacktrace, *frames;
	int64_t occurred_us;

	(void)state;
	memset(long_text, 'x', 100000);
	json_object_set_new(raw, "message", json_string(long_text));
	json_object_set_new(raw, "transaction", json_string(long_text));
	json_object_set_new(raw, "release", json_string(long_text));
	for (int i = 0; i < 300; i++) {
		char name[32];

		snprintf(name, sizeof(name), "k%d", i);
		json_object_set_new(json_object_get(raw, "tags"), name, json_string("v"));
		json_object_set_new(json_object_get(raw, "extra"), name, json_string(long_text));
		json_array_append_new(json_object_get(raw, "breadcrumbs"),
			json_pack("{s:i}", "n", i));
	}
	body = normalize(raw, &source, &occurred_us);
	stacktrace = json_object_get(json_array_get(json_object_get(
		json_object_get(body, "exception"), "values"), 0), "stacktrace");
	frames = json_object_get(stacktrace, "frames");
	assert_int_equal(json_array_size(frames), 250);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(frames, 0), "lineno")), 0);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(frames, 249), "lineno")),
		999);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(stacktrace,
		"frames_omitted"), 1)), 875);
	assert_int_equal(json_array_size(json_object_get(body, "tags")), 100);
	assert_true(json_object_size(json_object_get(body, "extra")) < 20);
	assert_int_equal(json_array_size(json_object_get(json_object_get(body, "breadcrumbs"),
		"values")), 100);
	assert_int_equal(json_string_length(json_object_get(json_object_get(body, "logentry"),
		"formatted")), 8192);
	assert_int_equal(json_string_length(json_object_get(body, "transaction")), 200);
	assert_null(json_object_get(body, "release"));
}

static void an_event_id_has_32_digits(void **state)
{
	static const struct {
		const char *text, *id;
	} ids[] = {
		{"0123456789ABCDEF0123456789abcdef", "0123456789abcdef0123456789abcdef"},
		{"01234567-89ab-cdef-0123-456789abcdef", "0123456789abcdef0123456789abcdef"},
		{"0123456789abcdef0123456789abcde", NULL},
		{"0123456789abcdef0123456789abcdef0", NULL},
		{"g123456789abcdef0123456789abcdef", NULL},
		{"0-123456789abcdef0123456789abcdef", NULL},
		{"", NULL},
	};
	char id[EVENT_ID_SIZE];

	(void)state;
	for (size_t i = 0; i < lengthof(ids); i++)
		if (normalize_event_id(ids[i].text, id) != (ids[i].id != NULL) ||
			(ids[i].id && strcmp(id, ids[i].id) != 0))
			fail_msg("row %zu: %s", i, id);
}

/* ---- Names ---- */

static const struct name {
	const char *event, *type, *title, *culprit;
} names[] = {
	{"{}", "default", "<unlabeled event>", ""},
	{"{\"message\":\"\\n  first line\\nsecond\"}", "default", "first line", ""},
	{"{\"exception\":[{\"type\":\"E\",\"value\":\"v\\nmore\"}]}", "error", "E: v", ""},
	{"{\"exception\":[{\"type\":\"E\"}]}", "error", "E", ""},
	{"{\"exception\":[{\"value\":\"v\"}]}", "error", "v", ""},
	{"{\"exception\":[{\"type\":\"Cause\"},{\"type\":\"E\"}],\"transaction\":\"GET /cart\"}", "error",
	 "E", "GET /cart"},
	{"{\"exception\":[{\"type\":\"E\",\"stacktrace\":{\"frames\":["
	 "{\"function\":\"mine\",\"filename\":\"a.js\",\"in_app\":true},"
	 "{\"function\":\"lib\",\"filename\":\"b.js\",\"in_app\":false}]}}]}", "error", "E", "a.js in mine"},
	{"{\"exception\":[{\"type\":\"E\",\"stacktrace\":{\"frames\":["
	 "{\"function\":\"f\",\"filename\":\"a.js\"},{\"function\":\"g\",\"module\":\"m\"}]}}]}", "error",
	 "E", "m in g"},
	{"{\"message\":\"m\",\"threads\":{\"values\":[{\"id\":1,\"crashed\":true,\"stacktrace\":{\"frames\":"
	 "[{\"function\":\"t\",\"filename\":\"t.c\"}]}}]}}", "default", "m", "t.c in t"},
};

static const char *text_of(const json_t *body, const char *name)
{
	return json_string_value(json_object_get(body, name));
}

static void an_event_has_a_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(names); i++) {
		cleanup_json json_t *body = normalized(names[i].event);

		if (strcmp(text_of(body, "type"), names[i].type) != 0 ||
			strcmp(text_of(body, "title"), names[i].title) != 0 ||
			strcmp(text_of(body, "culprit"), names[i].culprit) != 0)
			fail_msg("row %zu: %s \"%s\" \"%s\"", i, text_of(body, "type"),
				text_of(body, "title"), text_of(body, "culprit"));
	}
}

static void what_tells_more_weighs_more(void **state)
{
	static const char *const rising[] = {
		"{}", "{\"breadcrumbs\":[{\"message\":\"b\"}]}",
		"{\"breadcrumbs\":[{\"message\":\"b\"}],\"user\":{\"id\":1}}",
		"{\"exception\":[{\"type\":\"E\",\"stacktrace\":{\"frames\":[{\"function\":\"f\"}]}}]}",
		("{\"exception\":[{\"type\":\"E\",\"stacktrace\":{\"frames\":[{\"function\":\"f\"}]}}],"
		"\"request\":{\"url\":\"/\"}}"),
	};
	int last = -1;

	(void)state;
	for (size_t i = 0; i < lengthof(rising); i++) {
		cleanup_json json_t *body = normalized(rising[i]);

		if (describe_weight(body) <= last)
			fail_msg("row %zu", i);
		last = describe_weight(body);
	}
}

/* ---- Parameters ---- */

static void what_varies_is_told_by_its_form(void **state)
{
	static const struct {
		const char *text, *form;
	} rows[] = {
		{"", ""},
		{"no such file", "no such file"},
		{"user 42 left", "user <int> left"},
		{"took 12ms, 3.5s", "took <int>ms, <float>s"},
		{"-7 of 9", "<int> of <int>"},
		{"utf8 and x86_64 stay", "utf8 and x86_64 stay"},
		{"id 3f2504e0-4f89-11d3-9a0c-0305e82c3301!", "id <uuid>!"},
		{"at 0x7ffe12 and deadbeef01", "at <hex> and <hex>"},
		{"a decade is a facade", "a decade is a facade"},
		{"from 10.1.2.3:8080", "from <ip>:<int>"},
		{"1.2.3.4.5", "<ip>.<int>"},
		{"mail mona@example.test now", "mail <email> now"},
		{"see https://a.test/x?y=1 (or not)", "see <url> (or not)"},
		{"on 2026-05-01T10:00:00.123Z", "on <date>"},
		{"on 2026-05-01 at", "on <date> at"},
		{"\xc3\xa4" "5", "\xc3\xa4" "5"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(rows); i++) {
		cleanup_buf struct buf out = BUF(1000);

		parametrize(rows[i].text, &out);
		if (strcmp(buf_text(&out), rows[i].form) != 0)
			fail_msg("row %zu: %s", i, buf_text(&out));
	}
}

/* ---- Grouping ---- */

#define E(type, value, frames) "{\"exception\":[{\"type\":\"" type "\",\"value\":\"" value \
	"\",\"stacktrace\":{\"frames\":[" frames "]}}]}"
#define APP(function, line) "{\"function\":\"" function "\",\"module\":\"shop\",\"lineno\":" line \
	",\"in_app\":true}"
#define LIB(function) "{\"function\":\"" function "\",\"module\":\"lib\",\"in_app\":false}"
#define FILE_(function, file) "{\"function\":\"" function "\",\"filename\":\"" file "\"}"
#define WITH(fingerprint) "{\"fingerprint\":[" fingerprint "],\"exception\":[{\"type\":\"E\"}]}"

static const struct pair {
	const char *a, *b;
	bool alike;
} pairs[] = {
	/* The type and the frames of the application, nothing else. */
	{E("E", "v", APP("f", "1")), E("E", "v", APP("f", "1")), true},
	{E("E", "one", APP("f", "1")), E("E", "two", APP("f", "99")), true},
	{E("E", "v", APP("f", "1")), E("F", "v", APP("f", "1")), false},
	{E("E", "v", APP("f", "1")), E("E", "v", APP("g", "1")), false},
	{E("E", "v", APP("f", "1") "," LIB("x")), E("E", "v", APP("f", "1") "," LIB("y")), true},
	{E("E", "v", LIB("x")), E("E", "v", LIB("y")), false},
	{E("E", "v", APP("f", "1") "," APP("g", "1")), E("E", "v", APP("g", "1") "," APP("f", "1")), false},
	/* However deep it recursed. */
	{E("E", "v", APP("f", "1") "," APP("f", "1")), E("E", "v", APP("f", "1") "," APP("f", "1") ","
		APP("f", "1") "," APP("f", "2")), true},
	/* Wherever it was deployed. */
	{E("E", "v", FILE_("f", "/srv/20260501/a.js")), E("E", "v", FILE_("f", "/srv/20260502/a.js")), true},
	{E("E", "v", FILE_("f", "https://a.test/main.3f2504e04f89.js?v=1")),
	 E("E", "v", FILE_("f", "https://b.test/main.aa04e04f1234.js")), true},
	{E("E", "v", FILE_("f", "/srv/a.js")), E("E", "v", FILE_("f", "/srv/b.js")), false},
	/* A function without a name is told by its line. */
	{E("E", "v", "{\"filename\":\"a\",\"function\":\"<anonymous>\",\"context_line\":\"  a();\"}"),
	 E("E", "v", "{\"filename\":\"a\",\"function\":\"?\",\"context_line\":\"\\ta();\"}"), true},
	{E("E", "v", "{\"filename\":\"a\",\"context_line\":\"a();\"}"),
	 E("E", "v", "{\"filename\":\"a\",\"context_line\":\"b();\"}"), false},
	/* Without frames: what it says, without what varies. */
	{E("E", "no user 1", ""), E("E", "no user 2", ""), true},
	{E("E", "no user 1", ""), E("E", "no order 1", ""), false},
	/* All of a chain. */
	{"{\"exception\":[{\"type\":\"A\"},{\"type\":\"B\"}]}", "{\"exception\":[{\"type\":\"C\"},{\"type\":\"B\"}]}", false},
	{"{\"exception\":[{\"type\":\"AB\"},{\"type\":\"C\"}]}", "{\"exception\":[{\"type\":\"A\"},{\"type\":\"BC\"}]}", false},
	/* Messages: the template if there is one. */
	{"{\"message\":\"user 1 left\"}", "{\"message\":\"user 22 left\"}", true},
	{"{\"message\":\"user 1 left\"}", "{\"message\":\"user 1 came\"}", false},
	{"{\"logentry\":{\"message\":\"%s left\",\"params\":[\"mona\"]}}",
	 "{\"logentry\":{\"message\":\"%s left\",\"params\":[\"lisa\"]}}", true},
	{"{\"message\":\"m\",\"level\":\"info\"}", "{\"message\":\"m\",\"level\":\"error\"}", true},
	/* A made-up type says nothing. */
	{"{\"exception\":[{\"type\":\"A\",\"value\":\"v\",\"mechanism\":{\"synthetic\":true}}]}",
	 "{\"exception\":[{\"type\":\"B\",\"value\":\"v\",\"mechanism\":{\"synthetic\":true}}]}", true},
	/* The SDK's word counts first. */
	{WITH("\"a\""), "{\"fingerprint\":[\"a\"],\"message\":\"other\"}", true},
	{WITH("\"a\""), WITH("\"b\""), false},
	{WITH("\"a\",\"b\""), WITH("\"ab\""), false},
	{WITH("\"{{ default }}\""), "{\"exception\":[{\"type\":\"E\"}]}", true},
	{WITH("\"{{default}}\",\"a\""), WITH("\"{{ default }}\",\"a\""), true},
	{WITH("\"{{ default }}\",\"a\""), WITH("\"a\""), false},
	{WITH("\"{{ defaults }}\""), "{\"exception\":[{\"type\":\"E\"}]}", false},
	{"{\"fingerprint\":[]}", "{}", true},
	/* What an event is made of stands where it stands. */
	{"{\"message\":\"E\"}", "{\"exception\":[{\"type\":\"E\",\"value\":\"x\"}]}", false},
};

static void what_is_alike_has_one_hash(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(pairs); i++) {
		cleanup_json json_t *a = normalized(pairs[i].a), *b = normalized(pairs[i].b);
		char hash_a[GROUP_HASH_SIZE], hash_b[GROUP_HASH_SIZE];

		group_hash(a, hash_a);
		group_hash(b, hash_b);
		assert_int_equal(strlen(hash_a), GROUP_HASH_SIZE - 1);
		if ((strcmp(hash_a, hash_b) == 0) != pairs[i].alike)
			fail_msg("pair %zu: %s, %s", i, pairs[i].a, pairs[i].b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_attribute_has_one_form),
		cmocka_unit_test(everything_is_bounded),
		cmocka_unit_test(an_event_id_has_32_digits),
		cmocka_unit_test(an_event_has_a_name),
		cmocka_unit_test(what_tells_more_weighs_more),
		cmocka_unit_test(what_varies_is_told_by_its_form),
		cmocka_unit_test(what_is_alike_has_one_hash),
	};

	return cmocka_run_group_tests_name("ingest_event", tests, NULL, NULL);
}
