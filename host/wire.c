/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "host/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/err.h"
#include "host/lockdown.h"

void wire_init(struct wire *wire, int fd)
{
	wire->fd = fd;
	pthread_mutex_init(&wire->write_lock, NULL);
	frame_decoder_init(&wire->decoder, FRAME_FROM_CORE);
	wire->at = 0;
	wire->size = 0;
}

static void write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t written = send(fd, data, size, MSG_NOSIGNAL);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			_exit(HOST_EXIT_PEER);
		data += written;
		size -= (size_t)written;
	}
}

int wire_send(struct wire *wire, enum frame_op op, uint64_t call, uint32_t seq,
	const json_t *json, struct err *err)
{
	cleanup_buf struct buf buf = BUF(FRAME_MAX);
	int ret = frame_encode(&buf, op, call, seq, json, NULL, 0, err);

	if (ret < 0)
		return ret;
	pthread_mutex_lock(&wire->write_lock);
	write_all(wire->fd, buf.data, buf.size);
	pthread_mutex_unlock(&wire->write_lock);
	return 0;
}

static int fill(struct wire *wire, struct err *err)
{
	ssize_t size;

	do
		size = read(wire->fd, wire->bytes, sizeof(wire->bytes));
	while (size < 0 && errno == EINTR);
	if (size < 0 && errno != ECONNRESET)
		return err_set(err, MORTISE_E_INTERNAL, "read from mortised: %s", strerror(errno));
	if (size <= 0 && frame_decoder_is_partial(&wire->decoder))
		return err_set(err, MORTISE_E_INTERNAL, "mortised closed in the middle of a frame");
	wire->at = 0;
	wire->size = size > 0 ? (size_t)size : 0;
	return size > 0;
}

int wire_next(struct wire *wire, struct frame *ret_frame, struct err *err)
{
	for (;;) {
		size_t used = 0;
		int ret;

		if (wire->at == wire->size) {
			ret = fill(wire, err);
			if (ret <= 0)
				return ret;
		}
		ret = frame_decoder_feed(&wire->decoder, wire->bytes + wire->at,
			wire->size - wire->at, &used, ret_frame, err);
		if (ret < 0)
			return ret;
		wire->at += used;
		if (ret == 1)
			return 1;
	}
}
