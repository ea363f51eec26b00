/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/http/http_peer.h"

#include <arpa/inet.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define BUCKETS 1024
#define MAX_FORWARDED_HOPS 20

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

static bool is_mapped(const struct http_address *address)
{
	return memcmp(address->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

bool http_address_parse(const char *text, struct http_address *ret_address)
{
	struct http_address address;

	if (inet_pton(AF_INET6, text, address.bytes) != 1) {
		memcpy(address.bytes, mapped_prefix, sizeof(mapped_prefix));
		if (inet_pton(AF_INET, text, address.bytes + 12) != 1)
			return false;
	}
	*ret_address = address;
	return true;
}

void http_address_from(const struct sockaddr *from, struct http_address *ret_address)
{
	*ret_address = (struct http_address){0};
	if (from->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, from, sizeof(in));
		memcpy(ret_address->bytes, mapped_prefix, sizeof(mapped_prefix));
		memcpy(ret_address->bytes + 12, &in.sin_addr, 4);
	} else if (from->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, from, sizeof(in6));
		memcpy(ret_address->bytes, &in6.sin6_addr, 16);
	} else {
		/* A Unix socket: as near as ::1. */
		ret_address->bytes[15] = 1;
	}
}

void http_address_text(const struct http_address *address,
	char ret_text[static HTTP_ADDRESS_TEXT_SIZE])
{
	if (is_mapped(address))
		inet_ntop(AF_INET, address->bytes + 12, ret_text, HTTP_ADDRESS_TEXT_SIZE);
	else
		inet_ntop(AF_INET6, address->bytes, ret_text, HTTP_ADDRESS_TEXT_SIZE);
}

bool http_address_is_loopback(const struct http_address *address)
{
	static const uint8_t loopback[16] = {[15] = 1};

	return (is_mapped(address) && address->bytes[12] == 127) ||
		memcmp(address->bytes, loopback, sizeof(loopback)) == 0;
}

static bool parse_port(const char *text, uint16_t *ret_port)
{
	char *end;
	unsigned long port;

	if (*text < '0' || *text > '9')
		return false;
	port = strtoul(text, &end, 10);
	if (*end || port > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

int http_address_listen(const char *text, struct sockaddr_storage *ret_address,
	socklen_t *ret_size, struct err *err)
{
	const char *colon = strrchr(text, ':');
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	cleanup_free char *host = colon ? xstrndup(text, (size_t)(colon - text)) : NULL;
	size_t size = host ? strlen(host) : 0;
	uint16_t port;

	if (!host || !parse_port(colon + 1, &port))
		goto refused;
	*ret_address = (struct sockaddr_storage){0};
	if (size > 2 && host[0] == '[' && host[size - 1] == ']') {
		host[size - 1] = '\0';
		if (inet_pton(AF_INET6, host + 1, &in6.sin6_addr) != 1)
			goto refused;
		in6.sin6_port = htons(port);
		memcpy(ret_address, &in6, sizeof(in6));
		*ret_size = sizeof(in6);
		return 0;
	}
	if (inet_pton(AF_INET, host, &in.sin_addr) != 1)
		goto refused;
	in.sin_port = htons(port);
	memcpy(ret_address, &in, sizeof(in));
	*ret_size = sizeof(in);
	return 0;
refused:
	return err_set(err, MORTISE_E_SETTINGS,
		"cannot listen on \"%s\": write ADDRESS:PORT, as in 127.0.0.1:8300 or [::1]:8300",
		text);
}

/* ---- Networks ---- */

struct http_networks {
	size_t len;
	struct {
		struct http_address address;
		int bits;
	} items[];
};

static bool parse_network(const char *text, struct http_address *ret_address, int *ret_bits)
{
	const char *slash = strchr(text, '/');
	cleanup_free char *host = slash ? xstrndup(text, (size_t)(slash - text)) : xstrdup(text);
	int bits = 128;

	if (!http_address_parse(host, ret_address))
		return false;
	if (slash) {
		uint16_t number;

		if (!parse_port(slash + 1, &number) || number > (is_mapped(ret_address) ? 32 : 128))
			return false;
		bits = is_mapped(ret_address) ? 96 + number : number;
	}
	*ret_bits = bits;
	return true;
}

struct http_networks *http_networks_new(const char *const *cidrs)
{
	struct http_networks *networks;
	size_t len = 0;

	while (cidrs && cidrs[len])
		len++;
	networks = xcalloc(1, sizeof(*networks) + len * sizeof(networks->items[0]));
	for (size_t i = 0; i < len; i++) {
		struct http_address address;
		int bits;

		if (!parse_network(cidrs[i], &address, &bits)) {
			log_warning("http.bad_network", LOG_TEXT("network", cidrs[i]));
			continue;
		}
		networks->items[networks->len].address = address;
		networks->items[networks->len++].bits = bits;
	}
	return networks;
}

static bool same_bits(const struct http_address *a, const struct http_address *b, int bits)
{
	int whole = bits / 8, rest = bits % 8;

	if (memcmp(a->bytes, b->bytes, (size_t)whole) != 0)
		return false;
	return rest == 0 || (a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest) == 0;
}

bool http_networks_have(const struct http_networks *networks, const struct http_address *address)
{
	for (size_t i = 0; i < networks->len; i++)
		if (same_bits(&networks->items[i].address, address, networks->items[i].bits))
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
static bool last_entry(const char *text, size_t size, struct http_address *ret_address,
	size_t *ret_before)
{
	char entry[HTTP_ADDRESS_TEXT_SIZE];
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
	return http_address_parse(entry, ret_address);
}

void http_peer_client(const struct http_networks *trusted, const struct http_address *peer,
	const char *forwarded_for, struct http_address *ret_client)
{
	size_t left = forwarded_for ? strlen(forwarded_for) : 0;

	*ret_client = *peer;
	for (int hop = 0; left > 0 && hop < MAX_FORWARDED_HOPS; hop++) {
		struct http_address entry;

		if (!http_networks_have(trusted, ret_client) ||
			!last_entry(forwarded_for, left, &entry, &left))
			return;
		*ret_client = entry;
	}
}

/* ---- Counts ---- */

struct count {
	struct count *next;
	struct http_address address;
	size_t count;
};

struct http_counts {
	struct count *buckets[BUCKETS];
};

struct http_counts *http_counts_new(void)
{
	return new(struct http_counts);
}

void http_counts_free(struct http_counts *counts)
{
	if (!counts)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (counts->buckets[i]) {
			struct count *next = counts->buckets[i]->next;

			free(counts->buckets[i]);
			counts->buckets[i] = next;
		}
	}
	free(counts);
}

/* The link that holds the count of 'address', or the end of its chain. */
static struct count **find_count(struct http_counts *counts, const struct http_address *address,
	struct http_address *ret_key)
{
	struct count **link;
	uint32_t hash = 2166136261u;

	*ret_key = *address;
	if (!is_mapped(address))
		memset(ret_key->bytes + 8, 0, 8);
	for (size_t i = 0; i < sizeof(ret_key->bytes); i++)
		hash = (hash ^ ret_key->bytes[i]) * 16777619u;
	link = &counts->buckets[hash % BUCKETS];
	while (*link && memcmp(&(*link)->address, ret_key, sizeof(*ret_key)) != 0)
		link = &(*link)->next;
	return link;
}

bool http_counts_take(struct http_counts *counts, const struct http_address *address, size_t max)
{
	struct http_address key;
	struct count **link = find_count(counts, address, &key);

	if (!*link) {
		*link = new(struct count);
		(*link)->address = key;
	}
	if ((*link)->count >= max)
		return false;
	(*link)->count++;
	return true;
}

void http_counts_give(struct http_counts *counts, const struct http_address *address)
{
	struct http_address key;
	struct count **link = find_count(counts, address, &key), *count = *link;

	if (count && --count->count == 0) {
		*link = count->next;
		free(count);
	}
}
