/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What each plugin registered last, with its generation number, and whether the
 * operator enabled it.  Inside a transaction.
 */
#ifndef MORTISE_STORAGE_PLUGIN_H
#define MORTISE_STORAGE_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/storage/tx.h"

struct plugin_row {
	char *name;
	int64_t generation;
	char *version;
	char *registration;        /* JSON */
	bool enabled;
};

/* E_NOT_FOUND if it was never accepted. */
int plugin_get(struct tx *tx, const char *name, struct plugin_row *ret_row, struct err *err);
/* Keep what it registered.  The generation grows by one if it differs from what is
 * there, else it stays. */
int plugin_put(struct tx *tx, const char *name, const char *version, const char *registration,
	int64_t now_us, int64_t *ret_generation, struct err *err);
int plugin_set_enabled(struct tx *tx, const char *name, bool enabled, int64_t now_us,
	struct err *err);
void plugin_row_clear(struct plugin_row *row);
#define cleanup_plugin_row __attribute__((__cleanup__(plugin_row_clear)))

#endif
