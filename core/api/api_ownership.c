/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Ownership rules of a project, and who owns an event or a path.  Request workers.
 *
 * Rules decide from the last one up, CODEOWNERS before a project's own: "rule" is the last
 * that matches.  Suspect commits are not known here, so issues cannot be assigned by them.
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "core/api/body.h"
#include "core/api/owner_json.h"
#include "core/api/routes.h"
#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/owner/assign.h"
#include "core/owner/resolve.h"
#include "core/owner/rule.h"
#include "core/owner/subject.h"
#include "core/storage/audit.h"
#include "core/storage/event.h"
#include "core/storage/ownership.h"
#include "core/storage/store.h"

#define RAW_LEN_MAX 250000
#define PATH_SIZE_MAX 4096
#define WRONG_OWNERS_SIZE 2000 /* of the list of them in an error */

#define ASSIGN_OWNER "Auto Assign to Issue Owner"
#define ASSIGN_OFF "Turn off Auto-Assignment"

static struct owner_place place_of(const struct api_call *call)
{
	return (struct owner_place){call->principal.organization_id, call->project.id};
}

/* ---- The rules ---- */

struct rules {
	const struct api_call *call;
	struct ownership ownership;
	json_t *shown;
	/* Of a change; what was not sent stays. */
	const char *raw;
	const json_t *fallthrough, *auto_sync;
	int assigns;                   /* -1: not sent */
	int64_t now_us;
};

static void rules_clear(struct rules *rules)
{
	ownership_clear(&rules->ownership);
	json_decref(rules->shown);
}

static int add_schema(struct tx *tx, const struct rules *rules, json_t *shown, struct err *err)
{
	const struct owner_place place = place_of(rules->call);
	cleanup_owner_rules struct owner_rules parsed = {0};
	cleanup_owner_people struct owner_people people = {0};
	int result = owner_rules_parse(&parsed, rules->ownership.raw, err);

	owner_people_init(&people);
	if (result == 0)
		result = owner_people_add(tx, &place, &parsed, &people, err);
	if (result == 0)
		json_object_set_new(shown, "schema", parsed.len > 0
			? owner_schema_json(&parsed, &people) : json_null());
	return result;
}

static int show(struct tx *tx, struct rules *rules, struct err *err)
{
	const struct ownership *o = &rules->ownership;
	const char *raw = *o->raw || o->added_at_us ? o->raw : NULL;

	json_decref(rules->shown);
	rules->shown = json_pack("{s:s?, s:b, s:o, s:o, s:b, s:s, s:b}", "raw", raw, "fallthrough",
		(int)o->fallthrough, "dateCreated", api_time(o->added_at_us), "lastUpdated",
		api_time(o->updated_at_us), "isActive", 1, "autoAssignment",
		o->assigns ? ASSIGN_OWNER : ASSIGN_OFF, "codeownersAutoSync",
		(int)o->codeowners_auto_sync);
	return add_schema(tx, rules, rules->shown, err);
}

static int read_in(struct tx *tx, void *arg, struct err *err)
{
	struct rules *rules = arg;

	ownership_clear(&rules->ownership);
	if (ownership_get(tx, rules->call->project.id, &rules->ownership, err) < 0)
		return err->code;
	return show(tx, rules, err);
}

static int get(struct api_call *call, struct err *err)
{
	struct rules rules = {.call = call};
	int result = store_read(call->daemon->store, read_in, &rules, err);

	if (result == 0)
		call->reply = steal(&rules.shown);
	rules_clear(&rules);
	return result;
}

/* ---- Changing them ---- */

static void read_change(struct api_call *call, struct rules *rules, struct err *err)
{
	static const char *const choices[] = {ASSIGN_OFF, ASSIGN_OWNER, NULL};
	struct body in = {call->body, .err = err};
	cleanup_owner_rules struct owner_rules parsed = {0};

	rules->raw = body_text(&in, "raw", RAW_LEN_MAX, BODY_BLANK);
	rules->fallthrough = body_member(&in, "fallthrough");
	rules->auto_sync = body_member(&in, "codeownersAutoSync");
	(void)body_bool(&in, "fallthrough", true);
	(void)body_bool(&in, "codeownersAutoSync", true);
	rules->assigns = body_choice(&in, "autoAssignment", choices, 0);
	if (rules->raw)
		(void)owner_rules_parse(&parsed, rules->raw, err);
}

/* Every owner must be somebody who has to do with the project.  Not in the write, which
 * others wait for: who has just gone is nobody when a rule matches. */
static int check_owners_in(struct tx *tx, void *arg, struct err *err)
{
	const struct rules *rules = arg;
	const struct owner_place place = place_of(rules->call);
	cleanup_owner_rules struct owner_rules parsed = {0};
	cleanup_owner_people struct owner_people people = {0};
	cleanup_buf struct buf wrong = BUF(WRONG_OWNERS_SIZE);
	const char *name;
	json_t *owner;
	int result = owner_rules_parse(&parsed, rules->raw, err);

	owner_people_init(&people);
	if (result == 0)
		result = owner_people_add(tx, &place, &parsed, &people, err);
	json_object_foreach(people.owners, name, owner)
		if (json_is_null(owner))
			buf_printf(&wrong, "%s%s", wrong.size > 0 ? ", " : "", name);
	if (result < 0 || (wrong.size == 0 && !wrong.failed))
		return result;
	return err_field(err, "raw", "Invalid rule owners: %s", buf_text(&wrong));
}

static int audit(struct tx *tx, const struct rules *rules, struct err *err)
{
	const struct ownership *o = &rules->ownership;
	cleanup_json json_t *data = json_pack("{s:b, s:b, s:s, s:b}", "rules",
		rules->raw != NULL, "fallthrough", (int)o->fallthrough, "autoAssignment",
		o->assigns ? ASSIGN_OWNER : ASSIGN_OFF, "codeownersAutoSync",
		(int)o->codeowners_auto_sync);

	return audit_insert(tx, &(struct audit_new){
		.organization_id = rules->call->principal.organization_id,
		.origin = rules->call->principal.origin,
		.event = "project.ownership-rule.edit",
		.kind = "project",
		.id = rules->call->project.id,
		.data = data,
		.now_us = rules->now_us,
	}, err);
}

static int put_in(struct tx *tx, void *arg, struct err *err)
{
	struct rules *rules = arg;
	struct ownership *o = &rules->ownership;

	ownership_clear(o);
	if (ownership_get(tx, rules->call->project.id, o, err) < 0)
		return err->code;
	if (rules->raw) {
		free(o->raw);
		o->raw = xstrdup(rules->raw);
	}
	if (json_is_boolean(rules->fallthrough))
		o->fallthrough = json_is_true(rules->fallthrough);
	if (json_is_boolean(rules->auto_sync))
		o->codeowners_auto_sync = json_is_true(rules->auto_sync);
	if (rules->assigns >= 0)
		o->assigns = rules->assigns == 1;
	return ownership_put(tx, o, rules->now_us, err) < 0 ? err->code : audit(tx, rules, err);
}

static int put(struct api_call *call, struct err *err)
{
	struct rules rules = {.call = call, .now_us = clock_now_us()};
	int result;

	read_change(call, &rules, err);
	if (err->code < 0)
		return err->code;
	result = rules.raw ? store_read(call->daemon->store, check_owners_in, &rules, err) : 0;
	if (result == 0)
		result = store_write(call->daemon->store, put_in, &rules, err);
	if (result == 0)
		result = store_read(call->daemon->store, read_in, &rules, err);
	if (result == 0)
		call->reply = steal(&rules.shown);
	rules_clear(&rules);
	return result;
}

/* ---- Who owns it ---- */

struct asking {
	const struct api_call *call;
	const char *path;              /* NULL: the event that the address names */
	json_t *shown;
};

static int judge_in(struct tx *tx, void *arg, struct err *err)
{
	struct asking *asking = arg;
	const struct api_call *call = asking->call;
	const struct owner_place place = place_of(call);
	cleanup_event struct event event = {0};
	cleanup_owner_subject struct owner_subject subject = {0};
	cleanup_owner_verdict struct owner_verdict verdict = {0};

	if (asking->path) {
		owner_subject_of_path(asking->path, &subject);
	} else {
		if (event_find_in_project(tx, call->project.id, http_param(call->request, "event"),
			    &event, err) < 0)
			return err->code;
		owner_subject_of_event(event.body, &subject);
	}
	if (owner_judge(call->daemon->owner_cache, tx, &place, &subject, OWNERS_SHOWN_MAX,
		    &verdict, err) < 0)
		return err->code;
	json_decref(asking->shown);
	asking->shown = owner_verdict_json(&verdict);
	return 0;
}

static int judge(struct api_call *call, const char *path, struct err *err)
{
	struct asking asking = {.call = call, .path = path};
	int result = store_read(call->daemon->store, judge_in, &asking, err);

	if (result < 0)
		json_decref(asking.shown);
	else
		call->reply = asking.shown;
	return result;
}

static int owners_of_event(struct api_call *call, struct err *err)
{
	return judge(call, NULL, err);
}

static int owners_of_path(struct api_call *call, struct err *err)
{
	const char *path = api_query(call, "path", NULL);

	if (!path)
		return err_field(err, "path", "This query parameter is required.");
	if (strlen(path) > PATH_SIZE_MAX)
		return err_field(err, "path", "A path has at most %d bytes.", PATH_SIZE_MAX);
	return judge(call, path, err);
}

#define PROJECT "/api/0/projects/{org}/{project}/"

const struct api_route api_ownership_routes[] = {
	{"GET", PROJECT "ownership/", SCOPES_P_GET, 0, get},
	{"PUT", PROJECT "ownership/", SCOPES_P_POST, API_BODY, put},
	{"GET", PROJECT "owners/", SCOPES_P_GET, 0, owners_of_path},
	{"GET", PROJECT "events/{event}/owners/", SCOPES_G_GET, 0, owners_of_event},
	{0},
};
