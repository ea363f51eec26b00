/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/crypto/jwt.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/crypto/digest.h"
#include "core/crypto/rsa.h"
#include "core/vault/vault.h"

#define RSA_MIN_BITS 2048
#define BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING

static const char *const names[] = {[JWT_HS256] = "HS256", [JWT_RS256] = "RS256"};

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
	int result = rsa_private_key(pem, RSA_MIN_BITS, &key, err);

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

struct jwt {
	char *text;            /* the token */
	size_t signed_size;    /* of what stands before the signature */
	json_t *header, *claims;
	unsigned char *signature;
	size_t signature_size;
};

void jwt_free(struct jwt *jwt)
{
	if (!jwt)
		return;
	free(jwt->text);
	json_decref(jwt->header);
	json_decref(jwt->claims);
	free(jwt->signature);
	free(jwt);
}

void jwt_freep(struct jwt **jwt)
{
	jwt_free(*jwt);
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

int jwt_parse(const char *token, struct jwt **ret_jwt, struct err *err)
{
	const char *first = strchr(token, '.'), *second = first ? strchr(first + 1, '.') : NULL;
	cleanup_jwt struct jwt *jwt = new(struct jwt);

	if (strnlen(token, JWT_MAX_SIZE) == JWT_MAX_SIZE || !second || strchr(second + 1, '.'))
		return err_set(err, MORTISE_E_FIELD, "it is no JSON Web Token");
	jwt->text = xstrdup(token);
	jwt->signed_size = (size_t)(second - token);
	jwt->header = decode_object(token, (size_t)(first - token));
	jwt->claims = decode_object(first + 1, (size_t)(second - first - 1));
	jwt->signature = decode(second + 1, strlen(second + 1), &jwt->signature_size);
	if (!jwt->header || !jwt->claims || !jwt->signature)
		return err_set(err, MORTISE_E_FIELD, "it is no JSON Web Token");
	*ret_jwt = steal(&jwt);
	return 0;
}

const json_t *jwt_header(const struct jwt *jwt)
{
	return jwt->header;
}

const json_t *jwt_claims(const struct jwt *jwt)
{
	return jwt->claims;
}

const char *jwt_signed_text(const struct jwt *jwt, size_t *ret_size)
{
	*ret_size = jwt->signed_size;
	return jwt->text;
}

/* ---- Verifying ---- */

static enum jwt_verdict refuse(struct err *err, enum jwt_verdict verdict, const char *why)
{
	err_set(err, MORTISE_E_IDENTITY, "%s", why);
	return verdict;
}

enum jwt_verdict jwt_check_header(const struct jwt *jwt, enum jwt_algorithm algorithm,
	struct err *err)
{
	const char *named = json_string_value(json_object_get(jwt->header, "alg"));

	if (!named || strcmp(named, names[algorithm]) != 0)
		return refuse(err, JWT_BAD_FORM, algorithm == JWT_RS256 ?
			"it must be signed with RS256" : "it must be signed with HS256");
	if (json_object_get(jwt->header, "crit"))
		return refuse(err, JWT_BAD_FORM, "it demands unknown extensions");
	return JWT_GOOD;
}

static enum jwt_verdict verify_rsa(const struct secret *pem, const struct jwt *jwt,
	struct err *err)
{
	EVP_MD_CTX *context;
	EVP_PKEY *key;
	bool good;

	if (rsa_public_key(pem, RSA_MIN_BITS, &key, err) < 0)
		return JWT_BAD_KEY;
	context = EVP_MD_CTX_new();
	good = EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
		EVP_DigestVerify(context, jwt->signature, jwt->signature_size,
			(const unsigned char *)jwt->text, jwt->signed_size) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return good ? JWT_GOOD : refuse(err, JWT_BAD_SIGNATURE, "its signature is wrong");
}

static enum jwt_verdict verify_hmac(const struct secret *key, const struct jwt *jwt,
	struct err *err)
{
	unsigned char bytes[DIGEST_MAX_SIZE];
	struct hmac_key *hmac;
	size_t size;

	/* An empty key would let anyone sign. */
	if (key->size == 0)
		return refuse(err, JWT_BAD_KEY, "the shared secret is empty");
	hmac = hmac_key_new(DIGEST_SHA256, key->data, key->size);
	size = hmac_sign(hmac, jwt->text, jwt->signed_size, bytes);
	hmac_key_free(hmac);
	if (jwt->signature_size != size || sodium_memcmp(jwt->signature, bytes, size) != 0)
		return refuse(err, JWT_BAD_SIGNATURE, "its signature is wrong");
	return JWT_GOOD;
}

enum jwt_verdict jwt_check_signature(const struct jwt *jwt, enum jwt_algorithm algorithm,
	const struct secret *key, struct err *err)
{
	enum jwt_verdict verdict = jwt_check_header(jwt, algorithm, err);

	if (verdict != JWT_GOOD)
		return verdict;
	return algorithm == JWT_RS256 ? verify_rsa(key, jwt, err) : verify_hmac(key, jwt, err);
}

int jwt_check_public_key(const struct secret *pem, struct err *err)
{
	EVP_PKEY *key;
	int result = rsa_public_key(pem, RSA_MIN_BITS, &key, err);

	if (result == 0)
		EVP_PKEY_free(key);
	return result;
}

/* ---- Claims ---- */

static bool same_audience(const json_t *audience, const char *wanted)
{
	const char *text = json_string_value(audience);
	size_t size = text ? strlen(text) : 0, wanted_size = strlen(wanted);

	if (!text)
		return false;
	size -= size > 0 && text[size - 1] == '/';
	wanted_size -= wanted_size > 0 && wanted[wanted_size - 1] == '/';
	return size == wanted_size && memcmp(text, wanted, size) == 0;
}

/* `aud` is a text or a list of texts. */
static bool has_audience(const json_t *audience, const char *wanted)
{
	const json_t *each;
	size_t i;

	json_array_foreach(audience, i, each)
		if (same_audience(each, wanted))
			return true;
	return same_audience(audience, wanted);
}

/* A claim that is a time: is it there, and at or before 'limit_s'? */
static enum jwt_verdict check_not_after(const json_t *time, int64_t limit_s, const char *why,
	struct err *err)
{
	if (!time || (json_is_number(time) && json_number_value(time) <= (double)limit_s))
		return JWT_GOOD;
	return refuse(err, JWT_BAD_FORM, why);
}

enum jwt_verdict jwt_check_claims(const struct jwt *jwt, const struct jwt_expect *expect,
	struct err *err)
{
	const json_t *expires = json_object_get(jwt->claims, "exp");
	enum jwt_verdict verdict;

	if (expires ? !json_is_number(expires) : expect->expires)
		return refuse(err, JWT_BAD_FORM, "it does not say when it expires");
	if (expires && !(json_number_value(expires) > (double)expect->now_s))
		return refuse(err, JWT_EXPIRED, "it has expired");
	verdict = check_not_after(json_object_get(jwt->claims, "nbf"), expect->now_s,
		"it is not valid yet", err);
	if (verdict == JWT_GOOD)
		verdict = check_not_after(json_object_get(jwt->claims, "iat"),
			expect->now_s + JWT_MAX_AHEAD_S, "it was made in the future", err);
	if (verdict == JWT_GOOD && expect->audience &&
		!has_audience(json_object_get(jwt->claims, "aud"), expect->audience))
		return refuse(err, JWT_BAD_FORM, "it is for another audience");
	return verdict;
}
