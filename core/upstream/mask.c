/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/upstream/mask.h"

#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/egress/egress.h"
#include "core/upstream/template.h"

/* Shorter ones stand in answers by chance. */
#define SECRET_MIN 8
#define ENCODED_MAX ((size_t)256 * 1024)

static void blot(char *text, size_t size, const char *form, size_t len)
{
	char *end = text + size;

	while ((text = memmem(text, (size_t)(end - text), form, len))) {
		memset(text, '*', len);
		text += len;
	}
}

static void blot_answer(struct egress_answer *answer, const char *form, size_t len)
{
	if (answer->body)
		blot(answer->body, answer->size, form, len);
	for (struct egress_header *header = answer->headers; header && header->name; header++) {
		char *value = (char *)(uintptr_t)header->value;

		blot(value, strlen(value), form, len);
	}
}

static void blot_percent(struct egress_answer *answer, const char *secret)
{
	struct buf encoded = BUF(ENCODED_MAX);

	template_encode(&encoded, secret, "");
	if (!encoded.failed)
		blot_answer(answer, buf_text(&encoded), encoded.size);
	sodium_memzero(encoded.data, encoded.capacity);
	buf_clear(&encoded);
}

/* As it stands between the quotes of a JSON string. */
static void blot_json(struct egress_answer *answer, const char *secret, size_t flags)
{
	cleanup_json json_t *value = json_string(secret);
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | flags) : NULL;

	if (!text)
		return;
	blot_answer(answer, text + 1, strlen(text) - 2);
	sodium_memzero(text, strlen(text));
	free(text);
}

void answer_mask(struct egress_answer *answer, const char *secret)
{
	if (!secret || strlen(secret) < SECRET_MIN)
		return;
	blot_answer(answer, secret, strlen(secret));
	blot_percent(answer, secret);
	blot_json(answer, secret, 0);
	blot_json(answer, secret, JSON_ESCAPE_SLASH);
	blot_json(answer, secret, JSON_ENSURE_ASCII);
	blot_json(answer, secret, JSON_ESCAPE_SLASH | JSON_ENSURE_ASCII);
}
