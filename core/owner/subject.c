/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/owner/subject.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/owner/frame.h"
#include "core/owner/pattern.h"
#include "core/owner/rule.h"

#define STEPS_MAX UINT64_C(1000000000) /* a few seconds */

static const char *text_of(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text && *text ? text : NULL;
}

static void note(json_t *set, const char *text)
{
	if (text)
		json_object_set_new(set, text, json_true());
}

static void take_frame(struct owner_subject *subject, const json_t *body, const json_t *frame)
{
	const char *platform = text_of(frame, "platform");
	const struct owner_frame known = {
		.platform = platform ? platform : text_of(body, "platform"),
		.sdk = text_of(json_object_get(body, "sdk"), "name"),
		.file = text_of(frame, "filename"),
		.abs_path = text_of(frame, "abs_path"),
		.module = text_of(frame, "module"),
		.package = text_of(frame, "package"),
	};
	cleanup_free char *munged = frame_munged_path(&known);

	note(subject->paths, known.file);
	note(subject->paths, known.abs_path);
	note(subject->paths, munged);
	note(subject->modules, known.module);
}

/* False if there are none. */
static bool take_frames(struct owner_subject *subject, const json_t *body, const json_t *holder)
{
	const json_t *frames = json_object_get(json_object_get(holder, "stacktrace"), "frames");
	const json_t *frame;
	size_t i;

	json_array_foreach(frames, i, frame)
		take_frame(subject, body, frame);
	return json_array_size(frames) > 0;
}

static void take_all_frames(struct owner_subject *subject, const json_t *body)
{
	const json_t *exceptions = json_object_get(json_object_get(body, "exception"), "values");
	const json_t *threads = json_object_get(json_object_get(body, "threads"), "values");
	const json_t *holder;
	bool found = false;
	size_t i;

	json_array_foreach(exceptions, i, holder)
		found = take_frames(subject, body, holder) || found;
	if (found || take_frames(subject, body, body))
		return;
	json_array_foreach(threads, i, holder)
		if (json_is_true(json_object_get(holder, "crashed")) ||
			json_is_true(json_object_get(holder, "current")))
			take_frames(subject, body, holder);
}

/* Those that were sent, and what is shown among them. */
static json_t *tags_of(const json_t *body)
{
	static const char *const shown[] = {"environment", "level", "logger", "release",
		"server_name", "transaction"};
	json_t *tags = json_array();

	json_array_extend(tags, json_object_get(body, "tags"));
	for (size_t i = 0; i < lengthof(shown); i++)
		if (text_of(body, shown[i]))
			json_array_append_new(tags, json_pack("[s, O]", shown[i],
				json_object_get(body, shown[i])));
	return tags;
}

void owner_subject_of_event(const json_t *body, struct owner_subject *ret_subject)
{
	*ret_subject = (struct owner_subject){
		.paths = json_object(),
		.modules = json_object(),
		.tags = tags_of(body),
		.url = xstrdup(text_of(json_object_get(body, "request"), "url")),
		.steps = STEPS_MAX,
	};
	take_all_frames(ret_subject, body);
}

void owner_subject_of_path(const char *path, struct owner_subject *ret_subject)
{
	*ret_subject = (struct owner_subject){
		.paths = json_object(),
		.modules = json_object(),
		.steps = STEPS_MAX,
	};
	note(ret_subject->paths, path);
}

void owner_subject_clear(struct owner_subject *subject)
{
	json_decref(subject->paths);
	json_decref(subject->modules);
	json_decref(subject->tags);
	free(subject->url);
	*subject = (struct owner_subject){0};
}

/* ---- Matching ---- */

typedef bool pattern_fn(const char *pattern, const char *text, uint64_t *steps);

static bool any_matches(json_t *set, const char *pattern, pattern_fn *matches, uint64_t *steps)
{
	const char *text;
	json_t *value;

	json_object_foreach(set, text, value)
		if (matches(pattern, text, steps))
			return true;
	return false;
}

static bool tag_matches(const json_t *tags, const char *name, const char *pattern,
	uint64_t *steps)
{
	const json_t *tag;
	size_t i;

	json_array_foreach(tags, i, tag) {
		const char *key = json_string_value(json_array_get(tag, 0));
		const char *value = json_string_value(json_array_get(tag, 1));

		if (key && value && strcmp(key, name) == 0 && pattern_matches(pattern, value, steps))
			return true;
	}
	return false;
}

bool owner_rule_matches(const struct owner_rules *rules, const struct owner_rule *rule,
	struct owner_subject *subject)
{
	const char *pattern = owner_rules_text(rules, rule->pattern);
	uint64_t *steps = &subject->steps;

	switch (rule->matcher) {
	case OWNER_MATCHER_PATH:
		return any_matches(subject->paths, pattern, pattern_matches, steps);
	case OWNER_MATCHER_CODEOWNERS:
		return any_matches(subject->paths, pattern, pattern_matches_path, steps);
	case OWNER_MATCHER_MODULE:
		return any_matches(subject->modules, pattern, pattern_matches, steps);
	case OWNER_MATCHER_URL:
		return subject->url && pattern_matches(pattern, subject->url, steps);
	case OWNER_MATCHER_TAG:
		return tag_matches(subject->tags, owner_rules_text(rules, rule->tag), pattern, steps);
	}
	return false;
}
