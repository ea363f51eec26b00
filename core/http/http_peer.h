/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Who is at the other end: addresses, trusted proxies, connections per address.
 * Loop thread.
 */
#ifndef MORTISE_HTTP_HTTP_PEER_H
#define MORTISE_HTTP_HTTP_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <netinet/in.h>

struct err;

/* IPv4 stands as ::ffff:a.b.c.d, so that one comparison serves both. */
struct http_address {
	uint8_t bytes[16];
};

#define HTTP_ADDRESS_TEXT_SIZE INET6_ADDRSTRLEN

bool http_address_parse(const char *text, struct http_address *ret_address);
void http_address_from(const struct sockaddr *from, struct http_address *ret_address);
void http_address_text(const struct http_address *address,
	char ret_text[static HTTP_ADDRESS_TEXT_SIZE]);
bool http_address_is_loopback(const struct http_address *address);
/* "127.0.0.1:8300", "[::1]:0" → something to bind to; E_SETTINGS if it is neither. */
int http_address_listen(const char *text, struct sockaddr_storage *ret_address,
	socklen_t *ret_size, struct err *err);

/* A list of networks. */
struct http_networks;
/* 'cidrs' ends with NULL and may be NULL; an entry that is none is left out. */
struct http_networks *http_networks_new(const char *const *cidrs);
bool http_networks_have(const struct http_networks *networks, const struct http_address *address);
void http_networks_free(struct http_networks *networks);

/* The client behind trusted proxies: walk X-Forwarded-For from the right while the
 * sender of each entry is trusted.  An entry that is no address ends the walk. */
void http_peer_client(const struct http_networks *trusted, const struct http_address *peer,
	const char *forwarded_for, struct http_address *ret_client);

/* Counts by address; IPv6 by its /64. */
struct http_counts;
struct http_counts *http_counts_new(void);
/* Count one more; false, and not counted, if there are 'max' already. */
bool http_counts_take(struct http_counts *counts, const struct http_address *address, size_t max);
void http_counts_give(struct http_counts *counts, const struct http_address *address);
void http_counts_free(struct http_counts *counts);

#endif
