/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* From a token to the integration whose page it opens.  Request workers. */
#include "config.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/json_pointer.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/page/page_private.h"
#include "core/provider/provider.h"
#include "core/storage/integration.h"
#include "core/storage/store.h"
#include "core/webhook/expression.h"

#define CANDIDATES_MAX 8

/* The active integrations of one external id, the proved one first. */
struct candidates {
	const struct reg_provider *provider;
	const char *external_id, *frame;
	struct page_subject list[CANDIDATES_MAX];
	size_t len;
};

static void clear_candidates(struct candidates *candidates)
{
	for (size_t i = 0; i < candidates->len; i++)
		page_subject_clear(&candidates->list[i]);
	candidates->len = 0;
}

void page_subject_clear(struct page_subject *subject)
{
	free(subject->external_id);
	free(subject->frame);
	*subject = (struct page_subject){0};
}

static int read_candidates(struct tx *tx, void *arg, struct err *err)
{
	struct candidates *candidates = arg;
	int64_t ids[CANDIDATES_MAX];
	size_t len;
	int result;

	clear_candidates(candidates);
	result = integration_find_subject(tx, reg_row_key(candidates->provider),
		candidates->external_id, CANDIDATES_MAX, ids, &len, err);
	for (size_t i = 0; result == 0 && i < len; i++) {
		cleanup_integration struct integration row = {0};

		result = integration_get(tx, ids[i], &row, err);
		if (result < 0 || row.status != INTEGRATION_ACTIVE)
			continue;
		candidates->list[candidates->len++] = (struct page_subject){
			.integration_id = row.id,
			.external_id = xstrdup(row.external_id),
			.frame = page_origin(json_string_value(
				json_pointer(row.metadata, candidates->frame))),
		};
	}
	return result;
}

/* ---- The request, for tokens and expressions ---- */

static bool parameter_of(const void *arg, size_t index, const char **ret_name,
	const char **ret_value)
{
	const struct page_address *address = arg;

	if (index >= address->field_len)
		return false;
	*ret_name = address->fields[index].name;
	*ret_value = address->fields[index].value;
	return true;
}

static const char *segment_of(const void *arg, const char *name)
{
	return page_address_segment(arg, name);
}

/* A frame has no headers of its own. */
static const char *no_header(const void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return NULL;
}

/* Whom the page is about, as far as an unverified token says; false: nobody. */
static bool find_subject(struct daemon *daemon, const struct reg_provider *provider,
	const struct page_address *address, const struct token *token,
	char ret_text[static SCANNER_VALUE_SIZE + 1])
{
	cleanup_free char *text = provider_value(daemon, provider, address->page->page.subject);
	const struct expression_source source = {.header = no_header, .path = segment_of,
		.arg = address, .claims = token_claims(token)};
	struct scanner_plan *plan = scanner_plan_new();
	struct expression *expression = NULL;
	bool found = text && *text && expression_parse(text, plan, &expression, NULL) == 0 &&
		expression_evaluate(expression, &source, ret_text) == EXPRESSION_PRESENT;

	expression_free(expression);
	scanner_plan_free(plan);
	return found;
}

/* ---- Verifying ---- */

static enum token_verdict verify_any(struct daemon *daemon, struct candidates *candidates,
	const struct token *token, struct page_subject *ret_subject, struct err *err)
{
	enum token_verdict verdict = TOKEN_UNKNOWN_KEY;

	for (size_t i = 0; i < candidates->len; i++) {
		const struct call_scope scope = {
			.kind = MORTISE_SCOPE_INTEGRATION,
			.provider = candidates->provider,
			.external_id = candidates->list[i].external_id,
			.integration_id = candidates->list[i].integration_id,
		};

		err_clear(err);
		verdict = token_verify(daemon, &scope, token, err);
		if (verdict == TOKEN_GOOD) {
			*ret_subject = candidates->list[i];
			candidates->list[i] = (struct page_subject){0};
			return verdict;
		}
	}
	if (candidates->len == 0)
		err_set(err, MORTISE_E_IDENTITY, "no integration is active for its subject");
	return verdict;
}

enum token_verdict page_verify(struct daemon *daemon, const struct reg_provider *provider,
	const struct page_address *address, struct page_subject *ret_subject, struct err *err)
{
	const struct reg_page *page = address->page;
	const struct token_request request = {
		.method = "GET",
		.path = address->path,
		.query = address->query,
		.parameter = parameter_of,
		.segment = segment_of,
		.arg = address,
	};
	char external_id[SCANNER_VALUE_SIZE + 1];
	struct candidates candidates = {.provider = provider, .external_id = external_id,
		.frame = page->page.frame};
	cleanup_token struct token *token = NULL;
	enum token_verdict verdict = token_find(page->tokens, page->token_len, &request, &token, err);

	if (verdict != TOKEN_GOOD)
		return verdict;
	if (!find_subject(daemon, provider, address, token, external_id)) {
		err_set(err, MORTISE_E_IDENTITY, "it does not say whom it is about");
		return TOKEN_BAD_FORM;
	}
	if (store_read(daemon->store, read_candidates, &candidates, err) < 0)
		verdict = TOKEN_UNAVAILABLE;
	else
		verdict = verify_any(daemon, &candidates, token, ret_subject, err);
	clear_candidates(&candidates);
	return verdict;
}
