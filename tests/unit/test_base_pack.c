/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Bytes at rest come back as they were, or with an error. */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/pack.h"

#define MAX 100000
#define SAMPLES 200

/* Bodies as a provider sends them: all the same but for numbers. */
static char *body_of(int number)
{
	static const char *const words[] = {"alpha", "bravo", "charlie", "delta", "echo"};
	char *text = xasprintf("{\"ref\":\"refs/heads/%s\",\"before\":\"%040x\",\"repository\":"
		"{\"id\":%d,\"full_name\":\"acme/%s-%d\",\"private\":false,\"html_url\":"
		"\"https://forge.example/acme/%s\",\"default_branch\":\"main\"},\"sender\":"
		"{\"login\":\"%s\",\"type\":\"User\",\"site_admin\":false},\"message\":\"%s %d\"}",
		words[number % 5], (unsigned)number * 2654435761U, number * 7919,
		words[number % 3], number, words[number % 3], words[number % 4],
		words[number / 5 % 5], number * number);

	return text;
}

static struct pack_dictionary *learn(int64_t id)
{
	cleanup_free char *samples = NULL;
	cleanup_free void *content = NULL;
	size_t sizes[SAMPLES], size = 0, content_size;
	struct pack_dictionary *learned;

	for (int i = 0; i < SAMPLES; i++) {
		cleanup_free char *body = body_of(i);

		sizes[i] = strlen(body);
		samples = xrealloc(samples, size + sizes[i]);
		memcpy(samples + size, body, sizes[i]);
		size += sizes[i];
	}
	content = pack_learn(samples, sizes, SAMPLES, &content_size);
	assert_non_null(content);
	learned = pack_dictionary_new(id, content, content_size);
	assert_non_null(learned);
	assert_int_equal(pack_dictionary_id(learned), id);
	return learned;
}

static void assert_damaged(const struct packed *packed, const struct pack_dictionary *dictionary)
{
	cleanup_err struct err err = {0};
	char *bytes;

	assert_int_equal(unpack(packed->encoding, packed->data, packed->data_size,
		(int64_t)packed->size, MAX, dictionary, &bytes, &err), MORTISE_E_LIMIT);
	assert_string_equal(err_text(&err), "damaged where it is stored");
}

static void assert_comes_back(const char *body, size_t size, struct pack_dictionary *dictionary)
{
	cleanup_packed struct packed packed = {0};
	cleanup_free char *bytes = NULL;

	pack(body, size, dictionary ? pack_dictionary_ref(dictionary) : NULL, &packed);
	if (size < PACK_FROM)
		assert_int_equal(packed.encoding, PACK_PLAIN);
	assert_int_equal(packed_dictionary_id(packed.encoding, packed.data, packed.data_size),
		packed.dictionary ? pack_dictionary_id(packed.dictionary) : 0);
	assert_int_equal(unpack(packed.encoding, packed.data, packed.data_size, (int64_t)size, MAX,
		dictionary, &bytes, NULL), 0);
	assert_memory_equal(bytes, body, size);
	assert_int_equal(bytes[size], '\0');
}

static void what_is_packed_comes_back(void **state)
{
	static const size_t sizes[] = {0, 1, PACK_FROM - 1, PACK_FROM, 4096, MAX};
	struct pack_dictionary *dictionary = learn(1);
	char *bytes = xcalloc(1, MAX);

	(void)state;
	for (int noise = 0; noise < 2; noise++) {
		uint32_t number = 1;

		for (size_t i = 0; i < MAX; i++) {
			number = number * 1664525 + 1013904223;
			bytes[i] = noise ? (char)(number >> 24) : (char)('a' + i % 7);
		}
		for (size_t i = 0; i < lengthof(sizes); i++) {
			assert_comes_back(bytes, sizes[i], NULL);
			assert_comes_back(bytes, sizes[i], dictionary);
		}
	}
	free(bytes);
	pack_dictionary_unref(dictionary);
}

static void a_dictionary_makes_what_is_alike_smaller(void **state)
{
	struct pack_dictionary *dictionary = learn(42);
	cleanup_packed struct packed with = {0}, without = {0};
	cleanup_free char *body = body_of(1000);

	(void)state;
	pack(body, strlen(body), NULL, &without);
	pack(body, strlen(body), pack_dictionary_ref(dictionary), &with);
	assert_true(with.data_size * 2 < without.data_size);
	assert_int_equal(packed_dictionary_id(with.encoding, with.data, with.data_size), 42);
	assert_int_equal(packed_dictionary_id(without.encoding, without.data, without.data_size), 0);
	assert_comes_back(body, strlen(body), dictionary);
	pack_dictionary_unref(dictionary);
}

static void what_is_packed_keeps_its_dictionary(void **state)
{
	struct pack_dictionary *dictionary = learn(1);
	cleanup_free char *body = body_of(1000);
	struct packed packed;

	(void)state;
	pack(body, strlen(body), pack_dictionary_ref(dictionary), &packed);
	assert_false(pack_dictionary_is_last(dictionary));
	packed_clear(&packed);
	assert_true(pack_dictionary_is_last(dictionary));
	/* One that was not needed is given back at once. */
	pack(body, 10, pack_dictionary_ref(dictionary), &packed);
	assert_true(pack_dictionary_is_last(dictionary));
	pack_dictionary_unref(dictionary);
}

static void another_dictionary_is_noticed(void **state)
{
	struct pack_dictionary *dictionary = learn(1), *other = learn(2);
	cleanup_packed struct packed packed = {0};
	cleanup_free char *body = body_of(1000);

	(void)state;
	pack(body, strlen(body), dictionary, &packed);
	assert_damaged(&packed, other);
	assert_damaged(&packed, NULL);
	packed.data_size--;
	assert_damaged(&packed, dictionary);
	packed.data_size++;
	packed.size++;
	assert_damaged(&packed, dictionary);
	pack_dictionary_unref(other);
}

static void a_damaged_dictionary_is_none(void **state)
{
	static const char no_magic[] = "0123456789abcdef0123456789abcdef";
	cleanup_free char *content = NULL;
	cleanup_free char *samples = xcalloc(1, 100 * 64);
	size_t sizes[100], size;

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(samples + 64 * i, 64, "a sample like all the others but for this: %d", i * i);
		sizes[i] = 64;
	}
	content = pack_learn(samples, sizes, lengthof(sizes), &size);
	assert_non_null(content);
	assert_null(pack_dictionary_new(1, no_magic, strlen(no_magic)));
	assert_null(pack_dictionary_new(1, content, 7));
	assert_null(pack_dictionary_new(1, content, 40));
	assert_null(pack_dictionary_new(0, content, size));
	assert_null(pack_dictionary_new(PACK_DICTIONARY_ID_MAX + 1, content, size));
	memset(content + 8, 0xff, 64);
	assert_null(pack_dictionary_new(1, content, size));
}

static void too_little_teaches_nothing(void **state)
{
	const size_t sizes[] = {3};
	size_t size;

	(void)state;
	assert_null(pack_learn("abc", sizes, 1, &size));
	assert_null(pack_learn("", sizes, 0, &size));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_packed_comes_back),
		cmocka_unit_test(a_dictionary_makes_what_is_alike_smaller),
		cmocka_unit_test(what_is_packed_keeps_its_dictionary),
		cmocka_unit_test(another_dictionary_is_noticed),
		cmocka_unit_test(a_damaged_dictionary_is_none),
		cmocka_unit_test(too_little_teaches_nothing),
	};

	return cmocka_run_group_tests_name("base_pack", tests, NULL, NULL);
}
