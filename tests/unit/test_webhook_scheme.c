/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <strings.h>

#include <sodium.h>

#include "core/base/mem.h"
#include "core/provider/registration.h"
#include "core/vault/vault.h"
#include "core/webhook/scheme.h"

/* HMAC with the key "It's a Secret to Everybody" over "Hello, World!"; the first is the
 * example of GitHub's documentation, all were checked with openssl. */
#define KEY "It's a Secret to Everybody"
#define BODY "Hello, World!"
#define SHA256 "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
#define SHA256_UPPER "757107EA0EB2509FC211221CCE984B8A37570B6D7586C22C46F4379C8B043E17"
#define SHA256_BASE64 "dXEH6g6yUJ/CESIczphLijdXC211hsIsRvQ3nIsEPhc="
#define SHA1 "01dc10d0c83e72ed246219cdd91669667fe2ca59"
#define WRONG "857107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

static struct mortise_signature github[] = {
	{.header = "X-256", .algorithm = "sha256", .prefix = "sha256="},
	{.header = "X-1", .algorithm = "sha1", .prefix = "sha1="},
};
static struct mortise_signature lower[] = {
	{.header = "X-256", .algorithm = "sha256", .encoding = MORTISE_ENCODING_HEX_LOWER},
};
static struct mortise_signature base64[] = {
	{.header = "X-256", .algorithm = "sha256", .encoding = MORTISE_ENCODING_BASE64},
};
static struct mortise_signature list[] = {
	{.header = "X-256", .algorithm = "sha256", .prefix = "v1=", .flags = MORTISE_SIGNATURE_LIST},
};
static struct mortise_signature plain[] = {{.header = "X-256"}, {.header = "X-1", .prefix = "Key "}};

static const struct scheme_case {
	struct mortise_signature *signatures;
	size_t len;
	int scheme, rule;
	const char *x256, *x1; /* the two headers */
	enum scheme_verdict verdict;
} cases[] = {
	{github, 2, MORTISE_SCHEME_HMAC, MORTISE_RULE_FIRST, "sha256=" SHA256, NULL, SCHEME_VERIFIED},
	{github, 2, MORTISE_SCHEME_HMAC, MORTISE_RULE_FIRST, "sha256=" SHA256_UPPER, NULL,
		SCHEME_VERIFIED},
	{github, 2, MORTISE_SCHEME_HMAC, MORTISE_RULE_FIRST, NULL, "sha1=" SHA1, SCHEME_VERIFIED},
	{github, 2, MORTISE_SCHEME_HMAC, MORTISE_RULE_FIRST, "sha256=" SHA256, "sha1=bad",
		SCHEME_VERIFIED},
	/* Only the sha256 one decides when both are there. */
	{github, 2, MORTISE_SCHEME_HMAC, MORTISE_RULE_FIRST, "sha256=" WRONG, "sha1=" SHA1,
		SCHEME_BAD_SIGNATURE},
	{github, 2, MORTISE_SCHEME_HMAC, MORTISE_RULE_FIRST, NULL, NULL, SCHEME_NO_SIGNATURE},
	{github, 2, MORTISE_SCHEME_HMAC, MORTISE_RULE_FIRST, SHA256, NULL, SCHEME_BAD_TOKEN},
	{github, 2, MORTISE_SCHEME_HMAC, MORTISE_RULE_FIRST, "md5=" SHA256, NULL, SCHEME_BAD_TOKEN},
	{github, 2, MORTISE_SCHEME_HMAC, MORTISE_RULE_FIRST, "", NULL, SCHEME_BAD_TOKEN},
	{github, 2, MORTISE_SCHEME_HMAC, MORTISE_RULE_FIRST, "sha256=", NULL, SCHEME_BAD_SIGNATURE},
	{github, 2, MORTISE_SCHEME_HMAC, MORTISE_RULE_FIRST, "sha256=zz" SHA256, NULL,
		SCHEME_BAD_SIGNATURE},
	{github, 2, MORTISE_SCHEME_HMAC, MORTISE_RULE_FIRST, "sha256=" SHA256 ", sha256=" SHA256, NULL,
		SCHEME_BAD_SIGNATURE},
	{github, 2, MORTISE_SCHEME_HMAC, MORTISE_RULE_ALL, "sha256=" SHA256, "sha1=" SHA1,
		SCHEME_VERIFIED},
	{github, 2, MORTISE_SCHEME_HMAC, MORTISE_RULE_ALL, NULL, "sha1=" SHA1, SCHEME_VERIFIED},
	{github, 2, MORTISE_SCHEME_HMAC, MORTISE_RULE_ALL, "sha256=" SHA256, "sha1=00",
		SCHEME_BAD_SIGNATURE},
	{github, 2, MORTISE_SCHEME_HMAC, MORTISE_RULE_ALL, "sha256=" WRONG, "sha1=" SHA1,
		SCHEME_BAD_SIGNATURE},
	{github, 2, MORTISE_SCHEME_HMAC, MORTISE_RULE_ALL, NULL, NULL, SCHEME_NO_SIGNATURE},
	{github, 2, MORTISE_SCHEME_HMAC, MORTISE_RULE_ANY, "sha256=" WRONG, "sha1=" SHA1,
		SCHEME_VERIFIED},
	{github, 2, MORTISE_SCHEME_HMAC, MORTISE_RULE_ANY, "sha256=" WRONG, NULL, SCHEME_BAD_SIGNATURE},
	{lower, 1, MORTISE_SCHEME_HMAC, MORTISE_RULE_FIRST, SHA256, NULL, SCHEME_VERIFIED},
	{lower, 1, MORTISE_SCHEME_HMAC, MORTISE_RULE_FIRST, SHA256_UPPER, NULL, SCHEME_BAD_SIGNATURE},
	{base64, 1, MORTISE_SCHEME_HMAC, MORTISE_RULE_FIRST, SHA256_BASE64, NULL, SCHEME_VERIFIED},
	{base64, 1, MORTISE_SCHEME_HMAC, MORTISE_RULE_FIRST, SHA256, NULL, SCHEME_BAD_SIGNATURE},
	{list, 1, MORTISE_SCHEME_HMAC, MORTISE_RULE_ANY, "v1=" SHA256, NULL, SCHEME_VERIFIED},
	{list, 1, MORTISE_SCHEME_HMAC, MORTISE_RULE_ANY, "v1=" WRONG ",v1=" SHA256, NULL,
		SCHEME_VERIFIED},
	{list, 1, MORTISE_SCHEME_HMAC, MORTISE_RULE_ANY, "v2=abc, v1=" SHA256 " ", NULL,
		SCHEME_VERIFIED},
	{list, 1, MORTISE_SCHEME_HMAC, MORTISE_RULE_ANY, "v1=" WRONG ",v1=", NULL,
		SCHEME_BAD_SIGNATURE},
	{list, 1, MORTISE_SCHEME_HMAC, MORTISE_RULE_ANY, "v2=" SHA256, NULL, SCHEME_BAD_TOKEN},
	{plain, 2, MORTISE_SCHEME_HEADER, MORTISE_RULE_FIRST, KEY, NULL, SCHEME_VERIFIED},
	{plain, 2, MORTISE_SCHEME_HEADER, MORTISE_RULE_FIRST, KEY "x", NULL, SCHEME_BAD_SIGNATURE},
	{plain, 2, MORTISE_SCHEME_HEADER, MORTISE_RULE_FIRST, "", NULL, SCHEME_BAD_SIGNATURE},
	{plain, 2, MORTISE_SCHEME_HEADER, MORTISE_RULE_FIRST, NULL, "Key " KEY, SCHEME_VERIFIED},
	{plain, 2, MORTISE_SCHEME_HEADER, MORTISE_RULE_FIRST, NULL, KEY, SCHEME_BAD_TOKEN},
	{plain, 2, MORTISE_SCHEME_NONE, MORTISE_RULE_FIRST, NULL, NULL, SCHEME_VERIFIED},
};

static const char *header(const void *arg, const char *name)
{
	const struct scheme_case *c = arg;

	return strcasecmp(name, "x-256") == 0 ? c->x256 : c->x1;
}

static enum scheme_verdict verify(const struct scheme_case *c, const char *const *texts, size_t len)
{
	struct reg_webhook webhook = {
		.webhook = {.scheme = c->scheme, .rule = c->rule},
		.signatures = c->signatures,
		.signature_len = c->len,
	};
	struct scheme_request request = {header, c, BODY, sizeof(BODY) - 1};
	struct scheme_key *keys[2] = {NULL};
	enum scheme_verdict verdict;

	for (size_t i = 0; i < len; i++)
		keys[i] = scheme_key_new(&webhook, secret_new(texts[i], strlen(texts[i])));
	verdict = scheme_verify(&webhook, &request, keys, len);
	for (size_t i = 0; i < len; i++)
		scheme_key_free(keys[i]);
	return verdict;
}

static void each_scheme_has_its_verdict(void **state)
{
	static const char *const key[] = {KEY};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		enum scheme_verdict verdict = verify(&cases[i], key, 1);

		if (verdict != cases[i].verdict)
			fail_msg("case %zu: verdict %d, not %d", i, verdict, cases[i].verdict);
	}
}

static void the_previous_key_is_good_too(void **state)
{
	static const char *const keys[] = {"another", KEY};

	(void)state;
	assert_int_equal(verify(&cases[0], keys, 2), SCHEME_VERIFIED);
	assert_int_equal(verify(&cases[0], keys, 1), SCHEME_BAD_SIGNATURE);
}

static void without_a_key_nothing_is_verified(void **state)
{
	static const char *const empty[] = {""};

	(void)state;
	assert_int_equal(verify(&cases[0], NULL, 0), SCHEME_BAD_SIGNATURE);
	assert_int_equal(verify(&cases[5], NULL, 0), SCHEME_NO_SIGNATURE);
	assert_int_equal(verify(&cases[30], empty, 1), SCHEME_BAD_SIGNATURE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_scheme_has_its_verdict),
		cmocka_unit_test(the_previous_key_is_good_too),
		cmocka_unit_test(without_a_key_nothing_is_verified),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("webhook_scheme", tests, NULL, NULL);
}
