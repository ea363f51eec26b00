/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/frame/effect_forms.h"

#include <stdbool.h>
#include <string.h>

#include <mortise/plugin.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/frame/call_scope.h"

enum member_type {
	MEMBER_END,
	MEMBER_TEXT,           /* at most 'max' bytes */
	MEMBER_KEY,            /* 1 to 256 bytes */
	MEMBER_URL,            /* http or https, at most 4096 bytes */
	MEMBER_NUMBER,         /* 0 to 'max' */
	MEMBER_TRUE,
	MEMBER_OBJECT,
	MEMBER_TEXTS,          /* a list of at most 'max' texts of at most 256 bytes */
	MEMBER_AUTHOR,         /* {"name"?, "email", "external_id"?, "anonymous"?: bool} */
	MEMBER_FILES,          /* a list of at most 'max' ["A"|"M"|"D", path] */
	MEMBER_PEOPLE,         /* a list of at most 'max' {"email"?, "name"?, "external_id"?} */
	MEMBER_SECRETS,        /* at most 'max' {slot name: text of 1 byte to 64 KiB} */
};

enum member_need {
	OPTIONAL,
	REQUIRED,              /* and never null */
	NULLABLE,              /* may be absent or null */
	ONE_OF,                /* exactly one of the members with this need */
};

struct member {
	const char *name;
	enum member_type type;
	enum member_need need;
	int64_t max;
	const char *words;     /* text: one of these, separated by "|"; NULL: any */
};

#define MEMBERS_MAX 8

struct effect_form {
	const char *type;
	unsigned scopes;       /* bits 1 << MORTISE_SCOPE_ */
	struct member members[MEMBERS_MAX];
};

#define PROVIDER (1u << MORTISE_SCOPE_PROVIDER)
#define SUBJECT (1u << MORTISE_SCOPE_SUBJECT)
#define INTEGRATION (1u << MORTISE_SCOPE_INTEGRATION)
#define INSTALL (1u << MORTISE_SCOPE_INSTALL)
#define WITH_INTEGRATION (SUBJECT | INTEGRATION | INSTALL)

#define KEY_MAX 256
#define PATH_MAX_SIZE 4096
#define TEXT_MAX_SIZE (1 << 20)
#define SECRET_MAX_SIZE (64 << 10)
#define TIME_MAX_MS INT64_C(253402300799999)   /* the end of the year 9999 */

static const struct effect_form forms[] = {
	{MORTISE_EFFECT_INTEGRATION_PUT, SUBJECT | INTEGRATION, {
		{"name", MEMBER_TEXT, REQUIRED, 200},
		{"metadata", MEMBER_OBJECT, REQUIRED},
		{"secrets", MEMBER_SECRETS, OPTIONAL, 16}}},
	{MORTISE_EFFECT_INTEGRATION_PATCH, WITH_INTEGRATION, {
		{"metadata", MEMBER_OBJECT, REQUIRED}}},
	{MORTISE_EFFECT_INTEGRATION_NAME, WITH_INTEGRATION, {
		{"name", MEMBER_TEXT, REQUIRED, 200}}},
	{MORTISE_EFFECT_INTEGRATION_STATUS, SUBJECT | INTEGRATION, {
		{"status", MEMBER_TEXT, REQUIRED, 16, "active|disabled"},
		{"reason", MEMBER_TEXT, NULLABLE, 1024}}},
	{MORTISE_EFFECT_CONFIG_PATCH, INSTALL, {
		{"patch", MEMBER_OBJECT, REQUIRED}}},
	{MORTISE_EFFECT_AUDIT, WITH_INTEGRATION, {
		{"event", MEMBER_TEXT, REQUIRED, 64},
		{"data", MEMBER_OBJECT, NULLABLE}}},
	{MORTISE_EFFECT_TASK, PROVIDER | WITH_INTEGRATION, {
		{"name", MEMBER_TEXT, REQUIRED, 64},
		{"payload", MEMBER_OBJECT, NULLABLE},
		{"delay_ms", MEMBER_NUMBER, OPTIONAL, INT64_C(30) * 86400 * 1000},
		{"object", MEMBER_TEXT, NULLABLE, KEY_MAX}}},
	{MORTISE_EFFECT_REPOSITORY_PUT, WITH_INTEGRATION, {
		{"external_id", MEMBER_TEXT, REQUIRED, KEY_MAX},
		{"name", MEMBER_TEXT, REQUIRED, 200},
		{"url", MEMBER_TEXT, NULLABLE, PATH_MAX_SIZE},
		{"branch", MEMBER_TEXT, NULLABLE, KEY_MAX},
		{"config", MEMBER_OBJECT, NULLABLE},
		{"mode", MEMBER_TEXT, OPTIONAL, 16, "refresh|create|enable"}}},
	{MORTISE_EFFECT_REPOSITORY_STATUS, WITH_INTEGRATION, {
		{"external_id", MEMBER_TEXT, ONE_OF, KEY_MAX},
		{"all", MEMBER_TRUE, ONE_OF},
		{"status", MEMBER_TEXT, REQUIRED, 16, "active|disabled"}}},
	{MORTISE_EFFECT_REPOSITORY_LANGUAGES, INTEGRATION | INSTALL, {
		{"external_id", MEMBER_TEXT, REQUIRED, KEY_MAX},
		{"languages", MEMBER_TEXTS, REQUIRED, 256}}},
	{MORTISE_EFFECT_COMMIT, INTEGRATION | INSTALL, {
		{"repository", MEMBER_TEXT, REQUIRED, KEY_MAX},
		{"sha", MEMBER_TEXT, REQUIRED, 64},
		{"message", MEMBER_TEXT, REQUIRED, TEXT_MAX_SIZE},
		{"time_ms", MEMBER_NUMBER, REQUIRED, TIME_MAX_MS},
		{"author", MEMBER_AUTHOR, NULLABLE},
		{"files", MEMBER_FILES, OPTIONAL, 10000}}},
	{MORTISE_EFFECT_PULL_REQUEST, INTEGRATION | INSTALL, {
		{"repository", MEMBER_TEXT, REQUIRED, KEY_MAX},
		{"number", MEMBER_TEXT, REQUIRED, 64},
		{"title", MEMBER_TEXT, NULLABLE, TEXT_MAX_SIZE},
		{"body", MEMBER_TEXT, NULLABLE, TEXT_MAX_SIZE},
		{"author", MEMBER_AUTHOR, NULLABLE},
		{"merge_commit_sha", MEMBER_TEXT, NULLABLE, 64}}},
	{MORTISE_EFFECT_ACTOR, INTEGRATION | INSTALL, {
		{"name", MEMBER_TEXT, REQUIRED, KEY_MAX},
		{"external_id", MEMBER_TEXT, NULLABLE, KEY_MAX},
		{"email", MEMBER_TEXT, REQUIRED, KEY_MAX}}},
	{MORTISE_EFFECT_STATUS_IN, INTEGRATION | INSTALL, {
		{"key", MEMBER_KEY, REQUIRED},
		{"change", MEMBER_OBJECT, REQUIRED},
		{"status", MEMBER_TEXT, NULLABLE, KEY_MAX},
		{"time_ms", MEMBER_NUMBER, NULLABLE, TIME_MAX_MS}}},
	{MORTISE_EFFECT_ASSIGNEE_IN, INTEGRATION | INSTALL, {
		{"key", MEMBER_KEY, REQUIRED},
		{"assignees", MEMBER_PEOPLE, REQUIRED, 100},
		{"assignee", MEMBER_TEXT, NULLABLE, KEY_MAX},
		{"time_ms", MEMBER_NUMBER, NULLABLE, TIME_MAX_MS}}},
	{MORTISE_EFFECT_ISSUE_REFRESH, INTEGRATION | INSTALL, {
		{"key", MEMBER_KEY, REQUIRED},
		{"title", MEMBER_TEXT, NULLABLE, PATH_MAX_SIZE},
		{"description", MEMBER_TEXT, NULLABLE, TEXT_MAX_SIZE},
		{"url", MEMBER_URL, NULLABLE},
		{"display_name", MEMBER_TEXT, NULLABLE, KEY_MAX}}},
	{MORTISE_EFFECT_ISSUE_MOVED, INTEGRATION | INSTALL, {
		{"old_key", MEMBER_KEY, REQUIRED},
		{"key", MEMBER_KEY, REQUIRED},
		{"url", MEMBER_URL, NULLABLE},
		{"display_name", MEMBER_TEXT, NULLABLE, KEY_MAX}}},
	{MORTISE_EFFECT_ISSUE_GONE, INTEGRATION | INSTALL, {
		{"key", MEMBER_KEY, REQUIRED},
		{"reason", MEMBER_TEXT, REQUIRED, 16, "deleted|moved|private"}}},
};

const struct effect_form *effect_form_find(const char *type)
{
	for (size_t i = 0; i < lengthof(forms); i++)
		if (strcmp(forms[i].type, type) == 0)
			return &forms[i];
	return NULL;
}

static bool is_text(const json_t *value, int64_t max)
{
	return json_is_string(value) && (int64_t)json_string_length(value) <= max;
}

/* Is 'text' one of the words in "a|b|c"? */
static bool is_word(const char *text, const char *words)
{
	size_t size = strlen(text);

	while (words) {
		const char *end = strchrnul(words, '|');

		if ((size_t)(end - words) == size && strncmp(words, text, size) == 0)
			return true;
		words = *end ? end + 1 : NULL;
	}
	return false;
}

static bool is_text_list(const json_t *value, int64_t max)
{
	json_t *item;
	size_t i;

	if (!json_is_array(value) || (int64_t)json_array_size(value) > max)
		return false;
	json_array_foreach(value, i, item)
		if (!is_text(item, KEY_MAX))
			return false;
	return true;
}

static bool is_author(const json_t *value)
{
	const json_t *name = json_object_get(value, "name");
	const json_t *external_id = json_object_get(value, "external_id");
	const json_t *anonymous = json_object_get(value, "anonymous");

	return json_is_object(value) && is_text(json_object_get(value, "email"), 1024) &&
		(!anonymous || json_is_boolean(anonymous)) &&
		(!name || json_is_null(name) || is_text(name, 1024)) &&
		(!external_id || json_is_null(external_id) || is_text(external_id, KEY_MAX));
}

static bool is_file_list(const json_t *value, int64_t max)
{
	json_t *item;
	size_t i;

	if (!json_is_array(value) || (int64_t)json_array_size(value) > max)
		return false;
	json_array_foreach(value, i, item) {
		const char *change = json_string_value(json_array_get(item, 0));

		if (!change || !is_word(change, "A|M|D") || json_array_size(item) != 2 ||
			!is_text(json_array_get(item, 1), PATH_MAX_SIZE))
			return false;
	}
	return true;
}

static bool is_key(const json_t *value)
{
	return is_text(value, KEY_MAX) && json_string_length(value) > 0;
}

static bool is_url(const json_t *value)
{
	const char *text = json_string_value(value);

	return is_text(value, PATH_MAX_SIZE) &&
		(strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0);
}

static bool is_person(const json_t *value)
{
	static const char *const names[] = {"email", "name", "external_id"};
	size_t known = 0;

	for (size_t i = 0; i < lengthof(names); i++) {
		const json_t *text = json_object_get(value, names[i]);

		if (!text || json_is_null(text))
			continue;
		if (!is_key(text))
			return false;
		known++;
	}
	return known > 0;
}

static bool is_people_list(const json_t *value, int64_t max)
{
	json_t *item;
	size_t i;

	if (!json_is_array(value) || (int64_t)json_array_size(value) > max)
		return false;
	json_array_foreach(value, i, item)
		if (!is_person(item))
			return false;
	return true;
}

static bool are_secrets(const json_t *value, int64_t max)
{
	const char *name;
	json_t *secret;

	if (!json_is_object(value) || (int64_t)json_object_size(value) > max)
		return false;
	json_object_foreach((json_t *)(uintptr_t)value, name, secret)
		if (!name[0] || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-")] ||
			strlen(name) > 64 || !is_text(secret, SECRET_MAX_SIZE) ||
			json_string_length(secret) == 0)
			return false;
	return true;
}

static bool has_form(const struct member *member, const json_t *value)
{
	switch (member->type) {
	case MEMBER_TEXT:
		return is_text(value, member->max) && (!member->words ||
			is_word(json_string_value(value), member->words));
	case MEMBER_KEY:
		return is_key(value);
	case MEMBER_URL:
		return is_url(value);
	case MEMBER_NUMBER:
		return json_is_integer(value) && json_integer_value(value) >= 0 &&
			json_integer_value(value) <= member->max;
	case MEMBER_TRUE:
		return json_is_true(value);
	case MEMBER_OBJECT:
		return json_is_object(value);
	case MEMBER_TEXTS:
		return is_text_list(value, member->max);
	case MEMBER_AUTHOR:
		return is_author(value);
	case MEMBER_FILES:
		return is_file_list(value, member->max);
	case MEMBER_PEOPLE:
		return is_people_list(value, member->max);
	case MEMBER_SECRETS:
		return are_secrets(value, member->max);
	case MEMBER_END:
		break;
	}
	return false;
}

static const struct member *find_member(const struct effect_form *form, const char *name)
{
	for (const struct member *member = form->members; member->name; member++)
		if (strcmp(member->name, name) == 0)
			return member;
	return NULL;
}

static int check_members(const struct effect_form *form, const json_t *record, struct err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)record, name, value) {
		const struct member *member = find_member(form, name);

		if (!member && strcmp(name, "type") != 0)
			return err_set(err, MORTISE_E_INTERNAL, "effect %s: \"%.64s\" is no member of it",
				form->type, name);
		if (!member || (member->need == NULLABLE && json_is_null(value)))
			continue;
		if (!has_form(member, value))
			return err_set(err, MORTISE_E_INTERNAL,
				"effect %s: %s has the wrong form or is too large", form->type, name);
	}
	return 0;
}

int effect_form_check(const struct effect_form *form, const json_t *record, struct err *err)
{
	int alternatives = 0, given = 0;

	if (!json_is_object(record))
		return err_set(err, MORTISE_E_INTERNAL, "effect %s: the record is not an object",
			form->type);
	for (const struct member *member = form->members; member->name; member++) {
		bool present = json_object_get(record, member->name) != NULL;

		if (member->need == REQUIRED && !present)
			return err_set(err, MORTISE_E_INTERNAL, "effect %s: %s is required",
				form->type, member->name);
		alternatives += member->need == ONE_OF;
		given += member->need == ONE_OF && present;
	}
	if (alternatives > 0 && given != 1)
		return err_set(err, MORTISE_E_INTERNAL,
			"effect %s: give exactly one of its alternatives", form->type);
	return check_members(form, record, err);
}

int effect_form_check_scope(const struct effect_form *form, int scope, struct err *err)
{
	if (scope > 0 && scope <= MORTISE_SCOPE_INSTALL && (form->scopes & 1u << scope))
		return 0;
	return err_set(err, MORTISE_E_INTERNAL, "effect %s: not allowed in a call of %s scope",
		form->type, call_scope_name(scope));
}
