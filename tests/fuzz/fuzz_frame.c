/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The frame decoder against any bytes: fed in pieces (the first byte of the input
 * says how large), it must give the same frames as when fed at once.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/frame/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Number of whole frames, and their JSON sizes summed up, for comparing. */
static size_t decode(const uint8_t *data, size_t size, size_t piece, enum frame_side from)
{
	struct frame_decoder decoder;
	size_t at = 0, sum = 0;

	frame_decoder_init(&decoder, from);
	while (at < size) {
		cleanup_err struct err err = {0};
		cleanup_frame struct frame frame = {0};
		cleanup_json json_t *json = NULL;
		size_t wanted = size - at < piece ? size - at : piece;
		size_t used = 0;
		int ret = frame_decoder_feed(&decoder, data + at, wanted, &used, &frame, &err);

		if (ret < 0)
			break;
		at += used;
		if (ret == 0)
			continue;
		if (frame_parse(&frame, &json, &err) == 0 && !json_is_object(json))
			abort();
		sum = sum * 31 + frame.json_size + frame.body_size + 1;
	}
	frame_decoder_done(&decoder);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	for (int from = FRAME_FROM_CORE; from <= FRAME_FROM_HOST; from++)
		if (decode(data + 1, size - 1, size, (enum frame_side)from) !=
			decode(data + 1, size - 1, 1 + data[0] % 64, (enum frame_side)from))
			abort();
	return 0;
}
