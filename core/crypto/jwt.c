/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/crypto/jwt.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/crypto/digest.h"
#include "core/vault/vault.h"

#define RSA_MIN_BITS 2048
#define BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING

static const char *const names[] = {[JWT_HS256] = "HS256", [JWT_RS256] = "RS256"};

/* ---- Keys ---- */

/* Refuse an encrypted key at once: libcrypto would ask the terminal. */
static int no_passphrase(char *text, int size, int writing, void *arg)
{
	(void)text;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static int read_rsa(const struct secret *pem, bool private, EVP_PKEY **ret_key, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->size);
	EVP_PKEY *key = private ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) :
		PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);

	BIO_free(bio);
	ERR_clear_error();
	if (!key)
		return err_set(err, MORTISE_E_SETTINGS, private ?
			"the private key is not an unencrypted RSA key in PEM" :
			"the public key is not an RSA key in PEM");
	if (!EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) < RSA_MIN_BITS) {
		EVP_PKEY_free(key);
		return err_set(err, MORTISE_E_SETTINGS,
			"the key must be an RSA key of at least %d bits", RSA_MIN_BITS);
	}
	*ret_key = key;
	return 0;
}

/* ---- Signing ---- */

static char *encode(const void *data, size_t size)
{
	size_t text_size = sodium_base64_encoded_len(size, BASE64);
	char *text = xmalloc(text_size);

	return sodium_bin2base64(text, text_size, data, size, BASE64);
}

static int sign_rsa(const struct secret *pem, const char *text, char **ret_signature,
	struct err *err)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char bytes[1024];
	size_t size = sizeof(bytes);
	EVP_PKEY *key = NULL;
	int result = read_rsa(pem, true, &key, err);

	if (result == 0 && (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
		EVP_DigestSign(context, bytes, &size, (const unsigned char *)text,
			strlen(text)) != 1))
		result = err_set(err, MORTISE_E_SETTINGS, "the private key cannot sign");
	if (result == 0)
		*ret_signature = encode(bytes, size);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return result;
}

static char *sign_hmac(const struct secret *key, const char *text)
{
	struct hmac_key *hmac = hmac_key_new(DIGEST_SHA256, key->data, key->size);
	unsigned char bytes[DIGEST_MAX_SIZE];
	size_t size = hmac_sign(hmac, text, strlen(text), bytes);

	hmac_key_free(hmac);
	return encode(bytes, size);
}

int jwt_sign(enum jwt_algorithm algorithm, const struct secret *key, const json_t *claims,
	char **ret_token, struct err *err)
{
	cleanup_free char *header = xasprintf("{\"typ\":\"JWT\",\"alg\":\"%s\"}", names[algorithm]);
	cleanup_free char *head = encode(header, strlen(header));
	cleanup_free char *json = json_dumps(claims, JSON_COMPACT);
	cleanup_free char *body = json ? encode(json, strlen(json)) : NULL;
	cleanup_free char *text = NULL, *signature = NULL;
	int result = 0;

	if (!body)
		return err_set(err, MORTISE_E_INTERNAL, "the claims are no JSON object");
	text = xasprintf("%s.%s", head, body);
	if (algorithm == JWT_RS256)
		result = sign_rsa(key, text, &signature, err);
	else
		signature = sign_hmac(key, text);
	if (result == 0)
		*ret_token = xasprintf("%s.%s", text, signature);
	return result;
}

/* ---- Reading ---- */

struct parts {
	const char *signed_text;
	size_t signed_size;
	json_t *header, *claims;
	unsigned char *signature;
	size_t signature_size;
};

static void parts_clear(struct parts *parts)
{
	json_decref(parts->header);
	json_decref(parts->claims);
	free(parts->signature);
}

static unsigned char *decode(const char *text, size_t size, size_t *ret_size)
{
	unsigned char *bytes = xmalloc(size + 1);
	const char *end;

	if (sodium_base642bin(bytes, size + 1, text, size, NULL, ret_size, &end, BASE64) < 0 ||
		end != text + size) {
		free(bytes);
		return NULL;
	}
	return bytes;
}

static json_t *decode_object(const char *text, size_t size)
{
	size_t json_size;
	cleanup_free unsigned char *json = decode(text, size, &json_size);
	json_t *object = json ? json_loadb((const char *)json, json_size, JSON_REJECT_DUPLICATES,
		NULL) : NULL;

	if (object && !json_is_object(object)) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static int split(const char *token, struct parts *ret_parts, struct err *err)
{
	const char *first = strchr(token, '.'), *second = first ? strchr(first + 1, '.') : NULL;
	struct parts parts = {.signed_text = token};

	if (strnlen(token, JWT_MAX_SIZE) == JWT_MAX_SIZE || !second || strchr(second + 1, '.'))
		return err_set(err, MORTISE_E_FIELD, "not a signed token");
	parts.signed_size = (size_t)(second - token);
	parts.header = decode_object(token, (size_t)(first - token));
	parts.claims = decode_object(first + 1, (size_t)(second - first - 1));
	parts.signature = decode(second + 1, strlen(second + 1), &parts.signature_size);
	if (!parts.header || !parts.claims || !parts.signature) {
		parts_clear(&parts);
		return err_set(err, MORTISE_E_FIELD, "not a signed token");
	}
	*ret_parts = parts;
	return 0;
}

int jwt_peek(const char *token, json_t **ret_header, json_t **ret_claims, struct err *err)
{
	struct parts parts;
	int result = split(token, &parts, err);

	if (result < 0)
		return result;
	*ret_header = json_incref(parts.header);
	*ret_claims = json_incref(parts.claims);
	parts_clear(&parts);
	return 0;
}

/* ---- Verifying ---- */

static int verify_rsa(const struct secret *pem, const struct parts *parts, bool *ret_good,
	struct err *err)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY *key = NULL;
	int result = read_rsa(pem, false, &key, err);

	if (result == 0)
		*ret_good = EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
			EVP_DigestVerify(context, parts->signature, parts->signature_size,
				(const unsigned char *)parts->signed_text, parts->signed_size) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return result;
}

static bool verify_hmac(const struct secret *key, const struct parts *parts)
{
	struct hmac_key *hmac = hmac_key_new(DIGEST_SHA256, key->data, key->size);
	unsigned char bytes[DIGEST_MAX_SIZE];
	size_t size = hmac_sign(hmac, parts->signed_text, parts->signed_size, bytes);

	hmac_key_free(hmac);
	return parts->signature_size == size && sodium_memcmp(parts->signature, bytes, size) == 0;
}

/* `aud` is a text or a list of texts. */
static bool has_audience(const json_t *audience, const char *wanted)
{
	const json_t *each;
	size_t i;

	if (json_is_string(audience))
		return strcmp(json_string_value(audience), wanted) == 0;
	json_array_foreach(audience, i, each)
		if (json_is_string(each) && strcmp(json_string_value(each), wanted) == 0)
			return true;
	return false;
}

static int check_claims(const json_t *claims, const struct jwt_expect *expect, struct err *err)
{
	const json_t *expires = json_object_get(claims, "exp");
	const json_t *not_before = json_object_get(claims, "nbf");
	const char *issuer = json_string_value(json_object_get(claims, "iss"));

	if (expect->expires && !json_is_number(expires))
		return err_set(err, MORTISE_E_IDENTITY, "the token does not say when it expires");
	if (expires && !(json_number_value(expires) > (double)expect->now_s))
		return err_set(err, MORTISE_E_IDENTITY, "the token has expired");
	if (not_before && !(json_number_value(not_before) <= (double)expect->now_s))
		return err_set(err, MORTISE_E_IDENTITY, "the token is not valid yet");
	if (expect->issuer && (!issuer || strcmp(issuer, expect->issuer) != 0))
		return err_set(err, MORTISE_E_IDENTITY, "the token comes from another issuer");
	if (expect->audience && !has_audience(json_object_get(claims, "aud"), expect->audience))
		return err_set(err, MORTISE_E_IDENTITY, "the token is for another audience");
	return 0;
}

int jwt_verify(enum jwt_algorithm algorithm, const struct secret *key, const char *token,
	const struct jwt_expect *expect, json_t **ret_claims, struct err *err)
{
	const char *named;
	struct parts parts;
	bool good = false;
	int result = 0;

	if (split(token, &parts, NULL) < 0)
		return err_set(err, MORTISE_E_IDENTITY, "not a signed token");
	named = json_string_value(json_object_get(parts.header, "alg"));
	if (!named || strcmp(named, names[algorithm]) != 0)
		result = err_set(err, MORTISE_E_IDENTITY, "the token must be signed with %s",
			names[algorithm]);
	else if (json_object_get(parts.header, "crit"))
		result = err_set(err, MORTISE_E_IDENTITY, "the token demands unknown extensions");
	else if (algorithm == JWT_RS256)
		result = verify_rsa(key, &parts, &good, err);
	else
		good = verify_hmac(key, &parts);
	if (result == 0 && !good)
		result = err_set(err, MORTISE_E_IDENTITY, "the token's signature is wrong");
	if (result == 0)
		result = check_claims(parts.claims, expect, err);
	if (result == 0)
		*ret_claims = json_incref(parts.claims);
	parts_clear(&parts);
	return result;
}
