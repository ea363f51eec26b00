/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/upstream/form.h"

#include <string.h>

#include "core/base/hex.h"
#include "core/base/mem.h"

/* Decode a part of a form; NULL if it is not one. */
static char *form_decode(const char *text, size_t size)
{
	char *decoded = xmalloc(size + 1);
	size_t len = 0;

	for (size_t i = 0; i < size; i++) {
		int high, low;

		if (text[i] != '%') {
			decoded[len++] = text[i] == '+' ? ' ' : text[i];
			continue;
		}
		high = i + 2 < size ? hex_value(text[i + 1]) : -1;
		low = high >= 0 ? hex_value(text[i + 2]) : -1;
		if (low < 0 || (high == 0 && low == 0)) {
			free(decoded);
			return NULL;
		}
		decoded[len++] = (char)(high * 16 + low);
		i += 2;
	}
	decoded[len] = '\0';
	return decoded;
}

json_t *form_parse(const char *text)
{
	cleanup_json json_t *form = json_object();

	while (*text) {
		size_t size = strcspn(text, "&"), name_size = strcspn(text, "=&");
		cleanup_free char *name = NULL;
		cleanup_free char *value = NULL;

		if (name_size < size) {
			name = form_decode(text, name_size);
			value = form_decode(text + name_size + 1, size - name_size - 1);
			if (!name || !value || json_object_set_new(form, name, json_string(value)) < 0)
				return NULL;
		}
		text += size + (text[size] == '&');
	}
	return steal(&form);
}
