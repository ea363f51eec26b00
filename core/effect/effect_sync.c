/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Effects on external issues.  Those that change our issues become jobs of install scope,
 * one for each organization that knows the external issue, since each has settings of its
 * own; the others are applied at once.  Store writer thread.
 */
#include "config.h"
#include "core/effect/effect_private.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/job/job.h"
#include "core/provider/provider.h"
#include "core/storage/external_issue.h"
#include "core/storage/integration.h"
#include "core/storage/issue_link.h"
#include "core/storage/link.h"
#include "core/storage/note_copy.h"
#include "core/sync/sync.h"
#include "core/sync/trace.h"

#define AT_ONCE 100

/* One effect on one external issue. */
struct target {
	struct tx *tx;
	struct effect_context *context;
	const json_t *record;
	int64_t integration_id;
	const struct external_issue *issue;
};

/* An outcome (effect_private.h) or a negative code. */
typedef int each_fn(const struct target *target, struct err *err);

/* The rows of a key, as far as the scope reaches. */
static int for_each_known(struct tx *tx, struct effect_context *context, const json_t *record,
	const char *key, each_fn *each, struct err *err)
{
	const struct call_scope *scope = context->scope;
	struct target target = {.tx = tx, .context = context, .record = record};
	int outcome = EFFECT_SKIPPED;
	int64_t after = 0;
	size_t len;
	int result = effect_integration_id(tx, context, &target.integration_id, err);

	if (result < 0)
		return result;
	do {
		struct external_issue *list;

		result = external_issue_list_key(tx, target.integration_id, key, after, AT_ONCE,
			&list, &len, err);
		if (result < 0)
			return result;
		for (size_t i = 0; result >= 0 && i < len; i++) {
			after = list[i].id;
			if (scope->kind == MORTISE_SCOPE_INSTALL &&
				list[i].organization_id != scope->organization_id)
				continue;
			target.issue = &list[i];
			result = each(&target, err);
			outcome = result < 0 ? outcome : effect_join(outcome, result);
		}
		external_issue_list_free(list, len);
	} while (result >= 0 && len == AT_ONCE);
	return result < 0 ? result : outcome;
}

/* ---- Jobs ---- */

/* What the job gets: the record, and the row that its key means now. */
static char *payload_of(const struct target *target)
{
	cleanup_json json_t *payload = json_copy((json_t *)(uintptr_t)target->record);

	json_object_del(payload, "type");
	json_object_set_new(payload, "external_issue", json_integer(target->issue->id));
	return json_dumps(payload, JSON_COMPACT);
}

static int queue(const struct target *target, const char *task, struct err *err)
{
	cleanup_link struct link link = {0};
	cleanup_err struct err missing = {0};
	cleanup_free char *object = xasprintf("issue:%s", target->issue->key);
	cleanup_free char *payload = payload_of(target);
	int64_t id;
	int result = link_find(target->tx, target->issue->organization_id, target->integration_id,
		&link, &missing);

	if (result == MORTISE_E_NOT_FOUND || (result == 0 && link.status != INTEGRATION_ACTIVE))
		return EFFECT_SKIPPED;
	if (result < 0)
		return err_move(err, &missing);
	result = job_insert(target->tx, &(struct job_new){
		.task = task,
		.provider = target->context->scope->provider->provider.key,
		.integration_id = target->integration_id,
		.link_id = link.id,
		.object = object,
		.payload = payload,
		.now_us = target->context->now_us,
		.origin = target->context->scope->origin,
	}, &id, err);
	return result < 0 ? result : EFFECT_APPLIED;
}

static int queue_status(const struct target *target, struct err *err)
{
	return queue(target, SYNC_STATUS_INBOUND, err);
}

static int queue_assignee(const struct target *target, struct err *err)
{
	return queue(target, SYNC_ASSIGNEE_INBOUND, err);
}

int effect_status_in(struct tx *tx, struct effect_context *context, const json_t *record,
	struct err *err)
{
	return for_each_known(tx, context, record, effect_text(record, "key"), queue_status, err);
}

int effect_assignee_in(struct tx *tx, struct effect_context *context, const json_t *record,
	struct err *err)
{
	return for_each_known(tx, context, record, effect_text(record, "key"), queue_assignee, err);
}

/* ---- Refresh ---- */

static bool is_new(const json_t *record, const char *member, const char *there)
{
	const char *text = effect_text(record, member);

	return text && (!there || strcmp(text, there) != 0);
}

static int refresh(const struct target *target, struct err *err)
{
	const struct external_issue *there = target->issue;
	const json_t *record = target->record;
	int64_t id;
	int result;

	if (!there->gone && !is_new(record, "title", there->title) &&
		!is_new(record, "description", there->description) &&
		!is_new(record, "url", there->url) &&
		!is_new(record, "display_name", there->display_name))
		return EFFECT_UNCHANGED;
	result = external_issue_put(target->tx, &(struct external_issue_put){
		.organization_id = there->organization_id,
		.integration_id = there->integration_id,
		.key = there->key,
		.title = effect_text(record, "title"),
		.description = effect_text(record, "description"),
		.display_name = effect_text(record, "display_name"),
		.url = effect_text(record, "url"),
		.now_us = target->context->now_us,
	}, &id, err);
	return result < 0 ? result : EFFECT_APPLIED;
}

int effect_issue_refresh(struct tx *tx, struct effect_context *context, const json_t *record,
	struct err *err)
{
	return for_each_known(tx, context, record, effect_text(record, "key"), refresh, err);
}

/* ---- Moved and gone ---- */

/* What to do with each issue that is linked to it. */
typedef int link_fn(const struct target *target, const struct issue_link *link, int64_t other_id,
	struct err *err);

static int for_each_link(const struct target *target, link_fn *each, int64_t other_id,
	struct err *err)
{
	int64_t after = 0;
	size_t len;
	int result;

	do {
		struct issue_link *links;

		result = issue_link_list_linked(target->tx, ISSUE_LINK_EXTERNAL, target->issue->id,
			after, AT_ONCE, &links, &len, err);
		if (result < 0)
			return result;
		for (size_t i = 0; result >= 0 && i < len; i++) {
			after = links[i].id;
			result = each(target, &links[i], other_id, err);
		}
		free(links);
	} while (result >= 0 && len == AT_ONCE);
	return result < 0 ? result : 0;
}

/* An activity of an issue with 'name': 'text' in it. */
static int trace(const struct target *target, const struct issue_link *link, const char *type,
	const char *key, const char *name, const char *text, struct err *err)
{
	const struct reg_provider *provider = target->context->scope->provider;
	cleanup_json json_t *data = json_pack("{s:s, s:s, s:I, s:s, s:s}", "provider",
		provider->provider.name, "provider_key", reg_row_key(provider), "integration_id",
		(json_int_t)target->integration_id, "key", key, name, text);

	return trace_add(target->tx, &(struct trace){
		.type = type,
		.issue_id = link->issue_id,
		.project_id = link->project_id,
		.origin = target->context->scope->origin,
		.data = data,
		.now_us = target->context->now_us,
	}, err);
}

static int trace_move(const struct target *target, const struct issue_link *link, int64_t other_id,
	struct err *err)
{
	(void)other_id;
	return trace(target, link, TRACE_MOVED, effect_text(target->record, "key"), "old_key",
		target->issue->key, err);
}

static int relink(const struct target *target, const struct issue_link *link, int64_t other_id,
	struct err *err)
{
	struct issue_link moved = *link;
	int result;

	moved.linked_id = other_id;
	result = issue_link_insert(target->tx, &moved, err);
	if (result >= 0)
		result = issue_link_delete(target->tx, link->issue_id, ISSUE_LINK_EXTERNAL,
			link->linked_id, err);
	return result;
}

/* Both keys are known, and mean one issue now: what the old one had goes to the other. */
static int merge(const struct target *target, int64_t other_id, struct err *err)
{
	int result = for_each_link(target, relink, other_id, err);

	if (result == 0)
		result = note_copy_move(target->tx, target->issue->id, other_id, err);
	if (result >= 0)
		result = external_issue_delete_unused(target->tx, target->issue->id, err);
	return result;
}

static int move(const struct target *target, struct err *err)
{
	const char *key = effect_text(target->record, "key");
	cleanup_external_issue struct external_issue other = {0};
	cleanup_err struct err missing = {0};
	int result;

	if (strcmp(key, target->issue->key) == 0)
		return EFFECT_UNCHANGED;
	result = for_each_link(target, trace_move, 0, err);
	if (result < 0)
		return result;
	result = external_issue_find(target->tx, target->issue->organization_id,
		target->integration_id, key, &other, &missing);
	if (result == 0)
		result = merge(target, other.id, err);
	else if (result == MORTISE_E_NOT_FOUND)
		result = external_issue_move(target->tx, target->issue->id, key,
			effect_text(target->record, "url"),
			effect_text(target->record, "display_name"), err);
	else
		result = err_move(err, &missing);
	return result < 0 ? result : EFFECT_APPLIED;
}

int effect_issue_moved(struct tx *tx, struct effect_context *context, const json_t *record,
	struct err *err)
{
	return for_each_known(tx, context, record, effect_text(record, "old_key"), move, err);
}

static int unlink_gone(const struct target *target, const struct issue_link *link,
	int64_t other_id, struct err *err)
{
	int result = trace(target, link, TRACE_GONE, target->issue->key, "reason",
		effect_text(target->record, "reason"), err);

	(void)other_id;
	return result < 0 ? result : issue_link_delete(target->tx, link->issue_id,
		ISSUE_LINK_EXTERNAL, link->linked_id, err);
}

static int let_go(const struct target *target, struct err *err)
{
	int result = external_issue_set_gone(target->tx, target->issue->id,
		effect_text(target->record, "reason"), err);

	if (result == 1)
		result = for_each_link(target, unlink_gone, 0, err) < 0 ? err->code : 1;
	return result < 0 ? result : result == 1 ? EFFECT_APPLIED : EFFECT_UNCHANGED;
}

int effect_issue_gone(struct tx *tx, struct effect_context *context, const json_t *record,
	struct err *err)
{
	return for_each_known(tx, context, record, effect_text(record, "key"), let_go, err);
}
