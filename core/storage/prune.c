/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/storage/prune.h"

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/storage/api_token.h"
#include "core/storage/delivery.h"
#include "core/storage/event.h"
#include "core/storage/issue.h"
#include "core/storage/issue_hour.h"
#include "core/storage/ledger.h"
#include "core/storage/reference.h"
#include "core/storage/session.h"
#include "core/storage/tx.h"
#include "core/storage/used_token.h"

#define STEP 200

/* A webhook stays while a job still needs it, also a dead one within its own time. */
#define OLD_WEBHOOKS                                                                        \
	"SELECT webhook.id FROM webhook WHERE webhook.received_at < $1 "                    \
	"AND NOT EXISTS (SELECT 1 FROM job WHERE job.webhook_id = webhook.id) "             \
	"ORDER BY webhook.received_at LIMIT $2"

SQL(prune_jobs, "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE status IN (2, 3, 4) "
		"AND finished_at < $1 ORDER BY finished_at LIMIT $2)");
SQL(prune_bodies, "DELETE FROM webhook_body WHERE webhook_id IN (" OLD_WEBHOOKS ")");
SQL(prune_webhooks, "DELETE FROM webhook WHERE id IN (" OLD_WEBHOOKS ")");
SQL(prune_deliveries, "DELETE FROM delivery WHERE (period, mark, webhook_id) IN ("
		      "SELECT period, mark, webhook_id FROM delivery WHERE period < $1 "
		      "ORDER BY period, mark, webhook_id LIMIT $2)");
SQL(prune_audit, "DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log "
		 "WHERE added_at < $1 ORDER BY added_at LIMIT $2)");

int store_prune_step(struct tx *tx, const struct prune_cutoffs *cutoffs, int64_t *ret_deleted,
	struct err *err)
{
	/* Jobs before the webhooks they belong to, bodies before their webhooks. */
	const struct {
		const struct sql *sql;
		int64_t before;
	} steps[] = {
		{&prune_jobs, cutoffs->jobs_us},
		{&prune_bodies, cutoffs->webhooks_us},
		{&prune_webhooks, cutoffs->webhooks_us},
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
	};
	int64_t deleted = 0;

	for (size_t i = 0; i < lengthof(steps) + lengthof(others); i++) {
		size_t other = i - lengthof(steps);
		int changed = i < lengthof(steps) ?
			tx_exec(tx, steps[i].sql, err, "ii", steps[i].before, (int64_t)STEP) :
			others[other].prune(tx, others[other].before_us, STEP, err);

		if (changed < 0)
			return changed;
		deleted += changed;
	}
	*ret_deleted = deleted;
	return 0;
}
