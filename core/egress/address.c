/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/egress/address.h"

#include <string.h>

#include "core/base/ip.h"
#include "core/base/mem.h"

struct range {
	const char *cidr;
	const char *kind;
};

/* IANA's special-purpose registry, and the metadata services that stand outside it. */
static const struct range ranges4[] = {
	{"0.0.0.0/8", "unspecified"},
	{"10.0.0.0/8", "private"},
	{"100.64.0.0/10", "carrier-grade NAT"},
	{"127.0.0.0/8", "loopback"},
	{"168.63.129.16/32", "metadata"},
	{"169.254.0.0/16", "link-local"},
	{"172.16.0.0/12", "private"},
	{"192.0.0.0/24", "protocol assignment"},
	{"192.0.2.0/24", "documentation"},
	{"192.31.196.0/24", "anycast sink"},
	{"192.52.193.0/24", "anycast relay"},
	{"192.88.99.0/24", "6to4 relay"},
	{"192.168.0.0/16", "private"},
	{"192.175.48.0/24", "anycast sink"},
	{"198.18.0.0/15", "benchmarking"},
	{"198.51.100.0/24", "documentation"},
	{"203.0.113.0/24", "documentation"},
	{"224.0.0.0/4", "multicast"},
	{"240.0.0.0/4", "reserved"},
};

/* Inside 2000::/3; whatever is outside is refused as a whole. */
static const struct range ranges6[] = {
	{"2001::/32", "Teredo"},
	{"2001::/23", "protocol assignment"},
	{"2001:db8::/32", "documentation"},
	{"2002::/16", "6to4"},
	{"2620:4f:8000::/48", "anycast sink"},
	{"3fff::/20", "documentation"},
};

/* Only names for the refusal: all of these are outside 2000::/3. */
static const struct range outside6[] = {
	{"::/128", "unspecified"},
	{"::1/128", "loopback"},
	{"::/96", "IPv4-compatible"},
	{"::ffff:0:0:0/96", "IPv4-translated"},
	{"64:ff9b:1::/48", "local NAT64"},
	{"100::/64", "discard"},
	{"fc00::/7", "unique local"},
	{"fe80::/10", "link-local"},
	{"fec0::/10", "site-local"},
	{"ff00::/8", "multicast"},
};

static const unsigned char nat64_prefix[12] = {0x00, 0x64, 0xff, 0x9b};

static const char *find_range(const struct range *ranges, size_t len, const struct ip *ip)
{
	for (size_t i = 0; i < len; i++) {
		struct ip_network network;

		if (ip_network_parse(ranges[i].cidr, &network) && ip_network_has(&network, ip))
			return ranges[i].kind;
	}
	return NULL;
}

const char *address_forbidden(const struct ip *ip)
{
	const char *kind;

	if (ip_is_v4(ip))
		return find_range(ranges4, lengthof(ranges4), ip);
	/* Hosts without IPv4 reach all of it through this prefix (RFC 6052). */
	if (memcmp(ip->bytes, nat64_prefix, sizeof(nat64_prefix)) == 0) {
		struct ip inner = {{[10] = 0xff, [11] = 0xff}};

		memcpy(inner.bytes + 12, ip->bytes + 12, 4);
		return find_range(ranges4, lengthof(ranges4), &inner);
	}
	if ((ip->bytes[0] & 0xe0) == 0x20)
		return find_range(ranges6, lengthof(ranges6), ip);
	kind = find_range(outside6, lengthof(outside6), ip);
	return kind ? kind : "not global unicast";
}
