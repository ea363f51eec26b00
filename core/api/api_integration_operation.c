/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * What clients ask of single integrations beside their repositories, and what members ask
 * of those who may install.
 *
 * Most of it only some of Sentry's providers have: channels to post to, functions to
 * instrument, rules to take over from a plugin.  No plugin can have them here, and clients
 * that ask get what Sentry answers for a provider without.  For the same reason none can be
 * enabled directly, without its steps.  A request to install one is kept in the audit log,
 * where the owners find it: nobody is mailed.
 */
#include "config.h"
#include "core/api/routes.h"

#include <inttypes.h>
#include <string.h>

#include "core/api/body.h"
#include "core/api/install.h"
#include "core/api/integration_json.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/daemon/daemon.h"
#include "core/job/job.h"
#include "core/storage/audit.h"
#include "core/storage/member.h"
#include "core/storage/store.h"
#include "core/sync/migrate.h"

#define SLUG_MAX 64
#define MESSAGE_MAX 1000

/* ---- Of a provider without ---- */

static int unable(struct api_call *call, const char *what, struct err *err)
{
	cleanup_install struct install install = {0};

	if (install_read(call, "integration", &install, err) < 0)
		return err->code;
	return err_set(err, MORTISE_E_UNSUPPORTED, "%s %s", install.integration.provider, what);
}

static int functions(struct api_call *call, struct err *err)
{
	return unable(call, "has no serverless functions", err);
}

static int migrate_rules(struct api_call *call, struct err *err)
{
	return unable(call, "has no plugin to take rules over from", err);
}

static int channels(struct api_call *call, struct err *err)
{
	cleanup_install struct install install = {0};
	cleanup_free char *warning = NULL;

	if (install_read(call, "integration", &install, err) < 0)
		return err->code;
	warning = xasprintf("%s has no channels", install.integration.provider);
	call->reply = json_pack("{s:[], s:s}", "results", "warning", warning);
	return 0;
}

static int validate_channel(struct api_call *call, struct err *err)
{
	cleanup_install struct install install = {0};
	cleanup_free char *detail = NULL;

	if (install_read(call, "integration", &install, err) < 0)
		return err->code;
	if (!api_query(call, "channel", NULL))
		return err_field(err, "channel", "This field is required.");
	detail = xasprintf("%s has no channels", install.integration.provider);
	call->status = 400;
	call->reply = json_pack("{s:b, s:s}", "valid", 0, "detail", detail);
	return 0;
}

/* ---- What an older system left ---- */

static int migrate_in(struct tx *tx, void *arg, struct err *err)
{
	const struct migrate *migrate = arg;

	if (migrate_queue(tx, migrate, err) < 0)
		return err->code;
	return audit_insert(tx, &(struct audit_new){
		.organization_id = migrate->organization_id,
		.origin = migrate->origin,
		.event = "integration.migrate-issues",
		.kind = "integration",
		.id = migrate->integration_id,
		.now_us = migrate->now_us,
	}, err);
}

static int migrate_issue_links(struct api_call *call, struct err *err)
{
	cleanup_install struct install install = {0};
	struct migrate migrate = {.origin = call->principal.origin, .now_us = clock_now_us()};

	if (install_read(call, "integration", &install, err) < 0)
		return err->code;
	if (!install.provider || !provider_has_feature(install.provider, "issue-sync"))
		return err_set(err, MORTISE_E_UNSUPPORTED, "%s does not keep issues in step",
			install.integration.provider);
	migrate.provider = install.provider;
	migrate.organization_id = install.link.organization_id;
	migrate.integration_id = install.integration.id;
	migrate.link_id = install.link.id;
	if (store_write(call->daemon->store, migrate_in, &migrate, err) < 0)
		return err->code;
	jobs_wake(call->daemon->jobs);
	return 0;
}

/* ---- Asking for one ---- */

struct asked {
	const struct api_call *call;
	const char *provider, *message;
	int64_t now_us;
	bool is_owner;
};

static int ask_in(struct tx *tx, void *arg, struct err *err)
{
	struct asked *asked = arg;
	const struct principal *principal = &asked->call->principal;
	cleanup_member struct member member = {0};
	cleanup_json json_t *data = json_pack("{s:s, s:s?}", "provider", asked->provider, "message",
		asked->message);
	cleanup_free char *target = xasprintf("provider:%s", asked->provider);

	if (principal->member_id &&
		member_get(tx, principal->organization_id, principal->member_id, &member, err) < 0)
		return err->code;
	asked->is_owner = member.role && strcmp(member.role, "owner") == 0;
	if (asked->is_owner)
		return 0;
	return audit_insert(tx, &(struct audit_new){
		.organization_id = principal->organization_id,
		.origin = principal->origin,
		.event = "integration.request",
		.kind = target,
		.data = data,
		.now_us = asked->now_us,
	}, err);
}

static bool is_known(const struct api_call *call, const char *key)
{
	const struct reg_provider *provider = providers_find(call->daemon->providers, key);

	if (provider)
		registration_unref(provider->registration);
	return provider != NULL;
}

static int ask(struct api_call *call, struct err *err)
{
	static const char *const types[] = {"first_party", "plugin", "sentry_app", NULL};
	struct body in = {.object = call->body, .err = err};
	struct asked asked = {
		.call = call,
		.provider = body_text(&in, "providerSlug", SLUG_MAX, BODY_REQUIRED),
		.message = body_text(&in, "message", MESSAGE_MAX, BODY_BLANK),
		.now_us = clock_now_us(),
	};
	int type = body_choice(&in, "providerType", types, BODY_REQUIRED);

	if (err->code < 0)
		return err->code;
	if (type != 0 || !is_known(call, asked.provider))
		return err_set(err, MORTISE_E_FIELD, "There is no provider \"%s\".", asked.provider);
	if (store_write(call->daemon->store, ask_in, &asked, err) < 0)
		return err->code;
	call->status = asked.is_owner ? 200 : 201;
	if (asked.is_owner)
		call->reply = json_pack("{s:s}", "detail", "You may install it yourself.");
	return 0;
}

#define ORGANIZATION "/api/0/organizations/{org}/"
#define INTEGRATION ORGANIZATION "integrations/{integration}/"

const struct api_route api_integration_operation_routes[] = {
	{"PUT", INTEGRATION "issues/", SCOPES_I_POST, 0, migrate_issue_links},
	{"PUT", INTEGRATION "migrate-opsgenie/", SCOPES_I_POST, 0, migrate_rules},
	{"GET", INTEGRATION "serverless-functions/", SCOPES_I_GET, 0, functions},
	{"POST", INTEGRATION "serverless-functions/", SCOPES_I_POST, 0, functions},
	{"GET", INTEGRATION "channels/", SCOPES_I_GET, 0, channels},
	{"GET", INTEGRATION "channel-validate/", SCOPES_I_GET, 0, validate_channel},
	{"POST", ORGANIZATION "integration-requests/", SCOPES_L_POST, API_BODY, ask},
	{0},
};
