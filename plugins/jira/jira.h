/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What the files of the Jira plugin share.
 *
 * Two providers: `jira` (Jira Cloud, an app of Atlassian Connect) and `jira_server` (Jira
 * Server and Data Center, an application link).  What they do with issues is one code that
 * takes a `struct flavor`; how they are installed and how they are told of changes is each
 * one's own (cloud.c, server.c).
 */
#ifndef MORTISE_PLUGINS_JIRA_H
#define MORTISE_PLUGINS_JIRA_H

#include <mortise/plugin.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Set by load, constant afterwards. */
extern const struct mortise_host *host;

/* What differs between the two, wherever their code is shared. */
struct flavor {
	const char *provider;      /* "jira" */
	const char *name;          /* in texts and labels: "Jira" */
	const char *api;           /* "/rest/api/3" */
	const char *user_id;       /* the member of a user that names him: "accountId" */
	const char *user_query;    /* parameter of a search for assignable users: "query" */
	const char *user_key;      /* parameter of a question about one user: "accountId" */
	const char *search;        /* "/search/jql" */
	const char *projects;      /* a list of projects, in pages or whole: "/project/search" */
	bool trusts_sole_user;     /* the one user whom an address finds is he, even if Jira
				    * hides whose address it is */
	bool project_statuses;     /* Jira can tell the statuses of one project */
	/* What a description or a comment is sent as; each a new reference.  'write_text' takes
	 * what a user wrote into a form: whatever language it proposed (form.h). */
	json_t *(*write_text)(const char *text);
	json_t *(*write_note)(const char *author, const char *markdown);
	/* What a description or a comment says, as text; a new string, NULL for none. */
	char *(*read_text)(const json_t *body);
	const struct form_rules *form; /* form.h */
	/* The credentials of this integration; NULL: those of the upstream. */
	int32_t (*credentials)(struct mortise_call *call, const char **ret_name);
	/* The address of a user who has none in 'user': a new string, or NULL if it is not to
	 * be had.  A failure is left to the caller.  NULL: it never is. */
	int32_t (*user_email)(struct mortise_call *call, const json_t *user, char **ret_email);
};
extern const struct flavor jira_cloud, jira_server;

/* A callback that both providers have, see JIRA_CALLBACK. */
typedef int32_t jira_callback(struct mortise_call *call, const struct flavor *flavor,
	const json_t *input, json_t **ret_output);

/* The callback of one provider: JIRA_CALLBACK(cloud, status_out) is cloud_status_out. */
#define JIRA_CALLBACK(flavor_, name_)                                                          \
	static int32_t flavor_##_##name_(struct mortise_call *call, const json_t *input,       \
		json_t **ret_output)                                                           \
	{                                                                                      \
		return jira_##name_(call, &jira_##flavor_, input, ret_output);                 \
	}

/* ---- Registration: jira.c calls these, then registers what is shared ---- */

#define TRY(expression)                      \
	do {                                 \
		int32_t ret_ = (expression); \
		if (ret_ != MORTISE_OK)      \
			return ret_;         \
	} while (0)
#define EACH(i, array) for (size_t i = 0; i < sizeof(array) / sizeof((array)[0]); i++)

int32_t cloud_load(const struct mortise_registry *registry, struct mortise_registrar *reg);
int32_t server_load(const struct mortise_registry *registry, struct mortise_registrar *reg);

/* ---- request.c: one request, one list, what is made once ---- */

#define PAGE_SIZE 50           /* what Jira gives at once, or less */
#define LIST_MAX 2000          /* items of a list that is asked for in pages */

struct request {
	const char *method;        /* NULL: GET */
	const char *path;          /* below the flavor's API: "/issue/{key}"; what begins with
				    * "/rest/" or "/plugins/" is taken as it is */
	const json_t *params, *query, *body;
	const char *upstream;      /* NULL: "jira" */
	const char *credentials;   /* NULL: the integration's */
	const char *once;          /* of what is made once; see jira_make */
	int32_t invalid;           /* what a 400 means here; E_FIELD: Jira names fields of a
				    * form; 0: as in the table of errors.c */
	uint64_t flags;
};

/* Send it; a status that is no success becomes the call's failure (errors.c), and
 * '*ret_answer' is empty then. */
int32_t jira_send(struct mortise_call *call, const struct flavor *flavor,
	const struct request *request, struct mortise_answer *ret_answer);
/* The same without a look at the status. */
int32_t jira_ask(struct mortise_call *call, const struct flavor *flavor,
	const struct request *request, struct mortise_answer *ret_answer);
/* The JSON of the answer alone, as a new reference. */
int32_t jira_get(struct mortise_call *call, const struct flavor *flavor,
	const struct request *request, json_t **ret_json);
/* A list in pages (startAt, maxResults, total or isLast), at most 'max' items of it, as one
 * new array.  'member' names the list inside the answer; NULL: the answer is the list. */
int32_t jira_list(struct mortise_call *call, const struct flavor *flavor,
	const struct request *request, const char *member, size_t max, json_t **ret_list);

/* Look for what a request under the name 'once' may have made; NULL if it is not there. */
typedef int32_t jira_find_fn(struct mortise_call *call, const struct flavor *flavor,
	const struct request *request, json_t **ret_found);
/* Send a request that makes something, guarded by its 'once'.  If an earlier attempt may
 * have made it, 'find' looks first. */
int32_t jira_make(struct mortise_call *call, const struct flavor *flavor,
	const struct request *request, jira_find_fn *find, json_t **ret_json);

/* ---- errors.c: what Jira's statuses and bodies mean ---- */

/* MORTISE_OK for 2xx without an error body, else the call has failed with this code. */
int32_t jira_check(struct mortise_call *call, const struct flavor *flavor,
	const struct mortise_answer *answer, int32_t invalid);

/* ---- value.c: small things ---- */

const char *jira_text(const json_t *object, const char *member);
/* The same; NULL also for an empty text, and for one over 'max' bytes. */
const char *jira_short(const json_t *object, const char *member, size_t max);
#define KEY_MAX_SIZE 256       /* of a key or an id, as effects take it */
#define NAME_MAX_SIZE 200      /* of an integration */
#define TITLE_MAX_SIZE 1000
#define PROSE_MAX_SIZE (256 << 10)
/* 'text' cut to at most 'max' bytes, never inside a character; a new string. */
char *jira_cut(const char *text, size_t max);
/* Is it like "APP-7"?  False for NULL. */
bool jira_is_key(const char *text);
/* The key that a call is about; E_NO_TARGET if it is none of Jira's. */
int32_t jira_key_of_call(struct mortise_call *call, const json_t *input, const char **ret_key);
/* "comment:" and a reference: the name of a guarded request, and the mark of what it made.
 * A new string. */
char *jira_once(const char *what, const char *reference);
/* A read whose one argument is a text; the value as a new reference. */
int32_t jira_read(struct mortise_call *call, const char *what, const char *argument,
	const char *value, json_t **ret_value);
/* A setting of ours, or text of the metadata, as a new string; "" if there is none. */
int32_t jira_setting(struct mortise_call *call, const char *name, char **ret_value);
int32_t jira_metadata(struct mortise_call *call, const char *pointer, char **ret_value);
/* The name of this side, for texts; a new string. */
int32_t jira_product(struct mortise_call *call, char **ret_name);
/* Give an effect. */
int32_t jira_effect(struct mortise_call *call, const char *type, json_t *record_take);

/* ---- issue.c: finding and making issues ---- */

/* Make an issue of these fields, once, and say what it is: the output of create. */
int32_t jira_issue_make(struct mortise_call *call, const struct flavor *flavor,
	const json_t *fields, const char *reference, json_t **ret_output);
/* The issue as Jira has it now, a new reference.  'fields' as Jira's own parameter has them,
 * "status,project". */
int32_t jira_issue_read(struct mortise_call *call, const struct flavor *flavor, const char *key,
	const char *fields, json_t **ret_issue);
jira_callback jira_issue_get;

/* ---- comment.c ---- */

jira_callback jira_issue_linked, jira_comment_create, jira_comment_update;

/* ---- sync.c: status and assignee, out; what a change of status means ---- */

jira_callback jira_status_out, jira_status_action, jira_assignee_out;

/* ---- change.c: what Jira tells of an issue ---- */

/* The handler of the webhook of changed and deleted issues. */
jira_callback jira_issue_changed;

/* ---- metadata.c ---- */

#define SYNC_METADATA "sync_metadata"
/* The task of this name: name and icon of the integration, as Jira has them. */
jira_callback jira_sync_metadata;

/* ---- form.c, fields.c, search.c, config.c ---- */

jira_callback jira_issue_form, jira_issue_create, jira_issue_search, jira_config_form,
	jira_config_save;

#endif
