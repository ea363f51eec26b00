/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

bool ip_is_v4(const struct ip *ip)
{
	return memcmp(ip->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

bool ip_parse(const char *text, struct ip *ret_ip)
{
	struct ip ip;

	if (inet_pton(AF_INET6, text, ip.bytes) != 1) {
		memcpy(ip.bytes, mapped_prefix, sizeof(mapped_prefix));
		if (inet_pton(AF_INET, text, ip.bytes + sizeof(mapped_prefix)) != 1)
			return false;
	}
	*ret_ip = ip;
	return true;
}

bool ip_from(const struct sockaddr *address, struct ip *ret_ip)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		memcpy(ret_ip->bytes, mapped_prefix, sizeof(mapped_prefix));
		memcpy(ret_ip->bytes + sizeof(mapped_prefix), &in.sin_addr, sizeof(in.sin_addr));
		return true;
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, address, sizeof(in6));
		memcpy(ret_ip->bytes, &in6.sin6_addr, sizeof(ret_ip->bytes));
		return true;
	}
	return false;
}

/* A number of at most 'max', without sign or space. */
static bool parse_number(const char *text, unsigned long max, unsigned long *ret_number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*ret_number = strtoul(text, &end, 10);
	return *end == '\0' && *ret_number <= max;
}

static bool parse_endpoint(const char *text, struct sockaddr_storage *ret_address,
	socklen_t *ret_size)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	const char *colon = strrchr(text, ':');
	cleanup_free char *host = colon ? xstrndup(text, (size_t)(colon - text)) : NULL;
	size_t size = host ? strlen(host) : 0;
	unsigned long port;

	if (!host || !parse_number(colon + 1, UINT16_MAX, &port))
		return false;
	*ret_address = (struct sockaddr_storage){0};
	if (size > 2 && host[0] == '[' && host[size - 1] == ']') {
		host[size - 1] = '\0';
		if (inet_pton(AF_INET6, host + 1, &in6.sin6_addr) != 1)
			return false;
		in6.sin6_port = htons((uint16_t)port);
		memcpy(ret_address, &in6, *ret_size = sizeof(in6));
		return true;
	}
	if (inet_pton(AF_INET, host, &in.sin_addr) != 1)
		return false;
	in.sin_port = htons((uint16_t)port);
	memcpy(ret_address, &in, *ret_size = sizeof(in));
	return true;
}

int ip_endpoint_parse(const char *text, struct sockaddr_storage *ret_address,
	socklen_t *ret_size, struct err *err)
{
	if (parse_endpoint(text, ret_address, ret_size))
		return 0;
	return err_set(err, MORTISE_E_SETTINGS,
		"cannot listen on \"%s\": write ADDRESS:PORT, as in 127.0.0.1:8300 or [::1]:8300",
		text);
}

bool ip_network_parse(const char *text, struct ip_network *ret_network)
{
	const char *slash = strchr(text, '/');
	cleanup_free char *base = slash ? xstrndup(text, (size_t)(slash - text)) : xstrdup(text);
	struct ip_network network = {.bits = 128};
	unsigned long bits;

	if (!ip_parse(base, &network.base))
		return false;
	if (slash) {
		/* By how it is written: a mapped network has its 128 bits. */
		bool v4 = !strchr(base, ':');

		if (!parse_number(slash + 1, v4 ? 32 : 128, &bits))
			return false;
		network.bits = (int)bits + (v4 ? 96 : 0);
	}
	*ret_network = network;
	return true;
}

bool ip_network_has(const struct ip_network *network, const struct ip *ip)
{
	int whole = network->bits / 8, rest = network->bits % 8;

	if (ip_is_v4(ip) && !(ip_is_v4(&network->base) && network->bits >= 96))
		return false;
	if (memcmp(network->base.bytes, ip->bytes, (size_t)whole) != 0)
		return false;
	return rest == 0 || (network->base.bytes[whole] ^ ip->bytes[whole]) >> (8 - rest) == 0;
}
