/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "host/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <seccomp.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/frame/crash_page.h"

const char *sandbox_piece_name(enum sandbox_piece piece)
{
	return piece == SANDBOX_LANDLOCK ? "landlock" : "seccomp";
}

#ifdef MORTISE_SANITIZED

unsigned sandbox_lacking(void)
{
	return SANDBOX_LANDLOCK | SANDBOX_SECCOMP;
}

int sandbox_restrict_files(const char *plugin, struct err *err)
{
	(void)plugin;
	(void)err;
	return 0;
}

int sandbox_restrict_calls(struct crash_page *page, struct err *err)
{
	(void)page;
	(void)err;
	return 0;
}

int sandbox_leave_files(struct err *err)
{
	(void)err;
	return 0;
}

int sandbox_seal(struct err *err)
{
	(void)err;
	return 0;
}

#else

/* The first version of Landlock that knows the kernel's rights; 0: there is none. */
static int landlock_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return version > 0 ? (int)version : 0;
}

/* Asked without changing anything: is there a filter that can trap? */
static bool has_seccomp(void)
{
	uint32_t action = SECCOMP_RET_TRAP;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

unsigned sandbox_lacking(void)
{
	return (landlock_version() > 0 ? 0 : (unsigned)SANDBOX_LANDLOCK) |
		(has_seccomp() ? 0 : (unsigned)SANDBOX_SECCOMP);
}

/* ---- Landlock: files ---- */

#define READ_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | \
	LANDLOCK_ACCESS_FS_EXECUTE)
#define FILE_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE)

/* Everything that Landlock knew in its first, second and third version. */
static const uint64_t all_rights[] = {
	(LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1,
	(LANDLOCK_ACCESS_FS_MAKE_SYM << 2) - 1,
	(LANDLOCK_ACCESS_FS_MAKE_SYM << 3) - 1,
};

/* Where libraries that a plugin needs may stand. */
static const char *const library_paths[] = {"/lib", "/lib64", "/usr/lib", "/usr/lib64",
	"/usr/local/lib", "/etc/ld.so.cache", "/etc/localtime"};

/* A path that does not exist allows nothing. */
static void allow_reading(int rules, const char *path)
{
	struct landlock_path_beneath_attr rule = {.parent_fd = open(path, O_PATH | O_CLOEXEC)};

	if (rule.parent_fd < 0)
		return;
	rule.allowed_access = READ_RIGHTS;
	/* A file, not a folder, takes only the rights of files. */
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0) {
		rule.allowed_access = FILE_RIGHTS;
		(void)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	}
	close(rule.parent_fd);
}

/* Restrict this thread and those it will start to the library paths and 'plugin' (NULL:
 * to nothing). */
static int restrict_files(const char *plugin, struct err *err)
{
	struct landlock_ruleset_attr attributes = {0};
	int version = landlock_version();
	int rules, ret = 0;

	if (version == 0)
		return 0;
	if (version > (int)lengthof(all_rights))
		version = (int)lengthof(all_rights);
	attributes.handled_access_fs = all_rights[version - 1];
	rules = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
	if (rules < 0)
		return err_set(err, MORTISE_E_INTERNAL, "sandbox: Landlock: %s", strerror(errno));
	if (plugin) {
		allow_reading(rules, plugin);
		for (size_t i = 0; i < lengthof(library_paths); i++)
			allow_reading(rules, library_paths[i]);
	}
	if (syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		ret = err_set(err, MORTISE_E_INTERNAL, "sandbox: Landlock: %s", strerror(errno));
	close(rules);
	return ret;
}

int sandbox_restrict_files(const char *plugin, struct err *err)
{
	return restrict_files(plugin, err);
}

int sandbox_leave_files(struct err *err)
{
	return restrict_files(NULL, err);
}

/* ---- A forbidden call ---- */

static struct crash_page *crash_page;

/* Note which call it was, and die of it. */
static void on_forbidden(int signal_number, siginfo_t *info, void *context)
{
	static const char words[] = "mortise-host: the plugin made a forbidden system call\n";

	(void)context;
	if (crash_page)
		*crash_page = (struct crash_page){
			.magic = CRASH_PAGE_MAGIC,
			.arch = info->si_arch,
			.number = info->si_syscall,
			.address = (uint64_t)(uintptr_t)info->si_call_addr,
		};
	(void)!write(STDERR_FILENO, words, sizeof(words) - 1);
	raise(signal_number);
}

static int catch_forbidden(struct err *err)
{
	struct sigaction action = {.sa_sigaction = on_forbidden,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER};

	if (sigaction(SIGSYS, &action, NULL) < 0)
		return err_set(err, MORTISE_E_INTERNAL, "sandbox: SIGSYS: %s", strerror(errno));
	return 0;
}

/* ---- Filters ---- */

static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(close), SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(shutdown), SCMP_SYS(brk),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
	SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(getcpu), SCMP_SYS(membarrier), SCMP_SYS(gettid),
	SCMP_SYS(getpid), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrusage),
	SCMP_SYS(getrandom), SCMP_SYS(newfstatat), SCMP_SYS(fstat),
	/* For the second stage. */
	SCMP_SYS(seccomp), SCMP_SYS(landlock_create_ruleset), SCMP_SYS(landlock_restrict_self),
};

/* What libraries only try, and can do without. */
static const int probed[] = {
	SCMP_SYS(open), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(statfs), SCMP_SYS(fstatfs),
	SCMP_SYS(getcwd), SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(fcntl), SCMP_SYS(uname),
	SCMP_SYS(sysinfo), SCMP_SYS(prlimit64), SCMP_SYS(getrlimit), SCMP_SYS(mlock),
	SCMP_SYS(munlock), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
	SCMP_SYS(getegid), SCMP_SYS(getppid), SCMP_SYS(arch_prctl), SCMP_SYS(prctl),
};

/* Newer ways that libraries fall back from. */
static const int missing[] = {
	SCMP_SYS(clone3), SCMP_SYS(statx), SCMP_SYS(openat2), SCMP_SYS(faccessat2),
	SCMP_SYS(epoll_pwait2), SCMP_SYS(futex_waitv),
};
#define FIRST_UNKNOWN 451
#define LAST_UNKNOWN 511               /* behind that begin the numbers of x32 */

static int add_all(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t len)
{
	int ret = 0;

	for (size_t i = 0; i < len && ret == 0; i++)
		ret = seccomp_rule_add(filter, action, calls[i], 0);
	return ret;
}

#define WRITING (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND)
/* A rule, unless one before it failed. */
static void add_rule(scmp_filter_ctx filter, int *ret, uint32_t action, int call, unsigned len,
	const struct scmp_arg_cmp *conditions)
{
	if (*ret == 0)
		*ret = seccomp_rule_add_array(filter, action, call, len, conditions);
}
#define RULE(action_, call_, ...) add_rule(filter, &ret, (action_), SCMP_SYS(call_), \
	sizeof((struct scmp_arg_cmp[]){__VA_ARGS__}) / sizeof(struct scmp_arg_cmp), \
	(struct scmp_arg_cmp[]){__VA_ARGS__})
/* Are these bits clear, are all set? */
#define CLEAR(bits_) SCMP_CMP_MASKED_EQ, (bits_), 0
#define SET(bits_) SCMP_CMP_MASKED_EQ, (bits_), (bits_)

/* Shared and growing mappings go around the limit on memory, so nobody gets one. */
#define UNLIMITED (MAP_SHARED | MAP_GROWSDOWN)

/* Memory: executable only from a file that is not writable. */
static int add_memory(scmp_filter_ctx filter)
{
	int ret = 0;

	RULE(SCMP_ACT_ALLOW, mmap, SCMP_A2(CLEAR(PROT_EXEC)), SCMP_A3(CLEAR(UNLIMITED)));
	RULE(SCMP_ACT_ALLOW, mmap, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC),
		SCMP_A3(CLEAR(UNLIMITED | MAP_ANONYMOUS)));
	RULE(SCMP_ACT_ERRNO(EPERM), mmap, SCMP_A3(SET(MAP_SHARED)));
	RULE(SCMP_ACT_ERRNO(EPERM), mmap, SCMP_A3(SET(MAP_GROWSDOWN)));
	RULE(SCMP_ACT_ALLOW, mprotect, SCMP_A2(CLEAR(PROT_EXEC)));
	return ret;
}

/* Other calls that depend on their arguments: no writing, no thread (a library that tries
 * one may do without) and no process, signals only to ourselves, and our own handler of
 * SIGSYS stays.  That one is spelled with ranges: the kernel takes a signal as 32 bits of
 * a register of 64, so a mere "is not SIGSYS" would be passed by other upper bits. */
static int add_conditional(scmp_filter_ctx filter)
{
	int ret = add_memory(filter);

	RULE(SCMP_ACT_ALLOW, openat, SCMP_A2(CLEAR(WRITING)));
	RULE(SCMP_ACT_ERRNO(EPERM), clone, SCMP_A0(SET(CLONE_THREAD)));
	RULE(SCMP_ACT_ALLOW, tgkill, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	RULE(SCMP_ACT_ALLOW, rt_sigaction, SCMP_A0(SCMP_CMP_LT, SIGSYS));
	RULE(SCMP_ACT_ALLOW, rt_sigaction, SCMP_A0(SCMP_CMP_MASKED_EQ, ~UINT64_C(31), 32));
	RULE(SCMP_ACT_ALLOW, rt_sigaction, SCMP_A0(SCMP_CMP_EQ, 64));
	return ret;
}

static int add_first(scmp_filter_ctx filter)
{
	int ret = add_all(filter, SCMP_ACT_ALLOW, allowed, lengthof(allowed));

	if (ret == 0)
		ret = add_all(filter, SCMP_ACT_ERRNO(EPERM), probed, lengthof(probed));
	if (ret == 0)
		ret = add_all(filter, SCMP_ACT_ERRNO(ENOSYS), missing, lengthof(missing));
	for (int call = FIRST_UNKNOWN; call <= LAST_UNKNOWN && ret == 0; call++)
		ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), call, 0);
	if (ret == 0)
		ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0);
	return ret == 0 ? add_conditional(filter) : ret;
}

/* What the first filter still allowed. */
static int add_second(scmp_filter_ctx filter)
{
	static const int gone[] = {SCMP_SYS(openat), SCMP_SYS(newfstatat), SCMP_SYS(seccomp),
		SCMP_SYS(landlock_create_ruleset), SCMP_SYS(landlock_restrict_self)};
	int ret = add_all(filter, SCMP_ACT_ERRNO(EPERM), gone, lengthof(gone));

	RULE(SCMP_ACT_ERRNO(EPERM), mmap, SCMP_A2(SET(PROT_EXEC)));
	return ret;
}

static int load_filter(uint32_t other, int (*add)(scmp_filter_ctx filter), struct err *err)
{
	scmp_filter_ctx filter;
	int ret;

	if (!has_seccomp())
		return 0;
	filter = seccomp_init(other);
	ret = filter ? 0 : -ENOMEM;
	/* The default would end one thread only, at a call made for another architecture. */
	if (ret == 0)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (ret == 0)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	/* No new privileges: so it is already, and the first filter has no prctl. */
	if (ret == 0)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	if (ret == 0)
		ret = add(filter);
	if (ret == 0)
		ret = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	if (ret < 0)
		return err_set(err, MORTISE_E_INTERNAL, "sandbox: system call filter: %s", strerror(-ret));
	return 0;
}

int sandbox_restrict_calls(struct crash_page *page, struct err *err)
{
	int ret = catch_forbidden(err);

	crash_page = page;
	return ret == 0 ? load_filter(SCMP_ACT_TRAP, add_first, err) : ret;
}

int sandbox_seal(struct err *err)
{
	return load_filter(SCMP_ACT_ALLOW, add_second, err);
}

#endif
