/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What an upstream answers, as libcurl and our callbacks read it: any bytes on the
 * connection.  A taken answer is bounded, after decompression too, and its headers are
 * lower-case names with values of one line, which those who read them can.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/egress/origin.h"
#include "core/egress/transfer.h"
#include "core/upstream/exchange.h"
#include "core/upstream/gate.h"

#define ANSWER_MAX 4096
#define SIZE_MAX_SENT 65536
#define URL "http://192.0.2.1/a"

static curl_socket_t give_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)purpose;
	(void)address;
	return *(int *)arg;
}

static int is_connected(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	(void)arg;
	(void)fd;
	(void)purpose;
	return CURL_SOCKOPT_ALREADY_CONNECTED;
}

static const char *judge_nothing(const struct ip *ip, void *arg)
{
	(void)ip;
	(void)arg;
	return NULL;
}

/* Our end of a connection whose other one says 'data' and no more. */
static int connection_with(const uint8_t *data, size_t size, int *ret_other)
{
	int ends[2];

	HOLDS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
	HOLDS(send(ends[1], data, size, MSG_NOSIGNAL) == (ssize_t)size);
	shutdown(ends[1], SHUT_WR);
	*ret_other = ends[1];
	return ends[0];
}

static void check_headers(const struct egress_answer *answer)
{
	for (const struct egress_header *header = answer->headers; header->name; header++) {
		for (const char *c = header->name; *c; c++)
			HOLDS(*c < 'A' || *c > 'Z');
		HOLDS(*header->name && !strpbrk(header->name, "\r\n:"));
		HOLDS(!strpbrk(header->value, "\n"));
	}
}

static void check_answer(struct egress_answer *answer)
{
	const char *location = egress_answer_header(answer, "location");
	cleanup_free char *target = location ? origin_resolve(URL, location) : NULL;
	struct upstream_answer taken;

	HOLDS(answer->size <= ANSWER_MAX && answer->body[answer->size] == '\0');
	HOLDS(!target || !strpbrk(target, "\r\n#"));
	check_headers(answer);
	HOLDS(gate_of_answer(answer, 1) >= 0);
	upstream_answer_take(answer, &taken);
	HOLDS(json_is_object(taken.headers) && taken.body);
	upstream_answer_clear(&taken);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct egress_request request = {.provider = "fuzz", .max_answer = ANSWER_MAX};
	const struct transfer_plan plan = {.request = &request, .method = "GET", .url = URL,
		.timeout_ms = 1000, .connect_timeout_ms = 1000, .proxy = "", .judge = judge_nothing};
	struct egress_answer answer = {0};
	struct transfer transfer;
	int fd, other;

	if (size > SIZE_MAX_SENT)
		return 0;
	fd = connection_with(data, size, &other);
	HOLDS(transfer_init(&transfer, &plan, NULL) == 0);
	curl_easy_setopt(transfer.easy, CURLOPT_OPENSOCKETFUNCTION, give_socket);
	curl_easy_setopt(transfer.easy, CURLOPT_OPENSOCKETDATA, &fd);
	curl_easy_setopt(transfer.easy, CURLOPT_SOCKOPTFUNCTION, is_connected);
	curl_easy_setopt(transfer.easy, CURLOPT_PREREQFUNCTION, NULL);
	curl_easy_setopt(transfer.easy, CURLOPT_FORBID_REUSE, 1L);
	if (curl_easy_perform(transfer.easy) == CURLE_OK) {
		HOLDS(!transfer.over_limit);
		transfer_take_answer(&transfer, &answer);
		check_answer(&answer);
	}
	egress_answer_clear(&answer);
	transfer_done(&transfer);
	close(other);
	return 0;
}
