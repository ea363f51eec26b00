/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The host's end of the socket to mortised.  One thread, the main one, reads;
 * any thread writes, one frame at a time.
 */
#ifndef MORTISE_HOST_WIRE_H
#define MORTISE_HOST_WIRE_H

#include <pthread.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/buf.h"
#include "core/frame/frame.h"

struct err;

#define WIRE_READ_SIZE 65536

struct wire {
	int fd;
	pthread_mutex_t write_lock;        /* one frame at a time */
	/* Main thread only: */
	struct frame_decoder decoder;
	size_t at, size;                   /* what is left in 'bytes' */
	char bytes[WIRE_READ_SIZE];
};

void wire_init(struct wire *wire, int fd);
/* Send a frame, whole.  E_LIMIT if it would be too large, and nothing was sent.  A peer
 * that is gone ends the process: nobody is left to work for. */
int wire_send(struct wire *wire, enum frame_op op, uint64_t call, uint32_t seq,
	const json_t *json, struct err *err);
/* The same with JSON that is text already; E_LIMIT also for a buffer that failed. */
int wire_send_text(struct wire *wire, enum frame_op op, uint64_t call, uint32_t seq,
	const struct buf *text, struct err *err);
/* Wait for the next frame.  1: a frame; 0: the peer closed; negative: it is broken. */
int wire_next(struct wire *wire, struct frame *ret_frame, struct err *err);

#endif
