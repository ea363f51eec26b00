/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <netinet/in.h>
#include <sys/un.h>

#include "core/base/err.h"
#include "core/base/ip.h"
#include "core/base/mem.h"

static void other_spellings_are_no_address(void **state)
{
	static const char *const table[] = {
		"", "localhost", "127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1", "127.0.0.1 ",
		"127.0.0.1:80", "[::1]", "::1%lo", "1.2.3.4.5", "256.0.0.1",
	};
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++)
		if (ip_parse(table[i], &ip))
			fail_msg("%zu: %s was taken", i, table[i]);
}

static void other_families_are_no_address(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct ip ip;

	(void)state;
	assert_false(ip_from((struct sockaddr *)&address, &ip));
}

static void networks_hold_what_they_say(void **state)
{
	static const struct {
		const char *network, *ip;
		bool inside;
	} table[] = {
		{"127.0.0.0/8", "127.0.0.2", true},
		{"127.0.0.0/8", "128.0.0.2", false},
		{"127.0.0.0/8", "::ffff:127.0.0.2", true},
		{"127.0.0.0/8", "64:ff9b::127.0.0.2", false},
		{"10.1.2.3", "10.1.2.3", true},
		{"10.1.2.3", "10.1.2.2", false},
		{"10.1.2.0/23", "10.1.3.255", true},
		{"10.1.2.0/23", "10.1.4.0", false},
		{"0.0.0.0/0", "9.9.9.9", true},
		{"0.0.0.0/0", "::1", false},
		{"::/0", "9.9.9.9", false},
		{"::/0", "::1", true},
		{"::ffff:0:0/96", "9.9.9.9", true},
		{"::ffff:0:0/95", "9.9.9.9", false},
		{"fd00::/8", "fd12::1", true},
		{"fd00::/8", "fc12::1", false},
		{"::1/128", "::1", true},
		{"::1/128", "::2", false},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		struct ip_network network;
		struct ip ip;

		assert_true(ip_network_parse(table[i].network, &network));
		assert_true(ip_parse(table[i].ip, &ip));
		if (ip_network_has(&network, &ip) != table[i].inside)
			fail_msg("%zu: %s in %s", i, table[i].ip, table[i].network);
	}
}

static void texts_that_are_no_network_are_refused(void **state)
{
	static const char *const table[] = {
		"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8x",
		"10.0.0/8", "10.0.0.0/8/8", "::1/129", "localhost", "0x7f.1",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc/3",
	};
	struct ip_network network;

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++)
		if (ip_network_parse(table[i], &network))
			fail_msg("%zu: %s was taken", i, table[i]);
}

static void endpoints_have_an_address_and_a_port(void **state)
{
	static const struct {
		const char *text;
		int family;            /* 0: refused */
	} table[] = {
		{"127.0.0.1:8300", AF_INET}, {"[::1]:0", AF_INET6}, {"0.0.0.0:65535", AF_INET},
		{"", 0}, {"127.0.0.1", 0}, {":80", 0}, {"::1:80", 0}, {"[::1]", 0}, {"[]:80", 0},
		{"localhost:80", 0}, {"127.0.0.1:65536", 0}, {"127.0.0.1:-1", 0},
		{"127.0.0.1:http", 0},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		struct sockaddr_storage address;
		cleanup_err struct err err = {0};
		socklen_t size;
		int result = ip_endpoint_parse(table[i].text, &address, &size, &err);

		if ((result == 0 ? address.ss_family : 0) != table[i].family)
			fail_msg("%zu: %s", i, table[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_spellings_are_no_address),
		cmocka_unit_test(other_families_are_no_address),
		cmocka_unit_test(networks_hold_what_they_say),
		cmocka_unit_test(texts_that_are_no_network_are_refused),
		cmocka_unit_test(endpoints_have_an_address_and_a_port),
	};

	return cmocka_run_group_tests_name("base_ip", tests, NULL, NULL);
}
