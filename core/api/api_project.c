/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Projects: list, make, show, change and delete, and the teams that work on them, in
 * Sentry's shapes.  A list has the projects within reach of who asks.
 *
 * A project is made with its first key, and enrolled in the data forwarders that want new
 * ones.  Without a slug it gets the first free one that its name suggests; one that is
 * given and taken is a clash (409).  Environments are not listed: they are written in
 * events only, and to look through all of them for a few words costs too much.
 */
#include "config.h"
#include "core/api/routes.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/api/body.h"
#include "core/api/deletion.h"
#include "core/api/people.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/slug.h"
#include "core/daemon/daemon.h"
#include "core/http/http.h"
#include "core/ingest/ingest.h"
#include "core/job/job.h"
#include "core/storage/data_forwarder.h"
#include "core/storage/member.h"
#include "core/storage/organization.h"
#include "core/storage/project.h"
#include "core/storage/project_key.h"
#include "core/storage/team.h"

#define PLATFORM_LEN_MAX 64

/* ---- Showing ---- */

static int add_organization(struct tx *tx, const struct api_call *call, int64_t organization_id,
	json_t *json, struct err *err)
{
	cleanup_organization struct organization organization = {0};
	char id[24];

	snprintf(id, sizeof(id), "%" PRId64, organization_id);
	if (organization_find(tx, id, &organization, err) < 0)
		return err->code;
	json_object_set_new(json, "organization", people_organization_json(call, &organization));
	return 0;
}

static int detail(struct tx *tx, const struct api_call *call, const struct project *project,
	json_t **ret_json, struct err *err)
{
	cleanup_json json_t *json = NULL;

	if (people_project_json(tx, &call->principal, project, &json, err) < 0 ||
		add_organization(tx, call, project->organization_id, json, err) < 0)
		return err->code;
	json_object_set_new(json, "options", json_object());
	*ret_json = steal(&json);
	return 0;
}

static int show_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	json_t *json;

	if (detail(tx, work->call, &work->call->project, &json, err) < 0)
		return err->code;
	work_answer(work, json);
	return 0;
}

static int show(struct api_call *call, struct err *err)
{
	return work_read(call, show_in, err);
}

/* ---- Lists ---- */

static int list_rows(struct tx *tx, struct work *work, const struct project_page *page,
	bool with_organization, struct err *err)
{
	struct project *rows;
	size_t len, shown;
	int result = 0;

	if (project_list(tx, page, &rows, &len, err) < 0)
		return err->code;
	shown = work_begin_list(work, len);
	for (size_t i = 0; i < shown && result == 0; i++) {
		const struct project *row = &rows[work_row(work, i)];
		json_t *item;

		result = people_project_json(tx, &work->call->principal, row, &item, err);
		if (result < 0)
			break;
		work_show(work, item, row->id, row->slug);
		if (with_organization)
			result = add_organization(tx, work->call, row->organization_id, item, err);
	}
	project_list_free(rows, len);
	return result;
}

static int list_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;

	return list_rows(tx, work, &(struct project_page){
		.organization_id = work->call->principal.organization_id,
		.member_id = access_reach(&work->call->principal),
		.query = people_query_text(work->call),
		.place = &work->place,
	}, false, err);
}

static int list(struct api_call *call, struct err *err)
{
	return work_list(call, KEYSET_TEXT, list_in, err);
}

static int everywhere_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;

	return list_rows(tx, work, &(struct project_page){
		.organization_id = work->call->principal.organization_id,
		.member_id = access_reach(&work->call->principal),
		.query = people_query_text(work->call),
		.place = &work->place,
	}, true, err);
}

/* Of the organization that the credentials belong to. */
static int everywhere(struct api_call *call, struct err *err)
{
	if (!call->principal.organization_id)
		return err_set(err, MORTISE_E_FIELD, "This session belongs to no organization: "
			"ask for /api/0/organizations/SLUG/projects/.");
	if ((call->principal.scopes & SCOPES_P_GET) == 0)
		return err_refuse(err, "You do not have permission to perform this action.");
	return work_list(call, KEYSET_TEXT, everywhere_in, err);
}

static int of_team_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;

	return list_rows(tx, work, &(struct project_page){
		.organization_id = work->call->principal.organization_id,
		.team_id = work->call->team.id,
		.place = &work->place,
	}, false, err);
}

static int of_team(struct api_call *call, struct err *err)
{
	return work_list(call, KEYSET_TEXT, of_team_in, err);
}

/* ---- Making ---- */

struct sent {
	const char *name, *slug, *platform;    /* NULL: not sent */
	bool is_derived;           /* the slug comes of the name */
	bool no_platform;          /* null was sent */
	char public_key[PROJECT_KEY_SIZE];
};

/* Its key, its team and its forwarders. */
static int equip(struct tx *tx, const struct work *work, int64_t id, struct err *err)
{
	const struct sent *sent = work->sent;
	int64_t key_id;

	if (project_key_insert(tx, id, sent->public_key, "Default", work->now_us, &key_id, err) < 0 ||
		team_add_project(tx, work->call->team.id, id, err) < 0)
		return err->code;
	return data_forwarder_enroll(tx, work->call->principal.organization_id, id, work->now_us,
		err);
}

static int create_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const struct sent *sent = work->sent;
	int64_t organization_id = work->call->principal.organization_id, id;
	cleanup_project struct project project = {0};
	char slug[SLUG_SIZE];
	json_t *json;

	snprintf(slug, sizeof(slug), "%s", sent->slug);
	if (sent->is_derived && project_free_slug(tx, organization_id, sent->slug, slug, err) < 0)
		return err->code;
	if (project_insert(tx, organization_id, slug, sent->name, sent->platform, work->now_us, &id,
		    err) < 0 ||
		equip(tx, work, id, err) < 0 ||
		project_find(tx, organization_id, slug, &project, err) < 0 ||
		detail(tx, work->call, &project, &json, err) < 0)
		return err->code;
	work->created = true;
	work_answer(work, json);
	return work_audit(tx, work, organization_id, "project.create", "project", id,
		json_pack("{s:s, s:I}", "slug", slug, "team", (json_int_t)work->call->team.id), err);
}

static int create(struct api_call *call, struct err *err)
{
	struct body in = {call->body, .err = err};
	char derived[SLUG_SIZE];
	struct sent sent = {
		.name = body_text(&in, "name", PEOPLE_NAME_LEN_MAX, BODY_REQUIRED),
		.slug = body_text(&in, "slug", SLUG_SIZE - 1, 0),
		.platform = body_text(&in, "platform", PLATFORM_LEN_MAX, 0),
	};

	if (err->code < 0)
		return err->code;
	sent.is_derived = !sent.slug;
	sent.slug = people_slug(sent.slug, sent.name, derived, err);
	project_key_make(sent.public_key);
	return sent.slug ? work_write(call, create_in, &sent, err) : err->code;
}

/* ---- Changing ---- */

static int update_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const struct sent *sent = work->sent;
	const struct project *asked = &work->call->project;
	cleanup_project struct project project = {0};
	cleanup_json json_t *data = json_object();
	json_t *json;

	if (project_get(tx, asked->organization_id, asked->id, &project, err) < 0)
		return err->code;
	people_change_text(&project.name, sent->name, data, "name");
	people_change_text(&project.slug, sent->slug, data, "slug");
	people_change_text(&project.platform, sent->platform, data, "platform");
	if (sent->no_platform) {
		free(project.platform);
		project.platform = NULL;
		json_object_set_new(data, "platform", json_null());
	}
	if (project_update(tx, &project, err) < 0)
		return people_slug_taken(err);
	if (detail(tx, work->call, &project, &json, err) < 0)
		return err->code;
	work_answer(work, json);
	return work_audit(tx, work, project.organization_id, "project.edit", "project", project.id,
		steal(&data), err);
}

static int update(struct api_call *call, struct err *err)
{
	struct body in = {call->body, .err = err};
	struct sent sent = {
		.name = body_text(&in, "name", PEOPLE_NAME_LEN_MAX, 0),
		.slug = body_text(&in, "slug", SLUG_SIZE - 1, 0),
		.platform = body_text(&in, "platform", PLATFORM_LEN_MAX, 0),
		.no_platform = body_is_null(&in, "platform"),
	};

	return err->code < 0 ? err->code : work_write(call, update_in, &sent, err);
}

/* ---- Deleting ---- */

static int delete_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const struct project *project = &work->call->project;
	int result = project_begin_deletion(tx, project->id, err);

	if (result == 0)
		return err_set(err, MORTISE_E_NOT_FOUND, "there is no such project any more");
	if (result < 0 || deletion_queue(tx, PURGE_PROJECT, project->id,
				  work->call->principal.origin, work->now_us, err) < 0)
		return err->code;
	return work_audit(tx, work, project->organization_id, "project.remove", "project",
		project->id, json_pack("{s:s}", "slug", project->slug), err);
}

static int delete(struct api_call *call, struct err *err)
{
	int result = work_write(call, delete_in, NULL, err);

	if (result == 0) {
		ingest_forget_keys(call->daemon->ingest);
		jobs_wake(call->daemon->jobs);
	}
	return result;
}

/* ---- Teams of a project ---- */

static int teams_in(struct tx *tx, void *arg, struct err *err)
{
	struct work *work = arg;
	const struct api_call *call = work->call;
	struct team *rows;
	size_t len, shown;
	int result = 0;

	if (team_list_project(tx, call->project.id, &work->place, &rows, &len, err) < 0)
		return err->code;
	shown = work_begin_list(work, len);
	for (size_t i = 0; i < shown && result == 0; i++) {
		const struct team *row = &rows[work_row(work, i)];
		json_t *item;

		result = people_team_json(tx, &call->principal, row, &item, err);
		if (result == 0)
			work_show(work, item, row->id, row->slug);
	}
	team_list_free(rows, len);
	return result;
}

static int teams(struct api_call *call, struct err *err)
{
	return work_list(call, KEYSET_TEXT, teams_in, err);
}

/* A new pair is 201; one that is there already changes nothing. */
static int put_team(struct tx *tx, struct work *work, bool remove, struct err *err)
{
	const struct project *project = &work->call->project;
	int64_t team_id = work->call->team.id;
	int was = team_has_project(tx, team_id, project->id, err), result = was;
	json_t *json;

	if (result >= 0)
		result = remove ? team_remove_project(tx, team_id, project->id, err)
				: team_add_project(tx, team_id, project->id, err);
	if (result < 0 || detail(tx, work->call, project, &json, err) < 0)
		return err->code;
	work_answer(work, json);
	work->created = !remove && !was;
	if ((was == 1) != remove)
		return 0;
	return work_audit(tx, work, project->organization_id, "project.edit", "project",
		project->id, json_pack("{s:I}", remove ? "removedTeam" : "addedTeam",
			(json_int_t)team_id), err);
}

static int add_team_in(struct tx *tx, void *arg, struct err *err)
{
	return put_team(tx, arg, false, err);
}

static int remove_team_in(struct tx *tx, void *arg, struct err *err)
{
	return put_team(tx, arg, true, err);
}

static int add_team(struct api_call *call, struct err *err)
{
	return work_write(call, add_team_in, NULL, err);
}

static int remove_team(struct api_call *call, struct err *err)
{
	return work_write(call, remove_team_in, NULL, err);
}

#define PROJECT "/api/0/projects/{org}/{project}/"
#define TEAM_PROJECTS "/api/0/teams/{org}/{team}/projects/"

const struct api_route api_project_routes[] = {
	{"GET", "/api/0/projects/", 0, 0, everywhere},
	{"GET", "/api/0/organizations/{org}/projects/", SCOPES_O_GET, 0, list},
	{"GET", TEAM_PROJECTS, SCOPES_P_GET, 0, of_team},
	{"POST", TEAM_PROJECTS, SCOPES_P_POST, API_BODY, create},
	{"GET", PROJECT, SCOPES_P_GET, 0, show},
	{"PUT", PROJECT, SCOPES_P_POST, API_BODY, update},
	{"DELETE", PROJECT, SCOPES_P_DELETE, 0, delete},
	{"GET", PROJECT "teams/", SCOPES_P_GET, 0, teams},
	{"POST", PROJECT "teams/{team}/", SCOPES_P_POST, 0, add_team},
	{"DELETE", PROJECT "teams/{team}/", SCOPES_P_POST, 0, remove_team},
	{0},
};
