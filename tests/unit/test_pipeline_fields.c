/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/pipeline/step.h"

static const struct mortise_field fields[] = {
	{.type = MORTISE_TYPE_TEXT, .name = "account", .flags = MORTISE_FIELD_REQUIRED, .max_len = 8},
	{.type = MORTISE_TYPE_INTEGER, .name = "count"},
	{.type = MORTISE_TYPE_BOOLEAN, .name = "verify"},
	{.type = MORTISE_TYPE_URL, .name = "url"},
	{.type = MORTISE_TYPE_TEXTAREA, .name = "notes"},
	{.type = MORTISE_TYPE_SELECT, .name = "region", .default_value = "eu",
		.choices = "[[\"eu\",\"Europe\"],[\"us\",\"America\"]]"},
	{.type = MORTISE_TYPE_PEM, .name = "key", .flags = MORTISE_FIELD_SECRET, .max_len = 8192},
	{.type = MORTISE_TYPE_URL, .name = "site", .flags = MORTISE_FIELD_ORIGIN},
	{.type = MORTISE_TYPE_TEXT, .name = "random", .flags = MORTISE_FIELD_RANDOM},
	{.type = MORTISE_TYPE_BOOLEAN, .name = "tick", .default_value = "true"},
};

/* What boxes of which nothing is said stand for. */
#define LEFT_OUT ",\"tick\":true,\"verify\":false}"

static const struct {
	const char *values;
	const char *clean;     /* NULL: refused */
	const char *wrong;     /* a field that must be named */
} cases[] = {
	{"{\"account\":\"acme\"}", "{\"account\":\"acme\",\"region\":\"eu\"" LEFT_OUT, NULL},
	{"{\"account\":\"acme\",\"other\":1,\"region\":\"us\"}",
		"{\"account\":\"acme\",\"region\":\"us\"" LEFT_OUT, NULL},
	{"{\"account\":\"a\",\"count\":\"12\",\"verify\":\"true\",\"tick\":true}",
		"{\"account\":\"a\",\"count\":12,\"region\":\"eu\",\"tick\":true,\"verify\":true}", NULL},
	{"{\"account\":\"a\",\"notes\":\"one\\ntwo\"}",
		"{\"account\":\"a\",\"notes\":\"one\\ntwo\",\"region\":\"eu\"" LEFT_OUT, NULL},
	{"{\"account\":\"a\",\"url\":\"https://x.test/y/\",\"tick\":\"1\",\"verify\":\"0\"}",
		"{\"account\":\"a\",\"region\":\"eu\",\"tick\":true,"
		"\"url\":\"https://x.test/y/\",\"verify\":false}", NULL},
	/* Paths are put behind a base URL. */
	{"{\"account\":\"a\",\"site\":\"https://x.test:8443//\"}",
		"{\"account\":\"a\",\"region\":\"eu\",\"site\":\"https://x.test:8443\"" LEFT_OUT, NULL},
	{"{\"account\":\"a\",\"site\":\"http://x.test/jira/\"}",
		"{\"account\":\"a\",\"region\":\"eu\",\"site\":\"http://x.test/jira\"" LEFT_OUT, NULL},
	{"{\"account\":\"a\",\"site\":\"https://x.test/?a=b\"}", NULL, "site"},
	{"{\"account\":\"a\",\"site\":\"https://x.test/#a\"}", NULL, "site"},
	{"{\"account\":\"a\",\"site\":\"https://user:word@x.test\"}", NULL, "site"},
	{"{\"account\":\"a\",\"site\":\"ftp://x.test\"}", NULL, "site"},
	{"{\"account\":\"a\",\"site\":\"x.test\"}", NULL, "site"},
	{"{\"account\":\"a\",\"site\":\"https://\"}", NULL, "site"},
	/* Nobody types a random secret. */
	{"{\"account\":\"a\",\"random\":\"guess\"}",
		"{\"account\":\"a\",\"region\":\"eu\"" LEFT_OUT, NULL},
	{"{\"account\":\"a\",\"tick\":false}",
		"{\"account\":\"a\",\"region\":\"eu\",\"tick\":false,\"verify\":false}", NULL},
	{"{}", NULL, "account"},
	{"{\"account\":\"\"}", NULL, "account"},
	{"{\"account\":7}", NULL, "account"},
	{"{\"account\":\"123456789\"}", NULL, "account"},
	{"{\"account\":\"a\\nb\"}", NULL, "account"},
	{"{\"account\":\"a\",\"count\":\"1x\"}", NULL, "count"},
	{"{\"account\":\"a\",\"verify\":\"maybe\"}", NULL, "verify"},
	{"{\"account\":\"a\",\"url\":\"javascript:alert(1)\"}", NULL, "url"},
	{"{\"account\":\"a\",\"url\":\"https://user@x.test\"}", NULL, "url"},
	{"{\"account\":\"a\",\"url\":\"https:///x\"}", NULL, "url"},
	{"{\"account\":\"a\",\"region\":\"mars\"}", NULL, "region"},
	{"{\"account\":\"a\",\"key\":\"secret\"}", NULL, "key"},
};

static void fields_are_cleaned_or_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++) {
		cleanup_json json_t *values = json_loads(cases[i].values, 0, NULL);
		cleanup_json json_t *clean = NULL;
		cleanup_free char *text = NULL;
		cleanup_err struct err err = {0};
		int result = step_fields_check(fields, lengthof(fields), values, &clean, &err);

		if (result == 0)
			text = json_dumps(clean, JSON_COMPACT | JSON_SORT_KEYS);
		if (cases[i].clean ? !text || strcmp(text, cases[i].clean) != 0
				   : !json_object_get(err.fields, cases[i].wrong))
			fail_msg("case %zu: %d %s", i, result, text ? text : err_text(&err));
	}
}

static void every_wrong_field_is_named_at_once(void **state)
{
	cleanup_json json_t *values = json_loads("{\"count\":\"x\",\"region\":\"y\"}", 0, NULL);
	cleanup_json json_t *clean = NULL;
	cleanup_err struct err err = {0};

	(void)state;
	assert_int_equal(step_fields_check(fields, lengthof(fields), values, &clean, &err),
		MORTISE_E_FIELD);
	assert_int_equal(json_object_size(err.fields), 3);
}

enum key_form { KEY_PKCS1, KEY_PKCS8, KEY_PASSPHRASE, KEY_PUBLIC, KEY_CUT, KEY_FORMS };

/* A new key in PEM, as a user would paste it (new string). */
static char *key_text(enum key_form form)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	BIO *bio = BIO_new(BIO_s_mem());
	const char *data;
	char *text;
	long size;
	int written;

	if (form == KEY_PUBLIC)
		written = PEM_write_bio_PUBKEY(bio, key);
	else if (form == KEY_PKCS1)
		written = PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL);
	else
		written = PEM_write_bio_PKCS8PrivateKey(bio, key,
			form == KEY_PASSPHRASE ? EVP_aes_128_cbc() : NULL, "word", 4, NULL, NULL);
	assert_int_equal(written, 1);
	size = BIO_get_mem_data(bio, &data);
	text = xasprintf("%.*s", (int)(form == KEY_CUT ? size - 40 : size), data);
	BIO_free(bio);
	EVP_PKEY_free(key);
	return text;
}

static void a_key_is_one_that_can_be_used(void **state)
{
	static const char *const words[KEY_FORMS] = {
		[KEY_PASSPHRASE] = "needs a passphrase", [KEY_PUBLIC] = "is a public key",
		[KEY_CUT] = "whole from -----BEGIN",
	};

	(void)state;
	for (int form = 0; form < KEY_FORMS; form++) {
		cleanup_free char *text = key_text(form);
		cleanup_json json_t *values = json_pack("{s:s, s:s}", "account", "a", "key", text);
		cleanup_json json_t *clean = NULL;
		cleanup_err struct err err = {0};
		int result = step_fields_check(fields, lengthof(fields), values, &clean, &err);
		const char *said = json_string_value(json_array_get(json_object_get(err.fields,
			"key"), 0));

		if (words[form] ? !said || !strstr(said, words[form]) : result != 0)
			fail_msg("form %d: %s", form, said ? said : "accepted");
	}
}

static void random_secrets_are_made_once_and_not_shown(void **state)
{
	cleanup_json json_t *secrets = json_object();
	cleanup_json json_t *shown = step_fields_describe(fields, lengthof(fields));
	cleanup_free char *first = NULL;

	(void)state;
	assert_int_equal(json_array_size(shown), lengthof(fields) - 1);
	step_fields_fill(fields, lengthof(fields), secrets);
	assert_int_equal(json_object_size(secrets), 1);
	first = xstrdup(json_string_value(json_object_get(secrets, "random")));
	assert_int_equal(strspn(first, "0123456789abcdef"), 64);
	assert_int_equal(strlen(first), 64);
	step_fields_fill(fields, lengthof(fields), secrets);
	assert_string_equal(json_string_value(json_object_get(secrets, "random")), first);
	json_object_clear(secrets);
	step_fields_fill(fields, lengthof(fields), secrets);
	assert_string_not_equal(json_string_value(json_object_get(secrets, "random")), first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_cleaned_or_named),
		cmocka_unit_test(every_wrong_field_is_named_at_once),
		cmocka_unit_test(a_key_is_one_that_can_be_used),
		cmocka_unit_test(random_secrets_are_made_once_and_not_shown),
	};

	return cmocka_run_group_tests_name("pipeline_fields", tests, NULL, NULL);
}
