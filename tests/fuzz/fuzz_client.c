/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Replies that mortisectl reads, and what it shows of them: "PIECE REPLY NUL REPLY NUL …".
 * Read at once or in pieces of PIECE bytes they are the same, and no control character
 * reaches the terminal.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <sys/socket.h>
#include <unistd.h>

#include "core/base/err.h"
#include "ctl/client.h"
#include "ctl/commands.h"
#include "ctl/print.h"

#define SIZE_MAX_SENT 4096
#define PIECES_MAX 64          /* that a socket holds at once, however small */

/* A socket that gives 'data' in pieces and then its end. */
static int socket_with(const uint8_t *data, size_t size, size_t piece)
{
	int ends[2];

	HOLDS(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	for (size_t at = 0; at < size; at += piece) {
		size_t len = size - at < piece ? size - at : piece;

		HOLDS(send(ends[1], data + at, len, MSG_NOSIGNAL) == (ssize_t)len);
	}
	close(ends[1]);
	return ends[0];
}

/* Everything that is said, an error as its text. */
static json_t *receive(const uint8_t *data, size_t size, size_t piece)
{
	struct client client = {.fd = socket_with(data, size, piece)};
	json_t *said = json_array();
	int result = 0;

	while (result != MORTISE_E_RETRY) {
		cleanup_err struct err err = {0};
		bool continues;
		json_t *reply;

		result = client_receive(&client, &reply, &continues, &err);
		HOLDS(result == 0 || (result == err.code && *err_text(&err)));
		json_array_append_new(said, result == 0 ? reply : json_string(err_text(&err)));
	}
	client_close(&client);
	return said;
}

static void check_clean(const char *text, const char *allowed)
{
	for (const char *c = text; *c; c++) {
		unsigned char byte = (unsigned char)c[0], next = (unsigned char)c[1];

		HOLDS((byte >= 0x20 && byte != 0x7f) || strchr(allowed, *c));
		HOLDS(byte != 0xc2 || next < 0x80 || next >= 0xa0);
	}
}

static void check_print(json_t *reply)
{
	if (json_is_string(reply)) {
		cleanup_free char *text = print_clean(json_string_value(reply));

		check_clean(text, "");
		return;
	}
	for (const struct ctl_command *command = ctl_commands; command->words; command++) {
		cleanup_free char *text = print_result(command, reply);

		if (text)
			check_clean(text, "\n");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_json json_t *whole = NULL;
	cleanup_json json_t *pieces = NULL;
	size_t piece, index;
	json_t *reply;

	if (size < 1 || size > SIZE_MAX_SENT)
		return 0;
	piece = 1 + data[0] + size / PIECES_MAX;
	whole = receive(data + 1, size - 1, size);
	pieces = receive(data + 1, size - 1, piece);
	HOLDS(json_equal(whole, pieces));
	json_array_foreach(whole, index, reply)
		check_print(reply);
	return 0;
}
