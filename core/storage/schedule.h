/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Schedules: rows that say which task runs how often, so that one node runs each.
 * Inside a transaction; functions that change something belong in a write closure.
 */
#ifndef MORTISE_STORAGE_SCHEDULE_H
#define MORTISE_STORAGE_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#include "core/storage/tx.h"

/* A new one is due at once; one that is there keeps its time, unless that is farther
 * away than the new distance. */
int schedule_put(struct tx *tx, const char *name, int64_t every_ms, int64_t now_us,
	struct err *err);
int schedule_remove(struct tx *tx, const char *name, struct err *err);
/* Names of the schedules of plugins ("PROVIDER:NAME"), at most 'max'; free each. */
int schedule_list_plugin(struct tx *tx, size_t max, char **ret_names, size_t *ret_len,
	struct err *err);
/* When the first one is due; INT64_MAX if there is none. */
int schedule_next(struct tx *tx, int64_t *ret_due_us, struct err *err);
/* A schedule that is due, moved on to its next time; NULL if none is.  Free the name. */
int schedule_take(struct tx *tx, int64_t now_us, char **ret_name, struct err *err);
/* The clock was set back by 'by_us', to 'now_us': so is what is to come. */
int schedule_move_back(struct tx *tx, int64_t by_us, int64_t now_us, struct err *err);

#endif
