/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Steps of kind choice and confirm: what they show comes from the provider's show
 * callback and is kept, sealed, until the answer is there.  Request workers.
 */
#include "config.h"
#include "core/pipeline/step.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/storage/organization.h"
#include "core/storage/store.h"

#define MAX_OPTIONS 1000

/* Ask the provider what to show: an object with an array under 'key'. */
static int show_call(struct pipeline_run *run, const struct reg_step *step, const char *key,
	json_t **ret_output, struct err *err)
{
	cleanup_free char *callback = xasprintf("step:%s:show", step->step.name);
	cleanup_json json_t *input = json_pack("{s:O}", "state", run->state);
	cleanup_json json_t *output = NULL;
	json_t *list;

	if (!step->step.show) {
		*ret_output = json_pack("{s:[]}", key);
		return 0;
	}
	if (pipeline_run_call(run, callback, input, STEP_SHOW_DEADLINE_MS, &output, err) < 0)
		return err->code;
	list = json_object_get(output, key);
	if (!json_is_array(list) || json_array_size(list) > MAX_OPTIONS)
		return err_set(err, MORTISE_E_INTERNAL,
			"the step \"%s\" of %s gave no usable list of %s", step->step.name,
			run->row.provider, key);
	*ret_output = steal(&output);
	return 0;
}

/* ---- choice ---- */

static int choice_enter(struct pipeline_run *run, const struct reg_step *step, json_t *data,
	json_t *private, struct err *err)
{
	cleanup_json json_t *output = NULL;
	json_t *options, *option;
	size_t i;

	(void)private;
	if (show_call(run, step, "options", &output, err) < 0)
		return err->code;
	options = json_object_get(output, "options");
	json_object_set(data, step_data_key(&step_choice, step), options);
	json_array_foreach(options, i, option) {
		if (!json_is_string(json_object_get(option, "value")))
			return err_set(err, MORTISE_E_INTERNAL,
				"option %zu of the step \"%s\" of %s has no value", i,
				step->step.name, run->row.provider);
	}
	if (json_array_size(options) == 0 && (step->step.flags & MORTISE_STEP_SKIP_EMPTY))
		return 1;
	if (step->step.extra_value)
		json_array_append_new(options, json_pack("{s:s, s:s}", "value",
			step->step.extra_value, "label",
			step->step.extra_label ? step->step.extra_label
					       : step->step.extra_value));
	return 0;
}

static bool was_offered(const struct pipeline_run *run, const struct reg_step *step,
	const char *value)
{
	json_t *data = json_object_get(run->shown, "data");
	json_t *options = json_object_get(data, step_data_key(&step_choice, step));
	json_t *option;
	size_t i;

	json_array_foreach(options, i, option) {
		const char *offered = json_string_value(json_object_get(option, "value"));

		if (offered && strcmp(offered, value) == 0)
			return true;
	}
	return false;
}

static int choice_check(const struct pipeline_run *run, const struct reg_step *step,
	const json_t *answer, json_t **ret_clean, struct err *err)
{
	const char *key = step_answer_key(step, "value");
	const char *value = json_string_value(json_object_get(answer, key));

	if (!value)
		return err_field(err, key, "This field is required.");
	if (!was_offered(run, step, value))
		return err_field(err, key, "This was not one of the choices.");
	*ret_clean = json_pack("{s:s}", key, value);
	return 0;
}

/* The extra option means "none of these": it is handed to the check callback, but
 * leaves nothing in the state. */
static int choice_take(struct pipeline_run *run, const struct reg_step *step, json_t *clean,
	struct err *err)
{
	json_t *value = json_object_get(clean, step_answer_key(step, "value"));
	const char *extra = step->step.extra_value;

	(void)err;
	if (!step->step.save_as)
		return 0;
	if (extra && strcmp(json_string_value(value), extra) == 0)
		json_object_del(run->state, step->step.save_as);
	else
		json_object_set(run->state, step->step.save_as, value);
	return 0;
}

const struct step_kind step_choice = {
	.kind = MORTISE_STEP_CHOICE,
	.name = "choice",
	.data_key = "options",
	.enter = choice_enter,
	.check = choice_check,
	.take = choice_take,
};

/* ---- confirm ---- */

struct named {
	int64_t organization_id;
	char *name;                /* owned */
};

static int name_in(struct tx *tx, void *arg, struct err *err)
{
	struct named *named = arg;
	cleanup_organization struct organization organization = {0};
	char id[24];

	snprintf(id, sizeof(id), "%" PRId64, named->organization_id);
	if (organization_find(tx, id, &organization, err) < 0)
		return err->code;
	free(named->name);
	named->name = steal(&organization.name);
	return 0;
}

/* What would be bound to which organization: the core's own row is always there. */
static int confirm_enter(struct pipeline_run *run, const struct reg_step *step, json_t *data,
	json_t *private, struct err *err)
{
	struct named named = {.organization_id = run->row.organization_id};
	cleanup_json json_t *output = NULL;
	json_t *rows, *more;
	char state[65];

	(void)private;
	if (show_call(run, step, "rows", &output, err) < 0 ||
		store_read(run->daemon->store, name_in, &named, err) < 0)
		return err->code;
	more = json_object_get(output, "data");
	if (json_is_object(more))
		json_object_update(data, more);
	rows = json_object_get(output, "rows");
	json_array_insert_new(rows, 0, json_pack("{s:s, s:s}", "label", "Organization", "value",
		named.name));
	pipeline_run_new_state(run, state);
	json_object_set(data, step_data_key(&step_confirm, step), rows);
	json_object_set_new(data, "state", json_string(state));
	json_object_set_new(data, "organization", json_string(named.name));
	free(named.name);
	return 0;
}

static int confirm_check(const struct pipeline_run *run, const struct reg_step *step,
	const json_t *answer, json_t **ret_clean, struct err *err)
{
	const char *state = json_string_value(json_object_get(answer, "state"));

	(void)step;
	if (!state)
		return err_field(err, "state", "This field is required.");
	if (!pipeline_run_state_matches(run, state))
		return err_field(err, "state",
			"This confirmation is not the one that was shown; reload the page.");
	*ret_clean = json_object();
	return 0;
}

static int confirm_take(struct pipeline_run *run, const struct reg_step *step, json_t *clean,
	struct err *err)
{
	(void)clean;
	(void)err;
	if (step->step.save_as)
		json_object_set_new(run->state, step->step.save_as, json_true());
	return 0;
}

const struct step_kind step_confirm = {
	.kind = MORTISE_STEP_CONFIRM,
	.name = "confirm",
	.data_key = "rows",
	.enter = confirm_enter,
	.check = confirm_check,
	.take = confirm_take,
	.leaves = true,
};
