/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/frame/call_scope.h"

#include <stddef.h>
#include <string.h>

#include <mortise/plugin.h>

#include "core/base/mem.h"

static const char *const names[] = {
	[MORTISE_SCOPE_PROVIDER] = "provider",
	[MORTISE_SCOPE_SUBJECT] = "subject",
	[MORTISE_SCOPE_PIPELINE] = "pipeline",
	[MORTISE_SCOPE_INTEGRATION] = "integration",
	[MORTISE_SCOPE_INSTALL] = "install",
};

const char *call_scope_name(int scope)
{
	return scope > 0 && (size_t)scope < lengthof(names) ? names[scope] : "unknown";
}

int call_scope_parse(const char *name)
{
	for (size_t i = 1; name && i < lengthof(names); i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return 0;
}
