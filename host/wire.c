/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "host/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "host/lockdown.h"

void wire_init(struct wire *wire, int fd)
{
	wire->fd = fd;
	pthread_mutex_init(&wire->write_lock, NULL);
	frame_decoder_init(&wire->decoder, FRAME_FROM_CORE);
	wire->at = 0;
	wire->size = 0;
}

/* Take what was written off the parts. */
static void skip(struct msghdr *message, size_t size)
{
	while (message->msg_iovlen > 0 && size >= message->msg_iov->iov_len) {
		size -= message->msg_iov->iov_len;
		message->msg_iov++;
		message->msg_iovlen--;
	}
	if (message->msg_iovlen > 0) {
		message->msg_iov->iov_base = (char *)message->msg_iov->iov_base + size;
		message->msg_iov->iov_len -= size;
	}
}

static void write_all(int fd, struct iovec *parts, size_t len)
{
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = len};

	skip(&message, 0);
	while (message.msg_iovlen > 0) {
		ssize_t written = sendmsg(fd, &message, MSG_NOSIGNAL);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			_exit(HOST_EXIT_PEER);
		skip(&message, (size_t)written);
	}
}

int wire_send_text(struct wire *wire, enum frame_op op, uint64_t call, uint32_t seq,
	const struct buf *text, struct err *err)
{
	unsigned char header[FRAME_HEADER_SIZE];
	struct iovec parts[] = {{header, sizeof(header)}, {text->data, text->size}};
	/* One that failed is larger than any frame. */
	int ret = frame_header(header, op, call, seq, text->failed ? FRAME_MAX : text->size, 0, err);

	if (ret < 0)
		return ret;
	pthread_mutex_lock(&wire->write_lock);
	write_all(wire->fd, parts, lengthof(parts));
	pthread_mutex_unlock(&wire->write_lock);
	return 0;
}

int wire_send(struct wire *wire, enum frame_op op, uint64_t call, uint32_t seq,
	const json_t *json, struct err *err)
{
	cleanup_buf struct buf text = BUF(FRAME_MAX);

	if (json)
		frame_add_json(&text, json);
	return wire_send_text(wire, op, call, seq, &text, err);
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
