/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A test plugin that is installed from its upstream and shows pages there: webhooks with
 * signed tokens bring an integration with its secret and take it away, pages are opened
 * with tokens signed with that secret.
 *
 * What the page "panel" shows is said by its query parameter "show":
 *   (none)     the key, and all that the plugin was given
 *   hostile    texts that would be markup, script and style
 *   address    a link that is no address of the web
 *   rename     its input, and the integration is named after the key
 *   fail       nothing: the key is not found
 *   broken     nothing: a fault of the plugin
 */
#include <mortise/plugin.h>

#include <string.h>

static const struct mortise_host *host;

static const char *text_at(const json_t *object, const char *outer, const char *inner)
{
	return json_string_value(json_object_get(json_object_get(object, outer), inner));
}

static int32_t give(struct mortise_call *call, const char *type, json_t *record_take)
{
	int32_t ret = record_take ? host->effect(call, type, record_take) :
		host->fail(call, MORTISE_E_FIELD, "A member of the body is missing.");

	json_decref(record_take);
	return ret;
}

/* {"clientKey","baseUrl","sharedSecret"} */
static int32_t installed(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	(void)ret_output;
	return give(call, MORTISE_EFFECT_INTEGRATION_PUT, json_pack("{s:s, s:{s:s}, s:{s:s}}",
		"name", "Embed", "metadata", "base_url", text_at(input, "body", "baseUrl"),
		"secrets", "shared_secret", text_at(input, "body", "sharedSecret")));
}

static int32_t uninstalled(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	(void)input;
	(void)ret_output;
	return give(call, MORTISE_EFFECT_INTEGRATION_STATUS, json_pack("{s:s, s:s}", "status",
		"disabled", "reason", "it was uninstalled there"));
}

static json_t *show_input(const json_t *input)
{
	char *text = json_dumps(input, JSON_COMPACT | JSON_SORT_KEYS);
	json_t *page = json_pack("{s:s, s:[s], s:[{s:s, s:s, s:[{s:s, s:s}]}], s:[{s:s, s:s}], s:{s:s, s:s}}",
		"title", text_at(input, "path", "key"), "text", text, "rows", "title", "A row", "url",
		"https://embed.test/row", "facts", "label", "Events", "value", "7", "links", "label",
		"A link", "url", "https://embed.test/link", "action", "label", "The one thing", "url",
		"https://embed.test/action");

	free(text);
	return page;
}

static json_t *show_hostile(void)
{
	static const char markup[] = "<script>document.title = 'owned'</script><img src=x onerror=alert(1)>";

	return json_pack("{s:s, s:[s, s], s:[{s:s, s:[{s:s, s:s}]}], s:[{s:s, s:s}]}", "title", markup,
		"text", "javascript:alert(1)", "<style>body { display: none }</style>", "rows", "title",
		markup, "facts", "label", markup, "value", markup, "links", "label", markup, "url",
		"https://embed.test/?%3Cscript%3E");
}

static int32_t data(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	const char *show = text_at(input, "query", "show");

	if (!show)
		show = "";
	if (strcmp(show, "fail") == 0)
		return host->fail(call, MORTISE_E_NOT_FOUND, "There is no issue %s.",
			text_at(input, "path", "key"));
	if (strcmp(show, "broken") == 0)
		return host->fail(call, MORTISE_E_INTERNAL, "A secret thought.");
	if (strcmp(show, "hostile") == 0)
		*ret_output = show_hostile();
	else if (strcmp(show, "address") == 0)
		*ret_output = json_pack("{s:s, s:[{s:s, s:s}]}", "title", "x", "links", "label", "y", "url",
			"javascript:alert(1)");
	else
		*ret_output = show_input(input);
	return strcmp(show, "rename") == 0 ? give(call, MORTISE_EFFECT_INTEGRATION_NAME,
		json_pack("{s:s}", "name", text_at(input, "path", "key"))) : MORTISE_OK;
}

static int32_t register_webhooks(const struct mortise_registry *registry, struct mortise_registrar *reg)
{
	static const struct mortise_webhook coming = {.size = sizeof(coming), .name = "installed",
		.path = "installed/", .mode = MORTISE_WEBHOOK_INLINE, .scope = MORTISE_SCOPE_SUBJECT,
		.scheme = MORTISE_SCHEME_JWT, .subject = "claim:iss", .bind_left = "claim:iss",
		.bind_right = "json:/clientKey", .handler = installed};
	static const struct mortise_webhook going = {.size = sizeof(going), .name = "uninstalled",
		.path = "uninstalled/", .mode = MORTISE_WEBHOOK_INLINE, .scope = MORTISE_SCOPE_SUBJECT,
		.scheme = MORTISE_SCHEME_JWT, .subject = "claim:iss", .handler = uninstalled};
	static const struct mortise_token first = {.size = sizeof(first),
		.algorithm = MORTISE_ALGORITHM_HS256, .flags = MORTISE_TOKEN_EXPIRES | MORTISE_TOKEN_QSH,
		.where = MORTISE_TOKEN_HEADER, .name = "JWT", .key = "provider:install_secret",
		.audience = "public_url:"};
	static const struct mortise_token own = {.size = sizeof(own),
		.algorithm = MORTISE_ALGORITHM_HS256, .flags = MORTISE_TOKEN_EXPIRES | MORTISE_TOKEN_QSH |
		MORTISE_TOKEN_SINGLE_USE, .where = MORTISE_TOKEN_HEADER, .name = "JWT",
		.key = "integration:shared_secret"};
	int32_t ret = registry->webhook(reg, "embed", &coming);

	if (ret == MORTISE_OK)
		ret = registry->webhook_token(reg, "embed", "installed", &first);
	if (ret == MORTISE_OK)
		ret = registry->webhook(reg, "embed", &going);
	if (ret == MORTISE_OK)
		ret = registry->webhook_token(reg, "embed", "uninstalled", &own);
	return ret;
}

static int32_t register_pages(const struct mortise_registry *registry, struct mortise_registrar *reg)
{
	static const struct mortise_page panel = {.size = sizeof(panel), .name = "panel",
		.path = "panel/{key}/", .subject = "claim:iss", .frame = "/base_url", .data = data};
	static const struct mortise_page scripted = {.size = sizeof(scripted), .name = "scripted",
		.path = "scripted/{key}/{token}/", .subject = "claim:iss", .frame = "/base_url",
		.script = "https://cdn.embed.test/all.js", .data = data};
	static const struct mortise_token in_query = {.size = sizeof(in_query),
		.algorithm = MORTISE_ALGORITHM_HS256, .flags = MORTISE_TOKEN_EXPIRES | MORTISE_TOKEN_QSH,
		.where = MORTISE_TOKEN_QUERY, .name = "jwt", .key = "integration:shared_secret"};
	static const struct mortise_token in_path = {.size = sizeof(in_path),
		.algorithm = MORTISE_ALGORITHM_HS256, .where = MORTISE_TOKEN_PATH, .name = "token",
		.key = "integration:shared_secret"};
	int32_t ret = registry->page(reg, "embed", &panel);

	if (ret == MORTISE_OK)
		ret = registry->page_token(reg, "embed", "panel", &in_query);
	if (ret == MORTISE_OK)
		ret = registry->page(reg, "embed", &scripted);
	if (ret == MORTISE_OK)
		ret = registry->page_token(reg, "embed", "scripted", &in_path);
	return ret;
}

static int32_t load(const struct mortise_host *host_table, const struct mortise_registry *registry,
	struct mortise_registrar *reg)
{
	static const struct mortise_provider provider = {.size = sizeof(provider), .key = "embed",
		.name = "Embed", .flags = MORTISE_PROVIDER_VISIBLE, .slugs = "embed-old"};
	static const struct mortise_setting secret = {.size = sizeof(secret), .type = MORTISE_TYPE_TEXT,
		.flags = MORTISE_SETTING_SECRET | MORTISE_SETTING_REQUIRED, .name = "install_secret",
		.help = "What installs are signed with."};
	int32_t ret = registry->provider(reg, &provider);

	host = host_table;
	if (ret == MORTISE_OK)
		ret = registry->setting(reg, "embed", &secret);
	if (ret == MORTISE_OK)
		ret = register_webhooks(registry, reg);
	return ret == MORTISE_OK ? register_pages(registry, reg) : ret;
}

MORTISE_PLUGIN("embed", "1.0", "Apache-2.0", load, NULL);
