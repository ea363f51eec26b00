/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/prune.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/api_token.h"
#include "core/storage/delivery.h"
#include "core/storage/dictionary.h"
#include "core/storage/event.h"
#include "core/storage/issue.h"
#include "core/storage/issue_hour.h"
#include "core/storage/ledger.h"
#include "core/storage/reference.h"
#include "core/storage/session.h"
#include "core/storage/tx.h"
#include "core/storage/used_token.h"

#define STEP 200
/* Webhooks that a step looks at; those that a job still needs are passed over. */
#define LOOK 1000

SQL(prune_jobs, "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE status IN (2, 3, 4) "
		"AND finished_at < $1 ORDER BY finished_at LIMIT $2)");
/* A webhook stays while a job still needs it, also a dead one within its own time. */
SQL(prune_look, "SELECT id, received_at, CASE WHEN EXISTS (SELECT 1 FROM job "
	"WHERE job.webhook_id = webhook.id AND (job.status < 2 OR job.finished_at >= $1)) "
	"THEN 1 ELSE 0 END FROM webhook WHERE id > $2 ORDER BY id LIMIT $3");
SQL(prune_jobs_of, "DELETE FROM job WHERE webhook_id = $1");
SQL(prune_webhook, "DELETE FROM webhook WHERE id = $1");
SQL(prune_deliveries, "DELETE FROM delivery WHERE (period, mark, webhook_id) IN ("
		      "SELECT period, mark, webhook_id FROM delivery WHERE period < $1 "
		      "ORDER BY period, mark, webhook_id LIMIT $2)");
SQL(prune_audit, "DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log "
		 "WHERE added_at < $1 ORDER BY added_at LIMIT $2)");

/* Their ids are in the order in which they came, so the first young one ends the look.
 * One that came from the future, before the clock was set back, does not. */
static int find_old_webhooks(struct tx *tx, const struct prune_cutoffs *cutoffs,
	struct prune_step *step, int64_t ret_ids[STEP], size_t *ret_len, struct err *err)
{
	struct query query;
	int64_t looked = 0;
	bool young = false;
	size_t len = 0;
	int result = query_begin(&query, tx, &prune_look, err, "iii", cutoffs->jobs_us,
		step->webhook_id, (int64_t)LOOK);

	while (result >= 0 && len < STEP && !young && (result = query_next(&query)) == 1) {
		int64_t received_us = query_int(&query, 1);

		looked++;
		young = received_us >= cutoffs->webhooks_us && received_us <= cutoffs->now_us;
		if (!young)
			step->webhook_id = query_int(&query, 0);
		if (received_us < cutoffs->webhooks_us && query_int(&query, 2) == 0)
			ret_ids[len++] = query_int(&query, 0);
	}
	query_end(&query);
	step->ended = young || (looked < LOOK && len < STEP);
	*ret_len = len;
	return result < 0 ? result : 0;
}

static int prune_webhooks(struct tx *tx, const struct prune_cutoffs *cutoffs,
	struct prune_step *step, struct err *err)
{
	int64_t ids[STEP];
	size_t len;
	int result = find_old_webhooks(tx, cutoffs, step, ids, &len, err);

	for (size_t i = 0; result >= 0 && i < len; i++) {
		result = tx_exec(tx, &prune_jobs_of, err, "i", ids[i]);
		if (result >= 0) {
			step->deleted += result;
			result = tx_exec(tx, &prune_webhook, err, "i", ids[i]);
		}
	}
	step->deleted += (int64_t)len;
	return result < 0 ? result : 0;
}

int store_prune_step(struct tx *tx, const struct prune_cutoffs *cutoffs, int64_t webhook_after,
	struct prune_step *ret_step, struct err *err)
{
	const struct {
		const struct sql *sql;
		int64_t before;
	} steps[] = {
		{&prune_jobs, cutoffs->jobs_us},
		{&prune_deliveries, cutoffs->webhooks_us / DELIVERY_PERIOD_US},
		{&prune_audit, cutoffs->audit_us},
	};
	const struct {
		int (*prune)(struct tx *tx, int64_t before_us, int64_t max, struct err *err);
		int64_t before_us;
	} others[] = {
		{login_link_prune, cutoffs->now_us},
		{session_prune, cutoffs->now_us},
		{reference_prune, cutoffs->now_us},
		{used_token_prune, cutoffs->now_us},
		{issue_hour_prune, cutoffs->now_us},
		{ledger_prune, cutoffs->ledger_us},
		{api_token_prune, cutoffs->audit_us},
		{event_prune, cutoffs->events_us},
		{issue_prune, cutoffs->issues_us},
		{dictionary_prune, cutoffs->now_us},
	};
	struct prune_step step = {.webhook_id = webhook_after};
	int result = prune_webhooks(tx, cutoffs, &step, err);

	for (size_t i = 0; result == 0 && i < lengthof(steps) + lengthof(others); i++) {
		size_t other = i - lengthof(steps);
		int changed = i < lengthof(steps) ?
			tx_exec(tx, steps[i].sql, err, "ii", steps[i].before, (int64_t)STEP) :
			others[other].prune(tx, others[other].before_us, STEP, err);

		if (changed > 0)
			step.deleted += changed;
		else
			result = changed;
	}
	if (result < 0)
		return result;
	step.ended = step.ended && step.deleted == 0;
	*ret_step = step;
	return 0;
}
