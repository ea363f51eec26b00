/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <sodium.h>

#include "core/crypto/digest.h"

/* Texts and values: GitHub's own webhook example; RFC 2202 case 2; RFC 1321; FIPS 180. */
static void published_values_come_out(void **state)
{
	static const struct {
		enum digest digest;
		const char *key, *text, *hex;
	} cases[] = {
		{DIGEST_SHA256, "It's a Secret to Everybody", "Hello, World!",
			"757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
		{DIGEST_SHA1, "Jefe", "what do ya want for nothing?",
			"effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
		{DIGEST_SHA256, "", "",
			"b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
		{DIGEST_SHA256, NULL, "abc",
			"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{DIGEST_SHA1, NULL, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{DIGEST_MD5, NULL, "abc", "900150983cd24fb0d6963f7d28e17f72"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned char bytes[DIGEST_MAX_SIZE];
		char hex[2 * DIGEST_MAX_SIZE + 1];
		const char *text = cases[i].text;
		size_t size;

		if (cases[i].key) {
			struct hmac_key *key = hmac_key_new(cases[i].digest, cases[i].key,
				strlen(cases[i].key));

			/* Twice: a key serves many messages. */
			hmac_sign(key, "other", 5, bytes);
			size = hmac_sign(key, text, strlen(text), bytes);
			hmac_key_free(key);
		} else {
			size = digest_of(cases[i].digest, text, strlen(text), bytes);
		}
		assert_int_equal(size, digest_size(cases[i].digest));
		if (strcmp(sodium_bin2hex(hex, sizeof(hex), bytes, size), cases[i].hex) != 0)
			fail_msg("case %zu: %s", i, hex);
	}
}

static void only_known_names_are_taken(void **state)
{
	enum digest digest;

	(void)state;
	assert_true(digest_parse("sha1", &digest));
	assert_int_equal(digest, DIGEST_SHA1);
	assert_false(digest_parse("sha512", &digest));
	assert_false(digest_parse("", &digest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_values_come_out),
		cmocka_unit_test(only_known_names_are_taken),
	};

	return cmocka_run_group_tests_name("crypto_digest", tests, NULL, NULL);
}
