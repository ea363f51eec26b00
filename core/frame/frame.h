/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Frames: what mortised and a mortise-host say to each other over one stream
 * socket.  A header, JSON, and raw bytes behind it.
 *
 *   u32 json_size  u32 body_size  u64 call  u32 seq  u16 op  u16 flags   little-endian
 *
 *   LACKING {"lacking":["landlock"]}: pieces of the sandbox that the kernel does not have;
 *           sent only if there are any, before the plugin's code runs
 *   HELLO   {"plugin","version","license","abi":[0,1],"providers":[…]}, see
 *           registration_fields.h; READY follows at once
 *   CALL    {"provider","callback","input","scope":"integration","external_id",
 *           "deadline_ms": from now on,"now_ms"}; a webhook's JSON is the raw body, which
 *           the host puts in as input.body
 *   RETURN  {"code":0,"output":{},"effects":[{"type":"commit",…}]}, or
 *           {"code":-2,"text","fields"?,"retry_at_ms"?}
 *   ASK     {"op":"read","what","args"} · {"op":"http","upstream","method","path","params"?,
 *           "query"?,"headers"?,"body"?,"credentials"?,"once"?,"flags","timeout_ms"} ·
 *           {"op":"checkpoint","effects":[],"cursor": any or null} ·
 *           {"op":"once_settle","once","answer"} · {"op":"once_clear","once"} ·
 *           {"op":"cache_get","key"} · {"op":"cache_put","key","value","life_ms"}
 *   ANSWER  {"code":0,"value"?}; to http {"code":0,"status","headers","replayed"?} with the
 *           upstream's bytes as raw body; to checkpoint {"code":0,"deadline_ms": from now on};
 *           a failure {"code","text","retry_at_ms"?}
 *
 * The decoder takes bytes as they come and checks each bound before it allocates;
 * what it holds for a frame grows with the bytes that came, not with what a header
 * promises.  JSON is left as text: the thread that waits for the frame parses it.
 * Any thread; a decoder belongs to one thread at a time.
 */
#ifndef MORTISE_FRAME_FRAME_H
#define MORTISE_FRAME_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/buf.h"

struct err;

#define FRAME_HEADER_SIZE 24
#define FRAME_MAX ((size_t)32 << 20)   /* header, JSON and body together */
/* Of what a host sends: its largest reply, 8 MiB of effects, and some output. */
#define FRAME_FROM_HOST_MAX ((size_t)9 << 20)
/* A value takes up to 200 bytes of memory when it is parsed, and as little as two on the
 * wire; this is what a host may make of that. */
#define FRAME_VALUES_MAX 250000

enum frame_op {
	FRAME_HELLO = 1,       /* host: what the plugin registered */
	FRAME_READY = 2,       /* host: takes calls from here on */
	FRAME_REFUSED = 3,     /* host: {"reason"}; it ends itself */
	FRAME_CALL = 4,        /* core: run a callback */
	FRAME_RETURN = 5,      /* host: the end of a call */
	FRAME_ASK = 6,         /* host: a call wants something; seq numbers the ask */
	FRAME_ANSWER = 7,      /* core: to the ask of this call and seq */
	FRAME_CANCEL = 8,      /* core: nobody waits for this call any more */
	FRAME_LOG = 9,         /* host: {"level","event","fields"} */
	FRAME_STOP = 10,       /* core: unload and end */
	FRAME_LACKING = 11,    /* host: the sandbox is not whole */
};

enum frame_side { FRAME_FROM_CORE, FRAME_FROM_HOST };

struct frame {
	uint64_t call;
	uint32_t seq;
	uint16_t op;           /* enum frame_op */
	char *json;            /* owned, NUL-terminated; may be empty */
	size_t json_size;
	char *body;            /* inside json's allocation, NUL-terminated; "" if none */
	size_t body_size;
};

void frame_clear(struct frame *frame);
#define cleanup_frame __attribute__((__cleanup__(frame_clear)))
/* "CALL", or "?" for an unknown operation. */
const char *frame_op_name(int op);

/* The JSON of a frame: always an object, an empty text is {}.  E_INTERNAL for
 * anything else, and for an object with a name twice; E_LIMIT for too many values from
 * a host. */
int frame_parse(const struct frame *frame, json_t **ret_json, struct err *err);

struct frame_decoder {
	enum frame_side from;              /* only its operations are accepted */
	unsigned char header[FRAME_HEADER_SIZE];
	size_t header_size;                /* bytes of the header so far */
	struct frame frame;                /* once the header is complete */
	size_t size, capacity;             /* of the content so far */
	size_t wanted;                     /* content of the frame */
};

void frame_decoder_init(struct frame_decoder *decoder, enum frame_side from);
void frame_decoder_done(struct frame_decoder *decoder);
/* Take bytes up to the end of one frame; '*ret_used' of them were taken.  1: a frame
 * is complete and moves to '*ret_frame'; feed the rest again.  0: more is needed.
 * E_LIMIT or E_INTERNAL: the peer is broken, close it. */
int frame_decoder_feed(struct frame_decoder *decoder, const void *data, size_t size,
	size_t *ret_used, struct frame *ret_frame, struct err *err);
/* Has part of a frame come?  Then the end of the stream is a fault. */
int frame_decoder_is_partial(const struct frame_decoder *decoder);

/* The header of a frame that is sent in parts.  E_LIMIT if the whole would be larger than
 * its operation may be. */
int frame_header(unsigned char ret_header[FRAME_HEADER_SIZE], enum frame_op op, uint64_t call,
	uint32_t seq, size_t json_size, size_t body_size, struct err *err);
/* Append 'json' as it stands in a frame; what cannot be written marks 'buf' as failed. */
void frame_add_json(struct buf *buf, const json_t *json);
/* Append a frame to 'buf', whose bound must leave room.  'json' may be NULL.  E_LIMIT
 * if it is larger than FRAME_MAX or the buffer's bound; then nothing is appended. */
int frame_encode(struct buf *buf, enum frame_op op, uint64_t call, uint32_t seq,
	const json_t *json, const void *body, size_t body_size, struct err *err);

#endif
