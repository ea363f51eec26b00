/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The parts that take a request of an SDK apart: expansion, envelope, sender. */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#include <zlib.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/ingest/envelope.h"
#include "core/ingest/expand.h"
#include "core/ingest/sender.h"

#define KEY "0123456789abcdef0123456789abcdef"

/* ---- Expansion ---- */

enum form { GZIP = MAX_WBITS + 16, ZLIB = MAX_WBITS, BARE = -MAX_WBITS };

static size_t shrink(enum form form, const void *data, size_t size, unsigned char *ret, size_t max)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size,
		.next_out = ret, .avail_out = (uInt)max};
	size_t out;

	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, form, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	out = stream.total_out;
	deflateEnd(&stream);
	return out;
}

static void every_form_is_undone(void **state)
{
	static const struct {
		enum form form;
		const char *encoding;
	} forms[] = {{GZIP, "gzip"}, {GZIP, "X-GZip"}, {ZLIB, "deflate"}, {BARE, "deflate"}};
	static const char text[] = "an event, an event, an event, an event";

	(void)state;
	for (size_t i = 0; i < lengthof(forms); i++) {
		unsigned char packed[200];
		size_t size = shrink(forms[i].form, text, sizeof(text), packed, sizeof(packed));
		cleanup_buf struct buf out = {0};

		assert_true(expand_needed(forms[i].encoding));
		assert_int_equal(expand(forms[i].encoding, packed, size, 1 << 20, &out), EXPAND_DONE);
		assert_int_equal(out.size, sizeof(text));
		assert_string_equal(out.data, text);
	}
	assert_false(expand_needed(NULL));
	assert_false(expand_needed("Identity"));
}

static void damage_is_seen(void **state)
{
	static const char text[] = "an event, an event, an event, an event";
	unsigned char packed[200];
	size_t size = shrink(GZIP, text, sizeof(text), packed, sizeof(packed));

	(void)state;
	for (size_t cut = 0; cut < size; cut++) {
		cleanup_buf struct buf out = {0};

		if (expand("gzip", packed, cut, 1 << 20, &out) != EXPAND_DAMAGED)
			fail_msg("the first %zu bytes are taken for the whole", cut);
	}
	for (size_t i = 0; i < 2; i++) {
		static const char *const encodings[] = {"br", "gzip, gzip"};
		cleanup_buf struct buf out = {0};

		assert_int_equal(expand(encodings[i], packed, size, 1 << 20, &out), EXPAND_UNKNOWN);
	}
	packed[size] = 'x';
	for (size_t more = 0; more < 2; more++) {
		cleanup_buf struct buf out = {0};

		assert_int_equal(expand("gzip", packed, size + more, 1 << 20, &out),
			more ? EXPAND_DAMAGED : EXPAND_DONE);
	}
}

static void expansion_is_bounded_by_size_and_by_ratio(void **state)
{
	const size_t size = (size_t)8 << 20, max = (size_t)4 << 20;
	cleanup_free unsigned char *zeros = xcalloc(1, size);
	cleanup_free unsigned char *packed = xmalloc(size);
	size_t packed_size = shrink(GZIP, zeros, size, packed, size);
	cleanup_buf struct buf bomb = {0}, exact = {0}, over = {0};

	(void)state;
	/* A thousand times as much: refused long before the bound. */
	assert_true(packed_size < size / 900);
	assert_int_equal(expand("gzip", packed, packed_size, size, &bomb), EXPAND_TOO_LARGE);
	assert_true(bomb.capacity <= 4 * (EXPAND_FREE + packed_size * EXPAND_RATIO));
	/* What is small enough may be as repetitive as it likes. */
	packed_size = shrink(GZIP, zeros, EXPAND_FREE, packed, size);
	assert_int_equal(expand("gzip", packed, packed_size, max, &exact), EXPAND_DONE);
	assert_int_equal(exact.size, EXPAND_FREE);
	assert_int_equal(expand("gzip", packed, packed_size, EXPAND_FREE - 1, &over),
		EXPAND_TOO_LARGE);
}

/* ---- Envelopes ---- */

static const struct envelope_case {
	const char *text;
	const char *items;     /* "type:payload|…", or NULL: refused */
	const char *reason;
} envelope_cases[] = {
	{"{}", "", NULL},
	{"{}\n", "", NULL},
	{"{\"event_id\":\"a\"}\n\n\n", "", NULL},
	{"{}\n{\"type\":\"event\"}\n{}", "event:{}", NULL},
	{"{}\n{\"type\":\"event\"}\n{}\n", "event:{}", NULL},
	{"{}\n{\"type\":\"event\"}", "event:", NULL},
	{"{}\n{\"type\":\"a\",\"length\":0}\n\n{\"type\":\"b\",\"length\":3}\nx\ny", "a:|b:x\ny", NULL},
	{"{}\n{\"type\":\"a\",\"length\":2}\n{}\n\n\n{\"type\":\"b\"}\nz\n", "a:{}|b:z", NULL},
	{"{}\r\n{\"type\":\"a\"}\r\nx\n", "a:x", NULL},
	{"", NULL, "byte 0"},
	{"\n{}", NULL, "byte 0"},
	{"null", NULL, "object"},
	{"{}\n[]", NULL, "byte 3"},
	{"{}\n{}", NULL, "type"},
	{"{}\n{\"type\":1}\n", NULL, "type"},
	{"{}\n{\"type\":\"a\",\"length\":3}\nxx", NULL, "length"},
	{"{}\n{\"type\":\"a\",\"length\":-1}\nxx", NULL, "length"},
	{"{}\n{\"type\":\"a\",\"length\":\"2\"}\nxx", NULL, "length"},
	{"{}\n{\"type\":\"a\",\"length\":1.5}\nxx", NULL, "length"},
	{"{}\n{\"type\":\"a\",\"length\":1}\nxx", NULL, "longer"},
	{"{}\n{\"type\":\"a\",\"length\":9223372036854775807}\nxx", NULL, "length"},
	{"{\"a\":[[[[[[[[[]]]]]]]]]}", NULL, "large"},
};

static int read_items(const char *text, struct buf *items, struct err *err)
{
	cleanup_envelope struct envelope envelope = {0};
	cleanup_envelope_item struct envelope_item item = {0};
	int result = envelope_begin(&envelope, text, strlen(text), err);

	while (result >= 0 && (result = envelope_next(&envelope, &item, err)) == 1) {
		buf_printf(items, "%s%s:", items->size ? "|" : "", item.type);
		buf_add(items, item.payload, item.size);
	}
	return result;
}

static void an_envelope_is_taken_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(envelope_cases); i++) {
		const struct envelope_case *c = &envelope_cases[i];
		cleanup_buf struct buf items = BUF(1000);
		cleanup_err struct err err = {0};
		int result = read_items(c->text, &items, &err);

		if (c->items ? result < 0 || strncmp(buf_text(&items), c->items, strlen(c->items)) != 0 :
				result != MORTISE_E_FIELD || !strstr(err_text(&err), c->reason))
			fail_msg("case %zu: %d \"%s\" %s", i, result, buf_text(&items), err_text(&err));
	}
}

/* A NUL within a header ends no copy of it early. */
static void a_header_with_a_nul_is_refused(void **state)
{
	static const char text[] = "{\"a\":\0\"                                             \"}\n";
	cleanup_envelope struct envelope envelope = {0};
	cleanup_err struct err err = {0};

	(void)state;
	assert_int_equal(envelope_begin(&envelope, text, sizeof(text) - 1, &err), MORTISE_E_FIELD);
}

static void a_header_is_bounded(void **state)
{
	cleanup_buf struct buf text = BUF(1 << 20), items = BUF(1000);
	cleanup_err struct err err = {0};

	(void)state;
	buf_add_text(&text, "{\"a\":\"");
	while (text.size <= ENVELOPE_HEADER_MAX)
		buf_add_char(&text, 'x');
	buf_add_text(&text, "\"}");
	assert_int_equal(read_items(buf_text(&text), &items, &err), MORTISE_E_FIELD);
	assert_non_null(strstr(err_text(&err), "too large"));
}

/* ---- Senders ---- */

static void a_key_is_found_where_sdks_put_it(void **state)
{
	static const struct {
		const char *header;
		bool found;
	} headers[] = {
		{"Sentry sentry_key=" KEY, true},
		{"Sentry sentry_version=7, sentry_client=x/1, sentry_key=" KEY, true},
		{"sentry sentry_version=7,sentry_key=" KEY ",sentry_secret=z", true},
		{"Sentry sentry_version=7", false},
		{"Sentry sentry_key=", false},
		{"Sentry sentry_key=" KEY "0", false},
		{"Sentry sentry_key=ABC", false},
		{"Bearer " KEY, false},
		{"", false},
	};
	static const struct {
		const char *dsn;
		int64_t project;       /* 0: it is none */
	} dsns[] = {
		{"https://" KEY "@m.example/7", 7},
		{"http://" KEY ":secret@m.example:8300/base/path/12", 12},
		{"https://" KEY "@m.example/", 0},
		{"https://" KEY "@m.example", 0},
		{"https://" KEY "@m.example/seven", 0},
		{"https://m.example/7", 0},
		{"https:///7@", 0},
		{"https://@m.example/7", 0},
		{"nonsense", 0},
	};
	char key[PROJECT_KEY_SIZE];
	int64_t project;

	(void)state;
	for (size_t i = 0; i < lengthof(headers); i++)
		if (sender_of_header(headers[i].header, key) != headers[i].found ||
			(headers[i].found && strcmp(key, KEY) != 0))
			fail_msg("header %zu", i);
	for (size_t i = 0; i < lengthof(dsns); i++)
		if (sender_of_dsn(dsns[i].dsn, key, &project) != (dsns[i].project != 0) ||
			(dsns[i].project != 0 && project != dsns[i].project))
			fail_msg("DSN %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_undone),
		cmocka_unit_test(damage_is_seen),
		cmocka_unit_test(expansion_is_bounded_by_size_and_by_ratio),
		cmocka_unit_test(an_envelope_is_taken_apart),
		cmocka_unit_test(a_header_with_a_nul_is_refused),
		cmocka_unit_test(a_header_is_bounded),
		cmocka_unit_test(a_key_is_found_where_sdks_put_it),
	};

	return cmocka_run_group_tests_name("ingest_parts", tests, NULL, NULL);
}
