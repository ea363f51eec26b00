/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* What the files of the GitHub plugin share. */
#ifndef MORTISE_PLUGINS_GITHUB_H
#define MORTISE_PLUGINS_GITHUB_H

#include <mortise/plugin.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROVIDER "github"
#define PAGE_SIZE 100          /* the most that GitHub gives at once */
#define PAGES_MAX 200
#define REPOSITORY_CACHE_MS 300000

/* Set by load, constant afterwards. */
extern const struct mortise_host *host;

/* ---- request.c: one request, one list ---- */

struct request {
	const char *method;        /* NULL: GET */
	const char *path;
	const json_t *params, *query, *headers, *body;
	const char *credentials;   /* NULL: the installation's */
	const char *once;          /* of what is made once; see github_make */
	int32_t invalid;           /* what a 422 means here; 0: as in the table of errors.c */
	uint64_t flags;
};

/* Send it; a status that is no success becomes the call's failure (errors.c), and
 * '*ret_answer' is empty then. */
int32_t github_send(struct mortise_call *call, const struct request *request,
	struct mortise_answer *ret_answer);
/* The JSON of the answer alone, as a new reference. */
int32_t github_get(struct mortise_call *call, const struct request *request, json_t **ret_json);

/* A list in pages: github_page until '*ret_items' is NULL, then github_pages_end.
 * 'member' names the list inside the answer, NULL: the answer is the list. */
struct pages {
	struct request request;
	const char *member;
	int64_t page;              /* the next one, from 1 */
	int64_t pages_max;         /* 0: PAGES_MAX */
	bool done;
};
int32_t github_page(struct mortise_call *call, struct pages *pages, json_t **ret_items);
/* Everything at once, as one new array. */
int32_t github_list(struct mortise_call *call, const struct request *request, const char *member,
	json_t **ret_list);
/* The first item of 'pages' whose text has this mark (markdown.c), or NULL. */
int32_t github_find_marked(struct mortise_call *call, struct pages *pages, const char *mark,
	json_t **ret_found);

/* Look for what a request under the name 'mark' may have made; NULL if it is not there. */
typedef int32_t github_find_fn(struct mortise_call *call, const json_t *params, const char *mark,
	json_t **ret_found);
/* Send a request that makes something, guarded by its 'once', which is also the mark of
 * what it makes.  If an earlier attempt may have made it, 'find' looks first. */
int32_t github_make(struct mortise_call *call, const struct request *request,
	github_find_fn *find, json_t **ret_json);
/* Does a Link header have a rel="next"?  '*ret_cursor' (may be NULL) gets the value of its
 * cursor parameter, to be freed, or NULL. */
bool github_next(const json_t *headers, char **ret_cursor);

/* ---- errors.c: what GitHub's statuses mean ---- */

/* MORTISE_OK for 2xx, else the call has failed with this code.  'invalid': what a 422
 * means; E_FIELD: the field that GitHub names is wrong; 0: as in the table. */
int32_t github_check(struct mortise_call *call, const struct mortise_answer *answer,
	int32_t invalid);

/* ---- text.c: small things ---- */

const char *github_text(const json_t *object, const char *member);
/* The same for a text that an effect bounds; NULL also for one over 'max' bytes. */
const char *github_short(const json_t *object, const char *member, size_t max);
#define NAME_MAX_SIZE 200      /* of an integration or a repository */
#define SHA_MAX_SIZE 64
#define URL_MAX_SIZE 4096
#define BRANCH_MAX_SIZE 256
#define PROSE_MAX_SIZE (1 << 20)
/* The "html_url" of an object, if it is a web address. */
const char *github_web_url(const json_t *object);
/* The text of an id, which GitHub sends as a number; false if it is none. */
#define ID_SIZE 24
bool github_id(const json_t *object, const char *member, char ret_id[ID_SIZE]);
/* 'text' cut to at most 'max' bytes, never inside a character; a new string. */
char *github_cut(const char *text, size_t max);
/* RFC 3339 to milliseconds since 1970; false if it is not. */
bool github_time(const char *text, int64_t *ret_ms);
/* A setting of ours as a new string; "" if it is not set. */
int32_t github_setting(struct mortise_call *call, const char *name, char **ret_value);
/* "shop/App Name" as GitHub writes it in URLs: "app-name"; a new string. */
char *github_slug(const char *name);
/* 'text' percent-encoded for a URL's path; slashes stay; a new string. */
char *github_encode(const char *text);
/* The language of a file by its name, or NULL. */
const char *github_language(const char *path);

/* ---- install.c ---- */

mortise_callback github_check_login, github_show_organizations, github_check_installation,
	github_build, github_post_install;
/* What we keep of an installation: {"icon", "domain_name", "account_type", "account_id"}. */
json_t *github_metadata(const json_t *installation);

/* ---- webhook.c ---- */

mortise_callback github_webhook;

/* ---- repository.c ---- */

mortise_callback github_repository_list, github_repository_get, github_link_all,
	github_sync_repositories, github_migrate;
/* The next of the repositories that mortised knows.  '*page' is NULL at first, then the
 * page before, which is freed; it is NULL again behind the last one and after a failure.
 * 'unlinked': those without an integration. */
int32_t github_known_repositories(struct mortise_call *call, bool unlinked, json_t **page);
/* "owner/name", nothing that would lead elsewhere in a path; false for NULL. */
bool github_is_repository_name(const char *text);
/* What GitHub finds for 'text' among the account's repositories: [{"external_id", "name",
 * "identifier", "default_branch"}]. */
int32_t github_repository_search(struct mortise_call *call, const char *text, json_t **ret_list);
/* The effect that stores a repository as GitHub describes it; 'mode' as in the effect. */
int32_t github_put_repository(struct mortise_call *call, const json_t *repository,
	const char *mode);
/* Keep name and URL of an event's repository fresh.  One that nobody here has is added for
 * every organization; one that somebody has is not added where it was taken away.
 * '*ret_former' (may be NULL) gets an object whose members are the names that it had
 * before, to be freed; it stays as it is if there are none. */
int32_t github_refresh_repository(struct mortise_call *call, const json_t *repository,
	json_t **ret_former);
/* Give an effect; when the reply is full, what it holds is committed first. */
int32_t github_effect(struct mortise_call *call, const char *type, json_t *record_take);
int32_t github_queue(struct mortise_call *call, const char *task, json_t *payload_take);

/* ---- file.c ---- */

mortise_callback github_repository_file;

/* ---- markdown.c: texts that go to GitHub; each a new string ---- */

/* "comment:" and a reference: the name of a guarded request, and the mark of its text. */
char *github_once(const char *what, const char *reference);
/* 'text', cut to what GitHub takes, with the hidden mark behind it. */
char *github_mark(const char *text, const char *mark);
/* Has it this mark?  False for NULL. */
bool github_has_mark(const char *text, const char *mark);
/* 'text' without the mark that we may have put there; NULL for NULL. */
char *github_unmark(const char *text);
/* "**Author** wrote:", and the text as a quotation. */
char *github_quote(const char *author, const char *text);

/* ---- issue.c: keys, finding and making issues ---- */

#define TITLE_MAX_SIZE 1000

/* "acme-co/shop#12" */
struct issue_key {
	char repository[NAME_MAX_SIZE + 1];
	int64_t number;
};
bool github_key_parse(const char *text, struct issue_key *ret_key);
char *github_key_text(const struct issue_key *key);
/* The key that a call is about; E_NO_TARGET if it is none of GitHub's. */
int32_t github_key_of_call(struct mortise_call *call, const json_t *input,
	struct issue_key *ret_key);
/* {"repo", "number"} for a path. */
json_t *github_key_params(const struct issue_key *key);
/* The key by which GitHub's answer to a question about 'asked' calls the issue. */
bool github_key_of_issue(const json_t *issue, const struct issue_key *asked,
	struct issue_key *ret_key);
/* The issue as GitHub has it now, a new reference. */
int32_t github_issue_read(struct mortise_call *call, const struct issue_key *key,
	json_t **ret_issue);
/* GitHub's answer about 'key' may show that it has another one: tell, and use it. */
int32_t github_issue_moved(struct mortise_call *call, const json_t *issue, struct issue_key *key);
/* Is this repository linked and active in the organization? */
int32_t github_repository_usable(struct mortise_call *call, const char *name, bool *ret_usable);
/* The same for one that a user gave: E_FIELD ("repo") if it is not. */
int32_t github_check_repository(struct mortise_call *call, const char *name);

mortise_callback github_issue_create, github_issue_get;

/* ---- comment.c ---- */

mortise_callback github_issue_linked, github_comment_create, github_comment_update;

/* ---- issue_sync.c: status and assignee, both ways ---- */

mortise_callback github_status_out, github_assignee_out;
/* The webhook `issues`. */
int32_t github_handle_issues(struct mortise_call *call, const json_t *body, json_t **ret_output);

/* ---- issue_form.c, issue_search.c, issue_config.c ---- */

mortise_callback github_issue_form, github_issue_search, github_config_form, github_config_save;
/* Full names of the repositories that are linked and active here, at most 'max'. */
int32_t github_linked_repositories(struct mortise_call *call, size_t max, json_t **ret_names);
/* "shop" of "acme-co/shop" */
const char *github_short_name(const char *full_name);
/* Does 'a' come before 'b' (< 0) for people: digits count as numbers, case does not? */
int github_natural_order(const char *a, const char *b);

/* ---- catch_up.c ---- */

mortise_callback github_catch_up;

#endif
