/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/forward/rules.h"
#include "core/forward/sealed.h"
#include "core/storage/data_forwarder.h"
#include "core/vault/vault.h"
#include "tests/unit/scratch_store.h"

#define SQS(url, more) \
	"{\"queue_url\":\"" url "\",\"region\":\"us-east-1\",\"access_key\":\"a\"," \
	"\"secret_key\":\"s\"" more "}"
#define QUEUE "https://sqs.us-east-1.amazonaws.com/123456789012/events"
#define SPLUNK(url, token) \
	"{\"instance_url\":\"" url "\",\"index\":\"main\",\"source\":\"sentry\"," \
	"\"token\":\"" token "\"}"

static const struct {
	const char *provider, *config;
	size_t fault_len;
	const char *says;          /* in the first fault */
} configs[] = {
	{"segment", "{\"write_key\":\"aZ_9-\"}", 0, NULL},
	{"segment", "{}", 1, "\"write_key\""},
	{"segment", "{\"write_key\":\"a b\"}", 1, "letters"},
	{"segment", "{\"write_key\":\"a\\n\"}", 1, "letters"},
	{"segment", "{\"write_key\":\"ä\"}", 1, "letters"},
	{"segment", "{\"write_key\":\"a\",\"color\":\"red ü\"}", 0, NULL},
	{"sqs", SQS(QUEUE, ""), 0, NULL},
	{"sqs", SQS(QUEUE, ",\"message_group_id\":\"g\""), 0, NULL},
	{"sqs", SQS(QUEUE, ",\"s3_bucket\":\"my.bucket-1\""), 0, NULL},
	{"sqs", SQS(QUEUE, ",\"s3_bucket\":\"My\""), 1, "\"s3_bucket\""},
	{"sqs", SQS(QUEUE ".fifo", ""), 1, "\"message_group_id\""},
	{"sqs", SQS(QUEUE ".fifo", ",\"message_group_id\":\"g\""), 0, NULL},
	/* The region of the address is not compared. */
	{"sqs", SQS("https://sqs.eu-west-1.amazonaws.com/1/a/b_c-d", ""), 0, NULL},
	{"sqs", SQS("http://sqs.us-east-1.amazonaws.com/1/a", ""), 1, "\"queue_url\""},
	{"sqs", SQS("https://sqs.us-east-1.amazonaws.com/x/a", ""), 1, "\"queue_url\""},
	{"sqs", SQS("https://sqs.us-east-1.amazonaws.com/1/", ""), 1, "\"queue_url\""},
	{"sqs", SQS("https://sqs.cn-north-1.amazonaws.com.cn/1/a", ""), 1, "\"queue_url\""},
	{"sqs", SQS("https://sqs.US.amazonaws.com/1/a", ""), 1, "\"queue_url\""},
	{"sqs", SQS("https://evil.test/?https://sqs.us-east-1.amazonaws.com/1/a", ""), 1,
		"\"queue_url\""},
	{"sqs", SQS(QUEUE ".fif", ""), 1, "\"queue_url\""},
	/* What is missing is told first, and alone. */
	{"sqs", "{\"region\":\"moon-1\",\"s3_bucket\":\"My\"}", 1,
		"\"queue_url\", \"access_key\", \"secret_key\""},
	/* Else everything that is wrong. */
	{"sqs", "{\"queue_url\":\"x\",\"region\":\"moon-1\",\"access_key\":\"a\","
		"\"secret_key\":\"s\",\"s3_bucket\":\"My\"}", 3, "\"queue_url\""},
	{"splunk", SPLUNK("https://splunk.example.com:8088", "a-1"), 0, NULL},
	{"splunk", SPLUNK("http://10.0.0.1/services/collector", "a-1"), 0, NULL},
	{"splunk", SPLUNK("ftp://splunk.example.com", "a-1"), 1, "\"instance_url\""},
	{"splunk", SPLUNK("https://a b/", "a-1"), 1, "\"instance_url\""},
	{"splunk", SPLUNK("https://user@host/", "a-1"), 1, "\"instance_url\""},
	{"splunk", SPLUNK("https://host", "a_1"), 1, "\"token\""},
	{"splunk", "{\"instance_url\":\"https://host\"}", 1, "\"index\", \"source\", \"token\""},
};

static json_t *regions(void)
{
	return json_pack("{s:b, s:b}", "us-east-1", 1, "eu-west-1", 1);
}

static const char *fault(const struct err *err, const char *field, size_t i)
{
	return json_string_value(json_array_get(json_object_get(err->fields, field), i));
}

static void a_configuration_is_held_to_its_providers_rules(void **state)
{
	cleanup_json json_t *known = regions();

	(void)state;
	for (size_t i = 0; i < lengthof(configs); i++) {
		cleanup_json json_t *config = json_loads(configs[i].config, 0, NULL);
		cleanup_err struct err err = {0};
		int result = forward_config_check(forward_provider_find(configs[i].provider), config,
			known, &err);

		assert_non_null(config);
		if (result != (configs[i].fault_len ? MORTISE_E_FIELD : 0) ||
			json_array_size(json_object_get(err.fields, "config")) !=
				configs[i].fault_len)
			fail_msg("case %zu: %s", i, err_text(&err));
		if (configs[i].says && !strstr(fault(&err, "config", 0), configs[i].says))
			fail_msg("case %zu: %s", i, fault(&err, "config", 0));
	}
}

static const struct {
	const char *overrides;
	const char *says;          /* NULL: good */
} overrides[] = {
	{"{}", NULL},
	{"{\"s3_bucket\":\"b\"}", NULL},
	{"{\"s3_bucket\":\"\"}", NULL},
	{"{\"s3_bucket\":\"B\"}", "\"s3_bucket\""},
	{"{\"region\":\"eu-west-1\"}", NULL},
	{"{\"region\":\"moon-1\"}", "\"region\""},
	{"{\"secret_key\":\"\"}", "\"secret_key\" may not be blank"},
	/* The group of the forwarder's own configuration serves. */
	{"{\"queue_url\":\"" QUEUE ".fifo\"}", NULL},
	{"{\"queue_url\":\"" QUEUE ".fifo\",\"message_group_id\":\"\"}", "\"message_group_id\""},
	{"{\"other\":\"\"}", NULL},
};

static void overrides_are_held_to_the_rules_key_by_key(void **state)
{
	cleanup_json json_t *known = regions();
	cleanup_json json_t *config = json_loads(SQS(QUEUE, ",\"message_group_id\":\"g\""), 0, NULL);

	(void)state;
	for (size_t i = 0; i < lengthof(overrides); i++) {
		cleanup_json json_t *sent = json_loads(overrides[i].overrides, 0, NULL);
		cleanup_err struct err err = {0};
		int result = forward_overrides_check(forward_provider_find("sqs"), config, sent,
			known, &err);

		if ((result == 0) != !overrides[i].says ||
			(result < 0 && !strstr(fault(&err, "overrides", 0), overrides[i].says)))
			fail_msg("case %zu: %s", i, err_text(&err));
	}
}

static const struct {
	const char *values;
	bool good;
} shapes[] = {
	{"{}", true}, {"{\"a\":\"\"}", true}, {"{\"a\":1}", false}, {"{\"a\":null}", false},
	{"{\"a\":{}}", false}, {"[]", false}, {"\"a\"", false}, {"{\"\":\"a\"}", false},
};

static void values_are_texts_within_bounds(void **state)
{
	cleanup_json json_t *many = json_object();
	cleanup_json json_t *large = NULL;
	char text[FORWARD_VALUE_MAX + 2];
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < lengthof(shapes); i++) {
		json_t *values = json_loads(shapes[i].values, JSON_DECODE_ANY, NULL);

		if ((forward_values_check(values, "config", &err) == 0) != shapes[i].good)
			fail_msg("case %zu", i);
		err_clear(&err);
		json_decref(values);
	}
	for (int i = 0; i <= FORWARD_KEYS_MAX; i++) {
		snprintf(text, sizeof(text), "key%d", i);
		assert_int_equal(forward_values_check(many, "config", &err), 0);
		json_object_set_new(many, text, json_string(""));
	}
	assert_int_equal(forward_values_check(many, "config", &err), MORTISE_E_FIELD);
	err_clear(&err);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	large = json_pack("{s:s}", "a", text);
	assert_int_equal(forward_values_check(large, "config", &err), MORTISE_E_FIELD);
	err_clear(&err);
	json_object_set_new(large, "a", json_stringn(text, FORWARD_VALUE_MAX));
	assert_int_equal(forward_values_check(large, "config", &err), 0);
}

static void overrides_lie_over_the_configuration(void **state)
{
	cleanup_json json_t *config = json_pack("{s:s, s:s}", "a", "1", "b", "2");
	cleanup_json json_t *over = json_pack("{s:s, s:s}", "b", "", "c", "3");
	cleanup_json json_t *merged = forward_values_merged(config, over);
	cleanup_json json_t *wants = json_pack("{s:s, s:s, s:s}", "a", "1", "b", "", "c", "3");
	cleanup_json json_t *filled = forward_values_filled(merged);

	(void)state;
	assert_true(json_equal(merged, wants));
	json_object_del(wants, "b");
	assert_true(json_equal(filled, wants));
	assert_int_equal(json_object_size(config), 2);
}

static void the_list_of_regions_is_read(void **state)
{
	char path[] = "/tmp/mortise-test-XXXXXX";
	int fd = mkstemp(path);
	cleanup_json json_t *read = NULL;
	cleanup_err struct err err = {0};

	(void)state;
	assert_true(dprintf(fd, "# comment\n\nus-east-1\n  \neu-west-1 # Ireland\r\nlast-1") > 0);
	close(fd);
	assert_int_equal(forward_regions_read(path, &read, &err), 0);
	unlink(path);
	assert_int_equal(json_object_size(read), 3);
	assert_non_null(json_object_get(read, "eu-west-1"));
	assert_non_null(json_object_get(read, "last-1"));
	assert_int_equal(forward_regions_read(path, &read, &err), MORTISE_E_SETTINGS);
	assert_non_null(strstr(err_text(&err), "forwarding.regions_file"));
}

/* What no provider's table calls readable is sealed: also a key that it does not know. */
static void secrets_and_unknown_keys_are_sealed(void **state)
{
	struct scratch_store scratch;
	cleanup_json json_t *values = json_loads(SQS(QUEUE, ",\"other\":\"hidden\""), 0, NULL);
	cleanup_json json_t *opened = NULL;
	cleanup_free char *key = NULL;
	struct forward_values stored = {0};
	cleanup_err struct err err = {0};
	struct vault *vault;

	(void)state;
	assert_int_not_equal(sodium_init(), -1);
	scratch_store_open(&scratch);
	key = xasprintf("%s/vault.key", scratch.dir);
	assert_int_equal(vault_open(&(struct vault_settings){"", scratch.dir}, &vault, NULL), 0);
	assert_int_equal(vault_check(vault, scratch.store, NULL), 0);
	randombytes_buf(stored.uid, sizeof(stored.uid));
	forward_values_seal(vault, FORWARD_CONFIG_COLUMN, forward_provider_find("sqs"), values,
		&stored);
	assert_int_equal(json_object_size(stored.open), 3);
	assert_null(json_object_get(stored.open, "secret_key"));
	assert_null(json_object_get(stored.open, "other"));
	assert_null(memmem(stored.sealed, stored.sealed_size, "hidden", 6));
	assert_int_equal(forward_values_open(vault, FORWARD_CONFIG_COLUMN, &stored, &opened, NULL), 0);
	assert_true(json_equal(opened, values));
	json_decref(opened);
	opened = NULL;
	/* In another column, or row, it does not open. */
	assert_true(forward_values_open(vault, FORWARD_OVERRIDES_COLUMN, &stored, &opened, &err) < 0);
	err_clear(&err);
	stored.uid[0] ^= 1;
	assert_true(forward_values_open(vault, FORWARD_CONFIG_COLUMN, &stored, &opened, &err) < 0);
	forward_values_clear(&stored);
	vault_close(vault);
	unlink(key);
	scratch_store_close(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_configuration_is_held_to_its_providers_rules),
		cmocka_unit_test(overrides_are_held_to_the_rules_key_by_key),
		cmocka_unit_test(values_are_texts_within_bounds),
		cmocka_unit_test(overrides_lie_over_the_configuration),
		cmocka_unit_test(the_list_of_regions_is_read),
		cmocka_unit_test(secrets_and_unknown_keys_are_sealed),
	};

	return cmocka_run_group_tests_name("forward_rules", tests, NULL, NULL);
}
