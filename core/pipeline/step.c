/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/pipeline/step.h"

#include <ctype.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/json_pointer.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"

static const struct step_kind *const kinds[] = {
	&step_form, &step_choice, &step_confirm, &step_oauth2, &step_redirect, &step_oauth1,
	&step_external,
};

int step_kind_find(const struct reg_step *step, const struct step_kind **ret_kind,
	struct err *err)
{
	for (size_t i = 0; i < lengthof(kinds); i++) {
		if (kinds[i]->kind == step->step.kind) {
			*ret_kind = kinds[i];
			return 0;
		}
	}
	return err_set(err, MORTISE_E_INTERNAL, "the step \"%s\" is of kind %d, which is unknown",
		step->step.name, (int)step->step.kind);
}

bool step_skipped(const struct pipeline_run *run, const struct reg_step *step)
{
	json_t *value;

	if (!step->step.skip_when)
		return false;
	value = json_pointer(run->state, step->step.skip_when);
	return value && !json_is_null(value) && !json_is_false(value);
}

const char *step_data_key(const struct step_kind *kind, const struct reg_step *step)
{
	return step->step.data_key ? step->step.data_key : kind->data_key;
}

const char *step_answer_key(const struct reg_step *step, const char *otherwise)
{
	return step->step.answer_key ? step->step.answer_key : otherwise;
}

char *step_redirect_uri(const struct pipeline_run *run)
{
	return xasprintf("%s/extensions/%s/setup/", run->daemon->settings->public_url,
		reg_slug(run->provider));
}

void step_query_add(struct buf *url, const char *name, const char *value)
{
	buf_add_char(url, strchr(buf_text(url), '?') ? '&' : '?');
	buf_printf(url, "%s=", name);
	for (const char *c = value; *c; c++) {
		if (isalnum((unsigned char)*c) || strchr("-._~", *c))
			buf_add_char(url, *c);
		else
			buf_printf(url, "%%%02X", (unsigned char)*c);
	}
}
