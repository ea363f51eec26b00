/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/tracker/tracker.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/json_pointer.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/effect/effect.h"
#include "core/job/job.h"
#include "core/provider/provider.h"
#include "core/tracker/answer.h"
#include "core/upstream/template.h"

#define LOOK_MS 10000          /* forms, searches, settings */
#define ACT_MS 25000
#define MAX_URL 4096

#define AT_ISSUE(member_) offsetof(struct reg_provider, issue_provider.member_)
#define AT_CONFIG(member_) offsetof(struct reg_provider, config_form.member_)

static const struct {
	const char *name;
	size_t offset;                 /* of the callback in a reg_provider */
	int64_t deadline_ms;           /* behind the API */
} callbacks[TRACKER_CALLBACK_LEN] = {
	[TRACKER_FORM] = {"issue:form", AT_ISSUE(form), LOOK_MS},
	[TRACKER_CREATE] = {"issue:create", AT_ISSUE(create), ACT_MS},
	[TRACKER_GET] = {"issue:get", AT_ISSUE(get), LOOK_MS},
	[TRACKER_LINKED] = {"issue:linked", AT_ISSUE(linked), ACT_MS},
	[TRACKER_SEARCH] = {"issue:search", AT_ISSUE(search), LOOK_MS},
	[TRACKER_COMMENT_CREATE] = {"issue:comment_create", AT_ISSUE(comment_create), ACT_MS},
	[TRACKER_COMMENT_UPDATE] = {"issue:comment_update", AT_ISSUE(comment_update), ACT_MS},
	[TRACKER_STATUS_OUT] = {"issue:status_out", AT_ISSUE(status_out), ACT_MS},
	[TRACKER_ASSIGNEE_OUT] = {"issue:assignee_out", AT_ISSUE(assignee_out), ACT_MS},
	[TRACKER_STATUS_ACTION] = {"issue:status_action", AT_ISSUE(status_action), LOOK_MS},
	[TRACKER_CONFIG_FORM] = {"config:form", AT_CONFIG(form), LOOK_MS},
	[TRACKER_CONFIG_SAVE] = {"config:save", AT_CONFIG(save), LOOK_MS},
};

bool tracker_has_issues(const struct reg_provider *provider)
{
	if (!provider->has_issue_provider)
		return false;
	for (size_t i = 0; i < provider->feature_len; i++) {
		const struct mortise_feature *feature = &provider->features[i];

		if ((feature->flags & MORTISE_FEATURE_IN_SET) &&
			(strcmp(feature->feature, "issue-basic") == 0 ||
				strcmp(feature->feature, "issue-sync") == 0))
			return true;
	}
	return false;
}

bool tracker_has(const struct reg_provider *provider, enum tracker_callback callback)
{
	const void *at = (const char *)provider + callbacks[callback].offset;

	return *(mortise_callback *const *)at != NULL;
}

const char *tracker_callback_name(enum tracker_callback callback)
{
	return callbacks[callback].name;
}

bool tracker_syncs(const struct reg_provider *provider, const char *attribute,
	const json_t *config)
{
	const char *text = provider->has_issue_provider ? provider->issue_provider.sync : NULL;
	cleanup_json json_t *sync = text ? json_loads(text, 0, NULL) : NULL;
	const char *key = json_string_value(json_object_get(sync, attribute));

	return key && json_is_true(json_object_get(config, key));
}

/* ---- Addresses ---- */

/* What stands in one pair of braces, as a new string; NULL: nothing. */
static char *brace_value(struct daemon *daemon, const struct reg_provider *provider,
	const json_t *metadata, const char *name)
{
	if (strncmp(name, "setting:", 8) == 0)
		return provider_setting(daemon, provider, name + 8);
	if (strncmp(name, "metadata:", 9) == 0)
		return xstrdup(json_string_value(json_pointer(metadata, name + 9)));
	return NULL;
}

char *tracker_key_url(struct daemon *daemon, const struct reg_provider *provider,
	const json_t *metadata, const char *key)
{
	const char *at = provider->has_issue_provider ? provider->issue_provider.key_url : NULL;
	cleanup_buf struct buf url = BUF(MAX_URL);

	if (!at)
		return NULL;
	while (*at) {
		const char *open = strchrnul(at, '{');
		const char *end = *open ? strchr(open, '}') : NULL;
		cleanup_free char *name = end ? xstrndup(open + 1, (size_t)(end - open) - 1) : NULL;
		cleanup_free char *value = NULL;

		buf_add(&url, at, (size_t)(open - at));
		if (!name)
			break;
		if (strcmp(name, "key") == 0) {
			template_encode(&url, key, "");
		} else {
			value = brace_value(daemon, provider, metadata, name);
			if (!value)
				return NULL;
			buf_add_text(&url, value);
		}
		at = end + 1;
	}
	return url.failed || !answer_is_url(buf_text(&url)) ? NULL : xstrdup(buf_text(&url));
}

/* ---- Calls ---- */

int tracker_call(struct daemon *daemon, const struct call_scope *scope, struct job_run *run,
	enum tracker_callback callback, json_t *input, json_t **ret_output, json_t **ret_effects,
	struct err *err)
{
	struct call_request request = {
		.scope = *scope,
		.callback = callbacks[callback].name,
		.input = input,
		.deadline_ms = run ? run->deadline_ms : callbacks[callback].deadline_ms,
		.job = run,
		.solo = run && run->solo,
		.ret_death = run ? &run->death : NULL,
	};
	struct effect_context context = {.scope = scope, .now_us = clock_now_us()};
	cleanup_json json_t *output = NULL;
	cleanup_json json_t *effects = NULL;

	if (!tracker_has(scope->provider, callback))
		return err_set(err, MORTISE_E_UNSUPPORTED, "%s cannot do that",
			scope->provider->provider.name);
	if (provider_call(daemon->providers, &request, &output, &effects, err) < 0)
		return err->code;
	if (answer_check(callback, output, err) < 0 || effects_check(&context, effects, err) < 0) {
		err_prefix(err, "%s of provider \"%s\": ", request.callback,
			scope->provider->provider.key);
		return err->code;
	}
	*ret_output = steal(&output);
	*ret_effects = steal(&effects);
	return 0;
}
