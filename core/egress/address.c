/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/egress/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

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

bool cidr_parse(const char *text, struct cidr *ret_cidr)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t size = slash ? (size_t)(slash - text) : strlen(text);
	struct cidr cidr = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};
	int max = cidr.family == AF_INET6 ? 128 : 32;

	if (size >= sizeof(address))
		return false;
	memcpy(address, text, size);
	address[size] = '\0';
	if (inet_pton(cidr.family, address, cidr.address) != 1)
		return false;
	cidr.len = max;
	if (slash) {
		char *end;
		unsigned long len = strtoul(slash + 1, &end, 10);

		if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || len > (unsigned long)max)
			return false;
		cidr.len = (int)len;
	}
	*ret_cidr = cidr;
	return true;
}

static bool prefix_equals(const unsigned char *left, const unsigned char *right, int bits)
{
	int whole = bits / 8, rest = bits % 8;

	if (memcmp(left, right, (size_t)whole) != 0)
		return false;
	return rest == 0 || ((left[whole] ^ right[whole]) >> (8 - rest)) == 0;
}

static const unsigned char mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};
static const unsigned char nat64_prefix[12] = {0x00, 0x64, 0xff, 0x9b};

/* The bytes of an address; an IPv4-mapped one gives the IPv4 address. */
static const unsigned char *address_bytes(const struct sockaddr *address, int *ret_family)
{
	const unsigned char *bytes;

	if (address->sa_family == AF_INET) {
		*ret_family = AF_INET;
		return (const unsigned char *)&((const struct sockaddr_in *)(const void *)address)
			->sin_addr;
	}
	if (address->sa_family != AF_INET6)
		return NULL;
	bytes = ((const struct sockaddr_in6 *)(const void *)address)->sin6_addr.s6_addr;
	if (memcmp(bytes, mapped_prefix, sizeof(mapped_prefix)) == 0) {
		*ret_family = AF_INET;
		return bytes + sizeof(mapped_prefix);
	}
	*ret_family = AF_INET6;
	return bytes;
}

static const char *find_range(const struct range *ranges, size_t len,
	const unsigned char *bytes)
{
	for (size_t i = 0; i < len; i++) {
		struct cidr cidr;

		if (cidr_parse(ranges[i].cidr, &cidr) &&
			prefix_equals(cidr.address, bytes, cidr.len))
			return ranges[i].kind;
	}
	return NULL;
}

const char *address_forbidden(const struct sockaddr *address)
{
	int family = AF_UNSPEC;
	const unsigned char *bytes = address_bytes(address, &family);
	const char *kind;

	if (!bytes)
		return "not an internet address";
	if (family == AF_INET)
		return find_range(ranges4, lengthof(ranges4), bytes);
	/* Hosts without IPv4 reach all of it through this prefix (RFC 6052). */
	if (memcmp(bytes, nat64_prefix, sizeof(nat64_prefix)) == 0)
		return find_range(ranges4, lengthof(ranges4), bytes + sizeof(nat64_prefix));
	if ((bytes[0] & 0xe0) == 0x20)
		return find_range(ranges6, lengthof(ranges6), bytes);
	kind = find_range(outside6, lengthof(outside6), bytes);
	return kind ? kind : "not global unicast";
}

bool cidr_contains(const struct cidr *cidr, const struct sockaddr *address)
{
	int family = AF_UNSPEC;
	const unsigned char *bytes = address_bytes(address, &family);

	return bytes && family == cidr->family && prefix_equals(cidr->address, bytes, cidr->len);
}

bool address_parse(const char *text, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in *in = (struct sockaddr_in *)(void *)ret_address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)ret_address;

	*ret_address = (struct sockaddr_storage){0};
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		ret_address->ss_family = AF_INET;
		return true;
	}
	if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1) {
		ret_address->ss_family = AF_INET6;
		return true;
	}
	return false;
}
