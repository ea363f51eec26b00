/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Judging on any worker; the task "owner_assign" on a job worker. */
#include "config.h"
#include "core/owner/assign.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/issue/change.h"
#include "core/job/job.h"
#include "core/owner/cache.h"
#include "core/owner/subject.h"
#include "core/storage/event.h"
#include "core/storage/issue.h"
#include "core/storage/ownership.h"
#include "core/storage/store.h"

#define TASK "owner_assign"

/* ---- Judging ---- */

struct judging {
	struct tx *tx;
	const struct owner_place *place;
	const struct owner_rules *rules;
	struct owner_verdict *verdict;
};

static bool is_known(const struct owner_verdict *verdict, const struct owner_actor *actor)
{
	for (size_t i = 0; i < verdict->len; i++)
		if (verdict->owners[i].is_team == actor->is_team &&
			verdict->owners[i].id == actor->id)
			return true;
	return false;
}

/* An owner of a rule that matches, if it is anybody. */
static int add_owner(struct judging *j, const struct owner_name *name, json_t *shown,
	struct err *err)
{
	struct owner_verdict *verdict = j->verdict;
	cleanup_owner_actor struct owner_actor actor = {0};
	int result = owner_resolve(j->tx, j->place, name->kind,
		owner_rules_text(j->rules, name->name), &actor, err);

	if (result != OWNER_FOUND)
		return result < 0 ? result : 0;
	json_array_append_new(shown, json_pack("[s, s]", actor.is_team ? "team" : "user",
		actor.is_team ? actor.name : actor.email));
	if (verdict->len == OWNERS_SHOWN_MAX || is_known(verdict, &actor))
		return 0;
	verdict->owners[verdict->len++] = actor;
	actor = (struct owner_actor){0};
	return 0;
}

static int add_rule(struct judging *j, const struct owner_rule *rule, struct err *err)
{
	cleanup_json json_t *owners = json_array();
	cleanup_free char *type = owner_rule_type(j->rules, rule);
	int result = 0;

	for (uint32_t i = 0; i < rule->len && i < OWNERS_SHOWN_MAX && result == 0; i++)
		result = add_owner(j, &j->rules->owners[rule->first + i], owners, err);
	if (result == 0 && json_array_size(owners) > 0)
		json_array_append_new(j->verdict->rules, json_pack("[[s, s], O]", type,
			owner_rules_text(j->rules, rule->pattern), owners));
	return result;
}

int owner_judge(struct owner_cache *cache, struct tx *tx, const struct owner_place *place,
	struct owner_subject *subject, size_t rules_max, struct owner_verdict *ret_verdict,
	struct err *err)
{
	struct owner_verdict verdict = {
		.owners = xcalloc(OWNERS_SHOWN_MAX, sizeof(*verdict.owners)),
		.rules = json_array(),
	};
	struct judging judging = {.tx = tx, .place = place, .verdict = &verdict};
	int result = owner_cache_get(cache, tx, place->project_id, &judging.rules, err);

	for (size_t i = result == 0 ? judging.rules->len : 0;
		i > 0 && result == 0 && json_array_size(verdict.rules) < rules_max; i--)
		if (owner_rule_matches(judging.rules, &judging.rules->list[i - 1], subject))
			result = add_rule(&judging, &judging.rules->list[i - 1], err);
	owner_cache_unref(cache, judging.rules);
	if (result == 0 && subject->steps == 0)
		result = err_set(err, MORTISE_E_LIMIT, "matching the ownership rules of this project "
			"takes too long: use fewer of them, or simpler patterns");
	if (result < 0)
		owner_verdict_clear(&verdict);
	else
		*ret_verdict = verdict;
	return result;
}

void owner_verdict_clear(struct owner_verdict *verdict)
{
	for (size_t i = 0; i < verdict->len; i++)
		owner_actor_clear(&verdict->owners[i]);
	free(verdict->owners);
	json_decref(verdict->rules);
	*verdict = (struct owner_verdict){0};
}

/* ---- Assigning ---- */

int owner_assign_queue(struct tx *tx, int64_t project_id, int64_t issue_id, int64_t now_us,
	struct err *err)
{
	cleanup_free char *payload = NULL;
	int64_t id;
	int result = ownership_assigns(tx, project_id, err);

	if (result <= 0)
		return result;
	payload = xasprintf("{\"issue\":%" PRId64 "}", issue_id);
	result = job_insert(tx, &(struct job_new){
		.task = TASK,
		.unordered = true,
		.payload = payload,
		.now_us = now_us,
		.origin = "system",
	}, &id, err);
	return result < 0 ? result : 1;
}

struct assigning {
	struct job_run *run;
	int64_t issue_id;
	bool wanted;                   /* it is there, and nobody's */
	struct owner_verdict verdict;
	json_t *data;                  /* of the activity */
	int64_t now_us;
	bool changed;
};

static int check_issue(struct tx *tx, struct assigning *a, struct issue *ret_issue,
	struct err *err)
{
	cleanup_err struct err problem = {0};

	a->wanted = false;
	if (issue_get(tx, a->issue_id, ret_issue, &problem) < 0)
		return problem.code == MORTISE_E_NOT_FOUND ? 0 : err_move(err, &problem);
	a->wanted = ret_issue->assignee_account_id == 0 && ret_issue->assignee_team_id == 0;
	return 0;
}

static int judge_in(struct tx *tx, void *arg, struct err *err)
{
	struct assigning *a = arg;
	cleanup_issue struct issue issue = {0};
	cleanup_event struct event event = {0};
	cleanup_owner_subject struct owner_subject subject = {0};
	int result = check_issue(tx, a, &issue, err);

	owner_verdict_clear(&a->verdict);
	if (result < 0 || !a->wanted)
		return result;
	result = event_get(tx, issue.id, EVENT_LATEST, &event, err);
	if (result < 0)
		return result;
	owner_subject_of_event(event.body, &subject);
	return owner_judge(a->run->daemon->owner_cache, tx,
		&(struct owner_place){issue.organization_id, issue.project_id}, &subject, 1,
		&a->verdict, err);
}

static int assign_in(struct tx *tx, void *arg, struct err *err)
{
	struct assigning *a = arg;
	const struct owner_actor *owner = &a->verdict.owners[0];
	const struct issue_actor actor = {.origin = "system", .now_us = a->now_us};
	cleanup_issue struct issue issue = {0};
	int result = check_issue(tx, a, &issue, err);

	a->changed = false;
	return result < 0 || !a->wanted ? result : issue_assign(tx, issue.id,
		owner->is_team ? 0 : owner->id, owner->is_team ? owner->id : 0, a->data, &actor,
		&a->changed, err);
}

/* Which rule it was, as people see it. */
static json_t *activity_data(const struct owner_verdict *verdict)
{
	const char *type, *pattern;
	cleanup_free char *rule = NULL;

	json_unpack(json_array_get(json_array_get(verdict->rules, 0), 0), "[s, s]", &type, &pattern);
	rule = xasprintf("%s:%s", type, pattern);
	return json_pack("{s:s, s:s}", "integration", strcmp(type, "codeowners") == 0
		? "codeowners" : "projectOwnership", "rule", rule);
}

static int run_assign(struct job_run *run, void *arg, struct err *err)
{
	struct assigning a = {
		.run = run,
		.issue_id = json_integer_value(json_object_get(run->payload, "issue")),
	};
	int result = store_read(run->daemon->store, judge_in, &a, err);

	(void)arg;
	if (result == 0 && a.verdict.len > 0) {
		a.data = activity_data(&a.verdict);
		a.now_us = clock_now_us();
		result = store_write(run->daemon->store, assign_in, &a, err);
		if (result == 0)
			jobs_wake(run->daemon->jobs);
	}
	if (result == 0)
		run->outcome = xstrdup(a.changed ? "assigned" : "skipped: nobody to assign, or somebody did");
	json_decref(a.data);
	owner_verdict_clear(&a.verdict);
	return result;
}

void owner_assign_setup(struct daemon *daemon)
{
	static const struct job_policy policy = {.attempts = 5};

	jobs_add_task(daemon->jobs, TASK, &policy, run_assign, NULL);
}
