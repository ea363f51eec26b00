/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/egress/transfer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/x509_vfy.h>
#include <sodium.h>

#include "core/base/err.h"
#include "core/base/ip.h"
#include "core/base/mem.h"

#define HEADER_BYTES_MAX ((size_t)64 * 1024)
#define ANSWER_MAX_DEFAULT ((size_t)16 << 20)
#define TOKEN_EXTRA "!#$%&'*+-.^_`|~"

/* ---- Callbacks of libcurl, loop thread ---- */

static const char *judge(struct transfer *transfer, const struct ip *ip)
{
	/* Behind a proxy only the proxy is seen, which the operator chose. */
	if (*transfer->plan->proxy)
		return NULL;
	return transfer->plan->judge(ip, transfer->plan->judge_arg);
}

/* Sees the resolved address of every new connection. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *transfer = arg;
	struct ip ip;
	const char *kind = ip_from(&address->addr, &ip) ? judge(transfer, &ip)
		: "not an internet address";

	if (kind || purpose != CURLSOCKTYPE_IPCXN) {
		transfer->forbidden = kind ? kind : "not an outbound connection";
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
		address->protocol);
}

/* Runs for every exchange, on a reused connection too. */
static int before_request(void *arg, char *remote, char *local, int remote_port, int local_port)
{
	struct transfer *transfer = arg;
	const char *kind = "unknown";
	struct ip ip;

	(void)local;
	(void)remote_port;
	(void)local_port;
	if (remote && ip_parse(remote, &ip))
		kind = judge(transfer, &ip);
	if (!kind) {
		/* An address of several was refused, but another one serves. */
		transfer->forbidden = NULL;
		return CURL_PREREQFUNC_OK;
	}
	transfer->forbidden = kind;
	return CURL_PREREQFUNC_ABORT;
}

/* What comes here is decompressed already, so a bomb ends here. */
static size_t take_body(char *data, size_t size, size_t len, void *arg)
{
	struct transfer *transfer = arg;

	buf_add(&transfer->body, data, size * len);
	if (transfer->body.failed) {
		transfer->over_limit = true;
		return CURL_WRITEFUNC_ERROR;
	}
	return size * len;
}

/* Is this a header of the body's coding that was not asked for?  libcurl would decode
 * whatever it was built for, in layers too: each has a window that takes memory, and may
 * swallow input without an end before the limit sees a byte. */
static bool is_coded_otherwise(struct transfer *transfer, const char *name, const char *value)
{
	if (strcmp(name, "transfer-encoding") == 0)
		return strcasecmp(value, "chunked") != 0;
	if (strcmp(name, "content-encoding") != 0)
		return false;
	return ++transfer->codings > 1 || (*value && strcasecmp(value, "gzip") != 0 &&
		strcasecmp(value, "deflate") != 0 && strcasecmp(value, "identity") != 0);
}

/* False: an answer with this header is not taken. */
static bool keep_header(struct transfer *transfer, const char *line, size_t size)
{
	const char *colon = memchr(line, ':', size);
	const char *value, *end = line + size;
	size_t name_at = transfer->header_text.size, value_at;

	if (memchr(line, '\0', size))
		return false;
	if (!colon || colon == line)
		return true;
	for (const char *c = line; c < colon; c++)
		buf_add_char(&transfer->header_text, (char)tolower((unsigned char)*c));
	buf_add_char(&transfer->header_text, '\0');
	value_at = transfer->header_text.size;
	for (value = colon + 1; value < end && isspace((unsigned char)*value); value++)
		;
	while (end > value && isspace((unsigned char)end[-1]))
		end--;
	buf_add(&transfer->header_text, value, (size_t)(end - value));
	buf_add_char(&transfer->header_text, '\0');
	if (is_coded_otherwise(transfer, transfer->header_text.data + name_at,
		transfer->header_text.data + value_at))
		transfer->coded = true;
	return !transfer->coded;
}

static size_t take_header(char *data, size_t size, size_t len, void *arg)
{
	struct transfer *transfer = arg;
	size_t bytes = size * len;

	transfer->header_bytes += bytes;
	if (transfer->header_bytes > HEADER_BYTES_MAX) {
		transfer->over_limit = true;
		return 0;
	}
	/* A status line: an answer begins, what came before was an interim one. */
	if (bytes >= 5 && memcmp(data, "HTTP/", 5) == 0) {
		buf_clear(&transfer->header_text);
		transfer->head_done = false;
		transfer->codings = 0;
	} else if (bytes == 2 && memcmp(data, "\r\n", 2) == 0) {
		transfer->head_done = true;
	} else if (!transfer->head_done && !keep_header(transfer, data, bytes)) {
		return 0;
	}
	return bytes;
}

/* ---- Making it ---- */

static bool is_token(const char *text)
{
	if (!*text)
		return false;
	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr(TOKEN_EXTRA, *c))
			return false;
	return true;
}

static bool is_value(const char *text)
{
	for (const char *c = text; *c; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
			return false;
	return true;
}

static void add_line(struct transfer *transfer, const char *line)
{
	struct curl_slist *list = curl_slist_append(transfer->list, line);

	if (!list)
		abort();
	transfer->list = list;
}

static int add_headers(struct transfer *transfer, const struct egress_header *headers,
	bool *ret_has_type, struct err *err)
{
	for (const struct egress_header *header = headers; header && header->name; header++) {
		char *line;

		if (!is_token(header->name) || !is_value(header->value))
			return err_set(err, MORTISE_E_INTERNAL,
				"a request header has bytes that no header may have");
		/* libcurl's spelling of a header without value ends with a semicolon. */
		line = *header->value ? xasprintf("%s: %s", header->name, header->value)
			: xasprintf("%s;", header->name);
		add_line(transfer, line);
		sodium_memzero(line, strlen(line));
		free(line);
		if (strcasecmp(header->name, "content-type") == 0)
			*ret_has_type = true;
	}
	return 0;
}

static int set_headers(struct transfer *transfer, struct err *err)
{
	const struct transfer_plan *plan = transfer->plan;
	bool has_type = false;
	int result = add_headers(transfer, plan->request->headers, &has_type, err);

	if (result == 0)
		result = add_headers(transfer, plan->secret_headers, &has_type, err);
	if (result < 0)
		return result;
	add_line(transfer, "Expect:");
	if (!has_type)
		add_line(transfer, "Content-Type:");
	curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->list);
	return 0;
}

static void set_method(struct transfer *transfer)
{
	const struct transfer_plan *plan = transfer->plan;
	const char *method = plan->method;
	bool expects_body = strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
		strcmp(method, "PATCH") == 0;
	size_t size = plan->with_body ? plan->request->body_size : 0;

	if (strcmp(method, "HEAD") == 0) {
		curl_easy_setopt(transfer->easy, CURLOPT_NOBODY, 1L);
	} else if (size > 0 || expects_body) {
		curl_easy_setopt(transfer->easy, CURLOPT_POST, 1L);
		curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
		curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS,
			size > 0 ? plan->request->body : "");
	}
	if (strcmp(method, "HEAD") != 0)
		curl_easy_setopt(transfer->easy, CURLOPT_CUSTOMREQUEST, method);
}

static void set_rules(struct transfer *transfer)
{
	const struct transfer_plan *plan = transfer->plan;
	CURL *easy = transfer->easy;

	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* Else a transfer that times out in DNS holds the loop until getaddrinfo returns. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	/* Set, also when empty: else the environment decides. */
	curl_easy_setopt(easy, CURLOPT_PROXY, plan->proxy);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	/* No other one is taken: is_coded_otherwise. */
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, plan->insecure ? 0L : 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, plan->insecure ? 0L : 2L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)plan->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)plan->connect_timeout_ms);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, plan->request->at_most_once ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, PACKAGE "/" VERSION);
}

static void set_callbacks(struct transfer *transfer)
{
	CURL *easy = transfer->easy;

	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
}

int transfer_init(struct transfer *transfer, const struct transfer_plan *plan, struct err *err)
{
	size_t max = plan->request->max_answer ? plan->request->max_answer : ANSWER_MAX_DEFAULT;

	*transfer = (struct transfer){.plan = plan, .body = BUF(max),
		.header_text = BUF(HEADER_BYTES_MAX)};
	if (!is_token(plan->method))
		return err_set(err, MORTISE_E_INTERNAL, "the request's method is no method");
	transfer->easy = curl_easy_init();
	if (!transfer->easy)
		abort();
	curl_easy_setopt(transfer->easy, CURLOPT_URL, plan->url);
	set_rules(transfer);
	set_callbacks(transfer);
	set_method(transfer);
	return set_headers(transfer, err);
}

/* ---- Reading it ---- */

/* The list and its texts in one block, so that one free() takes all of it. */
static struct egress_header *split_headers(const struct buf *text)
{
	struct egress_header *headers;
	const char *cursor;
	char *copy;
	size_t len = 0, size = text->size;

	for (size_t i = 0; i < size; i++)
		len += text->data[i] == '\0';
	len /= 2;
	headers = xcalloc(1, (len + 1) * sizeof(*headers) + size);
	copy = (char *)(headers + len + 1);
	if (size > 0)
		memcpy(copy, text->data, size);
	cursor = copy;
	for (size_t i = 0; i < len; i++) {
		headers[i].name = cursor;
		cursor += strlen(cursor) + 1;
		headers[i].value = cursor;
		cursor += strlen(cursor) + 1;
	}
	return headers;
}

void transfer_take_answer(struct transfer *transfer, struct egress_answer *ret_answer)
{
	long status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	*ret_answer = (struct egress_answer){
		.status = (int)status,
		.headers = split_headers(&transfer->header_text),
		.size = transfer->body.size,
	};
	ret_answer->body = buf_steal(&transfer->body);
}

int64_t transfer_sent_bytes(const struct transfer *transfer)
{
	long bytes = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &bytes);
	return bytes;
}

const char *transfer_certificate_fault(const struct transfer *transfer)
{
	static const struct {
		long code;
		const char *fault;
	} faults[] = {
		/* The chain was fine: then it is the name, which libcurl looks at itself. */
		{X509_V_OK, "it is made out to another host"},
		{X509_V_ERR_HOSTNAME_MISMATCH, "it is made out to another host"},
		{X509_V_ERR_IP_ADDRESS_MISMATCH, "it is made out to another host"},
		{X509_V_ERR_CERT_HAS_EXPIRED, "it has expired"},
		{X509_V_ERR_CERT_NOT_YET_VALID, "it is not valid yet"},
		{X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "it is self-signed"},
	};
	long code = X509_V_ERR_UNSPECIFIED;

	curl_easy_getinfo(transfer->easy, CURLINFO_SSL_VERIFYRESULT, &code);
	for (size_t i = 0; i < lengthof(faults); i++)
		if (faults[i].code == code)
			return faults[i].fault;
	return "no authority known to this system vouches for it";
}

void transfer_done(struct transfer *transfer)
{
	curl_easy_cleanup(transfer->easy);
	for (struct curl_slist *line = transfer->list; line; line = line->next)
		sodium_memzero(line->data, strlen(line->data));
	curl_slist_free_all(transfer->list);
	buf_clear(&transfer->body);
	buf_clear(&transfer->header_text);
}
