/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/plugin_peer.h"

#include <stdio.h>

#include "core/base/err.h"
#include "core/base/mem.h"

int plugin_setup(void **state, const char *file, const char *provider)
{
	struct plugin *plugin = new(struct plugin);

	plugin->provider = provider;
	peer_start_file(&plugin->peer, file);
	peer_ready(&plugin->peer);
	*state = plugin;
	return 0;
}

int plugin_teardown(void **state)
{
	struct plugin *plugin = *state;

	peer_stop(&plugin->peer);
	json_decref(plugin->effects);
	json_decref(plugin->asked);
	json_decref(plugin->sent);
	json_decref(plugin->reply);
	free(plugin);
	return 0;
}

/* "GET /repos/acme/shop/hooks?page=2" of an http question; parameters in their place. */
static char *describe(const json_t *question)
{
	const char *op = peer_text(question, "op");
	char *text;
	const char *name;
	json_t *value;

	if (strcmp(op, "read") == 0)
		return xasprintf("read %s", peer_text(question, "what"));
	if (strcmp(op, "http") != 0)
		return xstrdup(op);
	text = xasprintf("%s %s", peer_text(question, "method"), peer_text(question, "path"));
	json_object_foreach(json_object_get(question, "params"), name, value) {
		cleanup_free char *number = json_is_integer(value) ?
			xasprintf("%lld", (long long)json_integer_value(value)) : NULL;
		const char *filled = number ? number : json_string_value(value);
		char *open = strchr(text, '{');
		char *close = strchr(text, '}');
		char *made;

		assert_true(open && close && strncmp(open + 1, name, strlen(name)) == 0);
		made = xasprintf("%.*s%s%s", (int)(open - text), text, filled, close + 1);
		free(text);
		text = made;
	}
	return text;
}

static void reply_to(struct plugin *plugin, uint64_t call, uint32_t seq, const json_t *question,
	const struct answer *answer)
{
	cleanup_json json_t *json = json_pack("{s:i}", "code", answer ? answer->code : 0);

	if (strcmp(peer_text(question, "op"), "checkpoint") == 0) {
		json_array_extend(plugin->effects, json_object_get(question, "effects"));
		json_object_set_new(json, "deadline_ms", json_integer(9000));
	}
	if (answer && answer->code == 0 && answer->status != 0) {
		json_object_set_new(json, "status", json_integer(answer->status));
		json_object_set_new(json, "headers", json_pack("{s:s*, s:s*}", "link", answer->link,
			"retry-after", answer->retry_after));
		peer_send_body(&plugin->peer, FRAME_ANSWER, call, seq, json, answer->body);
		return;
	}
	if (answer && answer->body)
		json_object_set_new(json, "value", json_loads(answer->body, JSON_DECODE_ANY, NULL));
	peer_send_body(&plugin->peer, FRAME_ANSWER, call, seq, json, NULL);
}

static const struct answer *take_answer(const struct answer *answers, const char *ask, size_t nth)
{
	for (; answers && answers->ask; answers++)
		if (strcmp(answers->ask, ask) == 0 && (answers->always || nth-- == 0))
			return answers;
	return NULL;
}

size_t count_asked(const struct plugin *plugin, const char *ask)
{
	json_t *item;
	size_t i, count = 0;

	json_array_foreach(plugin->asked, i, item)
		count += strcmp(json_string_value(item), ask) == 0;
	return count;
}

static void serve_ask(struct plugin *plugin, const struct frame *frame,
	const struct answer *answers)
{
	static const struct answer nothing_cached = {.code = MORTISE_E_NOT_FOUND};
	cleanup_err struct err err = {0};
	cleanup_json json_t *question = NULL;
	cleanup_free char *ask = NULL;
	const struct answer *answer;

	assert_int_equal(frame_parse(frame, &question, &err), 0);
	ask = describe(question);
	answer = take_answer(answers, ask, count_asked(plugin, ask));
	json_array_append_new(plugin->asked, json_string(ask));
	json_array_append(plugin->sent, question);
	if (!answer && strcmp(ask, "checkpoint") != 0 && strncmp(ask, "cache_", 6) != 0)
		fail_msg("nobody expected: %s", ask);
	if (!answer && strcmp(ask, "cache_get") == 0)
		answer = &nothing_cached;
	reply_to(plugin, frame->call, frame->seq, question, answer);
}

int64_t run(void **state, const char *callback, const char *scope, json_t *input_take,
	const char *body, const struct answer *answers)
{
	struct plugin *plugin = *state;
	cleanup_json json_t *call = json_pack("{s:s,s:s,s:s,s:i,s:I,s:o}", "provider",
		plugin->provider, "callback", callback, "scope", scope, "deadline_ms", 20000, "now_ms",
		(json_int_t)NOW_MS, "input", input_take);
	uint64_t number = ++plugin->calls;

	json_decref(plugin->effects);
	json_decref(plugin->asked);
	json_decref(plugin->sent);
	json_decref(plugin->reply);
	plugin->effects = json_array();
	plugin->asked = json_array();
	plugin->sent = json_array();
	plugin->reply = NULL;
	peer_send_body(&plugin->peer, FRAME_CALL, number, 0, call, body);
	while (!plugin->reply) {
		cleanup_err struct err err = {0};
		cleanup_frame struct frame frame = {0};

		assert_int_equal(peer_next(&plugin->peer, &frame), 1);
		if (frame.op == FRAME_ASK)
			serve_ask(plugin, &frame, answers);
		else if (frame.op == FRAME_RETURN)
			assert_int_equal(frame_parse(&frame, &plugin->reply, &err), 0);
	}
	json_array_extend(plugin->effects, json_object_get(plugin->reply, "effects"));
	return peer_code(plugin->reply);
}

int64_t hook(void **state, const char *event, const char *body,
	const struct answer *answers)
{
	return run(state, "webhook:webhook", strcmp(event, "installation") == 0 ? "subject" : "integration",
		json_pack("{s:s, s:s}", "webhook", "webhook", "event", event), body, answers);
}

const json_t *effect(void **state, size_t i)
{
	const struct plugin *plugin = *state;

	return json_array_get(plugin->effects, i);
}

size_t effect_len(void **state)
{
	const struct plugin *plugin = *state;

	return json_array_size(plugin->effects);
}

const json_t *output(void **state)
{
	const struct plugin *plugin = *state;

	return json_object_get(plugin->reply, "output");
}

const char *why(void **state)
{
	const struct plugin *plugin = *state;

	return peer_text(plugin->reply, "text");
}

const json_t *sent_question(void **state, const char *ask, size_t nth)
{
	const struct plugin *plugin = *state;
	json_t *item;
	size_t i;

	json_array_foreach(plugin->asked, i, item)
		if (strcmp(json_string_value(item), ask) == 0 && nth-- == 0)
			return json_array_get(plugin->sent, i);
	return NULL;
}

const json_t *sent_body(void **state, const char *ask, size_t nth)
{
	return json_object_get(sent_question(state, ask, nth), "body");
}
