/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "core/provider/plugin_note.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mortise/plugin.h>

#include "core/base/err.h"
#include "core/base/mem.h"

#define SEGMENT_MAX 64
#define NOTES_MAX ((size_t)64 << 10)   /* bytes of one note segment */
#define DYNAMIC_MAX ((size_t)64 << 10)
#define NOTE_HEAD_SIZE offsetof(struct mortise_note, owner)
#define NOTE_CONTENT_OFFSET offsetof(struct mortise_note, magic)
/* The end of the last member of version 0.1: the least that a plugin may have. */
#define PLUGIN_MIN_SIZE (offsetof(struct mortise_plugin, unload) + sizeof(void (*)(void)))

/* Our own ELF header, from the linker: what "this machine" is. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* A plugin file while it is read. */
struct elf_file {
	int fd;
	const char *name;      /* for texts */
	uint64_t size;
	struct mortise_note note;
	size_t note_len;       /* how many there are */
	bool has_stack;        /* a PT_GNU_STACK was there */
};

static int refuse(const struct elf_file *file, const char *why, struct err *err)
{
	return err_set(err, MORTISE_E_UNSUPPORTED, "%s: %s", file->name, why);
}

static int read_at(const struct elf_file *file, uint64_t offset, void *ret_data, size_t size,
	struct err *err)
{
	char *to = ret_data;

	if (offset > file->size || size > file->size - offset)
		return refuse(file, "is cut short: copy it again", err);
	while (size > 0) {
		ssize_t got = pread(file->fd, to, size, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(err, MORTISE_E_RETRY, "%s: cannot be read: %s", file->name,
				strerror(errno));
		if (got == 0)
			return refuse(file, "is cut short: copy it again", err);
		to += got;
		offset += (uint64_t)got;
		size -= (size_t)got;
	}
	return 0;
}

static int read_header(struct elf_file *file, ElfW(Ehdr) *ret_header, struct err *err)
{
	const ElfW(Ehdr) *own = &__ehdr_start;
	int result = read_at(file, 0, ret_header, sizeof(*ret_header), err);

	if (result < 0)
		return result;
	if (memcmp(ret_header->e_ident, ELFMAG, SELFMAG) != 0)
		return refuse(file, "is no shared object: give the .so that the plugin's build made",
			err);
	if (ret_header->e_ident[EI_CLASS] != own->e_ident[EI_CLASS] ||
		ret_header->e_ident[EI_DATA] != own->e_ident[EI_DATA] ||
		ret_header->e_machine != own->e_machine)
		return err_set(err, MORTISE_E_UNSUPPORTED,
			"%s: is built for ELF class %d, machine %d, this mortised runs on class %d, "
			"machine %d: build it for this machine",
			file->name, ret_header->e_ident[EI_CLASS], ret_header->e_machine,
			own->e_ident[EI_CLASS], own->e_machine);
	if (ret_header->e_type != ET_DYN)
		return refuse(file, "is an ELF file but no shared object: link it with -shared", err);
	if (ret_header->e_phentsize != sizeof(ElfW(Phdr)) || ret_header->e_phnum == 0 ||
		ret_header->e_phnum > SEGMENT_MAX)
		return refuse(file, "has a broken program header table: build it again", err);
	return 0;
}

/* Where the next note starts; segments with an alignment of 8 pad to 8. */
static size_t padded(size_t size, size_t align)
{
	return (size + align - 1) & ~(align - 1);
}

static int take_note(struct elf_file *file, const char *data, size_t size, struct err *err)
{
	if (size < sizeof(struct mortise_note))
		return refuse(file, "has a Mortise note that is too short: build it again with the "
			"MORTISE_PLUGIN macro", err);
	memcpy(&file->note, data, sizeof(file->note));
	file->note_len++;
	return 0;
}

/* Walk the notes of one segment. */
static int read_notes(struct elf_file *file, const ElfW(Phdr) *segment, struct err *err)
{
	size_t size = (size_t)segment->p_filesz;
	size_t align = segment->p_align == 8 ? 8 : 4;
	cleanup_free char *data = NULL;
	size_t at = 0;
	int result;

	if (segment->p_filesz > NOTES_MAX)
		return refuse(file, "has a note segment of more than 64 KiB: build it again", err);
	data = xmalloc(size);
	result = read_at(file, segment->p_offset, data, size, err);
	while (result == 0 && size - at >= NOTE_HEAD_SIZE) {
		uint32_t head[3];      /* size of name, size of content, type */
		size_t content, end;

		memcpy(head, data + at, sizeof(head));
		if (head[0] > size || head[1] > size)
			return refuse(file, "has a broken note: build it again", err);
		content = padded(at + NOTE_HEAD_SIZE + head[0], align);
		end = content + head[1];
		if (end > size)
			return refuse(file, "has a broken note: build it again", err);
		if (head[2] == 1 && head[0] == sizeof(file->note.owner) &&
			memcmp(data + at + NOTE_HEAD_SIZE, "Mortise", head[0]) == 0 &&
			content == at + NOTE_CONTENT_OFFSET)
			result = take_note(file, data + at, end - at, err);
		at = padded(end, align);
		if (at > size)
			break;
	}
	return result;
}

/* TEXTREL makes the loader write into code pages, which the sandbox forbids. */
static int check_dynamic(struct elf_file *file, const ElfW(Phdr) *segment, struct err *err)
{
	size_t len = (size_t)segment->p_filesz / sizeof(ElfW(Dyn));
	cleanup_free ElfW(Dyn) *entries = NULL;
	int result;

	if (segment->p_filesz > DYNAMIC_MAX)
		return refuse(file, "has a dynamic section of more than 64 KiB: build it again", err);
	entries = xcalloc(len, sizeof(*entries));
	result = read_at(file, segment->p_offset, entries, len * sizeof(*entries), err);
	if (result < 0)
		return result;
	for (size_t i = 0; i < len && entries[i].d_tag != DT_NULL; i++)
		if (entries[i].d_tag == DT_TEXTREL ||
			(entries[i].d_tag == DT_FLAGS && (entries[i].d_un.d_val & DF_TEXTREL)))
			return refuse(file, "has relocations in its code (TEXTREL), which mortise-host "
				"cannot load: compile it with -fPIC", err);
	return 0;
}

static int read_segment(struct elf_file *file, const ElfW(Phdr) *segment, struct err *err)
{
	switch (segment->p_type) {
	case PT_NOTE:
		return read_notes(file, segment, err);
	case PT_DYNAMIC:
		return check_dynamic(file, segment, err);
	case PT_GNU_STACK:
		file->has_stack = true;
		if (segment->p_flags & PF_X)
			return refuse(file, "asks for an executable stack, which mortise-host does not "
				"give: link it with -Wl,-z,noexecstack", err);
		return 0;
	default:
		return 0;
	}
}

static bool is_terminated(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

/* Versions: minors only add; while the ABI is 0.x one may also end those before it. */
static int check_abi(const struct elf_file *file, struct err *err)
{
	const struct mortise_note *note = &file->note;
	bool same = note->abi_major == MORTISE_ABI_MAJOR &&
		note->abi_minor >= MORTISE_ABI_MINOR_OLDEST && note->abi_minor <= MORTISE_ABI_MINOR;
	bool newer = note->abi_major > MORTISE_ABI_MAJOR ||
		(note->abi_major == MORTISE_ABI_MAJOR && note->abi_minor > MORTISE_ABI_MINOR);

	if (same)
		return 0;
	if (newer)
		return err_set(err, MORTISE_E_UNSUPPORTED,
			"%s: needs plugin ABI %d.%d, this mortised provides %d.%d: update mortised, or "
			"use a %s built for %d.%d",
			file->name, note->abi_major, note->abi_minor, MORTISE_ABI_MAJOR,
			MORTISE_ABI_MINOR, file->name, MORTISE_ABI_MAJOR, MORTISE_ABI_MINOR);
	return err_set(err, MORTISE_E_UNSUPPORTED,
		"%s: was built for plugin ABI %d.%d, this mortised provides %d.%d: build it again "
		"with this mortised's <mortise/plugin.h>",
		file->name, note->abi_major, note->abi_minor, MORTISE_ABI_MAJOR, MORTISE_ABI_MINOR);
}

static bool is_plugin_name(const char *name)
{
	size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return size > 0 && name[size] == '\0';
}

static int check_note(const struct elf_file *file, struct err *err)
{
	const struct mortise_note *note = &file->note;
	int result;

	if (file->note_len == 0)
		return refuse(file, "has no Mortise note, so it is no plugin: use the MORTISE_PLUGIN "
			"macro of <mortise/plugin.h>, and link without a static archive", err);
	if (file->note_len > 1)
		return refuse(file, "has more than one Mortise note: use MORTISE_PLUGIN once, and link "
			"no other plugin in", err);
	if (note->magic != MORTISE_MAGIC)
		return refuse(file, "has a Mortise note with a wrong magic: build it again with the "
			"MORTISE_PLUGIN macro", err);
	result = check_abi(file, err);
	if (result < 0)
		return result;
	if (note->plugin_size < PLUGIN_MIN_SIZE)
		return err_set(err, MORTISE_E_UNSUPPORTED,
			"%s: its descriptor has %u bytes, this mortised needs %zu: build it again with "
			"this mortised's <mortise/plugin.h>",
			file->name, note->plugin_size, PLUGIN_MIN_SIZE);
	if (!is_terminated(note->name, sizeof(note->name)) ||
		!is_terminated(note->version, sizeof(note->version)) ||
		!is_terminated(note->license, sizeof(note->license)))
		return refuse(file, "has a name, version or licence that is too long: shorten it in "
			"MORTISE_PLUGIN", err);
	if (!is_plugin_name(note->name))
		return refuse(file, "has a name that is not of a-z, 0-9, _ and -: change it in "
			"MORTISE_PLUGIN", err);
	return 0;
}

int plugin_note_read(int fd, const char *file_name, struct plugin_note *ret_note, struct err *err)
{
	struct elf_file file = {.fd = fd, .name = file_name};
	ElfW(Phdr) segments[SEGMENT_MAX];
	ElfW(Ehdr) header;
	struct stat info;
	int result;

	if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
		return refuse(&file, "is no regular file: give the .so itself", err);
	file.size = (uint64_t)info.st_size;
	result = read_header(&file, &header, err);
	if (result == 0)
		result = read_at(&file, header.e_phoff, segments,
			header.e_phnum * sizeof(segments[0]), err);
	for (size_t i = 0; result == 0 && i < header.e_phnum; i++)
		result = read_segment(&file, &segments[i], err);
	if (result == 0 && !file.has_stack)
		result = refuse(&file, "does not say that its stack is not executable: link it with "
			"-Wl,-z,noexecstack", err);
	if (result == 0)
		result = check_note(&file, err);
	if (result < 0)
		return result;
	*ret_note = (struct plugin_note){
		.abi_major = file.note.abi_major,
		.abi_minor = file.note.abi_minor,
		.plugin_size = file.note.plugin_size,
	};
	memcpy(ret_note->name, file.note.name, sizeof(ret_note->name));
	memcpy(ret_note->version, file.note.version, sizeof(ret_note->version));
	memcpy(ret_note->license, file.note.license, sizeof(ret_note->license));
	return 0;
}

int plugin_note_open(const char *path, int *ret_fd, struct plugin_note *ret_note, struct err *err)
{
	const char *slash = strrchr(path, '/');
	/* NONBLOCK: opening a pipe must not wait. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int result;

	if (fd < 0)
		return errno == ENOENT ? err_set(err, MORTISE_E_NOT_FOUND,
			"%s: there is no such file: install the plugin there, or correct its name", path) :
			err_set(err, MORTISE_E_UNSUPPORTED, "%s: cannot be opened: %s", path,
				strerror(errno));
	result = plugin_note_read(fd, slash ? slash + 1 : path, ret_note, err);
	if (result < 0) {
		close(fd);
		return result;
	}
	*ret_fd = fd;
	return 0;
}
