/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"

static bool reserve(struct buf *buf, size_t more)
{
	size_t max = buf->max ? buf->max : (size_t)1 << 20;
	size_t wanted;

	if (buf->failed || more > max || buf->size > max - more) {
		buf->failed = true;
		return false;
	}
	wanted = buf->size + more + 1;
	if (wanted > buf->capacity) {
		size_t capacity = buf->capacity ? buf->capacity : 128;

		while (capacity < wanted)
			capacity *= 2;
		buf->data = xrealloc(buf->data, capacity);
		buf->capacity = capacity;
	}
	return true;
}

void buf_add(struct buf *buf, const void *data, size_t size)
{
	if (!reserve(buf, size))
		return;
	if (size > 0)
		memcpy(buf->data + buf->size, data, size);
	buf->size += size;
	buf->data[buf->size] = '\0';
}

void buf_add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || !reserve(buf, (size_t)len)) {
		buf->failed = true;
		return;
	}
	va_start(args, format);
	vsnprintf(buf->data + buf->size, (size_t)len + 1, format, args);
	va_end(args);
	buf->size += (size_t)len;
}

const char *buf_text(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

char *buf_steal(struct buf *buf)
{
	char *data = buf->data ? buf->data : xstrdup("");

	*buf = (struct buf){.max = buf->max};
	return data;
}

void buf_clear(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){.max = buf->max};
}
