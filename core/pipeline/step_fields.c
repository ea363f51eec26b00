/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Fields of form steps, parameters that come back from a redirect, and arrivals: one
 * description, checked in one place.  Pure functions; any thread.
 */
#include "config.h"
#include "core/pipeline/step.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <sodium.h>

#include "core/base/err.h"
#include "core/base/mem.h"

#define DEFAULT_MAX_LEN 255
#define RANDOM_SIZE 32

static const char *const type_names[] = {
	[MORTISE_TYPE_TEXT] = "text",
	[MORTISE_TYPE_INTEGER] = "integer",
	[MORTISE_TYPE_BOOLEAN] = "boolean",
	[MORTISE_TYPE_URL] = "url",
	[MORTISE_TYPE_TEXTAREA] = "textarea",
	[MORTISE_TYPE_SELECT] = "select",
	[MORTISE_TYPE_PEM] = "pem",
};

static const char *type_name(int32_t type)
{
	if (type <= 0 || (size_t)type >= lengthof(type_names))
		return "text";
	return type_names[type];
}

static json_t *choices_of(const struct mortise_field *field)
{
	return field->choices ? json_loads(field->choices, 0, NULL) : NULL;
}

static bool is_choice(const struct mortise_field *field, const char *value)
{
	cleanup_json json_t *choices = choices_of(field);
	size_t i;
	json_t *choice;

	json_array_foreach(choices, i, choice) {
		const char *offered = json_string_value(json_array_get(choice, 0));

		if (offered && strcmp(offered, value) == 0)
			return true;
	}
	return false;
}

/* http or https, a host, and nothing that could change where it points. */
static bool is_url(const char *text)
{
	const char *host;

	if (strncmp(text, "https://", 8) == 0)
		host = text + 8;
	else if (strncmp(text, "http://", 7) == 0)
		host = text + 7;
	else
		return false;
	if (!isalnum((unsigned char)*host) && *host != '[')
		return false;
	for (const char *c = host; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == '\\' || *c == '@' || *c == 0x7f)
			return false;
	return true;
}

static bool has_control(const char *text, bool lines)
{
	for (const char *c = text; *c; c++) {
		if (lines && (*c == '\n' || *c == '\r' || *c == '\t'))
			continue;
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return true;
	}
	return false;
}

static int no_passphrase(char *buffer, int size, int writing, void *arg)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

/* A private key that can be used without asking anybody: PKCS#1 or PKCS#8. */
static const char *key_fault(const char *text)
{
	BIO *bio = BIO_new_mem_buf(text, -1);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
	bool found = key != NULL;

	EVP_PKEY_free(key);
	BIO_free(bio);
	ERR_clear_error();
	if (found)
		return NULL;
	if (strstr(text, "ENCRYPTED"))
		return "is a private key that needs a passphrase; give one without";
	if (strstr(text, "PUBLIC KEY"))
		return "is a public key; give the private one that belongs to it";
	return "is not a private key in PEM, whole from -----BEGIN to -----END";
}

/* Check the text of one field; the words of what is wrong, or NULL. */
static const char *text_fault(const struct mortise_field *field, const char *text)
{
	size_t max = field->max_len > 0 ? field->max_len : DEFAULT_MAX_LEN;
	bool lines = field->type == MORTISE_TYPE_TEXTAREA || field->type == MORTISE_TYPE_PEM;

	if (strlen(text) > max)
		return "is too long";
	if (has_control(text, lines))
		return "holds characters that are not allowed here";
	if (field->type == MORTISE_TYPE_URL && !is_url(text))
		return "is not an http or https address";
	if (field->type == MORTISE_TYPE_SELECT && !is_choice(field, text))
		return "is not one of the choices";
	if ((field->flags & MORTISE_FIELD_ORIGIN) && strpbrk(text, "?#"))
		return "has more than the address of the site; leave out what follows \"?\" or \"#\"";
	if (field->type == MORTISE_TYPE_PEM)
		return key_fault(text);
	return NULL;
}

/* Text to an integer: query parameters come back as text. */
static json_t *integer_of(const json_t *value)
{
	const char *text = json_string_value(value);
	char *end;
	long long number;

	if (json_is_integer(value))
		return json_integer(json_integer_value(value));
	if (!text || !*text || strlen(text) > 15)
		return NULL;
	number = strtoll(text, &end, 10);
	return *end ? NULL : json_integer(number);
}

static json_t *boolean_of(const json_t *value)
{
	const char *text = json_string_value(value);

	if (json_is_boolean(value))
		return json_boolean(json_is_true(value));
	if (text && (strcmp(text, "true") == 0 || strcmp(text, "1") == 0))
		return json_true();
	if (text && (strcmp(text, "false") == 0 || strcmp(text, "0") == 0 || !*text))
		return json_false();
	return NULL;
}

/* As it goes to the state: paths are put behind a base URL, so it ends without a slash. */
static json_t *text_value(const struct mortise_field *field, const char *text)
{
	size_t size = strlen(text);

	if (field->flags & MORTISE_FIELD_ORIGIN)
		while (size > 0 && text[size - 1] == '/')
			size--;
	return json_stringn(text, size);
}

/* The checked value of a field that was given; NULL with an error added. */
static json_t *field_value(const struct mortise_field *field, const json_t *value,
	struct err *err)
{
	json_t *clean = NULL;
	const char *fault;

	switch (field->type) {
	case MORTISE_TYPE_INTEGER:
		clean = integer_of(value);
		if (!clean)
			err_field(err, field->name, "A whole number is needed.");
		return clean;
	case MORTISE_TYPE_BOOLEAN:
		clean = boolean_of(value);
		if (!clean)
			err_field(err, field->name, "True or false is needed.");
		return clean;
	default:
		break;
	}
	if (!json_is_string(value)) {
		err_field(err, field->name, "A text is needed.");
		return NULL;
	}
	fault = text_fault(field, json_string_value(value));
	if (fault) {
		err_field(err, field->name, "The value %s.", fault);
		return NULL;
	}
	return text_value(field, json_string_value(value));
}

static bool is_blank(const json_t *value)
{
	return !value || json_is_null(value) ||
		(json_is_string(value) && json_string_length(value) == 0);
}

/* What stands for a field that was left blank; NULL: nothing does.  Our page sends false for
 * a box that is not ticked; a client that says nothing gets the default, so that nobody
 * switches a check off by leaving it out. */
static json_t *blank_value(const struct mortise_field *field)
{
	if (field->default_value)
		return json_string(field->default_value);
	return field->type == MORTISE_TYPE_BOOLEAN ? json_false() : NULL;
}

/* 0, or E_FIELD with an error added. */
static int field_check(const struct mortise_field *field, const json_t *values, json_t *clean,
	struct err *err)
{
	json_t *given = json_object_get(values, field->name);
	cleanup_json json_t *fallback = is_blank(given) ? blank_value(field) : NULL;
	json_t *value;

	if (fallback)
		given = fallback;
	if (is_blank(given))
		return field->flags & MORTISE_FIELD_REQUIRED ?
			err_field(err, field->name, "This field is required.") : 0;
	value = field_value(field, given, err);
	if (!value)
		return MORTISE_E_FIELD;
	json_object_set_new(clean, field->name, value);
	return 0;
}

int step_fields_check(const struct mortise_field *fields, size_t len, const json_t *values,
	json_t **ret_clean, struct err *err)
{
	cleanup_json json_t *clean = json_object();
	bool wrong = false;

	for (size_t i = 0; i < len; i++)
		if (!(fields[i].flags & MORTISE_FIELD_RANDOM))
			wrong |= field_check(&fields[i], values, clean, err) < 0;
	if (wrong)
		return MORTISE_E_FIELD;
	*ret_clean = steal(&clean);
	return 0;
}

static json_t *field_describe(const struct mortise_field *field)
{
	json_t *one = json_pack("{s:s, s:s, s:s, s:b, s:b, s:i}", "name", field->name, "type",
		type_name(field->type), "label", field->label ? field->label : field->name,
		"required", (field->flags & MORTISE_FIELD_REQUIRED) != 0, "secret",
		(field->flags & MORTISE_FIELD_SECRET) != 0, "maxLength",
		field->max_len > 0 ? (int)field->max_len : DEFAULT_MAX_LEN);

	if (field->help)
		json_object_set_new(one, "help", json_string(field->help));
	if (field->default_value && !(field->flags & MORTISE_FIELD_SECRET))
		json_object_set_new(one, "default", json_string(field->default_value));
	if (field->choices)
		json_object_set_new(one, "choices", choices_of(field));
	return one;
}

json_t *step_fields_describe(const struct mortise_field *fields, size_t len)
{
	json_t *list = json_array();

	for (size_t i = 0; i < len; i++)
		if (!(fields[i].flags & MORTISE_FIELD_RANDOM))
			json_array_append_new(list, field_describe(&fields[i]));
	return list;
}

void step_fields_fill(const struct mortise_field *fields, size_t len, json_t *secrets)
{
	unsigned char bytes[RANDOM_SIZE];
	char text[2 * RANDOM_SIZE + 1];

	for (size_t i = 0; i < len; i++) {
		if (!(fields[i].flags & MORTISE_FIELD_RANDOM) ||
			json_object_get(secrets, fields[i].name))
			continue;
		randombytes_buf(bytes, sizeof(bytes));
		sodium_bin2hex(text, sizeof(text), bytes, sizeof(bytes));
		json_object_set_new(secrets, fields[i].name, json_string(text));
	}
	sodium_memzero(bytes, sizeof(bytes));
	sodium_memzero(text, sizeof(text));
}
