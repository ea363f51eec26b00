/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/crypto/jwt.h"
#include "core/vault/vault.h"

static struct secret *private_pem, *public_pem, *small_pem, *encrypted_pem, *shared;

static struct secret *to_pem(EVP_PKEY *key, bool private, const char *passphrase)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct secret *secret;
	char *text;
	long size;

	if (private)
		PEM_write_bio_PrivateKey(bio, key, passphrase ? EVP_aes_128_cbc() : NULL,
			(const unsigned char *)passphrase, passphrase ? (int)strlen(passphrase) : 0,
			NULL, NULL);
	else
		PEM_write_bio_PUBKEY(bio, key);
	size = BIO_get_mem_data(bio, &text);
	secret = secret_new(text, (size_t)size);
	BIO_free(bio);
	return secret;
}

static int make_keys(void **state)
{
	EVP_PKEY *key = EVP_RSA_gen(2048), *small = EVP_RSA_gen(1024);

	(void)state;
	assert_int_not_equal(sodium_init(), -1);
	private_pem = to_pem(key, true, NULL);
	public_pem = to_pem(key, false, NULL);
	encrypted_pem = to_pem(key, true, "passphrase");
	small_pem = to_pem(small, true, NULL);
	shared = secret_new("your-256-bit-secret", 19);
	EVP_PKEY_free(key);
	EVP_PKEY_free(small);
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	secret_free(private_pem);
	secret_free(public_pem);
	secret_free(small_pem);
	secret_free(encrypted_pem);
	secret_free(shared);
	return 0;
}

static const struct jwt_expect anything = {.now_s = 1000};

static void both_algorithms_round_trip(void **state)
{
	cleanup_json json_t *claims = json_pack("{s:s, s:i, s:s}", "iss", "12", "exp", 1001, "aud",
		"me");
	struct jwt_expect expect = {"12", "me", true, 1000};

	(void)state;
	for (int algorithm = JWT_HS256; algorithm <= JWT_RS256; algorithm++) {
		bool rsa = algorithm == JWT_RS256;
		cleanup_err struct err err = {0};
		cleanup_free char *token = NULL;
		cleanup_json json_t *back = NULL;

		assert_int_equal(jwt_sign(algorithm, rsa ? private_pem : shared, claims, &token,
			&err), 0);
		assert_int_equal(jwt_verify(algorithm, rsa ? public_pem : shared, token, &expect,
			&back, &err), 0);
		assert_true(json_equal(back, claims));
	}
}

/* The example token of jwt.io, made by other people's code. */
static void a_foreign_token_is_verified(void **state)
{
	static const char token[] =
		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
		".eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ"
		".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
	cleanup_json json_t *claims = NULL;

	(void)state;
	assert_int_equal(jwt_verify(JWT_HS256, shared, token, &anything, &claims, NULL), 0);
	assert_string_equal(json_string_value(json_object_get(claims, "sub")), "1234567890");
}

static void a_swapped_algorithm_is_refused(void **state)
{
	cleanup_json json_t *claims = json_pack("{s:s}", "iss", "12");
	cleanup_err struct err err = {0};
	cleanup_free char *token = NULL;
	json_t *back = NULL;

	(void)state;
	/* Signed with the public key's text as a shared secret. */
	assert_int_equal(jwt_sign(JWT_HS256, public_pem, claims, &token, NULL), 0);
	assert_int_equal(jwt_verify(JWT_RS256, public_pem, token, &anything, &back, &err),
		MORTISE_E_IDENTITY);
	assert_null(back);
}

static void claims_are_checked(void **state)
{
	static const struct {
		const char *claims;
		struct jwt_expect expect;
		const char *wants;
	} cases[] = {
		{"{\"exp\":1000}", {NULL, NULL, true, 1000}, "expired"},
		{"{\"exp\":1000}", {NULL, NULL, false, 1001}, "expired"},
		{"{\"exp\":\"2000\"}", {NULL, NULL, true, 1000}, "does not say when"},
		{"{}", {NULL, NULL, true, 1000}, "does not say when"},
		{"{\"nbf\":1001}", {NULL, NULL, false, 1000}, "not valid yet"},
		{"{\"iss\":\"b\"}", {"a", NULL, false, 1000}, "another issuer"},
		{"{}", {"a", NULL, false, 1000}, "another issuer"},
		{"{\"aud\":[\"b\",\"c\"]}", {NULL, "a", false, 1000}, "another audience"},
		{"{\"aud\":[\"b\",\"a\"]}", {NULL, "a", false, 1000}, NULL},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_json json_t *claims = json_loads(cases[i].claims, 0, NULL), *back = NULL;
		cleanup_err struct err err = {0};
		cleanup_free char *token = NULL;
		int result;

		assert_int_equal(jwt_sign(JWT_HS256, shared, claims, &token, NULL), 0);
		result = jwt_verify(JWT_HS256, shared, token, &cases[i].expect, &back, &err);
		if (result != (cases[i].wants ? MORTISE_E_IDENTITY : 0) ||
			(cases[i].wants && !strstr(err_text(&err), cases[i].wants)))
			fail_msg("case %zu: %d %s", i, result, err_text(&err));
	}
}

static void what_is_no_token_is_refused(void **state)
{
	static const char *const tokens[] = {"", "a", "a.b", "a.b.c", "..", "e30.e30.", "e30.e30.!",
		"eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJub25lIn0.e30.AA", "e30.W10.AA",
		"e30.e30.AA.AA", "eyJhbGciOiJIUzI1NiJ9.e30.AA"};

	(void)state;
	for (size_t i = 0; i < lengthof(tokens); i++) {
		json_t *claims;

		if (jwt_verify(JWT_HS256, shared, tokens[i], &anything, &claims, NULL) !=
			MORTISE_E_IDENTITY)
			fail_msg("case %zu", i);
	}
}

static void unusable_keys_are_named(void **state)
{
	cleanup_json json_t *claims = json_object();
	struct secret *keys[] = {small_pem, encrypted_pem, shared, public_pem};

	(void)state;
	for (size_t i = 0; i < lengthof(keys); i++) {
		cleanup_err struct err err = {0};
		char *token;

		if (jwt_sign(JWT_RS256, keys[i], claims, &token, &err) != MORTISE_E_SETTINGS)
			fail_msg("case %zu", i);
		assert_non_null(strstr(err_text(&err), "RSA key"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_algorithms_round_trip),
		cmocka_unit_test(a_foreign_token_is_verified),
		cmocka_unit_test(a_swapped_algorithm_is_refused),
		cmocka_unit_test(claims_are_checked),
		cmocka_unit_test(what_is_no_token_is_refused),
		cmocka_unit_test(unusable_keys_are_named),
	};

	return cmocka_run_group_tests_name("crypto_jwt", tests, make_keys, free_keys);
}
