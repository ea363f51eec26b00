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
	const json_t *params, *query;
	const char *credentials;   /* NULL: the installation's */
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
	struct request request;    /* its query is ours */
	const char *member;
	int64_t page;              /* the next one, from 1 */
	bool done;
};
int32_t github_page(struct mortise_call *call, struct pages *pages, json_t **ret_items);
/* Everything at once, as one new array. */
int32_t github_list(struct mortise_call *call, const struct request *request, const char *member,
	json_t **ret_list);
/* Does a Link header have a rel="next"?  '*ret_cursor' (may be NULL) gets the value of its
 * cursor parameter, to be freed, or NULL. */
bool github_next(const json_t *headers, char **ret_cursor);

/* ---- errors.c: what GitHub's statuses mean ---- */

/* MORTISE_OK for 2xx, else the call has failed with this code. */
int32_t github_check(struct mortise_call *call, const struct mortise_answer *answer);

/* ---- text.c: small things ---- */

const char *github_text(const json_t *object, const char *member);
/* The same for a text that an effect bounds; NULL also for one over 'max' bytes. */
const char *github_short(const json_t *object, const char *member, size_t max);
#define NAME_MAX_SIZE 200      /* of an integration or a repository */
#define SHA_MAX_SIZE 64
#define URL_MAX_SIZE 4096
#define BRANCH_MAX_SIZE 256
#define PROSE_MAX_SIZE (1 << 20)
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
/* The effect that stores a repository as GitHub describes it; 'mode' as in the effect. */
int32_t github_put_repository(struct mortise_call *call, const json_t *repository,
	const char *mode);
/* Give an effect; when the reply is full, what it holds is committed first. */
int32_t github_effect(struct mortise_call *call, const char *type, json_t *record_take);
int32_t github_queue(struct mortise_call *call, const char *task, json_t *payload_take);

/* ---- catch_up.c ---- */

mortise_callback github_catch_up;

#endif
