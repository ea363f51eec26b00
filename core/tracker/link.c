/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/tracker/link.h"

#include <inttypes.h>
#include <string.h>

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/effect/effect.h"
#include "core/issue/change.h"
#include "core/job/job.h"
#include "core/provider/provider.h"
#include "core/storage/activity.h"
#include "core/storage/integration.h"
#include "core/storage/issue.h"
#include "core/storage/issue_link.h"
#include "core/storage/link.h"
#include "core/tracker/defaults.h"
#include "core/tracker/tracker.h"

#define ANNOTATIONS_MAX 100
#define TICKETS_MAX 100        /* activities that are looked through */

/* ---- References ---- */

/* The activity of the newest ticket that was made there for the issue; 0: none. */
static int last_ticket(struct tx *tx, int64_t issue_id, int64_t integration_id, int64_t *ret_id,
	struct err *err)
{
	struct activity *list;
	size_t len;

	if (activity_list(tx, issue_id, ACTIVITY_CREATE_ISSUE, &KEYSET_NEWEST(TICKETS_MAX), &list,
		    &len, err) < 0)
		return err->code;
	*ret_id = 0;
	for (size_t i = 0; i < len && *ret_id == 0; i++)
		if (json_is_true(json_object_get(list[i].data, "new")) && integration_id ==
			json_integer_value(json_object_get(list[i].data, "integration_id")))
			*ret_id = list[i].id;
	activity_list_free(list, len);
	return 0;
}

int tracker_reference(struct tx *tx, int64_t issue_id, int64_t link_id,
	char ret_reference[static TRACKER_REFERENCE_SIZE], struct err *err)
{
	cleanup_link struct link link = {0};
	cleanup_free char *text = NULL;
	unsigned char hash[(TRACKER_REFERENCE_SIZE - 1) / 2];
	int64_t after;

	if (link_get(tx, link_id, &link, err) < 0 ||
		last_ticket(tx, issue_id, link.integration_id, &after, err) < 0)
		return err->code;
	/* Keyed with what only this link has: another daemon may write to the same tracker. */
	text = xasprintf("ticket %" PRId64 " after %" PRId64, issue_id, after);
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)text, strlen(text), link.uid,
		sizeof(link.uid));
	sodium_bin2hex(ret_reference, TRACKER_REFERENCE_SIZE, hash, sizeof(hash));
	return 0;
}

/* ---- Linking ---- */

/* The integration may have been removed while the tracker was asked. */
static int read_link(struct tx *tx, int64_t link_id, struct link *link, struct err *err)
{
	cleanup_err struct err missing = {0};
	int result = link_get(tx, link_id, link, &missing);

	if (result < 0 && result != MORTISE_E_NOT_FOUND)
		return err_move(err, &missing);
	if (result < 0 || link->status != INTEGRATION_ACTIVE)
		return err_set(err, MORTISE_E_NOT_FOUND, "this integration was removed meanwhile");
	return 0;
}

static int put_issue(struct tx *tx, struct tracker_link *link, struct err *err)
{
	const struct call_scope *scope = link->scope;
	const json_t *metadata = json_object_get(link->answer, "metadata");
	int64_t id;
	const struct external_issue_put put = {
		.organization_id = scope->organization_id,
		.integration_id = scope->integration_id,
		.key = json_string_value(json_object_get(link->answer, "key")),
		.title = json_string_value(json_object_get(link->answer, "title")),
		.description = json_string_value(json_object_get(link->answer, "description")),
		.display_name = json_string_value(json_object_get(link->answer, "display_name")),
		.url = link->url,
		.metadata = json_is_object(metadata) ? metadata : NULL,
		.now_us = link->actor->now_us,
	};
	int result = external_issue_put(tx, &put, &id, err);

	external_issue_clear(&link->linked);
	return result < 0 ? result : external_issue_get(tx, scope->organization_id, id,
		&link->linked, err);
}

static int add_link(struct tx *tx, const struct tracker_link *link, const struct issue *issue,
	struct err *err)
{
	int result = issue_link_insert(tx, &(struct issue_link){
		.issue_id = issue->id,
		.project_id = issue->project_id,
		.type = ISSUE_LINK_EXTERNAL,
		.linked_id = link->linked.id,
		.relationship = ISSUE_LINK_REFERENCES,
		.added_at_us = link->actor->now_us,
	}, err);

	if (result == 0)
		return err_set(err, MORTISE_E_CONFLICT, "This issue is already linked to %s.",
			external_issue_name(&link->linked));
	return result < 0 ? result : 0;
}

static int add_activity(struct tx *tx, const struct tracker_link *link, const struct issue *issue,
	struct err *err)
{
	const struct reg_provider *provider = link->scope->provider;
	cleanup_json json_t *data = json_pack("{s:s?, s:s, s:s, s:s?, s:s, s:b, s:I}", "title",
		link->linked.title, "provider", provider->provider.name, "provider_key",
		reg_row_key(provider), "location", link->linked.url, "label",
		external_issue_name(&link->linked), "new", link->made, "integration_id",
		(json_int_t)link->scope->integration_id);
	int64_t id;

	return activity_insert(tx, &(struct activity_new){
		.issue_id = issue->id,
		.project_id = issue->project_id,
		.type = ACTIVITY_CREATE_ISSUE,
		.account_id = link->actor->account_id,
		.origin = link->actor->origin,
		.data = data,
		.now_us = link->actor->now_us,
	}, &id, err);
}

static int queue_after_link(struct tx *tx, const struct tracker_link *link, struct err *err)
{
	const struct call_scope *scope = link->scope;
	cleanup_json json_t *payload = NULL;
	cleanup_free char *text = NULL;
	cleanup_free char *object = NULL;
	int64_t id;

	if (!link->comment_reference)
		return 0;
	payload = json_pack("{s:I, s:I, s:O, s:s}", "issue", (json_int_t)link->issue_id,
		"external_issue", (json_int_t)link->linked.id, "fields", link->fields, "reference",
		link->comment_reference);
	text = json_dumps(payload, JSON_COMPACT);
	object = xasprintf("issue:%s", link->linked.key);
	return job_insert(tx, &(struct job_new){
		.task = TRACKER_AFTER_LINK,
		.provider = reg_row_key(scope->provider),
		.version = 1,
		.integration_id = scope->integration_id,
		.link_id = scope->link_id,
		.object = object,
		.payload = text,
		.now_us = link->actor->now_us,
		.origin = link->actor->origin,
	}, &id, err);
}

static int apply_effects(struct tx *tx, const struct tracker_link *link, struct err *err)
{
	struct effect_context context = {.scope = link->scope, .now_us = link->actor->now_us};

	return link->effects ? effects_apply(tx, &context, link->effects, err) : 0;
}

int tracker_link_write(struct tx *tx, void *arg, struct err *err)
{
	struct tracker_link *link = arg;
	cleanup_link struct link row = {0};
	cleanup_issue struct issue issue = {0};
	struct defaults_of of = {.provider = link->scope->provider, .link = &row,
		.account_id = link->actor->account_id};
	int result = read_link(tx, link->scope->link_id, &row, err);

	if (result == 0)
		result = issue_get(tx, link->issue_id, &issue, err);
	if (result == 0)
		result = put_issue(tx, link, err);
	if (result == 0)
		result = add_link(tx, link, &issue, err);
	if (result == 0)
		result = add_activity(tx, link, &issue, err);
	of.project_id = issue.project_id;
	if (result == 0)
		result = defaults_keep(tx, &of, link->fields, link->actor->now_us, err);
	if (result == 0)
		result = apply_effects(tx, link, err);
	return result == 0 ? queue_after_link(tx, link, err) : result;
}

int tracker_unlink(struct tx *tx, int64_t organization_id, int64_t integration_id,
	int64_t issue_id, int64_t external_issue_id, struct err *err)
{
	cleanup_external_issue struct external_issue linked = {0};
	int result = external_issue_get(tx, organization_id, external_issue_id, &linked, err);

	if (result < 0)
		return result;
	result = linked.integration_id == integration_id
		? issue_link_delete(tx, issue_id, ISSUE_LINK_EXTERNAL, linked.id, err) : 0;
	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "this issue is not linked to it");
	if (result > 0)
		result = external_issue_delete_unused(tx, linked.id, err);
	return result < 0 ? result : 0;
}

int tracker_annotations(struct tx *tx, int64_t issue_id, json_t **ret_annotations,
	struct err *err)
{
	struct external_issue *list;
	json_t *annotations;
	size_t len;

	if (external_issue_list_issue(tx, issue_id, 0, ANNOTATIONS_MAX, &list, &len, err) < 0)
		return err->code;
	annotations = json_array();
	for (size_t i = 0; i < len; i++)
		if (list[i].url)
			json_array_append_new(annotations, json_pack("{s:s, s:s}", "url", list[i].url,
				"displayName", external_issue_name(&list[i])));
	external_issue_list_free(list, len);
	*ret_annotations = annotations;
	return 0;
}
