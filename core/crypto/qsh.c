/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/crypto/qsh.h"

#include <ctype.h>
#include <string.h>

#include <sodium.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/hex.h"
#include "core/base/mem.h"
#include "core/crypto/digest.h"

#define CANONICAL_MAX_SIZE ((size_t)256 << 10)
#define PARAMETERS_MAX 1024

/* Encoded anew. */
struct parameter {
	char *name, *value;
};

/* ---- Parameters ---- */

static bool is_unreserved(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '-' || c == '.' || c == '_' || c == '~';
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
		if (is_unreserved(c))
			buf_add_char(&out, (char)c);
		else
			buf_printf(&out, "%%%02X", c);
	}
	*ret_text = out.size > 0 ? buf_steal(&out) : xstrdup("");
	return 0;
}

static int parse_parameter(const char *text, size_t size, struct parameter *parameter,
	struct err *err)
{
	const char *equals = memchr(text, '=', size);
	size_t name_size = equals ? (size_t)(equals - text) : size;
	const char *value = equals ? equals + 1 : text + size;
	int result = recode(text, name_size, &parameter->name, err);

	if (result == 0)
		result = recode(value, size - (size_t)(value - text), &parameter->value, err);
	return result;
}

/* By name, then by value. */
static int compare(const void *a, const void *b)
{
	const struct parameter *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order != 0 ? order : strcmp(left->value, right->value);
}

static void add_parameters(const struct parameter *parameters, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		bool repeated = i > 0 && strcmp(parameters[i - 1].name, parameters[i].name) == 0;

		if (repeated)
			buf_printf(out, ",%s", parameters[i].value);
		else
			buf_printf(out, "%s%s=%s", i > 0 ? "&" : "", parameters[i].name,
				parameters[i].value);
	}
}

static void clear_parameter(struct parameter *parameter)
{
	free(parameter->name);
	free(parameter->value);
	*parameter = (struct parameter){0};
}

static int parse_query(const char *query, struct parameter *parameters, size_t *len,
	struct err *err)
{
	int result = 0;

	for (const char *at = query; *at && result == 0;) {
		size_t size = strcspn(at, "&");

		if (*len == PARAMETERS_MAX)
			return err_set(err, MORTISE_E_LIMIT, "more than %d query parameters",
				PARAMETERS_MAX);
		if (size > 0)
			result = parse_parameter(at, size, &parameters[(*len)++], err);
		if (size > 0 && result == 0 && strcmp(parameters[*len - 1].name, "jwt") == 0)
			clear_parameter(&parameters[--*len]);
		at += size;
		at += *at == '&';
	}
	return result;
}

static int add_query(const char *query, struct buf *out, struct err *err)
{
	struct parameter *parameters = xcalloc(PARAMETERS_MAX, sizeof(*parameters));
	size_t len = 0;
	int result = parse_query(query, parameters, &len, err);

	if (result == 0) {
		qsort(parameters, len, sizeof(*parameters), compare);
		add_parameters(parameters, len, out);
	}
	for (size_t i = 0; i < len; i++)
		clear_parameter(&parameters[i]);
	free(parameters);
	return result;
}

/* ---- */

static void add_path(const char *path, struct buf *out)
{
	size_t size = strlen(path);

	while (size > 0 && path[size - 1] == '/')
		size--;
	if (size == 0 || path[0] != '/')
		buf_add_char(out, '/');
	for (size_t i = 0; i < size; i++)
		if (path[i] == '&')
			buf_add_text(out, "%26");
		else
			buf_add_char(out, path[i]);
}

int qsh_canonical(const char *method, const char *path, const char *query, char **ret_text,
	struct err *err)
{
	cleanup_buf struct buf out = BUF(CANONICAL_MAX_SIZE);
	int result;

	for (; *method; method++)
		buf_add_char(&out, (char)toupper((unsigned char)*method));
	buf_add_char(&out, '&');
	add_path(path, &out);
	buf_add_char(&out, '&');
	result = add_query(query ? query : "", &out, err);
	if (result == 0 && out.failed)
		result = err_set(err, MORTISE_E_LIMIT, "the path and query are too long");
	if (result == 0)
		*ret_text = buf_steal(&out);
	return result;
}

int qsh_hash(const char *method, const char *path, const char *query, char ret_hex[QSH_SIZE],
	struct err *err)
{
	unsigned char bytes[DIGEST_MAX_SIZE];
	cleanup_free char *text = NULL;
	int result = qsh_canonical(method, path, query, &text, err);
	size_t size;

	if (result < 0)
		return result;
	size = digest_of(DIGEST_SHA256, text, strlen(text), bytes);
	sodium_bin2hex(ret_hex, QSH_SIZE, bytes, size);
	return 0;
}
