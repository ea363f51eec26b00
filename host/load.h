/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Loading the one plugin of this process.  Main thread. */
#ifndef MORTISE_HOST_LOAD_H
#define MORTISE_HOST_LOAD_H

#include <mortise/plugin.h>

#include "host/registry.h"

struct err;

/* dlopen 'path' and check the descriptor.  'place' is where the file lies, for debuggers;
 * 'file' is its name for texts. */
int load_open(const char *path, const char *place, const char *file, struct mortise_plugin *ret_plugin,
	struct err *err);
/* Run its load, and check what it registered. */
int load_run(const struct mortise_plugin *plugin, const char *file,
	struct mortise_registrar *reg, struct err *err);

#endif
