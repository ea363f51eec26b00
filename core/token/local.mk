# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/public_key.c %D%/public_key.h \
	%D%/token.c %D%/token.h

UNIT_TESTS += tests/unit/test_token tests/unit/test_token_public_key
tests_unit_test_token_SOURCES = tests/unit/test_token.c
tests_unit_test_token_public_key_SOURCES = tests/unit/test_token_public_key.c
tests_unit_test_token_public_key_LDADD = $(LDADD) $(CRYPTO_LIBS)
