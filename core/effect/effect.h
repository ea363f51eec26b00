/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Effects: the typed records of a callback's reply, applied in one transaction.
 *
 * One table (effect.c) names each type, the scopes it may have, the form of its
 * record and the function that applies it; those functions stand in one file per
 * subject (effect_code.c, effect_integration.c, effect_sync.c).  Store writer thread.
 */
#ifndef MORTISE_EFFECT_EFFECT_H
#define MORTISE_EFFECT_EFFECT_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct call_scope;
struct err;
struct tx;
struct vault;

struct effect_context {
	const struct call_scope *scope;
	struct vault *vault;       /* seals secrets of subject scope; else it may be NULL */
	int64_t now_us;            /* made before the transaction */
	int64_t job_id;            /* 0: none */
	size_t applied, skipped, unchanged;  /* counted anew at each run */
	/* Whose CODEOWNERS are read again, by a job of this run; 0: nobody's. */
	int64_t followed_repository_id;
};

/* Check form and scope of all, before the write is queued.  E_INTERNAL for a bad one:
 * nothing of the reply is applied. */
int effects_check(const struct effect_context *context, const json_t *effects, struct err *err);
/* Apply all in order. */
int effects_apply(struct tx *tx, struct effect_context *context, const json_t *effects,
	struct err *err);

#endif
