/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What the files of core/page/ share. */
#ifndef MORTISE_PAGE_PAGE_PRIVATE_H
#define MORTISE_PAGE_PAGE_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/http/http_parser.h"
#include "core/page/page.h"
#include "core/provider/registration.h"
#include "core/token/token.h"

struct err;

#define PAGE_SEGMENTS_MAX 8
#define PAGE_ADDRESS_MAX 8192

struct pages {
	struct daemon *daemon;
	char *document;                /* NULL: there is none */
	size_t size;
};

/* ---- address.c: which page a frame was asked for ---- */

struct page_address {
	const struct reg_page *page;
	char *path;                    /* below our public URL, as it was sent */
	char *query;                   /* as it was sent, without "?" */
	char *path_bytes, *query_bytes;/* what the next ones point into */
	const char *segments[PAGE_SEGMENTS_MAX];       /* decoded, below /extensions/SLUG/ */
	size_t segment_len;
	struct http_field fields[HTTP_MAX_QUERY];      /* of the query, decoded */
	size_t field_len;
};

/* 'path' and 'query' as they were sent; the provider's reference must last as long.
 * False: there is no such page.  Free with page_address_clear whatever the result is. */
bool page_address_read(const struct reg_provider *provider, const char *path, const char *query,
	struct page_address *ret_address);
void page_address_clear(struct page_address *address);
/* The segment {name}, or NULL. */
const char *page_address_segment(const struct page_address *address, const char *name);
/* {"path","query"} for the plugin: all but the tokens. */
json_t *page_address_input(const struct page_address *address);
/* The path of the address that 'text' names, and its query: 'root' is the path of our
 * public URL, which it must begin with.  Both are new strings. */
int page_address_split(const char *text, const char *root, char **ret_path, char **ret_query,
	struct err *err);

/* ---- verify.c: who may see it ---- */

struct page_subject {
	int64_t integration_id;
	char *external_id;
	char *frame;                   /* origin that may show the page; NULL: none is known */
};

/* TOKEN_GOOD, and whose page it is; else 'err' says why.  Blocks: request workers. */
enum token_verdict page_verify(struct daemon *daemon, const struct reg_provider *provider,
	const struct page_address *address, struct page_subject *ret_subject, struct err *err);
void page_subject_clear(struct page_subject *subject);

/* ---- policy.c ---- */

/* The Content-Security-Policy of a page (new string); 'subject' NULL: it was not verified,
 * so there is nothing to see, and anybody may show that. */
char *page_policy(const struct mortise_page *page, const struct page_subject *subject);
/* "https://acme.test:8443" of an URL (new string), fit to stand in a policy; NULL: it has
 * none. */
char *page_origin(const char *url);

/* ---- data.c ---- */

struct http_request;

/* Answer a request for the data of the page at 'address'.  Request workers. */
void page_answer_data(struct pages *pages, const struct reg_provider *provider,
	const struct page_address *address, struct http_request *request);

#endif
