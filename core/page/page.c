/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The routes of pages: GET …/PATH/ for the document, POST …/PATH/data/ for what is in it.
 * On the loop only the registration is looked at; tokens are verified on request workers.
 */
#include "config.h"
#include "core/page/page.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/pool.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/page/page_private.h"
#include "core/provider/provider.h"
#include "core/webhook/webhook.h"

#define BODY_MAX (PAGE_ADDRESS_MAX + 1024)
#define DATA "data/"

/* ---- Which page ---- */

enum asked_for { ASKED_NOTHING, ASKED_DOCUMENT, ASKED_DATA };

/* A request on its way through the pool. */
struct visit {
	struct pages *pages;
	struct http_request *request;
	const struct reg_provider *provider;   /* with a reference */
	enum asked_for asked;
};

/* 'path' without "data/", new string; NULL: it does not end so. */
static char *page_of_data(const char *path)
{
	size_t size = strlen(path), less = strlen(DATA);
	cleanup_free char *whole = xasprintf("%s%s", path, size > 0 && path[size - 1] == '/' ? "" : "/");

	size = strlen(whole);
	if (size <= less || strcmp(whole + size - less, DATA) != 0 || whole[size - less - 1] != '/')
		return NULL;
	return xstrndup(whole, size - less);
}

static bool has_page(const struct reg_provider *provider, const char *path)
{
	struct page_address address;
	bool found = page_address_read(provider, path, "", &address);

	page_address_clear(&address);
	return found;
}

static enum asked_for what_is_asked(const struct reg_provider *provider, const char *path)
{
	cleanup_free char *page = page_of_data(path);

	if (has_page(provider, path))
		return ASKED_DOCUMENT;
	return page && has_page(provider, page) ? ASKED_DATA : ASKED_NOTHING;
}

static enum asked_for find(struct pages *pages, struct http_request *request,
	const struct reg_provider **ret_provider)
{
	const struct reg_provider *provider = pages->document ?
		providers_find_slug(pages->daemon->providers, http_param(request, "slug")) : NULL;
	enum asked_for asked = provider ? what_is_asked(provider, http_path(request)) : ASKED_NOTHING;

	if (asked == ASKED_NOTHING && provider)
		registration_unref(provider->registration);
	*ret_provider = asked == ASKED_NOTHING ? NULL : provider;
	return asked;
}

/* ---- On the loop ---- */

static int64_t refuse(struct http_request *request, int status, const char *detail)
{
	http_reply_json(request, status, json_pack("{s:s}", "detail", detail));
	http_send(request);
	return -1;
}

static int64_t admit(struct http_request *request, void *arg)
{
	const struct reg_provider *provider;
	enum asked_for asked = find(arg, request, &provider);
	const char *method = http_method(request);
	bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;

	if (asked == ASKED_NOTHING)
		return refuse(request, 404, "There is no such webhook");
	registration_unref(provider->registration);
	if (asked == ASKED_DOCUMENT ? reads : strcmp(method, "POST") == 0)
		return asked == ASKED_DOCUMENT ? 0 : BODY_MAX;
	http_reply_header(request, "Allow", asked == ASKED_DOCUMENT ? "GET, HEAD" : "POST");
	return refuse(request, 405, "This page does not take that method");
}

/* ---- On a request worker ---- */

static void tell_refused(const struct visit *visit, const char *page, const struct err *err)
{
	log_limited(MORTISE_LOG_INFO, "page.refused",
		LOG_TEXT("provider", visit->provider->provider.key), LOG_TEXT("page", page),
		LOG_TEXT("reason", err_text(err)));
}

static void answer_document(struct visit *visit)
{
	struct http_request *request = visit->request;
	struct page_address address;
	struct page_subject subject = {0};
	cleanup_err struct err err = {0};
	cleanup_free char *policy = NULL;
	bool good;

	/* What is no page any more was one a moment ago: nobody is verified. */
	good = page_address_read(visit->provider, http_path(request), http_query_raw(request),
		&address);
	if (good && page_verify(visit->pages->daemon, visit->provider, &address, &subject, &err) !=
		TOKEN_GOOD) {
		tell_refused(visit, address.page->page.name, &err);
		good = false;
	}
	policy = page_policy(address.page ? &address.page->page : NULL, good ? &subject : NULL);
	http_reply_no_store(request);
	http_reply_header(request, "Content-Security-Policy", policy);
	http_reply_header(request, "Referrer-Policy", "no-referrer");
	http_reply_bytes(request, 200, "text/html; charset=utf-8", visit->pages->document,
		visit->pages->size);
	page_subject_clear(&subject);
	page_address_clear(&address);
}

/* The path of our public URL: "" or "/mortise". */
static const char *root_of(const struct pages *pages)
{
	const char *host = strstr(pages->daemon->settings->public_url, "://");
	const char *path = host ? strchr(host + 3, '/') : NULL;

	return path ? path : "";
}

/* The address in the body, which must be that of the page whose data is asked for. */
static int read_address(const struct visit *visit, struct page_address *ret_address, struct err *err)
{
	size_t size;
	const char *bytes = http_body(visit->request, &size);
	cleanup_json json_t *body = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, NULL);
	const char *text = json_string_value(json_object_get(body, "address"));
	cleanup_free char *wanted = page_of_data(http_path(visit->request));
	cleanup_free char *path = NULL;
	cleanup_free char *query = NULL;
	size_t wanted_size = wanted ? strlen(wanted) - 1 : 0;

	if (!text || !wanted || page_address_split(text, root_of(visit->pages), &path, &query, NULL) < 0 ||
		strncmp(path, wanted, wanted_size) != 0 ||
		(strcmp(path + wanted_size, "") != 0 && strcmp(path + wanted_size, "/") != 0) ||
		!page_address_read(visit->provider, path, query, ret_address))
		return err_field(err, "address",
			"Must be the path and query of this page, as its frame was asked for.");
	return 0;
}

static void answer_data(struct visit *visit)
{
	cleanup_err struct err err = {0};
	struct page_address address = {0};

	if (read_address(visit, &address, &err) < 0)
		http_reply_json(visit->request, 400, json_incref(err.fields));
	else
		page_answer_data(visit->pages, visit->provider, &address, visit->request);
	page_address_clear(&address);
}

static void end(struct visit *visit)
{
	http_send(visit->request);
	if (visit->provider)
		registration_unref(visit->provider->registration);
	free(visit);
}

static void run(void *arg)
{
	struct visit *visit = arg;

	if (visit->asked == ASKED_DOCUMENT)
		answer_document(visit);
	else
		answer_data(visit);
	end(visit);
}

static void end_busy(struct visit *visit, const char *detail)
{
	http_reply_header(visit->request, "Retry-After", "5");
	http_reply_json(visit->request, 503, json_pack("{s:s}", "detail", detail));
	end(visit);
}

/* On an intake worker, which is not to wait for a plugin. */
static void handle(struct http_request *request, void *arg)
{
	struct pages *pages = arg;
	struct visit *visit = new(struct visit);

	visit->pages = pages;
	visit->request = request;
	visit->asked = find(pages, request, &visit->provider);
	if (visit->asked == ASKED_NOTHING)
		end_busy(visit, "This provider is being changed; send it again");
	else if (pool_submit(pages->daemon->request_pool, run, visit, NULL) < 0)
		end_busy(visit, "Too much is asked for at once; send it again");
}

/* ---- Life ---- */

struct pages *pages_new(struct daemon *daemon)
{
	struct pages *pages = new(struct pages);

	pages->daemon = daemon;
	webhooks_set_others(daemon->webhooks, &(struct http_route){.admit = admit, .handler = handle,
		.arg = pages});
	return pages;
}

void pages_free(struct pages *pages)
{
	if (!pages)
		return;
	free(pages->document);
	free(pages);
}

void pages_set_document(struct pages *pages, const char *data, size_t size)
{
	static const char mark[] = "@ROOT@";
	cleanup_buf struct buf text = BUF(0);
	cleanup_free char *whole = xstrndup(data, size);
	const char *at = whole, *next;

	for (; (next = strstr(at, mark)); at = next + strlen(mark))
		buf_printf(&text, "%.*s%s", (int)(next - at), at, root_of(pages));
	buf_add_text(&text, at);
	free(pages->document);
	pages->size = text.size;
	pages->document = buf_steal(&text);
}
