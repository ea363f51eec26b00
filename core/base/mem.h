/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Allocation and clean-up helpers.  Any thread.
 *
 * The x… functions abort when memory is gone: they are for small sizes that we
 * choose.  A size that comes from outside is checked against a limit first.
 */
#ifndef MORTISE_BASE_MEM_H
#define MORTISE_BASE_MEM_H

#include <stddef.h>
#include <stdlib.h>

#include <jansson.h>

void *xmalloc(size_t size) __attribute__((malloc, alloc_size(1), returns_nonnull));
void *xcalloc(size_t len, size_t size) __attribute__((malloc, alloc_size(1, 2), returns_nonnull));
void *xrealloc(void *ptr, size_t size) __attribute__((alloc_size(2), returns_nonnull));
/* Copies of a string; NULL gives NULL. */
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t size);
void *xmemdup(const void *ptr, size_t size);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

/* new(struct thing): a zeroed thing. */
#define new(type) ((type *)xcalloc(1, sizeof(type)))

/* cleanup(fn) on a local: fn(&local) runs when it goes out of scope. */
#define cleanup(fn) __attribute__((__cleanup__(fn)))
#define cleanup_free cleanup(mem_freep)
#define cleanup_json cleanup(mem_jsonp)
void mem_freep(void *pointer_to_pointer);
void mem_jsonp(json_t **json);

/* steal(&p): give p away; the local is NULL afterwards and its cleanup idle. */
#define steal(pointer)                            \
	({                                        \
		__auto_type steal_from = (pointer); \
		__auto_type steal_value = *steal_from; \
		*steal_from = NULL;               \
		steal_value;                      \
	})

/* Number of elements of an array. */
#define lengthof(array) (sizeof(array) / sizeof((array)[0]))

#endif
