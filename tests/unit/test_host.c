/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* A real mortise-host with the test plugins, driven frame by frame. */
#include "config.h"
#include "tests/unit/unit.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "tests/unit/host_peer.h"

/* Start a host with one of the test plugins. */
static void peer_start(struct peer *peer, const char *name)
{
	cleanup_free char *file = xasprintf("tests/plugins/.libs/%s.so", name);

	peer_start_file(peer, file);
}

/* Tell the plugin's task to do something (behave.h). */
static void peer_tell(struct peer *peer, uint64_t call, const char *wish, int deadline_ms)
{
	json_t *payload = json_loads(wish, 0, NULL);

	assert_non_null(payload);
	peer_send(peer, FRAME_CALL, call, 0, json_pack("{s:s,s:s,s:s,s:i,s:I,s:{s:o}}", "provider",
		"ping", "callback", "task:work", "scope", "integration", "deadline_ms", deadline_ms,
		"now_ms", (json_int_t)1000000, "input", "payload", payload));
}

/* ---- Cases ---- */

static void host_says_what_the_plugin_registers(void **state)
{
	struct peer peer;
	json_t *hello, *ping;

	(void)state;
	peer_start(&peer, "ping");
	hello = peer_expect(&peer, FRAME_HELLO, 0, NULL);
	assert_string_equal(peer_text(hello, "plugin"), "ping");
	assert_string_equal(peer_text(hello, "version"), "1.0");
	assert_int_equal(json_array_size(json_object_get(hello, "providers")), 2);
	ping = json_array_get(json_object_get(hello, "providers"), 0);
	assert_true(json_is_true(json_object_get(json_object_get(ping, "provider"), "build")));
	assert_int_equal(json_array_size(json_object_get(ping, "steps")), 3);
	assert_int_equal(json_array_size(json_object_get(json_array_get(
		json_object_get(ping, "steps"), 0), "fields")), 3);
	assert_int_equal(json_array_size(json_object_get(json_array_get(
		json_object_get(ping, "webhooks"), 0), "events")), 4);
	json_decref(hello);
	json_decref(peer_expect(&peer, FRAME_READY, 0, NULL));
	peer_stop(&peer);
}

static void reply_carries_output_and_effects(void **state)
{
	struct peer peer;
	json_t *reply, *effect;

	(void)state;
	peer_start(&peer, "ping");
	peer_ready(&peer);
	peer_tell(&peer, 9, "{\"do\":\"effects\",\"effects\":[{\"type\":\"repository_status\","
		"\"external_id\":\"5\",\"status\":\"disabled\"}]}", 5000);
	reply = peer_expect(&peer, FRAME_RETURN, 9, NULL);
	assert_int_equal(peer_code(reply), 0);
	assert_string_equal(peer_text(json_object_get(reply, "output"), "outcome"), "ok");
	effect = json_array_get(json_object_get(reply, "effects"), 0);
	assert_string_equal(peer_text(effect, "type"), "repository_status");
	assert_string_equal(peer_text(effect, "external_id"), "5");
	json_decref(reply);
	peer_stop(&peer);
}

/* What a callback does, and what the reply must say. */
static const struct told {
	const char *wish;
	int code;
	const char *text;
} tolds[] = {
	{"{}", 0, ""},
	{"{\"do\":\"fail\",\"code\":-7,\"text\":\"nobody\"}", MORTISE_E_NO_TARGET, "nobody"},
	{"{\"do\":\"silent\",\"code\":-9}", MORTISE_E_UPSTREAM, "no reason"},
	{"{\"do\":\"silent\",\"code\":7}", MORTISE_E_INTERNAL, "returned 7"},
	{"{\"do\":\"silent\",\"code\":-99}", MORTISE_E_INTERNAL, "returned -99"},
	{"{\"do\":\"field\",\"path\":\"a.2.b\"}", MORTISE_E_FIELD, "a.2.b"},
	{"{\"do\":\"nonsense\"}", MORTISE_E_UNSUPPORTED, "nonsense"},
};

static void callback_result_becomes_the_reply(void **state)
{
	struct peer peer;

	(void)state;
	peer_start(&peer, "ping");
	peer_ready(&peer);
	for (size_t i = 0; i < lengthof(tolds); i++) {
		cleanup_json json_t *reply = NULL;

		peer_tell(&peer, i + 1, tolds[i].wish, 5000);
		reply = peer_expect(&peer, FRAME_RETURN, i + 1, NULL);
		if (peer_code(reply) != tolds[i].code || !strstr(peer_text(reply, "text"), tolds[i].text))
			fail_msg("case %zu: %lld %s", i, (long long)peer_code(reply), peer_text(reply, "text"));
	}
	peer_stop(&peer);
}

/* The core refuses it for good, and says why: one place decides. */
static void malformed_effect_travels_alone(void **state)
{
	static const char *const effects[] = {
		"{\"type\":\"commit\"}",
		"{\"type\":\"nothing\"}",
		"{\"type\":\"config_patch\",\"patch\":{}}",
	};
	struct peer peer;

	(void)state;
	peer_start(&peer, "ping");
	peer_ready(&peer);
	for (size_t i = 0; i < lengthof(effects); i++) {
		cleanup_free char *wish = xasprintf("{\"do\":\"effects\",\"effects\":[{\"type\":"
			"\"repository_status\",\"all\":true,\"status\":\"active\"},%s]}", effects[i]);
		cleanup_json json_t *expected = json_loads(effects[i], 0, NULL);
		cleanup_json json_t *reply = NULL;

		peer_tell(&peer, i + 1, wish, 5000);
		reply = peer_expect(&peer, FRAME_RETURN, i + 1, NULL);
		assert_int_equal(json_array_size(json_object_get(reply, "effects")), 1);
		assert_true(json_equal(json_array_get(json_object_get(reply, "effects"), 0), expected));
	}
	peer_stop(&peer);
}

static void rate_limit_carries_its_end(void **state)
{
	struct peer peer;
	json_t *reply;
	int64_t retry_at;

	(void)state;
	peer_start(&peer, "ping");
	peer_ready(&peer);
	peer_tell(&peer, 1, "{\"do\":\"rate\",\"ms\":60000}", 5000);
	reply = peer_expect(&peer, FRAME_RETURN, 1, NULL);
	assert_int_equal(peer_code(reply), MORTISE_E_RATE);
	retry_at = json_integer_value(json_object_get(reply, "retry_at_ms"));
	assert_true(retry_at >= 1060000 && retry_at < 1065000);
	json_decref(reply);
	peer_stop(&peer);
}

static void webhook_body_is_put_into_the_input(void **state)
{
	struct peer peer;
	cleanup_json json_t *call = json_pack("{s:s,s:s,s:s,s:i,s:I,s:{s:s}}", "provider", "ping",
		"callback", "webhook:stored", "scope", "integration", "deadline_ms", 5000, "now_ms",
		(json_int_t)1, "input", "event", "told");
	json_t *reply;

	(void)state;
	peer_start(&peer, "ping");
	peer_ready(&peer);
	peer_send_body(&peer, FRAME_CALL, 3, 0, call,
		"{\"do\":\"fail\",\"code\":-7,\"text\":\"a \\u0000 b \\ud800 c\",\"n\":123456789012345678901}");
	reply = peer_expect(&peer, FRAME_RETURN, 3, NULL);
	assert_int_equal(peer_code(reply), MORTISE_E_NO_TARGET);
	assert_string_equal(peer_text(reply, "text"), "a \xef\xbf\xbd b \xef\xbf\xbd c");
	json_decref(reply);
	peer_send_body(&peer, FRAME_CALL, 4, 0, call, "{\"do\":");
	reply = peer_expect(&peer, FRAME_RETURN, 4, NULL);
	assert_int_equal(peer_code(reply), MORTISE_E_FIELD);
	json_decref(reply);
	peer_stop(&peer);
}

static void answers_find_their_calls(void **state)
{
	struct peer peer;
	uint32_t seq[3];
	json_t *reply;

	(void)state;
	peer_start(&peer, "ping");
	peer_ready(&peer);
	for (uint64_t call = 1; call <= 2; call++) {
		json_t *question;

		peer_tell(&peer, call, "{\"do\":\"read\",\"what\":\"setting\",\"args\":{\"name\":\"x\"}}", 9000);
		question = peer_expect(&peer, FRAME_ASK, call, &seq[call]);
		assert_string_equal(peer_text(question, "op"), "read");
		assert_string_equal(peer_text(question, "what"), "setting");
		json_decref(question);
	}
	/* A late answer to something nobody asked is dropped. */
	peer_send(&peer, FRAME_ANSWER, 2, seq[2] + 9, json_pack("{s:i,s:s}", "code", 0, "value", "wrong"));
	peer_send(&peer, FRAME_ANSWER, 77, 1, json_pack("{s:i}", "code", 0));
	peer_send(&peer, FRAME_ANSWER, 2, seq[2], json_pack("{s:i,s:s}", "code", 0, "value", "second"));
	reply = peer_expect(&peer, FRAME_RETURN, 2, NULL);
	assert_string_equal(peer_text(json_object_get(reply, "output"), "value"), "second");
	json_decref(reply);
	peer_send(&peer, FRAME_ANSWER, 1, seq[1], json_pack("{s:i,s:s}", "code", MORTISE_E_NOT_FOUND,
		"text", "no setting x"));
	reply = peer_expect(&peer, FRAME_RETURN, 1, NULL);
	assert_int_equal(peer_code(reply), MORTISE_E_NOT_FOUND);
	assert_string_equal(peer_text(reply, "text"), "no setting x");
	json_decref(reply);
	peer_stop(&peer);
}

static void a_made_text_comes_back_from_its_question(void **state)
{
	static const struct {
		const char *wish, *question, *answer;
		int code;
	} cases[] = {
		{"{\"do\":\"sign\",\"algorithm\":1,\"slot\":\"state:x\",\"claims\":{\"id\":\"7\"}}",
			"{\"op\":\"jwt_sign\",\"algorithm\":1,\"slot\":\"state:x\",\"claims\":{\"id\":\"7\"}}",
			"{\"code\":0,\"value\":\"a.b.c\"}", 0},
		{"{\"do\":\"sign\",\"algorithm\":2,\"slot\":\"state:y\"}",
			"{\"op\":\"jwt_sign\",\"algorithm\":2,\"slot\":\"state:y\",\"claims\":{}}",
			"{\"code\":-4,\"text\":\"nothing there\"}", MORTISE_E_NOT_FOUND},
		{"{\"do\":\"refer\",\"ms\":60000}", "{\"op\":\"reference_make\",\"life_ms\":60000}",
			"{\"code\":0,\"value\":\"a.b.c\"}", 0},
	};
	struct peer peer;

	(void)state;
	peer_start(&peer, "ping");
	peer_ready(&peer);
	for (uint64_t i = 0; i < lengthof(cases); i++) {
		cleanup_json json_t *expected = json_loads(cases[i].question, 0, NULL);
		cleanup_json json_t *question = NULL;
		cleanup_json json_t *reply = NULL;
		uint32_t seq;

		peer_tell(&peer, i + 1, cases[i].wish, 9000);
		question = peer_expect(&peer, FRAME_ASK, i + 1, &seq);
		if (!json_equal(question, expected))
			fail_msg("case %d asked for something else", (int)i);
		peer_send(&peer, FRAME_ANSWER, i + 1, seq, json_loads(cases[i].answer, 0, NULL));
		reply = peer_expect(&peer, FRAME_RETURN, i + 1, NULL);
		assert_int_equal(peer_code(reply), cases[i].code);
		if (cases[i].code == 0)
			assert_string_equal(peer_text(json_object_get(reply, "output"), "value"), "a.b.c");
	}
	peer_stop(&peer);
}

static void upstream_body_is_json_or_bytes(void **state)
{
	static const char *const bodies[][2] = {{"{\"login\":\"mona\"}", "mona"}, {"<html>", NULL}};
	struct peer peer;

	(void)state;
	peer_start(&peer, "ping");
	peer_ready(&peer);
	for (uint64_t i = 0; i < 2; i++) {
		cleanup_json json_t *answer = json_pack("{s:i,s:i,s:{}}", "code", 0, "status", 200, "headers");
		cleanup_json json_t *question = NULL;
		cleanup_json json_t *reply = NULL;
		const json_t *output;
		uint32_t seq;

		peer_tell(&peer, i + 1, "{\"do\":\"http\",\"method\":\"GET\",\"path\":\"/me\"}", 9000);
		question = peer_expect(&peer, FRAME_ASK, i + 1, &seq);
		assert_string_equal(peer_text(question, "op"), "http");
		assert_string_equal(peer_text(question, "path"), "/me");
		peer_send_body(&peer, FRAME_ANSWER, i + 1, seq, answer, bodies[i][0]);
		reply = peer_expect(&peer, FRAME_RETURN, i + 1, NULL);
		output = json_object_get(reply, "output");
		assert_int_equal(json_integer_value(json_object_get(output, "status")), 200);
		if (bodies[i][1])
			assert_string_equal(peer_text(json_object_get(output, "json"), "login"), bodies[i][1]);
		else
			assert_string_equal(peer_text(output, "text"), bodies[i][0]);
	}
	peer_stop(&peer);
}

static void cancelled_call_ends_its_wait(void **state)
{
	struct peer peer;
	json_t *reply;

	(void)state;
	peer_start(&peer, "ping");
	peer_ready(&peer);
	peer_tell(&peer, 1, "{\"do\":\"read\",\"what\":\"setting\"}", 3600000);
	json_decref(peer_expect(&peer, FRAME_ASK, 1, NULL));
	peer_send(&peer, FRAME_CANCEL, 1, 0, NULL);
	reply = peer_expect(&peer, FRAME_RETURN, 1, NULL);
	assert_int_equal(peer_code(reply), MORTISE_E_CANCELLED);
	json_decref(reply);
	peer_stop(&peer);
}

static void deadline_ends_the_wait(void **state)
{
	struct peer peer;
	json_t *reply;

	(void)state;
	peer_start(&peer, "ping");
	peer_ready(&peer);
	peer_tell(&peer, 1, "{\"do\":\"read\",\"what\":\"setting\"}", 50);
	json_decref(peer_expect(&peer, FRAME_ASK, 1, NULL));
	reply = peer_expect(&peer, FRAME_RETURN, 1, NULL);
	assert_int_equal(peer_code(reply), MORTISE_E_CANCELLED);
	json_decref(reply);
	peer_stop(&peer);
}

static void checkpoint_sends_its_effects_once(void **state)
{
	struct peer peer;
	uint32_t seq;
	json_t *question, *reply;

	(void)state;
	peer_start(&peer, "ping");
	peer_ready(&peer);
	peer_tell(&peer, 1, "{\"do\":\"checkpoint\",\"pages\":[[{\"type\":\"repository_status\",\"all\":true,"
		"\"status\":\"active\"}]]}", 9000);
	question = peer_expect(&peer, FRAME_ASK, 1, &seq);
	assert_int_equal(json_array_size(json_object_get(question, "effects")), 1);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(question, "cursor"),
		"page")), 1);
	json_decref(question);
	peer_send(&peer, FRAME_ANSWER, 1, seq, json_pack("{s:i,s:i}", "code", 0, "deadline_ms", 5000));
	reply = peer_expect(&peer, FRAME_RETURN, 1, NULL);
	assert_int_equal(peer_code(reply), 0);
	assert_int_equal(json_array_size(json_object_get(reply, "effects")), 0);
	json_decref(reply);
	peer_stop(&peer);
}

static void running_call_ends_before_the_host_does(void **state)
{
	struct peer peer;
	uint32_t seq;
	int status;

	(void)state;
	peer_start(&peer, "ping");
	peer_ready(&peer);
	peer_tell(&peer, 1, "{\"do\":\"read\",\"what\":\"setting\"}", 9000);
	json_decref(peer_expect(&peer, FRAME_ASK, 1, &seq));
	peer_send(&peer, FRAME_STOP, 0, 0, NULL);
	peer_send(&peer, FRAME_ANSWER, 1, seq, json_pack("{s:i,s:i}", "code", 0, "value", 1));
	json_decref(peer_expect(&peer, FRAME_RETURN, 1, NULL));
	status = peer_wait(&peer);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void crash_ends_the_process(void **state)
{
	struct peer peer;
	cleanup_frame struct frame frame = {0};
	int status;

	(void)state;
	peer_start(&peer, "ping");
	peer_ready(&peer);
	peer_tell(&peer, 1, "{\"do\":\"crash\"}", 9000);
	assert_int_equal(peer_next(&peer, &frame), 0);
	status = peer_wait(&peer);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void broken_or_closed_socket_ends_the_process(void **state)
{
	struct peer peer;
	int status;

	(void)state;
	peer_start(&peer, "ping");
	peer_ready(&peer);
	assert_int_equal(write(peer.fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 28), 28);
	status = peer_wait(&peer);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 4);
	peer_start(&peer, "ping");
	peer_ready(&peer);
	shutdown(peer.fd, SHUT_WR);
	status = peer_wait(&peer);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

static void wrong_plugin_is_refused_with_both_sides_named(void **state)
{
	static const char *const wrong[][2] = {
		{"bad_magic", "0x12345678"},
		{"older_major", "needs plugin ABI 7."},
		{"newer_minor", "this mortised provides 0."},
		{"short_size", "8 bytes"},
		{"load_refuses", "E_SETTINGS"},
		{"registers_badly", "register \"nowhere\""},
		{"no_symbol", "exports no mortise_plugin"},
		{"no_load", "lacks name, version, license or load"},
		{"null_callback", "run is required"},
#ifndef MORTISE_SANITIZED
		{"load_threads", "E_FORBIDDEN"},
		{"load_eats", "E_LIMIT"},
#endif
		{"missing", "cannot be loaded"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(wrong); i++) {
		struct peer peer;
		cleanup_json json_t *refused = NULL;
		cleanup_free char *file = xasprintf("%s.so: ", wrong[i][0]);

		peer_start(&peer, wrong[i][0]);
		refused = peer_expect(&peer, FRAME_REFUSED, 0, NULL);
		if (!strstr(peer_text(refused, "reason"), wrong[i][1]) ||
			strncmp(peer_text(refused, "reason"), file, strlen(file)) != 0)
			fail_msg("%s: %s", wrong[i][0], peer_text(refused, "reason"));
		assert_int_equal(WEXITSTATUS(peer_wait(&peer)), 1);
	}
}

static void crash_before_ready_ends_the_process(void **state)
{
	static const char *const wrong[] = {"load_crashes", "constructor_crashes"};

	(void)state;
	for (size_t i = 0; i < lengthof(wrong); i++) {
		struct peer peer;
		cleanup_frame struct frame frame = {0};

		peer_start(&peer, wrong[i]);
		assert_int_equal(peer_next(&peer, &frame), 0);
		assert_true(WIFSIGNALED(peer_wait(&peer)));
	}
}

static void hanging_call_can_be_killed(void **state)
{
	struct peer peer;
	json_t *reply;

	(void)state;
	peer_start(&peer, "ping");
	peer_ready(&peer);
	peer_tell(&peer, 1, "{\"do\":\"loop\"}", 9000);
	/* The others go on. */
	peer_tell(&peer, 2, "{}", 9000);
	reply = peer_expect(&peer, FRAME_RETURN, 2, NULL);
	assert_int_equal(peer_code(reply), 0);
	json_decref(reply);
	peer_kill(&peer);
}

#ifndef MORTISE_SANITIZED
static void call_from_the_sandbox_fails(void **state)
{
	static const char *const refused[] = {"socket", "file", "thread", "shared", "growing"};
	struct peer peer;

	(void)state;
	peer_start(&peer, "ping");
	peer_ready(&peer);
	for (size_t i = 0; i < lengthof(refused); i++) {
		cleanup_free char *wish = xasprintf("{\"do\":\"outside\",\"how\":\"%s\"}", refused[i]);
		cleanup_json json_t *reply = NULL;

		peer_tell(&peer, i + 1, wish, 9000);
		reply = peer_expect(&peer, FRAME_RETURN, i + 1, NULL);
		if (peer_code(reply) != MORTISE_E_FORBIDDEN)
			fail_msg("a plugin got a %s", refused[i]);
	}
	peer_stop(&peer);
}

static void attempt_to_break_out_ends_the_process(void **state)
{
	static const char *const forbidden[] = {"write", "fork", "exec", "ptrace", "kill", "code",
		"handler",
#ifdef __x86_64__
		"int80", "x32",
#endif
	};

	(void)state;
	for (size_t i = 0; i < lengthof(forbidden); i++) {
		cleanup_free char *wish = xasprintf("{\"do\":\"outside\",\"how\":\"%s\"}", forbidden[i]);
		cleanup_frame struct frame frame = {0};
		struct peer peer;
		int status;

		peer_start(&peer, "ping");
		peer_ready(&peer);
		peer_tell(&peer, 1, wish, 9000);
		if (peer_next(&peer, &frame) != 0)
			fail_msg("%s: %s", forbidden[i], frame.json);
		status = peer_wait(&peer);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("%s: status %x", forbidden[i], status);
	}
}

static void constructor_can_write_nothing(void **state)
{
	struct peer peer;
	cleanup_frame struct frame frame = {0};
	int status;

	(void)state;
	peer_start(&peer, "constructor_writes");
	assert_int_equal(peer_next(&peer, &frame), 0);
	status = peer_wait(&peer);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}
#endif

static void local_time_works_in_the_sandbox(void **state)
{
	struct peer peer;
	json_t *reply;

	(void)state;
	peer_start(&peer, "ping");
	peer_ready(&peer);
	peer_tell(&peer, 1, "{\"do\":\"outside\",\"how\":\"time\"}", 9000);
	reply = peer_expect(&peer, FRAME_RETURN, 1, NULL);
	assert_int_equal(peer_code(reply), 0);
	json_decref(reply);
	peer_stop(&peer);
}

static void deepest_body_fits_the_stack(void **state)
{
	static const size_t depths[] = {2000, 100000};
	cleanup_json json_t *call = json_pack("{s:s,s:s,s:s,s:i,s:I,s:{}}", "provider", "ping",
		"callback", "webhook:stored", "scope", "integration", "deadline_ms", 9000, "now_ms",
		(json_int_t)1, "input");
	struct peer peer;

	(void)state;
	peer_start(&peer, "ping");
	peer_ready(&peer);
	for (size_t i = 0; i < lengthof(depths); i++) {
		cleanup_buf struct buf body = BUF(0);
		cleanup_json json_t *reply = NULL;

		for (size_t j = 0; j < depths[i]; j++)
			buf_add_text(&body, "[");
		for (size_t j = 0; j < depths[i]; j++)
			buf_add_text(&body, "]");
		peer_send_body(&peer, FRAME_CALL, i + 1, 0, call, buf_text(&body));
		reply = peer_expect(&peer, FRAME_RETURN, i + 1, NULL);
		assert_int_equal(peer_code(reply), i == 0 ? 0 : MORTISE_E_FIELD);
	}
	peer_stop(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_says_what_the_plugin_registers),
		cmocka_unit_test(reply_carries_output_and_effects),
		cmocka_unit_test(callback_result_becomes_the_reply),
		cmocka_unit_test(malformed_effect_travels_alone),
		cmocka_unit_test(rate_limit_carries_its_end),
		cmocka_unit_test(webhook_body_is_put_into_the_input),
		cmocka_unit_test(answers_find_their_calls),
		cmocka_unit_test(a_made_text_comes_back_from_its_question),
		cmocka_unit_test(upstream_body_is_json_or_bytes),
		cmocka_unit_test(cancelled_call_ends_its_wait),
		cmocka_unit_test(deadline_ends_the_wait),
		cmocka_unit_test(checkpoint_sends_its_effects_once),
		cmocka_unit_test(running_call_ends_before_the_host_does),
		cmocka_unit_test(crash_ends_the_process),
		cmocka_unit_test(broken_or_closed_socket_ends_the_process),
		cmocka_unit_test(wrong_plugin_is_refused_with_both_sides_named),
		cmocka_unit_test(crash_before_ready_ends_the_process),
		cmocka_unit_test(hanging_call_can_be_killed),
#ifndef MORTISE_SANITIZED
		cmocka_unit_test(call_from_the_sandbox_fails),
		cmocka_unit_test(attempt_to_break_out_ends_the_process),
		cmocka_unit_test(constructor_can_write_nothing),
#endif
		cmocka_unit_test(local_time_works_in_the_sandbox),
		cmocka_unit_test(deepest_body_fits_the_stack),
	};

	return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
