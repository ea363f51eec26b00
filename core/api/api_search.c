/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What the select fields of a tracker's forms search in. */
#include "config.h"
#include "core/api/routes.h"

#include <string.h>

#include "core/api/install.h"
#include "core/api/issue_form.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/tracker/tracker.h"

static json_t *search_input(const struct api_call *call, const char *field, const char *query)
{
	json_t *params = json_object();
	const char *name, *value;

	for (size_t i = 0; http_query_at(call->request, i, &name, &value); i++)
		if (strcmp(name, "field") != 0 && strcmp(name, "query") != 0 && value &&
			!json_object_get(params, name))
			json_object_set_new(params, name, json_string(value));
	return json_pack("{s:s, s:s, s:o}", "field", field, "query", query, "params", params);
}

static int search(struct api_call *call, struct err *err)
{
	const char *field = api_query(call, "field", NULL);
	const char *query = api_query(call, "query", NULL);
	cleanup_install struct install install = {0};
	cleanup_json json_t *input = NULL;
	cleanup_json json_t *output = NULL;
	cleanup_json json_t *effects = NULL;
	struct call_scope scope;

	if (install_read(call, "integration", &install, err) < 0)
		return err->code;
	if (!install.provider ||
		!reg_has_slug(install.provider, http_param(call->request, "slug")))
		return err_set(err, MORTISE_E_NOT_FOUND, "The requested resource does not exist");
	if (issue_form_allowed(&install, err) < 0)
		return err->code;
	if (!field)
		return err_set(err, MORTISE_E_SETTINGS, "field is a required parameter");
	if (!query)
		return err_set(err, MORTISE_E_SETTINGS, "query is a required parameter");
	scope = install_scope(&install, call);
	input = search_input(call, field, query);
	if (tracker_call(call->daemon, &scope, NULL, TRACKER_SEARCH, input, &output, &effects, err) < 0)
		return err->code;
	call->reply = json_incref(json_object_get(output, "options"));
	return 0;
}

const struct api_route api_search_routes[] = {
	{"GET", "/extensions/{slug}/search/{org}/{integration}/", SCOPES_O_GET, 0, search},
	{0},
};
