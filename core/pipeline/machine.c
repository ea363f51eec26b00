/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/pipeline/machine.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/pipeline.h"

static const char *const names[PIPELINE_STATE_LEN] = {
	[PIPELINE_ACTIVE] = "active",
	[PIPELINE_FINISHING] = "finishing",
	[PIPELINE_COMPLETE] = "complete",
	[PIPELINE_FAILED] = "failed",
	[PIPELINE_EXPIRED] = "expired",
	[PIPELINE_CANCELLED] = "cancelled",
};

/* How the step index may change in a move. */
enum step_rule {
	STEP_FORWARD,          /* the same step or a later one */
	STEP_TO_END,           /* to behind the last one */
	STEP_SAME,
};

static const struct {
	enum pipeline_state from, to;
	enum step_rule rule;
} moves[] = {
	{PIPELINE_ACTIVE, PIPELINE_ACTIVE, STEP_FORWARD},
	{PIPELINE_ACTIVE, PIPELINE_FINISHING, STEP_TO_END},
	{PIPELINE_ACTIVE, PIPELINE_FAILED, STEP_SAME},
	{PIPELINE_ACTIVE, PIPELINE_EXPIRED, STEP_SAME},
	{PIPELINE_ACTIVE, PIPELINE_CANCELLED, STEP_SAME},
	{PIPELINE_FINISHING, PIPELINE_FINISHING, STEP_SAME},
	{PIPELINE_FINISHING, PIPELINE_COMPLETE, STEP_SAME},
	{PIPELINE_FINISHING, PIPELINE_FAILED, STEP_SAME},
	{PIPELINE_FINISHING, PIPELINE_EXPIRED, STEP_SAME},
	{PIPELINE_FINISHING, PIPELINE_CANCELLED, STEP_SAME},
};

const char *pipeline_state_name(enum pipeline_state state)
{
	return names[state];
}

enum pipeline_state pipeline_state_parse(const char *name)
{
	for (int i = 0; i < PIPELINE_STATE_LEN; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return PIPELINE_STATE_LEN;
}

bool pipeline_state_live(enum pipeline_state state)
{
	return state == PIPELINE_ACTIVE || state == PIPELINE_FINISHING;
}

static bool step_fits(enum step_rule rule, int64_t from, int64_t to, int64_t len)
{
	switch (rule) {
	case STEP_FORWARD:
		return to >= from && to < len;
	case STEP_TO_END:
		return to == len;
	case STEP_SAME:
		return to == from;
	}
	return false;
}

bool pipeline_move_legal(enum pipeline_state from, int64_t from_step, enum pipeline_state to,
	int64_t to_step, int64_t step_len)
{
	for (size_t i = 0; i < lengthof(moves); i++)
		if (moves[i].from == from && moves[i].to == to)
			return step_fits(moves[i].rule, from_step, to_step, step_len);
	return false;
}

int pipeline_advance(struct tx *tx, const struct pipeline_row *row,
	const struct pipeline_move *move, struct err *err)
{
	enum pipeline_state from = pipeline_state_parse(row->status);
	bool live = pipeline_state_live(move->to);
	int64_t life_us = move->life_us > 0 ? move->life_us : PIPELINE_LIFE_US;
	struct pipeline_row moved = *row;

	if (!pipeline_move_legal(from, row->step, move->to, move->to_step, move->step_len))
		return err_set(err, MORTISE_E_INTERNAL,
			"pipeline %" PRId64 " cannot go from %s at step %" PRId64
			" to %s at step %" PRId64, row->id, row->status, row->step,
			pipeline_state_name(move->to), move->to_step);
	/* Only read by the statement, never freed through this copy. */
	moved.status = (char *)(uintptr_t)pipeline_state_name(move->to);
	moved.step = move->to_step;
	moved.state_hash = (char *)(uintptr_t)move->state_hash;
	moved.sealed = (void *)(uintptr_t)move->sealed;
	moved.sealed_size = move->sealed_size;
	moved.claim = move->keep_claim ? (char *)(uintptr_t)move->held : NULL;
	moved.claim_until = move->keep_claim ? move->now_us + PIPELINE_CLAIM_US : 0;
	moved.error = (char *)(uintptr_t)move->error;
	if (move->integration_id)
		moved.integration_id = move->integration_id;
	moved.updated_at = move->now_us;
	moved.expires_at = live ? move->now_us + life_us : move->now_us;
	return pipeline_row_move(tx, &moved, move->held, err);
}
