/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Who is at the other end: trusted proxies, and what each client holds of the server.
 * Loop thread.
 */
#ifndef MORTISE_HTTP_HTTP_PEER_H
#define MORTISE_HTTP_HTTP_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include <netinet/in.h>

#include "core/base/ip.h"

#define HTTP_PEER_TEXT_SIZE INET6_ADDRSTRLEN

void http_peer_from(const struct sockaddr *from, struct ip *ret_ip);
void http_peer_text(const struct ip *ip, char ret_text[static HTTP_PEER_TEXT_SIZE]);
/* A loopback address, or ours over a Unix socket. */
bool http_peer_is_near(const struct ip *ip);

/* A list of networks. */
struct http_networks;
/* 'cidrs' ends with NULL and may be NULL; an entry that is none is left out. */
struct http_networks *http_networks_new(const char *const *cidrs);
bool http_networks_have(const struct http_networks *networks, const struct ip *ip);
void http_networks_free(struct http_networks *networks);

/* The client behind trusted proxies: walk X-Forwarded-For from the right while the
 * sender of each entry is trusted.  An entry that is no address ends the walk. */
void http_peer_client(const struct http_networks *trusted, const struct ip *peer,
	const char *forwarded_for, struct ip *ret_client);

/* One address, as long as it holds anything; IPv6 by its /64, but for trusted ones. */
struct http_client {
	struct http_client *next;      /* in its bucket */
	struct ip key;
	bool trusted;                  /* loopback or a trusted proxy: many stand behind it */
	size_t refs;                   /* connections and requests that point here */
	size_t connections;
	size_t bytes;                  /* of bodies and replies in memory */
};

struct http_clients;
/* 'trusted' is borrowed for good. */
struct http_clients *http_clients_new(const struct http_networks *trusted);
/* A reference, to be given back with http_clients_put. */
struct http_client *http_clients_get(struct http_clients *clients, const struct ip *ip);
void http_clients_put(struct http_clients *clients, struct http_client *client);
void http_clients_free(struct http_clients *clients);

#endif
