/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Which resolved addresses are out of bounds for outbound requests.  Pure, any thread. */
#ifndef MORTISE_EGRESS_ADDRESS_H
#define MORTISE_EGRESS_ADDRESS_H

struct ip;

/* NULL if 'ip' is a public unicast address; else the kind that forbids it, as
 * "loopback" or "private".  An IPv4 address inside an IPv6 one is judged as itself
 * where it can be reached that way, and refused where that is unclear. */
const char *address_forbidden(const struct ip *ip);

#endif
