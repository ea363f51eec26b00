/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Installs in progress. */
#include "config.h"
#include "core/admin/admin_methods.h"

#include "core/pipeline/pipeline.h"

static int run_list(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	json_t *list;
	int result = pipeline_describe(daemon, (int)admin_limit(parameters), &list, err);

	if (result == 0)
		*ret_result = json_pack("{s:o}", "pipelines", list);
	return result;
}

static int run_cancel(struct daemon *daemon, const json_t *parameters, json_t **ret_result,
	struct err *err)
{
	int64_t id;
	int result = admin_id(parameters, "id", &id, err);

	(void)ret_result;
	return result < 0 ? result : pipeline_cancel(daemon, NULL, id, err);
}

const struct admin_method admin_pipeline_methods[] = {
	{.name = "PipelineList", .level = ADMIN_READ, .in = "(limit: ?int)",
		.out = "(pipelines: []object)", .help = "Installs, newest first",
		.run = run_list},
	{.name = "PipelineCancel", .level = ADMIN_OPERATE, .in = "(id: string)", .out = "()",
		.help = "End an install that is in progress", .run = run_cancel},
	{0},
};
