/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* How an install begins.  Request workers; private to core/pipeline. */
#ifndef MORTISE_PIPELINE_START_H
#define MORTISE_PIPELINE_START_H

#include "core/pipeline/run.h"

/* Fill 'run' (its daemon is set) and insert its row, at the first step, unclaimed; see
 * pipeline_start. */
int pipeline_run_begin(struct pipeline_run *run, const struct principal *principal,
	const char *provider, const json_t *initial, int64_t integration_id, struct err *err);

#endif
