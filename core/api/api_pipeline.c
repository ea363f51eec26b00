/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Install pipelines over JSON.
 *
 * A client may drive several at a time: step info carries the pipeline's `id`, and every
 * call takes `?pipeline=ID`.  Without it, the newest live one of the caller is meant, as
 * Sentry's clients expect.
 */
#include "config.h"
#include "core/api/routes.h"

#include <stdlib.h>
#include <string.h>

#include "core/api/integration_json.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"
#include "core/http/http.h"
#include "core/pipeline/pipeline.h"

/* The pipeline that is meant; 0: the newest. */
static int pipeline_id(const struct api_call *call, int64_t *ret_id, struct err *err)
{
	const char *name = http_param(call->request, "pipeline");
	const char *text = api_query(call, "pipeline", NULL);

	*ret_id = 0;
	if (strcmp(name, "integration_pipeline") != 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no pipeline \"%s\"", name);
	if (text && !slug_is_id(text, ret_id))
		return err_set(err, MORTISE_E_NOT_FOUND, "no such pipeline; start again");
	return 0;
}

static const char *status_of(enum pipeline_outcome outcome)
{
	switch (outcome) {
	case PIPELINE_ADVANCED:
		return "advance";
	case PIPELINE_STAYS:
		return "stay";
	case PIPELINE_COMPLETED:
		return "complete";
	case PIPELINE_SHOWN:
		break;
	}
	return NULL;
}

static int answer(struct api_call *call, struct pipeline_reply *reply, struct err *err)
{
	const char *status = status_of(reply->outcome);
	json_t *item;

	if (reply->outcome == PIPELINE_COMPLETED) {
		if (integration_item_read(call->daemon, reply->link_id, &item, err) < 0)
			return err->code;
		call->reply = json_pack("{s:s, s:I, s:o}", "status", status, "id",
			(json_int_t)reply->pipeline_id, "data", item);
		return 0;
	}
	call->reply = reply->info;
	if (status)
		json_object_set_new(call->reply, "status", json_string(status));
	return 0;
}

static int show(struct api_call *call, struct err *err)
{
	struct pipeline_reply reply;
	int64_t id;

	if (pipeline_id(call, &id, err) < 0 ||
		pipeline_show(call->daemon, &call->principal, id, &reply, err) < 0)
		return err->code;
	return answer(call, &reply, err);
}

/* An integration that is to be authorized again: a number or its text; 0: none is named. */
static int reauth_id(const json_t *body, int64_t *ret_id, struct err *err)
{
	json_t *given = json_object_get(body, "integrationId");

	*ret_id = json_is_integer(given) ? json_integer_value(given) : 0;
	if (!given || json_is_null(given) || *ret_id > 0)
		return 0;
	/* Never a new install where another one was meant. */
	if (!json_is_string(given) || !slug_is_id(json_string_value(given), ret_id))
		return err_field(err, "integrationId", "This is no id of an integration.");
	return 0;
}

static int initialize(struct api_call *call, struct err *err)
{
	const char *provider = json_string_value(json_object_get(call->body, "provider"));
	struct pipeline_reply reply;
	int64_t integration_id;

	if (!provider)
		return err_field(err, "provider", "This field is required.");
	if (reauth_id(call->body, &integration_id, err) < 0 ||
		pipeline_start(call->daemon, &call->principal, provider,
		    json_object_get(call->body, "initialData"), integration_id, &reply,
		    err) < 0)
		return err->code;
	return answer(call, &reply, err);
}

static int post(struct api_call *call, struct err *err)
{
	const char *action = json_string_value(json_object_get(call->body, "action"));
	struct pipeline_reply reply;
	int64_t id;

	if (pipeline_id(call, &id, err) < 0)
		return err->code;
	if (action && strcmp(action, "initialize") == 0)
		return initialize(call, err);
	if (pipeline_answer(call->daemon, &call->principal, id, call->body, &reply, err) < 0)
		return err->code;
	return answer(call, &reply, err);
}

static int cancel(struct api_call *call, struct err *err)
{
	int64_t id;

	if (pipeline_id(call, &id, err) < 0)
		return err->code;
	return pipeline_cancel(call->daemon, &call->principal, id, err);
}

#define PIPELINE "/api/0/organizations/{org}/pipeline/{pipeline}/"

const struct api_route api_pipeline_routes[] = {
	{"GET", PIPELINE, SCOPES_I_GET, API_NO_STORE | API_PIPELINE, show},
	{"POST", PIPELINE, SCOPES_I_POST, API_BODY | API_NO_STORE | API_PIPELINE, post},
	{"DELETE", PIPELINE, SCOPES_I_POST, API_NO_STORE | API_PIPELINE, cancel},
	{0},
};
