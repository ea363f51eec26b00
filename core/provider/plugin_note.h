/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * The ELF note of a plugin: what it is and which ABI it needs, read without running
 * any of its code.  Constructors run inside dlopen, before any other check could.
 *
 * The file is read with pread, never mapped: a file that is cut meanwhile would be a
 * SIGBUS.  The descriptor that was checked is the one that the host process loads.
 * Any thread.
 */
#ifndef MORTISE_PROVIDER_PLUGIN_NOTE_H
#define MORTISE_PROVIDER_PLUGIN_NOTE_H

#include <stdint.h>

struct err;

struct plugin_note {
	uint16_t abi_major, abi_minor;
	uint32_t plugin_size;
	char name[64];
	char version[32];
	char license[32];
};

/* Open a plugin and read its note.  '*ret_fd' is a descriptor of the file that was
 * checked.  E_NOT_FOUND: there is no such file; E_UNSUPPORTED: this daemon cannot load
 * it, with a text that names the file, both sides and what to do. */
int plugin_note_open(const char *path, int *ret_fd, struct plugin_note *ret_note, struct err *err);
/* The same from an open descriptor; 'file' is its name for texts. */
int plugin_note_read(int fd, const char *file, struct plugin_note *ret_note, struct err *err);

#endif
