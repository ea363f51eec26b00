/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What a user last put into the forms of a tracker, per project.  Inside a transaction. */
#ifndef MORTISE_STORAGE_FORM_DEFAULT_H
#define MORTISE_STORAGE_FORM_DEFAULT_H

#include <stdint.h>

#include <jansson.h>

#include "core/storage/tx.h"

/* An object as a new reference; empty if there is nothing. */
int form_default_get(struct tx *tx, int64_t account_id, int64_t project_id, const char *provider,
	json_t **ret_defaults, struct err *err);
int form_default_put(struct tx *tx, int64_t account_id, int64_t project_id, const char *provider,
	const json_t *defaults, struct err *err);

#endif
