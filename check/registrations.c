/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "check/registrations.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "check/report.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/crypto/digest.h"
#include "core/provider/plugin_note.h"
#include "core/provider/registration.h"
#include "core/webhook/expression.h"
#include "core/webhook/reply.h"
#include "core/webhook/scanner.h"
#include "core/webhook/set.h"

/* Where we are, for the words in front of a problem. */
struct place {
	struct report *report;
	const struct reg_provider *provider;
	const char *kind, *name;       /* "webhook" and its name; NULL: the provider itself */
	bool has_integration;          /* "metadata:" stands for something */
};

static char *where(const struct place *place, const char *member)
{
	return xasprintf("provider \"%s\"%s%s%s%s%s%s", place->provider->provider.key,
		place->kind ? ": " : "", place->kind ? place->kind : "", place->kind ? " \"" : "",
		place->kind ? place->name : "", place->kind ? "\": " : ": ", member);
}

static void error_at(const struct place *place, const char *member, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void warn_at(const struct place *place, const char *member, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void error_at(const struct place *place, const char *member, const char *format, ...)
{
	cleanup_free char *at = where(place, member);
	cleanup_free char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	report_error(place->report, at, "%s", text);
}

static void warn_at(const struct place *place, const char *member, const char *format, ...)
{
	cleanup_free char *at = where(place, member);
	cleanup_free char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	report_warning(place->report, at, "%s", text);
}

static bool is_empty(const char *text)
{
	return !text || !*text;
}

/* ---- Values and templates ---- */

static void check_pointer(const struct place *place, const char *member, const char *pointer)
{
	if (pointer && *pointer && *pointer != '/')
		error_at(place, member, "\"%s\" is no JSON pointer: begin it with a slash", pointer);
}

/* What a value is without configuration: a setting's default, or the text itself. */
static const char *default_of(const struct place *place, const char *value)
{
	const struct mortise_setting *setting;

	if (!value || strncmp(value, "setting:", 8) != 0)
		return value;
	setting = reg_setting(place->provider, value + 8);
	return setting ? setting->default_value : NULL;
}

static void check_value(const struct place *place, const char *member, const char *value)
{
	const struct mortise_setting *setting;

	if (!value)
		return;
	if (strncmp(value, "state:", 6) == 0)
		check_pointer(place, member, value + 6);
	if (strncmp(value, "metadata:", 9) == 0 && !place->has_integration)
		error_at(place, member, "\"%s\": an install has no integration yet, so this is never "
			"known", value);
	if (strncmp(value, "setting:", 8) != 0)
		return;
	setting = reg_setting(place->provider, value + 8);
	if (setting && !(setting->flags & MORTISE_SETTING_REQUIRED) && is_empty(setting->default_value))
		warn_at(place, member, "setting \"%s\" may be empty: give it a default, or "
			"MORTISE_SETTING_REQUIRED", value + 8);
}

/* What may stand in braces here, besides settings and state. */
enum { HAS_STATE_TOKEN = 1, HAS_EXTERNAL_ID = 2, HAS_ISSUE_KEY = 4 };

static void check_brace(const struct place *place, const char *member, const char *name, int allowed)
{
	const struct mortise_setting *setting;

	if (strncmp(name, "setting:", 8) == 0) {
		setting = reg_setting(place->provider, name + 8);
		if (!setting || (setting->flags & MORTISE_SETTING_SECRET))
			error_at(place, member, "{%s}: register \"%s\" as a setting that is not secret",
				name, name + 8);
		else
			check_value(place, member, name);
	} else if (strncmp(name, "state:", 6) == 0 && !(allowed & HAS_ISSUE_KEY)) {
		check_value(place, member, name);
	} else if (strncmp(name, "metadata:", 9) == 0 && allowed & HAS_ISSUE_KEY) {
		check_pointer(place, member, name + 9);
	} else if (!(strcmp(name, "state") == 0 && allowed & HAS_STATE_TOKEN) &&
		!(strcmp(name, "external_id") == 0 && allowed & HAS_EXTERNAL_ID) &&
		!(strcmp(name, "key") == 0 && allowed & HAS_ISSUE_KEY)) {
		error_at(place, member, "nothing here stands for {%s}: use {setting:NAME}%s%s%s", name,
			allowed & HAS_ISSUE_KEY ? ", {key}, {metadata:/pointer}"
						: ", {state:/pointer}",
			allowed & HAS_STATE_TOKEN ? ", {state}" : "",
			allowed & HAS_EXTERNAL_ID ? ", {external_id}" : "");
	}
}

static void check_template(const struct place *place, const char *member, const char *text, int allowed)
{
	while (text && (text = strchr(text, '{'))) {
		const char *end = strchr(text, '}');
		cleanup_free char *name = end ? xstrndup(text + 1, (size_t)(end - text) - 1) : NULL;

		if (!end) {
			error_at(place, member, "a brace is not closed: \"%s\"", text);
			return;
		}
		check_brace(place, member, name, allowed);
		text = end + 1;
	}
}

/* ---- The provider itself ---- */

static void check_provider(const struct place *place)
{
	const struct mortise_provider *provider = &place->provider->provider;
	bool installs = provider->flags & MORTISE_PROVIDER_CAN_ADD;

	if (installs && !provider->build)
		error_at(place, "build", "it can be added, but nothing builds its integration: give a "
			"function");
	if (installs && place->provider->step_len == 0)
		warn_at(place, "steps", "it can be added without a single step: whoever starts the "
			"install is asked nothing and proves nothing");
	if (!installs && place->provider->step_len > 0)
		warn_at(place, "flags", "it has install steps, but not MORTISE_PROVIDER_CAN_ADD: its "
			"install can only begin at the upstream's own site");
	if (!(provider->flags & MORTISE_PROVIDER_VISIBLE))
		warn_at(place, "flags", "without MORTISE_PROVIDER_VISIBLE it is not in the directory");
	if (is_empty(provider->description))
		warn_at(place, "description", "there is none: say what a user gets, in Markdown");
	if (is_empty(provider->author))
		warn_at(place, "author", "there is none: say who answers for it");
	if (place->provider->feature_len == 0)
		warn_at(place, "features", "there are none: the directory shows nothing that it can do");
}

/* ---- Settings, features, credentials, upstreams ---- */

static bool is_default_of(int32_t type, const char *text)
{
	switch (type) {
	case MORTISE_TYPE_INTEGER:
		return text[strspn(text, "+-")] && !text[strspn(text, "+-0123456789")];
	case MORTISE_TYPE_BOOLEAN:
		return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ||
			strcmp(text, "1") == 0 || strcmp(text, "0") == 0;
	case MORTISE_TYPE_URL:
		return strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;
	default:
		return true;
	}
}

static void check_setting(struct place *place, const struct mortise_setting *setting)
{
	place->kind = "setting";
	place->name = setting->name;
	if (!is_empty(setting->default_value) && !is_default_of(setting->type, setting->default_value))
		error_at(place, "default_value", "\"%s\" does not have the type of the setting",
			setting->default_value);
	if ((setting->flags & MORTISE_SETTING_SECRET) && !is_empty(setting->default_value))
		error_at(place, "default_value", "a secret has no default: everybody who has the plugin "
			"would know it");
	if (is_empty(setting->help))
		warn_at(place, "help", "there is none: an operator sees only its name");
}

static void check_feature(struct place *place, const struct mortise_feature *feature)
{
	place->kind = "feature";
	place->name = feature->feature;
	if ((feature->flags & MORTISE_FEATURE_DESCRIBED) && is_empty(feature->description))
		warn_at(place, "description", "there is none, but the directory shows this feature");
	if (feature->flags == 0)
		warn_at(place, "flags", "without a flag it is neither in the provider's set nor shown");
}

static void check_credential(struct place *place, const struct mortise_credential *credential)
{
	place->kind = "credential";
	place->name = credential->name;
	check_value(place, "issuer", credential->issuer);
	check_value(place, "consumer_key", credential->consumer_key);
	if (credential->kind == MORTISE_CREDENTIAL_JWT && credential->life_ms > 3600000)
		warn_at(place, "life_ms", "a token for one request lives for more than an hour: a few "
			"minutes are enough");
	if (credential->kind != MORTISE_CREDENTIAL_MINTED)
		return;
	check_template(place, "mint_path", credential->mint_path, HAS_EXTERNAL_ID);
	check_pointer(place, "token_pointer", credential->token_pointer);
	check_pointer(place, "expires_pointer", credential->expires_pointer);
}

static void check_upstream(struct place *place, const struct mortise_upstream *upstream)
{
	place->kind = "upstream";
	place->name = upstream->name;
	check_value(place, "base", upstream->base);
	check_value(place, "verify", upstream->verify);
	if (upstream->verify && strcmp(upstream->verify, "false") == 0)
		warn_at(place, "verify", "TLS certificates are never checked: let a field or a setting "
			"say so");
	if (upstream->timeout_ms == 0)
		warn_at(place, "timeout_ms", "it is not set: 30 seconds are longer than a call behind the "
			"API or an inline webhook has");
	if (!upstream->credentials)
		warn_at(place, "credentials", "there are none: a request that does not name its own goes "
			"out without");
}

/* ---- Install steps ---- */

static void check_oauth2(const struct place *place, const struct mortise_step *step)
{
	check_template(place, "authorize_url", step->authorize_url, 0);
	check_template(place, "token_url", step->token_url, 0);
	check_value(place, "client_id", step->client_id);
	if (!(step->flags & MORTISE_STEP_PKCE))
		warn_at(place, "flags", "without MORTISE_STEP_PKCE a stolen code can be redeemed: set it "
			"if the upstream knows PKCE");
}

static void check_oauth1(const struct place *place, const struct mortise_step *step)
{
	check_template(place, "request_token_url", step->request_token_url, 0);
	check_template(place, "authorize_url", step->authorize_url, 0);
	check_template(place, "token_url", step->token_url, 0);
	check_value(place, "client_id", step->client_id);
}

static void check_redirect(const struct place *place, const struct mortise_step *step)
{
	check_template(place, "url", step->url, HAS_STATE_TOKEN);
	if (step->binding == MORTISE_BINDING_STATE && !strstr(step->url, "{state}") &&
		!(step->flags & MORTISE_STEP_STATE_OPTIONAL))
		error_at(place, "url", "the state has to come back, but {state} is not in it: put it in, "
			"or use MORTISE_BINDING_SESSION");
	if (!step->check)
		warn_at(place, "check", "nothing looks at what comes back: anybody can write that address");
}

static void check_fields(struct place *place, const struct mortise_field *fields, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const struct mortise_field *field = &fields[i];

		if (is_empty(field->label) && strcmp(place->kind, "arrival") != 0 &&
			!(field->flags & MORTISE_FIELD_RANDOM))
			warn_at(place, field->name, "this field has no label: its name is shown");
		if (field->type == MORTISE_TYPE_SELECT && is_empty(field->choices))
			error_at(place, field->name, "this field is to be selected from nothing: set choices");
	}
}

static void check_step(struct place *place, const struct reg_step *step)
{
	place->kind = "step";
	place->name = step->step.name;
	check_pointer(place, "skip_when", step->step.skip_when);
	check_value(place, "verify", step->step.verify);
	check_value(place, "subject", step->step.subject);
	if (step->step.kind == MORTISE_STEP_OAUTH2)
		check_oauth2(place, &step->step);
	else if (step->step.kind == MORTISE_STEP_OAUTH1)
		check_oauth1(place, &step->step);
	else if (step->step.kind == MORTISE_STEP_REDIRECT)
		check_redirect(place, &step->step);
	else if (step->step.kind == MORTISE_STEP_FORM && step->field_len == 0)
		error_at(place, "fields", "the form has none: register them with step_field");
	check_fields(place, step->fields, step->field_len);
}

/* ---- Webhooks ---- */

/* Each path:NAME needs a segment {NAME} of the path. */
static void check_path_names(const struct place *place, const char *member, const char *text,
	const char *path)
{
	const char *at = text;

	while ((at = strstr(at, "path:"))) {
		size_t size = strcspn(at + 5, " |\"");
		cleanup_free char *segment = xasprintf("{%.*s}", (int)size, at + 5);

		if ((at == text || strchr(" |", at[-1])) && !strstr(path, segment))
			error_at(place, member, "path:%.*s needs a segment %s in the path \"%s\"", (int)size,
				at + 5, segment, path);
		at += 5 + size;
	}
}

static void check_expressions(const struct place *place, const struct mortise_webhook *webhook)
{
	const struct {
		const char *member, *text;
	} expressions[] = {
		{"event", webhook->event}, {"delivery_id", webhook->delivery_id},
		{"subject", webhook->subject}, {"bind_left", webhook->bind_left},
		{"bind_right", webhook->bind_right}, {"object", webhook->object},
	};
	struct scanner_plan *plan = scanner_plan_new();

	for (size_t i = 0; i < lengthof(expressions); i++) {
		cleanup_err struct err err = {0};
		struct expression *expression = NULL;
		const char *text = default_of(place, expressions[i].text);

		/* One that an operator has to give is seen when the daemon runs. */
		if (is_empty(text))
			continue;
		if (expression_parse(text, plan, &expression, &err) < 0)
			error_at(place, expressions[i].member, "%s", err_text(&err));
		else
			check_path_names(place, expressions[i].member, text, webhook->path);
		expression_free(expression);
	}
	scanner_plan_free(plan);
}

static void check_signatures(const struct place *place, const struct reg_webhook *webhook)
{
	enum digest digest;

	for (size_t i = 0; i < webhook->signature_len; i++) {
		const struct mortise_signature *signature = &webhook->signatures[i];

		check_value(place, "header", signature->header);
		if (webhook->webhook.scheme == MORTISE_SCHEME_HMAC && !is_empty(signature->algorithm) &&
			!digest_parse(signature->algorithm, &digest))
			error_at(place, signature->header, "no algorithm is called \"%s\": use \"sha256\" or "
				"\"sha1\"", signature->algorithm);
	}
	if (webhook->webhook.scheme == MORTISE_SCHEME_NONE)
		warn_at(place, "scheme", "nothing proves who sends: its handler must take the body for a "
			"hint only");
}

static void check_tokens(const struct place *place, const struct mortise_token *tokens, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		check_value(place, "audience", tokens[i].audience);
		if (strncmp(tokens[i].key, "url:", 4) == 0 && !tokens[i].audience)
			warn_at(place, "audience", "the upstream signs with this key for everybody: without "
				"an audience a token that was made for another is taken");
	}
}

static void check_events(const struct place *place, const struct reg_webhook *webhook)
{
	bool handled = webhook->event_len == 0;

	for (size_t i = 0; i < webhook->event_len; i++)
		handled |= (webhook->events[i].flags & MORTISE_EVENT_HANDLE) != 0;
	if (!handled)
		warn_at(place, "events", "none of them has MORTISE_EVENT_HANDLE: the handler is never called");
	if (webhook->event_len > 0 && !webhook->webhook.event)
		error_at(place, "event", "events are registered, but nothing says where a request names "
			"its own: set this expression");
}

static void check_replies(const struct place *place, const struct reg_webhook *webhook)
{
	for (size_t i = 0; i < webhook->reply_len; i++)
		if (!webhook_condition_known(webhook->replies[i].condition))
			error_at(place, "replies", "\"%s\" is no condition: see struct mortise_reply",
				webhook->replies[i].condition);
}

static void check_kept_headers(const struct place *place, const struct reg_webhook *webhook)
{
	const struct webhook_plan plan = {.reg = webhook};
	cleanup_free char *names = xstrdup(webhook->webhook.keep_headers);
	char *rest = NULL;

	for (char *name = names ? strtok_r(names, ", ", &rest) : NULL; name;
		name = strtok_r(NULL, ", ", &rest))
		if (!webhook_may_keep(&plan, name))
			warn_at(place, "keep_headers", "%s is never kept: it holds a secret or proves who sent",
				name);
}

static void check_webhook(struct place *place, const struct reg_webhook *reg)
{
	const struct mortise_webhook *webhook = &reg->webhook;

	place->kind = "webhook";
	place->name = webhook->name ? webhook->name : webhook->path;
	check_expressions(place, webhook);
	check_signatures(place, reg);
	check_tokens(place, reg->tokens, reg->token_len);
	check_events(place, reg);
	check_replies(place, reg);
	check_kept_headers(place, reg);
	if (webhook->scope != MORTISE_SCOPE_PROVIDER && !webhook->subject)
		error_at(place, "subject", "nothing says which integration a request is about, so each is "
			"refused: set this expression, or the provider scope");
	if (webhook->mode == MORTISE_WEBHOOK_STORED && !webhook->delivery_id)
		warn_at(place, "delivery_id", "without one a repeated delivery is not recognised");
	if (webhook->path[0] == '/')
		warn_at(place, "path", "it stands below /extensions/%s/: leave the first slash out",
			reg_slug(place->provider));
}

/* ---- Pages ---- */

static void check_page(struct place *place, const struct reg_page *page)
{
	struct scanner_plan *plan = scanner_plan_new();
	const char *subject = default_of(place, page->page.subject);
	struct expression *expression = NULL;
	cleanup_err struct err err = {0};

	place->kind = "page";
	place->name = page->page.name;
	if (!is_empty(subject) && expression_parse(subject, plan, &expression, &err) < 0)
		error_at(place, "subject", "%s", err_text(&err));
	else if (expression && expression_needs_body(expression))
		error_at(place, "subject", "a page is asked for without a body: take a claim");
	if (subject)
		check_path_names(place, "subject", subject, page->page.path);
	check_tokens(place, page->tokens, page->token_len);
	if (page->page.path[0] == '/')
		warn_at(place, "path", "it stands below /extensions/%s/: leave the first slash out",
			reg_slug(place->provider));
	expression_free(expression);
	scanner_plan_free(plan);
}

/* ---- Trackers ---- */

static bool has_feature(const struct reg_provider *provider, const char *name)
{
	for (size_t i = 0; i < provider->feature_len; i++)
		if ((provider->features[i].flags & MORTISE_FEATURE_IN_SET) &&
			strcmp(provider->features[i].feature, name) == 0)
			return true;
	return false;
}

/* A callback that sends something out is called only where `sync` names its switch. */
static void check_switches(const struct place *place)
{
	const struct mortise_issue_provider *issues = &place->provider->issue_provider;
	const struct {
		const char *attribute, *member;
		mortise_callback *callback;
	} outward[] = {
		{"comment", "comment_create", issues->comment_create},
		{"outbound_status", "status_out", issues->status_out},
		{"outbound_assignee", "assignee_out", issues->assignee_out},
	};
	cleanup_json json_t *sync = issues->sync ? json_loads(issues->sync, 0, NULL) : NULL;

	for (size_t i = 0; i < lengthof(outward); i++)
		if (outward[i].callback && !json_object_get(sync, outward[i].attribute))
			warn_at(place, outward[i].member, "it is never called: name the setting that "
				"switches \"%s\" in sync", outward[i].attribute);
	if (has_feature(place->provider, "issue-sync") && json_object_size(sync) == 0)
		warn_at(place, "sync", "there is none, but the feature \"issue-sync\" says that issues "
			"are kept in step: say what is, or register \"issue-basic\"");
	if (json_object_size(sync) > 0 && !place->provider->has_config_form)
		warn_at(place, "sync", "no config form is registered, so nobody is shown its switches");
}

static void check_tracker(struct place *place)
{
	const struct reg_provider *provider = place->provider;
	bool described = has_feature(provider, "issue-basic") || has_feature(provider, "issue-sync");

	place->kind = place->name = NULL;
	if (described && !provider->has_issue_provider)
		error_at(place, "features", "\"%s\" needs an issue provider: register one",
			has_feature(provider, "issue-sync") ? "issue-sync" : "issue-basic");
	if (!provider->has_issue_provider)
		return;
	if (!described)
		warn_at(place, "features", "issues cannot be linked without the feature "
			"\"issue-basic\" or \"issue-sync\" in the provider's set: register it");
	place->kind = "issue provider";
	place->name = provider->provider.key;
	check_template(place, "key_url", provider->issue_provider.key_url, HAS_ISSUE_KEY);
	check_switches(place);
	if (provider->issue_provider.comment_create && !provider->issue_provider.comment_update)
		warn_at(place, "comment_update", "there is none: a note that is edited stays as it was "
			"upstream");
}

/* ---- All ---- */

/* As SPDX writes it: letters, digits and "-.+() ", so that at least nothing else is there. */
static bool looks_like_license(const char *text)
{
	return *text && !text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789-.+() ")];
}

void registrations_check_note(const struct plugin_note *note, struct report *report)
{
	if (!looks_like_license(note->license))
		report_warning(report, NULL, "license: \"%s\" is no SPDX expression: say under which "
			"licence the plugin is, as in \"Apache-2.0\"", note->license);
	if (!note->version[0])
		report_warning(report, NULL, "version: it is empty: nobody can tell two builds apart");
}

void registrations_check(const struct reg_provider *provider, struct report *report)
{
	struct place place = {.report = report, .provider = provider};

	check_provider(&place);
	for (size_t i = 0; i < provider->setting_len; i++)
		check_setting(&place, &provider->settings[i]);
	for (size_t i = 0; i < provider->feature_len; i++)
		check_feature(&place, &provider->features[i]);
	place.has_integration = true;
	for (size_t i = 0; i < provider->credential_len; i++)
		check_credential(&place, &provider->credentials[i]);
	for (size_t i = 0; i < provider->upstream_len; i++)
		check_upstream(&place, &provider->upstreams[i]);
	place.has_integration = false;
	for (size_t i = 0; i < provider->step_len; i++)
		check_step(&place, &provider->steps[i]);
	place.has_integration = true;
	place.kind = place.name = "arrival";
	check_fields(&place, provider->arrivals, provider->arrival_len);
	for (size_t i = 0; i < provider->webhook_len; i++)
		check_webhook(&place, &provider->webhooks[i]);
	for (size_t i = 0; i < provider->page_len; i++)
		check_page(&place, &provider->pages[i]);
	check_tracker(&place);
}
