/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/effect/effect.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/json_pointer.h"
#include "core/base/mem.h"
#include "core/effect/effect_private.h"
#include "core/frame/effect_forms.h"
#include "core/provider/provider.h"
#include "core/storage/integration.h"
#include "core/storage/link.h"

/* How each type is applied.  Its form and its scopes stand in effect_forms.c, which
 * the host process has too. */
static const struct effect_type {
	const char *type;
	effect_fn *apply;
} types[] = {
	{MORTISE_EFFECT_INTEGRATION_PUT, effect_integration_put},
	{MORTISE_EFFECT_INTEGRATION_PATCH, effect_integration_patch},
	{MORTISE_EFFECT_INTEGRATION_NAME, effect_integration_name},
	{MORTISE_EFFECT_INTEGRATION_STATUS, effect_integration_status},
	{MORTISE_EFFECT_CONFIG_PATCH, effect_config_patch},
	{MORTISE_EFFECT_AUDIT, effect_audit},
	{MORTISE_EFFECT_TASK, effect_task},
	{MORTISE_EFFECT_REPOSITORY_PUT, effect_repository_put},
	{MORTISE_EFFECT_REPOSITORY_STATUS, effect_repository_status},
	{MORTISE_EFFECT_REPOSITORY_LANGUAGES, effect_repository_languages},
	{MORTISE_EFFECT_COMMIT, effect_commit},
	{MORTISE_EFFECT_PULL_REQUEST, effect_pull_request},
	{MORTISE_EFFECT_ACTOR, effect_actor},
	{MORTISE_EFFECT_STATUS_IN, effect_status_in},
	{MORTISE_EFFECT_ASSIGNEE_IN, effect_assignee_in},
	{MORTISE_EFFECT_ISSUE_REFRESH, effect_issue_refresh},
	{MORTISE_EFFECT_ISSUE_MOVED, effect_issue_moved},
	{MORTISE_EFFECT_ISSUE_GONE, effect_issue_gone},
};

static const struct effect_type *find_type(const char *type)
{
	for (size_t i = 0; i < lengthof(types); i++)
		if (strcmp(types[i].type, type) == 0)
			return &types[i];
	return NULL;
}

/* The task that an effect queues must be one of this provider, and its scope one that
 * the call can reach. */
static int check_task(const struct effect_context *context, const json_t *record, struct err *err)
{
	const char *name = effect_text(record, "name");
	const struct mortise_task *task = reg_task(context->scope->provider, name);

	if (!task)
		return err_set(err, MORTISE_E_INTERNAL, "task \"%s\" is not registered", name);
	if (context->scope->kind == MORTISE_SCOPE_PROVIDER && task->scope != MORTISE_SCOPE_PROVIDER)
		return err_set(err, MORTISE_E_INTERNAL,
			"task \"%s\" needs an integration, and a call in provider scope has none", name);
	return 0;
}

/* Does a merge patch change what stands at 'pointer'? */
static bool touches(const json_t *patch, const char *pointer)
{
	const char *end = pointer;

	do {
		cleanup_free char *outer = NULL;
		const json_t *value;

		end = strchrnul(end + 1, '/');
		outer = xstrndup(pointer, (size_t)(end - pointer));
		value = json_pointer(patch, outer);
		if (!value)
			return false;
		if (!json_is_object(value))
			return true;
	} while (*end);
	return true;
}

/* Where requests go is said by an install, or by an event whose subject was verified; an
 * answer of the upstream must not lead them elsewhere. */
static int check_metadata(const struct effect_context *context, const json_t *record, struct err *err)
{
	static const char prefix[] = "metadata:";
	const struct reg_provider *provider = context->scope->provider;
	const json_t *metadata = json_object_get(record, "metadata");

	for (size_t i = 0; i < provider->upstream_len; i++) {
		const char *base = provider->upstreams[i].base;

		if (strncmp(base, prefix, strlen(prefix)) == 0 &&
			touches(metadata, base + strlen(prefix)))
			return err_set(err, MORTISE_E_INTERNAL, "the address of upstream \"%s\" stands in "
				"%s: leave it out, only build and integration_put in subject scope set it",
				provider->upstreams[i].name, base);
	}
	return 0;
}

static int check_put(const struct effect_context *context, const json_t *record, struct err *err)
{
	if (context->scope->kind == MORTISE_SCOPE_SUBJECT)
		return 0;
	if (json_object_get(record, "secrets"))
		return err_set(err, MORTISE_E_INTERNAL, "only subject scope may bring secrets");
	return check_metadata(context, record, err);
}

/* What the rules say beyond a record's own form. */
static int check_rules(const struct effect_context *context, const char *type, const json_t *record,
	struct err *err)
{
	if (strcmp(type, MORTISE_EFFECT_TASK) == 0)
		return check_task(context, record, err);
	if (strcmp(type, MORTISE_EFFECT_INTEGRATION_PUT) == 0)
		return check_put(context, record, err);
	if (strcmp(type, MORTISE_EFFECT_INTEGRATION_PATCH) == 0)
		return check_metadata(context, record, err);
	return 0;
}

static int check_one(const struct effect_context *context, const json_t *record, struct err *err)
{
	const char *type = effect_text(record, "type");
	const struct effect_form *form = type ? effect_form_find(type) : NULL;
	int result;

	if (!form || !find_type(type))
		return err_set(err, MORTISE_E_INTERNAL, "\"%.64s\" is no effect", type ? type : "");
	result = effect_form_check_scope(form, context->scope->kind, err);
	if (result == 0)
		result = effect_form_check(form, record, err);
	return result < 0 ? result : check_rules(context, type, record, err);
}

int effects_check(const struct effect_context *context, const json_t *effects, struct err *err)
{
	json_t *record;
	size_t i;

	if (!json_is_array(effects))
		return err_set(err, MORTISE_E_INTERNAL, "the effects of a reply must be a list");
	if (json_array_size(effects) > EFFECTS_MAX_COUNT)
		return err_set(err, MORTISE_E_INTERNAL, "%zu effects in one reply, %d are allowed",
			json_array_size(effects), EFFECTS_MAX_COUNT);
	json_array_foreach(effects, i, record) {
		int result = check_one(context, record, err);

		if (result < 0) {
			err_prefix(err, "effect %zu: ", i);
			return result;
		}
	}
	return 0;
}

static void count(struct effect_context *context, int outcome)
{
	switch (outcome) {
	case EFFECT_APPLIED:
		context->applied++;
		break;
	case EFFECT_SKIPPED:
		context->skipped++;
		break;
	default:
		context->unchanged++;
	}
}

int effects_apply(struct tx *tx, struct effect_context *context, const json_t *effects,
	struct err *err)
{
	json_t *record;
	size_t i;

	context->applied = context->skipped = context->unchanged = 0;
	context->followed_repository_id = 0;
	json_array_foreach(effects, i, record) {
		const char *type = effect_text(record, "type");
		const struct effect_type *known = type ? find_type(type) : NULL;
		int outcome = known ? known->apply(tx, context, record, err)
				    : err_set(err, MORTISE_E_INTERNAL, "effect %zu was not checked", i);

		if (outcome < 0) {
			err_prefix(err, "effect %zu (%s): ", i, type ? type : "");
			return outcome;
		}
		count(context, outcome);
	}
	return 0;
}

/* ---- For the functions that apply ---- */

const char *effect_text(const json_t *record, const char *member)
{
	return json_string_value(json_object_get(record, member));
}

int effect_join(int all, int one)
{
	if (all == EFFECT_APPLIED || one == EFFECT_APPLIED)
		return EFFECT_APPLIED;
	return all == EFFECT_SKIPPED ? one : all;
}

int effect_integration_id(struct tx *tx, const struct effect_context *context, int64_t *ret_id,
	struct err *err)
{
	const struct call_scope *scope = context->scope;
	cleanup_integration struct integration found = {0};
	cleanup_err struct err missing = {0};
	int result;

	if (scope->integration_id > 0) {
		*ret_id = scope->integration_id;
		return 0;
	}
	*ret_id = 0;
	if (scope->kind != MORTISE_SCOPE_SUBJECT || !scope->external_id)
		return 0;
	result = integration_find(tx, reg_row_key(scope->provider), scope->external_id, 0, &found,
		&missing);
	if (result == MORTISE_E_NOT_FOUND)
		return 0;
	if (result < 0)
		return err_move(err, &missing);
	*ret_id = found.id;
	return 0;
}

/* Does the link of an install call still stand?  1: it does. */
static int has_link(struct tx *tx, const struct call_scope *scope, struct err *err)
{
	cleanup_link struct link link = {0};
	cleanup_err struct err missing = {0};
	int result = link_get(tx, scope->link_id, &link, &missing);

	if (result == MORTISE_E_NOT_FOUND)
		return 0;
	return result < 0 ? err_move(err, &missing) : 1;
}

int effect_organizations(struct tx *tx, const struct effect_context *context, int64_t after_link_id,
	size_t max, int64_t *ret_organization_ids, int64_t *ret_link_ids, size_t *ret_len,
	struct err *err)
{
	const struct call_scope *scope = context->scope;
	struct link *links;
	int64_t integration_id;
	size_t len = 0;
	int result;

	*ret_len = 0;
	if (scope->kind == MORTISE_SCOPE_INSTALL) {
		/* It may have been deleted while the plugin was at work. */
		result = after_link_id < scope->link_id && max > 0 ? has_link(tx, scope, err) : 0;
		if (result == 1) {
			ret_organization_ids[0] = scope->organization_id;
			ret_link_ids[0] = scope->link_id;
			*ret_len = 1;
		}
		return result < 0 ? result : 0;
	}
	result = effect_integration_id(tx, context, &integration_id, err);
	if (result < 0 || integration_id == 0)
		return result;
	links = xcalloc(max, sizeof(*links));
	result = link_list_active(tx, integration_id, after_link_id, max, links, &len, err);
	for (size_t i = 0; result == 0 && i < len; i++) {
		ret_organization_ids[i] = links[i].organization_id;
		ret_link_ids[i] = links[i].id;
		link_clear(&links[i]);
	}
	free(links);
	if (result == 0)
		*ret_len = len;
	return result;
}
