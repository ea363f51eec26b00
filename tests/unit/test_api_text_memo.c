/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/api/text_memo.h"
#include "core/base/buf.h"
#include "core/base/mem.h"

#define NOW 1000000

static void a_piece_is_kept_until_a_commit_or_its_age(void **state)
{
	struct text_memo *memo = text_memo_new();
	cleanup_buf struct buf to = {0};

	(void)state;
	assert_false(text_memo_add(memo, 7, 1, NOW, &to));
	text_memo_keep(memo, 7, 1, NOW, "{\"id\":\"7\"}");
	assert_true(text_memo_add(memo, 7, 1, NOW + TEXT_MEMO_MS - 1, &to));
	assert_string_equal(buf_text(&to), "{\"id\":\"7\"}");
	assert_false(text_memo_add(memo, 7, 2, NOW, &to));
	assert_false(text_memo_add(memo, 7, 0, NOW, &to));
	assert_false(text_memo_add(memo, 7, 1, NOW + TEXT_MEMO_MS, &to));
	assert_false(text_memo_add(memo, 8, 1, NOW, &to));
	text_memo_keep(memo, 7, 2, NOW, "new");
	assert_true(text_memo_add(memo, 7, 2, NOW, &to));
	assert_string_equal(buf_text(&to), "{\"id\":\"7\"}new");
	text_memo_free(memo);
}

static void keys_that_share_a_place_are_not_taken_for_each_other(void **state)
{
	struct text_memo *memo = text_memo_new();
	cleanup_buf struct buf to = {0};

	(void)state;
	text_memo_keep(memo, 7, 1, NOW, "seven");
	text_memo_keep(memo, 7 + (UINT64_C(1) << 40), 1, NOW, "far");
	assert_false(text_memo_add(memo, 7, 1, NOW, &to));
	assert_true(text_memo_add(memo, 7 + (UINT64_C(1) << 40), 1, NOW, &to));
	assert_string_equal(buf_text(&to), "far");
	text_memo_free(memo);
}

static void what_is_too_large_is_not_kept(void **state)
{
	struct text_memo *memo = text_memo_new();
	cleanup_free char *text = xcalloc(1, TEXT_MEMO_MAX + 2);
	cleanup_buf struct buf to = {0};

	(void)state;
	memset(text, 'x', TEXT_MEMO_MAX);
	text_memo_keep(memo, 1, 1, NOW, text);
	assert_true(text_memo_add(memo, 1, 1, NOW, &to));
	text[TEXT_MEMO_MAX] = 'x';
	text_memo_keep(memo, 2, 1, NOW, text);
	assert_false(text_memo_add(memo, 2, 1, NOW, &to));
	text_memo_free(memo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_piece_is_kept_until_a_commit_or_its_age),
		cmocka_unit_test(keys_that_share_a_place_are_not_taken_for_each_other),
		cmocka_unit_test(what_is_too_large_is_not_kept),
	};

	return cmocka_run_group_tests_name("api_text_memo", tests, NULL, NULL);
}
