/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The functions that apply one effect each, for the table in effect.c. */
#ifndef MORTISE_EFFECT_EFFECT_PRIVATE_H
#define MORTISE_EFFECT_EFFECT_PRIVATE_H

#include "core/effect/effect.h"

struct job_new;

/* What became of an effect; negative codes are errors. */
enum effect_outcome {
	EFFECT_UNCHANGED = 0,      /* its target was in that state already */
	EFFECT_APPLIED = 1,
	EFFECT_SKIPPED = 2,        /* its target is gone */
};

/* 'record' has passed its form.  Store writer thread: no time, randomness or log. */
typedef int effect_fn(struct tx *tx, struct effect_context *context, const json_t *record,
	struct err *err);

/* effect_integration.c */
effect_fn effect_integration_put;
effect_fn effect_integration_patch;
effect_fn effect_integration_name;
effect_fn effect_integration_status;
effect_fn effect_config_patch;
effect_fn effect_audit;
effect_fn effect_task;

/* effect_code.c */
effect_fn effect_repository_put;
effect_fn effect_repository_status;
effect_fn effect_repository_languages;
effect_fn effect_commit;
effect_fn effect_pull_request;
effect_fn effect_actor;

/* effect_sync.c */
effect_fn effect_status_in;
effect_fn effect_assignee_in;
effect_fn effect_issue_refresh;
effect_fn effect_issue_moved;
effect_fn effect_issue_gone;

/* The integration that the scope means: its own, or in subject scope the proved one of
 * this external id.  0: there is none (now). */
int effect_integration_id(struct tx *tx, const struct effect_context *context, int64_t *ret_id,
	struct err *err);
/* The organizations that an effect reaches: the scope's own, or all with an active link
 * to its integration.  At most 'max'; ids grow, go on after the last one. */
int effect_organizations(struct tx *tx, const struct effect_context *context, int64_t after_link_id,
	size_t max, int64_t *ret_organization_ids, int64_t *ret_link_ids, size_t *ret_len,
	struct err *err);

/* What became of an effect over several rows: applied anywhere is applied. */
int effect_join(int all, int one);

/* A text member of a record, or NULL. */
const char *effect_text(const json_t *record, const char *member);

#endif
