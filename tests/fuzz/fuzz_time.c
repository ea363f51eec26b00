/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Times as upstreams and clients write them.  What is understood is written in the one
 * form we write, and understood as the same, to the millisecond.
 */
#include "config.h"
#include "tests/fuzz/fuzz.h"

#include "core/base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	cleanup_free char *text = fuzz_text(&input);
	char written[CLOCK_TEXT_SIZE];
	int64_t time_us, again_us;

	if (!clock_parse(text, &time_us))
		return 0;
	clock_format(time_us, written);
	HOLDS(strlen(written) == strlen("2026-05-01T10:00:00.000Z"));
	HOLDS(clock_parse(written, &again_us));
	HOLDS(time_us >= again_us && time_us - again_us < 1000);
	return 0;
}
