/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/tracker/form.h"

#include <stdbool.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

enum part_type {
	PART_NAME,
	PART_TYPE,
	PART_TEXT,
	PART_BOOLEAN,
	PART_NUMBER,
	PART_CHOICES,
	PART_ADDRESS,          /* of a search: a path of ours, or an http(s) URL */
	PART_OBJECT,
	PART_TEXTS,
	PART_LIST,
	PART_ANY,
};

/* The members of a field.  What the mappers and tables have is passed on as it is: the
 * size of the whole form bounds it. */
static const struct part {
	const char *name;
	enum part_type type;
} parts[] = {
	{"name", PART_NAME}, {"type", PART_TYPE}, {"label", PART_TEXT}, {"help", PART_TEXT},
	{"placeholder", PART_TEXT}, {"required", PART_BOOLEAN}, {"default", PART_ANY},
	{"disabled", PART_BOOLEAN}, {"disabledReason", PART_TEXT}, {"choices", PART_CHOICES},
	{"url", PART_ADDRESS}, {"updatesForm", PART_BOOLEAN}, {"multiple", PART_BOOLEAN},
	{"autosize", PART_BOOLEAN}, {"maxRows", PART_NUMBER},
	{"addButtonText", PART_TEXT}, {"addDropdown", PART_OBJECT},
	{"mappedSelectors", PART_OBJECT}, {"columnLabels", PART_OBJECT},
	{"columnKeys", PART_TEXTS}, {"mappedColumnLabel", PART_TEXT},
	{"formatMessageValue", PART_ANY}, {"confirmDeleteMessage", PART_TEXT},
	{"mappedDropdown", PART_OBJECT}, {"sentryProjects", PART_LIST},
	{"nextButton", PART_OBJECT}, {"iconType", PART_TEXT}, {"perItemMapping", PART_BOOLEAN},
};

#define TYPE_BLANK "blank"     /* no input: it says why there is no more of the form */

static const char *const types[] = {"boolean", "string", "text", "textarea", "select",
	"choice_mapper", "table", "project_mapper", TYPE_BLANK};

#define TEXT_MAX 65536
#define NAME_MAX_SIZE 64
#define CHOICE_TEXT_MAX 1024

static bool is_name(const json_t *value)
{
	const char *text = json_string_value(value);
	size_t size = text ? strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_.-") : 0;

	return size > 0 && size <= NAME_MAX_SIZE && size == json_string_length(value);
}

static bool is_type(const json_t *value)
{
	for (size_t i = 0; json_is_string(value) && i < lengthof(types); i++)
		if (strcmp(types[i], json_string_value(value)) == 0)
			return true;
	return false;
}

static bool is_text(const json_t *value, size_t max)
{
	return json_is_string(value) && json_string_length(value) <= max;
}

static bool is_choice_value(const json_t *value)
{
	return is_text(value, CHOICE_TEXT_MAX) || json_is_integer(value) || json_is_boolean(value) ||
		json_is_null(value);
}

/* [[value, label], …] */
static bool is_choice_list(const json_t *value)
{
	json_t *choice;
	size_t i;

	if (!json_is_array(value) || json_array_size(value) > FORM_CHOICES_MAX)
		return false;
	json_array_foreach(value, i, choice)
		if (json_array_size(choice) != 2 || !is_choice_value(json_array_get(choice, 0)) ||
			!is_text(json_array_get(choice, 1), CHOICE_TEXT_MAX))
			return false;
	return true;
}

static bool is_address(const json_t *value)
{
	const char *text = json_string_value(value);

	return is_text(value, 4096) && ((text[0] == '/' && text[1] != '/' && text[1] != '\\') ||
		strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0);
}

static bool is_text_list(const json_t *value)
{
	json_t *item;
	size_t i;

	if (!json_is_array(value))
		return false;
	json_array_foreach(value, i, item)
		if (!is_text(item, TEXT_MAX))
			return false;
	return true;
}

static bool has_form(enum part_type type, const json_t *value)
{
	switch (type) {
	case PART_NAME:
		return is_name(value);
	case PART_TYPE:
		return is_type(value);
	case PART_TEXT:
		return is_text(value, TEXT_MAX);
	case PART_BOOLEAN:
		return json_is_boolean(value);
	case PART_NUMBER:
		return json_is_integer(value);
	case PART_CHOICES:
		return is_choice_list(value);
	case PART_ADDRESS:
		return is_address(value);
	case PART_OBJECT:
		return json_is_object(value);
	case PART_TEXTS:
		return is_text_list(value);
	case PART_LIST:
		return json_is_array(value);
	case PART_ANY:
		return true;
	}
	return false;
}

static const struct part *find_part(const char *name)
{
	for (size_t i = 0; i < lengthof(parts); i++)
		if (strcmp(parts[i].name, name) == 0)
			return &parts[i];
	return NULL;
}

static const json_t *find_field(const json_t *fields, const char *name)
{
	json_t *field;
	size_t i;

	json_array_foreach(fields, i, field) {
		const char *own = json_string_value(json_object_get(field, "name"));

		if (own && strcmp(own, name) == 0)
			return field;
	}
	return NULL;
}

static int check_field(const json_t *fields, const json_t *field, size_t index, struct err *err)
{
	const json_t *name = json_object_get(field, "name");
	const char *member;
	json_t *value;

	if (!is_name(name) || !is_type(json_object_get(field, "type")))
		return err_set(err, MORTISE_E_INTERNAL,
			"field %zu of the form needs a \"name\" and a known \"type\"", index);
	json_object_foreach((json_t *)(uintptr_t)field, member, value) {
		const struct part *part = find_part(member);

		if (!part)
			return err_set(err, MORTISE_E_INTERNAL,
				"field \"%s\" of the form: \"%.64s\" is no member of a field",
				json_string_value(name), member);
		if (!has_form(part->type, value))
			return err_set(err, MORTISE_E_INTERNAL,
				"field \"%s\" of the form: \"%s\" has the wrong form or is too large",
				json_string_value(name), member);
	}
	if (find_field(fields, json_string_value(name)) != field)
		return err_set(err, MORTISE_E_INTERNAL, "two fields of the form are called \"%s\"",
			json_string_value(name));
	return 0;
}

static int measure(const char *bytes, size_t size, void *arg)
{
	size_t *total = arg;

	(void)bytes;
	*total += size;
	return *total <= FORM_SIZE_MAX ? 0 : -1;
}

int form_fields_check(const json_t *fields, struct err *err)
{
	json_t *field;
	size_t i, total = 0;

	if (!json_is_array(fields) || json_array_size(fields) > FORM_FIELDS_MAX)
		return err_set(err, MORTISE_E_INTERNAL, "a form is a list of at most %d fields",
			FORM_FIELDS_MAX);
	if (json_dump_callback(fields, measure, &total, JSON_COMPACT) != 0)
		return err_set(err, MORTISE_E_INTERNAL, "the form is larger than %d bytes",
			FORM_SIZE_MAX);
	json_array_foreach(fields, i, field) {
		int result = check_field(fields, field, i, err);

		if (result < 0)
			return result;
	}
	return 0;
}

static bool has_type(const json_t *fields, const char *type)
{
	json_t *field;
	size_t i;

	json_array_foreach(fields, i, field)
		if (strcmp(json_string_value(json_object_get(field, "type")), type) == 0)
			return true;
	return false;
}

void form_add_create_fields(json_t *fields, const char *title, const char *description)
{
	if (has_type(fields, TYPE_BLANK))
		return;
	if (!find_field(fields, "description"))
		json_array_insert_new(fields, 0, json_pack("{s:s, s:s, s:s, s:b, s:i, s:s*}",
			"name", "description", "label", "Description", "type", "textarea", "autosize",
			1, "maxRows", 10, "default", description));
	if (!find_field(fields, "title"))
		json_array_insert_new(fields, 0, json_pack("{s:s, s:s, s:s, s:b, s:s*}", "name",
			"title", "label", "Title", "type", "string", "required", 1, "default", title));
}

void form_add_link_fields(json_t *fields)
{
	if (!find_field(fields, "externalIssue"))
		json_array_insert_new(fields, 0, json_pack("{s:s, s:s, s:s, s:s}", "name",
			"externalIssue", "label", "Issue", "default", "", "type", "string"));
}

void form_address_searches(json_t *fields, const char *url)
{
	json_t *field;
	size_t i;

	json_array_foreach(fields, i, field) {
		const char *given = json_string_value(json_object_get(field, "url"));

		if (given && strcmp(given, FORM_OWN_SEARCH) == 0)
			json_object_set_new(field, "url", json_string(url));
	}
}

void form_propose(json_t *fields, const json_t *defaults)
{
	json_t *field;
	size_t i;

	json_array_foreach(fields, i, field) {
		const char *name = json_string_value(json_object_get(field, "name"));
		json_t *value = json_object_get(defaults, name);

		if (value && !json_object_get(field, "default"))
			json_object_set(field, "default", value);
	}
}
