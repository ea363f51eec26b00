/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/frame/frame.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/json_read.h"
#include "core/base/mem.h"

#define FIRST_CAPACITY 4096
#define SMALL_MAX ((size_t)64 << 10)
#define SET_MAX ((size_t)2 << 20)              /* all that a plugin registers */

/* Who may send which operation, how large it may be, and whether raw bytes may follow
 * its JSON. */
static const struct operation {
	const char *name;
	enum frame_side from;
	size_t max;
	bool has_body;
} operations[] = {
	[FRAME_HELLO] = {"HELLO", FRAME_FROM_HOST, SET_MAX, false},
	[FRAME_READY] = {"READY", FRAME_FROM_HOST, FRAME_HEADER_SIZE, false},
	[FRAME_REFUSED] = {"REFUSED", FRAME_FROM_HOST, SMALL_MAX, false},
	[FRAME_CALL] = {"CALL", FRAME_FROM_CORE, FRAME_MAX, true},
	[FRAME_RETURN] = {"RETURN", FRAME_FROM_HOST, FRAME_FROM_HOST_MAX, false},
	[FRAME_ASK] = {"ASK", FRAME_FROM_HOST, FRAME_FROM_HOST_MAX, false},
	[FRAME_ANSWER] = {"ANSWER", FRAME_FROM_CORE, FRAME_MAX, true},
	[FRAME_CANCEL] = {"CANCEL", FRAME_FROM_CORE, FRAME_HEADER_SIZE, false},
	[FRAME_LOG] = {"LOG", FRAME_FROM_HOST, SMALL_MAX, false},
	[FRAME_STOP] = {"STOP", FRAME_FROM_CORE, FRAME_HEADER_SIZE, false},
	[FRAME_LACKING] = {"LACKING", FRAME_FROM_HOST, SMALL_MAX, false},
};

static const struct operation *operation_of(int op)
{
	if (op < 0 || (size_t)op >= lengthof(operations) || !operations[op].name)
		return NULL;
	return &operations[op];
}

const char *frame_op_name(int op)
{
	const struct operation *operation = operation_of(op);

	return operation ? operation->name : "?";
}

void frame_clear(struct frame *frame)
{
	free(frame->json);
	*frame = (struct frame){0};
}

/* Are there more than FRAME_VALUES_MAX values in it?  Each stands behind one of four
 * characters, or is the first. */
static bool has_too_many_values(const char *json, size_t size)
{
	size_t values = 1;
	bool in_string = false;

	/* The shortest value and what separates it are two bytes. */
	if (size / 2 < FRAME_VALUES_MAX)
		return false;
	for (size_t i = 0; i < size && values <= FRAME_VALUES_MAX; i++) {
		if (json[i] == '"')
			in_string = !in_string;
		else if (in_string)
			i += json[i] == '\\';
		else
			values += json[i] == ',' || json[i] == '[' || json[i] == '{' || json[i] == ':';
	}
	return values > FRAME_VALUES_MAX;
}

int frame_parse(const struct frame *frame, json_t **ret_json, struct err *err)
{
	json_error_t problem;
	json_t *json;

	if (operation_of(frame->op)->from == FRAME_FROM_HOST &&
		has_too_many_values(frame->json, frame->json_size))
		return err_set(err, MORTISE_E_LIMIT, "frame %s has more than %d JSON values: use "
			"checkpoint in between", frame_op_name(frame->op), FRAME_VALUES_MAX);
	if (frame->json_size == 0) {
		*ret_json = json_object();
		return 0;
	}
	json = json_read(frame->json, frame->json_size, JSON_REJECT_DUPLICATES, &problem);
	if (!json)
		return err_set(err, MORTISE_E_INTERNAL, "frame %s is not JSON: %s",
			frame_op_name(frame->op), problem.text);
	if (!json_is_object(json)) {
		json_decref(json);
		return err_set(err, MORTISE_E_INTERNAL, "frame %s is not a JSON object",
			frame_op_name(frame->op));
	}
	*ret_json = json;
	return 0;
}

/* ---- Numbers on the wire ---- */

static uint64_t get_number(const unsigned char *from, size_t size)
{
	uint64_t value = 0;

	for (size_t i = size; i-- > 0;)
		value = value << 8 | from[i];
	return value;
}

static void put_number(unsigned char *to, size_t size, uint64_t value)
{
	for (size_t i = 0; i < size; i++, value >>= 8)
		to[i] = (unsigned char)value;
}

/* ---- Decoder ---- */

void frame_decoder_init(struct frame_decoder *decoder, enum frame_side from)
{
	*decoder = (struct frame_decoder){.from = from};
}

void frame_decoder_done(struct frame_decoder *decoder)
{
	frame_clear(&decoder->frame);
	*decoder = (struct frame_decoder){.from = decoder->from};
}

int frame_decoder_is_partial(const struct frame_decoder *decoder)
{
	return decoder->header_size > 0;
}

/* The header is complete: check it before anything is allocated for the rest. */
static int read_header(struct frame_decoder *decoder, struct err *err)
{
	const unsigned char *header = decoder->header;
	size_t json_size = get_number(header, 4);
	size_t body_size = get_number(header + 4, 4);
	const struct operation *operation;

	decoder->frame.call = get_number(header + 8, 8);
	decoder->frame.seq = (uint32_t)get_number(header + 16, 4);
	decoder->frame.op = (uint16_t)get_number(header + 20, 2);
	operation = operation_of(decoder->frame.op);
	if (!operation || operation->from != decoder->from)
		return err_set(err, MORTISE_E_INTERNAL, "frame with operation %d, which this side never sends",
			decoder->frame.op);
	if (get_number(header + 22, 2) != 0)
		return err_set(err, MORTISE_E_INTERNAL, "frame %s with unknown flags", operation->name);
	if (body_size > 0 && !operation->has_body)
		return err_set(err, MORTISE_E_INTERNAL, "frame %s with a body", operation->name);
	if (json_size > operation->max - FRAME_HEADER_SIZE ||
		body_size > operation->max - FRAME_HEADER_SIZE - json_size)
		return err_set(err, MORTISE_E_LIMIT, "frame %s of %zu bytes is over the limit of %zu",
			operation->name, json_size + body_size, operation->max);
	decoder->frame.json_size = json_size;
	decoder->frame.body_size = body_size;
	decoder->wanted = json_size + body_size;
	return 0;
}

/* Room for 'more' bytes of content; two bytes behind stay free for the NULs. */
static int reserve(struct frame_decoder *decoder, size_t more, struct err *err)
{
	size_t needed = decoder->size + more + 2;
	size_t capacity = decoder->capacity ? decoder->capacity : FIRST_CAPACITY;
	char *grown;

	if (needed <= decoder->capacity)
		return 0;
	while (capacity < needed)
		capacity *= 2;
	grown = realloc(decoder->frame.json, capacity);
	if (!grown)
		return err_set(err, MORTISE_E_LIMIT, "no memory for a frame of %zu bytes", decoder->wanted);
	decoder->frame.json = grown;
	decoder->capacity = capacity;
	return 0;
}

/* Put a NUL behind JSON and body, and hand the frame over. */
static void finish(struct frame_decoder *decoder, struct frame *ret_frame)
{
	struct frame *frame = &decoder->frame;

	memmove(frame->json + frame->json_size + 1, frame->json + frame->json_size, frame->body_size);
	frame->json[frame->json_size] = '\0';
	frame->body = frame->json + frame->json_size + 1;
	frame->body[frame->body_size] = '\0';
	*ret_frame = *frame;
	*decoder = (struct frame_decoder){.from = decoder->from};
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

int frame_decoder_feed(struct frame_decoder *decoder, const void *data, size_t size,
	size_t *ret_used, struct frame *ret_frame, struct err *err)
{
	const unsigned char *bytes = data;
	size_t used = 0;
	size_t part;
	int ret;

	if (decoder->header_size < FRAME_HEADER_SIZE) {
		used = smaller(size, FRAME_HEADER_SIZE - decoder->header_size);
		memcpy(decoder->header + decoder->header_size, bytes, used);
		decoder->header_size += used;
		if (decoder->header_size < FRAME_HEADER_SIZE) {
			*ret_used = used;
			return 0;
		}
		ret = read_header(decoder, err);
		if (ret < 0)
			return ret;
	}
	part = smaller(size - used, decoder->wanted - decoder->size);
	if (reserve(decoder, part, err) < 0)
		return MORTISE_E_LIMIT;
	memcpy(decoder->frame.json + decoder->size, bytes + used, part);
	decoder->size += part;
	*ret_used = used + part;
	if (decoder->size < decoder->wanted)
		return 0;
	finish(decoder, ret_frame);
	return 1;
}

/* ---- Encoder ---- */

static int dump_part(const char *part, size_t size, void *arg)
{
	struct buf *buf = arg;

	buf_add(buf, part, size);
	return buf->failed ? -1 : 0;
}

void frame_add_json(struct buf *buf, const json_t *json)
{
	if (json_dump_callback(json, dump_part, buf, JSON_COMPACT | JSON_ENCODE_ANY) < 0)
		buf->failed = true;
}

static int refuse_size(enum frame_op op, struct err *err)
{
	return err_set(err, MORTISE_E_LIMIT, "a frame %s would be over the limit of %zu bytes",
		frame_op_name(op), operation_of((int)op)->max);
}

int frame_header(unsigned char ret_header[FRAME_HEADER_SIZE], enum frame_op op, uint64_t call,
	uint32_t seq, size_t json_size, size_t body_size, struct err *err)
{
	size_t max = operation_of((int)op)->max - FRAME_HEADER_SIZE;

	if (json_size > max || body_size > max - json_size)
		return refuse_size(op, err);
	put_number(ret_header, 4, json_size);
	put_number(ret_header + 4, 4, body_size);
	put_number(ret_header + 8, 8, call);
	put_number(ret_header + 16, 4, seq);
	put_number(ret_header + 20, 2, (uint64_t)op);
	put_number(ret_header + 22, 2, 0);
	return 0;
}

int frame_encode(struct buf *buf, enum frame_op op, uint64_t call, uint32_t seq,
	const json_t *json, const void *body, size_t body_size, struct err *err)
{
	unsigned char header[FRAME_HEADER_SIZE] = {0};
	size_t start = buf->size, json_size;
	int result;

	buf_add(buf, header, sizeof(header));
	if (json)
		frame_add_json(buf, json);
	json_size = buf->size - start - FRAME_HEADER_SIZE;
	if (body_size > 0)
		buf_add(buf, body, body_size);
	result = buf->failed ? refuse_size(op, err) :
		frame_header(header, op, call, seq, json_size, body_size, err);
	if (result < 0) {
		buf->size = start;
		buf->failed = false;
		return result;
	}
	memcpy(buf->data + start, header, sizeof(header));
	return 0;
}
