/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * A plugin that is wrong in one way, chosen when it is compiled.  Descriptor and
 * note say the same, so that mortised and mortise-host each meet the fault.
 */
#include <mortise/plugin.h>

#include <stdio.h>
#include <stdlib.h>

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
#else
#define MINOR MORTISE_ABI_MINOR
#endif
#ifdef SHORT_SIZE
#define SIZE 8
#else
#define SIZE ((uint32_t)sizeof(struct mortise_plugin))
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

static int32_t load(const struct mortise_host *host, const struct mortise_registry *registry,
	struct mortise_registrar *reg)
{
	const struct mortise_provider provider = {
		.size = sizeof(provider), .key = "bad", .name = "Bad"};
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
#ifdef LOAD_REFUSES
	return MORTISE_E_SETTINGS;
#endif
#ifdef REGISTERS_BADLY
	ret = registry->upstream(reg, "bad", &upstream);
#endif
	return ret;
}

MORTISE_EXPORT extern const struct mortise_plugin mortise_plugin;
const struct mortise_plugin mortise_plugin = {MAGIC, MAJOR, MINOR, SIZE, 0, NAME, "1.0",
	"Apache-2.0", load, NULL};

#ifndef NO_NOTE
__attribute__((used, section(".note.mortise"), aligned(4)))
static const struct mortise_note note = {8, (uint32_t)(sizeof(struct mortise_note) - 20), 1,
	"Mortise", MAGIC, MAJOR, MINOR, SIZE, NAME, "1.0", "Apache-2.0"};
#endif
