/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * From a Varlink message to its method and back.  Workers.
 *
 * Parameters are checked against the interface text before a handler sees them, and
 * results before they leave: the description that a client reads is what it gets.
 */
#include "config.h"
#include "core/admin/admin_private.h"

#include <stdlib.h>
#include <string.h>

#include "core/admin/varlink.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/mem.h"

#define SERVICE "org.varlink.service"
#define MAX_DESCRIPTION (256u << 10)

static const char *const level_names[] = {"read", "operate", "admin"};

static const char service_description[] =
	"# What every Varlink service answers\n"
	"interface org.varlink.service\n"
	"method GetInfo() -> (vendor: string, product: string, version: string, url: string, "
	"interfaces: []string)\n"
	"method GetInterfaceDescription(interface: string) -> (description: string)\n"
	"error InterfaceNotFound (interface: string)\n"
	"error MethodNotFound (method: string)\n"
	"error InvalidParameter (parameter: string)\n"
	"error ExpectedMore ()\n";

struct message {
	json_t *root;          /* owned; the others point into it */
	const char *method;
	json_t *parameters;    /* a new reference */
	bool more, oneway;
};

/* ---- The table ---- */

void admin_table_add(struct admin_table *table, const struct admin_method *methods)
{
	for (; methods->name; methods++) {
		struct admin_entry entry = {.method = methods};
		cleanup_err struct err err = {0};

		if (varlink_parse(methods->in, &entry.in, &err) < 0 ||
			varlink_parse(methods->out, &entry.out, &err) < 0) {
			/* A text of ours: nothing but a fix helps. */
			log_error("admin.bad_table", LOG_TEXT("method", methods->name),
				LOG_TEXT("reason", err_text(&err)));
			abort();
		}
		table->entries = xrealloc(table->entries, (table->len + 1) * sizeof(entry));
		table->entries[table->len++] = entry;
	}
}

void admin_table_clear(struct admin_table *table)
{
	for (size_t i = 0; i < table->len; i++) {
		varlink_free(table->entries[i].in);
		varlink_free(table->entries[i].out);
	}
	free(table->entries);
	*table = (struct admin_table){0};
}

char *admin_table_describe(const struct admin_table *table)
{
	struct buf text = BUF(MAX_DESCRIPTION);

	buf_add_text(&text, "# Administration of mortised\ninterface " ADMIN_INTERFACE "\n");
	for (size_t i = 0; i < table->len; i++) {
		const struct admin_method *method = table->entries[i].method;

		buf_printf(&text, "\n# %s. Level: %s.%s\nmethod %s%s -> %s\n", method->help,
			level_names[method->level],
			method->stream ? " Answers in parts: call with more." : "",
			method->name, method->in, method->out);
	}
	buf_add_text(&text, "\n# The call was understood, and not done. The code is stable.\n"
			    "error Refused (reason: string, code: string)\n");
	return buf_steal(&text);
}

static const struct admin_entry *find(const struct admin_table *table, const char *name)
{
	for (size_t i = 0; i < table->len; i++)
		if (strcmp(table->entries[i].method->name, name) == 0)
			return &table->entries[i];
	return NULL;
}

/* ---- Replies ---- */

static json_t *reply_error(const char *error, const char *name, const char *value)
{
	return json_pack("{s:s, s:{s:s}}", "error", error, "parameters", name, value);
}

static json_t *reply_refused(struct err *err)
{
	const char *code = err_meaning(err->code)->name;
	json_t *reason = json_string(err_text(err));

	if (!reason)
		reason = json_string("the reason is no UTF-8 text; see the log");
	return json_pack("{s:s, s:{s:o, s:s}}", "error", ADMIN_INTERFACE ".Refused",
		"parameters", "reason", reason, "code", code);
}

static json_t *get_info(void)
{
	return json_pack("{s:{s:s, s:s, s:s, s:s, s:[s, s]}}", "parameters",
		"vendor", "Mortise", "product", "mortised", "version", PACKAGE_VERSION, "url", "",
		"interfaces", SERVICE, ADMIN_INTERFACE);
}

static json_t *get_description(const struct admin_table *table, const json_t *parameters)
{
	const char *name = json_string_value(json_object_get(parameters, "interface"));
	cleanup_free char *text = NULL;

	if (!name)
		return reply_error(SERVICE ".InvalidParameter", "parameter", "interface");
	if (strcmp(name, SERVICE) == 0)
		text = xstrdup(service_description);
	else if (strcmp(name, ADMIN_INTERFACE) == 0)
		text = admin_table_describe(table);
	else
		return reply_error(SERVICE ".InterfaceNotFound", "interface", name);
	return json_pack("{s:{s:s}}", "parameters", "description", text);
}

static json_t *call_service(const struct admin_table *table, const char *method,
	const json_t *parameters)
{
	if (strcmp(method, "GetInfo") == 0)
		return get_info();
	if (strcmp(method, "GetInterfaceDescription") == 0)
		return get_description(table, parameters);
	return reply_error(SERVICE ".MethodNotFound", "method", method);
}

/* ---- Running ---- */

static void check_result(const struct admin_entry *entry, json_t *result)
{
	cleanup_free char *path = NULL;

	if (!varlink_check(entry->out, result, &path))
		log_error("admin.bad_result", LOG_TEXT("method", entry->method->name),
			LOG_TEXT("member", path));
}

static void note_call(const struct admin_method *method, uid_t uid, int code)
{
	log_at(method->level == ADMIN_READ ? MORTISE_LOG_DEBUG : MORTISE_LOG_NOTICE, "admin.call",
		LOG_TEXT("method", method->name), LOG_INT("uid", uid),
		LOG_TEXT("result", err_meaning(code)->name));
}

static json_t *run_method(const struct admin_entry *entry, struct daemon *daemon,
	const struct message *message, struct admin_call *call, struct err *err)
{
	const struct admin_method *method = entry->method;
	json_t *result = NULL;
	int code;

	if (method->stream)
		code = method->stream(daemon, message->parameters, call, &result, err);
	else
		code = method->run(daemon, message->parameters, &result, err);
	if (code < 0) {
		json_decref(result);
		err_set(err, code, "no reason given");
		return reply_refused(err);
	}
	if (!result)
		result = json_object();
	check_result(entry, result);
	return json_pack("{s:o}", "parameters", result);
}

static json_t *call_method(const struct admin_entry *entry, struct daemon *daemon,
	uid_t uid, enum admin_level level, const struct message *message,
	struct admin_call *call)
{
	const struct admin_method *method = entry->method;
	cleanup_err struct err err = {0};
	cleanup_free char *path = NULL;
	json_t *reply;

	if (level < method->level) {
		err_set(&err, MORTISE_E_FORBIDDEN,
			"%s needs the level \"%s\" and you have \"%s\": run it as root, or as a "
			"member of a group that `admin` in mortise.conf names",
			method->name, level_names[method->level], level_names[level]);
		reply = reply_refused(&err);
	} else if (!varlink_check(entry->in, message->parameters, &path)) {
		err.code = MORTISE_E_FIELD;
		reply = reply_error(SERVICE ".InvalidParameter", "parameter", path ? path : "");
	} else if (method->stream && !message->more) {
		err.code = MORTISE_E_FIELD;
		reply = json_pack("{s:s, s:{}}", "error", SERVICE ".ExpectedMore", "parameters");
	} else {
		reply = run_method(entry, daemon, message, call, &err);
	}
	note_call(method, uid, err.code);
	return reply;
}

static bool is_flag(const json_t *value)
{
	return !value || json_is_boolean(value);
}

/* 'root' is taken over. */
static bool read_message(json_t *root_take, struct message *ret_message)
{
	json_t *parameters = json_object_get(root_take, "parameters");
	json_t *more = json_object_get(root_take, "more");
	json_t *oneway = json_object_get(root_take, "oneway");

	*ret_message = (struct message){.root = root_take,
		.method = json_string_value(json_object_get(root_take, "method")),
		.more = json_is_true(more), .oneway = json_is_true(oneway)};
	if (!ret_message->method || (parameters && !json_is_object(parameters)) ||
		!is_flag(more) || !is_flag(oneway))
		return false;
	ret_message->parameters = parameters ? json_incref(parameters) : json_object();
	return true;
}

static void message_clear(struct message *message)
{
	json_decref(message->parameters);
	json_decref(message->root);
}

static json_t *call_by_name(const struct admin_table *table, struct daemon *daemon,
	uid_t uid, enum admin_level level, const struct message *message,
	struct admin_call *call)
{
	const char *dot = strrchr(message->method, '.');
	cleanup_free char *interface = NULL;
	const struct admin_entry *entry;

	if (!dot)
		return reply_error(SERVICE ".InterfaceNotFound", "interface", message->method);
	interface = xstrndup(message->method, (size_t)(dot - message->method));
	if (strcmp(interface, SERVICE) == 0)
		return call_service(table, dot + 1, message->parameters);
	if (strcmp(interface, ADMIN_INTERFACE) != 0)
		return reply_error(SERVICE ".InterfaceNotFound", "interface", interface);
	entry = find(table, dot + 1);
	if (!entry)
		return reply_error(SERVICE ".MethodNotFound", "method", message->method);
	return call_method(entry, daemon, uid, level, message, call);
}

int admin_dispatch(const struct admin_table *table, struct daemon *daemon,
	uid_t uid, enum admin_level level, struct admin_call *call,
	const char *text, size_t size, json_t **ret_reply)
{
	json_error_t error;
	json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	__attribute__((__cleanup__(message_clear))) struct message message = {0};
	json_t *reply;

	if (!read_message(root, &message))
		return MORTISE_E_FIELD;
	reply = call_by_name(table, daemon, uid, level, &message, call);
	if (message.oneway) {
		json_decref(reply);
		reply = NULL;
	}
	*ret_reply = reply;
	return 0;
}
