/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * egress_send, seen from the worker: the rules of a request, then one transfer after
 * the other (redirects, repeated reads), each started on the loop thread and waited
 * for here.
 */
#include "config.h"
#include "core/egress/egress.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>
#include <sodium.h>

#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/base/ip.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/mem.h"
#include "core/config/settings.h"
#include "core/egress/address.h"
#include "core/egress/multi.h"
#include "core/egress/origin.h"
#include "core/egress/transfer.h"
#include "core/http/metrics.h"

#define REDIRECTS_MAX 5
#define READ_RETRIES 2
#define RETRY_MIN_MS 50
#define RETRY_JITTER_MS 200

METRIC_COUNTER(requests, "mortise_egress_requests_total",
	"Outbound requests by provider and outcome.", "provider", "outcome");
METRIC_SECONDS(seconds, "mortise_egress_seconds",
	"Time from an outbound request to its answer.", "provider");

/* Bits: connections made under an entry of egress.allow, and those whose certificate was
 * not checked, are never used by anybody else. */
enum trust { TRUST_NAMED = 1, TRUST_UNCHECKED = 2, TRUST_LEN = 4 };

struct egress {
	struct loop *loop;
	const struct settings *settings;
	struct ip_network *networks;   /* of egress.allow */
	size_t network_len;
	struct multi *multis[TRUST_LEN];
	struct flight *flights;        /* loop thread: what runs */
	pthread_mutex_t lock;
	pthread_cond_t left;
	/* Under lock: */
	bool stopped;
	size_t inside;                 /* threads in egress_send */
};

/* One transfer on its way: made and awaited by the worker, run by the loop. */
struct flight {
	struct egress *egress;
	struct transfer transfer;
	int trust;
	int64_t delay_ms;
	/* Loop thread: */
	struct loop_timer *timer;      /* not started yet */
	bool started;
	struct flight *next, **link;
	/* Under lock: */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool landed;
	bool cancelled;
	CURLcode result;
};

/* All of one egress_send. */
struct journey {
	struct egress *egress;
	const struct egress_request *request;
	const char *provider;          /* for logs: never NULL */
	char *method;
	char *url;
	struct origin origin;
	bool with_secrets, with_body, insecure;
	bool acted;                    /* a 303 said that a write was carried out */
	int64_t started_ms, until_ms;
	int retries, redirects;
	const char *outcome;           /* one word for log and metrics */
	enum egress_failure failure;
};

/* ---- What an end of libcurl's means ---- */

struct ending {
	CURLcode code;
	const char *outcome;
	enum egress_failure failure;
	bool again;                    /* a read may be tried again */
	const char *text;
};

static const struct ending endings[] = {
	{CURLE_COULDNT_RESOLVE_HOST, "dns", EGRESS_NOT_SENT, true, "its name could not be resolved"},
	{CURLE_COULDNT_RESOLVE_PROXY, "dns", EGRESS_NOT_SENT, true,
		"the proxy's name could not be resolved"},
	{CURLE_COULDNT_CONNECT, "connect", EGRESS_NOT_SENT, true, "it could not be connected to"},
	{CURLE_PROXY, "connect", EGRESS_NOT_SENT, true, "the proxy made no connection"},
	{CURLE_SSL_CONNECT_ERROR, "tls", EGRESS_NOT_SENT, true, "TLS could not be agreed on"},
	{CURLE_PEER_FAILED_VERIFICATION, "tls", EGRESS_NOT_SENT, false,
		"its TLS certificate could not be verified"},
	{CURLE_SSL_CACERT_BADFILE, "tls", EGRESS_NOT_SENT, false,
		"the system's TLS certificates could not be read"},
	{CURLE_SSL_ISSUER_ERROR, "tls", EGRESS_NOT_SENT, false,
		"its TLS certificate could not be verified"},
	{CURLE_URL_MALFORMAT, "url", EGRESS_NOT_SENT, false, "its URL is not usable"},
	{CURLE_UNSUPPORTED_PROTOCOL, "url", EGRESS_NOT_SENT, false, "its URL is not usable"},
	{CURLE_FAILED_INIT, "failed", EGRESS_NOT_SENT, false, "the request could not be begun"},
	{CURLE_OPERATION_TIMEDOUT, "timeout", EGRESS_UNKNOWN, false, "it did not answer in time"},
	{CURLE_GOT_NOTHING, "reset", EGRESS_UNKNOWN, true, "it ended the connection"},
	{CURLE_SEND_ERROR, "reset", EGRESS_UNKNOWN, true, "it ended the connection"},
	{CURLE_RECV_ERROR, "reset", EGRESS_UNKNOWN, true, "it ended the connection"},
	{CURLE_PARTIAL_FILE, "reset", EGRESS_UNKNOWN, true, "its answer was cut short"},
	{CURLE_BAD_CONTENT_ENCODING, "protocol", EGRESS_UNKNOWN, false,
		"its answer could not be decompressed"},
	{CURLE_OK, "protocol", EGRESS_UNKNOWN, false, "its answer could not be understood"},
};

static const struct ending ending_forbidden = {CURLE_ABORTED_BY_CALLBACK, "forbidden",
	EGRESS_NOT_SENT, false, NULL};
static const struct ending ending_limit = {CURLE_WRITE_ERROR, "limit", EGRESS_UNKNOWN, false,
	"its answer is larger than it may be"};
static const struct ending ending_coded = {CURLE_WRITE_ERROR, "protocol", EGRESS_UNKNOWN, false,
	"its answer is in a coding that was not asked for"};

/* The last entry stands for every other code. */
static const struct ending *ending_of(const struct transfer *transfer, CURLcode code)
{
	size_t i = 0;

	if (transfer->forbidden)
		return &ending_forbidden;
	if (transfer->over_limit)
		return &ending_limit;
	if (transfer->coded)
		return &ending_coded;
	while (i + 1 < lengthof(endings) && endings[i].code != code)
		i++;
	return &endings[i];
}

/* ---- The allow list ---- */

static bool is_named(const struct egress *egress, const char *provider,
	const struct origin *origin)
{
	for (size_t i = 0; i < egress->settings->egress_allow_len; i++) {
		const struct settings_allow *allow = &egress->settings->egress_allow[i];

		if (!allow->cidr && provider && strcmp(allow->provider, provider) == 0 &&
			strcasecmp(allow->host, origin->host) == 0 && allow->port == origin->port)
			return true;
	}
	return false;
}

static const char *judge_address(const struct ip *ip, void *arg)
{
	const struct journey *journey = arg;
	const struct egress *egress = journey->egress;
	const char *kind = address_forbidden(ip);

	if (!kind)
		return NULL;
	for (size_t i = 0; i < egress->network_len; i++)
		if (ip_network_has(&egress->networks[i], ip))
			return NULL;
	return is_named(egress, journey->request->provider, &journey->origin) ? NULL : kind;
}

/* Behind a proxy nobody here sees the resolved address: refuse at least what the URL
 * itself says. */
static const char *judge_literal(struct journey *journey)
{
	const char *host = journey->origin.host;
	size_t len = strlen(host);
	struct ip ip;

	if (ip_parse(host, &ip))
		return judge_address(&ip, journey);
	if ((strcmp(host, "localhost") == 0 ||
		(len > 10 && strcmp(host + len - 10, ".localhost") == 0)) &&
		!is_named(journey->egress, journey->request->provider, &journey->origin))
		return "loopback";
	return NULL;
}

/* ---- Who is inside ---- */

static bool egress_is_stopped(struct egress *egress)
{
	bool stopped;

	pthread_mutex_lock(&egress->lock);
	stopped = egress->stopped;
	pthread_mutex_unlock(&egress->lock);
	return stopped;
}

/* False: no request is taken any more. */
static bool egress_enter(struct egress *egress)
{
	bool entered;

	pthread_mutex_lock(&egress->lock);
	entered = !egress->stopped;
	egress->inside += entered;
	pthread_mutex_unlock(&egress->lock);
	return entered;
}

static void egress_leave(struct egress *egress)
{
	pthread_mutex_lock(&egress->lock);
	if (--egress->inside == 0)
		pthread_cond_broadcast(&egress->left);
	pthread_mutex_unlock(&egress->lock);
}

/* ---- Flights: loop thread ---- */

static void flight_land(struct flight *flight, CURLcode result, bool cancelled)
{
	loop_timer_free(flight->timer);
	flight->timer = NULL;
	*flight->link = flight->next;
	if (flight->next)
		flight->next->link = flight->link;
	pthread_mutex_lock(&flight->lock);
	flight->result = result;
	flight->cancelled = cancelled;
	flight->landed = true;
	/* Under the lock: once it is released the worker may take the flight apart. */
	pthread_cond_signal(&flight->wake);
	pthread_mutex_unlock(&flight->lock);
}

static void on_transfer_done(void *arg, CURLcode result)
{
	flight_land(arg, result, false);
}

static void flight_take_off(void *arg)
{
	struct flight *flight = arg;

	loop_timer_free(flight->timer);
	flight->timer = NULL;
	flight->started = true;
	multi_add(flight->egress->multis[flight->trust], flight->transfer.easy, flight);
}

static void flight_begin(void *arg)
{
	struct flight *flight = arg;
	struct egress *egress = flight->egress;

	flight->next = egress->flights;
	flight->link = &egress->flights;
	if (flight->next)
		flight->next->link = &flight->next;
	egress->flights = flight;
	if (egress_is_stopped(egress))
		flight_land(flight, CURLE_ABORTED_BY_CALLBACK, true);
	else if (flight->delay_ms > 0)
		flight->timer = loop_timer_new(egress->loop, flight->delay_ms, 0,
			flight_take_off, flight);
	else
		flight_take_off(flight);
}

static void cancel_all(void *arg)
{
	struct egress *egress = arg;

	while (egress->flights) {
		struct flight *flight = egress->flights;

		if (flight->started)
			multi_remove(egress->multis[flight->trust], flight->transfer.easy);
		flight_land(flight, CURLE_ABORTED_BY_CALLBACK, true);
	}
}

/* ---- Flights: the worker ---- */

static void flight_fly(struct flight *flight)
{
	pthread_mutex_init(&flight->lock, NULL);
	pthread_cond_init(&flight->wake, NULL);
	loop_post(flight->egress->loop, flight_begin, flight);
	pthread_mutex_lock(&flight->lock);
	while (!flight->landed)
		pthread_cond_wait(&flight->wake, &flight->lock);
	pthread_mutex_unlock(&flight->lock);
	pthread_cond_destroy(&flight->wake);
	pthread_mutex_destroy(&flight->lock);
}

static bool is_read(const char *method)
{
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

/* Say how a flight failed. */
static int journey_fail(struct journey *journey, const struct flight *flight,
	const struct ending *ending, struct err *err)
{
	journey->outcome = ending->outcome;
	journey->failure = ending->failure;
	if (transfer_sent_bytes(&flight->transfer) == 0)
		journey->failure = EGRESS_NOT_SENT;
	if (flight->cancelled) {
		journey->outcome = "cancelled";
		return err_set(err, MORTISE_E_CANCELLED, "the daemon is stopping");
	}
	if (flight->transfer.forbidden)
		return err_set(err, MORTISE_E_UPSTREAM, "the upstream's address is %s: if that is "
			"meant, name it in egress.allow", flight->transfer.forbidden);
	if (ending->code == CURLE_PEER_FAILED_VERIFICATION)
		return err_set(err, MORTISE_E_UPSTREAM, "the upstream was not reached: %s (%s)",
			ending->text, transfer_certificate_fault(&flight->transfer));
	return err_set(err, MORTISE_E_UPSTREAM, "the upstream was not reached: %s",
		ending->text);
}

/* How long to wait before this read is tried again; 0: it is not. */
static int64_t retry_delay_ms(struct journey *journey, const struct flight *flight,
	const struct ending *ending)
{
	int64_t delay_ms = RETRY_MIN_MS + randombytes_uniform(RETRY_JITTER_MS);

	if (flight->cancelled || !ending->again || !is_read(journey->method) ||
		journey->request->at_most_once || journey->retries >= READ_RETRIES)
		return 0;
	delay_ms *= journey->retries + 1;
	return clock_mono_ms() + delay_ms < journey->until_ms ? delay_ms : 0;
}

/* The secret headers of one flight: those given, or one that is signed for it. */
static int journey_prove(struct journey *journey, struct egress_header *signed_headers,
	const struct egress_header **ret_headers, struct err *err)
{
	const struct egress_request *request = journey->request;
	int result;

	*ret_headers = journey->with_secrets ? request->secret_headers : NULL;
	if (!journey->with_secrets || !request->sign)
		return 0;
	result = request->sign(request->sign_arg, journey->method, journey->url,
		&signed_headers[0], err);
	*ret_headers = signed_headers;
	return result;
}

/* A flight that has landed, as journey_fly says. */
static int journey_land(struct journey *journey, struct flight *flight, int64_t *delay_ms,
	struct egress_answer *ret_answer, struct err *err)
{
	const struct ending *ending = ending_of(&flight->transfer, flight->result);

	if (flight->result == CURLE_OK) {
		transfer_take_answer(&flight->transfer, ret_answer);
		return 0;
	}
	*delay_ms = retry_delay_ms(journey, flight, ending);
	if (*delay_ms == 0)
		return journey_fail(journey, flight, ending, err);
	journey->retries++;
	return 1;
}

/* One flight.  0: 'ret_answer' is there; 1: to be tried again after '*delay_ms'. */
static int journey_fly(struct journey *journey, int64_t *delay_ms,
	struct egress_answer *ret_answer, struct err *err)
{
	const struct settings *settings = journey->egress->settings;
	int64_t left_ms = journey->until_ms - clock_mono_ms();
	struct egress_header signed_headers[2] = {{0}};
	struct flight flight = {.egress = journey->egress, .delay_ms = *delay_ms,
		.trust = (is_named(journey->egress, journey->request->provider, &journey->origin)
			? TRUST_NAMED : 0) | (journey->insecure ? TRUST_UNCHECKED : 0)};
	struct transfer_plan plan = {.request = journey->request, .method = journey->method,
		.url = journey->url, .with_body = journey->with_body,
		.insecure = journey->insecure,
		.timeout_ms = left_ms - *delay_ms > 1 ? left_ms - *delay_ms : 1,
		.connect_timeout_ms = settings->egress_connect_timeout * 1000,
		.proxy = settings->egress_proxy ? settings->egress_proxy : "",
		.judge = judge_address, .judge_arg = journey};
	int result = journey_prove(journey, signed_headers, &plan.secret_headers, err);

	if (result < 0)
		return result;
	result = transfer_init(&flight.transfer, &plan, err);
	if (result == 0) {
		flight_fly(&flight);
		result = journey_land(journey, &flight, delay_ms, ret_answer, err);
	}
	transfer_done(&flight.transfer);
	return result;
}

/* ---- Redirects ---- */

static bool is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Refused: only 303 says that the request was carried out. */
static int refuse_redirect(struct journey *journey, int status, const char *why, struct err *err)
{
	journey->outcome = "redirect";
	journey->failure = status == 303 ? EGRESS_UNKNOWN : EGRESS_NOT_SENT;
	return err_set(err, MORTISE_E_UPSTREAM, "the upstream's redirect was not followed: %s", why);
}

/* Turn the journey to where 'answer' points.  0: it is the last answer; 1: go on. */
static int journey_turn(struct journey *journey, const struct egress_answer *answer,
	struct err *err)
{
	const char *location = egress_answer_header(answer, "location");
	cleanup_free char *url = NULL;
	struct origin origin;

	if (!is_redirect(answer->status) || !location ||
		journey->request->redirects == MORTISE_REDIRECT_NONE ||
		(journey->request->redirects == MORTISE_REDIRECT_GET && !is_read(journey->method)))
		return 0;
	if (++journey->redirects > REDIRECTS_MAX)
		return refuse_redirect(journey, answer->status, "there were more than five", err);
	url = origin_resolve(journey->url, location);
	if (!url || origin_parse(url, &origin, NULL) < 0)
		return refuse_redirect(journey, answer->status, "it names no usable URL", err);
	if (answer->status == 303 && !is_read(journey->method)) {
		free(journey->method);
		journey->method = xstrdup("GET");
		journey->with_body = false;
		journey->acted = true;
	}
	if (!origin_equals(&origin, &journey->origin)) {
		const char *why = NULL;

		if (strcmp(journey->origin.scheme, "https") == 0 &&
			strcmp(origin.scheme, "http") == 0)
			why = "it leads from https to http";
		else if (!is_read(journey->method))
			why = "it takes a write to another origin";
		if (why) {
			origin_clear(&origin);
			return refuse_redirect(journey, answer->status, why, err);
		}
		/* For good: coming back would hand them to whoever redirected us. */
		journey->with_secrets = false;
		journey->insecure = false;
	}
	origin_clear(&journey->origin);
	journey->origin = origin;
	free(journey->url);
	journey->url = steal(&url);
	return 1;
}

/* ---- The whole ---- */

static int journey_begin(struct journey *journey, struct err *err)
{
	const struct egress_request *request = journey->request;
	int64_t limit_ms = request->timeout_ms > 0 ? request->timeout_ms
		: (int64_t)journey->egress->settings->egress_timeout * 1000;

	journey->started_ms = clock_mono_ms();
	journey->until_ms = journey->started_ms + limit_ms;
	journey->method = xstrdup(request->method);
	journey->url = xstrdup(request->url);
	journey->with_secrets = journey->with_body = true;
	journey->insecure = request->insecure;
	journey->outcome = "refused";
	journey->failure = EGRESS_NOT_SENT;
	if (origin_parse(request->url, &journey->origin, NULL) < 0)
		return err_set(err, MORTISE_E_INTERNAL, "the request's URL is not one of http or "
			"https without user and password");
	return 0;
}

static int check_literal(struct journey *journey, struct err *err)
{
	const char *proxy = journey->egress->settings->egress_proxy;
	const char *kind = proxy && *proxy ? judge_literal(journey) : NULL;

	if (!kind)
		return 0;
	journey->outcome = ending_forbidden.outcome;
	journey->failure = ending_forbidden.failure;
	return err_set(err, MORTISE_E_UPSTREAM, "the upstream's address is %s: if that is meant, "
		"name it in egress.allow", kind);
}

static int journey_travel(struct journey *journey, struct egress_answer *ret_answer,
	struct err *err)
{
	for (;;) {
		struct egress_answer answer = {0};
		int64_t delay_ms = 0;
		int result = check_literal(journey, err);

		if (result < 0)
			return result;
		do
			result = journey_fly(journey, &delay_ms, &answer, err);
		while (result == 1);
		if (result < 0)
			return result;
		result = journey_turn(journey, &answer, err);
		if (result == 0) {
			journey->outcome = "answered";
			journey->failure = EGRESS_ANSWERED;
			answer.elapsed_ms = clock_mono_ms() - journey->started_ms;
			*ret_answer = answer;
			return 0;
		}
		egress_answer_clear(&answer);
		if (result < 0)
			return result;
	}
}

static void journey_report(const struct journey *journey, int status)
{
	int64_t elapsed_ms = clock_mono_ms() - journey->started_ms;

	log_info("egress.request", LOG_TEXT("provider", journey->provider),
		LOG_TEXT("method", journey->method), LOG_TEXT("outcome", journey->outcome),
		LOG_TEXT("certificate", journey->insecure ? "unchecked" : "checked"),
		LOG_INT("status", status), LOG_INT("retries", journey->retries),
		LOG_INT("redirects", journey->redirects), LOG_INT("elapsed_ms", elapsed_ms));
	metrics_add(&requests, 1, journey->provider, journey->outcome);
	metrics_observe_ms(&seconds, elapsed_ms, journey->provider);
}

int egress_send(struct egress *egress, const struct egress_request *request,
	struct egress_answer *ret_answer, enum egress_failure *ret_failure, struct err *err)
{
	struct journey journey = {.egress = egress, .request = request,
		.provider = request->provider ? request->provider : "-"};
	int result;

	if (!egress_enter(egress)) {
		*ret_failure = EGRESS_NOT_SENT;
		return err_set(err, MORTISE_E_CANCELLED, "the daemon is stopping");
	}
	result = journey_begin(&journey, err);
	if (result == 0)
		result = journey_travel(&journey, ret_answer, err);
	journey_report(&journey, result == 0 ? ret_answer->status : 0);
	*ret_failure = journey.acted && journey.failure == EGRESS_NOT_SENT ? EGRESS_UNKNOWN
		: journey.failure;
	free(journey.method);
	free(journey.url);
	origin_clear(&journey.origin);
	egress_leave(egress);
	return result;
}

void egress_answer_clear(struct egress_answer *answer)
{
	free(answer->headers);
	free(answer->body);
	*answer = (struct egress_answer){0};
}

const char *egress_answer_header(const struct egress_answer *answer, const char *name)
{
	const char *value = NULL;

	for (const struct egress_header *header = answer->headers; header && header->name; header++)
		if (strcasecmp(header->name, name) == 0)
			value = header->value;
	return value;
}

/* ---- The client ---- */

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void curl_begin(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
}

struct egress *egress_new(struct loop *loop, const struct settings *settings)
{
	struct egress *egress = new(struct egress);

	pthread_once(&curl_once, curl_begin);
	pthread_mutex_init(&egress->lock, NULL);
	pthread_cond_init(&egress->left, NULL);
	egress->loop = loop;
	egress->settings = settings;
	egress->networks = xcalloc(settings->egress_allow_len, sizeof(*egress->networks));
	for (size_t i = 0; i < settings->egress_allow_len; i++) {
		const char *text = settings->egress_allow[i].cidr;

		/* The settings hold none that is not a network. */
		if (text && ip_network_parse(text, &egress->networks[egress->network_len]))
			egress->network_len++;
	}
	for (size_t i = 0; i < TRUST_LEN; i++)
		egress->multis[i] = multi_new(loop, on_transfer_done);
	return egress;
}

void egress_stop(struct egress *egress)
{
	pthread_mutex_lock(&egress->lock);
	egress->stopped = true;
	pthread_mutex_unlock(&egress->lock);
	loop_post(egress->loop, cancel_all, egress);
	pthread_mutex_lock(&egress->lock);
	while (egress->inside > 0)
		pthread_cond_wait(&egress->left, &egress->lock);
	pthread_mutex_unlock(&egress->lock);
}

void egress_free(struct egress *egress)
{
	if (!egress)
		return;
	assert(egress->inside == 0);
	pthread_cond_destroy(&egress->left);
	pthread_mutex_destroy(&egress->lock);
	for (size_t i = 0; i < TRUST_LEN; i++)
		multi_free(egress->multis[i]);
	free(egress->networks);
	free(egress);
}
