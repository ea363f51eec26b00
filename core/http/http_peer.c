/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/http/http_peer.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/base/mem.h"

#define BUCKETS 1024
#define MAX_FORWARDED_HOPS 20

void http_peer_from(const struct sockaddr *from, struct ip *ret_ip)
{
	/* A Unix socket: as near as ::1. */
	if (!ip_from(from, ret_ip))
		*ret_ip = (struct ip){.bytes = {[15] = 1}};
}

void http_peer_text(const struct ip *ip, char ret_text[static HTTP_PEER_TEXT_SIZE])
{
	if (ip_is_v4(ip))
		inet_ntop(AF_INET, ip->bytes + 12, ret_text, HTTP_PEER_TEXT_SIZE);
	else
		inet_ntop(AF_INET6, ip->bytes, ret_text, HTTP_PEER_TEXT_SIZE);
}

bool http_peer_is_near(const struct ip *ip)
{
	static const struct ip loopback = {.bytes = {[15] = 1}};

	return (ip_is_v4(ip) && ip->bytes[12] == 127) || memcmp(ip, &loopback, sizeof(*ip)) == 0;
}

/* ---- Networks ---- */

struct http_networks {
	size_t len;
	struct ip_network items[];
};

struct http_networks *http_networks_new(const char *const *cidrs)
{
	struct http_networks *networks;
	size_t len = 0;

	while (cidrs && cidrs[len])
		len++;
	networks = xcalloc(1, sizeof(*networks) + len * sizeof(networks->items[0]));
	for (size_t i = 0; i < len; i++)
		networks->len += ip_network_parse(cidrs[i], &networks->items[networks->len]);
	return networks;
}

bool http_networks_have(const struct http_networks *networks, const struct ip *ip)
{
	for (size_t i = 0; i < networks->len; i++)
		if (ip_network_has(&networks->items[i], ip))
			return true;
	return false;
}

void http_networks_free(struct http_networks *networks)
{
	free(networks);
}

/* ---- Forwarded ---- */

/* The last entry of the list 'text' of 'size' bytes; '*ret_before' is what stands
 * in front of it. */
static bool last_entry(const char *text, size_t size, struct ip *ret_address,
	size_t *ret_before)
{
	char entry[HTTP_PEER_TEXT_SIZE];
	size_t start = size, end = size;

	while (start > 0 && text[start - 1] != ',')
		start--;
	*ret_before = start > 0 ? start - 1 : 0;
	while (start < end && (text[start] == ' ' || text[start] == '\t'))
		start++;
	while (end > start && (text[end - 1] == ' ' || text[end - 1] == '\t'))
		end--;
	if (end - start >= sizeof(entry))
		return false;
	memcpy(entry, text + start, end - start);
	entry[end - start] = '\0';
	return ip_parse(entry, ret_address);
}

void http_peer_client(const struct http_networks *trusted, const struct ip *peer,
	const char *forwarded_for, struct ip *ret_client)
{
	size_t left = forwarded_for ? strlen(forwarded_for) : 0;

	*ret_client = *peer;
	for (int hop = 0; left > 0 && hop < MAX_FORWARDED_HOPS; hop++) {
		struct ip entry;

		if (!http_networks_have(trusted, ret_client) ||
			!last_entry(forwarded_for, left, &entry, &left))
			return;
		*ret_client = entry;
	}
}

/* ---- Clients ---- */

struct http_clients {
	const struct http_networks *trusted;
	struct http_client *buckets[BUCKETS];
};

struct http_clients *http_clients_new(const struct http_networks *trusted)
{
	struct http_clients *clients = new(struct http_clients);

	clients->trusted = trusted;
	return clients;
}

void http_clients_free(struct http_clients *clients)
{
	if (!clients)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (clients->buckets[i]) {
			struct http_client *next = clients->buckets[i]->next;

			free(clients->buckets[i]);
			clients->buckets[i] = next;
		}
	}
	free(clients);
}

/* The link that holds the client 'key', or the end of its chain. */
static struct http_client **find_client(struct http_clients *clients, const struct ip *key)
{
	struct http_client **link;
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < sizeof(key->bytes); i++)
		hash = (hash ^ key->bytes[i]) * 16777619u;
	link = &clients->buckets[hash % BUCKETS];
	while (*link && memcmp(&(*link)->key, key, sizeof(*key)) != 0)
		link = &(*link)->next;
	return link;
}

struct http_client *http_clients_get(struct http_clients *clients, const struct ip *ip)
{
	bool trusted = http_peer_is_near(ip) || http_networks_have(clients->trusted, ip);
	struct ip key = *ip;
	struct http_client **link;

	if (!ip_is_v4(ip) && !trusted)
		memset(key.bytes + 8, 0, 8);
	link = find_client(clients, &key);
	if (!*link) {
		*link = new(struct http_client);
		(*link)->key = key;
		(*link)->trusted = trusted;
	}
	(*link)->refs++;
	return *link;
}

void http_clients_put(struct http_clients *clients, struct http_client *client)
{
	struct http_client **link;

	if (--client->refs > 0)
		return;
	link = find_client(clients, &client->key);
	*link = client->next;
	free(client);
}
