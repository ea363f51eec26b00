/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/buf.h"

static void buffer_grows_and_stays_terminated(void **state)
{
	cleanup_buf struct buf buf = BUF(1000);

	(void)state;
	for (int i = 0; i < 100; i++)
		buf_printf(&buf, "%d,", i % 10);
	assert_int_equal(buf.size, 200);
	assert_int_equal(buf.data[200], '\0');
	assert_false(buf.failed);
}

static void buffer_refuses_to_pass_its_bound(void **state)
{
	cleanup_buf struct buf buf = BUF(4);

	(void)state;
	buf_add_text(&buf, "abcd");
	assert_false(buf.failed);
	buf_add_char(&buf, 'e');
	assert_true(buf.failed);
	assert_string_equal(buf_text(&buf), "abcd");
}

static void stolen_bytes_leave_an_empty_buffer(void **state)
{
	cleanup_buf struct buf buf = BUF(0);
	char *text;

	(void)state;
	buf_add_text(&buf, "x");
	text = buf_steal(&buf);
	assert_string_equal(text, "x");
	assert_string_equal(buf_text(&buf), "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffer_grows_and_stays_terminated),
		cmocka_unit_test(buffer_refuses_to_pass_its_bound),
		cmocka_unit_test(stolen_bytes_leave_an_empty_buffer),
	};

	return cmocka_run_group_tests_name("base_buf", tests, NULL, NULL);
}
