/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What an upstream says about when to come back, "STATUS RETRY-AFTER NUL REMAINING NUL
 * RESET", with a status of one byte.  However it says it, the wait is at least a second
 * and at most a day, and only a 403 or 429 makes one.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/egress/egress.h"
#include "core/upstream/gate.h"

#define NOW_US INT64_C(1767225600000000)
#define SECOND_US INT64_C(1000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = {200, 403, 429, 503};
	struct fuzz_input input = {data + 1, size - 1};
	int64_t until_us;

	if (size < 1)
		return 0;
	cleanup_free char *after = fuzz_text(&input);
	cleanup_free char *remaining = fuzz_text(&input);
	cleanup_free char *reset = fuzz_text(&input);
	struct egress_header headers[] = {
		{*after ? "retry-after" : "x-a", after},
		{*remaining ? "x-ratelimit-remaining" : "x-b", remaining},
		{*reset ? "x-ratelimit-reset" : "x-c", reset}, {0}};
	const struct egress_answer answer = {.status = statuses[data[0] % 4], .headers = headers};

	until_us = gate_of_answer(&answer, NOW_US);
	if (answer.status == 429)
		HOLDS(until_us > 0);
	else if (answer.status != 403)
		HOLDS(until_us == 0);
	if (until_us != 0)
		HOLDS(until_us >= NOW_US + SECOND_US && until_us <= NOW_US + 86400 * SECOND_US);
	return 0;
}
