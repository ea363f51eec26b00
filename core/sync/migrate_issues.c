/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The task "migrate_issues": the links of an older system become links of an integration,
 * if they were in the tracker that it is installed in.  A link that the issue has already
 * keeps its record, so that somebody can look at it.  Fields that were ignored there are
 * ignored here, too.  A hundred links are one transaction; a job that is tried again goes
 * on with those that are left.
 */
#include "config.h"
#include "core/sync/migrate.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/storage/external_issue.h"
#include "core/storage/integration.h"
#include "core/storage/issue.h"
#include "core/storage/issue_link.h"
#include "core/storage/legacy.h"
#include "core/storage/link.h"
#include "core/storage/store.h"

#define AT_ONCE 100
#define IGNORED "issues_ignored_fields"

struct batch {
	const struct job_run *run;
	int64_t after_id, now_us;
	/* Set anew at each run: */
	int64_t last_id;
	size_t len, taken;
	struct integration integration;
	struct link link;
};

/* An address without its scheme and the slash at its end. */
static char *bare(const char *url)
{
	const char *start = strstr(url, "://");
	char *text = xstrdup(start ? start + 3 : url);
	size_t size = strlen(text);

	while (size > 0 && text[size - 1] == '/')
		text[--size] = '\0';
	return text;
}

static bool is_here(const struct integration *integration, const char *base_url)
{
	static const char *const members[] = {"base_url", "domain_name"};
	cleanup_free char *wanted = bare(base_url);

	for (size_t i = 0; i < lengthof(members); i++) {
		const char *there = json_string_value(json_object_get(integration->metadata,
			members[i]));
		cleanup_free char *text = there ? bare(there) : NULL;

		if (text && strcasecmp(text, wanted) == 0)
			return true;
	}
	return false;
}

static int ignore_fields(struct tx *tx, struct batch *batch, const json_t *fields, struct err *err)
{
	json_t *there = json_object_get(batch->link.config, IGNORED);
	cleanup_json json_t *all = json_is_array(there) ? json_deep_copy(there) : json_array();
	cleanup_json json_t *patch = NULL;
	size_t before = json_array_size(all), i, k;
	json_t *field, *known;
	int result;

	json_array_foreach(fields, i, field) {
		bool is_known = false;

		json_array_foreach(all, k, known)
			is_known = is_known || json_equal(known, field);
		if (!is_known)
			json_array_append(all, field);
	}
	if (json_array_size(all) == before)
		return 0;
	patch = json_pack("{s:O}", IGNORED, all);
	json_object_update(batch->link.config, patch);
	result = link_patch_config(tx, batch->link.id, patch, batch->now_us, err);
	return result < 0 ? result : 0;
}

static int take(struct tx *tx, struct batch *batch, const struct legacy_issue *legacy,
	struct err *err)
{
	cleanup_issue struct issue issue = {0};
	int64_t external_id = 0;
	int result = issue_get(tx, legacy->issue_id, &issue, err);

	if (result == 0)
		result = external_issue_put(tx, &(struct external_issue_put){
			.organization_id = legacy->organization_id,
			.integration_id = batch->integration.id,
			.key = legacy->key,
			.now_us = batch->now_us,
		}, &external_id, err);
	if (result >= 0)
		result = issue_link_insert(tx, &(struct issue_link){
			.issue_id = issue.id,
			.project_id = issue.project_id,
			.type = ISSUE_LINK_EXTERNAL,
			.linked_id = external_id,
			.relationship = ISSUE_LINK_REFERENCES,
			.added_at_us = batch->now_us,
		}, err);
	if (result != 1)
		return result;
	batch->taken++;
	result = ignore_fields(tx, batch, legacy->ignored_fields, err);
	return result < 0 ? result : legacy_issue_delete(tx, legacy->id, err);
}

static int batch_in(struct tx *tx, void *arg, struct err *err)
{
	struct batch *batch = arg;
	struct legacy_issue issues[AT_ONCE];
	int result;

	integration_clear(&batch->integration);
	link_clear(&batch->link);
	batch->len = batch->taken = 0;
	if (integration_get(tx, batch->run->integration_id, &batch->integration, err) < 0 ||
		link_get(tx, batch->run->link_id, &batch->link, err) < 0)
		return err->code;
	result = legacy_issue_list(tx, batch->link.organization_id, batch->integration.provider,
		batch->after_id, AT_ONCE, issues, &batch->len, err);
	for (size_t i = 0; i < batch->len; i++) {
		batch->last_id = issues[i].id;
		if (result >= 0 && is_here(&batch->integration, issues[i].base_url))
			result = take(tx, batch, &issues[i], err);
		legacy_issue_clear(&issues[i]);
	}
	return result < 0 ? result : 0;
}

int migrate_issues(struct job_run *run, void *arg, struct err *err)
{
	struct batch batch = {.run = run};
	size_t seen = 0, taken = 0;
	int result;

	(void)arg;
	do {
		batch.now_us = clock_now_us();
		result = store_write(run->daemon->store, batch_in, &batch, err);
		batch.after_id = batch.last_id;
		seen += batch.len;
		taken += batch.taken;
	} while (result == 0 && batch.len == AT_ONCE);
	integration_clear(&batch.integration);
	link_clear(&batch.link);
	if (result == 0)
		run->outcome = xasprintf("%zu of %zu old links taken over", taken, seen);
	return result;
}
