/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* Teams of an organization, and the projects that they work on, in Sentry's shapes. */
#include "config.h"
#include "core/api/routes.h"

#include <string.h>

#include "core/api/actor_json.h"
#include "core/api/body.h"
#include "core/api/deletion.h"
#include "core/api/people.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/job/job.h"
#include "core/storage/external_actor.h"
#include "core/storage/project.h"
#include "core/storage/team.h"

/* ---- Showing ---- */

/* What a team is called at the providers. */
static int external_teams(struct tx *tx, const struct team *team, json_t *item, struct err *err)
{
	struct external_actor *rows;
	size_t len;

	if (external_actor_list_team(tx, team->organization_id, team->id, &rows, &len, err) < 0)
		return err->code;
	json_object_set_new(item, "externalTeams", actor_json_list(rows, len));
	return 0;
}

static int team_projects(struct tx *tx, const struct team *team, json_t *item, struct err *err)
{
	struct project *rows;
	size_t len;
	json_t *list = json_array();

	json_object_set_new(item, "projects", list);
	if (project_list(tx, &(struct project_page){.organization_id = team->organization_id,
			.team_id = team->id, .place = &KEYSET_FIRST(PEOPLE_TEAMS_MAX)}, &rows, &len,
		    err) < 0)
		return err->code;
	for (size_t i = 0; i < len; i++)
		json_array_append_new(list, json_pack("{s:o, s:s, s:s, s:s?}", "id",
			api_id_json(rows[i].id), "slug", rows[i].slug, "name", rows[i].name,
			"platform", rows[i].platform));
	project_list_free(rows, len);
	return 0;
}

static int detail(struct tx *tx, const struct principal *principal, const struct team *team,
	json_t **ret_json, struct err *err)
{
	cleanup_json json_t *json = NULL;

	if (people_team_json(tx, principal, team, &json, err) < 0 ||
		external_teams(tx, team, json, err) < 0 ||
		team_projects(tx, team, json, err) < 0)
		return err->code;
	*ret_json = steal(&json);
	return 0;
}

static int show_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	json_t *json;

	if (detail(tx, &work->call->principal, &work->call->team, &json, err) < 0)
		return err->code;
	work_answer(work, json);
	return 0;
}

static int show(struct api_call *call, struct err *err)
{
	return work_read(call, show_in, err);
}

/* `detailed=0` leaves out the projects. */
static int list_rows(struct tx *tx, struct work *work, const struct team_page *page,
	struct err *err)
{
	const struct principal *principal = &work->call->principal;
	const char *detailed = api_query(work->call, "detailed", NULL);
	bool is_short = detailed && strcmp(detailed, "0") == 0;
	struct team *rows;
	size_t len, shown;
	int result = 0;

	if (team_list(tx, page, &rows, &len, err) < 0)
		return err->code;
	shown = work_begin_list(work, len);
	for (size_t i = 0; i < shown && result == 0; i++) {
		const struct team *row = &rows[work_row(work, i)];
		json_t *item;

		result = is_short ? people_team_json(tx, principal, row, &item, err)
				  : detail(tx, principal, row, &item, err);
		if (result == 0)
			work_show(work, item, row->id, row->slug);
	}
	team_list_free(rows, len);
	return result;
}

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;

	return list_rows(tx, work, &(struct team_page){
		.organization_id = work->call->principal.organization_id,
		.external = people_external_filter(work->call, "hasExternalTeams"),
		.query = people_query_text(work->call),
		.place = &work->place,
	}, err);
}

static int list(struct api_call *call, struct err *err)
{
	return work_list(call, KEYSET_TEXT, list_in, err);
}

/* Those of who asks. */
static int mine_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;

	return list_rows(tx, work, &(struct team_page){
		.organization_id = work->call->principal.organization_id,
		.member_id = work->call->principal.member_id,
		.place = &work->place,
	}, err);
}

static int mine(struct api_call *call, struct err *err)
{
	if (!call->principal.member_id)
		return err_refuse(err, "Only a member has teams.");
	return work_list(call, KEYSET_TEXT, mine_in, err);
}

/* ---- Making and changing ---- */

struct sent {
	const char *name, *slug;   /* NULL: not sent */
};

/* Who makes a team leads it. */
static int create_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const struct sent *sent = work->sent;
	const struct principal *principal = &work->call->principal;
	cleanup_team struct team team = {0};
	json_t *json;
	int64_t id;

	if (team_insert(tx, principal->organization_id, sent->slug, sent->name, work->now_us, &id,
		    err) < 0)
		return err->code;
	if (principal->member_id &&
		(team_add_member(tx, id, principal->member_id, err) < 0 ||
			team_set_member_role(tx, id, principal->member_id, TEAM_ADMIN, err) < 0))
		return err->code;
	if (team_get(tx, principal->organization_id, id, &team, err) < 0 ||
		detail(tx, principal, &team, &json, err) < 0)
		return err->code;
	work->created = true;
	work_answer(work, json);
	return work_audit(tx, work, team.organization_id, "team.create", "team", id,
		json_pack("{s:s}", "slug", team.slug), err);
}

/* A name or a slug is enough. */
static int create(struct api_call *call, struct err *err)
{
	struct body in = {call->body, .err = err};
	char derived[SLUG_SIZE];
	struct sent sent = {
		.name = body_text(&in, "name", PEOPLE_NAME_LEN_MAX, 0),
		.slug = body_text(&in, "slug", SLUG_SIZE - 1, 0),
	};

	if (err->code < 0)
		return err->code;
	if (!sent.name && !sent.slug)
		return err_field(err, "name", "Name or slug is required.");
	if (!sent.name)
		sent.name = sent.slug;
	sent.slug = people_slug(sent.slug, sent.name, derived, err);
	return sent.slug ? work_write(call, create_in, &sent, err) : err->code;
}

static int update_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const struct sent *sent = work->sent;
	const struct team *asked = &work->call->team;
	cleanup_team struct team team = {0};
	cleanup_json json_t *data = json_object();
	json_t *json;

	if (team_get(tx, asked->organization_id, asked->id, &team, err) < 0)
		return err->code;
	people_change_text(&team.name, sent->name, data, "name");
	people_change_text(&team.slug, sent->slug, data, "slug");
	if (team_update(tx, &team, err) < 0)
		return people_slug_taken(err);
	if (detail(tx, &work->call->principal, &team, &json, err) < 0)
		return err->code;
	work_answer(work, json);
	return work_audit(tx, work, team.organization_id, "team.edit", "team", team.id,
		steal(&data), err);
}

static int update(struct api_call *call, struct err *err)
{
	struct body in = {call->body, .err = err};
	struct sent sent = {
		.name = body_text(&in, "name", PEOPLE_NAME_LEN_MAX, 0),
		.slug = body_text(&in, "slug", SLUG_SIZE - 1, 0),
	};

	return err->code < 0 ? err->code : work_write(call, update_in, &sent, err);
}

/* ---- Deleting ---- */

static int delete_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const struct team *team = &work->call->team;
	int result = team_begin_deletion(tx, team->id, err);

	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no such team any more");
	if (result < 0 || deletion_queue(tx, PURGE_TEAM, team->id, work->call->principal.origin,
				  work->now_us, err) < 0)
		return err->code;
	return work_audit(tx, work, team->organization_id, "team.remove", "team", team->id,
		json_pack("{s:s}", "slug", team->slug), err);
}

static int delete(struct api_call *call, struct err *err)
{
	int result = work_write(call, delete_in, NULL, err);

	if (result == 0)
		jobs_wake(call->daemon->jobs);
	return result;
}

#define TEAMS "/api/0/organizations/{org}/teams/"
#define TEAM "/api/0/teams/{org}/{team}/"

const struct api_route api_team_routes[] = {
	{"GET", TEAMS, SCOPES_O_GET, 0, list},
	{"POST", TEAMS, SCOPES_O_POST | SCOPES_T_POST, API_BODY, create},
	{"GET", "/api/0/organizations/{org}/user-teams/", SCOPES_O_GET, 0, mine},
	{"GET", TEAM, SCOPES_T_GET, 0, show},
	{"PUT", TEAM, SCOPES_T_POST, API_BODY, update},
	{"DELETE", TEAM, SCOPES_T_DELETE, 0, delete},
	{0},
};
