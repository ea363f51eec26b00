/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/base/priority.h"

#include <sys/resource.h>

void priority_stand_back(void)
{
	/* Lowering is always permitted, and Linux keeps the value for each thread. */
	(void)setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + PRIORITY_STEPS);
}
