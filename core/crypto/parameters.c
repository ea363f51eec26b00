/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/crypto/parameters.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/hex.h"
#include "core/base/mem.h"

static bool is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '-' || c == '.' || c == '_' || c == '~';
}

static void add_encoded(struct buf *out, unsigned char c)
{
	if (is_unreserved(c))
		buf_add_char(out, (char)c);
	else
		buf_printf(out, "%%%02X", c);
}

char *parameter_encode(const char *text)
{
	cleanup_buf struct buf out = BUF(3 * strlen(text) + 1);

	for (; *text; text++)
		add_encoded(&out, (unsigned char)*text);
	return buf_steal(&out);
}

/* One way to write each byte, however the sender wrote it. */
static int recode(const char *text, size_t size, char **ret_text, struct err *err)
{
	cleanup_buf struct buf out = BUF(3 * size + 1);

	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '%') {
			int high = i + 2 < size ? hex_value(text[i + 1]) : -1;
			int low = i + 2 < size ? hex_value(text[i + 2]) : -1;

			if (high < 0 || low < 0)
				return err_set(err, MORTISE_E_FIELD,
					"the query has a wrong percent-escape");
			c = (unsigned char)(high << 4 | low);
			i += 2;
		} else if (c == '+') {
			c = ' ';
		}
		add_encoded(&out, c);
	}
	*ret_text = buf_steal(&out);
	return 0;
}

static int grow(struct parameters *parameters, struct parameter **ret_parameter, struct err *err)
{
	if (parameters->len == PARAMETERS_MAX)
		return err_set(err, MORTISE_E_LIMIT, "more than %d query parameters",
			PARAMETERS_MAX);
	if (!parameters->list)
		parameters->list = xcalloc(PARAMETERS_MAX, sizeof(*parameters->list));
	*ret_parameter = &parameters->list[parameters->len++];
	return 0;
}

static int parse_one(struct parameters *parameters, const char *text, size_t size, struct err *err)
{
	const char *equals = memchr(text, '=', size);
	size_t name_size = equals ? (size_t)(equals - text) : size;
	const char *value = equals ? equals + 1 : text + size;
	struct parameter *parameter;
	int result = grow(parameters, &parameter, err);

	if (result == 0)
		result = recode(text, name_size, &parameter->name, err);
	if (result == 0)
		result = recode(value, size - (size_t)(value - text), &parameter->value, err);
	return result;
}

int parameters_parse(struct parameters *parameters, const char *text, struct err *err)
{
	int result = 0;

	while (*text && result == 0) {
		size_t size = strcspn(text, "&");

		if (size > 0)
			result = parse_one(parameters, text, size, err);
		text += size + (text[size] == '&');
	}
	return result;
}

int parameters_add(struct parameters *parameters, const char *name, const char *value,
	struct err *err)
{
	struct parameter *parameter;
	int result = grow(parameters, &parameter, err);

	if (result == 0)
		*parameter = (struct parameter){parameter_encode(name), parameter_encode(value)};
	return result;
}

static int compare(const void *a, const void *b)
{
	const struct parameter *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order != 0 ? order : strcmp(left->value, right->value);
}

void parameters_sort(struct parameters *parameters)
{
	if (parameters->len > 0)
		qsort(parameters->list, parameters->len, sizeof(*parameters->list), compare);
}

void parameters_clear(struct parameters *parameters)
{
	for (size_t i = 0; i < parameters->len; i++) {
		free(parameters->list[i].name);
		free(parameters->list[i].value);
	}
	free(parameters->list);
	*parameters = (struct parameters){0};
}
