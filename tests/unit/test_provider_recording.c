/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/mem.h"
#include "core/provider/recording.h"

static const char recorded[] =
	"{\"body\": {\"clientKey\": \"acme\", \"sharedSecret\": \"top-secret-1\"},"
	" \"asks\": [{\"ask\": {\"op\": \"checkpoint\", \"effects\": [{\"type\": \"integration_put\","
	"   \"secrets\": {\"early\": \"top-secret-0\"}}]}, \"answer\": {}},"
	"  {\"ask\": {\"op\": \"jwt_sign\"}, \"answer\": {\"value\": \"made.up.token\"}},"
	"  {\"ask\": {\"op\": \"reference_make\"}, \"answer\": {\"value\": \"a-reference\"}},"
	"  {\"ask\": {\"op\": \"read\"}, \"answer\": {\"value\": \"kept-as-it-is\"}},"
	"  {\"ask\": {\"op\": \"http\", \"body\": \"https://m.test/made.up.token/\"},"
	"   \"answer\": {\"text\": \"a=top-secret-1&b=top-secret-0&top-secret-1\"}}],"
	" \"expect\": {\"output\": \"?x=a-reference\", \"effects\": [{\"type\": \"integration_put\", \"name\": \"abc\","
	"   \"secrets\": {\"shared\": \"top-secret-1\", \"short\": \"abc\"}},"
	"  {\"type\": \"audit\", \"data\": {\"secrets\": {\"x\": \"kept-as-it-is\"}, \"y\": \"abcd\"}}]}}";

static const char masked[] =
	"{\"body\": {\"clientKey\": \"acme\", \"sharedSecret\": \"not recorded\"},"
	" \"asks\": [{\"ask\": {\"op\": \"checkpoint\", \"effects\": [{\"type\": \"integration_put\","
	"   \"secrets\": {\"early\": \"not recorded\"}}]}, \"answer\": {}},"
	"  {\"ask\": {\"op\": \"jwt_sign\"}, \"answer\": {\"value\": \"not recorded\"}},"
	"  {\"ask\": {\"op\": \"reference_make\"}, \"answer\": {\"value\": \"not recorded\"}},"
	"  {\"ask\": {\"op\": \"read\"}, \"answer\": {\"value\": \"kept-as-it-is\"}},"
	"  {\"ask\": {\"op\": \"http\", \"body\": \"https://m.test/not recorded/\"},"
	"   \"answer\": {\"text\": \"a=not recorded&b=not recorded&not recorded\"}}],"
	" \"expect\": {\"output\": \"?x=not recorded\", \"effects\": [{\"type\": \"integration_put\", \"name\": \"not recorded\","
	"   \"secrets\": {\"shared\": \"not recorded\", \"short\": \"not recorded\"}},"
	"  {\"type\": \"audit\", \"data\": {\"secrets\": {\"x\": \"kept-as-it-is\"}, \"y\": \"abcd\"}}]}}";

static void secrets_are_masked_wherever_they_stand(void **state)
{
	cleanup_json json_t *call = json_loads(recorded, 0, NULL);
	cleanup_json json_t *expected = json_loads(masked, 0, NULL);
	cleanup_free char *shown = NULL;

	(void)state;
	assert_non_null(call);
	assert_non_null(expected);
	recording_mask(call);
	shown = json_dumps(call, JSON_SORT_KEYS);
	if (!json_equal(call, expected))
		fail_msg("%s", shown);
}

/* What was put in its place is not looked through again. */
static void a_secret_that_stands_in_the_mask_is_masked_too(void **state)
{
	cleanup_json json_t *call = json_loads("{\"body\": \"x recorded\", \"expect\": {\"effects\": "
		"[{\"type\": \"integration_put\", \"secrets\": {\"a\": \"recorded\"}}]}}", 0, NULL);

	(void)state;
	recording_mask(call);
	assert_string_equal(json_string_value(json_object_get(call, "body")), "x not recorded");
}

static void a_call_without_secrets_stays(void **state)
{
	cleanup_json json_t *call = json_loads("{\"body\": {\"a\": \"b\"}, \"expect\": {\"effects\": "
		"[{\"type\": \"integration_put\", \"name\": \"b\"}]}}", 0, NULL);
	cleanup_json json_t *before = json_deep_copy(call);

	(void)state;
	recording_mask(call);
	assert_true(json_equal(call, before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_are_masked_wherever_they_stand),
		cmocka_unit_test(a_secret_that_stands_in_the_mask_is_masked_too),
		cmocka_unit_test(a_call_without_secrets_stays),
	};

	return cmocka_run_group_tests_name("provider_recording", tests, NULL, NULL);
}
