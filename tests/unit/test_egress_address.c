/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/ip.h"
#include "core/base/mem.h"
#include "core/egress/address.h"

static const char *judge(const char *text)
{
	struct ip ip;

	if (!ip_parse(text, &ip))
		fail_msg("%s is no address", text);
	return address_forbidden(&ip);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_that_are_not_public_are_forbidden),
		cmocka_unit_test(public_addresses_are_allowed),
	};

	return cmocka_run_group_tests_name("egress_address", tests, NULL, NULL);
}
