/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* JSON read by ourselves is what jansson reads, and what it refuses is refused. */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/buf.h"
#include "core/base/json_read.h"
#include "core/base/mem.h"

static const size_t flag_sets[] = {0, JSON_DECODE_ANY, JSON_REJECT_DUPLICATES,
	JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, JSON_ALLOW_NUL, JSON_DISABLE_EOF_CHECK};

/* From a block of its own, so that a byte read behind it is noticed. */
static void check_with(const char *text, size_t size, size_t flags)
{
	cleanup_free char *copy = xmemdup(text, size);
	json_error_t wanted_problem, problem;
	cleanup_json json_t *wanted = json_loadb(text, size, flags, &wanted_problem);
	cleanup_json json_t *json = json_read(copy, size, flags, &problem);
	cleanup_free char *wanted_text = wanted ? json_dumps(wanted, JSON_ENCODE_ANY) : NULL;
	cleanup_free char *json_text = json ? json_dumps(json, JSON_ENCODE_ANY) : NULL;

	if (!wanted != !json || (wanted && !json_equal(wanted, json)))
		fail_msg("'%.*s' with flags %zx: %s, not %s", (int)size, text, flags,
			json_text ? json_text : "refused", wanted_text ? wanted_text : "refused");
	if (wanted)
		assert_string_equal(json_text, wanted_text);
	else
		assert_string_equal(problem.text, wanted_problem.text);
}

static void check(const char *text, size_t size)
{
	for (size_t i = 0; i < lengthof(flag_sets); i++)
		check_with(text, size, flag_sets[i]);
}

static const char *const texts[] = {
	"{}", " [ ] ", "null", "true", "false", "\"\"", "0", "-0", "-1", "\t[[[ ]],{ }]\r\n",
	"[9223372036854775807]", "[9223372036854775808]", "[-9223372036854775808]",
	"[-9223372036854775809]", "[12345678901234567890123]", "[1234567890123456789]",
	"[1.5,-1e300,0.1,1E2,1e+2,1e-2,-0.0,0e0]", "[1e999]", "[-1e999]", "[1e-999]",
	"[0.10000000000000000000000000000000000000000000000000000000000000000000000001]",
	"[01]", "[-]", "[-a]", "[1.]", "[.5]", "[+1]", "[1e]", "[1e+]", "[0x1]", "[1-1]", "-", "1.",
	"{\"a\":1,\"b\":[true,false,null,\"x\"],\"\":{\"\\\"\":-0.0}}",
	"{\"z\":1,\"a\":2,\"m\\n\":{\"k\\u0001\":[1,2,3]}}", "{\"a\\n\":\"b\\n\",\"c\":\"d\\t\"}",
	"{\"a\":1,\"a\":2}", "{\"a\":1,\"b\":3,\"\\u0061\":[]}", "{\"a\":{\"a\":1},\"b\":{\"a\":2}}",
	"[\"\\b\\f\\n\\r\\t\\\"\\\\\\/\"]", "[\"\\u20ac\\ud83d\\ude00\\u00e9x\\u2028\"]",
	"[\"\\uD83D\\uDE00\"]", "[\"\\u0000\"]", "{\"\\u0000\":1}", "[\"\\ud83d\"]", "[\"\\ude00\"]",
	"[\"\\ud83d\\u0041\"]", "[\"\\ud83dx\"]", "[\"\\u12g4\"]", "[\"\\u12\"]", "[\"\\x\"]", "[\"\\",
	"[\"\xe2\x82\xac \xf0\x9f\x98\x80\",\"12345678\xc3\xa9\"]", "{\"\xc3\xa9\":\"\xc3\xa9\\n\"}",
	"[\"\xc3\"]", "[\"\xed\xa0\x80\"]", "[\"\xc0\x80\"]", "[\"\xff\"]", "{\"\xff\":1}", "\xef\xbb\xbf[]",
	"[\"\x7f\"]", "[\"\n\"]", "[\"a long text with a \x01 in it\"]", "[\"12345678\"]",
	"[\"1234567\\\"89012345\\\\\"]", "[\"open", "\"", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "]",
	"{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{\"a\" 1}", "{1:2}", "{,}", "{a:1}",
	"[]]", "{} {}", "[] x", "truex", "[truex]", "[tru]", "[nul]", "[True]", "[1}", "{\"a\":1]", "", " ",
	"[\f1]", "// x\n[]", "['a']", "[NaN]", "[Infinity]",
};

static void texts_are_read_as_jansson_reads_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(texts); i++)
		check(texts[i], strlen(texts[i]));
}

/* What is cut off anywhere, or has any byte changed, too. */
static void broken_texts_are_read_as_jansson_reads_them(void **state)
{
	static const char text[] = "{\"a\\u20ac\":[1,-2.5e3,\"xyz \xc3\xa9\\n\",true],\"b\":{\"c\":null}}";
	char broken[sizeof(text)];

	(void)state;
	for (size_t size = 0; size < sizeof(text); size++)
		check(text, size);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		for (int c = 0; c < 256; c++) {
			memcpy(broken, text, sizeof(text));
			broken[i] = (char)c;
			check_with(broken, sizeof(text) - 1, JSON_REJECT_DUPLICATES);
		}
}

static void deep_nesting_is_bounded_as_jansson_bounds_it(void **state)
{
	static const size_t depths[] = {1, 127, 128, 129, 2047, 2048, 2049, 100000};

	(void)state;
	for (size_t i = 0; i < lengthof(depths); i++) {
		cleanup_buf struct buf lists = BUF(1 << 20), open = BUF(1 << 20);

		for (size_t n = 0; n < depths[i]; n++) {
			buf_add_char(&lists, '[');
			buf_add_text(&open, "{\"a\":");
		}
		for (size_t n = 0; n < depths[i]; n++)
			buf_add_char(&lists, ']');
		check_with(lists.data, lists.size, 0);
		check_with(open.data, open.size, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_read_as_jansson_reads_them),
		cmocka_unit_test(broken_texts_are_read_as_jansson_reads_them),
		cmocka_unit_test(deep_nesting_is_bounded_as_jansson_bounds_it),
	};

	return cmocka_run_group_tests_name("base_json_read", tests, NULL, NULL);
}
