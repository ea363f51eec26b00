/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/webhook/scheme.h"

#include <string.h>

#include <sodium.h>

#include "core/base/mem.h"
#include "core/crypto/digest.h"
#include "core/provider/registration.h"
#include "core/vault/vault.h"

/* Long enough for a list of signatures; more is no signature. */
#define VALUE_MAX_SIZE 4096

struct scheme_key {
	struct secret *secret;
	struct hmac_key *hmac[DIGEST_MD5 + 1]; /* those that the webhook uses */
};

/* One value in a header, without its prefix. */
struct value {
	const char *text;
	size_t size;
};

struct scheme_key *scheme_key_new(const struct reg_webhook *webhook, struct secret *secret_take)
{
	struct scheme_key *key = new(struct scheme_key);
	enum digest digest;

	key->secret = secret_take;
	for (size_t i = 0; i < webhook->signature_len; i++)
		if (webhook->webhook.scheme == MORTISE_SCHEME_HMAC &&
			digest_parse(webhook->signatures[i].algorithm, &digest) &&
			!key->hmac[digest])
			key->hmac[digest] = hmac_key_new(digest, key->secret->data, key->secret->size);
	return key;
}

void scheme_key_free(struct scheme_key *key)
{
	if (!key)
		return;
	for (size_t i = 0; i < lengthof(key->hmac); i++)
		hmac_key_free(key->hmac[i]);
	secret_free(key->secret);
	free(key);
}

const struct secret *scheme_key_secret(const struct scheme_key *key)
{
	return key->secret;
}

static bool strip_prefix(const char *prefix, struct value *value)
{
	size_t size = prefix ? strlen(prefix) : 0;

	if (value->size < size || memcmp(value->text, prefix ? prefix : "", size) != 0)
		return false;
	value->text += size;
	value->size -= size;
	return true;
}

/* The next value of the header that has the prefix; '*at' moves on. */
static bool next_value(const struct mortise_signature *signature, const char **at,
	struct value *ret_value)
{
	while (*at) {
		bool list = signature->flags & MORTISE_SIGNATURE_LIST;
		const char *comma = list ? strchr(*at, ',') : NULL;
		const char *start = *at;

		if (list)
			start += strspn(start, " \t");
		*ret_value = (struct value){start,
			comma ? (size_t)(comma - start) : strlen(start)};
		while (list && ret_value->size > 0 && start[ret_value->size - 1] == ' ')
			ret_value->size--;
		*at = comma ? comma + 1 : NULL;
		if (strip_prefix(signature->prefix, ret_value))
			return true;
	}
	return false;
}

static bool decode(const struct value *value, int encoding, unsigned char *ret_bytes,
	size_t size)
{
	const char *end = NULL;
	size_t written = 0;

	if (encoding == MORTISE_ENCODING_BASE64)
		return sodium_base642bin(ret_bytes, size, value->text, value->size, NULL,
			       &written, &end, sodium_base64_VARIANT_ORIGINAL) == 0 &&
			written == size && end == value->text + value->size;
	if (value->size != size * 2)
		return false;
	for (size_t i = 0; encoding == MORTISE_ENCODING_HEX_LOWER && i < value->size; i++)
		if (value->text[i] >= 'A' && value->text[i] <= 'F')
			return false;
	return sodium_hex2bin(ret_bytes, size, value->text, value->size, NULL, &written,
		       &end) == 0 && written == size && end == value->text + value->size;
}

static bool hmac_matches(const struct mortise_signature *signature, const char *header,
	const struct scheme_request *request, const struct scheme_key *key)
{
	unsigned char expected[DIGEST_MAX_SIZE], given[DIGEST_MAX_SIZE];
	enum digest digest;
	struct value value;
	bool matches = false;
	size_t size;

	if (!digest_parse(signature->algorithm, &digest) || !key->hmac[digest])
		return false;
	size = hmac_sign(key->hmac[digest], request->body, request->size, expected);
	while (next_value(signature, &header, &value))
		if (decode(&value, signature->encoding, given, size) &&
			sodium_memcmp(expected, given, size) == 0)
			matches = true;
	return matches;
}

static bool header_matches(const struct mortise_signature *signature, const char *header,
	const struct secret *secret)
{
	struct value value;
	bool matches = false;

	while (next_value(signature, &header, &value))
		if (value.size == secret->size &&
			sodium_memcmp(value.text, secret->data, secret->size) == 0)
			matches = true;
	return matches;
}

static bool key_matches(const struct reg_webhook *webhook, const struct mortise_signature *signature,
	const char *header, const struct scheme_request *request, const struct scheme_key *key)
{
	/* An empty key would let anyone sign. */
	if (key->secret->size == 0)
		return false;
	if (webhook->webhook.scheme == MORTISE_SCHEME_HEADER)
		return header_matches(signature, header, key->secret);
	return hmac_matches(signature, header, request, key);
}

static enum scheme_verdict check_header(const struct reg_webhook *webhook,
	const struct mortise_signature *signature, const char *header,
	const struct scheme_request *request, const struct scheme_key *key)
{
	const char *at = header;
	struct value value;

	if (strlen(header) > VALUE_MAX_SIZE || !next_value(signature, &at, &value))
		return SCHEME_BAD_TOKEN;
	if (!key || !key_matches(webhook, signature, header, request, key))
		return SCHEME_BAD_SIGNATURE;
	return SCHEME_VERIFIED;
}

static enum scheme_verdict check(const struct reg_webhook *webhook,
	const struct scheme_request *request, const struct scheme_key *key)
{
	enum scheme_verdict last = SCHEME_NO_SIGNATURE;

	for (size_t i = 0; i < webhook->signature_len; i++) {
		const struct mortise_signature *signature = &webhook->signatures[i];
		const char *header = request->header(request->arg, signature->header);

		if (!header)
			continue;
		last = check_header(webhook, signature, header, request, key);
		if (webhook->webhook.rule == MORTISE_RULE_FIRST ||
			(webhook->webhook.rule == MORTISE_RULE_ANY) == (last == SCHEME_VERIFIED))
			break;
	}
	return last;
}

enum scheme_verdict scheme_verify(const struct reg_webhook *webhook,
	const struct scheme_request *request, struct scheme_key *const *keys, size_t key_len)
{
	enum scheme_verdict verdict;

	if (webhook->webhook.scheme == MORTISE_SCHEME_NONE)
		return SCHEME_VERIFIED;
	if (key_len == 0)
		return check(webhook, request, NULL);
	for (size_t i = 0; i < key_len; i++) {
		verdict = check(webhook, request, keys[i]);
		if (verdict != SCHEME_BAD_SIGNATURE)
			return verdict;
	}
	return SCHEME_BAD_SIGNATURE;
}
