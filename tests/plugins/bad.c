/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A plugin that is wrong in one way, chosen when it is compiled.  Descriptor and
 * note say the same, so that mortised and mortise-host each meet the fault.
 */
#include <mortise/plugin.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef NAME
#define NAME "bad"
#endif
#ifdef BAD_MAGIC
#define MAGIC 0x12345678u
#else
#define MAGIC MORTISE_MAGIC
#endif
#ifdef OTHER_MAJOR
#define MAJOR (MORTISE_ABI_MAJOR + 7)
#else
#define MAJOR MORTISE_ABI_MAJOR
#endif
#ifdef NEWER_MINOR
#define MINOR (MORTISE_ABI_MINOR + 1)
#elif defined(OLDEST_MINOR)            /* not wrong at all */
#define MINOR MORTISE_ABI_MINOR_OLDEST
#else
#define MINOR MORTISE_ABI_MINOR
#endif
#ifdef SHORT_SIZE
#define SIZE 8
#else
#define SIZE ((uint32_t)sizeof(struct mortise_plugin))
#endif

#ifdef NO_LOAD
#define LOAD NULL
#else
#define LOAD load
#endif

#ifdef CONSTRUCTOR_CRASHES
__attribute__((constructor)) static void begin(void)
{
	abort();
}
#endif

#ifdef CONSTRUCTOR_WRITES
__attribute__((constructor)) static void begin(void)
{
	FILE *file = fopen("mortise-constructor-wrote-this", "w");

	if (file)
		fclose(file);
}
#endif

#ifdef CONSTRUCTOR_BABBLES
/* The host's socket is open to whoever runs in its process. */
__attribute__((constructor)) static void begin(void)
{
	static const char bytes[] = "This is no frame, and not even its header is one.";

	(void)!write(3, bytes, sizeof(bytes));
}
#endif

#ifdef LOAD_THREADS
#define THREADS 1000

static void *wait_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* How many threads can be had. */
static int bomb(void)
{
	pthread_t thread;
	int count = 0;

	while (count < THREADS && pthread_create(&thread, NULL, wait_for_ever, NULL) == 0)
		count++;
	return count;
}
#endif

#ifdef LOAD_EATS
#define PIECE ((size_t)16 << 20)
#define PIECES 128                     /* 2 GiB, four times what a host may have */

/* How much memory can be had, of a kind that limits count and of one that they do not. */
static int eat(int flags)
{
	int count = 0;

	while (count < PIECES) {
		char *piece = mmap(NULL, PIECE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

		if (piece == MAP_FAILED)
			break;
		piece[0] = 1;
		count++;
	}
	return count;
}
#endif

#if defined(BAD_EXPRESSION) || defined(TRACKS_BADLY)
static int32_t handle(struct mortise_call *call, const json_t *input, json_t **ret_output)
{
	(void)call;
	(void)input;
	(void)ret_output;
	return MORTISE_OK;
}
#endif

#ifndef NO_LOAD
static int32_t load(const struct mortise_host *host, const struct mortise_registry *registry,
	struct mortise_registrar *reg)
{
	const struct mortise_provider provider = {
		.size = sizeof(provider), .key = "bad", .name = "Bad"};
#ifdef NULL_CALLBACK
	const struct mortise_task task = {
		.size = sizeof(task), .name = "nothing", .scope = MORTISE_SCOPE_PROVIDER};
#endif
#ifdef BAD_EXPRESSION
	const struct mortise_webhook webhook = {
		.size = sizeof(webhook), .path = "hook/", .mode = MORTISE_WEBHOOK_STORED,
		.scope = MORTISE_SCOPE_PROVIDER, .scheme = MORTISE_SCHEME_NONE,
		.event = "nonsense:event", .handler = handle};
#endif
#ifdef TRACKS_BADLY
	const struct mortise_provider worse = {
		.size = sizeof(worse), .key = "worse", .name = "Worse"};
	const struct mortise_feature feature = {.size = sizeof(feature), .feature = "issue-sync",
		.flags = MORTISE_FEATURE_IN_SET};
	const struct mortise_issue_provider issues = {.size = sizeof(issues),
		.key_url = "https://bad.test/{key}/{state:/a}", .create = handle, .get = handle,
		.comment_create = handle, .status_out = handle,
		.sync = "{\"comment\": \"sync_comments\"}"};
#endif
#ifdef REGISTERS_BADLY
	const struct mortise_upstream upstream = {
		.size = sizeof(upstream), .name = "api", .base = "setting:nowhere"};
#endif
	int32_t ret = registry->provider(reg, &provider);

	(void)host;
#ifdef LOAD_CRASHES
	abort();
#endif
#ifdef LOAD_HANGS
	for (;;)
		continue;
#endif
#ifdef LOAD_THREADS
	if (bomb() < THREADS)
		return MORTISE_E_FORBIDDEN;
#endif
#ifdef LOAD_EATS
	if (eat(MAP_PRIVATE) < PIECES && eat(MAP_SHARED) < PIECES)
		return MORTISE_E_LIMIT;
#endif
#ifdef LOAD_REFUSES
	return MORTISE_E_SETTINGS;
#endif
#ifdef NULL_CALLBACK
	ret = registry->task(reg, "bad", &task);
#endif
#ifdef BAD_EXPRESSION
	ret = registry->webhook(reg, "bad", &webhook);
#endif
#ifdef TRACKS_BADLY
	ret = registry->issue_provider(reg, "bad", &issues);
	if (ret == MORTISE_OK)
		ret = registry->provider(reg, &worse);
	if (ret == MORTISE_OK)
		ret = registry->feature(reg, "worse", &feature);
#endif
#ifdef REGISTERS_BADLY
	ret = registry->upstream(reg, "bad", &upstream);
#endif
	return ret;
}
#endif

MORTISE_EXPORT extern const struct mortise_plugin mortise_plugin;
const struct mortise_plugin mortise_plugin = {MAGIC, MAJOR, MINOR, SIZE, 0, NAME, "1.0",
	"Apache-2.0", LOAD, NULL};

#ifndef NO_NOTE
__attribute__((used, section(".note.mortise"), aligned(4)))
static const struct mortise_note note = {8, (uint32_t)(sizeof(struct mortise_note) - 20), 1,
	"Mortise", MAGIC, MAJOR, MINOR, SIZE, NAME, "1.0", "Apache-2.0"};
#endif
