/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Embedded pages: /extensions/{slug}/…, as plugins registered them, inside frames of their
 * upstreams.
 *
 * A page is one static document, whatever the plugin and whoever asks; only its headers
 * differ.  A request whose token holds says which integration it is about, and only the
 * site of that integration may show the page.  The document's script then asks for the
 * data, under the address that the frame was asked for: the token in it is verified once
 * more, the plugin is called, and what it says is shown as text.  There is no session and
 * no cookie, so nobody's rights are lent to who embeds us.
 */
#ifndef MORTISE_PAGE_PAGE_H
#define MORTISE_PAGE_PAGE_H

#include <stddef.h>

struct daemon;
struct pages;

/* After the webhooks, whose prefix pages share: what is no webhook may be a page. */
struct pages *pages_new(struct daemon *daemon);
void pages_free(struct pages *pages);
/* The document, with "@ROOT@" wherever the path of our public URL belongs.  Before
 * listening; without one there are no pages. */
void pages_set_document(struct pages *pages, const char *data, size_t size);

#endif
