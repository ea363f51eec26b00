/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/api/body.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"

#define NAME_SIZE_MAX 64
#define CHOICES_SIZE_MAX 1024

__attribute__((format(printf, 3, 4)))
static void wrong(const struct body *body, const char *name, const char *format, ...)
{
	cleanup_free char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	if (body->field)
		err_field(body->err, body->field, "\"%s\": %s", name, text);
	else
		err_field(body->err, name, "%s", text);
}

/* "integrationId" → "integration_id". */
static void to_snake_case(const char *name, char ret_name[static NAME_SIZE_MAX])
{
	size_t size = 0;

	for (; *name && size < NAME_SIZE_MAX - 2; name++) {
		if (isupper((unsigned char)*name))
			ret_name[size++] = '_';
		ret_name[size++] = (char)tolower((unsigned char)*name);
	}
	ret_name[size] = '\0';
}

json_t *body_member(const struct body *body, const char *name)
{
	json_t *value = json_object_get(body->object, name);
	char alias[NAME_SIZE_MAX];

	if (value)
		return value;
	to_snake_case(name, alias);
	return json_object_get(body->object, alias);
}

bool body_is_null(const struct body *body, const char *name)
{
	return json_is_null(body_member(body, name));
}

/* The value, if there is one to read. */
static json_t *given(const struct body *body, const char *name, unsigned flags)
{
	json_t *value = body_member(body, name);

	if (value && !json_is_null(value))
		return value;
	if (flags & BODY_REQUIRED)
		wrong(body, name, "%s", value ? "This field may not be null."
					      : "This field is required.");
	return NULL;
}

size_t body_text_len(const char *text)
{
	size_t len = 0;

	for (; *text; text++)
		len += ((unsigned char)*text & 0xc0) != 0x80;
	return len;
}

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n\v\f")] == '\0';
}

const char *body_text(const struct body *body, const char *name, size_t max_len, unsigned flags)
{
	const json_t *value = given(body, name, flags);
	const char *text = json_string_value(value);

	if (!value)
		return NULL;
	if (!text)
		wrong(body, name, "Not a valid string.");
	else if (!(flags & BODY_BLANK) && is_blank(text))
		wrong(body, name, "This field may not be blank.");
	else if (body_text_len(text) > max_len)
		wrong(body, name, "Ensure this field has no more than %zu characters.", max_len);
	else
		return text;
	return NULL;
}

bool body_bool(const struct body *body, const char *name, bool otherwise)
{
	const json_t *value = given(body, name, 0);

	if (!value)
		return otherwise;
	if (json_is_boolean(value))
		return json_is_true(value);
	wrong(body, name, "Must be a valid boolean.");
	return otherwise;
}

int64_t body_int(const struct body *body, const char *name, int64_t min, int64_t max,
	int64_t otherwise)
{
	const json_t *value = given(body, name, 0);

	if (!value)
		return otherwise;
	if (json_is_integer(value) && json_integer_value(value) >= min &&
		json_integer_value(value) <= max)
		return json_integer_value(value);
	wrong(body, name, "A valid integer from %" PRId64 " to %" PRId64 " is required.", min, max);
	return otherwise;
}

int64_t body_id(const struct body *body, const char *name, unsigned flags)
{
	const json_t *value = given(body, name, flags);
	int64_t id = 0;

	if (!value)
		return 0;
	if (json_is_string(value) ? slug_is_id(json_string_value(value), &id)
				  : (id = json_integer_value(value)) > 0)
		return id;
	wrong(body, name, "A valid integer is required.");
	return 0;
}

int64_t body_time(const struct body *body, const char *name)
{
	const json_t *value = given(body, name, 0);
	int64_t time_us = 0;

	if (value && (!json_is_string(value) || !clock_parse(json_string_value(value), &time_us) ||
			     time_us <= 0)) {
		wrong(body, name, "Must be a time like 2026-05-01T10:00:00Z.");
		return 0;
	}
	return time_us;
}

int body_choice(const struct body *body, const char *name, const char *const *choices,
	unsigned flags)
{
	const json_t *value = given(body, name, flags);
	const char *text = json_string_value(value);
	cleanup_buf struct buf known = BUF(CHOICES_SIZE_MAX);

	if (!value)
		return -1;
	for (int i = 0; choices[i]; i++) {
		if (text && strcmp(choices[i], text) == 0)
			return i;
		buf_printf(&known, "%s%s", i > 0 ? ", " : "", choices[i]);
	}
	wrong(body, name, "\"%.64s\" is not a valid choice: use one of %s.", text ? text : "",
		known.failed ? "those that are documented" : buf_text(&known));
	return -1;
}

json_t *body_list(const struct body *body, const char *name, json_type type, size_t max_len,
	unsigned flags)
{
	json_t *list = given(body, name, flags);
	json_t *item;
	size_t i;

	if (!list)
		return NULL;
	if (!json_is_array(list) || json_array_size(list) > max_len) {
		wrong(body, name, "Must be a list of at most %zu items.", max_len);
		return NULL;
	}
	json_array_foreach(list, i, item)
		if (json_typeof(item) != type) {
			wrong(body, name, "Each item must be %s.", type == JSON_OBJECT ? "an object" :
				type == JSON_INTEGER ? "an integer" : "a text");
			return NULL;
		}
	return list;
}

json_t *body_object(const struct body *body, const char *name, unsigned flags)
{
	json_t *value = given(body, name, flags);

	if (!value || json_is_object(value))
		return value;
	wrong(body, name, "Must be an object.");
	return NULL;
}
