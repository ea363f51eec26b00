/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * lacking landlock|seccomp PROGRAM ARGUMENT…: run a program as on a kernel that lacks
 * this piece of the sandbox.  A filter answers what such a kernel answers.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <seccomp.h>

static int add_landlock(scmp_filter_ctx filter)
{
	int ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset),
		0);

	if (ret == 0)
		ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_restrict_self),
			0);
	return ret;
}

static int add_seccomp(scmp_filter_ctx filter)
{
	int ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0);

	if (ret == 0)
		ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
			SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP));
	return ret;
}

int main(int argc, char **argv)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int ret = -EINVAL;

	if (argc > 2 && filter && strcmp(argv[1], "landlock") == 0)
		ret = add_landlock(filter);
	else if (argc > 2 && filter && strcmp(argv[1], "seccomp") == 0)
		ret = add_seccomp(filter);
	if (ret == 0)
		ret = seccomp_load(filter);
	if (ret < 0) {
		fprintf(stderr, "lacking: %s\n", strerror(-ret));
		return 2;
	}
	execv(argv[2], &argv[2]);
	perror(argv[2]);
	return 127;
}
