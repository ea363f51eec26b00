/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Removing an organization, a project or a team with all that belongs to it.  Whoever asks
 * for it begins (organization_begin_deletion and its like): from then on nothing finds it,
 * and its slug is free.  Its rows go in steps that hold the writer shortly; any step may be
 * the last one for today.  A table that comes new, with rows of an organization or a
 * project, gets its line in purge.c.  Inside a write transaction.
 */
#ifndef MORTISE_STORAGE_PURGE_H
#define MORTISE_STORAGE_PURGE_H

#include <stddef.h>
#include <stdint.h>

#include "core/storage/tx.h"

enum purge_kind { PURGE_ORGANIZATION, PURGE_PROJECT, PURGE_TEAM };

/* Remove some hundred rows of what is being deleted; 1: there may be more, 0: it is gone.
 * What is not being deleted is left alone, and 0. */
int purge_step(struct tx *tx, enum purge_kind kind, int64_t id, int64_t now_us, struct err *err);
/* The next that are being deleted, by id, after 'after_id'. */
int purge_list(struct tx *tx, enum purge_kind kind, int64_t after_id, size_t max,
	int64_t *ret_ids, size_t *ret_len, struct err *err);

#endif
