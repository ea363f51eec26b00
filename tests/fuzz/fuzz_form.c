/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The form that a token endpoint answers, over any bytes.  Beyond not crashing: what was
 * understood, written as a form again, is understood as the same.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/upstream/form.h"
#include "core/upstream/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size);
	cleanup_json json_t *form = form_parse(text);
	cleanup_json json_t *again = NULL;
	cleanup_buf struct buf buf = BUF((size_t)16 << 20);
	const char *name;
	json_t *value;

	if (!form)
		return 0;
	json_object_foreach(form, name, value)
		template_pair(&buf, name, json_string_value(value));
	again = form_parse(buf_text(&buf));
	if (buf.failed || !json_equal(form, again))
		abort();
	return 0;
}
