/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/frame/frame.h"

static void encode(struct buf *buf, enum frame_op op, uint64_t call, const char *name,
	const char *body)
{
	cleanup_err struct err err = {0};
	cleanup_json json_t *json = name ? json_pack("{s:s}", "name", name) : NULL;

	assert_int_equal(frame_encode(buf, op, call, 7, json, body, body ? strlen(body) : 0, &err), 0);
}

static void frame_comes_back_as_it_was_sent(void **state)
{
	cleanup_buf struct buf buf = BUF(1000);
	cleanup_err struct err err = {0};
	cleanup_json json_t *json = NULL;
	cleanup_frame struct frame frame = {0};
	struct frame_decoder decoder;
	size_t used;

	(void)state;
	encode(&buf, FRAME_CALL, UINT64_C(0x123456789abcdef0), "push", "{\"raw\":1}");
	frame_decoder_init(&decoder, FRAME_FROM_CORE);
	assert_int_equal(frame_decoder_feed(&decoder, buf.data, buf.size, &used, &frame, &err), 1);
	assert_int_equal(used, buf.size);
	assert_int_equal(frame.op, FRAME_CALL);
	assert_true(frame.call == UINT64_C(0x123456789abcdef0));
	assert_int_equal(frame.seq, 7);
	assert_string_equal(frame.json, "{\"name\":\"push\"}");
	assert_string_equal(frame.body, "{\"raw\":1}");
	assert_int_equal(frame.body_size, 9);
	assert_int_equal(frame_parse(&frame, &json, &err), 0);
	assert_string_equal(json_string_value(json_object_get(json, "name")), "push");
	assert_false(frame_decoder_is_partial(&decoder));
}

static void frames_in_single_bytes_are_put_together(void **state)
{
	cleanup_buf struct buf buf = BUF(1000);
	struct frame_decoder decoder;
	int count = 0;

	(void)state;
	encode(&buf, FRAME_RETURN, 1, "first", NULL);
	encode(&buf, FRAME_READY, 0, NULL, NULL);
	encode(&buf, FRAME_RETURN, 2, "last", NULL);
	frame_decoder_init(&decoder, FRAME_FROM_HOST);
	for (size_t i = 0; i < buf.size; i++) {
		cleanup_err struct err err = {0};
		cleanup_frame struct frame frame = {0};
		size_t used;
		int ret = frame_decoder_feed(&decoder, buf.data + i, 1, &used, &frame, &err);

		assert_true(ret >= 0);
		assert_int_equal(used, 1);
		if (ret == 0)
			continue;
		count++;
		assert_int_equal(frame.call, count == 1 ? 1 : count == 2 ? 0 : 2);
		assert_int_equal(frame.json_size == 0, frame.op == FRAME_READY);
	}
	assert_int_equal(count, 3);
	assert_false(frame_decoder_is_partial(&decoder));
}

static void frame_that_ends_early_is_partial(void **state)
{
	cleanup_buf struct buf buf = BUF(1000);
	cleanup_err struct err err = {0};
	struct frame frame;
	struct frame_decoder decoder;
	size_t used;

	(void)state;
	encode(&buf, FRAME_RETURN, 1, "first", NULL);
	frame_decoder_init(&decoder, FRAME_FROM_HOST);
	assert_int_equal(frame_decoder_feed(&decoder, buf.data, buf.size - 1, &used, &frame, &err), 0);
	assert_true(frame_decoder_is_partial(&decoder));
	frame_decoder_done(&decoder);
}

/* Headers that must be refused before a byte of content is taken. */
static const struct bad_header {
	const char *why;
	uint32_t json_size, body_size;
	uint16_t op, flags;
	int code;
} bad_headers[] = {
	{"an operation nobody knows", 2, 0, 99, 0, MORTISE_E_INTERNAL},
	{"operation zero", 0, 0, 0, 0, MORTISE_E_INTERNAL},
	{"an operation of the other side", 2, 0, FRAME_CALL, 0, MORTISE_E_INTERNAL},
	{"unknown flags", 2, 0, FRAME_RETURN, 1, MORTISE_E_INTERNAL},
	{"a body where none belongs", 2, 1, FRAME_RETURN, 0, MORTISE_E_INTERNAL},
	{"JSON over the limit", 33 << 20, 0, FRAME_RETURN, 0, MORTISE_E_LIMIT},
	{"the largest JSON size", UINT32_MAX, 0, FRAME_RETURN, 0, MORTISE_E_LIMIT},
};

static void bad_header_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(bad_headers); i++) {
		const struct bad_header *bad = &bad_headers[i];
		cleanup_err struct err err = {0};
		unsigned char header[FRAME_HEADER_SIZE] = {0};
		struct frame frame;
		struct frame_decoder decoder;
		size_t used;

		memcpy(header, &bad->json_size, 4);
		memcpy(header + 4, &bad->body_size, 4);
		memcpy(header + 20, &bad->op, 2);
		memcpy(header + 22, &bad->flags, 2);
		frame_decoder_init(&decoder, FRAME_FROM_HOST);
		if (frame_decoder_feed(&decoder, header, sizeof(header), &used, &frame, &err) != bad->code)
			fail_msg("header %zu with %s: %s", i, bad->why, err_text(&err));
	}
}

static void body_over_the_limit_is_refused_with_its_json(void **state)
{
	cleanup_err struct err err = {0};
	uint32_t sizes[2] = {16 << 20, 17 << 20};
	uint16_t op = FRAME_ANSWER;
	unsigned char header[FRAME_HEADER_SIZE] = {0};
	struct frame frame;
	struct frame_decoder decoder;
	size_t used;

	(void)state;
	memcpy(header, sizes, 8);
	memcpy(header + 20, &op, 2);
	frame_decoder_init(&decoder, FRAME_FROM_CORE);
	assert_int_equal(frame_decoder_feed(&decoder, header, sizeof(header), &used, &frame, &err),
		MORTISE_E_LIMIT);
}

static void promised_size_allocates_nothing(void **state)
{
	cleanup_err struct err err = {0};
	uint32_t size = 8 << 20;
	uint16_t op = FRAME_RETURN;
	unsigned char header[FRAME_HEADER_SIZE] = {0};
	struct frame frame;
	struct frame_decoder decoder;
	size_t used;

	(void)state;
	memcpy(header, &size, 4);
	memcpy(header + 20, &op, 2);
	frame_decoder_init(&decoder, FRAME_FROM_HOST);
	assert_int_equal(frame_decoder_feed(&decoder, header, sizeof(header), &used, &frame, &err), 0);
	assert_true(decoder.capacity <= 65536);
	frame_decoder_done(&decoder);
}

static void name_twice_is_no_json(void **state)
{
	static const char *const texts[] = {"{\"a\":1,\"a\":2}", "[]", "{", "1"};

	(void)state;
	for (size_t i = 0; i < lengthof(texts); i++) {
		cleanup_err struct err err = {0};
		struct frame frame = {.op = FRAME_RETURN, .json = xstrdup(texts[i]),
			.json_size = strlen(texts[i])};
		json_t *json = NULL;

		assert_int_equal(frame_parse(&frame, &json, &err), MORTISE_E_INTERNAL);
		frame_clear(&frame);
	}
}

static void frame_too_large_for_its_buffer_leaves_the_buffer_as_it_was(void **state)
{
	cleanup_buf struct buf buf = BUF(64);
	cleanup_err struct err err = {0};
	cleanup_json json_t *json = json_pack("{s:s}", "k", "0123456789012345678901234567890123456789");

	(void)state;
	encode(&buf, FRAME_READY, 0, NULL, NULL);
	assert_int_equal(frame_encode(&buf, FRAME_RETURN, 1, 0, json, NULL, 0, &err), MORTISE_E_LIMIT);
	assert_int_equal(buf.size, FRAME_HEADER_SIZE);
	assert_false(buf.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame_comes_back_as_it_was_sent),
		cmocka_unit_test(frames_in_single_bytes_are_put_together),
		cmocka_unit_test(frame_that_ends_early_is_partial),
		cmocka_unit_test(bad_header_is_refused),
		cmocka_unit_test(body_over_the_limit_is_refused_with_its_json),
		cmocka_unit_test(promised_size_allocates_nothing),
		cmocka_unit_test(name_twice_is_no_json),
		cmocka_unit_test(frame_too_large_for_its_buffer_leaves_the_buffer_as_it_was),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
