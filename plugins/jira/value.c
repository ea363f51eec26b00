/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "jira.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *jira_text(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

const char *jira_short(const json_t *object, const char *member, size_t max)
{
	const char *text = jira_text(object, member);

	return text && *text && strlen(text) <= max ? text : NULL;
}

char *jira_cut(const char *text, size_t max)
{
	size_t size = strlen(text);

	if (size > max) {
		size = max;
		while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
			size--;
	}
	return strndup(text, size);
}

/* Keys of projects have underscores only in Jira Server, where an administrator may allow
 * them. */
bool jira_is_key(const char *text)
{
	size_t size = 0;

	if (!text || !isalpha((unsigned char)*text) || strlen(text) >= KEY_MAX_SIZE)
		return false;
	while (isalnum((unsigned char)text[size]) || text[size] == '_')
		size++;
	return text[size] == '-' && isdigit((unsigned char)text[size + 1]) &&
		text[size + 1 + strspn(text + size + 1, "0123456789")] == '\0';
}

int32_t jira_key_of_call(struct mortise_call *call, const json_t *input, const char **ret_key)
{
	const char *key = jira_text(input, "key");

	if (!jira_is_key(key))
		return host->fail(call, MORTISE_E_NO_TARGET, "\"%.300s\" is not the key of an issue in "
			"Jira (like APP-7); unlink it, and link the issue again", key ? key : "");
	*ret_key = key;
	return MORTISE_OK;
}

char *jira_once(const char *what, const char *reference)
{
	char *once;

	if (asprintf(&once, "%s:%s", what, reference ? reference : "") < 0)
		return NULL;
	return once;
}

int32_t jira_read(struct mortise_call *call, const char *what, const char *argument,
	const char *value, json_t **ret_value)
{
	json_t *args = json_pack("{s:s}", argument, value);
	int32_t ret = host->read(call, what, args, ret_value);

	json_decref(args);
	return ret;
}

/* Nothing there is an empty text. */
static int32_t read_text(struct mortise_call *call, const char *what, const char *argument,
	const char *name, char **ret_value)
{
	json_t *value = NULL;
	int32_t ret = jira_read(call, what, argument, name, &value);

	if (ret != MORTISE_OK && ret != MORTISE_E_NOT_FOUND)
		return ret;
	*ret_value = strdup(json_is_string(value) ? json_string_value(value) : "");
	json_decref(value);
	return MORTISE_OK;
}

int32_t jira_setting(struct mortise_call *call, const char *name, char **ret_value)
{
	return read_text(call, MORTISE_READ_SETTING, "name", name, ret_value);
}

int32_t jira_metadata(struct mortise_call *call, const char *pointer, char **ret_value)
{
	return read_text(call, MORTISE_READ_METADATA, "pointer", pointer, ret_value);
}

int32_t jira_product(struct mortise_call *call, char **ret_name)
{
	json_t *args = json_object(), *product = NULL;
	const char *name;
	int32_t ret = host->read(call, MORTISE_READ_PRODUCT, args, &product);

	json_decref(args);
	if (ret != MORTISE_OK)
		return ret;
	name = jira_text(product, "name");
	*ret_name = strdup(name ? name : "");
	json_decref(product);
	return MORTISE_OK;
}

int32_t jira_effect(struct mortise_call *call, const char *type, json_t *record_take)
{
	int32_t ret = host->effect(call, type, record_take);

	json_decref(record_take);
	return ret;
}
