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
#include "core/base/mem.h"
#include "core/crypto/digest.h"
#include "core/crypto/parameters.h"

#define CANONICAL_MAX_SIZE ((size_t)256 << 10)

static void add_parameters(const struct parameters *parameters, struct buf *out)
{
	const char *last = NULL;

	for (size_t i = 0; i < parameters->len; i++) {
		const struct parameter *parameter = &parameters->list[i];

		if (strcmp(parameter->name, "jwt") == 0)
			continue;
		if (last && strcmp(last, parameter->name) == 0)
			buf_printf(out, ",%s", parameter->value);
		else
			buf_printf(out, "%s%s=%s", last ? "&" : "", parameter->name,
				parameter->value);
		last = parameter->name;
	}
}

static int add_query(const char *query, struct buf *out, struct err *err)
{
	cleanup_parameters struct parameters parameters = {0};
	int result = parameters_parse(&parameters, query, err);

	if (result < 0)
		return result;
	parameters_sort(&parameters);
	add_parameters(&parameters, out);
	return 0;
}

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
