/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "ctl/commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

#define REQUIRED true
#define ORG {"--org", "SLUG", "org", CTL_TEXT, REQUIRED}
#define LIMIT {"--limit", "N", "limit", CTL_INTEGER, false}
#define NAME {"--name", "NAME", "name", CTL_TEXT, false}
#define ID {"ID", NULL, "id", CTL_TEXT, REQUIRED}
#define PLUGIN {"NAME", NULL, "name", CTL_TEXT, REQUIRED}
#define SLUG {"SLUG", NULL, "slug", CTL_TEXT, REQUIRED}
#define EMAIL {"EMAIL", NULL, "email", CTL_TEXT, REQUIRED}
#define ROLE {"--role", "owner|manager|member", "role", CTL_TEXT, false}

const struct ctl_command ctl_commands[] = {
	{"status", "Status", {{0}}, CTL_OBJECT, .help = "How the daemon is"},

	{"plugin list", "PluginList", {{0}}, CTL_TABLE, .member = "plugins",
		.columns = "name version state pid providers reason",
		.help = "All plugins with their state"},
	{"plugin show", "PluginShow", {PLUGIN}, CTL_OBJECT, .member = "plugin", .help = "One plugin"},
	{"plugin load", "PluginLoad", {PLUGIN},
		.help = "Load a plugin of plugin_dir by its name"},
	{"plugin unload", "PluginUnload", {PLUGIN},
		.help = "End a plugin; its paths answer 404"},
	{"plugin reload", "PluginReload", {PLUGIN},
		.help = "Start the file anew and move new calls over"},
	{"plugin disable", "PluginDisable", {PLUGIN},
		.help = "Run nothing of a plugin; its webhooks are still stored"},
	{"plugin enable", "PluginEnable", {PLUGIN},
		.help = "Run a disabled or quarantined plugin again"},
	{"plugin record", "PluginRecord", {PLUGIN, {"FILE", NULL, NULL, CTL_TEXT, REQUIRED},
		{"--calls", "N", "calls", CTL_INTEGER, false}}, CTL_RECORD,
		.help = "Write its calls from now on to a new file, until N are there or Ctrl-C"},

	{"org create", "OrgCreate", {SLUG, NAME}, CTL_OBJECT, .help = "Make an organization"},
	{"org list", "OrgList", {LIMIT}, CTL_TABLE, .member = "organizations",
		.columns = "id slug name added",
		.help = "All organizations"},
	{"user create", "UserCreate", {EMAIL, ORG, ROLE, NAME}, CTL_OBJECT,
		.help = "Make a user, as a member of an organization"},
	{"member add", "MemberAdd", {EMAIL, ORG, ROLE}, CTL_OBJECT,
		.help = "Make a user a member of another organization, or change the role"},
	{"member list", "MemberList", {ORG, LIMIT}, CTL_TABLE, .member = "members",
		.columns = "id email name role added",
		.help = "The members of an organization"},
	{"project create", "ProjectCreate", {SLUG, ORG, NAME,
		{"--platform", "PLATFORM", "platform", CTL_TEXT, false}}, CTL_OBJECT,
		.help = "Make a project, and print the DSN for its SDK"},
	{"project list", "ProjectList", {ORG, LIMIT}, CTL_TABLE, .member = "projects",
		.columns = "id slug name platform added",
		.help = "The projects of an organization"},
	{"project show", "ProjectShow", {{"SLUG", NULL, "project", CTL_TEXT, REQUIRED}, ORG},
		CTL_OBJECT, .member = "project", .help = "One project, its teams and its keys"},
	{"project key add", "ProjectKeyAdd",
		{{"PROJECT", NULL, "project", CTL_TEXT, REQUIRED}, ORG, NAME}, CTL_OBJECT,
		.help = "Give a project another key, and print its DSN"},
	{"project key disable", "ProjectKeyDisable",
		{{"PROJECT", NULL, "project", CTL_TEXT, REQUIRED},
		{"KEY", NULL, "key", CTL_TEXT, REQUIRED}, ORG},
		.help = "Take no more events of a key"},
	{"team create", "TeamCreate", {SLUG, ORG, NAME}, CTL_OBJECT, .help = "Make a team"},
	{"team add-member", "TeamAddMember",
		{{"TEAM", NULL, "team", CTL_TEXT, REQUIRED}, EMAIL, ORG},
		.help = "Add a member of the organization to a team"},
	{"team add-project", "TeamAddProject",
		{{"TEAM", NULL, "team", CTL_TEXT, REQUIRED},
		{"PROJECT", NULL, "project", CTL_TEXT, REQUIRED}, ORG},
		.help = "Give a team a project"},

	{"login-link", "LoginLink", {EMAIL}, CTL_FIELD, .member = "url",
		.help = "Print a link that signs a user in, once, within ten minutes"},
	{"token create", "TokenCreate", {ORG, {"--scope", "SCOPE", "scopes", CTL_LIST, REQUIRED},
		{"--user", "EMAIL", "user", CTL_TEXT, false}, NAME,
		{"--expires", "DAYS", "expires_days", CTL_DAYS, false}}, CTL_FIELD, .member = "token",
		.help = "Make an API token and print it; it is shown only now"},
	{"token list", "TokenList", {{"--org", "SLUG", "org", CTL_TEXT, false}, LIMIT}, CTL_TABLE,
		.member = "tokens",
		.columns = "id organization user name ends_with scopes expires revoked used",
		.help = "API tokens, without the secrets"},
	{"token revoke", "TokenRevoke", {ID}, .help = "End an API token"},

	{"integration list", "IntegrationList",
		{{"--after", "ID", "after", CTL_TEXT, false}, LIMIT}, CTL_TABLE, .member = "integrations",
		.columns = "id provider external_id name status reason",
		.help = "Integrations of all organizations"},
	{"integration show", "IntegrationShow", {ID}, CTL_OBJECT, .member = "integration",
		.help = "One integration and the organizations that are linked to it"},
	{"integration disable", "IntegrationDisable", {ID},
		.help = "Disable an integration in all its organizations"},
	{"pipeline list", "PipelineList", {LIMIT}, CTL_TABLE, .member = "pipelines",
		.columns = "id organization provider kind principal status step error expires",
		.help = "Installs, newest first"},
	{"pipeline cancel", "PipelineCancel", {ID}, .help = "End an install that is in progress"},

	{"webhook list", "WebhookList", {{"--status", "STATUS", "status", CTL_TEXT, false},
		{"--provider", "KEY", "provider", CTL_TEXT, false},
		{"--before", "ID", "before", CTL_TEXT, false}, LIMIT}, CTL_TABLE, .member = "webhooks",
		.columns = "id provider event integration object status received",
		.help = "Stored webhooks, newest first"},
	{"webhook show", "WebhookShow", {ID}, CTL_OBJECT, .member = "webhook",
		.help = "One webhook and its jobs"},
	{"webhook replay", "WebhookReplay", {ID}, CTL_OBJECT,
		.help = "Run a stored webhook again, after what waits already"},
	{"job list", "JobList", {{"--status", "STATUS", "status", CTL_TEXT, false},
		{"--task", "TASK", "task", CTL_TEXT, false},
		{"--before", "ID", "before", CTL_TEXT, false}, LIMIT}, CTL_TABLE, .member = "jobs",
		.columns = "id task status integration object attempts code outcome added",
		.help = "Jobs, newest first"},
	{"job show", "JobShow", {ID}, CTL_OBJECT, .member = "job", .help = "One job"},
	{"job retry", "JobRetry", {ID}, CTL_OBJECT,
		.help = "Run a waiting job now, or a dead one again"},
	{"job drop", "JobDrop", {ID}, .help = "End a waiting job, or forget an ended one"},

	{"vault status", "VaultStatus", {{0}}, CTL_OBJECT, .help = "The master keys in use"},
	{"vault rotate", "VaultRotate", {{0}},
		.help = "Make a new master key and wrap every secret anew"},
	{"log level", "LogLevel", {{"LEVEL", NULL, "level", CTL_TEXT, REQUIRED}},
		.help = "Log error, warning, notice, info or debug and above"},
	{"backup", "Backup", {{"FILE", NULL, NULL, CTL_TEXT, REQUIRED}}, CTL_BACKUP,
		.help = "Write a copy of the database to a new file, mode 0600"},
	{"import legacy", "ImportLegacy", {{"FILE", NULL, NULL, CTL_TEXT, REQUIRED}}, CTL_IMPORT,
		.help = "Take in an older system's links to tickets, and its repositories"},
	{"drain", "Drain", {{0}}, .help = "Take no new requests, webhooks or jobs, and stay"},
	{"stop", "Stop", {{0}}, .help = "Finish what runs, and end", .may_hang_up = true},
	{0},
};

static bool is_option(const struct ctl_argument *argument)
{
	return argument->name[0] == '-';
}

char *ctl_synopsis(const struct ctl_command *command)
{
	struct buf text = BUF(4096);

	buf_add_text(&text, command->words);
	for (size_t i = 0; i < CTL_MAX_ARGUMENTS && command->arguments[i].name; i++) {
		const struct ctl_argument *argument = &command->arguments[i];

		buf_printf(&text, argument->required ? " %s" : " [%s", argument->name);
		if (argument->value)
			buf_printf(&text, " %s", argument->value);
		if (!argument->required)
			buf_add_char(&text, ']');
		if (argument->kind == CTL_LIST)
			buf_add_text(&text, "...");
	}
	return buf_steal(&text);
}

/* ---- Parsing ---- */

static int refuse(char **ret_reason, char *reason_take)
{
	free(*ret_reason);
	*ret_reason = reason_take;
	return -1;
}

/* Do the first words name this command?  The number of words, or 0. */
static int match_words(const struct ctl_command *command, int argc, char *const *argv)
{
	const char *words = command->words;
	int count = 0;

	while (*words) {
		size_t size = strcspn(words, " ");

		if (count == argc || strlen(argv[count]) != size ||
			strncmp(argv[count], words, size) != 0)
			return 0;
		words += size;
		words += *words == ' ';
		count++;
	}
	return count;
}

static const struct ctl_argument *find_option(const struct ctl_command *command, const char *text,
	size_t size)
{
	for (size_t i = 0; i < CTL_MAX_ARGUMENTS && command->arguments[i].name; i++) {
		const char *name = command->arguments[i].name;

		if (is_option(&command->arguments[i]) && strlen(name) == size &&
			strncmp(name, text, size) == 0)
			return &command->arguments[i];
	}
	return NULL;
}

static const struct ctl_argument *find_positional(const struct ctl_command *command, int index)
{
	for (size_t i = 0; i < CTL_MAX_ARGUMENTS && command->arguments[i].name; i++)
		if (!is_option(&command->arguments[i]) && index-- == 0)
			return &command->arguments[i];
	return NULL;
}

static bool parse_number(const char *text, bool days, json_int_t *ret_number)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (days && *end == 'd')
		end++;
	if (end == text || *end || errno != 0 || number < 1)
		return false;
	*ret_number = number;
	return true;
}

static int set_argument(struct ctl_call *call, const struct ctl_argument *argument,
	const char *text, char **ret_reason)
{
	json_t *value = NULL;
	json_int_t number;

	if (!argument->parameter) {
		call->file = text;
		return 0;
	}
	if (argument->kind == CTL_INTEGER || argument->kind == CTL_DAYS) {
		if (!parse_number(text, argument->kind == CTL_DAYS, &number))
			return refuse(ret_reason, xasprintf("%s: \"%s\" is no number above 0",
				argument->name, text));
		value = json_integer(number);
	} else {
		value = json_string(text);
		if (!value)
			return refuse(ret_reason, xasprintf("%s: the value is not UTF-8",
				argument->name));
	}
	if (argument->kind == CTL_LIST) {
		json_t *list = json_object_get(call->parameters, argument->parameter);

		if (list)
			return json_array_append_new(list, value);
		value = json_pack("[o]", value);
	} else if (json_object_get(call->parameters, argument->parameter)) {
		json_decref(value);
		return refuse(ret_reason, xasprintf("%s is given twice", argument->name));
	}
	return json_object_set_new(call->parameters, argument->parameter, value);
}

/* One option with its value; '*index' moves over both. */
static int parse_option(struct ctl_call *call, int argc, char *const *argv, int *index,
	char **ret_reason)
{
	const char *text = argv[*index];
	size_t size = strcspn(text, "=");
	const struct ctl_argument *option = find_option(call->command, text, size);

	if (!option)
		return refuse(ret_reason, xasprintf("\"%s\" knows no option %.*s",
			call->command->words, (int)size, text));
	if (text[size] == '=')
		return set_argument(call, option, text + size + 1, ret_reason);
	if (*index + 1 >= argc)
		return refuse(ret_reason, xasprintf("%s needs a value", text));
	return set_argument(call, option, argv[++*index], ret_reason);
}

static int check_required(const struct ctl_call *call, char **ret_reason)
{
	for (size_t i = 0; i < CTL_MAX_ARGUMENTS && call->command->arguments[i].name; i++) {
		const struct ctl_argument *argument = &call->command->arguments[i];
		bool present = argument->parameter ?
			json_object_get(call->parameters, argument->parameter) != NULL :
			call->file != NULL;

		if (argument->required && !present)
			return refuse(ret_reason, xasprintf("\"%s\" needs %s",
				call->command->words, argument->name));
	}
	return 0;
}

static int parse_arguments(struct ctl_call *call, int argc, char *const *argv, char **ret_reason)
{
	int positional = 0, result = 0;
	bool options = true;

	for (int i = 0; i < argc && result == 0; i++) {
		const struct ctl_argument *argument;

		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
			continue;
		}
		if (options && strncmp(argv[i], "--", 2) == 0) {
			result = parse_option(call, argc, argv, &i, ret_reason);
			continue;
		}
		argument = find_positional(call->command, positional++);
		result = argument ? set_argument(call, argument, argv[i], ret_reason) :
			refuse(ret_reason, xasprintf("\"%s\" does not take \"%s\"",
				call->command->words, argv[i]));
	}
	return result < 0 ? result : check_required(call, ret_reason);
}

/* "job" alone: which of its commands?  NULL if none begins so. */
static char *list_subcommands(const char *word)
{
	struct buf text = BUF(4096);
	size_t size = strlen(word);

	for (const struct ctl_command *command = ctl_commands; command->words; command++)
		if (strncmp(command->words, word, size) == 0 && command->words[size] == ' ')
			buf_printf(&text, "%s%s", text.size > 0 ? ", " : "",
				command->words + size + 1);
	return text.size > 0 ? buf_steal(&text) : NULL;
}

static char *unknown_reason(int argc, char *const *argv)
{
	cleanup_free char *others = argc > 0 ? list_subcommands(argv[0]) : NULL;

	if (argc == 0)
		return xstrdup("which command?");
	if (others && argc == 1)
		return xasprintf("\"%s\" needs one of: %s", argv[0], others);
	if (others)
		return xasprintf("there is no command \"%s %s\"; \"%s\" knows: %s", argv[0],
			argv[1], argv[0], others);
	return xasprintf("there is no command \"%s\"", argv[0]);
}

int ctl_parse(int argc, char *const *argv, struct ctl_call *ret_call, char **ret_reason)
{
	int words = 0;

	*ret_reason = NULL;
	*ret_call = (struct ctl_call){0};
	for (const struct ctl_command *command = ctl_commands; command->words; command++) {
		words = match_words(command, argc, argv);
		if (words > 0) {
			ret_call->command = command;
			break;
		}
	}
	if (!ret_call->command)
		return refuse(ret_reason, unknown_reason(argc, argv));
	ret_call->parameters = json_object();
	if (parse_arguments(ret_call, argc - words, argv + words, ret_reason) == 0)
		return 0;
	ctl_call_clear(ret_call);
	return -1;
}

void ctl_call_clear(struct ctl_call *call)
{
	json_decref(call->parameters);
	*call = (struct ctl_call){.command = call->command};
}
