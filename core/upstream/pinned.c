/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Where credentials may go when the integration itself says where its upstream is: only to
 * an origin that the one who installed it has typed.  Pure; any thread.
 */
#include "config.h"
#include "core/upstream/upstream.h"

#include <string.h>

#include "core/base/err.h"
#include "core/base/json_pointer.h"
#include "core/egress/origin.h"
#include "core/provider/registration.h"

#define METADATA "metadata:"

static bool leads_to(const char *url, const struct origin *origin)
{
	struct origin other;
	bool same;

	if (!url || origin_parse(url, &other, NULL) < 0)
		return false;
	same = origin_equals(&other, origin);
	origin_clear(&other);
	return same;
}

/* What was typed into this field of a form. */
static const char *typed(const struct reg_step *step, const struct mortise_field *field,
	const json_t *state)
{
	const json_t *values = step->step.save_as ? json_object_get(state, step->step.save_as)
		: state;

	return json_string_value(json_object_get(values, field->name));
}

/* Is it one of the origins that were typed?  '*ret_pinned': a form asks for one at all. */
static bool was_typed(const struct reg_provider *provider, const json_t *state,
	const struct origin *origin, bool *ret_pinned)
{
	bool found = false;

	*ret_pinned = false;
	for (size_t i = 0; i < provider->step_len; i++) {
		const struct reg_step *step = &provider->steps[i];

		for (size_t j = 0; j < step->field_len; j++)
			if (step->fields[j].flags & MORTISE_FIELD_ORIGIN) {
				*ret_pinned = true;
				found = found || leads_to(typed(step, &step->fields[j], state),
					origin);
			}
	}
	return found;
}

static int check_base(const struct reg_provider *provider, const struct mortise_upstream *upstream,
	const char *base, const json_t *state, struct err *err)
{
	struct origin origin;
	bool pinned, found;

	if (origin_parse(base, &origin, NULL) < 0)
		return err_set(err, MORTISE_E_INTERNAL, "build of %s gave a base for its upstream "
			"\"%s\" that is no http or https URL", provider->provider.key, upstream->name);
	found = was_typed(provider, state, &origin, &pinned);
	origin_clear(&origin);
	if (pinned && !found)
		return err_set(err, MORTISE_E_INTERNAL, "build of %s gave its upstream \"%s\" an "
			"origin that nobody typed into its form", provider->provider.key,
			upstream->name);
	return 0;
}

int upstream_check_origins(const struct reg_provider *provider, const json_t *state,
	const json_t *metadata, struct err *err)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < provider->upstream_len; i++) {
		const struct mortise_upstream *upstream = &provider->upstreams[i];
		const json_t *base;

		if (strncmp(upstream->base, METADATA, strlen(METADATA)) != 0 || !metadata)
			continue;
		base = json_pointer(metadata, upstream->base + strlen(METADATA));
		if (base && !json_is_string(base))
			return err_set(err, MORTISE_E_INTERNAL, "build of %s gave a base for its "
				"upstream \"%s\" that is no text", provider->provider.key,
				upstream->name);
		if (base)
			result = check_base(provider, upstream, json_string_value(base), state, err);
	}
	return result;
}
