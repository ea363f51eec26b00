/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Steps of kind external: something is done at the upstream, and its life cycle event
 * puts the integration that the step waits for.  What was put before the step was entered
 * proves nothing about who waits here.  An answer only asks whether it came: until then it
 * writes nothing, so it does not make the install live longer.  Request workers.
 */
#include "config.h"
#include "core/pipeline/step.h"

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/provider/provider.h"
#include "core/storage/integration.h"
#include "core/storage/store.h"
#include "core/upstream/upstream.h"

struct arrival {
	const char *provider, *subject;
	int64_t since_us;
	bool found;
};

static int external_enter(struct pipeline_run *run, const struct reg_step *step, json_t *data,
	json_t *private, struct err *err)
{
	struct call_scope scope = pipeline_run_scope(run);
	cleanup_free char *subject = NULL;
	char text[CLOCK_TEXT_SIZE];
	int64_t now_us = clock_now_us();

	if (upstream_value(run->daemon, &scope, step->step.subject, &subject, err) < 0)
		return err->code;
	if (!subject || !*subject)
		return err_set(err, MORTISE_E_INTERNAL,
			"the step \"%s\" of %s has nothing to wait for: \"%s\" is empty",
			step->step.name, run->row.provider, step->step.subject);
	run->life_us = (int64_t)step->step.life_ms * 1000;
	json_object_set_new(data, step_data_key(&step_external, step), json_string(subject));
	json_object_set_new(data, "waitsUntil", json_string(clock_format(
		now_us + (run->life_us > 0 ? run->life_us : PIPELINE_LIFE_US), text)));
	json_object_set_new(private, "subject", json_string(subject));
	json_object_set_new(private, "since_us", json_integer(now_us));
	return 0;
}

static int arrived_in(struct tx *tx, void *arg, struct err *err)
{
	struct arrival *arrival = arg;

	return integration_announced(tx, arrival->provider, arrival->subject, arrival->since_us,
		&arrival->found, err);
}

static int external_check(const struct pipeline_run *run, const struct reg_step *step,
	const json_t *answer, json_t **ret_clean, struct err *err)
{
	const json_t *private = json_object_get(run->shown, "private");
	struct arrival arrival = {
		.provider = reg_row_key(run->provider),
		.subject = json_string_value(json_object_get(private, "subject")),
		.since_us = json_integer_value(json_object_get(private, "since_us")),
	};

	(void)step;
	(void)answer;
	if (store_read(run->daemon->store, arrived_in, &arrival, err) < 0)
		return err->code;
	if (!arrival.found)
		return 1;
	*ret_clean = json_pack("{s:s}", "external_id", arrival.subject);
	return 0;
}

static int external_take(struct pipeline_run *run, const struct reg_step *step, json_t *clean,
	struct err *err)
{
	(void)err;
	if (step->step.save_as)
		json_object_set(run->state, step->step.save_as, clean);
	return 0;
}

const struct step_kind step_external = {
	.kind = MORTISE_STEP_EXTERNAL,
	.name = "external",
	.data_key = "subject",
	.enter = external_enter,
	.check = external_check,
	.take = external_take,
};
