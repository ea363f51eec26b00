/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/tracker/answer.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/tracker/form.h"

enum member_type {
	MEMBER_END,
	MEMBER_KEY,            /* a text of 1 to 'max' bytes */
	MEMBER_TEXT,           /* a text of at most 'max' bytes */
	MEMBER_URL,
	MEMBER_OBJECT,         /* at most 'max' bytes as JSON */
	MEMBER_TIME,           /* ms since 1970 */
	MEMBER_ACTION,         /* "resolve", "unresolve", "none" */
	MEMBER_OPTIONS,        /* of a search */
	MEMBER_FIELDS,         /* of a form */
};

struct member {
	const char *name;
	enum member_type type;
	bool required;
	size_t max;
};

#define MEMBERS_MAX 7
#define OBJECT_MAX (64 * 1024)
#define TIME_MAX_MS INT64_C(253402300799999)   /* the end of the year 9999 */

#define ISSUE_MEMBERS                                                         \
	{"key", MEMBER_KEY, true, ANSWER_KEY_MAX},                            \
	{"title", MEMBER_TEXT, false, ANSWER_TITLE_MAX},                      \
	{"description", MEMBER_TEXT, false, ANSWER_TEXT_MAX},                 \
	{"url", MEMBER_URL, false, ANSWER_URL_MAX},                           \
	{"display_name", MEMBER_TEXT, false, ANSWER_KEY_MAX},                 \
	{"metadata", MEMBER_OBJECT, false, OBJECT_MAX}

static const struct member forms[TRACKER_CALLBACK_LEN][MEMBERS_MAX] = {
	[TRACKER_FORM] = {{"fields", MEMBER_FIELDS, true}},
	[TRACKER_CREATE] = {ISSUE_MEMBERS},
	[TRACKER_GET] = {ISSUE_MEMBERS},
	[TRACKER_SEARCH] = {{"options", MEMBER_OPTIONS, true}},
	[TRACKER_COMMENT_CREATE] = {{"external_id", MEMBER_KEY, true, ANSWER_KEY_MAX}},
	[TRACKER_STATUS_OUT] = {{"wrote", MEMBER_TEXT, false, ANSWER_KEY_MAX},
		{"time_ms", MEMBER_TIME, false}},
	[TRACKER_ASSIGNEE_OUT] = {{"wrote", MEMBER_TEXT, false, ANSWER_KEY_MAX},
		{"time_ms", MEMBER_TIME, false}},
	[TRACKER_STATUS_ACTION] = {{"action", MEMBER_ACTION, true}},
	[TRACKER_CONFIG_FORM] = {{"fields", MEMBER_FIELDS, true},
		{"data", MEMBER_OBJECT, false, FORM_SIZE_MAX}},
	[TRACKER_CONFIG_SAVE] = {{"patch", MEMBER_OBJECT, true, OBJECT_MAX},
		/* Whose rows the user may have to correct: status_map_replace checks them. */
		{"external_projects", MEMBER_OBJECT, false, FORM_SIZE_MAX}},
};

static bool is_text(const json_t *value, size_t min, size_t max)
{
	return json_is_string(value) && json_string_length(value) >= min &&
		json_string_length(value) <= max;
}

bool answer_is_url(const char *text)
{
	size_t scheme = strncmp(text, "https://", 8) == 0 ? 8
		: strncmp(text, "http://", 7) == 0 ? 7 : 0;

	if (scheme == 0 || !text[scheme] || strchr("/?#", text[scheme]) ||
		strlen(text) > ANSWER_URL_MAX)
		return false;
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (*c <= ' ' || *c == 0x7f || strchr("\"<>\\^`{|}", *c))
			return false;
	return true;
}

/* Writing to a sink of limited size, so that a large one is not built to be measured. */
struct measure {
	size_t size, max;
};

static int measure_more(const char *bytes, size_t size, void *arg)
{
	struct measure *measure = arg;

	(void)bytes;
	measure->size += size;
	return measure->size <= measure->max ? 0 : -1;
}

static bool is_object(const json_t *value, size_t max)
{
	struct measure measure = {.max = max};

	return json_is_object(value) &&
		json_dump_callback(value, measure_more, &measure, JSON_COMPACT) == 0;
}

static bool is_action(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && (strcmp(text, "resolve") == 0 || strcmp(text, "unresolve") == 0 ||
		strcmp(text, "none") == 0);
}

static bool is_option_list(const json_t *value)
{
	json_t *option;
	size_t i;

	if (!json_is_array(value) || json_array_size(value) > ANSWER_OPTIONS_MAX)
		return false;
	json_array_foreach(value, i, option) {
		const json_t *given = json_object_get(option, "value");

		if (!is_text(json_object_get(option, "label"), 0, ANSWER_TITLE_MAX) ||
			!(json_is_integer(given) || is_text(given, 0, ANSWER_TITLE_MAX)))
			return false;
	}
	return true;
}

static bool has_form(const struct member *member, const json_t *value)
{
	switch (member->type) {
	case MEMBER_KEY:
		return is_text(value, 1, member->max);
	case MEMBER_TEXT:
		return is_text(value, 0, member->max);
	case MEMBER_URL:
		return json_is_string(value) && answer_is_url(json_string_value(value));
	case MEMBER_OBJECT:
		return is_object(value, member->max);
	case MEMBER_TIME:
		return json_is_integer(value) && json_integer_value(value) >= 0 &&
			json_integer_value(value) <= TIME_MAX_MS;
	case MEMBER_ACTION:
		return is_action(value);
	case MEMBER_OPTIONS:
		return is_option_list(value);
	case MEMBER_FIELDS:
	case MEMBER_END:
		break;
	}
	return false;
}

int answer_check(enum tracker_callback callback, const json_t *output, struct err *err)
{
	for (size_t i = 0; i < MEMBERS_MAX && forms[callback][i].name; i++) {
		const struct member *member = &forms[callback][i];
		const json_t *value = json_object_get(output, member->name);
		int result = 0;

		if (!member->required && (!value || json_is_null(value)))
			continue;
		if (member->type == MEMBER_FIELDS)
			result = form_fields_check(value, err);
		else if (!has_form(member, value))
			result = err_set(err, MORTISE_E_INTERNAL,
				"the answer's \"%s\" is missing, too large or of the wrong form",
				member->name);
		if (result < 0)
			return result;
	}
	return 0;
}
