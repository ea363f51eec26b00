/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "ctl/client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"

#define INTERFACE "dev.mortise.Admin."
#define MAX_REPLY ((size_t)64 << 20)
#define READ_SIZE ((size_t)64 << 10)

int client_connect(const char *path, struct client *ret_client, struct err *err)
{
	struct sockaddr_un where = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(where.sun_path))
		return err_set(err, MORTISE_E_SETTINGS, "the socket's path is too long: %s", path);
	strcpy(where.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&where, sizeof(where)) < 0) {
		int reason = errno;

		if (fd >= 0)
			close(fd);
		return err_set(err, MORTISE_E_RETRY, "cannot reach mortised at %s: %s%s", path,
			strerror(reason), reason == EACCES ?
			"; run this as root or as a member of the socket's group" :
			"; is it running, and is --socket right?");
	}
	*ret_client = (struct client){.fd = fd};
	return 0;
}

void client_close(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client->data);
	*client = (struct client){.fd = -1};
}

int client_send(struct client *client, const char *method, const json_t *parameters, bool more,
	struct err *err)
{
	cleanup_free char *name = xasprintf(INTERFACE "%s", method);
	cleanup_json json_t *message = json_pack("{s:s, s:O}", "method", name, "parameters",
		parameters);
	cleanup_free char *text = NULL;
	size_t size;

	if (more)
		json_object_set_new(message, "more", json_true());
	text = json_dumps(message, JSON_COMPACT);
	size = strlen(text) + 1; /* its NUL ends a message */
	for (size_t at = 0; at < size;) {
		ssize_t sent = send(client->fd, text + at, size - at, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return err_set(err, MORTISE_E_RETRY, "mortised hung up: %s",
				strerror(errno));
		at += (size_t)sent;
	}
	return 0;
}

static int read_more(struct client *client, struct err *err)
{
	ssize_t got;

	if (client->size >= MAX_REPLY)
		return err_set(err, MORTISE_E_LIMIT, "the reply of mortised is too large");
	if (client->capacity - client->size < READ_SIZE) {
		client->capacity = client->capacity * 2 + READ_SIZE;
		client->data = xrealloc(client->data, client->capacity);
	}
	do
		got = recv(client->fd, client->data + client->size, READ_SIZE, 0);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return err_set(err, MORTISE_E_RETRY, "mortised hung up without a reply");
	client->size += (size_t)got;
	return 0;
}

/* The text of one message, ended; the caller frees it. */
static int read_message(struct client *client, char **ret_text, size_t *ret_size, struct err *err)
{
	size_t scanned = 0;

	for (;;) {
		char *end = client->size > scanned ?
			memchr(client->data + scanned, '\0', client->size - scanned) : NULL;

		if (end) {
			size_t size = (size_t)(end - client->data) + 1;

			*ret_size = size - 1;
			*ret_text = xmemdup(client->data, size);
			client->size -= size;
			memmove(client->data, end + 1, client->size);
			return 0;
		}
		scanned = client->size;
		if (read_more(client, err) < 0)
			return err ? err->code : MORTISE_E_RETRY;
	}
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "?";
}

static int set_error(const char *error, const json_t *parameters, struct err *err)
{
	if (strcmp(error, INTERFACE "Refused") == 0)
		return err_set(err, MORTISE_E_CONFLICT, "%s", text_of(parameters, "reason"));
	if (strcmp(error, "org.varlink.service.InvalidParameter") == 0)
		return err_set(err, MORTISE_E_FIELD, "mortised does not take the parameter \"%s\"",
			text_of(parameters, "parameter"));
	if (strcmp(error, "org.varlink.service.MethodNotFound") == 0)
		return err_set(err, MORTISE_E_UNSUPPORTED,
			"this mortised does not know %s; it may be another version",
			text_of(parameters, "method"));
	return err_set(err, MORTISE_E_INTERNAL, "mortised answered %s", error);
}

int client_receive(struct client *client, json_t **ret_parameters, bool *ret_continues,
	struct err *err)
{
	cleanup_free char *text = NULL;
	cleanup_json json_t *reply = NULL;
	json_t *parameters;
	const char *error;
	size_t size = 0;
	int result = read_message(client, &text, &size, err);

	if (result < 0)
		return result;
	reply = json_loadb(text, size, 0, NULL);
	parameters = json_object_get(reply, "parameters");
	error = json_string_value(json_object_get(reply, "error"));
	if (error)
		return set_error(error, parameters, err);
	if (!json_is_object(reply) || (parameters && !json_is_object(parameters)))
		return err_set(err, MORTISE_E_INTERNAL, "mortised answered what is no Varlink");
	*ret_continues = json_is_true(json_object_get(reply, "continues"));
	*ret_parameters = parameters ? json_incref(parameters) : json_object();
	return 0;
}
