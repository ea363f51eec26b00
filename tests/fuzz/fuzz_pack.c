/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What stands in the store, were it damaged: a dictionary and a body packed with it.  The
 * input is the size of the dictionary (two bytes, the lower first), the dictionary, the
 * size that the body should have, and the body.  What is packed comes back, whatever the
 * dictionary.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/base/err.h"
#include "core/base/pack.h"

#define MAX 4096

static size_t take_size(struct fuzz_input *input)
{
	size_t size = 0;

	for (int i = 0; i < 2 && input->size > 0; i++) {
		size |= (size_t)*input->data++ << 8 * i;
		input->size--;
	}
	return size;
}

static void comes_back(const struct fuzz_input *input, struct pack_dictionary *dictionary)
{
	cleanup_packed struct packed packed = {0};
	cleanup_free char *bytes = NULL;

	pack(input->data, input->size, dictionary ? pack_dictionary_ref(dictionary) : NULL, &packed);
	HOLDS(packed.data_size <= input->size);
	HOLDS(unpack(packed.encoding, packed.data, packed.data_size, (int64_t)input->size,
		input->size, dictionary, &bytes, NULL) == 0);
	HOLDS(input->size == 0 || memcmp(bytes, input->data, input->size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	size_t dictionary_size = take_size(&input), body_size;
	struct pack_dictionary *dictionary;
	cleanup_err struct err err = {0};
	char *bytes;

	if (dictionary_size > input.size)
		dictionary_size = input.size;
	dictionary = pack_dictionary_new(1, input.data, dictionary_size);
	input.data += dictionary_size;
	input.size -= dictionary_size;
	body_size = take_size(&input);
	HOLDS(packed_dictionary_id(PACK_ZSTD, input.data, input.size) >= 0);
	if (unpack(PACK_ZSTD, input.data, input.size, (int64_t)body_size, MAX, dictionary, &bytes,
		    &err) == 0) {
		HOLDS(body_size <= MAX && bytes[body_size] == '\0');
		free(bytes);
	} else {
		HOLDS(err.code == MORTISE_E_LIMIT);
	}
	comes_back(&input, NULL);
	comes_back(&input, dictionary);
	pack_dictionary_unref(dictionary);
	return 0;
}
