/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/admin/admin_methods.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"

const char *admin_text(const json_t *parameters, const char *name)
{
	return json_string_value(json_object_get(parameters, name));
}

int64_t admin_limit(const json_t *parameters)
{
	int64_t limit = json_integer_value(json_object_get(parameters, "limit"));

	return limit > 0 && limit < ADMIN_LIST_MAX ? limit : ADMIN_LIST_MAX;
}

int admin_id(const json_t *parameters, const char *name, int64_t *ret_id, struct err *err)
{
	const char *text = admin_text(parameters, name);
	long long id;
	char *end;

	errno = 0;
	id = text ? strtoll(text, &end, 10) : 0;
	if (id <= 0 || *end || errno != 0)
		return err_field(err, name, "\"%s\" is no id", text ? text : "");
	*ret_id = id;
	return 0;
}

json_t *admin_id_json(int64_t id)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)id);
	return json_string(text);
}

json_t *admin_time_json(int64_t time_us)
{
	char text[CLOCK_TEXT_SIZE];

	return time_us == 0 ? json_null() : json_string(clock_format(time_us, text));
}
