/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The end of an install: build, then everything in one transaction.  Request workers. */
#ifndef MORTISE_PIPELINE_FINISH_H
#define MORTISE_PIPELINE_FINISH_H

#include <stdint.h>

#include "core/pipeline/run.h"

/* Under the claim, in `finishing`.  A failure that may pass keeps it finishing with the
 * claim free; any other ends it as failed. */
int pipeline_finish(struct pipeline_run *run, int64_t *ret_link_id, struct err *err);

#endif
