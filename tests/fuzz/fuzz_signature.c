/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Signature headers, in each scheme, rule and encoding: "FLAGS PREFIX NUL HEADER NUL
 * HEADER NUL BODY", where FLAGS is one byte.  Without a right key nothing verifies; what
 * verifies does so only for this body; a right signature put in front of the list always
 * does.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <sodium.h>

#include "core/base/buf.h"
#include "core/crypto/digest.h"
#include "core/provider/registration.h"
#include "core/vault/vault.h"
#include "core/webhook/scheme.h"

#define KEY "It's a Secret to Everybody"

struct headers {
	const char *first, *second;    /* NULL: not there */
};

static const char *find_header(const void *arg, const char *name)
{
	const struct headers *headers = arg;

	return strcmp(name, "X-First") == 0 ? headers->first : headers->second;
}

static enum scheme_verdict verify(const struct reg_webhook *webhook, const struct headers *headers,
	const char *key, const void *body, size_t size)
{
	const struct scheme_request request = {find_header, headers, body, size};
	struct scheme_key *made = scheme_key_new(webhook, secret_new(key, strlen(key)));
	enum scheme_verdict verdict = scheme_verify(webhook, &request, &made, 1);

	scheme_key_free(made);
	return verdict;
}

/* The right signature of 'body' in the form of 'signature'. */
static char *sign(const struct mortise_signature *signature, const void *body, size_t size)
{
	struct hmac_key *key = hmac_key_new(DIGEST_SHA256, KEY, strlen(KEY));
	unsigned char bytes[DIGEST_MAX_SIZE];
	char text[2 * DIGEST_MAX_SIZE + 1];
	size_t len = hmac_sign(key, body, size, bytes);

	hmac_key_free(key);
	if (signature->encoding == MORTISE_ENCODING_BASE64)
		sodium_bin2base64(text, sizeof(text), bytes, len, sodium_base64_VARIANT_ORIGINAL);
	else
		sodium_bin2hex(text, sizeof(text), bytes, len);
	return xasprintf("%s%s", signature->prefix, text);
}

static void check_forged(const struct reg_webhook *webhook, const struct headers *headers,
	const void *body, size_t size)
{
	cleanup_free char *other = xmalloc(size + 1);

	HOLDS(verify(webhook, headers, "", body, size) != SCHEME_VERIFIED);
	if (webhook->webhook.scheme == MORTISE_SCHEME_HEADER ||
		verify(webhook, headers, KEY, body, size) != SCHEME_VERIFIED)
		return;
	HOLDS(verify(webhook, headers, "another key", body, size) != SCHEME_VERIFIED);
	if (size > 0)
		memcpy(other, body, size);
	other[size] = 'x';
	HOLDS(verify(webhook, headers, KEY, other, size + 1) != SCHEME_VERIFIED);
}

static void check_right(const struct reg_webhook *webhook, const char *rest, const void *body,
	size_t size)
{
	const struct mortise_signature *signature = &webhook->signatures[0];
	bool list = signature->flags & MORTISE_SIGNATURE_LIST;
	cleanup_free char *right = webhook->webhook.scheme == MORTISE_SCHEME_HEADER ?
		xasprintf("%s%s", signature->prefix, KEY) : sign(signature, body, size);
	cleanup_free char *header = list ? xasprintf("%s,%s", right, rest) : xstrdup(right);
	const struct headers headers = {header, NULL};

	/* A prefix with a comma or a space at its ends never stands in a list. */
	if (strlen(header) > 4096 || (list && strpbrk(signature->prefix, ", \t")))
		return;
	HOLDS(verify(webhook, &headers, KEY, body, size) == SCHEME_VERIFIED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int encodings[] = {MORTISE_ENCODING_HEX, MORTISE_ENCODING_HEX_LOWER,
		MORTISE_ENCODING_BASE64};
	static const int rules[] = {MORTISE_RULE_FIRST, MORTISE_RULE_ALL, MORTISE_RULE_ANY};
	struct fuzz_input input = {data + 1, size - 1};
	uint8_t flags = size > 0 ? data[0] : 0;

	if (size < 1 || sodium_init() < 0)
		return 0;
	cleanup_free char *prefix = fuzz_text(&input);
	cleanup_free char *first = fuzz_text(&input);
	cleanup_free char *second = fuzz_text(&input);
	struct mortise_signature signatures[] = {
		{.header = "X-First", .algorithm = "sha256", .prefix = prefix,
			.encoding = encodings[flags % 3],
			.flags = flags & 0x80 ? MORTISE_SIGNATURE_LIST : 0},
		{.header = "X-Second", .algorithm = "sha1", .encoding = encodings[flags / 3 % 3]},
	};
	const struct reg_webhook webhook = {
		.webhook = {.rule = rules[flags / 9 % 3],
			.scheme = flags & 0x40 ? MORTISE_SCHEME_HEADER : MORTISE_SCHEME_HMAC},
		.signatures = signatures, .signature_len = lengthof(signatures)};
	const struct headers headers = {first, *second ? second : NULL};

	check_forged(&webhook, &headers, input.data, input.size);
	check_right(&webhook, first, input.data, input.size);
	return 0;
}
