/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/provider/recording.h"

#include <stdbool.h>
#include <string.h>

#include <mortise/plugin.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

/* Shorter ones stand in texts by chance; only a text that is one is masked. */
#define PART_MIN 8

static void collect_effects(const json_t *effects, json_t *secrets)
{
	json_t *effect, *secret;
	const char *name;
	size_t i;

	json_array_foreach(effects, i, effect) {
		const char *type = json_string_value(json_object_get(effect, "type"));

		if (!type || strcmp(type, MORTISE_EFFECT_INTEGRATION_PUT) != 0)
			continue;
		/* A copy: the effect's own text is masked while the list is still used. */
		json_object_foreach(json_object_get(effect, "secrets"), name, secret)
			if (json_is_string(secret))
				json_array_append_new(secrets, json_deep_copy(secret));
	}
}

/* A text that was made for the plugin, and that somebody else could use. */
static void collect_made(const json_t *item, json_t *secrets)
{
	const char *op = json_string_value(json_object_get(json_object_get(item, "ask"), "op"));
	const json_t *value = json_object_get(json_object_get(item, "answer"), "value");

	if (op && json_is_string(value) &&
		(strcmp(op, "jwt_sign") == 0 || strcmp(op, "reference_make") == 0))
		json_array_append_new(secrets, json_deep_copy(value));
}

/* Those of the reply and of each checkpoint, and those that were made. */
static json_t *collect(const json_t *call)
{
	json_t *secrets = json_array();
	json_t *item;
	size_t i;

	collect_effects(json_object_get(json_object_get(call, "expect"), "effects"), secrets);
	json_array_foreach(json_object_get(call, "asks"), i, item) {
		collect_effects(json_object_get(json_object_get(item, "ask"), "effects"), secrets);
		collect_made(item, secrets);
	}
	return secrets;
}

static void mask_text(json_t *value, const char *secret)
{
	const char *text = json_string_value(value), *at;
	cleanup_buf struct buf masked = BUF(0);

	if (strcmp(text, secret) == 0) {
		json_string_set(value, NOT_RECORDED);
		return;
	}
	if (strlen(secret) < PART_MIN || !strstr(text, secret))
		return;
	for (; (at = strstr(text, secret)); text = at + strlen(secret))
		buf_printf(&masked, "%.*s" NOT_RECORDED, (int)(at - text), text);
	buf_printf(&masked, "%s", text);
	json_string_set(value, buf_text(&masked));
}

static void mask(json_t *value, const json_t *secrets)
{
	json_t *inner, *secret;
	const char *name;
	size_t i;

	if (json_is_string(value))
		json_array_foreach(secrets, i, secret)
			mask_text(value, json_string_value(secret));
	json_array_foreach(value, i, inner)
		mask(inner, secrets);
	json_object_foreach(value, name, inner)
		mask(inner, secrets);
}

void recording_mask(json_t *call)
{
	cleanup_json json_t *secrets = collect(call);

	if (json_array_size(secrets) > 0)
		mask(call, secrets);
}
