/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The host table that a plugin gets.  Worker threads, each for its own call. */
#ifndef MORTISE_HOST_API_H
#define MORTISE_HOST_API_H

#include <mortise/plugin.h>

const struct mortise_host *api_table(void);

#endif
