# SPDX-License-Identifier: Apache-2.0
# MORTISE_COMPILER: dialect, warnings and hardening, each flag probed.

AC_DEFUN([MORTISE_PROBE_CFLAG], [
	AS_VAR_PUSHDEF([cached], [mortise_cv_cflag_$1])
	AC_CACHE_CHECK([whether $CC takes $1], [cached], [
		mortise_saved=$CFLAGS
		CFLAGS="$CFLAGS -Werror $1"
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
			[AS_VAR_SET([cached], [yes])], [AS_VAR_SET([cached], [no])])
		CFLAGS=$mortise_saved])
	AS_VAR_IF([cached], [yes], [$2="$$2 $1"])
	AS_VAR_POPDEF([cached])
])

AC_DEFUN([MORTISE_COMPILER], [
	MORTISE_CFLAGS=
	m4_foreach_w([flag], [-std=gnu17 -pthread -fvisibility=hidden
		-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
		-Wformat=2 -Wundef -Wvla -Wcast-qual -Wwrite-strings
		-Wno-missing-field-initializers],
		[MORTISE_PROBE_CFLAG(flag, [MORTISE_CFLAGS])])

	AC_ARG_ENABLE([werror],
		[AS_HELP_STRING([--enable-werror], [treat warnings as errors])],
		[], [enable_werror=no])
	AS_IF([test "$enable_werror" = yes], [MORTISE_CFLAGS="$MORTISE_CFLAGS -Werror"])

	AC_ARG_ENABLE([hardening],
		[AS_HELP_STRING([--disable-hardening], [leave out the hardening flags])],
		[], [enable_hardening=yes])
	MORTISE_LDFLAGS=
	AS_IF([test "$enable_hardening" = yes], [
		m4_foreach_w([flag], [-fstack-protector-strong -fstack-clash-protection
			-fcf-protection -ftrivial-auto-var-init=zero],
			[MORTISE_PROBE_CFLAG(flag, [MORTISE_CFLAGS])])
		AS_CASE([$CFLAGS], [*-O0*|*fsanitize*], [],
			[MORTISE_CFLAGS="$MORTISE_CFLAGS -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])
		MORTISE_LDFLAGS="-Wl,-z,relro,-z,now -Wl,-z,noexecstack"
		MORTISE_PIE_CFLAGS=-fPIE
		MORTISE_PIE_LDFLAGS=-pie
	])
	AC_SUBST([MORTISE_CFLAGS])
	AC_SUBST([MORTISE_LDFLAGS])
	AC_SUBST([MORTISE_PIE_CFLAGS])
	AC_SUBST([MORTISE_PIE_LDFLAGS])
])
