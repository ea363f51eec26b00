/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "core/base/mem.h"
#include "core/egress/address.h"

static const char *judge(const char *text)
{
	struct sockaddr_storage address;

	if (!address_parse(text, &address))
		fail_msg("%s is no address", text);
	return address_forbidden((struct sockaddr *)&address);
}

static void addresses_that_are_not_public_are_forbidden(void **state)
{
	static const char *const table[] = {
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1",
		"100.127.255.255", "100.100.100.200", "127.0.0.1", "127.255.0.9", "168.63.129.16",
		"169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192",
		"192.0.2.7", "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1",
		"198.19.255.255", "198.51.100.3", "203.0.113.200", "224.0.0.1", "239.255.255.255",
		"240.0.0.1", "255.255.255.255",
		"::", "::1", "::7f00:1", "::808:808", "::ffff:127.0.0.1", "::ffff:10.1.2.3",
		"::ffff:169.254.169.254", "::ffff:0:8.8.8.8", "64:ff9b::127.0.0.1",
		"64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::8.8.8.8", "100::1",
		"2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1",
		"2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1",
		"3fff:fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fdff::1", "fe80::1",
		"fe80::a9fe:a9fe", "febf::1", "fec0::1", "ff02::1", "4000::1", "1000::1",
	};

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++)
		if (!judge(table[i]))
			fail_msg("%zu: %s is not forbidden", i, table[i]);
}

static void public_addresses_are_allowed(void **state)
{
	static const char *const table[] = {
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255",
		"100.128.0.0", "126.255.255.255", "128.0.0.1", "140.82.112.3", "168.63.129.15",
		"169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.1",
		"192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
		"223.255.255.255", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2001:200::1",
		"2001:4860:4860::8888", "2606:50c0:8000::153", "2a00:1450:4001::1", "2003::1",
		"3ffe::1",
	};

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++)
		if (judge(table[i]))
			fail_msg("%zu: %s is forbidden as %s", i, table[i], judge(table[i]));
}

static void other_families_are_forbidden(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)state;
	assert_non_null(address_forbidden((struct sockaddr *)&address));
}

static void cidrs_contain_what_they_say(void **state)
{
	static const struct {
		const char *cidr, *address;
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
		{"fd00::/8", "fd12::1", true},
		{"fd00::/8", "fc12::1", false},
		{"::1/128", "::1", true},
		{"::1/128", "::2", false},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++) {
		struct sockaddr_storage address;
		struct cidr cidr;

		assert_true(cidr_parse(table[i].cidr, &cidr));
		assert_true(address_parse(table[i].address, &address));
		if (cidr_contains(&cidr, (struct sockaddr *)&address) != table[i].inside)
			fail_msg("%zu: %s in %s", i, table[i].address, table[i].cidr);
	}
}

static void texts_that_are_no_cidr_are_refused(void **state)
{
	static const char *const table[] = {
		"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8x",
		"10.0.0/8", "10.0.0.0/8/8", "::1/129", "localhost", "0x7f.1",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc/3",
	};
	struct cidr cidr;

	(void)state;
	for (size_t i = 0; i < lengthof(table); i++)
		if (cidr_parse(table[i], &cidr))
			fail_msg("%zu: %s was taken", i, table[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_that_are_not_public_are_forbidden),
		cmocka_unit_test(public_addresses_are_allowed),
		cmocka_unit_test(other_families_are_forbidden),
		cmocka_unit_test(cidrs_contain_what_they_say),
		cmocka_unit_test(texts_that_are_no_cidr_are_refused),
	};

	return cmocka_run_group_tests_name("egress_address", tests, NULL, NULL);
}
