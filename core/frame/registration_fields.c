/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/frame/registration_fields.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

#define TEXT_MAX 1024          /* unless a member says otherwise */
#define LONG_TEXT_MAX 16384

enum field_type {
	FIELD_TEXT,
	FIELD_NAME,            /* [a-z0-9_-], 1 to 64 */
	FIELD_JSON,            /* text that is a JSON object or array */
	FIELD_I32,
	FIELD_U32,
	FIELD_U64,
	FIELD_CALLBACK,
};

/* One member.  'max' bounds a number, or the bytes of a text; for the flags of a
 * struct it is the mask of the bits that are known. */
struct field {
	const char *name;
	size_t offset;
	uint64_t max;
	enum field_type type;
	bool required;
	bool is_mask;
	uint32_t min;
};

#define AT(struct_, member_) #member_, offsetof(struct struct_, member_)
#define NAME(s, m) {AT(s, m), 64, FIELD_NAME, true}
#define NAME_OPTIONAL(s, m) {AT(s, m), 64, FIELD_NAME, false}
#define TEXT(s, m) {AT(s, m), TEXT_MAX, FIELD_TEXT, false}
#define TEXT_REQUIRED(s, m) {AT(s, m), TEXT_MAX, FIELD_TEXT, true}
#define TEXT_LONG(s, m) {AT(s, m), LONG_TEXT_MAX, FIELD_TEXT, false}
#define JSON_TEXT(s, m) {AT(s, m), LONG_TEXT_MAX, FIELD_JSON, false}
#define CALLBACK(s, m) {AT(s, m), 0, FIELD_CALLBACK, false}
#define CALLBACK_REQUIRED(s, m) {AT(s, m), 0, FIELD_CALLBACK, true}
#define NUMBER(s, m, max_) {AT(s, m), (max_), FIELD_U32, false}
#define SIZE(s, m, max_) {AT(s, m), (max_), FIELD_U64, false}
#define FLAGS(s, m, mask_) {AT(s, m), (mask_), FIELD_U64, false, true}
#define CHOICE(s, m, min_, max_) {AT(s, m), (max_), FIELD_I32, false, false, (min_)}

#define DAY_MS 86400000u
#define ANSWER_MAX (UINT64_C(256) << 20)

static const struct field provider_fields[] = {
	NUMBER(mortise_provider, max_calls, 64),
	FLAGS(mortise_provider, flags, MORTISE_PROVIDER_VISIBLE | MORTISE_PROVIDER_CAN_ADD |
		MORTISE_PROVIDER_CAN_DISABLE | MORTISE_PROVIDER_SINGLE),
	NAME(mortise_provider, key),
	NAME_OPTIONAL(mortise_provider, row_key),
	NAME_OPTIONAL(mortise_provider, slug),
	TEXT_REQUIRED(mortise_provider, name),
	TEXT_LONG(mortise_provider, description),
	TEXT(mortise_provider, author),
	TEXT(mortise_provider, noun),
	TEXT(mortise_provider, issue_url),
	TEXT(mortise_provider, source_url),
	JSON_TEXT(mortise_provider, aspects),
	NUMBER(mortise_provider, dialog_width, 10000),
	NUMBER(mortise_provider, dialog_height, 10000),
	CALLBACK(mortise_provider, build),
	CALLBACK(mortise_provider, post_install),
	CALLBACK(mortise_provider, uninstall),
	CALLBACK(mortise_provider, undo),
	TEXT(mortise_provider, slugs),
};

static const struct field setting_fields[] = {
	CHOICE(mortise_setting, type, MORTISE_TYPE_TEXT, MORTISE_TYPE_URL),
	FLAGS(mortise_setting, flags, MORTISE_SETTING_SECRET | MORTISE_SETTING_REQUIRED),
	NAME(mortise_setting, name),
	TEXT(mortise_setting, default_value),
	TEXT_LONG(mortise_setting, help),
};

static const struct field feature_fields[] = {
	FLAGS(mortise_feature, flags, MORTISE_FEATURE_IN_SET | MORTISE_FEATURE_DESCRIBED),
	NAME(mortise_feature, feature),
	TEXT_LONG(mortise_feature, description),
};

static const struct field credential_fields[] = {
	CHOICE(mortise_credential, kind, MORTISE_CREDENTIAL_HEADER, MORTISE_CREDENTIAL_OAUTH1),
	NAME(mortise_credential, name),
	TEXT(mortise_credential, header),
	TEXT(mortise_credential, prefix),
	TEXT(mortise_credential, slot),
	TEXT(mortise_credential, issuer),
	NUMBER(mortise_credential, life_ms, DAY_MS),
	NUMBER(mortise_credential, backdate_ms, DAY_MS),
	NAME_OPTIONAL(mortise_credential, parent),
	TEXT(mortise_credential, mint_path),
	TEXT(mortise_credential, token_pointer),
	TEXT(mortise_credential, expires_pointer),
	TEXT(mortise_credential, consumer_key),
	TEXT(mortise_credential, token_slot),
};

static const struct field upstream_fields[] = {
	CHOICE(mortise_upstream, redirects, MORTISE_REDIRECT_NONE, MORTISE_REDIRECT_ALL),
	FLAGS(mortise_upstream, flags, 0),
	NAME(mortise_upstream, name),
	TEXT_REQUIRED(mortise_upstream, base),
	NAME_OPTIONAL(mortise_upstream, credentials),
	TEXT(mortise_upstream, accept),
	NUMBER(mortise_upstream, timeout_ms, 600000),
	NUMBER(mortise_upstream, cache_ms, DAY_MS),
	SIZE(mortise_upstream, max_answer, ANSWER_MAX),
	TEXT(mortise_upstream, verify),
};

static const struct field step_fields[] = {
	CHOICE(mortise_step, kind, MORTISE_STEP_FORM, MORTISE_STEP_EXTERNAL),
	FLAGS(mortise_step, flags, MORTISE_STEP_SKIP_EMPTY | MORTISE_STEP_PKCE |
		MORTISE_STEP_STATE_OPTIONAL | MORTISE_STEP_CALLBACK),
	NAME(mortise_step, name),
	TEXT(mortise_step, data_key),
	TEXT(mortise_step, answer_key),
	TEXT(mortise_step, save_as),
	TEXT(mortise_step, skip_when),
	CHOICE(mortise_step, binding, 0, MORTISE_BINDING_SESSION),
	CHOICE(mortise_step, client_auth, MORTISE_CLIENT_AUTH_BODY, MORTISE_CLIENT_AUTH_BASIC),
	CALLBACK(mortise_step, check),
	CALLBACK(mortise_step, show),
	TEXT(mortise_step, extra_value),
	TEXT(mortise_step, extra_label),
	TEXT(mortise_step, authorize_url),
	TEXT(mortise_step, token_url),
	TEXT(mortise_step, client_id),
	TEXT(mortise_step, client_secret),
	TEXT(mortise_step, scopes),
	TEXT(mortise_step, url),
	TEXT(mortise_step, request_token_url),
	TEXT(mortise_step, verify),
	TEXT(mortise_step, subject),
	NUMBER(mortise_step, life_ms, DAY_MS),
};

static const struct field field_fields[] = {
	CHOICE(mortise_field, type, MORTISE_TYPE_TEXT, MORTISE_TYPE_REFERENCE),
	FLAGS(mortise_field, flags, MORTISE_FIELD_REQUIRED | MORTISE_FIELD_SECRET |
		MORTISE_FIELD_RANDOM | MORTISE_FIELD_ORIGIN),
	NAME(mortise_field, name),
	TEXT(mortise_field, label),
	TEXT_LONG(mortise_field, help),
	TEXT(mortise_field, default_value),
	JSON_TEXT(mortise_field, choices),
	NUMBER(mortise_field, max_len, 65536),
};

static const struct field webhook_fields[] = {
	CHOICE(mortise_webhook, mode, MORTISE_WEBHOOK_STORED, MORTISE_WEBHOOK_INLINE),
	FLAGS(mortise_webhook, flags, 0),
	NAME_OPTIONAL(mortise_webhook, name),
	TEXT_REQUIRED(mortise_webhook, path),
	TEXT(mortise_webhook, methods),
	SIZE(mortise_webhook, max_body, (uint64_t)25 << 20),
	CHOICE(mortise_webhook, scope, MORTISE_SCOPE_PROVIDER, MORTISE_SCOPE_INSTALL),
	CHOICE(mortise_webhook, scheme, MORTISE_SCHEME_NONE, MORTISE_SCHEME_JWT),
	CHOICE(mortise_webhook, rule, MORTISE_RULE_FIRST, MORTISE_RULE_ANY),
	TEXT(mortise_webhook, key),
	TEXT(mortise_webhook, event),
	TEXT(mortise_webhook, delivery_id),
	TEXT(mortise_webhook, subject),
	TEXT(mortise_webhook, bind_left),
	TEXT(mortise_webhook, bind_right),
	TEXT(mortise_webhook, object),
	TEXT(mortise_webhook, keep_headers),
	CALLBACK_REQUIRED(mortise_webhook, handler),
};

static const struct field signature_fields[] = {
	CHOICE(mortise_signature, encoding, MORTISE_ENCODING_HEX, MORTISE_ENCODING_BASE64),
	FLAGS(mortise_signature, flags, MORTISE_SIGNATURE_LIST),
	TEXT_REQUIRED(mortise_signature, header),
	TEXT(mortise_signature, algorithm),
	TEXT(mortise_signature, prefix),
};

static const struct field event_fields[] = {
	CHOICE(mortise_event, accepted, 0, 299),
	FLAGS(mortise_event, flags, MORTISE_EVENT_HANDLE | MORTISE_EVENT_LIFECYCLE |
		MORTISE_EVENT_BARRIER),
	TEXT_REQUIRED(mortise_event, name),
};

static const struct field reply_fields[] = {
	CHOICE(mortise_reply, status, 200, 599),
	TEXT_REQUIRED(mortise_reply, condition),
	JSON_TEXT(mortise_reply, body),
};

static const struct field token_fields[] = {
	CHOICE(mortise_token, algorithm, MORTISE_ALGORITHM_HS256, MORTISE_ALGORITHM_RS256),
	FLAGS(mortise_token, flags, MORTISE_TOKEN_EXPIRES | MORTISE_TOKEN_QSH |
		MORTISE_TOKEN_SINGLE_USE | MORTISE_TOKEN_KID),
	CHOICE(mortise_token, where, MORTISE_TOKEN_HEADER, MORTISE_TOKEN_PATH),
	TEXT_REQUIRED(mortise_token, name),
	TEXT_REQUIRED(mortise_token, key),
	TEXT(mortise_token, audience),
};

static const struct field page_fields[] = {
	FLAGS(mortise_page, flags, 0),
	NAME(mortise_page, name),
	TEXT_REQUIRED(mortise_page, path),
	TEXT_REQUIRED(mortise_page, subject),
	TEXT_REQUIRED(mortise_page, frame),
	TEXT(mortise_page, script),
	CALLBACK_REQUIRED(mortise_page, data),
};

static const struct field task_fields[] = {
	CHOICE(mortise_task, scope, MORTISE_SCOPE_PROVIDER, MORTISE_SCOPE_INSTALL),
	FLAGS(mortise_task, flags, 0),
	NAME(mortise_task, name),
	CALLBACK_REQUIRED(mortise_task, run),
	NUMBER(mortise_task, version, 1000000),
	NUMBER(mortise_task, attempts, 100),
	NUMBER(mortise_task, delay_ms, DAY_MS),
	NUMBER(mortise_task, factor_percent, 10000),
	NUMBER(mortise_task, total_ms, 600000),
	NUMBER(mortise_task, schedule_ms, 7 * DAY_MS),
};

static const struct field repository_provider_fields[] = {
	TEXT_REQUIRED(mortise_repository_provider, id),
	TEXT_REQUIRED(mortise_repository_provider, name),
	TEXT(mortise_repository_provider, legacy_ids),
	CALLBACK_REQUIRED(mortise_repository_provider, list),
	CALLBACK_REQUIRED(mortise_repository_provider, get),
	TEXT(mortise_repository_provider, pull_request_path),
	CALLBACK(mortise_repository_provider, file),
	TEXT(mortise_repository_provider, codeowners_paths),
};

static const struct field issue_provider_fields[] = {
	FLAGS(mortise_issue_provider, flags, 0),
	TEXT(mortise_issue_provider, key_url),
	TEXT(mortise_issue_provider, defaults),
	TEXT(mortise_issue_provider, user_defaults),
	JSON_TEXT(mortise_issue_provider, sync),
	CALLBACK(mortise_issue_provider, form),
	CALLBACK_REQUIRED(mortise_issue_provider, create),
	CALLBACK_REQUIRED(mortise_issue_provider, get),
	CALLBACK(mortise_issue_provider, linked),
	CALLBACK(mortise_issue_provider, search),
	CALLBACK(mortise_issue_provider, comment_create),
	CALLBACK(mortise_issue_provider, comment_update),
	CALLBACK(mortise_issue_provider, status_out),
	CALLBACK(mortise_issue_provider, assignee_out),
	CALLBACK(mortise_issue_provider, status_action),
};

static const struct field config_form_fields[] = {
	FLAGS(mortise_config_form, flags, 0),
	CALLBACK_REQUIRED(mortise_config_form, form),
	CALLBACK(mortise_config_form, save),
};

/* The end of 'member' is where the struct ended in its first version, the least that a
 * plugin may give. */
#define KIND(kind_, name_, struct_, last_) \
	[kind_] = {name_, sizeof(struct struct_), \
		offsetof(struct struct_, last_) + sizeof(((struct struct_ *)NULL)->last_), \
		struct_##_table, lengthof(struct_##_table)}
#define mortise_provider_table provider_fields
#define mortise_setting_table setting_fields
#define mortise_feature_table feature_fields
#define mortise_credential_table credential_fields
#define mortise_upstream_table upstream_fields
#define mortise_step_table step_fields
#define mortise_field_table field_fields
#define mortise_webhook_table webhook_fields
#define mortise_signature_table signature_fields
#define mortise_event_table event_fields
#define mortise_reply_table reply_fields
#define mortise_token_table token_fields
#define mortise_page_table page_fields
#define mortise_task_table task_fields
#define mortise_repository_provider_table repository_provider_fields
#define mortise_issue_provider_table issue_provider_fields
#define mortise_config_form_table config_form_fields

static const struct kind {
	const char *name;
	size_t size, min_size;
	const struct field *fields;
	size_t len;
} kinds[REG_KIND_LEN] = {
	KIND(REG_PROVIDER, "provider", mortise_provider, undo),
	KIND(REG_SETTING, "setting", mortise_setting, help),
	KIND(REG_FEATURE, "feature", mortise_feature, description),
	KIND(REG_CREDENTIAL, "credential", mortise_credential, expires_pointer),
	KIND(REG_UPSTREAM, "upstream", mortise_upstream, max_answer),
	KIND(REG_STEP, "step", mortise_step, url),
	KIND(REG_FIELD, "field", mortise_field, reserved),
	KIND(REG_WEBHOOK, "webhook", mortise_webhook, handler),
	KIND(REG_SIGNATURE, "signature", mortise_signature, prefix),
	KIND(REG_EVENT, "event", mortise_event, name),
	KIND(REG_REPLY, "reply", mortise_reply, body),
	KIND(REG_TOKEN, "token", mortise_token, audience),
	KIND(REG_PAGE, "page", mortise_page, data),
	KIND(REG_TASK, "task", mortise_task, schedule_ms),
	KIND(REG_REPOSITORY_PROVIDER, "repository provider", mortise_repository_provider, get),
	KIND(REG_ISSUE_PROVIDER, "issue provider", mortise_issue_provider, status_action),
	KIND(REG_CONFIG_FORM, "config form", mortise_config_form, save),
};

const char *reg_kind_name(enum reg_kind kind)
{
	return kinds[kind].name;
}

size_t reg_kind_size(enum reg_kind kind)
{
	return kinds[kind].size;
}

size_t reg_kind_min_size(enum reg_kind kind)
{
	return kinds[kind].min_size;
}

/* ---- One member ---- */

static const void *at(const void *registration, const struct field *field)
{
	return (const char *)registration + field->offset;
}

static const char *text_of(const void *registration, const struct field *field)
{
	return *(const char *const *)at(registration, field);
}

static int64_t number_of(const void *registration, const struct field *field)
{
	switch (field->type) {
	case FIELD_I32:
		return *(const int32_t *)at(registration, field);
	case FIELD_U32:
		return *(const uint32_t *)at(registration, field);
	default:
		return (int64_t)*(const uint64_t *)at(registration, field);
	}
}

static bool is_name(const char *text)
{
	size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return size > 0 && size <= 64 && text[size] == '\0';
}

static bool is_json(const char *text)
{
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	bool valid = json != NULL;

	json_decref(json);
	return valid;
}

static const struct field *find_field(const struct kind *kind, const char *name)
{
	for (size_t i = 0; i < kind->len; i++)
		if (strcmp(kind->fields[i].name, name) == 0)
			return &kind->fields[i];
	return NULL;
}

static int check_text(const struct field *field, const char *text, struct err *err)
{
	if (!text || !text[0])
		return field->required ? err_set(err, MORTISE_E_FIELD, "%s is required: set it",
			field->name) : 0;
	if (strnlen(text, field->max + 1) > field->max && field->type != FIELD_NAME)
		return err_set(err, MORTISE_E_FIELD, "%s is longer than %d bytes: shorten it",
			field->name, (int)field->max);
	if (field->type == FIELD_NAME && !is_name(text))
		return err_set(err, MORTISE_E_FIELD,
			"%s is \"%.64s\": use 1 to 64 of a-z, 0-9, _ and -", field->name, text);
	if (field->type == FIELD_JSON && !is_json(text))
		return err_set(err, MORTISE_E_FIELD, "%s is not JSON: correct it", field->name);
	return 0;
}

static int check_number(const struct field *field, int64_t number, struct err *err)
{
	if (field->is_mask && ((uint64_t)number & ~field->max) != 0)
		return err_set(err, MORTISE_E_FIELD,
			"%s has bits that this host does not know (0x%llx): clear them, or "
			"raise the plugin's minimum ABI", field->name,
			(unsigned long long)((uint64_t)number & ~field->max));
	if (!field->is_mask && (number < (int64_t)field->min || (uint64_t)number > field->max))
		return err_set(err, MORTISE_E_FIELD, "%s is %lld: use %u to %llu", field->name,
			(long long)number, field->min, (unsigned long long)field->max);
	return 0;
}

static int check_member(const struct field *field, const void *registration, struct err *err)
{
	switch (field->type) {
	case FIELD_TEXT:
	case FIELD_NAME:
	case FIELD_JSON:
		return check_text(field, text_of(registration, field), err);
	case FIELD_CALLBACK:
		if (field->required && !*(mortise_callback *const *)at(registration, field))
			return err_set(err, MORTISE_E_FIELD, "%s is required: give a function",
				field->name);
		return 0;
	default:
		return check_number(field, number_of(registration, field), err);
	}
}

/* The members that a registration is known by, where that is not its name. */
static const char *const labels[REG_KIND_LEN][2] = {
	[REG_PROVIDER] = {"key"},
	[REG_FEATURE] = {"feature"},
	[REG_WEBHOOK] = {"name", "path"},
	[REG_SIGNATURE] = {"header"},
	[REG_REPLY] = {"condition"},
};

/* What it calls itself, for texts; NULL if it does not. */
static const char *label_of(enum reg_kind kind, const void *registration)
{
	for (size_t i = 0; i < lengthof(labels[kind]); i++) {
		const char *name = labels[kind][i] ? labels[kind][i] : "name";
		const struct field *field = find_field(&kinds[kind], name);
		const char *text = field ? text_of(registration, field) : NULL;

		if (text && text[0])
			return text;
	}
	return NULL;
}

int reg_fields_check(enum reg_kind kind, const void *registration, struct err *err)
{
	const char *label;
	int ret = 0;

	for (size_t i = 0; i < kinds[kind].len && ret == 0; i++)
		ret = check_member(&kinds[kind].fields[i], registration, err);
	if (ret == 0)
		return 0;
	label = label_of(kind, registration);
	if (label)
		err_prefix(err, "%s \"%.64s\": ", kinds[kind].name, label);
	else
		err_prefix(err, "%s: ", kinds[kind].name);
	return ret;
}

/* ---- JSON ---- */

static json_t *member_to_json(const struct field *field, const void *registration)
{
	switch (field->type) {
	case FIELD_TEXT:
	case FIELD_NAME:
	case FIELD_JSON: {
		const char *text = text_of(registration, field);

		return text ? json_string(text) : NULL;
	}
	case FIELD_CALLBACK:
		return *(mortise_callback *const *)at(registration, field) ? json_true() : NULL;
	default: {
		int64_t number = number_of(registration, field);

		return number != 0 ? json_integer(number) : NULL;
	}
	}
}

json_t *reg_fields_to_json(enum reg_kind kind, const void *registration)
{
	json_t *json = json_object();

	for (size_t i = 0; i < kinds[kind].len; i++) {
		json_t *value = member_to_json(&kinds[kind].fields[i], registration);

		if (value)
			json_object_set_new(json, kinds[kind].fields[i].name, value);
	}
	return json;
}

/* What a registered callback is on the core's side: not NULL. */
static int32_t callback_elsewhere(struct mortise_call *call, const json_t *input,
	json_t **ret_output)
{
	(void)call;
	(void)input;
	(void)ret_output;
	return MORTISE_E_INTERNAL;
}

static bool number_from_json(const struct field *field, const json_t *value, void *target)
{
	int64_t number = json_integer_value(value);

	if (!json_is_integer(value))
		return false;
	switch (field->type) {
	case FIELD_I32:
		*(int32_t *)target = (int32_t)number;
		return number == (int32_t)number;
	case FIELD_U32:
		*(uint32_t *)target = (uint32_t)number;
		return number == (int64_t)(uint32_t)number;
	default:
		*(uint64_t *)target = (uint64_t)number;
		return number >= 0;
	}
}

static bool member_from_json(const struct field *field, const json_t *value, void *registration)
{
	void *target = (char *)registration + field->offset;

	switch (field->type) {
	case FIELD_TEXT:
	case FIELD_NAME:
	case FIELD_JSON:
		*(char **)target = json_is_string(value) ? xstrdup(json_string_value(value)) : NULL;
		return json_is_string(value);
	case FIELD_CALLBACK:
		*(mortise_callback **)target = json_is_true(value) ? callback_elsewhere : NULL;
		return json_is_true(value);
	default:
		return number_from_json(field, value, target);
	}
}

/* The lists inside a step, a webhook and a page, which their caller reads. */
static bool is_list_name(const char *name)
{
	static const char *const names[] = {"fields", "signatures", "tokens", "events", "replies"};

	for (size_t i = 0; i < lengthof(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static int fill_from_json(enum reg_kind kind, const json_t *json, void *registration,
	struct err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)json, name, value) {
		const struct field *field = find_field(&kinds[kind], name);

		if (!field && json_is_array(value) && is_list_name(name))
			continue;
		if (!field)
			return err_set(err, MORTISE_E_FIELD, "%s: \"%.64s\" is no member this daemon knows",
				kinds[kind].name, name);
		if (!member_from_json(field, value, registration))
			return err_set(err, MORTISE_E_FIELD, "%s: %s has a value of the wrong type",
				kinds[kind].name, name);
	}
	return reg_fields_check(kind, registration, err);
}

int reg_fields_from_json(enum reg_kind kind, const json_t *json, void *ret_registration,
	struct err *err)
{
	union reg_any made = {0};
	int ret;

	if (!json_is_object(json))
		return err_set(err, MORTISE_E_FIELD, "%s: a registration must be an object",
			kinds[kind].name);
	ret = fill_from_json(kind, json, &made, err);
	if (ret < 0) {
		reg_fields_clear(kind, &made);
		return ret;
	}
	made.size = (uint32_t)kinds[kind].size;
	memcpy(ret_registration, &made, kinds[kind].size);
	return 0;
}

void reg_fields_clear(enum reg_kind kind, void *registration)
{
	for (size_t i = 0; i < kinds[kind].len; i++) {
		const struct field *field = &kinds[kind].fields[i];

		if (field->type <= FIELD_JSON)
			free(*(char **)((char *)registration + field->offset));
	}
	memset(registration, 0, kinds[kind].size);
}
