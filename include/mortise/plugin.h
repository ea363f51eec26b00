/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * <mortise/plugin.h>: everything a provider plugin needs.
 *
 * A plugin is one shared object, written as plain blocking C.  It exports one
 * constant, `mortise_plugin` (use MORTISE_PLUGIN below), and runs inside a
 * process of its own, mortise-host, which has no network, no files and no
 * database.  All that it can do goes through `struct mortise_host`.
 *
 * Life cycle
 *   1. mortised reads the plugin's ELF note and refuses a wrong one without
 *      running any of its code.
 *   2. mortise-host loads the file and calls `load(host, registrar)` once.
 *      The plugin registers, as data, what it brings: providers, settings,
 *      features, install steps, upstreams, webhooks, repository providers,
 *      trackers, tasks.  Nothing can be registered later.
 *   3. The daemon calls the registered callbacks.  Each runs inside a *call*.
 *   4. `unload` is called once before the process ends in good order.
 *
 * Calls
 *   A callback answers with MORTISE_OK or one of the MORTISE_E_ codes.  During
 *   a call the plugin can *read* committed state, make *requests* to an
 *   upstream, and give *effects*: typed records that travel in the callback's
 *   reply and are applied by the daemon, all of them together with the end of
 *   the job, in one transaction.  A callback that fails, is cancelled or dies
 *   leaves no effect behind.  A call does not see its own effects.
 *
 *   Every call has one scope; it decides what reads show and where effects go.
 *     provider     the provider's settings
 *     subject      the provider and one external id that verification proved
 *     pipeline     one install pipeline and the credentials gathered so far
 *     integration  one integration; effects reach every organization with an
 *                  active link to it
 *     install      one integration in one organization
 *   A plugin names things by upstream keys (a repository id, an account id) and
 *   by opaque references that the call handed to it.  It has no words for
 *   another tenant.
 *
 * Rules that hold everywhere
 *   - Arguments are borrowed for the call; results belong to the caller, who
 *     frees strings with free() and JSON with json_decref().
 *   - Strings are UTF-8 and NUL-terminated.
 *   - Callbacks block, may run on up to `max_calls` threads at once, and must
 *     not keep a `struct mortise_call *` after they return.
 *   - Every function of the host table may be called from any thread that runs
 *     a callback, for that callback's own call only.
 *   - Every struct starts with its `size`: set it to sizeof the struct, and leave
 *     what you do not need 0 or NULL.  Members are only ever appended.
 *   - Link libjansson dynamically: the layout of json_t is part of this ABI.
 *
 * A whole plugin
 *
 *   #include <mortise/plugin.h>
 *
 *   static const struct mortise_host *host;
 *
 *   static int32_t build(struct mortise_call *call, const json_t *input, json_t **ret_output)
 *   {
 *           const json_t *state = json_object_get(input, "state");
 *           const char *account = json_string_value(json_object_get(state, "account"));
 *
 *           if (!account)
 *                   return host->fail(call, MORTISE_E_SETTINGS, "No account: start again.");
 *           *ret_output = json_pack("{s:s, s:s, s:s, s:{}}", "external_id", account,
 *                   "name", account, "ownership", "claimed", "metadata");
 *           return MORTISE_OK;
 *   }
 *
 *   static int32_t load(const struct mortise_host *table,
 *           const struct mortise_registry *registry, struct mortise_registrar *reg)
 *   {
 *           const struct mortise_provider acme = {.size = sizeof(acme), .key = "acme",
 *                   .name = "Acme", .flags = MORTISE_PROVIDER_VISIBLE | MORTISE_PROVIDER_CAN_ADD,
 *                   .build = build};
 *           const struct mortise_step form = {.size = sizeof(form), .name = "account",
 *                   .kind = MORTISE_STEP_FORM};
 *           const struct mortise_field field = {.size = sizeof(field), .name = "account",
 *                   .type = MORTISE_TYPE_TEXT, .label = "Account",
 *                   .flags = MORTISE_FIELD_REQUIRED};
 *           int32_t ret = registry->provider(reg, &acme);
 *
 *           host = table;
 *           if (ret == MORTISE_OK)
 *                   ret = registry->step(reg, "acme", &form);
 *           if (ret == MORTISE_OK)
 *                   ret = registry->step_field(reg, "acme", "account", &field);
 *           return ret;
 *   }
 *
 *   MORTISE_PLUGIN("acme", "1.0", "Apache-2.0", load, NULL);
 *
 *   Build:   cc -shared -fPIC $(pkg-config --cflags mortise-plugin) acme.c \
 *               -o acme.so $(pkg-config --libs jansson)
 *   Install: $(pkg-config --variable=plugindir mortise-plugin)/acme.so
 *
 * Changes
 *   0.1  2026-11-21  first version
 *   0.2  2026-11-21  trackers: mortise_issue_provider, mortise_config_form and their
 *                    registry functions; reads link, mapping; effects status_in,
 *                    assignee_in, issue_refresh, issue_moved, issue_gone.
 *   0.3  2026-11-21  signed tokens of others: mortise_token, on webhooks and on embedded
 *                    pages (mortise_page); steps oauth1 and external; arrivals that are
 *                    references; credentials jwt and oauth1; host functions jwt_sign and
 *                    reference_make; read linked_issues; effect integration_name, and
 *                    secrets in integration_put; values "metadata:" and "public_url:".
 *                    Plugins built for 0.1 and 0.2 still load.
 *   0.4  2026-11-22  files of a repository: members file and codeowners_paths of
 *                    mortise_repository_provider.  Plugins built for 0.1 to 0.3 still load.
 */
#ifndef MORTISE_PLUGIN_H
#define MORTISE_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MORTISE_ABI_MAJOR 0
#define MORTISE_ABI_MINOR 4
#define MORTISE_ABI_MINOR_OLDEST 1 /* plugins built for this minor still load */
#define MORTISE_MAGIC 0x4d525453u /* "MRTS" */

/* ---- Results -------------------------------------------------------------
 *
 * What the daemon makes of each code (API reply, fate of the job):
 *   E_FIELD        400 {field: [text]}        dead letter
 *   E_SETTINGS     400 detail                 halted
 *   E_IDENTITY     400 detail                 halted, integration marked
 *   E_NOT_FOUND    404                        halted
 *   E_FORBIDDEN    400 detail                 halted
 *   E_CONFLICT     409                        halted
 *   E_NO_TARGET    -                          halted
 *   E_RATE         429 with Retry-After       waits until retry_at
 *   E_UPSTREAM     503 with errorId           retried
 *   E_RETRY        503 with Retry-After       retried
 *   E_UNCERTAIN    503                        retried, to look
 *   E_CANCELLED    -                          retried
 *   E_LIMIT        413 or 400                 dead letter
 *   E_UNSUPPORTED  400                        dead letter
 *   E_INTERNAL     500 with errorId           retried, at most three times
 */
#define MORTISE_OK 0
#define MORTISE_E_FIELD (-1)       /* input is wrong; field_error says where */
#define MORTISE_E_SETTINGS (-2)    /* settings, here or there, forbid it */
#define MORTISE_E_IDENTITY (-3)    /* the credentials are no longer valid */
#define MORTISE_E_NOT_FOUND (-4)   /* gone, or hidden from us */
#define MORTISE_E_FORBIDDEN (-5)   /* the upstream refuses this object or action */
#define MORTISE_E_CONFLICT (-6)    /* exists already, or is being deleted */
#define MORTISE_E_NO_TARGET (-7)   /* no user, transition or mapping to sync to */
#define MORTISE_E_RATE (-8)        /* not before retry_at */
#define MORTISE_E_UPSTREAM (-9)    /* upstream failed or answered nonsense */
#define MORTISE_E_RETRY (-10)      /* cannot be done now */
#define MORTISE_E_UNCERTAIN (-11)  /* a guarded request may have acted */
#define MORTISE_E_CANCELLED (-12)  /* the call has ended already */
#define MORTISE_E_LIMIT (-13)      /* a bound was reached */
#define MORTISE_E_UNSUPPORTED (-14)/* this provider does not do that */
#define MORTISE_E_INTERNAL (-15)   /* a fault in the plugin */

/* Log levels, as journald counts them. */
#define MORTISE_LOG_ERROR 3
#define MORTISE_LOG_WARNING 4
#define MORTISE_LOG_NOTICE 5
#define MORTISE_LOG_INFO 6
#define MORTISE_LOG_DEBUG 7

/* So that the compiler checks what fail and field_error are given. */
#if defined(__GNUC__)
#define MORTISE_PRINTF(format_, first_) __attribute__((format(printf, format_, first_)))
#else
#define MORTISE_PRINTF(format_, first_)
#endif

struct mortise_call;      /* one run of a callback; opaque */
struct mortise_registrar; /* collects registrations during load; opaque */

/*
 * The one type of every callback.  'input' is a JSON object; what it holds is
 * said where the callback is registered.  On MORTISE_OK '*ret_output' may be
 * set to a new reference (default: an empty object).  Since: 0.1
 */
typedef int32_t mortise_callback(struct mortise_call *call, const json_t *input,
	json_t **ret_output);

/* ---- Requests ------------------------------------------------------------ */

#define MORTISE_HTTP_NO_CACHE (UINT64_C(1) << 0)    /* do not read or fill the cache */
#define MORTISE_HTTP_NO_FOLLOW (UINT64_C(1) << 1)   /* give a redirect as the answer */
#define MORTISE_HTTP_BYTES (UINT64_C(1) << 2)       /* give the body as bytes, whatever its type */

/* One request to a registered upstream. */
struct mortise_http {
	uint32_t size;
	uint32_t timeout_ms;       /* 0: what the upstream says */
	uint64_t flags;            /* MORTISE_HTTP_ */
	const char *upstream;      /* name of a mortise_upstream */
	const char *method;        /* "GET", … */
	const char *path;          /* "/repos/{owner}/{repo}/hooks": {name} is replaced
				    * by params[name], percent-encoded; {name*} keeps
				    * its slashes.  Or an absolute URL that an answer
				    * gave (a Link header): it must have the upstream's
				    * origin. */
	const json_t *params;      /* object of strings or integers, or NULL */
	const json_t *query;       /* object of strings or integers, or arrays of them for
				    * parameters that are repeated; or NULL */
	const json_t *headers;     /* object of strings, or NULL */
	const json_t *body;        /* sent as JSON, or NULL */
	const char *credentials;   /* name of a mortise_credential; NULL: the upstream's */
	const char *once;          /* a name that makes this request happen once for
				    * the integration or pipeline; NULL: not guarded.
				    * See MORTISE_E_UNCERTAIN, once_settle, once_clear. */
};

/* The answer to a request, of any status.  Free with host->answer_clear. */
struct mortise_answer {
	uint32_t size;
	int32_t status;            /* HTTP status */
	json_t *headers;           /* object, lower-case names; last value wins */
	json_t *json;              /* the body if it is JSON, else NULL */
	char *bytes;               /* the body if it is not, NUL-terminated, else NULL */
	uint64_t bytes_size;
	uint32_t replayed;         /* 1: given again from the ledger, nothing was sent */
	uint32_t reserved;
};

/* ---- The host table -------------------------------------------------------
 *
 * Handed to `load`; constant, valid until the process ends.  Every function
 * that returns int32_t can answer MORTISE_E_CANCELLED once the call's deadline
 * has passed; a callback then returns that code at once.
 */
struct mortise_host {
	uint32_t size;
	uint16_t abi_major;
	uint16_t abi_minor;

	/* Give the reason of a failure before returning its code; the last one
	 * counts, so a caller may say better what a helper said.  Returns 'code',
	 * so: return host->fail(call, CODE, "…").  The text says what happened, to
	 * which object, and what to do. */
	int32_t (*fail)(struct mortise_call *call, int32_t code, const char *format, ...)
		MORTISE_PRINTF(3, 4);
	/* One wrong field; any number; 'path' as "service_table.2.key".  Returns
	 * MORTISE_E_FIELD. */
	int32_t (*field_error)(struct mortise_call *call, const char *path,
		const char *format, ...) MORTISE_PRINTF(3, 4);
	/* When an E_RATE ends, milliseconds since 1970.  Returns MORTISE_E_RATE. */
	int32_t (*retry_at)(struct mortise_call *call, int64_t time_ms);
	/* Time left until the deadline, in milliseconds, 0 if it has passed. */
	int64_t (*deadline)(struct mortise_call *call);
	/* The daemon's clock, milliseconds since 1970. */
	int64_t (*now)(struct mortise_call *call);
	/* One log line.  'event' is a dotted name; 'fields' a flat object of ids,
	 * numbers and short words, never names, addresses, tokens or bodies. */
	void (*log)(struct mortise_call *call, int32_t level, const char *event,
		const json_t *fields);
	/* Commit the effects so far together with 'cursor' (NULL: none), and extend
	 * the deadline up to the task's total.  The next attempt of this job finds
	 * the last cursor in its input as "cursor".  Only in jobs. */
	int32_t (*checkpoint)(struct mortise_call *call, const json_t *cursor);

	/* Read committed state; 'what' is one of the MORTISE_READ_ names, which say
	 * what 'args' and '*ret_value' hold.  MORTISE_E_NOT_FOUND if there is none. */
	int32_t (*read)(struct mortise_call *call, const char *what, const json_t *args,
		json_t **ret_value);
	/* One request.  MORTISE_OK whenever an answer of whatever status came;
	 * E_UPSTREAM when none came, E_RATE when the gate is closed, E_IDENTITY when
	 * the credentials could not be had, E_UNCERTAIN for a guarded request. */
	int32_t (*http)(struct mortise_call *call, const struct mortise_http *request,
		struct mortise_answer *ret_answer);
	void (*answer_clear)(struct mortise_answer *answer);
	/* The guarded write was found upstream: keep 'answer' for it. */
	int32_t (*once_settle)(struct mortise_call *call, const char *once,
		const json_t *answer);
	/* It was not: it may be sent again. */
	int32_t (*once_clear)(struct mortise_call *call, const char *once);

	/* A small cache per integration and node; an entry may vanish at any time.
	 * cache_get gives MORTISE_E_NOT_FOUND when there is none.  64 KiB a value. */
	int32_t (*cache_get)(struct mortise_call *call, const char *key, json_t **ret_value);
	int32_t (*cache_put)(struct mortise_call *call, const char *key, const json_t *value,
		int64_t life_ms);

	/* Add an effect; 'type' is one of the MORTISE_EFFECT_ names, which say what
	 * 'record' holds.  A record that is malformed, or not allowed in this scope,
	 * answers MORTISE_E_INTERNAL: it is a bug of the plugin, the call leaves no
	 * effect whatever it returns, and its job is not tried again.  More than
	 * 10,000 effects or 8 MiB between two checkpoints answer MORTISE_E_LIMIT. */
	int32_t (*effect)(struct mortise_call *call, const char *type, const json_t *record);

	/* A token over 'claims', signed with the key in 'slot' and MORTISE_ALGORITHM_: one
	 * that is to be handed out, as part of a webhook's address for instance.  The core
	 * adds no claim.  '*ret_token' is the caller's.  E_NOT_FOUND for an empty slot.
	 * Since: 0.3 */
	int32_t (*jwt_sign)(struct mortise_call *call, int32_t algorithm, const char *slot,
		const json_t *claims, char **ret_token);
	/* A reference to this integration, to be put into a link that is shown elsewhere:
	 * random, good once, for 'life_ms' (at most a day).  What it stands for stays here;
	 * an arrival of type REFERENCE takes it.  Integration and install scope.
	 * '*ret_reference' is the caller's.  Since: 0.3 */
	int32_t (*reference_make)(struct mortise_call *call, int64_t life_ms,
		char **ret_reference);
};

/* Is 'function' in this host's table?  Ask before using a later addition. */
#define MORTISE_HAS(host, function) \
	((host)->size >= offsetof(struct mortise_host, function) + sizeof((host)->function))

/* ---- Reads ---------------------------------------------------------------- */

/* {"name": setting} → its value; never a secret one. */
#define MORTISE_READ_SETTING "setting"
/* {"pointer": "/a/b"} → a value of the pipeline state; never a secret one. */
#define MORTISE_READ_STATE "state"
/* {} → {"scope", "external_id", "name", "status"} of the integration, as far as the scope has one. */
#define MORTISE_READ_INTEGRATION "integration"
/* {"pointer": "/a"} ("" for all) → of the integration's metadata. */
#define MORTISE_READ_METADATA "metadata"
/* {"pointer": "/a"} → of the link's configuration; install scope only. */
#define MORTISE_READ_CONFIG "config"
/* {"external_id": ID} or {"name": N} → {"external_id","name","url","status","config","linked"}. */
#define MORTISE_READ_REPOSITORY "repository"
/* {"after": EXTERNAL_ID or null, "unlinked": true?} → up to 500 repositories, ordered
 * by external id; "unlinked": those of this provider's ids without an integration. */
#define MORTISE_READ_REPOSITORIES "repositories"
/* {"external_id": "github:mona"} → {"email","name"} of a known commit author; install
 * scope only.  For the authors of an effect say "anonymous": they are looked up in each
 * organization. */
#define MORTISE_READ_COMMIT_AUTHOR "commit_author"
/* {"external_id": ID} → {"email"} of the user who linked this upstream account. */
#define MORTISE_READ_IDENTITY "identity"
/* {"path": "/extensions/…"} → absolute URL below public_url. */
#define MORTISE_READ_PUBLIC_URL "public_url"
/* {} → {"name","key"} of this side, for texts. */
#define MORTISE_READ_PRODUCT "product"
/* {"slot": SLOT} → {"present": bool}. */
#define MORTISE_READ_SECRET_PRESENT "secret_present"
/* {"key"} → {"title","description","url","metadata","wrote_status","wrote_assignee"} of a
 * linked issue of the tracker, as far as it is known; install scope only.  "wrote_status"
 * and "wrote_assignee" are what status_out and assignee_out said last.  Since: 0.2 */
#define MORTISE_READ_LINK "link"
/* {"external_id"} → {"resolved","unresolved"}: the statuses that the settings give to a
 * project of the upstream; install scope only.  Since: 0.2 */
#define MORTISE_READ_MAPPING "mapping"
/* {"key"} → {"total": N,"issues": [{"short_id","title","url","type","level","status",
 * "first_seen_ms","last_seen_ms","first_release"?, "last_release"?, "count","day","fortnight"}]}:
 * our issues that are linked to an issue of the tracker, newest link first, at most 50;
 * "day" and "fortnight" count events of the last 24 hours and 14 days.  In integration scope
 * those of every organization.  Since: 0.3 */
#define MORTISE_READ_LINKED_ISSUES "linked_issues"

/* ---- Effects -------------------------------------------------------------- */

/* {"name","metadata","secrets"?: {slot name: text}}: create or refresh the integration named
 * by the verified subject; subject and integration scope.  Reactivates a disabled one.
 * "secrets" (subject scope only, since 0.3) are sealed into integration:NAME, beside those
 * that are there. */
#define MORTISE_EFFECT_INTEGRATION_PUT "integration_put"
/* {"metadata": merge patch}.  A member that an upstream's base stands in cannot be patched:
 * it is set by build, or by integration_put in subject scope. */
#define MORTISE_EFFECT_INTEGRATION_PATCH "integration_patch"
/* {"name"}: what the upstream calls itself.  Since: 0.3 */
#define MORTISE_EFFECT_INTEGRATION_NAME "integration_name"
/* {"status": "active"|"disabled", "reason"}. */
#define MORTISE_EFFECT_INTEGRATION_STATUS "integration_status"
/* {"patch": merge patch} of the link's configuration; install scope. */
#define MORTISE_EFFECT_CONFIG_PATCH "config_patch"
/* {"event","data"}: an audit row. */
#define MORTISE_EFFECT_AUDIT "audit"
/* {"name","payload"?, "delay_ms"?, "object"?}: queue a task of this plugin;
 * in integration scope a task of install scope is queued once per organization. */
#define MORTISE_EFFECT_TASK "task"
/* {"external_id","name","url"?, "branch"?, "config"? (merge patch),
 * "mode": "refresh"|"create"|"enable"}.  "refresh" changes repositories that exist,
 * "create" also adds missing ones (default), "enable" also makes disabled ones of
 * this integration active again and adopts one that has no integration. */
#define MORTISE_EFFECT_REPOSITORY_PUT "repository_put"
/* {"external_id" or "all": true, "status": "active"|"disabled"}. */
#define MORTISE_EFFECT_REPOSITORY_STATUS "repository_status"
/* {"external_id","languages": [name]}: adds. */
#define MORTISE_EFFECT_REPOSITORY_LANGUAGES "repository_languages"
/* {"repository": external id, "sha","message","time_ms",
 *  "author": {"name","email","external_id"?, "anonymous"?: bool} or null,
 *  "files": [["A"|"M"|"D", path]]}; a known sha is skipped whole.  "anonymous": the address
 * is not the person's own (the upstream hides it, or it is made up); then an author known
 * by the external id goes first.  An address of more than 75 characters is no author. */
#define MORTISE_EFFECT_COMMIT "commit"
/* {"repository","number","title","body","author" as above, "merge_commit_sha" or null}. */
#define MORTISE_EFFECT_PULL_REQUEST "pull_request"
/* {"name": "@mona", "external_id"?, "email"}: the upstream account of the one
 * member with that address. */
#define MORTISE_EFFECT_ACTOR "actor"

/* What happened to an issue of the tracker; integration and install scope; in integration
 * scope it reaches every organization that has a link to the issue.  "key" names it as
 * create and get did, at most 256 bytes; nothing happens if no organization linked it.
 * "time_ms" is the upstream's time of the change: one that is older than the newest that
 * was applied is skipped.  All since: 0.2 */

/* {"key","change","status"?, "time_ms"?}: its status changed.  "change", an object, is
 * what status_action is asked about in each organization; without that callback it is
 * {"action": "resolve"|"unresolve"|"none"}.  "status" is the status it has now, to be
 * compared with what status_out wrote: our own echo is skipped. */
#define MORTISE_EFFECT_STATUS_IN "status_in"
/* {"key","assignees": [{"email"?, "name"?, "external_id"?}],"assignee"?, "time_ms"?}: who
 * it is assigned to, all of them (not what changed); an empty list is nobody.  Each needs
 * one of its three members; "name" is as in MORTISE_EFFECT_ACTOR.  "assignee" is compared
 * with what assignee_out wrote. */
#define MORTISE_EFFECT_ASSIGNEE_IN "assignee_in"
/* {"key","title"?, "description"?, "url"?, "display_name"?}: it was edited. */
#define MORTISE_EFFECT_ISSUE_REFRESH "issue_refresh"
/* {"old_key","key","url"?, "display_name"?}: it has another key now. */
#define MORTISE_EFFECT_ISSUE_MOVED "issue_moved"
/* {"key","reason": "deleted"|"moved"|"private"}: we reach it no longer. */
#define MORTISE_EFFECT_ISSUE_GONE "issue_gone"

/* ---- Registrations --------------------------------------------------------
 *
 * A *value* is one of: "setting:NAME", "state:/pointer", "metadata:/pointer" (of the
 * integration), "public_url:/path" (below our public URL; without a path that URL
 * itself), or plain text taken as it is.  A boolean is "true" or "false".
 * A *template* is text with such values, {state} (the pipeline's secret state) and
 * {external_id} in braces, each percent-encoded but at the start of the text.
 * A *slot* names a secret: "provider:NAME" (a secret setting), "integration:NAME",
 * "install:NAME", "state:NAME" (a secret of the pipeline).
 * An *expression* (webhooks, pages) is header:NAME, json:/pointer, path:NAME, claim:NAME (of
 * the token that was verified; before that it only finds the key) or a literal
 * in double quotes; parts stand side by side, "|" gives the first present.  The
 * whole expression may stand in a setting: "setting:NAME".
 */

#define MORTISE_PROVIDER_VISIBLE (UINT64_C(1) << 0)    /* listed in the catalogue */
#define MORTISE_PROVIDER_CAN_ADD (UINT64_C(1) << 1)    /* may be started from the product */
#define MORTISE_PROVIDER_CAN_DISABLE (UINT64_C(1) << 2)/* removed at the upstream first */
#define MORTISE_PROVIDER_SINGLE (UINT64_C(1) << 3)     /* one active install per organization */

struct mortise_provider {
	uint32_t size;
	uint32_t max_calls;        /* calls at once; 0: 8; at most 64 */
	uint64_t flags;
	const char *key;           /* "github", [a-z0-9_-], at most 64 */
	const char *row_key;       /* provider written to rows; NULL: key */
	const char *slug;          /* segment in /extensions/SLUG/; NULL: key */
	const char *name;
	const char *description;   /* Markdown */
	const char *author;
	const char *noun;          /* "Installation" */
	const char *issue_url;
	const char *source_url;
	const char *aspects;       /* JSON object as text, in which a text may be
				    * "setting:NAME"; NULL: {} */
	uint32_t dialog_width;     /* 0: 600 */
	uint32_t dialog_height;
	/* Pipeline scope, after the last step; input {"state": {…}} without secrets.
	 * Output: {"external_id", "name", "metadata", "ownership": "proved"|"claimed",
	 *  "secrets": {slot name: state slot name}?, "identity": {"type","external_id",
	 *  "scopes"}?, "post_install": {…}?}. */
	mortise_callback *build;
	/* Install scope, a job after the install; input {"post_install": {…}}. */
	mortise_callback *post_install;
	/* Install scope, before a link is removed; may refuse.  Input {"last": bool}: is it the
	 * integration's last one? */
	mortise_callback *uninstall;
	/* Pipeline scope, when a pipeline ended otherwise; input {"made": {once: answer}}. */
	mortise_callback *undo;
	/* Further segments for the provider's webhooks and pages, separated by commas; or
	 * NULL.  Since: 0.3 */
	const char *slugs;
};

#define MORTISE_SETTING_SECRET (UINT64_C(1) << 0)   /* configured as NAME_file; never readable */
#define MORTISE_SETTING_REQUIRED (UINT64_C(1) << 1) /* without it the provider is not configured */

#define MORTISE_TYPE_TEXT 1
#define MORTISE_TYPE_INTEGER 2
#define MORTISE_TYPE_BOOLEAN 3
#define MORTISE_TYPE_URL 4
#define MORTISE_TYPE_TEXTAREA 5
#define MORTISE_TYPE_SELECT 6
#define MORTISE_TYPE_PEM 7
#define MORTISE_TYPE_REFERENCE 8   /* arrivals only: what reference_make gave.  Starting uses it up;
				     * the state gets {"external_id","name","metadata"} of its
				     * integration.  Since: 0.3 */

/* A key below providers.KEY in mortise.conf. */
struct mortise_setting {
	uint32_t size;
	int32_t type;              /* TEXT, INTEGER, BOOLEAN, URL */
	uint64_t flags;
	const char *name;
	const char *default_value; /* as text; NULL: empty */
	const char *help;
};

#define MORTISE_FEATURE_IN_SET (UINT64_C(1) << 0)   /* the provider has it */
#define MORTISE_FEATURE_DESCRIBED (UINT64_C(1) << 1)/* shown in the directory */

struct mortise_feature {
	uint32_t size;
	uint32_t reserved;
	uint64_t flags;
	const char *feature;       /* "commits", "issue-basic", … */
	const char *description;
};

#define MORTISE_CREDENTIAL_HEADER 1 /* header: prefix + secret of slot */
#define MORTISE_CREDENTIAL_APP_JWT 2/* RS256 JWT from the key in slot */
#define MORTISE_CREDENTIAL_MINTED 3 /* a token fetched with another credential, kept
				     * sealed with the integration, renewed before it ends */
#define MORTISE_CREDENTIAL_JWT 4    /* HS256 JWT for each request: iss, iat, exp, and qsh, the hash of
				     * method, path and query below the upstream's base, as
				     * Atlassian Connect defines it.  Since: 0.3 */
#define MORTISE_CREDENTIAL_OAUTH1 5 /* OAuth 1.0a header for each request, RSA-SHA1 (RFC 5849).
				     * Since: 0.3 */

struct mortise_credential {
	uint32_t size;
	int32_t kind;
	const char *name;
	const char *header;        /* NULL: "Authorization" */
	const char *prefix;        /* "Bearer " */
	const char *slot;          /* HEADER, APP_JWT, JWT; OAUTH1: private key, PEM */
	const char *issuer;        /* APP_JWT, JWT: value of `iss` */
	uint32_t life_ms;          /* APP_JWT, JWT: exp - now; at most a day */
	uint32_t backdate_ms;      /* APP_JWT, JWT: now - iat */
	const char *parent;        /* MINTED: credential of the mint request */
	const char *mint_path;     /* MINTED: template of the POST path */
	const char *token_pointer; /* MINTED: "/token" */
	const char *expires_pointer; /* MINTED: "/expires_at", RFC 3339 */
	const char *consumer_key;  /* OAUTH1: value.  Since: 0.3 */
	const char *token_slot;    /* OAUTH1: slot of the access token; NULL: none yet */
};

#define MORTISE_REDIRECT_NONE 0
#define MORTISE_REDIRECT_GET 1
#define MORTISE_REDIRECT_ALL 2

struct mortise_upstream {
	uint32_t size;
	int32_t redirects;
	uint64_t flags;
	const char *name;
	const char *base;          /* value: base URL.  If it is "metadata:/…", build may only give
				    * it an origin that the user typed into a field with
				    * MORTISE_FIELD_ORIGIN, if the provider has one */
	const char *credentials;   /* NULL: none */
	const char *accept;        /* Accept header; NULL: application/json */
	uint32_t timeout_ms;       /* 0: 30 s; at most 10 min */
	uint32_t cache_ms;         /* GET answers of status 200; 0: none; at most a day */
	uint64_t max_answer;       /* bytes; 0: 16 MiB; at most 256 MiB */
	const char *verify;        /* value: "false" leaves TLS certificates unchecked; NULL: they
				    * are checked.  Since: 0.3 */
};

#define MORTISE_STEP_FORM 1
#define MORTISE_STEP_CHOICE 2
#define MORTISE_STEP_CONFIRM 3
#define MORTISE_STEP_OAUTH2 4
#define MORTISE_STEP_REDIRECT 5
#define MORTISE_STEP_OAUTH1 6      /* OAuth 1.0a with RSA-SHA1; the request token binds what comes back.
				     * Saves the access token as the secret 'save_as'.  Since: 0.3 */
#define MORTISE_STEP_EXTERNAL 7    /* waits for a life cycle event that puts the integration 'subject'.
				     * Since: 0.3 */

#define MORTISE_BINDING_STATE 1    /* our state comes back */
#define MORTISE_BINDING_SESSION 2  /* nothing comes back; a proof or a confirm must follow */

#define MORTISE_STEP_SKIP_EMPTY (UINT64_C(1) << 0) /* choice: no options, no step */
#define MORTISE_STEP_PKCE (UINT64_C(1) << 1)       /* oauth2: S256 */
#define MORTISE_STEP_STATE_OPTIONAL (UINT64_C(1) << 2) /* redirect: the upstream may drop the
				     * state; without it only `check` can accept the answer */
#define MORTISE_STEP_CALLBACK (UINT64_C(1) << 3) /* oauth1: our redirect URL is sent as oauth_callback;
				     * else the upstream knows it already */

#define MORTISE_CLIENT_AUTH_BODY 0
#define MORTISE_CLIENT_AUTH_BASIC 1

struct mortise_step {
	uint32_t size;
	int32_t kind;
	uint64_t flags;
	const char *name;          /* as the API shows it: "oauth_login" */
	const char *data_key;      /* where the API puts options or URL: "oauthUrl" */
	const char *answer_key;    /* where the API expects the answer: "code" */
	const char *save_as;       /* key of the pipeline state for the result */
	const char *skip_when;     /* pointer into the state that, present, skips the step */
	int32_t binding;
	int32_t client_auth;       /* oauth2: MORTISE_CLIENT_AUTH_ */
	/* Pipeline scope, once the answer is there; input {"answer": {…}, "state": {…}}.
	 * Output {"state": {…}} is merged into the pipeline's state; {"stay": true}
	 * keeps the step waiting (an upstream owner has yet to approve). */
	mortise_callback *check;
	/* choice: options.  Input {"state"}; output {"options": [{"value","label",…}]}.
	 * confirm: what to show.  Input {"state"}; output {"rows": [{"label","value"}],
	 * "data": {…}?}: "data" is for clients of the API, who also get the organization. */
	mortise_callback *show;
	const char *extra_value;   /* choice: one more option, e.g. "-1" */
	const char *extra_label;
	const char *authorize_url; /* oauth2, oauth1: template */
	const char *token_url;     /* oauth2: template; oauth1: where access tokens are had */
	const char *client_id;     /* oauth2: value; oauth1: consumer key */
	const char *client_secret; /* oauth2: slot; oauth1: private key, PEM */
	const char *scopes;        /* oauth2: value, separated by spaces; NULL or empty: none */
	const char *url;           /* redirect: template */
	const char *request_token_url; /* oauth1: template.  Since: 0.3, as all below */
	const char *verify;        /* oauth2, oauth1: value, as in mortise_upstream */
	const char *subject;       /* external: value: an external id */
	uint32_t life_ms;          /* external: how long to wait; 0: as long as the install lives */
	uint32_t reserved;
};

#define MORTISE_FIELD_REQUIRED (UINT64_C(1) << 0)
#define MORTISE_FIELD_SECRET (UINT64_C(1) << 1) /* sealed; never shown again */
#define MORTISE_FIELD_RANDOM (UINT64_C(1) << 2) /* a secret that nobody types: 32 random bytes in hex,
				     * made when its step (of any kind) is answered.  Since: 0.3 */
#define MORTISE_FIELD_ORIGIN (UINT64_C(1) << 3) /* URL of a form: a base URL, without query and
				     * trailing slashes; see mortise_upstream.base.  Since: 0.3 */

/* A field of a form step, or a parameter that a step accepts on return. */
struct mortise_field {
	uint32_t size;
	int32_t type;              /* MORTISE_TYPE_ */
	uint64_t flags;
	const char *name;
	const char *label;
	const char *help;
	const char *default_value;
	const char *choices;       /* SELECT: JSON array of [value, label] */
	uint32_t max_len;          /* bytes; 0: 255; at most 64 KiB */
	uint32_t reserved;
};

#define MORTISE_SCOPE_PROVIDER 1
#define MORTISE_SCOPE_SUBJECT 2
#define MORTISE_SCOPE_PIPELINE 3
#define MORTISE_SCOPE_INTEGRATION 4
#define MORTISE_SCOPE_INSTALL 5

#define MORTISE_SCHEME_NONE 0
#define MORTISE_SCHEME_HMAC 1
#define MORTISE_SCHEME_HEADER 2    /* a header equals the key */
#define MORTISE_SCHEME_JWT 3       /* a signed token: webhook_token says which.  Since: 0.3 */

#define MORTISE_RULE_FIRST 0       /* hmac: the first header present decides */
#define MORTISE_RULE_ALL 1         /* every header present must match */
#define MORTISE_RULE_ANY 2

#define MORTISE_WEBHOOK_STORED 0   /* verify, commit, reply, run later */
#define MORTISE_WEBHOOK_INLINE 1   /* verify, call, commit the effects, reply */

struct mortise_webhook {
	uint32_t size;
	int32_t mode;
	uint64_t flags;
	const char *name;          /* unique in the provider; NULL: path */
	const char *path;          /* below /extensions/SLUG/: "webhook/" */
	const char *methods;       /* NULL: "POST" */
	uint64_t max_body;         /* bytes; 0: 1 MiB; at most 25 MiB */
	int32_t scope;             /* MORTISE_SCOPE_ of the handler's calls */
	int32_t scheme;
	int32_t rule;              /* hmac */
	int32_t reserved;
	const char *key;           /* slot; jwt: of its tokens instead */
	const char *event;         /* expression; so are the next five */
	const char *delivery_id;
	const char *subject;
	const char *bind_left;     /* two expressions that must be equal, or NULL */
	const char *bind_right;
	const char *object;        /* expression: what the order is kept for */
	const char *keep_headers;  /* names, separated by commas, stored with the row */
	/* Input {"webhook", "event", "headers", "body", "delivery_id", "received_ms",
	 * "replay"}.  Output {"outcome": text}? is shown by `mortisectl webhook show`;
	 * of an inline webhook {"body": JSON}? is the body of the reply. */
	mortise_callback *handler;
};

#define MORTISE_ENCODING_HEX 0
#define MORTISE_ENCODING_HEX_LOWER 1
#define MORTISE_ENCODING_BASE64 2

#define MORTISE_SIGNATURE_LIST (UINT64_C(1) << 0) /* several values, separated by commas */

/* A header that carries a signature (hmac) or the key (header), in order of preference. */
struct mortise_signature {
	uint32_t size;
	int32_t encoding;
	uint64_t flags;
	const char *header;        /* value */
	const char *algorithm;     /* "sha256", "sha1" */
	const char *prefix;        /* value: "sha256=" */
};

#define MORTISE_ALGORITHM_HS256 1
#define MORTISE_ALGORITHM_RS256 2

#define MORTISE_TOKEN_HEADER 0     /* of the Authorization header, after 'name' and a space */
#define MORTISE_TOKEN_QUERY 1      /* of the query parameter 'name' */
#define MORTISE_TOKEN_PATH 2       /* of the path segment {name} */

#define MORTISE_TOKEN_EXPIRES (UINT64_C(1) << 0)    /* `exp` must be there; one that is there always counts */
#define MORTISE_TOKEN_QSH (UINT64_C(1) << 1)        /* `qsh` must be the hash of method, path and query
				     * of this request, below our public URL (Atlassian Connect) */
#define MORTISE_TOKEN_SINGLE_USE (UINT64_C(1) << 2) /* not taken twice before it expires */
#define MORTISE_TOKEN_KID (UINT64_C(1) << 3)        /* for tokens whose header names a key (`kid`);
				     * without this flag: for those whose header names none */

/*
 * A JSON Web Token that a webhook (scheme jwt) or a page takes.  At most two each, told
 * apart by MORTISE_TOKEN_KID.  The algorithm is pinned: a token that says another one is
 * refused before a key is touched.  Since: 0.3
 */
struct mortise_token {
	uint32_t size;
	int32_t algorithm;         /* MORTISE_ALGORITHM_ */
	uint64_t flags;            /* MORTISE_TOKEN_ */
	int32_t where;             /* MORTISE_TOKEN_HEADER, _QUERY, _PATH */
	int32_t reserved;
	const char *name;          /* "JWT", "jwt", "token" */
	const char *key;           /* slot; or "url:" and a template with {kid} that gives a public
				    * key in PEM; it is kept for an hour */
	const char *audience;      /* value: `aud` must be it or have it; NULL: not looked at */
};

#define MORTISE_EVENT_HANDLE (UINT64_C(1) << 0)    /* else accepted and ignored */
#define MORTISE_EVENT_LIFECYCLE (UINT64_C(1) << 1) /* no integration need exist; scope subject */
#define MORTISE_EVENT_BARRIER (UINT64_C(1) << 2)   /* waits for all earlier of its integration */

struct mortise_event {
	uint32_t size;
	int32_t accepted;          /* status when accepted; 0: the webhook's */
	uint64_t flags;
	const char *name;
};

/* The reply to a condition: method, too_large, overloaded, not_configured, empty_body,
 * no_event, other_event, not_json, no_subject, unknown_integration, no_signature,
 * bad_token, bad_signature, bad_bind, accepted; of tokens: no_kid, unknown_key, expired,
 * bad_qsh. */
struct mortise_reply {
	uint32_t size;
	int32_t status;
	const char *condition;
	const char *body;          /* JSON text or NULL */
};

/*
 * A page of ours inside a frame of the upstream.  What is sent is one static page of the
 * daemon; a plugin gives data, never markup.  A request whose token does not hold gets the
 * same page without data.  Since: 0.3
 */
struct mortise_page {
	uint32_t size;
	uint32_t reserved;
	uint64_t flags;            /* 0 */
	const char *name;          /* unique in the provider */
	const char *path;          /* below /extensions/SLUG/, also with {segments} */
	const char *subject;       /* expression: which integration; "claim:iss" */
	const char *frame;         /* pointer into its metadata: a URL whose origin may show the page */
	const char *script;        /* URL of one script of the upstream that the page loads; or NULL */
	/* Integration scope; input {"path": {segment: value},"query": {name: value}}, without
	 * the token.  Output {"title","text"?: [paragraph],"rows"?: [{"title","url"?,
	 * "facts"?: [{"label","value"}]}],"links"?: [{"label","url"}],"action"?: {"label",
	 * "url"}}: all text, at most 64 KiB; "action" is the one thing to do here.  Addresses
	 * are http or https.  What fails is said in place of the data. */
	mortise_callback *data;
};

/* A named task.  Input {"payload", "cursor", "attempt", "version"}. */
struct mortise_task {
	uint32_t size;
	int32_t scope;             /* PROVIDER, INTEGRATION or INSTALL */
	uint64_t flags;
	const char *name;
	mortise_callback *run;
	uint32_t version;          /* of the payload */
	uint32_t attempts;         /* 0: 10; at most 100 */
	uint32_t delay_ms;         /* first distance; 0: 5 s; at most a day */
	uint32_t factor_percent;   /* growth; 0: 300; 100: fixed distance */
	uint32_t total_ms;         /* longest run over all checkpoints; 0: 60 s; at most
				    * 10 min */
	uint32_t schedule_ms;      /* run every so often: in provider scope once, in install
				    * scope for each organization that has it, spread over
				    * this time; 0: never; at most a week */
};

struct mortise_repository_provider {
	uint32_t size;
	uint32_t reserved;
	const char *id;            /* "integrations:github" */
	const char *name;
	const char *legacy_ids;    /* further ids, separated by commas, or NULL */
	/* Install scope; input {"query"}; output {"repositories": [{"external_id","name",
	 * "identifier","default_branch"}], "searchable": bool}. */
	mortise_callback *list;
	/* Install scope; input {"identifier"}; output {"external_id","name","url","branch",
	 * "config"}; must check that we can work with it. */
	mortise_callback *get;
	/* Where the page of a pull request stands below its repository's URL, as
	 * "/pull/{key}", with its percent-encoded key; NULL: it has none. */
	const char *pull_request_path;
	/* Install scope; input {"repository": {"external_id","name","url","config"},"path",
	 * "ref"?,"content": bool}: is there such a file, and what is in it?  "ref" is a branch or
	 * a commit, absent: the default branch.  Output {"found": bool,"url","content"?}: "url" is
	 * the web address of the path at that ref, found or not; "content" its text, if it was
	 * asked for and found, at most 3,000,000 bytes (E_LIMIT beyond that, or for no text).
	 * E_FORBIDDEN: we may not see it.  NULL: it cannot be asked for.  Since: 0.4 */
	mortise_callback *file;
	/* Where a CODEOWNERS file may stand, separated by commas, the first that exists counts;
	 * NULL: this provider has no such file.  Needs 'file'.  Since: 0.4 */
	const char *codeowners_paths;
};

/*
 * The tracker side of a provider: issues of ours are linked to issues of the upstream, and
 * the two are kept in step.  The provider also registers the feature "issue-basic" (link
 * and create) or "issue-sync" (the rest too).  All callbacks have install scope.
 *
 * An issue of ours is {"id","short_id","title","url","project","description"}: "id" is an
 * opaque reference, "project" the project's slug, "description" the text that a form
 * proposes, Markdown.  A form may be asked for without one ("issue" is null).  "reference" names one creation, the same on each retry: put
 * it into `once`, and where the upstream can hide a mark.  A note is
 * {"reference","author","text","external_id"?}, its author a name.
 *
 * Form fields are objects: "name" ([A-Za-z0-9_.-], at most 64), "type" (boolean, string,
 * text, textarea, select, choice_mapper, table, project_mapper, blank), "label" and, if
 * wanted, "help", "placeholder", "required", "default", "disabled", "disabledReason",
 * "choices" ([value, label] pairs), "url" (of a search; "/search/" stands for the callback
 * below), "updatesForm" (a change of it asks for the form anew), "multiple", "autosize",
 * "maxRows", and what only a mapper or table has:
 * "addButtonText", "addDropdown", "mappedSelectors", "columnLabels", "columnKeys",
 * "mappedColumnLabel", "formatMessageValue", "confirmDeleteMessage", "mappedDropdown",
 * "sentryProjects", "nextButton", "iconType"; "perItemMapping" (since 0.3): "mappedSelectors"
 * has those of each item under its value.  A field of type blank (since 0.3, as text is)
 * takes nothing in: its "help" says why there is no more of the form, and the usual fields
 * are left out.  At most 100 fields, 2,000 choices in each, 1 MiB in all.  Since: 0.2
 */
struct mortise_issue_provider {
	uint32_t size;
	uint32_t reserved;
	uint64_t flags;            /* 0 */
	/* The web address of an issue whose answer has no "url": a template that also has
	 * {key}, percent-encoded, and {metadata:/pointer} of the integration; NULL: none. */
	const char *key_url;
	/* Names of form fields, separated by commas, whose values are proposed next time:
	 * in the same project, and to the same user there (who goes first); or NULL. */
	const char *defaults;
	const char *user_defaults;
	/* JSON object as text: which key of the link's configuration switches what.
	 * {"comment": KEY, "outbound_status": KEY, "inbound_status": KEY,
	 * "outbound_assignee": KEY, "inbound_assignee": KEY}; what is missing, or NULL, is
	 * never synced.  An attribute that goes out needs its callback below. */
	const char *sync;
	/* {"action": "create"|"link","params": {…},"defaults": {…},"issue"} → {"fields": [form
	 * fields]}.  "params" are the query's, texts; a field with "updatesForm" is among
	 * them.  Without a field "externalIssue" (link), or "title" and "description" (create),
	 * the usual ones are put in front.  NULL: only those. */
	mortise_callback *form;
	/* {"fields": {…},"issue","reference"} → {"key","title"?, "description"?, "url"?,
	 * "display_name"?, "metadata"?}: make an issue there, once ("ticket:" + reference).
	 * On E_UNCERTAIN look for it, then settle or clear. */
	mortise_callback *create;
	/* {"fields": {"externalIssue",…},"issue"} → the same: find the issue that was chosen. */
	mortise_callback *get;
	/* {"key","fields","issue","reference"} → {}: it was linked.  May post the comment of
	 * the form, once.  A failure is shown to nobody but the log.  Or NULL. */
	mortise_callback *linked;
	/* {"field","query","params": {…}} → {"options": [{"label","value"}]}; NULL: no search. */
	mortise_callback *search;
	/* {"key","note"} → {"external_id"}: post the note, once ("comment:" + its reference). */
	mortise_callback *comment_create;
	/* {"key","note"} → {}: it was edited; "external_id" as comment_create gave it. */
	mortise_callback *comment_update;
	/* {"key","resolved": bool,"metadata"} → {"wrote": text?, "time_ms"?}: set the status.
	 * "wrote" is what the upstream will report back as the status; absent: nothing was
	 * written.  "time_ms" is the upstream's time of it: what happened there before is late.
	 * E_NO_TARGET: the settings name no status for this project. */
	mortise_callback *status_out;
	/* {"key","assign": bool,"user": {"email","name","external_name"?, "external_id"?} or
	 * null} → {"wrote": text?, "time_ms"?}: assign or, with false, take away.
	 * E_NO_TARGET: the upstream has no such user. */
	mortise_callback *assignee_out;
	/* {"key","change"} → {"action": "resolve"|"unresolve"|"none"}: what a status_in means
	 * under this link's settings.  Changes nothing.  NULL: the change says it. */
	mortise_callback *status_action;
};

/*
 * The settings of a link, as a form.  Install scope.  Since: 0.2
 */
struct mortise_config_form {
	uint32_t size;
	uint32_t reserved;
	uint64_t flags;            /* 0 */
	/* {"config": {…},"external_projects": {external id: {"name","resolved","unresolved"}}}
	 * → {"fields": [form fields],"data": {…}?}: the form, and the values in it (default:
	 * the configuration).  What the upstream cannot say now is a field
	 * that is "disabled"; a failure disables the whole integration in this one answer. */
	mortise_callback *form;
	/* {"config": new values,"old": the configuration} → {"patch": merge patch of the
	 * configuration,"external_projects": {external id: {"name"?, "resolved","unresolved"}}
	 * or absent}: check what a user sent.  "external_projects" replaces the whole status
	 * map.  field_error names what is wrong.  NULL: the values replace those there. */
	mortise_callback *save;
};

/*
 * Registration, during load only.  Each copies what it needs.  'provider' is
 * the key of a provider registered before.  Returns MORTISE_OK, or
 * MORTISE_E_FIELD after keeping a text that names the member and what to do;
 * load should then return that code.
 */
struct mortise_registry {
	uint32_t size;
	uint32_t reserved;
	int32_t (*provider)(struct mortise_registrar *reg, const struct mortise_provider *p);
	int32_t (*setting)(struct mortise_registrar *reg, const char *provider,
		const struct mortise_setting *s);
	int32_t (*feature)(struct mortise_registrar *reg, const char *provider,
		const struct mortise_feature *f);
	int32_t (*credential)(struct mortise_registrar *reg, const char *provider,
		const struct mortise_credential *c);
	int32_t (*upstream)(struct mortise_registrar *reg, const char *provider,
		const struct mortise_upstream *u);
	int32_t (*step)(struct mortise_registrar *reg, const char *provider,
		const struct mortise_step *s);
	int32_t (*step_field)(struct mortise_registrar *reg, const char *provider,
		const char *step, const struct mortise_field *f);
	/* A parameter that may reach the setup path with no pipeline waiting. */
	int32_t (*arrival)(struct mortise_registrar *reg, const char *provider,
		const struct mortise_field *f);
	int32_t (*webhook)(struct mortise_registrar *reg, const char *provider,
		const struct mortise_webhook *w);
	int32_t (*webhook_signature)(struct mortise_registrar *reg, const char *provider,
		const char *webhook, const struct mortise_signature *s);
	int32_t (*webhook_event)(struct mortise_registrar *reg, const char *provider,
		const char *webhook, const struct mortise_event *e);
	int32_t (*webhook_reply)(struct mortise_registrar *reg, const char *provider,
		const char *webhook, const struct mortise_reply *r);
	int32_t (*task)(struct mortise_registrar *reg, const char *provider,
		const struct mortise_task *t);
	int32_t (*repository_provider)(struct mortise_registrar *reg, const char *provider,
		const struct mortise_repository_provider *r);
	/* At most one of each per provider.  Since: 0.2 */
	int32_t (*issue_provider)(struct mortise_registrar *reg, const char *provider,
		const struct mortise_issue_provider *i);
	int32_t (*config_form)(struct mortise_registrar *reg, const char *provider,
		const struct mortise_config_form *c);
	/* Since: 0.3 */
	int32_t (*webhook_token)(struct mortise_registrar *reg, const char *provider,
		const char *webhook, const struct mortise_token *t);
	int32_t (*page)(struct mortise_registrar *reg, const char *provider,
		const struct mortise_page *p);
	int32_t (*page_token)(struct mortise_registrar *reg, const char *provider,
		const char *page, const struct mortise_token *t);
};

/* ---- The descriptor ------------------------------------------------------- */

struct mortise_plugin {
	uint32_t magic;
	uint16_t abi_major;
	uint16_t abi_minor;
	uint32_t size;
	uint32_t reserved;
	const char *name;
	const char *version;
	const char *license;       /* SPDX expression */
	/* Runs once, alone.  'host' stays valid until the process ends; keep it in
	 * a static.  Another result than MORTISE_OK refuses the plugin. */
	int32_t (*load)(const struct mortise_host *host, const struct mortise_registry *registry,
		struct mortise_registrar *reg);
	void (*unload)(void);      /* or NULL */
};

/* The ELF note that mortised reads before any code runs: owner "Mortise", type 1.
 * All texts are NUL-padded. */
struct mortise_note {
	uint32_t namesz, descsz, type;
	char owner[8];
	uint32_t magic;
	uint16_t abi_major;
	uint16_t abi_minor;
	uint32_t plugin_size;
	char name[64];
	char version[32];
	char license[32];
};

#define MORTISE_EXPORT __attribute__((visibility("default")))

/*
 * Define the plugin: MORTISE_PLUGIN("acme", "1.0", "MIT", acme_load, NULL);
 * Emits the exported descriptor and the note with the same facts.
 */
#ifdef __cplusplus
#define MORTISE_EXTERN_ extern "C"
#else
#define MORTISE_EXTERN_ extern
#endif
#define MORTISE_PLUGIN(name_, version_, license_, load_, unload_)                            \
	MORTISE_EXTERN_ MORTISE_EXPORT const struct mortise_plugin mortise_plugin;           \
	const struct mortise_plugin mortise_plugin = {MORTISE_MAGIC, MORTISE_ABI_MAJOR,      \
		MORTISE_ABI_MINOR, (uint32_t)sizeof(struct mortise_plugin), 0, name_,        \
		version_, license_, load_, unload_};                                         \
	__attribute__((used, section(".note.mortise"), aligned(4)))                          \
	static const struct mortise_note mortise_note_ = {8,                                 \
		(uint32_t)(sizeof(struct mortise_note) - 20), 1, "Mortise", MORTISE_MAGIC,   \
		MORTISE_ABI_MAJOR, MORTISE_ABI_MINOR,                                        \
		(uint32_t)sizeof(struct mortise_plugin), name_, version_, license_}

#ifdef __cplusplus
}
#endif

#endif /* MORTISE_PLUGIN_H */
