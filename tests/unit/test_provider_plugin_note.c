/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mortise/plugin.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/provider/plugin_note.h"

extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* The smallest file that the reader takes for a plugin. */
struct image {
	ElfW(Ehdr) header;
	ElfW(Phdr) segments[3];    /* note, stack, dynamic */
	struct mortise_note notes[2];
	ElfW(Dyn) dynamic[2];
};

static struct image good_image(void)
{
	struct image image = {
		.header = {
			.e_type = ET_DYN,
			.e_machine = __ehdr_start.e_machine,
			.e_version = EV_CURRENT,
			.e_phoff = offsetof(struct image, segments),
			.e_ehsize = sizeof(ElfW(Ehdr)),
			.e_phentsize = sizeof(ElfW(Phdr)),
			.e_phnum = 3,
		},
		.segments = {
			{.p_type = PT_NOTE, .p_offset = offsetof(struct image, notes),
				.p_filesz = sizeof(struct mortise_note), .p_align = 4},
			{.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W},
			{.p_type = PT_DYNAMIC, .p_offset = offsetof(struct image, dynamic),
				.p_filesz = sizeof(ElfW(Dyn)) * 2, .p_align = 8},
		},
		.notes = {{8, sizeof(struct mortise_note) - 20, 1, "Mortise", MORTISE_MAGIC,
			MORTISE_ABI_MAJOR, MORTISE_ABI_MINOR, sizeof(struct mortise_plugin), "acme",
			"1.0", "MIT"}},
		.dynamic = {{.d_tag = DT_SYMTAB}},
	};

	memcpy(image.header.e_ident, __ehdr_start.e_ident, EI_NIDENT);
	image.notes[1] = image.notes[0];
	return image;
}

static int read_bytes(const void *data, size_t size, struct plugin_note *note, struct err *err)
{
	int fd = memfd_create("acme.so", MFD_CLOEXEC);
	int result;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), (ssize_t)size);
	result = plugin_note_read(fd, "acme.so", note, err);
	close(fd);
	return result;
}

static void a_good_note_is_read(void **state)
{
	struct image image = good_image();
	struct plugin_note note;
	cleanup_err struct err err = {0};

	(void)state;
	assert_int_equal(read_bytes(&image, sizeof(image), &note, &err), 0);
	assert_string_equal(note.name, "acme");
	assert_string_equal(note.version, "1.0");
	assert_string_equal(note.license, "MIT");
	assert_int_equal(note.abi_minor, MORTISE_ABI_MINOR);
}

static void minors_that_only_added_do_not_matter(void **state)
{
	struct image image = good_image();
	struct plugin_note note;
	cleanup_err struct err err = {0};

	(void)state;
	image.notes[0].abi_minor = MORTISE_ABI_MINOR_OLDEST;
	assert_int_equal(read_bytes(&image, sizeof(image), &note, &err), 0);
	assert_int_equal(note.abi_minor, 1);
}

static void other_notes_in_the_segment_do_not_matter(void **state)
{
	struct image image = good_image();
	struct plugin_note note;
	cleanup_err struct err err = {0};

	(void)state;
	image.segments[0].p_filesz *= 2;
	image.notes[0].type = 2;
	assert_int_equal(read_bytes(&image, sizeof(image), &note, &err), 0);
}

/* A member set to another value; one of more than eight bytes is filled with it. */
#define SET(member_, value_, words_) \
	{offsetof(struct image, member_), sizeof(((struct image *)NULL)->member_), (value_), (words_)}

static const struct {
	size_t offset, size;
	uint64_t value;
	const char *words;
} mutations[] = {
	SET(header.e_ident[0], 'x', "no shared object"),
	SET(header.e_ident[EI_CLASS], 3, "class 3"),
	SET(header.e_machine, EM_VAX, "machine 75"),
	SET(header.e_type, ET_EXEC, "-shared"),
	SET(header.e_phnum, 0, "program header"),
	SET(header.e_phnum, 65000, "program header"),
	SET(header.e_phentsize, 57, "program header"),
	SET(header.e_phoff, UINT64_MAX - 8, "cut short"),
	SET(segments[0].p_filesz, UINT64_MAX, "64 KiB"),
	SET(segments[0].p_offset, UINT64_MAX - 3, "cut short"),
	SET(segments[0].p_filesz, sizeof(struct mortise_note) - 4, "broken note"),
	SET(segments[0].p_filesz, 2 * sizeof(struct mortise_note), "more than one"),
	SET(segments[0].p_type, PT_NULL, "no Mortise note"),
	SET(notes[0].namesz, UINT32_MAX, "broken note"),
	SET(notes[0].descsz, UINT32_MAX - 3, "broken note"),
	SET(notes[0].descsz, 16, "too short"),
	SET(notes[0].owner[0], 'X', "no Mortise note"),
	SET(notes[0].magic, 1, "wrong magic"),
	SET(notes[0].abi_minor, 5, "needs plugin ABI 0.5, this mortised provides 0.4: update mortised"),
	SET(notes[0].abi_major, 7, "needs plugin ABI 7.4, this mortised provides 0.4"),
	SET(notes[0].abi_minor, 0, "was built for plugin ABI 0.0, this mortised provides 0.4"),
	SET(notes[0].plugin_size, 8, "descriptor has 8 bytes"),
	SET(notes[0].name, 'a', "too long"),
	SET(notes[0].version, '1', "too long"),
	SET(notes[0].license, 'a', "too long"),
	SET(notes[0].name[1], '/', "a-z"),
	SET(notes[0].name, 0, "a-z"),
	SET(segments[1].p_flags, PF_R | PF_W | PF_X, "noexecstack"),
	SET(segments[1].p_type, PT_NULL, "noexecstack"),
	SET(dynamic[0].d_tag, DT_TEXTREL, "-fPIC"),
	SET(segments[2].p_filesz, UINT64_C(1) << 40, "64 KiB"),
};

static void every_broken_file_is_refused_with_its_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(mutations); i++) {
		struct image image = good_image();
		char *at = (char *)&image + mutations[i].offset;
		struct plugin_note note;
		cleanup_err struct err err = {0};

		if (mutations[i].size > sizeof(uint64_t))
			memset(at, (int)mutations[i].value, mutations[i].size);
		else
			memcpy(at, &mutations[i].value, mutations[i].size);
		if (read_bytes(&image, sizeof(image), &note, &err) != MORTISE_E_UNSUPPORTED ||
			!strstr(err_text(&err), mutations[i].words) ||
			strncmp(err_text(&err), "acme.so: ", 9) != 0)
			fail_msg("mutation %zu (%s): %s", i, mutations[i].words, err_text(&err));
	}
}

static void text_relocations_as_a_flag_are_refused_too(void **state)
{
	struct image image = good_image();
	struct plugin_note note;
	cleanup_err struct err err = {0};

	(void)state;
	image.dynamic[0].d_tag = DT_FLAGS;
	image.dynamic[0].d_un.d_val = DF_TEXTREL;
	assert_int_equal(read_bytes(&image, sizeof(image), &note, &err), MORTISE_E_UNSUPPORTED);
	assert_non_null(strstr(err_text(&err), "-fPIC"));
}

static void a_file_cut_anywhere_is_refused(void **state)
{
	struct image image = good_image();

	(void)state;
	for (size_t size = 0; size < sizeof(image); size++) {
		struct plugin_note note;
		cleanup_err struct err err = {0};

		if (read_bytes(&image, size, &note, &err) != MORTISE_E_UNSUPPORTED &&
			size < offsetof(struct image, notes[1]))
			fail_msg("a file of %zu bytes was accepted", size);
	}
}

static void what_is_no_file_is_refused(void **state)
{
	struct plugin_note note;
	cleanup_err struct err missing = {0}, folder = {0}, pipe_err = {0};
	char path[] = "/tmp/mortise-note-XXXXXX";
	cleanup_free char *fifo = NULL;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(path));
	fifo = xasprintf("%s/acme.so", path);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(plugin_note_open("/nonexistent/acme.so", &fd, &note, &missing),
		MORTISE_E_NOT_FOUND);
	assert_int_equal(plugin_note_open(path, &fd, &note, &folder), MORTISE_E_UNSUPPORTED);
	assert_int_equal(plugin_note_open(fifo, &fd, &note, &pipe_err), MORTISE_E_UNSUPPORTED);
	assert_non_null(strstr(err_text(&pipe_err), "no regular file"));
	unlink(fifo);
	rmdir(path);
}

static int find_libc(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	if (!strstr(info->dlpi_name, "/libc.so"))
		return 0;
	*(char **)arg = xstrdup(info->dlpi_name);
	return 1;
}

static void a_real_library_without_note_is_refused(void **state)
{
	cleanup_free char *path = NULL;
	struct plugin_note note;
	cleanup_err struct err err = {0};
	int fd;

	(void)state;
	dl_iterate_phdr(find_libc, &path);
	if (!path)
		skip();
	assert_int_equal(plugin_note_open(path, &fd, &note, &err), MORTISE_E_UNSUPPORTED);
	assert_non_null(strstr(err_text(&err), "no Mortise note"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_note_is_read),
		cmocka_unit_test(minors_that_only_added_do_not_matter),
		cmocka_unit_test(other_notes_in_the_segment_do_not_matter),
		cmocka_unit_test(every_broken_file_is_refused_with_its_reason),
		cmocka_unit_test(text_relocations_as_a_flag_are_refused_too),
		cmocka_unit_test(a_file_cut_anywhere_is_refused),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(a_real_library_without_note_is_refused),
	};

	return cmocka_run_group_tests_name("provider_plugin_note", tests, NULL, NULL);
}
