# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/effect.c %D%/effect.h \
	%D%/effect_code.c \
	%D%/effect_integration.c %D%/effect_private.h
