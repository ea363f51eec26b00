/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/mem.h"
#include "core/pipeline/machine.h"

#define STEPS 3

static const struct {
	enum pipeline_state from;
	int from_step;
	enum pipeline_state to;
	int to_step;
	bool legal;
} moves[] = {
	{PIPELINE_ACTIVE, 0, PIPELINE_ACTIVE, 0, true},
	{PIPELINE_ACTIVE, 0, PIPELINE_ACTIVE, 1, true},
	{PIPELINE_ACTIVE, 0, PIPELINE_ACTIVE, 2, true},
	{PIPELINE_ACTIVE, 1, PIPELINE_ACTIVE, 0, false},
	{PIPELINE_ACTIVE, 2, PIPELINE_ACTIVE, 3, false},
	{PIPELINE_ACTIVE, 2, PIPELINE_FINISHING, 3, true},
	{PIPELINE_ACTIVE, 0, PIPELINE_FINISHING, 3, true},
	{PIPELINE_ACTIVE, 2, PIPELINE_FINISHING, 2, false},
	{PIPELINE_ACTIVE, 2, PIPELINE_COMPLETE, 2, false},
	{PIPELINE_ACTIVE, 2, PIPELINE_COMPLETE, 3, false},
	{PIPELINE_ACTIVE, 1, PIPELINE_FAILED, 1, true},
	{PIPELINE_ACTIVE, 1, PIPELINE_EXPIRED, 1, true},
	{PIPELINE_ACTIVE, 1, PIPELINE_CANCELLED, 1, true},
	{PIPELINE_ACTIVE, 1, PIPELINE_CANCELLED, 2, false},
	{PIPELINE_FINISHING, 3, PIPELINE_FINISHING, 3, true},
	{PIPELINE_FINISHING, 3, PIPELINE_COMPLETE, 3, true},
	{PIPELINE_FINISHING, 3, PIPELINE_FAILED, 3, true},
	{PIPELINE_FINISHING, 3, PIPELINE_EXPIRED, 3, true},
	{PIPELINE_FINISHING, 3, PIPELINE_CANCELLED, 3, true},
	{PIPELINE_FINISHING, 3, PIPELINE_ACTIVE, 2, false},
	{PIPELINE_FINISHING, 3, PIPELINE_ACTIVE, 3, false},
};

static void moves_follow_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(moves); i++)
		if (pipeline_move_legal(moves[i].from, moves[i].from_step, moves[i].to,
			    moves[i].to_step, STEPS) != moves[i].legal)
			fail_msg("move %zu", i);
}

static void nothing_leaves_an_end(void **state)
{
	(void)state;
	for (enum pipeline_state from = PIPELINE_COMPLETE; from < PIPELINE_STATE_LEN; from++) {
		assert_false(pipeline_state_live(from));
		for (int to = 0; to < PIPELINE_STATE_LEN; to++)
			for (int step = 0; step <= STEPS; step++)
				assert_false(pipeline_move_legal(from, step, to, step, STEPS));
	}
}

static void names_go_both_ways(void **state)
{
	(void)state;
	for (int i = 0; i < PIPELINE_STATE_LEN; i++)
		assert_int_equal(pipeline_state_parse(pipeline_state_name(i)), i);
	assert_int_equal(pipeline_state_parse("done"), PIPELINE_STATE_LEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_follow_the_table),
		cmocka_unit_test(nothing_leaves_an_end),
		cmocka_unit_test(names_go_both_ways),
	};

	return cmocka_run_group_tests_name("pipeline_machine", tests, NULL, NULL);
}
