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

static struct jwt *parse(const char *token)
{
	struct jwt *jwt = NULL;

	assert_int_equal(jwt_parse(token, &jwt, NULL), 0);
	return jwt;
}

static struct jwt *sign(const char *claims)
{
	cleanup_json json_t *json = json_loads(claims, 0, NULL);
	cleanup_free char *token = NULL;

	assert_int_equal(jwt_sign(JWT_HS256, shared, json, &token, NULL), 0);
	return parse(token);
}

static void both_algorithms_round_trip(void **state)
{
	cleanup_json json_t *claims = json_pack("{s:s, s:i, s:s}", "iss", "12", "exp", 1001, "aud",
		"me");
	const struct jwt_expect expect = {"me", true, 1000};

	(void)state;
	for (int algorithm = JWT_HS256; algorithm <= JWT_RS256; algorithm++) {
		bool rsa = algorithm == JWT_RS256;
		cleanup_err struct err err = {0};
		cleanup_free char *token = NULL;
		cleanup_jwt struct jwt *jwt = NULL;

		assert_int_equal(jwt_sign(algorithm, rsa ? private_pem : shared, claims, &token,
			&err), 0);
		jwt = parse(token);
		assert_int_equal(jwt_check_signature(jwt, algorithm, rsa ? public_pem : shared,
			&err), JWT_GOOD);
		assert_int_equal(jwt_check_claims(jwt, &expect, &err), JWT_GOOD);
		assert_true(json_equal(jwt_claims(jwt), claims));
		assert_int_equal(err.code, 0);
	}
}

/* The example token of jwt.io, made by other people's code. */
static void a_foreign_token_is_verified(void **state)
{
	static const char token[] =
		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
		".eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ"
		".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
	cleanup_jwt struct jwt *jwt = parse(token);
	size_t size;

	(void)state;
	assert_int_equal(jwt_check_signature(jwt, JWT_HS256, shared, NULL), JWT_GOOD);
	assert_string_equal(json_string_value(json_object_get(jwt_claims(jwt), "sub")),
		"1234567890");
	assert_memory_equal(jwt_signed_text(jwt, &size), token, size);
	assert_int_equal(size, strrchr(token, '.') - token);
}

static void another_signature_is_refused(void **state)
{
	cleanup_secret struct secret *other = secret_new("another", 7), *none = secret_new("", 0);
	cleanup_json json_t *claims = json_object();
	cleanup_free char *token = NULL;
	cleanup_jwt struct jwt *jwt = sign("{}"), *rsa = NULL;
	char *first;

	(void)state;
	assert_int_equal(jwt_check_signature(jwt, JWT_HS256, other, NULL), JWT_BAD_SIGNATURE);
	assert_int_equal(jwt_check_signature(jwt, JWT_HS256, none, NULL), JWT_BAD_KEY);
	assert_int_equal(jwt_sign(JWT_RS256, private_pem, claims, &token, NULL), 0);
	/* The first character of the signature: of the last only some bits count. */
	first = strrchr(token, '.') + 1;
	*first = *first == 'A' ? 'B' : 'A';
	rsa = parse(token);
	assert_int_equal(jwt_check_signature(rsa, JWT_RS256, public_pem, NULL), JWT_BAD_SIGNATURE);
	assert_int_equal(jwt_check_signature(rsa, JWT_RS256, shared, NULL), JWT_BAD_KEY);
}

static void a_swapped_algorithm_is_refused(void **state)
{
	cleanup_json json_t *claims = json_pack("{s:s}", "iss", "12");
	cleanup_err struct err err = {0};
	cleanup_free char *token = NULL, *signed_token = NULL;
	cleanup_jwt struct jwt *jwt = NULL, *rsa = NULL, *none = NULL;

	(void)state;
	/* Signed with the public key's text as a shared secret. */
	assert_int_equal(jwt_sign(JWT_HS256, public_pem, claims, &token, NULL), 0);
	jwt = parse(token);
	assert_int_equal(jwt_check_signature(jwt, JWT_RS256, public_pem, &err), JWT_BAD_FORM);
	assert_non_null(strstr(err_text(&err), "RS256"));
	assert_int_equal(jwt_sign(JWT_RS256, private_pem, claims, &signed_token, NULL), 0);
	rsa = parse(signed_token);
	assert_int_equal(jwt_check_signature(rsa, JWT_HS256, public_pem, NULL), JWT_BAD_FORM);
	none = parse("eyJhbGciOiJub25lIn0.e30.");
	assert_int_equal(jwt_check_header(none, JWT_HS256, NULL), JWT_BAD_FORM);
	assert_int_equal(jwt_check_header(none, JWT_RS256, NULL), JWT_BAD_FORM);
}

static void unknown_extensions_are_refused(void **state)
{
	/* {"alg":"HS256","crit":["b64"],"b64":false} */
	cleanup_jwt struct jwt *jwt =
		parse("eyJhbGciOiJIUzI1NiIsImNyaXQiOlsiYjY0Il0sImI2NCI6ZmFsc2V9.e30.AA");

	(void)state;
	assert_int_equal(jwt_check_header(jwt, JWT_HS256, NULL), JWT_BAD_FORM);
}

static void claims_are_checked(void **state)
{
	static const struct {
		const char *claims;
		struct jwt_expect expect;
		enum jwt_verdict verdict;
		const char *wants;
	} cases[] = {
		{"{\"exp\":1001}", {NULL, true, 1000}, JWT_GOOD, NULL},
		{"{\"exp\":1000.5}", {NULL, true, 1000}, JWT_GOOD, NULL},
		{"{\"exp\":1000}", {NULL, true, 1000}, JWT_EXPIRED, "expired"},
		{"{\"exp\":1000}", {NULL, false, 1001}, JWT_EXPIRED, "expired"},
		{"{\"exp\":-1}", {NULL, false, 1001}, JWT_EXPIRED, "expired"},
		{"{\"exp\":\"2000\"}", {NULL, true, 1000}, JWT_BAD_FORM, "does not say when"},
		{"{\"exp\":\"2000\"}", {NULL, false, 1000}, JWT_BAD_FORM, "does not say when"},
		{"{\"exp\":null}", {NULL, false, 1000}, JWT_BAD_FORM, "does not say when"},
		{"{}", {NULL, true, 1000}, JWT_BAD_FORM, "does not say when"},
		{"{}", {NULL, false, 1000}, JWT_GOOD, NULL},
		{"{\"nbf\":1000}", {NULL, false, 1000}, JWT_GOOD, NULL},
		{"{\"nbf\":1001}", {NULL, false, 1000}, JWT_BAD_FORM, "not valid yet"},
		{"{\"nbf\":\"0\"}", {NULL, false, 1000}, JWT_BAD_FORM, "not valid yet"},
		{"{\"iat\":1300}", {NULL, false, 1000}, JWT_GOOD, NULL},
		{"{\"iat\":1301}", {NULL, false, 1000}, JWT_BAD_FORM, "in the future"},
		{"{\"iat\":[]}", {NULL, false, 1000}, JWT_BAD_FORM, "in the future"},
		{"{}", {"a", false, 1000}, JWT_BAD_FORM, "another audience"},
		{"{\"aud\":\"b\"}", {"a", false, 1000}, JWT_BAD_FORM, "another audience"},
		{"{\"aud\":\"\"}", {"a", false, 1000}, JWT_BAD_FORM, "another audience"},
		{"{\"aud\":7}", {"a", false, 1000}, JWT_BAD_FORM, "another audience"},
		{"{\"aud\":[\"b\",7]}", {"a", false, 1000}, JWT_BAD_FORM, "another audience"},
		{"{\"aud\":[\"b\",\"a\"]}", {"a", false, 1000}, JWT_GOOD, NULL},
		{"{\"aud\":\"a\"}", {"a", false, 1000}, JWT_GOOD, NULL},
		{"{\"aud\":\"a/\"}", {"a", false, 1000}, JWT_GOOD, NULL},
		{"{\"aud\":[\"a\"]}", {"a/", false, 1000}, JWT_GOOD, NULL},
		{"{\"aud\":\"ab\"}", {"a", false, 1000}, JWT_BAD_FORM, "another audience"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_jwt struct jwt *jwt = sign(cases[i].claims);
		cleanup_err struct err err = {0};
		enum jwt_verdict verdict = jwt_check_claims(jwt, &cases[i].expect, &err);

		if (verdict != cases[i].verdict || (cases[i].wants ?
			!strstr(err_text(&err), cases[i].wants) : err.code != 0))
			fail_msg("case %zu: %d %s", i, verdict, err_text(&err));
	}
}

static void what_is_no_token_is_refused(void **state)
{
	static const char *const tokens[] = {"", "a", "a.b", "a.b.c", "..", "e30.e30.!",
		"e30.W10.AA", "W10.e30.AA", "e30.e30.AA.AA", "e30=.e30.AA", "e30.e30.AB",
		/* {"alg":"HS256","alg":"none"} */
		"eyJhbGciOiJIUzI1NiIsImFsZyI6Im5vbmUifQ.e30.AA"};
	cleanup_free char *large = xmalloc(JWT_MAX_SIZE + 1);

	(void)state;
	for (size_t i = 0; i < lengthof(tokens); i++) {
		struct jwt *jwt;

		if (jwt_parse(tokens[i], &jwt, NULL) != MORTISE_E_FIELD)
			fail_msg("case %zu", i);
	}
	memset(large, 'A', JWT_MAX_SIZE);
	memcpy(large, "e30.e30.", 8);
	large[JWT_MAX_SIZE] = '\0';
	assert_int_equal(jwt_parse(large, &(struct jwt *){NULL}, NULL), MORTISE_E_FIELD);
}

static void public_keys_are_told_from_other_text(void **state)
{
	(void)state;
	assert_int_equal(jwt_check_public_key(public_pem, NULL), 0);
	assert_int_equal(jwt_check_public_key(private_pem, NULL), MORTISE_E_SETTINGS);
	assert_int_equal(jwt_check_public_key(shared, NULL), MORTISE_E_SETTINGS);
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
		cmocka_unit_test(another_signature_is_refused),
		cmocka_unit_test(a_swapped_algorithm_is_refused),
		cmocka_unit_test(unknown_extensions_are_refused),
		cmocka_unit_test(claims_are_checked),
		cmocka_unit_test(what_is_no_token_is_refused),
		cmocka_unit_test(public_keys_are_told_from_other_text),
		cmocka_unit_test(unusable_keys_are_named),
	};

	return cmocka_run_group_tests_name("crypto_jwt", tests, make_keys, free_keys);
}
