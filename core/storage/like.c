/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/like.h"

#include <ctype.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

char *like_pattern(const char *text)
{
	struct buf pattern = BUF(0);

	if (!text || !text[0])
		return xstrdup("");
	buf_add_char(&pattern, '%');
	for (; *text; text++) {
		if (*text == '%' || *text == '_' || *text == '\\')
			buf_add_char(&pattern, '\\');
		buf_add_char(&pattern, (char)tolower((unsigned char)*text));
	}
	buf_add_char(&pattern, '%');
	return buf_steal(&pattern);
}
