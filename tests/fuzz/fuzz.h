/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What every fuzz target includes. */
#ifndef MORTISE_TESTS_FUZZ_H
#define MORTISE_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An invariant: what must hold for any input. */
#define HOLDS(condition)         \
	do {                     \
		if (!(condition)) \
			abort(); \
	} while (0)

/* What is left of an input that is several texts, each ended by a NUL or the end. */
struct fuzz_input {
	const uint8_t *data;
	size_t size;
};

/* The next text, "" behind the last one; the caller frees it. */
static inline char *fuzz_text(struct fuzz_input *input)
{
	const uint8_t *end = input->size ? memchr(input->data, '\0', input->size) : NULL;
	size_t size = end ? (size_t)(end - input->data) : input->size;
	char *text = xmalloc(size + 1);

	if (size > 0)
		memcpy(text, input->data, size);
	text[size] = '\0';
	input->data += size + (end != NULL);
	input->size -= size + (end != NULL);
	return text;
}

#endif
