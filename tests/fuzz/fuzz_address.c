/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Addresses, networks and X-Forwarded-For: "ADDRESS NUL NETWORK NUL LIST".  An address
 * reads back as what was written, a loopback one is never public, and a client is only
 * ever the peer or an entry that stands behind a trusted one.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/base/err.h"
#include "core/base/ip.h"
#include "core/base/log.h"
#include "core/egress/address.h"
#include "core/http/http_peer.h"

static bool is_same(const struct ip *left, const struct ip *right)
{
	return memcmp(left, right, sizeof(*left)) == 0;
}

static void check_address(const struct ip *ip)
{
	char text[HTTP_PEER_TEXT_SIZE];
	struct ip again;

	http_peer_text(ip, text);
	HOLDS(ip_parse(text, &again) && is_same(ip, &again));
	HOLDS(!http_peer_is_near(ip) || address_forbidden(ip));
}

static void check_network(const char *text, const struct ip *member)
{
	const char *cidrs[] = {text, NULL};
	struct http_networks *networks = http_networks_new(cidrs);
	struct ip_network network;

	if (ip_network_parse(text, &network)) {
		HOLDS(network.bits >= 0 && network.bits <= 128);
		HOLDS(ip_network_has(&network, &network.base) || ip_is_v4(&network.base));
		HOLDS(ip_network_has(&network, member) == http_networks_have(networks, member));
	} else {
		HOLDS(!http_networks_have(networks, member));
	}
	http_networks_free(networks);
}

static void check_forwarded(const char *list, const char *network)
{
	const char *cidrs[] = {network, NULL};
	struct http_networks *none = http_networks_new(NULL);
	struct http_networks *some = http_networks_new(cidrs);
	struct ip peer, client;

	HOLDS(ip_parse("127.0.0.1", &peer));
	http_peer_client(none, &peer, list, &client);
	HOLDS(is_same(&peer, &client));
	http_peer_client(some, &peer, list, &client);
	HOLDS(http_networks_have(some, &peer) || is_same(&peer, &client));
	check_address(&client);
	http_networks_free(some);
	http_networks_free(none);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	cleanup_free char *address = fuzz_text(&input);
	cleanup_free char *network = fuzz_text(&input);
	cleanup_free char *list = fuzz_text(&input);
	struct sockaddr_storage storage;
	socklen_t storage_size;
	struct ip ip;

	log_setup(MORTISE_LOG_ERROR, LOG_LOGFMT);
	if (ip_parse(address, &ip)) {
		check_address(&ip);
		check_network(network, &ip);
	}
	check_forwarded(list, network);
	if (ip_endpoint_parse(address, &storage, &storage_size, NULL) == 0) {
		HOLDS(storage_size <= sizeof(storage) && strrchr(address, ':'));
		HOLDS(ip_from((struct sockaddr *)&storage, &ip));
	}
	return 0;
}
