/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Storing an event: its issue is found or made, counted and reopened if it must be, and
 * the event is kept, all in one commit; the reply leaves when that is durable.
 *
 * Ingest worker; the closure runs on the store writer, and so does the reply.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/pack.h"
#include "core/config/settings.h"
#include "core/daemon/daemon.h"
#include "core/ingest/describe.h"
#include "core/ingest/group.h"
#include "core/ingest/ingest_private.h"
#include "core/ingest/reply.h"
#include "core/issue/seen.h"
#include "core/job/job.h"
#include "core/owner/assign.h"
#include "core/storage/dictionary.h"
#include "core/storage/issue.h"
#include "core/storage/store.h"

struct accept {
	struct report *report;
	char hash[GROUP_HASH_SIZE];
	char user[GROUP_HASH_SIZE];
	bool has_user;
	const char *hashes[1];         /* of issue_seen */
	struct issue_seen seen;
	struct event_new event;
	bool learn;                    /* there are enough bodies to learn from */
	json_t *words;                 /* of the body: those that the above name */
	char *text;                    /* the body; NULL once it is packed */
	struct packed packed;
	/* Set anew at each run: */
	bool known, assigns;
	struct issue_seen_result result;
};

static int keep_event(struct tx *tx, struct accept *accept, struct err *err)
{
	int keep = accept->report->ingest->daemon->settings->ingest_events_per_issue;
	int64_t id;

	accept->event.issue_id = accept->result.issue_id;
	accept->event.release_id = accept->result.release_id;
	return event_insert(tx, &accept->event, keep, &id, err);
}

/* Rules may say whose an issue is that is new, or back. */
static int queue_assignment(struct tx *tx, struct accept *accept, struct err *err)
{
	int result = 0;

	if (accept->result.created || accept->result.regressed)
		result = owner_assign_queue(tx, accept->event.project_id, accept->result.issue_id,
			accept->seen.now_us, err);
	accept->assigns = result == 1;
	return result < 0 ? result : 0;
}

static int accept_in(struct tx *tx, void *arg, struct err *err)
{
	struct accept *accept = arg;
	int result = event_known(tx, accept->event.project_id, accept->hash,
		accept->event.event_id, &accept->known, err);

	if (result < 0 || accept->known)
		return result;
	result = issue_seen(tx, &accept->seen, &accept->result, err);
	if (result >= 0)
		result = keep_event(tx, accept, err);
	if (result >= 0)
		result = queue_assignment(tx, accept, err);
	if (result >= 0 && accept->learn)
		result = job_learn_queue(tx, accept->seen.now_us, err);
	return result;
}

static void accept_free(struct accept *accept)
{
	report_free(accept->report);
	packed_clear(&accept->packed);
	json_decref(accept->words);
	free(accept->text);
	free(accept);
}

static void end(struct accept *accept, enum ingest_outcome outcome)
{
	const struct report *report = accept->report;

	keys_give_back(report->ingest->keys, report->public_key);
	ingest_answer(report->request, &(struct ingest_answer){.outcome = outcome,
		.event_id = report->event_id});
	accept_free(accept);
}

static void refuse(struct accept *accept, const struct err *err)
{
	log_limited(MORTISE_LOG_ERROR, "event.not_stored",
		LOG_INT("project", accept->event.project_id), LOG_TEXT("reason", err_text(err)));
	end(accept, INGEST_OVERLOADED);
}

static void accepted(int result, struct err *err, void *arg)
{
	struct accept *accept = arg;

	if (result < 0) {
		refuse(accept, err);
		return;
	}
	if (!accept->known && (accept->result.regressed || accept->assigns || accept->learn))
		jobs_wake(accept->report->ingest->daemon->jobs);
	end(accept, accept->known ? INGEST_REPEATED : INGEST_STORED);
}

/* The body becomes packed text.  Its tree, many times as large, goes before the wait for
 * the disk begins, but for the words that an issue takes from it. */
static void pack_body(struct accept *accept)
{
	static const char *const names[] = {"title", "culprit", "type", "level", "platform",
		"logger", "release", "environment", "metadata"};
	const struct dictionary_kind kind = {DICTIONARY_EVENTS, ""};
	struct report *report = accept->report;

	accept->words = json_object();
	for (size_t i = 0; i < lengthof(names); i++)
		json_object_set(accept->words, names[i], json_object_get(report->body, names[i]));
	accept->event.weight = describe_weight(report->body);
	accept->text = json_dumps(report->body, JSON_COMPACT);
	json_decref(steal(&report->body));
	pack(accept->text, strlen(accept->text), dictionaries_current(
		store_dictionaries(report->ingest->daemon->store), &kind, &accept->learn),
		&accept->packed);
	if (accept->packed.owned)
		free(steal(&accept->text));
}

/* What issues and events take from the event's words; all borrowed from them. */
static void fill(struct accept *accept)
{
	const struct report *report = accept->report;
	json_t *words = accept->words;
	const char *platform, *logger = NULL, *release = NULL, *environment = NULL;
	const char *title, *culprit, *type, *level;

	json_unpack(words, "{s:s, s:s, s:s, s:s, s:s, s?s, s?s, s?s}",
		"title", &title, "culprit", &culprit, "type", &type, "level", &level,
		"platform", &platform, "logger", &logger, "release", &release,
		"environment", &environment);
	accept->hashes[0] = accept->hash;
	accept->seen = (struct issue_seen){
		.organization_id = report->owner.organization_id,
		.project_id = report->owner.project_id,
		.hashes = accept->hashes,
		.hash_len = lengthof(accept->hashes),
		.title = title,
		.culprit = culprit,
		.type = type,
		.platform = platform,
		.logger = logger,
		.level = issue_level_parse(level),
		.metadata = json_object_get(words, "metadata"),
		.release = release,
		.user = accept->has_user ? accept->user : NULL,
		.event_id = report->event_id,
		.seen_at_us = report->occurred_us,
		.now_us = report->received_us,
		.origin = "system",
	};
	accept->event = (struct event_new){
		.project_id = report->owner.project_id,
		.event_id = report->event_id,
		.occurred_us = report->occurred_us,
		.received_us = report->received_us,
		.environment = environment,
		.weight = accept->event.weight,
		.body = &accept->packed,
	};
}

void ingest_accept(struct report *report_take)
{
	struct accept *accept = new(struct accept);
	cleanup_err struct err err = {0};

	accept->report = report_take;
	group_hash(report_take->body, accept->hash);
	accept->has_user = group_user(report_take->body, accept->user);
	json_object_set_new(report_take->body, "hashes", json_pack("[s]", accept->hash));
	pack_body(accept);
	fill(accept);
	if (store_write_async(report_take->ingest->daemon->store, accept_in, accept,
		    accept->packed.data_size + 1024, accepted, &err) < 0)
		refuse(accept, &err);
}
