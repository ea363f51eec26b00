/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What an SDK sends, from the envelope to the hash.  Every payload lies in the
 * envelope, behind the one before; whatever event is in it, its canonical form is
 * bounded, is valid JSON, and has the same hash when it is brought into form again.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/base/err.h"
#include "core/base/foreign_json.h"
#include "core/ingest/describe.h"
#include "core/ingest/envelope.h"
#include "core/ingest/event_text.h"
#include "core/ingest/group.h"
#include "core/ingest/normalize.h"
#include "core/ingest/sender.h"

#define TEXT_MAX 2000

static const struct normalize_source source = {
	.event_id = "0123456789abcdef0123456789abcdef",
	.received_us = INT64_C(1800000000000000),
	.peer = "192.0.2.7",
};

static bool was_shortened(const json_t *body)
{
	cleanup_free char *text = json_dumps(body, JSON_COMPACT);

	return strstr(text, "frames_omitted") || strlen(text) > 4096;
}

static void check_text(const json_t *body)
{
	cleanup_free char *text = event_text(body, TEXT_MAX);

	HOLDS(strlen(text) <= TEXT_MAX && !strstr(text, "```"));
}

static void check_event(const json_t *raw)
{
	int64_t occurred_us;
	cleanup_json json_t *body = normalize(raw, &source, &occurred_us), *again = NULL;
	char hash[GROUP_HASH_SIZE], same[GROUP_HASH_SIZE];

	HOLDS(occurred_us <= source.received_us + NORMALIZE_FUTURE_US &&
		occurred_us >= source.received_us - NORMALIZE_PAST_US);
	describe(body);
	HOLDS(json_string_length(json_object_get(body, "title")) > 0 &&
		json_is_string(json_object_get(body, "culprit")));
	HOLDS(describe_weight(body) >= 0);
	group_hash(body, hash);
	check_text(body);
	again = normalize(body, &source, &occurred_us);
	describe(again);
	group_hash(again, same);
	HOLDS(was_shortened(body) || strcmp(hash, same) == 0);
}

static void check_item(const struct envelope_item *item)
{
	cleanup_free char *text = NULL;
	cleanup_json json_t *event = NULL;

	if (!foreign_json_fits(item->payload, item->size, 128, 50000))
		return;
	text = xmalloc(item->size + 1);
	memcpy(text, item->payload, item->size);
	text[item->size] = '\0';
	if (foreign_json_parse(text, item->size, &event, NULL) == 0 && json_is_object(event))
		check_event(event);
}

static void check_dsn(const struct envelope *envelope)
{
	const char *dsn = json_string_value(json_object_get(envelope->header, "dsn"));
	char key[PROJECT_KEY_SIZE];
	int64_t project;

	if (!dsn)
		return;
	if (sender_of_dsn(dsn, key, &project))
		HOLDS(project >= 0 && *key && strstr(dsn, key));
	if (sender_of_header(dsn, key))
		HOLDS(*key && strstr(dsn, key));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = size ? (const char *)data : "", *behind = text;
	cleanup_envelope struct envelope envelope = {0};
	cleanup_envelope_item struct envelope_item item = {0};
	cleanup_err struct err err = {0};
	int result = envelope_begin(&envelope, text, size, &err);

	if (result == 0)
		check_dsn(&envelope);
	while (result >= 0 && (result = envelope_next(&envelope, &item, &err)) == 1) {
		HOLDS(item.payload >= behind && item.size <= (size_t)(text + size - item.payload));
		behind = item.payload + item.size;
		check_item(&item);
	}
	HOLDS(result == 0 || (result == MORTISE_E_FIELD && *err_text(&err)));
	return 0;
}
