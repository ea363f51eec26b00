/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* A mortise-host started by a test, which plays mortised.  Each fails the test itself. */
#ifndef MORTISE_TESTS_UNIT_HOST_PEER_H
#define MORTISE_TESTS_UNIT_HOST_PEER_H

#include "tests/unit/unit.h"

#include <sys/types.h>

#include "core/frame/frame.h"

struct peer {
	pid_t pid;
	int fd;
	struct frame_decoder decoder;
	char bytes[4096];
	size_t at, size;
};

/* 'file' below the build folder. */
void peer_start_file(struct peer *peer, const char *file);
/* HELLO and READY. */
void peer_ready(struct peer *peer);
/* The next frame besides LACKING, which sanitizer builds send; 0 at the end of the stream. */
int peer_next(struct peer *peer, struct frame *ret_frame);
/* The next frame must be this one; its JSON. */
json_t *peer_expect(struct peer *peer, enum frame_op op, uint64_t call, uint32_t *ret_seq);
void peer_send_body(struct peer *peer, enum frame_op op, uint64_t call, uint32_t seq,
	const json_t *json, const char *body);
void peer_send(struct peer *peer, enum frame_op op, uint64_t call, uint32_t seq,
	json_t *json_take);
/* Its wait status. */
int peer_wait(struct peer *peer);
void peer_stop(struct peer *peer);
void peer_kill(struct peer *peer);

/* Of a RETURN: its code, and a text of it ("" if there is none). */
int64_t peer_code(const json_t *json);
const char *peer_text(const json_t *json, const char *name);

#endif
