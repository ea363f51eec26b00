/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/api.h"

#include <string.h>

#include "core/api/deletion.h"
#include "core/api/description.h"
#include "core/api/link_deletion.h"
#include "core/api/repository_deletion.h"
#include "core/api/routes.h"
#include "core/api/text_memo.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/http/static.h"
#include "core/issue/snooze.h"
#include "core/page/page.h"
#include "core/tracker/link.h"

static const struct api_route *const tables[] = {
	api_auth_routes, api_organization_routes, api_catalogue_routes, api_integration_routes,
	api_integration_operation_routes,
	api_pipeline_routes, api_external_actor_routes, api_data_forwarder_routes,
	api_repository_routes, api_repository_change_routes, api_repository_offer_routes,
	api_code_mapping_routes, api_code_mapping_bulk_routes,
	api_member_routes, api_team_routes, api_project_routes,
	api_issue_routes, api_issue_list_routes, api_issue_report_routes, api_note_routes,
	api_issue_integration_routes, api_search_routes,
	api_codeowners_routes, api_ownership_routes, api_stacktrace_link_routes,
	api_event_routes, api_project_key_routes, api_release_routes,
	api_release_part_routes, api_deploy_routes,
	api_token_routes, api_audit_routes,
};

struct api {
	struct api_bindings *bindings[lengthof(tables)];
	struct static_files *description;
	struct static_files *files;    /* NULL: there is no console */
	char *home;                    /* where "/" leads */
	struct text_memo *integration_texts;
};

int api_setup(struct daemon *daemon, struct err *err)
{
	tracker_setup(daemon);
	repository_deletion_setup(daemon);
	snooze_setup(daemon);
	return link_deletion_setup(daemon, err) < 0 ? err->code : deletion_setup(daemon, err);
}

/* Loop thread. */
static void go_home(struct http_request *request, void *arg)
{
	struct api *api = arg;

	http_reply_header(request, "Location", api->home);
	http_reply_empty(request, 302);
	http_send(request);
}

static void add_console(struct daemon *daemon, struct api *api)
{
	cleanup_err struct err err = {0};
	const char *document;
	size_t size;

	if (static_files_load(daemon->settings->console_dir, &api->files, &err) < 0) {
		log_warning("console.missing", LOG_TEXT("reason", err_text(&err)));
		return;
	}
	static_files_add_routes(api->files, daemon->http, "/console/");
	/* A provider sends the browser back here; the page hands on what it brought. */
	static_files_add_page(api->files, daemon->http, "/extensions/{slug}/setup/",
		"relay.html");
	/* A link of a provider's own pages leads here; the page starts an install. */
	static_files_add_page(api->files, daemon->http, "/extensions/{slug}/configure/",
		"configure.html");
	document = static_files_get(api->files, "embed.html", &size);
	if (document)
		pages_set_document(daemon->pages, document, size);
	api->home = xasprintf("%s/console/", daemon->settings->public_url);
	http_server_add(daemon->http, &(struct http_route){
		.method = "GET",
		.pattern = "/",
		.handler = go_home,
		.arg = api,
	});
}

static void add_description(struct daemon *daemon, struct api *api)
{
	api->description = static_files_new();
	static_files_put(api->description, "openapi.json", api_description,
		strlen(api_description));
	static_files_add_page(api->description, daemon->http, "/api/0/openapi.json",
		"openapi.json");
}

void api_add_routes(struct daemon *daemon)
{
	struct api *api = new(struct api);

	api->integration_texts = text_memo_new();
	for (size_t i = 0; i < lengthof(tables); i++)
		api->bindings[i] = api_add(daemon, tables[i]);
	add_description(daemon, api);
	add_console(daemon, api);
	daemon->api = api;
}

struct text_memo *api_integration_texts(const struct api *api)
{
	return api->integration_texts;
}

void api_free(struct api *api)
{
	if (!api)
		return;
	for (size_t i = 0; i < lengthof(tables); i++)
		free(api->bindings[i]);
	static_files_free(api->description);
	static_files_free(api->files);
	free(api->home);
	text_memo_free(api->integration_texts);
	free(api);
}
