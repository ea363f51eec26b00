/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Internet addresses and networks, as numbers; no name is ever looked up.  Pure
 * functions, any thread.
 */
#ifndef MORTISE_BASE_IP_H
#define MORTISE_BASE_IP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct err;

/* IPv4 stands as ::ffff:a.b.c.d, so that one comparison serves both. */
struct ip {
	uint8_t bytes[16];
};

/* "10.1.2.3", "::1"; false for other spellings, ports and names. */
bool ip_parse(const char *text, struct ip *ret_ip);
/* False for another family. */
bool ip_from(const struct sockaddr *address, struct ip *ret_ip);
/* IPv4, also when it came as IPv4-mapped IPv6. */
bool ip_is_v4(const struct ip *ip);
/* "127.0.0.1:8300", "[::1]:0" → something to bind to; E_SETTINGS if it is neither. */
int ip_endpoint_parse(const char *text, struct sockaddr_storage *ret_address,
	socklen_t *ret_size, struct err *err);

struct ip_network {
	struct ip base;
	int bits;                      /* of the 128 */
};

/* "10.0.0.0/8", "fd00::/8", "127.0.0.2"; false if it is neither. */
bool ip_network_parse(const char *text, struct ip_network *ret_network);
/* A network of IPv6, ::/0 too, holds no IPv4 address. */
bool ip_network_has(const struct ip_network *network, const struct ip *ip);

#endif
