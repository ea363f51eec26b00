/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Steps of kind form: fields that the user fills in on our page.  Request workers. */
#include "config.h"
#include "core/pipeline/step.h"

#include "core/base/err.h"
#include "core/base/mem.h"

static int form_enter(struct pipeline_run *run, const struct reg_step *step, json_t *data,
	json_t *private, struct err *err)
{
	(void)run;
	(void)private;
	(void)err;
	json_object_set_new(data, step_data_key(&step_form, step),
		step_fields_describe(step->fields, step->field_len));
	return 0;
}

static int form_check(const struct pipeline_run *run, const struct reg_step *step,
	const json_t *answer, json_t **ret_clean, struct err *err)
{
	const json_t *values = answer;

	(void)run;
	if (step->step.answer_key)
		values = json_object_get(answer, step->step.answer_key);
	return step_fields_check(step->fields, step->field_len, values, ret_clean, err);
}

/* A secret is kept as text, whatever its type. */
static void secret_take(struct pipeline_run *run, const char *name, json_t *clean)
{
	json_t *value = json_object_get(clean, name);

	if (!value)
		return;
	if (json_is_string(value)) {
		json_object_set(run->secrets, name, value);
	} else {
		cleanup_free char *text = json_dumps(value, JSON_ENCODE_ANY);

		json_object_set_new(run->secrets, name, json_string(text));
	}
	json_object_del(clean, name);
}

static int form_take(struct pipeline_run *run, const struct reg_step *step, json_t *clean,
	struct err *err)
{
	(void)err;
	for (size_t i = 0; i < step->field_len; i++)
		if (step->fields[i].flags & MORTISE_FIELD_SECRET)
			secret_take(run, step->fields[i].name, clean);
	if (step->step.save_as)
		json_object_set_new(run->state, step->step.save_as, json_deep_copy(clean));
	else
		json_object_update(run->state, clean);
	return 0;
}

const struct step_kind step_form = {
	.kind = MORTISE_STEP_FORM,
	.name = "form",
	.data_key = "fields",
	.enter = form_enter,
	.check = form_check,
	.take = form_take,
};
