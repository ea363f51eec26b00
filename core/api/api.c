/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/api.h"

#include "core/api/link_deletion.h"
#include "core/api/routes.h"
#include "core/base/err.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"

static const struct api_route *const tables[] = {
	api_auth_routes, api_organization_routes, api_catalogue_routes, api_integration_routes,
	api_pipeline_routes, api_repository_routes,
};

int api_setup(struct daemon *daemon, struct err *err)
{
	return link_deletion_setup(daemon, err);
}

void api_add_routes(struct daemon *daemon)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		api_add(daemon, tables[i]);
}
