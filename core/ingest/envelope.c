/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/ingest/envelope.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/foreign_json.h"
#include "core/base/mem.h"

#define HEADER_DEPTH 8
#define HEADER_VALUES 500

/* The end of the line that begins at 'at'. */
static const char *line_end(const struct envelope *envelope, const char *at)
{
	const char *end = memchr(at, '\n', (size_t)(envelope->end - at));

	return end ? end : envelope->end;
}

static int refuse(const struct envelope *envelope, struct err *err, const char *what)
{
	return err_set(err, MORTISE_E_FIELD, "the envelope is malformed at byte %zu: %s",
		(size_t)(envelope->at - envelope->start), what);
}

/* The header at the current line, which is left behind. */
static int take_header(struct envelope *envelope, json_t **ret_header, struct err *err)
{
	const char *end = line_end(envelope, envelope->at);
	size_t size = (size_t)(end - envelope->at);
	cleanup_free char *line = NULL;
	json_t *header;

	if (size > ENVELOPE_HEADER_MAX ||
		!foreign_json_fits(envelope->at, size, HEADER_DEPTH, HEADER_VALUES))
		return refuse(envelope, err, "this header is too large");
	/* The parser wants a NUL behind it; one may stand within it, too. */
	line = xmalloc(size + 1);
	memcpy(line, envelope->at, size);
	line[size] = '\0';
	if (foreign_json_parse(line, size, &header, NULL) < 0)
		return refuse(envelope, err, "a header must be one line of JSON");
	if (!json_is_object(header)) {
		json_decref(header);
		return refuse(envelope, err, "a header must be a JSON object");
	}
	envelope->at = end < envelope->end ? end + 1 : end;
	*ret_header = header;
	return 0;
}

int envelope_begin(struct envelope *envelope, const char *data, size_t size, struct err *err)
{
	*envelope = (struct envelope){.start = data, .at = data, .end = data + size};
	return take_header(envelope, &envelope->header, err);
}

static int take_payload(struct envelope *envelope, struct envelope_item *item, struct err *err)
{
	const json_t *length = json_object_get(item->header, "length");
	size_t left = (size_t)(envelope->end - envelope->at);

	item->payload = envelope->at;
	item->size = (size_t)(line_end(envelope, envelope->at) - envelope->at);
	if (length) {
		json_int_t size = json_is_integer(length) ? json_integer_value(length) : -1;

		if (size < 0 || (uint64_t)size > left)
			return refuse(envelope, err,
				"the item's length is not that of what follows");
		item->size = (size_t)size;
	}
	envelope->at += item->size;
	if (envelope->at < envelope->end && *envelope->at++ != '\n')
		return refuse(envelope, err, "the item is longer than its length says");
	return 0;
}

int envelope_next(struct envelope *envelope, struct envelope_item *item, struct err *err)
{
	int result;

	envelope_item_clear(item);
	while (envelope->at < envelope->end && *envelope->at == '\n')
		envelope->at++;
	if (envelope->at == envelope->end)
		return 0;
	result = take_header(envelope, &item->header, err);
	if (result < 0)
		return result;
	item->type = json_string_value(json_object_get(item->header, "type"));
	if (!item->type)
		return refuse(envelope, err, "the item's header names no type");
	result = take_payload(envelope, item, err);
	return result < 0 ? result : 1;
}

void envelope_item_clear(struct envelope_item *item)
{
	json_decref(item->header);
	*item = (struct envelope_item){0};
}

void envelope_end(struct envelope *envelope)
{
	json_decref(envelope->header);
	*envelope = (struct envelope){0};
}
