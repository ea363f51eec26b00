/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/host_peer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"

#define WAIT_MS 20000

static char *built(const char *path)
{
	const char *builddir = getenv("builddir");

	return xasprintf("%s/%s", builddir ? builddir : ".", path);
}

void peer_start_file(struct peer *peer, const char *file)
{
	cleanup_free char *host = built("mortise-host");
	cleanup_free char *plugin = built(file);
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	*peer = (struct peer){.fd = fds[0]};
	frame_decoder_init(&peer->decoder, FRAME_FROM_HOST);
	peer->pid = fork();
	assert_true(peer->pid >= 0);
	if (peer->pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		if (fds[1] == 3)
			fcntl(3, F_SETFD, 0);
		else
			dup2(fds[1], 3);
		if (!getenv("MORTISE_TEST_SHOW_HOST"))
			dup2(null, 2);
		execl(host, host, plugin, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
}

int peer_next(struct peer *peer, struct frame *ret_frame)
{
	for (;;) {
		cleanup_err struct err err = {0};
		struct pollfd wait = {.fd = peer->fd, .events = POLLIN};
		size_t used = 0;
		int ret;

		if (peer->at == peer->size) {
			ssize_t size;

			assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
			size = read(peer->fd, peer->bytes, sizeof(peer->bytes));
			if (size <= 0)
				return 0;
			peer->at = 0;
			peer->size = (size_t)size;
		}
		ret = frame_decoder_feed(&peer->decoder, peer->bytes + peer->at, peer->size - peer->at,
			&used, ret_frame, &err);
		if (ret < 0)
			fail_msg("the host sent a bad frame: %s", err_text(&err));
		peer->at += used;
		if (ret == 1 && ret_frame->op != FRAME_LACKING)
			return 1;
		if (ret == 1)
			frame_clear(ret_frame);
	}
}

json_t *peer_expect(struct peer *peer, enum frame_op op, uint64_t call, uint32_t *ret_seq)
{
	cleanup_err struct err err = {0};
	cleanup_frame struct frame frame = {0};
	json_t *json = NULL;

	if (peer_next(peer, &frame) != 1)
		fail_msg("the host ended before it sent %s", frame_op_name(op));
	if (frame.op != op || frame.call != call)
		fail_msg("%s of call %d instead of %s: %s", frame_op_name(frame.op), (int)frame.call,
			frame_op_name(op), frame.json);
	assert_int_equal(frame_parse(&frame, &json, &err), 0);
	if (ret_seq)
		*ret_seq = frame.seq;
	return json;
}

void peer_send_body(struct peer *peer, enum frame_op op, uint64_t call, uint32_t seq,
	const json_t *json, const char *body)
{
	cleanup_err struct err err = {0};
	cleanup_buf struct buf buf = BUF(FRAME_MAX);

	assert_int_equal(frame_encode(&buf, op, call, seq, json, body, body ? strlen(body) : 0, &err), 0);
	assert_int_equal(write(peer->fd, buf.data, buf.size), (ssize_t)buf.size);
}

void peer_send(struct peer *peer, enum frame_op op, uint64_t call, uint32_t seq,
	json_t *json_take)
{
	peer_send_body(peer, op, call, seq, json_take, NULL);
	json_decref(json_take);
}

int64_t peer_code(const json_t *json)
{
	return json_integer_value(json_object_get(json, "code"));
}

const char *peer_text(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text ? text : "";
}

void peer_ready(struct peer *peer)
{
	json_decref(peer_expect(peer, FRAME_HELLO, 0, NULL));
	json_decref(peer_expect(peer, FRAME_READY, 0, NULL));
}

int peer_wait(struct peer *peer)
{
	int status = 0;

	assert_int_equal(waitpid(peer->pid, &status, 0), peer->pid);
	close(peer->fd);
	frame_decoder_done(&peer->decoder);
	return status;
}

void peer_stop(struct peer *peer)
{
	int status;

	peer_send(peer, FRAME_STOP, 0, 0, NULL);
	status = peer_wait(peer);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

void peer_kill(struct peer *peer)
{
	kill(peer->pid, SIGKILL);
	peer_wait(peer);
}
