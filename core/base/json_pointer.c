/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/base/json_pointer.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/base/buf.h"

#define MAX_TOKEN 4096
#define MAX_INDEX_DIGITS 9

/* Unescape one reference token into 'ret_token'; false if it is malformed. */
static bool token_read(const char *from, size_t size, struct buf *ret_token)
{
	for (size_t i = 0; i < size; i++) {
		char c = from[i];

		if (c == '~') {
			i++;
			if (i == size || (from[i] != '0' && from[i] != '1'))
				return false;
			c = from[i] == '0' ? '~' : '/';
		}
		buf_add_char(ret_token, c);
	}
	return !ret_token->failed;
}

/* Digits without leading zeros, as RFC 6901 wants an array index. */
static bool index_read(const char *token, size_t *ret_index)
{
	size_t len = strlen(token), index = 0;

	if (len == 0 || len > MAX_INDEX_DIGITS || (token[0] == '0' && len > 1))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)token[i]))
			return false;
		index = index * 10 + (size_t)(token[i] - '0');
	}
	*ret_index = index;
	return true;
}

static json_t *child(const json_t *json, const char *token)
{
	size_t index;

	if (json_is_object(json))
		return json_object_get(json, token);
	if (json_is_array(json) && index_read(token, &index))
		return json_array_get(json, index);
	return NULL;
}

json_t *json_pointer(const json_t *json, const char *pointer)
{
	/* The caller may change what a const document lends, as with json_object_get. */
	json_t *at = (json_t *)(uintptr_t)json;

	while (at && *pointer) {
		cleanup_buf struct buf token = BUF(MAX_TOKEN);
		size_t size;

		if (*pointer != '/')
			return NULL;
		pointer++;
		size = strcspn(pointer, "/");
		if (!token_read(pointer, size, &token))
			return NULL;
		at = child(at, buf_text(&token));
		pointer += size;
	}
	return at;
}
