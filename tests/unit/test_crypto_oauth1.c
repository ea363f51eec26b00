/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/oauth_header.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/crypto/digest.h"
#include "core/crypto/oauth1.h"
#include "core/vault/vault.h"

/* ---- What is signed ---- */

#define OWN "oauth_consumer_key%3Dk%26oauth_nonce%3Dn0nce%26oauth_signature_method%3DRSA-SHA1" \
	"%26oauth_timestamp%3D1700000000%26oauth_version%3D1.0"

static struct oauth1 request(const char *method, const char *resource, const char *query)
{
	return (struct oauth1){.method = method, .resource = resource, .query = query,
		.consumer_key = "k", .nonce = "n0nce", .time_s = 1700000000};
}

static void the_known_request_has_the_known_base_string(void **state)
{
	struct oauth1 oauth1 = request("GET", "https://jira.corp.example/rest/api/2/search/",
		"jql=text%20~%20%22x%20y%22");
	unsigned char bytes[DIGEST_MAX_SIZE];
	char hex[2 * DIGEST_MAX_SIZE + 1];
	cleanup_free char *text = NULL;

	(void)state;
	oauth1.consumer_key = "sentry-key";
	oauth1.token = "acc-tok";
	assert_int_equal(oauth1_base_string(&oauth1, &text, NULL), 0);
	assert_string_equal(text, "GET&https%3A%2F%2Fjira.corp.example%2Frest%2Fapi%2F2%2Fsearch%2F"
		"&jql%3Dtext%2520~%2520%2522x%2520y%2522%26oauth_consumer_key%3Dsentry-key"
		"%26oauth_nonce%3Dn0nce%26oauth_signature_method%3DRSA-SHA1"
		"%26oauth_timestamp%3D1700000000%26oauth_token%3Dacc-tok%26oauth_version%3D1.0");
	sodium_bin2hex(hex, sizeof(hex), bytes, digest_of(DIGEST_SHA1, text, strlen(text), bytes));
	assert_string_equal(hex, "35a8780ed5b5e6f493f75b84f144420a3794cbcf");
}

static void a_request_has_one_base_string(void **state)
{
	static const struct {
		const char *method, *resource, *query, *form, *text;
	} table[] = {
		{"GET", "https://h.example/", NULL, NULL, "GET&https%3A%2F%2Fh.example%2F&" OWN},
		{"get", "https://h.example/", "", NULL, "GET&https%3A%2F%2Fh.example%2F&" OWN},
		{"GET", "http://h.example:8080/a/", NULL, NULL,
			"GET&http%3A%2F%2Fh.example%3A8080%2Fa%2F&" OWN},
		{"GET", "http://h.example/a%20b", NULL, NULL,
			"GET&http%3A%2F%2Fh.example%2Fa%2520b&" OWN},
		/* Sorted by encoded name, then by encoded value. */
		{"GET", "http://h/", "id=2&id=10&a=b&id=", NULL,
			"GET&http%3A%2F%2Fh%2F&a%3Db%26id%3D%26id%3D10%26id%3D2%26" OWN},
		{"GET", "http://h/", "a-=1&a=2&B=3", NULL,
			"GET&http%3A%2F%2Fh%2F&B%3D3%26a%3D2%26a-%3D1%26" OWN},
		{"GET", "http://h/", "z&%61=%c3%a4+x%20*", NULL,
			"GET&http%3A%2F%2Fh%2F&a%3D%25C3%25A4%2520x%2520%252A%26" OWN "%26z%3D"},
		{"POST", "http://h/", "a=1", "c=x+y&a=0", "POST&http%3A%2F%2Fh%2F&a%3D0%26a%3D1"
			"%26c%3Dx%2520y%26" OWN},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		struct oauth1 oauth1 = request(table[i].method, table[i].resource, table[i].query);
		cleanup_free char *text = NULL;

		oauth1.form = table[i].form;
		assert_int_equal(oauth1_base_string(&oauth1, &text, NULL), 0);
		if (strcmp(text, table[i].text) != 0)
			fail_msg("%zu: %s", i, text);
	}
}

/* The example of RFC 5849, 3.4.1.1, but for the method of signing. */
static void the_example_of_the_rfc(void **state)
{
	struct oauth1 oauth1 = {.method = "POST", .resource = "http://example.com/request",
		.query = "b5=%3D%253D&a3=a&c%40=&a2=r%20b", .form = "c2&a3=2+q",
		.consumer_key = "9djdj82h48djs9d2", .token = "kkk9d7dh3k39sjv7",
		.nonce = "7d8f3e4a", .time_s = 137131201};
	cleanup_free char *text = NULL;

	(void)state;
	assert_int_equal(oauth1_base_string(&oauth1, &text, NULL), 0);
	assert_string_equal(text, "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q"
		"%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_"
		"key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_m"
		"ethod%3DRSA-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk"
		"9d7dh3k39sjv7%26oauth_version%3D1.0");
}

static void what_cannot_be_signed_is_refused(void **state)
{
	struct oauth1 broken = request("GET", "http://h/", "a=%zz");
	cleanup_free char *query = xcalloc(1, 2 * 1100 + 1);
	struct oauth1 many = request("GET", "http://h/", query);
	char *text = NULL;

	(void)state;
	for (int i = 0; i < 1100; i++)
		strcat(query, "a&");
	assert_int_equal(oauth1_base_string(&broken, &text, NULL), MORTISE_E_FIELD);
	assert_int_equal(oauth1_base_string(&many, &text, NULL), MORTISE_E_LIMIT);
	assert_null(text);
}

static void each_stamp_is_new(void **state)
{
	struct oauth1 left = {0}, right = {0};
	int64_t before_s = clock_now_us() / 1000000;

	(void)state;
	oauth1_stamp(&left);
	oauth1_stamp(&right);
	assert_int_equal(strlen(left.nonce), OAUTH1_NONCE_SIZE - 1);
	assert_string_not_equal(left.nonce, right.nonce);
	assert_true(left.time_s >= before_s && left.time_s <= clock_now_us() / 1000000);
}

/* ---- The signature ---- */

static struct secret *taken(BIO *bio)
{
	char *data;
	long size = BIO_get_mem_data(bio, &data);
	struct secret *secret = secret_new(data, (size_t)size);

	BIO_free(bio);
	return secret;
}

static struct secret *pkcs1(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL),
		1);
	return taken(bio);
}

static struct secret *pkcs8(EVP_PKEY *key, const char *passphrase)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key,
		passphrase ? EVP_aes_128_cbc() : NULL, passphrase,
		passphrase ? (int)strlen(passphrase) : 0, NULL, NULL), 1);
	return taken(bio);
}

static struct secret *pkcs1_encrypted(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, key, EVP_aes_128_cbc(),
		(const unsigned char *)"pass", 4, NULL, NULL), 1);
	return taken(bio);
}

static struct secret *public_of(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
	return taken(bio);
}

static bool verifies(EVP_PKEY *key, const char *header, const char *text)
{
	cleanup_free char *signature = oauth_header_part(header, "oauth_signature");
	unsigned char bytes[1024];
	size_t size = 0;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good;

	assert_int_equal(sodium_base642bin(bytes, sizeof(bytes), signature, strlen(signature), NULL,
		&size, NULL, sodium_base64_VARIANT_ORIGINAL), 0);
	good = EVP_DigestVerifyInit(context, NULL, EVP_sha1(), NULL, key) == 1 &&
		EVP_DigestVerify(context, bytes, size, (const unsigned char *)text,
			strlen(text)) == 1;
	EVP_MD_CTX_free(context);
	return good;
}

static void assert_signs(EVP_PKEY *key, struct secret *pem_take)
{
	cleanup_secret struct secret *pem = pem_take;
	struct oauth1 oauth1 = request("GET", "https://h.example/", "a=1");
	cleanup_err struct err err = {0};
	cleanup_free char *text = NULL;
	cleanup_free char *header = NULL;

	assert_int_equal(oauth1_base_string(&oauth1, &text, NULL), 0);
	if (oauth1_header(&oauth1, pem, &header, &err) < 0)
		fail_msg("%s", err_text(&err));
	assert_true(verifies(key, header, text));
	assert_false(verifies(key, header, "GET&https%3A%2F%2Fh.example%2F&"));
}

static void keys_of_both_forms_sign(void **state)
{
	EVP_PKEY *key = EVP_RSA_gen(2048), *small = EVP_RSA_gen(1024);

	(void)state;
	assert_signs(key, pkcs1(key));
	assert_signs(key, pkcs8(key, NULL));
	assert_signs(small, pkcs1(small));
	EVP_PKEY_free(key);
	EVP_PKEY_free(small);
}

static void a_header_has_what_is_known_and_no_more(void **state)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	cleanup_secret struct secret *pem = pkcs8(key, NULL);
	struct oauth1 oauth1 = request("POST", "https://h.example/", NULL);
	cleanup_free char *bare = NULL;
	cleanup_free char *full = NULL;
	cleanup_free char *text = NULL;

	(void)state;
	assert_int_equal(oauth1_header(&oauth1, pem, &bare, NULL), 0);
	assert_ptr_equal(strstr(bare, "OAuth oauth_nonce=\"n0nce\", oauth_timestamp=\"1700000000\", "
		"oauth_version=\"1.0\", oauth_signature_method=\"RSA-SHA1\", "
		"oauth_consumer_key=\"k\", oauth_signature=\""), bare);
	assert_null(strstr(bare, "realm"));
	oauth1.consumer_key = "k\"&";
	oauth1.token = "t/+";
	oauth1.callback = "https://us.example/setup/?a=b";
	oauth1.verifier = "v v";
	assert_int_equal(oauth1_header(&oauth1, pem, &full, NULL), 0);
	assert_non_null(strstr(full, "oauth_consumer_key=\"k%22%26\", oauth_token=\"t%2F%2B\", "
		"oauth_callback=\"https%3A%2F%2Fus.example%2Fsetup%2F%3Fa%3Db\", "
		"oauth_verifier=\"v%20v\", oauth_signature=\""));
	assert_int_equal(oauth1_base_string(&oauth1, &text, NULL), 0);
	assert_non_null(strstr(text, "%26oauth_verifier%3Dv%2520v%26"));
	assert_true(verifies(key, full, text));
	EVP_PKEY_free(key);
}

static void assert_refused(struct secret *pem_take, const char *why)
{
	cleanup_secret struct secret *pem = pem_take;
	struct oauth1 oauth1 = request("GET", "https://h.example/", NULL);
	cleanup_err struct err err = {0};
	char *header = NULL;

	assert_int_equal(oauth1_header(&oauth1, pem, &header, &err), MORTISE_E_SETTINGS);
	assert_null(header);
	if (!strstr(err_text(&err), why))
		fail_msg("%s: %s", why, err_text(&err));
}

static void keys_that_cannot_sign_are_refused(void **state)
{
	static const char garbage[] = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
	EVP_PKEY *key = EVP_RSA_gen(2048), *small = EVP_RSA_gen(768), *curve = EVP_EC_gen("P-256");

	(void)state;
	assert_refused(pkcs8(key, "pass"), "is encrypted");
	assert_refused(pkcs1_encrypted(key), "is encrypted");
	assert_refused(public_of(key), "not an unencrypted RSA key");
	assert_refused(pkcs8(curve, NULL), "RSA key of at least 1024 bits");
	assert_refused(pkcs8(small, NULL), "RSA key of at least 1024 bits");
	assert_refused(secret_new("", 0), "not an unencrypted RSA key");
	assert_refused(secret_new(garbage, strlen(garbage)), "not an unencrypted RSA key");
	EVP_PKEY_free(key);
	EVP_PKEY_free(small);
	EVP_PKEY_free(curve);
}

/* ---- A system that does not want SHA-1 ---- */

/* The second part is how Fedora and its kin say it. */
static const char strict[] = "openssl_conf = all\n[all]\nssl_conf = ssl\nalg_section = policy\n"
	"[ssl]\nsystem_default = tls\n[tls]\nCipherString = ALL:@SECLEVEL=5\n"
	"[policy]\nrh-allow-sha1-signatures = no\n";

static void sign_only(void)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	cleanup_secret struct secret *pem = pkcs8(key, NULL);
	struct oauth1 oauth1 = request("GET", "https://h.example/", NULL);
	cleanup_free char *header = NULL;

	assert_int_equal(oauth1_header(&oauth1, pem, &header, NULL), 0);
	EVP_PKEY_free(key);
}

/* A process that reads the strict configuration when it starts. */
static void a_strict_system_does_not_stop_it(void **state)
{
	char path[] = "/tmp/mortise-test-XXXXXX";
	int fd = mkstemp(path), status = -1;
	pid_t pid;

	(void)state;
	assert_true(fd >= 0 && write(fd, strict, sizeof(strict) - 1) == sizeof(strict) - 1);
	close(fd);
	pid = fork();
	if (pid == 0) {
		setenv("OPENSSL_CONF", path, 1);
		execl("/proc/self/exe", "test_crypto_oauth1", "strict", NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	unlink(path);
	assert_int_equal(status, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_known_request_has_the_known_base_string),
		cmocka_unit_test(a_request_has_one_base_string),
		cmocka_unit_test(the_example_of_the_rfc),
		cmocka_unit_test(what_cannot_be_signed_is_refused),
		cmocka_unit_test(each_stamp_is_new),
		cmocka_unit_test(keys_of_both_forms_sign),
		cmocka_unit_test(a_header_has_what_is_known_and_no_more),
		cmocka_unit_test(keys_that_cannot_sign_are_refused),
		cmocka_unit_test(a_strict_system_does_not_stop_it),
	};

	assert_int_not_equal(sodium_init(), -1);
	if (argc > 1 && strcmp(argv[1], "strict") == 0) {
		sign_only();
		return 0;
	}
	return cmocka_run_group_tests_name("crypto/oauth1", tests, NULL, NULL);
}
