/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Which resolved addresses are out of bounds for outbound requests, and CIDRs.
 * Pure functions, any thread.
 */
#ifndef MORTISE_EGRESS_ADDRESS_H
#define MORTISE_EGRESS_ADDRESS_H

#include <stdbool.h>

struct sockaddr;
struct sockaddr_storage;

struct cidr {
	unsigned char address[16]; /* an IPv4 address stands in the first four bytes */
	int family;                /* AF_INET, AF_INET6 */
	int len;                   /* bits */
};

/* NULL if 'address' is a public unicast address; else the kind that forbids it, as
 * "loopback" or "private".  An IPv4 address inside an IPv6 one is judged as itself
 * where it can be reached that way, and refused where that is unclear. */
const char *address_forbidden(const struct sockaddr *address);
/* "10.0.0.0/8", "fd00::/8", "127.0.0.2"; false if it is neither. */
bool cidr_parse(const char *text, struct cidr *ret_cidr);
/* An IPv4-mapped address is taken as the IPv4 address. */
bool cidr_contains(const struct cidr *cidr, const struct sockaddr *address);
/* An address in its numeric form; false if 'text' is none. */
bool address_parse(const char *text, struct sockaddr_storage *ret_address);

#endif
