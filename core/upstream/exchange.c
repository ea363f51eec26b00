/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/upstream/exchange.h"

#include <string.h>
#include <strings.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/provider/provider.h"
#include "core/storage/store.h"
#include "core/upstream/gate.h"
#include "core/upstream/mask.h"
#include "core/upstream/template.h"

#define BODY_MAX ((size_t)16 << 20)
#define HEADERS_MAX 64

/* Of the connection or of the credentials: not for a plugin to set. */
static const char *const own_headers[] = {
	"accept-encoding", "authorization", "connection", "content-length", "cookie", "expect",
	"host", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer",
	"transfer-encoding", "upgrade",
};

/* ---- Where it goes ---- */

/* The base's path without slashes at its end: what a signature leaves out. */
static char *path_of_base(const char *base)
{
	struct origin_target target;
	char *path;

	if (origin_target_parse(base, &target, NULL) < 0)
		return xstrdup("");
	path = xstrndup(target.path, strcmp(target.path, "/") == 0 ? 0 : strlen(target.path));
	origin_target_clear(&target);
	return path;
}

static int parse_base(struct exchange *exchange, char **ret_base, struct err *err)
{
	cleanup_free char *base = NULL;
	cleanup_err struct err why = {0};
	struct origin *origin = &exchange->origin;
	size_t len;
	int result = upstream_value(exchange->upstreams->daemon, exchange->scope,
		exchange->upstream->base, &base, err);

	if (result < 0)
		return result;
	if (origin_parse(base, origin, &why) < 0 || strpbrk(base, "?#"))
		return err_set(err, MORTISE_E_SETTINGS, "the base URL of %s (%s) is not usable: %s",
			exchange->scope->provider->provider.key, exchange->upstream->name,
			why.code ? err_text(&why) : "it has a query or a fragment");
	for (len = strlen(base); len > 0 && base[len - 1] == '/'; len--)
		base[len - 1] = '\0';
	exchange->base_path = path_of_base(base);
	*ret_base = steal(&base);
	return 0;
}

/* Who checks certificates and who does not fail apart from each other. */
static int parse_verify(struct exchange *exchange, struct err *err)
{
	const struct origin *origin = &exchange->origin;
	bool verify;
	int result = upstream_verify(exchange->upstreams->daemon, exchange->scope,
		exchange->upstream->verify, &verify, err);

	if (result < 0)
		return result;
	exchange->insecure = !verify;
	exchange->breaker = xasprintf("%s://%s:%d%s", origin->scheme, origin->host, origin->port,
		verify ? "" : " unchecked");
	return 0;
}

static bool is_absolute(const char *path)
{
	return strncasecmp(path, "http://", 7) == 0 || strncasecmp(path, "https://", 8) == 0;
}

/* A URL that an answer gave: it must lead to where the credentials belong. */
static int check_absolute(struct exchange *exchange, const char *url, struct err *err)
{
	struct origin origin;
	bool same;

	if (strchr(url, '#') || origin_parse(url, &origin, NULL) < 0)
		return err_set(err, MORTISE_E_UPSTREAM, "the upstream \"%s\" gave a URL that is not "
			"usable", exchange->upstream->name);
	same = origin_equals(&origin, &exchange->origin);
	origin_clear(&origin);
	if (!same)
		return err_set(err, MORTISE_E_FORBIDDEN, "the URL belongs to another origin than "
			"the upstream \"%s\"", exchange->upstream->name);
	return 0;
}

static int build_url(struct exchange *exchange, const struct upstream_request *request,
	struct err *err)
{
	cleanup_free char *base = NULL;
	cleanup_buf struct buf url = BUF(ORIGIN_URL_MAX);
	cleanup_buf struct buf query = BUF(ORIGIN_URL_MAX);
	int result = parse_base(exchange, &base, err);

	if (result < 0)
		return result;
	if (is_absolute(request->path)) {
		result = check_absolute(exchange, request->path, err);
		buf_add_text(&url, request->path);
	} else {
		buf_add_text(&url, base);
		result = template_path(&url, request->path, request->params, err);
	}
	if (result == 0)
		result = template_query(&query, request->query, err);
	if (result < 0)
		return result;
	if (query.size > 0) {
		buf_add_char(&url, strchr(buf_text(&url), '?') ? '&' : '?');
		buf_add_text(&url, buf_text(&query));
	}
	if (url.failed || query.failed)
		return err_set(err, MORTISE_E_LIMIT, "the request's URL is longer than %d bytes",
			ORIGIN_URL_MAX);
	exchange->url = buf_steal(&url);
	return 0;
}

/* ---- With what ---- */

static int check_headers(const json_t *headers, struct err *err)
{
	const char *name;
	json_t *value;

	if (json_object_size(headers) > HEADERS_MAX)
		return err_set(err, MORTISE_E_INTERNAL, "a request has at most %d headers",
			HEADERS_MAX);
	json_object_foreach((json_t *)(uintptr_t)headers, name, value) {
		if (!json_is_string(value))
			return err_set(err, MORTISE_E_INTERNAL, "the header \"%s\" is no text", name);
		for (size_t i = 0; i < lengthof(own_headers); i++)
			if (strcasecmp(name, own_headers[i]) == 0)
				return err_set(err, MORTISE_E_INTERNAL, "the header \"%s\" is not a "
					"plugin's to set; credentials are registered", name);
	}
	return 0;
}

static int build_body(struct exchange *exchange, const json_t *body, struct err *err)
{
	if (!body)
		return 0;
	exchange->body = json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);
	if (!exchange->body)
		return err_set(err, MORTISE_E_INTERNAL, "the request's body is no JSON value");
	exchange->body_size = strlen(exchange->body);
	if (exchange->body_size > BODY_MAX)
		return err_set(err, MORTISE_E_LIMIT, "the request's body is larger than 16 MiB");
	return 0;
}

static int find_registered(struct exchange *exchange, const struct upstream_request *request,
	struct err *err)
{
	const struct reg_provider *provider = exchange->scope->provider;
	const char *name;

	exchange->upstream = reg_upstream(provider, request->upstream);
	if (!exchange->upstream)
		return err_set(err, MORTISE_E_INTERNAL, "%s registered no upstream \"%s\"",
			provider->provider.key, request->upstream);
	name = request->credentials ? request->credentials : exchange->upstream->credentials;
	exchange->credential = name && strcmp(name, "none") != 0
		? reg_credential(provider, name) : NULL;
	if (name && strcmp(name, "none") != 0 && !exchange->credential)
		return err_set(err, MORTISE_E_INTERNAL, "%s registered no credentials \"%s\"",
			provider->provider.key, name);
	return 0;
}

int upstream_check(const struct reg_provider *provider, const struct upstream_request *request,
	struct err *err)
{
	const struct call_scope scope = {.provider = provider};
	struct exchange exchange = {.scope = &scope};
	cleanup_buf struct buf url = BUF(ORIGIN_URL_MAX);
	cleanup_buf struct buf query = BUF(ORIGIN_URL_MAX);
	int result = find_registered(&exchange, request, err);

	if (result == 0 && !is_absolute(request->path))
		result = template_path(&url, request->path, request->params, err);
	if (result == 0)
		result = template_query(&query, request->query, err);
	if (result == 0)
		result = check_headers(request->headers, err);
	if (result == 0)
		result = build_body(&exchange, request->body, err);
	exchange_clear(&exchange);
	return result;
}

/* ---- On whose behalf ---- */

static int read_row(struct tx *tx, void *arg, struct err *err)
{
	struct exchange *exchange = arg;

	integration_clear(&exchange->row);
	return integration_get(tx, exchange->scope->integration_id, &exchange->row, err);
}

int exchange_init(struct exchange *exchange, struct upstreams *upstreams,
	const struct call_scope *scope, const struct upstream_request *request, struct err *err)
{
	int result;

	*exchange = (struct exchange){.upstreams = upstreams, .scope = scope,
		.method = request->method ? request->method : "GET",
		.headers = (json_t *)(uintptr_t)request->headers,
		.at_most_once = request->once != NULL};
	upstream_owner(scope, exchange->owner, sizeof(exchange->owner));
	result = find_registered(exchange, request, err);
	if (result == 0)
		result = build_url(exchange, request, err);
	if (result == 0)
		result = parse_verify(exchange, err);
	if (result == 0)
		result = check_headers(request->headers, err);
	if (result == 0)
		result = build_body(exchange, request->body, err);
	if (result == 0 && scope->integration_id != 0)
		result = store_read(upstreams->daemon->store, read_row, exchange, err);
	if (result < 0)
		return result;
	exchange->wait_ms = exchange->upstream->timeout_ms > 0 ? exchange->upstream->timeout_ms
		: (int64_t)upstreams->daemon->settings->egress_timeout * 1000;
	exchange->until_ms = clock_mono_ms() +
		(request->timeout_ms > 0 ? request->timeout_ms : exchange->wait_ms);
	exchange->redirects = request->flags & MORTISE_HTTP_NO_FOLLOW ? MORTISE_REDIRECT_NONE
		: exchange->upstream->redirects;
	return 0;
}

void exchange_clear(struct exchange *exchange)
{
	free(exchange->url);
	free(exchange->base_path);
	free(exchange->breaker);
	free(exchange->body);
	origin_clear(&exchange->origin);
	integration_clear(&exchange->row);
	credential_use_clear(&exchange->use);
}

/* ---- Sending ---- */

/* E_CANCELLED if there are none. */
static int left_in_call(const struct exchange *exchange, int64_t *ret_ms, struct err *err)
{
	int64_t left_ms = exchange->until_ms - clock_mono_ms();

	if (left_ms <= 0)
		return err_set(err, MORTISE_E_CANCELLED, "no time is left in this call for a request");
	*ret_ms = left_ms;
	return 0;
}

static bool has_header(const json_t *headers, const char *wanted)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)headers, name, value)
		if (strcasecmp(name, wanted) == 0)
			return true;
	return false;
}

static void fill_headers(const struct exchange *exchange, struct egress_header *headers)
{
	const char *accept = exchange->upstream->accept;
	const char *name;
	json_t *value;

	json_object_foreach(exchange->headers, name, value)
		*headers++ = (struct egress_header){name, json_string_value(value)};
	if (!has_header(exchange->headers, "accept"))
		*headers++ = (struct egress_header){"Accept", accept ? accept : "application/json"};
	if (exchange->body && !has_header(exchange->headers, "content-type"))
		*headers++ = (struct egress_header){"Content-Type", "application/json"};
	*headers = (struct egress_header){0};
}

struct gate_write {
	int64_t integration_id;
	int64_t until_us;
};

static int write_gate(struct tx *tx, void *arg, struct err *err)
{
	const struct gate_write *write = arg;
	int result = integration_set_gate(tx, write->integration_id, write->until_us, err);

	return result < 0 ? result : 0;
}

/* Did the upstream ask to be left alone?  Then all of this owner waits, on every node. */
static void note_gate(struct exchange *exchange, const struct egress_answer *answer)
{
	int64_t until_us = gate_of_answer(answer, clock_now_us());
	struct gate_write write = {exchange->row.id, until_us};
	cleanup_err struct err why = {0};

	if (until_us == 0)
		return;
	gate_close(exchange->upstreams->gates, exchange->owner, until_us);
	if (exchange->row.id != 0 &&
		store_write(exchange->upstreams->daemon->store, write_gate, &write, &why) < 0)
		log_warning("upstream.gate_not_kept", LOG_INT("integration", exchange->row.id),
			LOG_TEXT("reason", err_text(&why)));
	log_notice("upstream.rate_limited",
		LOG_TEXT("provider", exchange->scope->provider->provider.key),
		LOG_INT("integration", exchange->row.id), LOG_INT("status", answer->status),
		LOG_INT("wait_ms", (until_us - clock_now_us()) / 1000));
}

static void note_breaker(struct exchange *exchange, int result,
	const struct egress_answer *answer, const struct err *why)
{
	enum breaker_outcome outcome = BREAKER_NOTHING;
	cleanup_free char *text = NULL;

	if (result == MORTISE_E_UPSTREAM) {
		outcome = BREAKER_FAILED;
		text = xstrdup(err_text(why));
	} else if (result == 0 && answer->status >= 500) {
		outcome = BREAKER_FAILED;
		text = xasprintf("it answered %d", answer->status);
	} else if (result == 0) {
		outcome = BREAKER_WORKED;
	}
	breaker_leave(exchange->upstreams->gates, exchange->scope->provider->provider.key,
		exchange->breaker, clock_mono_ms(), outcome, text);
}

/* What stands ready goes first; each later sending gets its own. */
static int sign(void *arg, const char *method, const char *url, struct egress_header *ret_header,
	struct err *err)
{
	struct exchange *exchange = arg;
	int result = 0;

	if (!exchange->use.unsent) {
		credential_use_clear(&exchange->use);
		result = credential_sign(exchange, method, url, &exchange->use, err);
	}
	exchange->use.unsent = false;
	if (result == 0)
		*ret_header = (struct egress_header){exchange->use.header, exchange->use.value};
	return result;
}

static int send_once(struct exchange *exchange, struct egress_answer *ret_answer,
	enum egress_failure *ret_failure, struct err *err)
{
	struct upstreams *upstreams = exchange->upstreams;
	struct egress_header headers[HEADERS_MAX + 3];
	struct egress_header secrets[2] = {{exchange->use.header, exchange->use.value}, {0}};
	cleanup_err struct err why = {0};
	int64_t left_ms = 0;
	int result = left_in_call(exchange, &left_ms, err);

	if (result == 0)
		result = breaker_enter(upstreams->gates, exchange->scope->provider->provider.key,
			exchange->breaker, clock_mono_ms(), err);
	if (result < 0)
		return result;
	fill_headers(exchange, headers);
	result = egress_send(upstreams->daemon->egress, &(struct egress_request){
		.provider = exchange->scope->provider->provider.key,
		.method = exchange->method,
		.url = exchange->url,
		.headers = headers,
		.secret_headers = secrets,
		.sign = exchange->use.unsent ? sign : NULL,
		.sign_arg = exchange,
		.insecure = exchange->insecure,
		.body = exchange->body,
		.body_size = exchange->body_size,
		.redirects = exchange->redirects,
		.max_answer = exchange->upstream->max_answer,
		.timeout_ms = exchange->wait_ms < left_ms ? exchange->wait_ms : left_ms,
		.at_most_once = exchange->at_most_once,
	}, ret_answer, ret_failure, &why);
	note_breaker(exchange, result, ret_answer, &why);
	if (result == 0) {
		answer_mask(ret_answer, exchange->use.secret);
		answer_mask(ret_answer, exchange->use.token);
	}
	if (result == 0)
		note_gate(exchange, ret_answer);
	else
		(void)err_move(err, &why);
	return result;
}

static int check_gate(struct exchange *exchange, struct err *err)
{
	return gate_check(exchange->upstreams->gates, exchange->owner,
		exchange->row.gate_until_us, err);
}

int exchange_ready(struct exchange *exchange, struct err *err)
{
	const struct mortise_credential *credential = exchange->credential;
	int result = check_gate(exchange, err);

	if (result < 0 || !credential || exchange->use.header)
		return result;
	if (!credential_is_signed(credential))
		return credential_make(exchange, NULL, &exchange->use, err);
	result = credential_sign(exchange, exchange->method, exchange->url, &exchange->use, err);
	exchange->use.unsent = result == 0;
	return result;
}

int exchange_send(struct exchange *exchange, struct egress_answer *ret_answer,
	enum egress_failure *ret_failure, struct err *err)
{
	cleanup_free char *rejected = NULL;
	int result = exchange_ready(exchange, err);

	*ret_failure = EGRESS_NOT_SENT;
	if (result == 0)
		result = send_once(exchange, ret_answer, ret_failure, err);
	if (result < 0 || ret_answer->status != 401 || !exchange->credential ||
		exchange->credential->kind != MORTISE_CREDENTIAL_MINTED)
		return result;
	/* The token was taken back before its time: get another one, once. */
	rejected = steal(&exchange->use.token);
	credential_use_clear(&exchange->use);
	egress_answer_clear(ret_answer);
	*ret_failure = EGRESS_NOT_SENT;
	result = credential_make(exchange, rejected, &exchange->use, err);
	if (result == 0)
		result = send_once(exchange, ret_answer, ret_failure, err);
	return result;
}
