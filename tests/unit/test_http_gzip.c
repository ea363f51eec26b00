/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/http/gzip.h"
#include "core/ingest/expand.h"

static const struct {
	const char *header;
	bool accepted;
} headers[] = {
	{"gzip", true},
	{"deflate, gzip;q=0.5", true},
	{"GZip", true},
	{"x-gzip", true},
	{"br , gzip ; q=1.0 , *;q=0", true},
	{"*", true},
	{"deflate;q=1, *;q=0.5", true},
	{"*;q=0, gzip", true},
	{"gzip;q=0.001", true},
	{NULL, false},
	{"", false},
	{" , ,", false},
	{"identity", false},
	{"br, deflate", false},
	{"gzip;q=0", false},
	{"gzip; q=0.000, *", false},
	{"gzipped", false},
	{"gzi", false},
	{"*;q=0", false},
	{"deflate;x=gzip", false},
};

static void accept_encoding_is_read_as_it_is_meant(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(headers); i++)
		if (gzip_accepted(headers[i].header) != headers[i].accepted)
			fail_msg("header %zu, \"%s\"", i, headers[i].header);
}

static void what_is_packed_is_unpacked(void **state)
{
	static const size_t sizes[] = {0, 1, 1024, 300000};

	(void)state;
	for (size_t i = 0; i < lengthof(sizes); i++) {
		cleanup_free char *data = xmalloc(sizes[i] + 1);
		cleanup_free char *packed = NULL;
		cleanup_buf struct buf back = {0};
		size_t size;

		for (size_t at = 0; at < sizes[i]; at++)
			data[at] = (char)(at * at % 251);
		packed = gzip_pack(data, sizes[i], 1, &size);
		assert_int_equal(expand("gzip", packed, size, 1 << 20, &back), EXPAND_DONE);
		assert_int_equal(back.size, sizes[i]);
		assert_memory_equal(buf_text(&back), data, sizes[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accept_encoding_is_read_as_it_is_meant),
		cmocka_unit_test(what_is_packed_is_unpacked),
	};

	return cmocka_run_group_tests_name("http_gzip", tests, NULL, NULL);
}
