/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A growing byte buffer with an upper bound.  Any thread; one owner at a time.
 *
 * Once an append would pass the bound, nothing more is taken and the buffer is
 * marked: the caller checks `failed` once, at the end.
 */
#ifndef MORTISE_BASE_BUF_H
#define MORTISE_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;            /* always followed by a NUL once something was added */
	size_t size;
	size_t capacity;
	size_t max;            /* bytes; 0: 1 MiB */
	bool failed;           /* an append went over max */
};

#define cleanup_buf __attribute__((__cleanup__(buf_clear)))
#define BUF(max_size) ((struct buf){.max = (max_size)})

void buf_add(struct buf *buf, const void *data, size_t size);
void buf_add_text(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The content as text, "" when empty; valid until the next change. */
const char *buf_text(const struct buf *buf);
/* Hand the bytes to the caller, NUL-terminated; the buffer is empty afterwards. */
char *buf_steal(struct buf *buf);
void buf_clear(struct buf *buf);

#endif
