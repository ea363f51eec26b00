/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/data_forwarder_body.h"

#include <stdlib.h>

#include "core/api/body.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"
#include "core/forward/rules.h"

#define NAME_MAX_LEN 255

/* The same members, all by their names in snake_case. */
static json_t *in_snake_case(json_t *body)
{
	static const struct {
		const char *camel, *snake;
	} names[] = {
		{"isEnabled", "is_enabled"}, {"enrollNewProjects", "enroll_new_projects"},
		{"projectIds", "project_ids"}, {"projectId", "project_id"},
	};
	json_t *members = json_copy(body);

	for (size_t i = 0; i < lengthof(names); i++) {
		json_t *value = json_object_get(body, names[i].camel);

		if (value && !json_object_get(body, names[i].snake))
			json_object_set(members, names[i].snake, value);
	}
	return members;
}

static bool is_sent(const struct body *in, const char *name)
{
	return body_member(in, name) && !body_is_null(in, name);
}

static int compare_ids(const void *one, const void *other)
{
	int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;

	return (a > b) - (a < b);
}

static void read_projects(const struct body *in, struct data_forwarder_body *out)
{
	const json_t *list = body_member(in, "project_ids");
	const json_t *item;
	size_t i;

	out->has_projects = is_sent(in, "project_ids");
	if (!out->has_projects)
		return;
	if (!json_is_array(list) || json_array_size(list) > DATA_FORWARDER_PROJECTS_MAX) {
		err_field(in->err, "project_ids", "Must be a list of at most %d ids.",
			DATA_FORWARDER_PROJECTS_MAX);
		return;
	}
	out->project_ids = xcalloc(json_array_size(list) + 1, sizeof(*out->project_ids));
	json_array_foreach(list, i, item) {
		const char *text = json_string_value(item);
		int64_t id = json_integer_value(item);

		if ((text && !slug_is_id(text, &id)) || id <= 0) {
			err_field(in->err, "project_ids", "A valid integer is required.");
			return;
		}
		out->project_ids[out->project_len++] = id;
	}
	qsort(out->project_ids, out->project_len, sizeof(*out->project_ids), compare_ids);
	for (i = 1; i < out->project_len; i++)
		if (out->project_ids[i] == out->project_ids[i - 1]) {
			err_field(in->err, "project_ids", "A project may be listed once only.");
			return;
		}
}

static void read_own(const struct body *in, struct data_forwarder_body *out)
{
	json_t *config = body_member(in, "config");
	int choice;

	out->name = body_text(in, "name", NAME_MAX_LEN, 0);
	out->has_provider = is_sent(in, "provider");
	choice = body_choice(in, "provider", forward_provider_keys, 0);
	if (choice >= 0)
		out->provider = forward_provider_find(forward_provider_keys[choice]);
	out->has_config = is_sent(in, "config");
	if (out->has_config && forward_values_check(config, "config", in->err) == 0)
		out->config = forward_values_filled(config);
	out->has_enroll = is_sent(in, "enroll_new_projects");
	out->enroll_new_projects = body_bool(in, "enroll_new_projects", false);
}

int data_forwarder_body_read(json_t *body, bool own, struct data_forwarder_body *ret_body,
	struct err *err)
{
	struct data_forwarder_body out = {.members = in_snake_case(body)};
	struct body in = {.object = out.members, .err = err};

	if (own)
		read_own(&in, &out);
	read_projects(&in, &out);
	if (!out.has_provider && !out.has_config)
		out.project_id = body_id(&in, "project_id", 0);
	out.has_enabled = (own || out.project_id) && is_sent(&in, "is_enabled");
	out.enabled = body_bool(&in, "is_enabled", true);
	out.overrides = is_sent(&in, "overrides")
		? json_incref(body_member(&in, "overrides")) : json_object();
	if (out.project_id)
		(void)forward_values_check(out.overrides, "overrides", err);
	if (out.has_projects && is_sent(&in, "project_id"))
		err_field(err, "non_field_errors",
			"Send project_ids or project_id, not both.");
	*ret_body = out;
	return err->code;
}

void data_forwarder_body_clear(struct data_forwarder_body *body)
{
	json_decref(body->members);
	json_decref(body->config);
	json_decref(body->overrides);
	free(body->project_ids);
	*body = (struct data_forwarder_body){0};
}

bool data_forwarder_body_lists(const struct data_forwarder_body *body, int64_t project_id)
{
	return body->project_len > 0 && bsearch(&project_id, body->project_ids, body->project_len,
		sizeof(*body->project_ids), compare_ids);
}
