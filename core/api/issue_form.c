/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/issue_form.h"

#include <inttypes.h>
#include <string.h>

#include "core/api/install.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/http/http.h"
#include "core/tracker/form.h"
#include "core/tracker/tracker.h"

int issue_form_allowed(const struct install *install, struct err *err)
{
	if (!install->provider)
		return err_set(err, MORTISE_E_SETTINGS, "the plugin of %s is not loaded",
			install->integration.provider);
	if (!tracker_has_issues(install->provider))
		return err_set(err, MORTISE_E_UNSUPPORTED,
			"This feature is not supported for this integration.");
	if (install->link.status != INTEGRATION_ACTIVE ||
		install->integration.status != INTEGRATION_ACTIVE)
		return err_set(err, MORTISE_E_SETTINGS,
			"This integration is disabled: install it again, or enable it.");
	return 0;
}

static json_t *query_params(const struct api_call *call)
{
	json_t *params = json_object();
	const char *name, *value;

	for (size_t i = 0; http_query_at(call->request, i, &name, &value); i++)
		if (strcmp(name, "action") != 0 && value && !json_object_get(params, name))
			json_object_set_new(params, name, json_string(value));
	return params;
}

static int call_form(struct api_call *call, const struct install *install, const char *action,
	json_t *issue, json_t *defaults, json_t **ret_fields, struct err *err)
{
	struct call_scope scope = install_scope(install, call);
	cleanup_json json_t *none = json_object();
	cleanup_json json_t *input = json_pack("{s:s, s:o, s:O, s:O?}", "action", action, "params",
		query_params(call), "defaults", defaults ? defaults : none, "issue", issue);
	cleanup_json json_t *output = NULL;
	cleanup_json json_t *effects = NULL;

	if (!tracker_has(install->provider, TRACKER_FORM)) {
		*ret_fields = json_array();
		return 0;
	}
	if (tracker_call(call->daemon, &scope, NULL, TRACKER_FORM, input, &output, &effects, err) < 0)
		return err->code;
	*ret_fields = json_incref(json_object_get(output, "fields"));
	return 0;
}

int issue_form(struct api_call *call, const struct install *install, const char *action,
	json_t *issue, json_t *defaults, json_t **ret_fields, struct err *err)
{
	cleanup_free char *search = NULL;
	json_t *fields;

	if (call_form(call, install, action, issue, defaults, &fields, err) < 0)
		return err->code;
	if (strcmp(action, "create") == 0)
		form_add_create_fields(fields, json_string_value(json_object_get(issue, "title")),
			json_string_value(json_object_get(issue, "description")));
	else
		form_add_link_fields(fields);
	search = xasprintf("/extensions/%s/search/%" PRId64 "/%" PRId64 "/",
		reg_slug(install->provider), install->link.organization_id, install->integration.id);
	form_address_searches(fields, search);
	form_propose(fields, defaults);
	*ret_fields = fields;
	return 0;
}
