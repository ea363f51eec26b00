# SPDX-License-Identifier: Apache-2.0
# MORTISE_SANITIZERS: --enable-sanitizers=address,undefined or thread, or valgrind (no
# flags, but hosts that it can run), and --enable-fuzzing (clang's libFuzzer; without it
# fuzz targets replay their seeds).

AC_DEFUN([MORTISE_SANITIZERS], [
	AC_ARG_ENABLE([sanitizers],
		[AS_HELP_STRING([--enable-sanitizers=LIST], [address,undefined or thread or valgrind])],
		[], [enable_sanitizers=no])
	SANITIZER_FLAGS=
	AS_IF([test "$enable_sanitizers" != no], [
		AS_IF([test "$enable_sanitizers" = yes], [enable_sanitizers=address,undefined])
		AS_IF([test "$enable_sanitizers" != valgrind],
			[SANITIZER_FLAGS="-fsanitize=$enable_sanitizers -fno-omit-frame-pointer -fno-sanitize-recover=undefined"])
		AC_DEFINE([MORTISE_SANITIZED], [1],
			[runs under a sanitizer, for which hosts have no sandbox and no memory limit])
		MORTISE_CFLAGS=$(echo "$MORTISE_CFLAGS" | sed 's/-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2//')
	])
	AM_CONDITIONAL([SANITIZED], [test "$enable_sanitizers" != no])
	AC_SUBST([SANITIZER_FLAGS])

	AC_ARG_ENABLE([fuzzing],
		[AS_HELP_STRING([--enable-fuzzing], [build libFuzzer targets (clang)])],
		[], [enable_fuzzing=no])
	FUZZ_FLAGS=
	AS_IF([test "$enable_fuzzing" = yes], [FUZZ_FLAGS="-fsanitize=fuzzer"])
	AM_CONDITIONAL([FUZZING], [test "$enable_fuzzing" = yes])
	AC_SUBST([FUZZ_FLAGS])
])
