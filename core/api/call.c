/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/call.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/api/reply.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/foreign_json.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"

/* What an http_route carries: the daemon and one line of a table. */
struct api_bindings {
	struct daemon *daemon;
	const struct api_route *route;
};

/* Who asks, and may they?  The reply of a refusal is made here. */
static bool call_admit(struct api_call *call, const struct api_route *route)
{
	struct access_path path = {
		.organization = http_param(call->request, "org"),
		.issue = http_param(call->request, "issue"),
		.project = http_param(call->request, "project"),
		.team = http_param(call->request, "team"),
		.any_of = route->any_of,
		.any_team = route->flags & API_ANY_TEAM,
	};
	cleanup_err struct err err = {0};
	struct access access = {0};
	int result = route->flags & API_PUBLIC
		? access_admit_public(call->daemon, call->request, &err)
		: access_admit(call->daemon, call->request, &path, &access, &err);

	if (result < 0) {
		reply_refusal(call->request, &err);
		return false;
	}
	call->principal = access.principal;
	call->project = access.project;
	call->team = access.team;
	return true;
}

static int call_run(struct api_call *call, const struct api_route *route, struct err *err)
{
	if (route->flags & API_BODY) {
		size_t size;
		const char *body = http_body(call->request, &size);

		if (api_body_parse(http_header(call->request, "Content-Type"), body, size,
			    &call->body, err) < 0)
			return err->code;
	}
	return route->run(call, err);
}

static void api_serve(struct http_request *request, void *arg)
{
	const struct api_bindings *binding = arg;
	const struct api_route *route = binding->route;
	struct api_call call = {.daemon = binding->daemon, .request = request};
	cleanup_err struct err err = {0};

	if (route->flags & API_NO_STORE) {
		http_reply_no_store(request);
		http_reply_header(request, "Referrer-Policy", "strict-origin-when-cross-origin");
	}
	if (call_admit(&call, route)) {
		if (call_run(&call, route, &err) < 0)
			(route->flags & API_PIPELINE ? reply_pipeline_err : reply_err)(request,
				&err);
		else if (call.text)
			http_reply_bytes(request, call.status ? call.status : 200,
				"application/json", call.text, strlen(call.text));
		else if (call.reply)
			http_reply_json(request, call.status ? call.status : 200,
				steal(&call.reply));
		else
			http_reply_empty(request, call.status ? call.status : 204);
	}
	project_clear(&call.project);
	team_clear(&call.team);
	if (strcmp(route->method, "GET") == 0)
		http_reply_tag(request);
	json_decref(call.body);
	json_decref(call.reply);
	free(call.text);
	http_send(request);
}

static int64_t max_body(const struct api_route *route)
{
	if (!(route->flags & API_BODY))
		return strcmp(route->method, "GET") == 0 ? 0 : API_MAX_IGNORED;
	return route->flags & API_LARGE ? API_MAX_LARGE : API_MAX_BODY;
}

struct api_bindings *api_add(struct daemon *daemon, const struct api_route *routes)
{
	size_t len = 0;
	struct api_bindings *bindings;

	while (routes[len].method)
		len++;
	bindings = xcalloc(len, sizeof(*bindings));
	for (size_t i = 0; i < len; i++) {
		bindings[i] = (struct api_bindings){daemon, &routes[i]};
		http_server_add(daemon->http, &(struct http_route){
			.method = routes[i].method,
			.pattern = routes[i].pattern,
			.handler = api_serve,
			.max_body = max_body(&routes[i]),
			.pool = daemon->request_pool,
			.arg = &bindings[i],
		});
	}
	return bindings;
}

const struct api_route *api_route_of(const struct http_route *route)
{
	const struct api_bindings *binding = route->arg;

	return route->handler == api_serve ? binding->route : NULL;
}

int api_id(const struct api_call *call, const char *name, int64_t *ret_id, struct err *err)
{
	const char *text = http_param(call->request, name);
	int64_t id = 0;

	for (const char *c = text; c && *c; c++) {
		if (*c < '0' || *c > '9' || c - text > 15)
			id = -1;
		if (id >= 0)
			id = id * 10 + (*c - '0');
	}
	if (id <= 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "The requested resource does not exist");
	*ret_id = id;
	return 0;
}

const char *api_query(const struct api_call *call, const char *name, const char *alias)
{
	const char *value = http_query(call->request, name);

	if (!value && alias)
		value = http_query(call->request, alias);
	return value && *value ? value : NULL;
}

static bool is_json_type(const char *content_type)
{
	static const char json[] = "application/json";
	size_t size = sizeof(json) - 1;

	return content_type && strncasecmp(content_type, json, size) == 0 &&
		(content_type[size] == '\0' || content_type[size] == ';' ||
			content_type[size] == ' ');
}

int api_body_parse(const char *content_type, const char *body, size_t size, json_t **ret_body,
	struct err *err)
{
	json_error_t fault;
	json_t *json;

	if (!is_json_type(content_type))
		return err_set(err, MORTISE_E_FIELD,
			"the body must be JSON, with Content-Type: application/json");
	if (!foreign_json_fits(body, size, API_MAX_DEPTH, SIZE_MAX))
		return err_set(err, MORTISE_E_FIELD, "the body nests deeper than %d levels",
			API_MAX_DEPTH);
	json = json_loadb(body, size, JSON_REJECT_DUPLICATES, &fault);
	if (!json)
		return err_set(err, MORTISE_E_FIELD, "JSON parse error in line %d, column %d",
			fault.line, fault.column);
	if (!json_is_object(json)) {
		json_decref(json);
		return err_set(err, MORTISE_E_FIELD, "the body must be a JSON object");
	}
	*ret_body = json;
	return 0;
}

json_t *api_time(int64_t time_us)
{
	char text[CLOCK_TEXT_SIZE];

	return time_us ? json_string(clock_format(time_us, text)) : json_null();
}

json_t *api_id_json(int64_t id)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, id);
	return id ? json_string(text) : json_null();
}
