/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* All subjects of the admin socket. */
#include "config.h"
#include "core/admin/admin_methods.h"

#include "core/base/mem.h"

static const struct admin_method *const tables[] = {
	admin_daemon_methods, admin_plugin_methods, admin_people_methods, admin_token_methods,
	admin_integration_methods, admin_pipeline_methods, admin_queue_methods,
	admin_backup_methods, admin_import_methods,
};

void admin_add_all_methods(struct admin *admin)
{
	for (size_t i = 0; i < lengthof(tables); i++)
		admin_add_methods(admin, tables[i]);
}
