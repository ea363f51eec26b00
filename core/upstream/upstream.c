/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/upstream/upstream.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/metrics.h"
#include "core/provider/provider.h"
#include "core/upstream/cache.h"
#include "core/upstream/exchange.h"
#include "core/upstream/gate.h"

#define CACHE_MAX ((size_t)32 << 20)

METRIC_COUNTER(cached, "mortise_upstream_cached_total",
	"Answers given from the cache, by provider.", "provider");

struct upstreams *upstreams_new(struct daemon *daemon)
{
	struct upstreams *upstreams = new(struct upstreams);

	upstreams->daemon = daemon;
	upstreams->cache = cache_new(CACHE_MAX);
	upstreams->gates = gates_new();
	upstreams->mints = mints_new();
	upstreams->sendings = sendings_new();
	return upstreams;
}

void upstreams_free(struct upstreams *upstreams)
{
	if (!upstreams)
		return;
	cache_free(upstreams->cache);
	gates_free(upstreams->gates);
	mints_free(upstreams->mints);
	sendings_free(upstreams->sendings);
	free(upstreams);
}

void upstream_owner(const struct call_scope *scope, char *ret_text, size_t size)
{
	if (scope->integration_id != 0)
		snprintf(ret_text, size, "integration:%" PRId64, scope->integration_id);
	else if (scope->pipeline_id != 0)
		snprintf(ret_text, size, "pipeline:%" PRId64, scope->pipeline_id);
	else
		snprintf(ret_text, size, "provider:%.32s", scope->provider->provider.key);
}

void upstream_answer_take(struct egress_answer *answer, struct upstream_answer *ret_answer)
{
	json_t *headers = json_object();

	for (const struct egress_header *header = answer->headers; header->name; header++)
		/* A cookie is a credential; none is kept or shown. */
		if (strcmp(header->name, "set-cookie") != 0)
			json_object_set_new(headers, header->name, json_string(header->value));
	*ret_answer = (struct upstream_answer){.status = answer->status, .headers = headers,
		.body = steal(&answer->body), .size = answer->size};
	egress_answer_clear(answer);
}

void upstream_answer_clear(struct upstream_answer *answer)
{
	json_decref(answer->headers);
	free(answer->body);
	*answer = (struct upstream_answer){0};
}

/* ---- The cache ---- */

static void hash_text(crypto_generichash_state *state, const char *text)
{
	/* With its NUL, so that no two lists of texts look the same. */
	crypto_generichash_update(state, (const unsigned char *)text, strlen(text) + 1);
}

/* Everything that the answer may depend on, and above all who asks. */
static void cache_key(const struct exchange *exchange, unsigned char key[CACHE_KEY_SIZE])
{
	crypto_generichash_state state;
	cleanup_free char *headers = exchange->headers
		? json_dumps(exchange->headers, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	crypto_generichash_init(&state, NULL, 0, CACHE_KEY_SIZE);
	hash_text(&state, exchange->scope->provider->provider.key);
	hash_text(&state, exchange->owner);
	hash_text(&state, exchange->credential ? exchange->credential->name : "");
	hash_text(&state, exchange->method);
	hash_text(&state, exchange->url);
	hash_text(&state, exchange->insecure ? "unchecked" : "");
	hash_text(&state, exchange->redirects == MORTISE_REDIRECT_NONE ? "" : "follow");
	hash_text(&state, exchange->upstream->accept ? exchange->upstream->accept : "");
	hash_text(&state, headers ? headers : "");
	crypto_generichash_final(&state, key, CACHE_KEY_SIZE);
}

static bool is_cached(const struct exchange *exchange, const struct upstream_request *request)
{
	return exchange->upstream->cache_ms > 0 && strcmp(exchange->method, "GET") == 0 &&
		!exchange->body && !(request->flags & MORTISE_HTTP_NO_CACHE);
}

static int send_plain(struct exchange *exchange, struct upstream_answer *ret_answer,
	struct err *err)
{
	struct egress_answer answer = {0};
	enum egress_failure failure;
	int result = exchange_send(exchange, &answer, &failure, err);

	if (result == 0)
		upstream_answer_take(&answer, ret_answer);
	return result;
}

/* A page in place of an answer ("back soon") is not to be remembered. */
static bool is_kept(const struct upstream_answer *answer)
{
	const char *type = json_string_value(json_object_get(answer->headers, "content-type"));

	return answer->status == 200 && !(type && strncasecmp(type, "text/html", 9) == 0);
}

static int send_cached(struct exchange *exchange, struct upstream_answer *ret_answer,
	struct err *err)
{
	struct cache *cache = exchange->upstreams->cache;
	unsigned char key[CACHE_KEY_SIZE];
	int result;

	cache_key(exchange, key);
	if (cache_get(cache, key, ret_answer)) {
		metrics_add(&cached, 1, exchange->scope->provider->provider.key);
		return 0;
	}
	result = send_plain(exchange, ret_answer, err);
	if (result == 0 && is_kept(ret_answer))
		cache_put(cache, key, ret_answer, exchange->upstream->cache_ms);
	return result;
}

int upstream_send(struct upstreams *upstreams, const struct call_scope *scope,
	const struct upstream_request *request, struct upstream_answer *ret_answer,
	struct err *err)
{
	struct exchange exchange;
	int result = exchange_init(&exchange, upstreams, scope, request, err);

	if (result == 0 && request->once)
		result = once_send(&exchange, request, ret_answer, err);
	else if (result == 0 && is_cached(&exchange, request))
		result = send_cached(&exchange, ret_answer, err);
	else if (result == 0)
		result = send_plain(&exchange, ret_answer, err);
	exchange_clear(&exchange);
	return result;
}
