/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/upstream/token_endpoint.h"

#include <string.h>

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/egress/egress.h"
#include "core/provider/provider.h"
#include "core/upstream/upstream.h"

#define TIMEOUT_MS 30000
#define ANSWER_MAX ((size_t)256 * 1024)
#define WORDS_MAX 200

int token_request_send(struct daemon *daemon, const struct call_scope *scope,
	const struct token_request *request, struct egress_answer *ret_answer, struct err *err)
{
	const struct egress_header headers[] = {{"Accept", request->accept},
		{request->body_size > 0 ? "Content-Type" : NULL,
			"application/x-www-form-urlencoded"}, {NULL, NULL}};
	const struct egress_header secrets[] = {
		{request->authorization ? "Authorization" : NULL, request->authorization},
		{NULL, NULL}};
	cleanup_free char *url = NULL;
	enum egress_failure failure;
	bool verify = true;
	int result = upstream_template(daemon, scope, request->url, NULL, &url, err);

	if (result == 0)
		result = upstream_verify(daemon, scope, request->verify, &verify, err);
	if (result < 0)
		return result;
	/* What is asked with is good once, and a redirect would carry the secret along. */
	return egress_send(daemon->egress, &(struct egress_request){
		.provider = scope->provider->provider.key,
		.method = "POST",
		.url = url,
		.headers = headers,
		.secret_headers = secrets,
		.body = request->body,
		.body_size = request->body_size,
		.redirects = MORTISE_REDIRECT_NONE,
		.max_answer = ANSWER_MAX,
		.timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : TIMEOUT_MS,
		.insecure = !verify,
		.at_most_once = true,
	}, ret_answer, &failure, err);
}

void token_answer_clear(struct egress_answer *answer)
{
	if (answer->body)
		sodium_memzero(answer->body, answer->size);
	egress_answer_clear(answer);
}

char *token_words(const char *text)
{
	char *line = xstrndup(text, WORDS_MAX);

	for (char *c = line; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	return line;
}

int token_endpoint_failed(int status, struct err *err)
{
	(void)err_set(err, MORTISE_E_UPSTREAM, "the provider's token endpoint failed with status "
		"%d; try again later", status);
	if (err)
		err->upstream_status = status;
	return MORTISE_E_UPSTREAM;
}
