/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* The request as a handler sees it. */
#include "config.h"
#include "core/http/http_private.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "core/base/clock.h"
#include "core/base/mem.h"

#define MAX_REPLY_HEADERS (64u << 10)

/* Different for each request of any process: what was drawn at the start, and a count
 * that is spread over its whole range. */
static void make_id(struct http_request *request)
{
	struct http_server *server = request->server;
	uint64_t id[2] = {server->id_start, ++server->id_count * UINT64_C(0x9e3779b97f4a7c15)};

	_Static_assert(HTTP_ID_SIZE == 2 * sizeof(id) + 1, "an id is its bytes in hex");
	sodium_bin2hex(request->id, sizeof(request->id), (const unsigned char *)id, sizeof(id));
}

struct http_request *http_request_new(struct http_conn *conn)
{
	struct http_request *request = new(struct http_request);

	request->server = conn->server;
	request->loop = conn->server->settings.loop;
	request->conn = conn;
	request->client = conn->client;
	request->client->refs++;
	request->start_ms = clock_mono_ms();
	request->reply_headers = BUF(MAX_REPLY_HEADERS);
	make_id(request);
	LIST_INSERT_HEAD(&conn->server->requests, request, link);
	return request;
}

void http_request_free(struct http_request *request)
{
	if (!request)
		return;
	if (request->server) {
		http_request_hold(request, 0);
		http_clients_put(request->server->clients, request->client);
		LIST_REMOVE(request, link);
	}
	for (size_t i = 0; i < request->joined_len; i++)
		free(request->joined[i]);
	http_match_clear(&request->match);
	buf_clear(&request->body);
	buf_clear(&request->reply_headers);
	free(request->reply_body);
	free(request->content_type);
	free(request->query);
	free(request->query_bytes);
	free(request->bytes);
	free(request);
}

void http_request_hold(struct http_request *request, size_t size)
{
	if (!request->server)
		return;
	request->server->bytes += size - request->held;
	request->client->bytes += size - request->held;
	request->held = size;
}

/* Is a segment of the path "." or "..", also when encoded? */
static bool has_dot_segment(const char *path)
{
	while (*path) {
		int dots = 0;

		path += *path == '/';
		for (;;) {
			if (*path == '.')
				path++;
			else if (strncasecmp(path, "%2e", 3) == 0)
				path += 3;
			else
				break;
			dots++;
		}
		if ((*path == '/' || !*path) && (dots == 1 || dots == 2))
			return true;
		path += strcspn(path, "/");
	}
	return false;
}

/* One value per name: several are joined as RFC 9110 5.3 has it. */
static void join_fields(struct http_request *request)
{
	struct http_head *head = &request->head;

	for (size_t i = 0; i < head->field_len; i++) {
		struct http_field *field = &head->fields[i];
		bool cookie = http_field_is(field, "Cookie", strlen("Cookie"));

		for (size_t j = i + 1; j < head->field_len;) {
			char *joined;

			if (!http_field_is(&head->fields[j], field->name, field->name_size)) {
				j++;
				continue;
			}
			joined = xasprintf("%s%s%s", field->value, cookie ? "; " : ", ",
				head->fields[j].value);
			field->value = request->joined[request->joined_len++] = joined;
			memmove(&head->fields[j], &head->fields[j + 1],
				(head->field_len - j - 1) * sizeof(head->fields[0]));
			head->field_len--;
		}
	}
}

/* Take the prefix of public_url off; a proxy may have done so already. */
static const char *below_prefix(const char *path, const char *prefix)
{
	size_t size = strlen(prefix);

	if (size == 0 || strncmp(path, prefix, size) != 0)
		return path;
	if (path[size] == '\0')
		return "/";
	return path[size] == '/' ? path + size : path;
}

/* Whose request is it?  Its connection's, unless trusted proxies tell another. */
static void find_client(struct http_request *request)
{
	const char *forwarded_for = http_head_find(&request->head, "X-Forwarded-For");
	struct ip client = request->conn->address;

	if (forwarded_for) {
		http_peer_client(request->server->trusted, &request->conn->address,
			forwarded_for, &client);
		http_clients_put(request->server->clients, request->client);
		request->client = http_clients_get(request->server->clients, &client);
	}
	http_peer_text(&client, request->peer);
}

int http_request_prepare(struct http_request *request, const char **ret_reason)
{
	struct http_server *server = request->server;
	struct http_head *head = &request->head;
	int status;

	if (has_dot_segment(head->path)) {
		*ret_reason = "dot segment in the path";
		return 400;
	}
	join_fields(request);
	head->path = below_prefix(head->path, server->prefix);
	find_client(request);
	if (*head->query) {
		struct http_field fields[HTTP_MAX_QUERY];

		request->query_bytes = xstrdup(head->query);
		status = http_query_parse(request->query_bytes, fields, &request->query_len);
		if (status != HTTP_DONE) {
			*ret_reason = "bad query";
			return status;
		}
		request->query = xmemdup(fields, request->query_len * sizeof(fields[0]));
	}
	request->match.allow = "";
	if (!http_method_known(head->method)) {
		*ret_reason = "this server does not know the method";
		return 501;
	}
	status = http_router_find(server->router, head->method, head->path, &request->match);
	if (status == HTTP_DONE)
		request->route = *request->match.route;
	if (status == 400)
		*ret_reason = "bad escape in the path";
	return status;
}

const char *http_method(const struct http_request *request)
{
	return request->head.method;
}

const char *http_path(const struct http_request *request)
{
	return request->head.path;
}

static const char *find_field(const struct http_field *fields, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(fields[i].name, name) == 0)
			return fields[i].value;
	return NULL;
}

const char *http_param(const struct http_request *request, const char *name)
{
	return find_field(request->match.params, request->match.param_len, name);
}

const char *http_query(const struct http_request *request, const char *name)
{
	return find_field(request->query, request->query_len, name);
}

bool http_query_at(const struct http_request *request, size_t index, const char **ret_name,
	const char **ret_value)
{
	if (index >= request->query_len)
		return false;
	*ret_name = request->query[index].name;
	*ret_value = request->query[index].value;
	return true;
}

const char *http_query_raw(const struct http_request *request)
{
	return request->head.query;
}

const char *http_header(const struct http_request *request, const char *name)
{
	return http_head_find(&request->head, name);
}

const char *http_body(const struct http_request *request, size_t *ret_size)
{
	*ret_size = request->body.size;
	return buf_text(&request->body);
}

const char *http_peer(const struct http_request *request)
{
	return request->peer;
}

const char *http_id(const struct http_request *request)
{
	return request->id;
}
