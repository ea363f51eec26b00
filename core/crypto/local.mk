# SPDX-License-Identifier: Apache-2.0
libcore_la_SOURCES += \
	%D%/digest.c %D%/digest.h \
	%D%/jwt.c %D%/jwt.h \
	%D%/oauth1.c %D%/oauth1.h \
	%D%/parameters.c %D%/parameters.h \
	%D%/qsh.c %D%/qsh.h \
	%D%/rsa.c %D%/rsa.h

UNIT_TESTS += tests/unit/test_crypto_digest tests/unit/test_crypto_jwt
tests_unit_test_crypto_digest_SOURCES = tests/unit/test_crypto_digest.c
tests_unit_test_crypto_jwt_SOURCES = tests/unit/test_crypto_jwt.c
tests_unit_test_crypto_jwt_LDADD = $(LDADD) $(CRYPTO_LIBS)

UNIT_TESTS += tests/unit/test_crypto_qsh
tests_unit_test_crypto_qsh_SOURCES = tests/unit/test_crypto_qsh.c

UNIT_TESTS += tests/unit/test_crypto_oauth1
tests_unit_test_crypto_oauth1_SOURCES = tests/unit/test_crypto_oauth1.c \
	tests/unit/oauth_header.c tests/unit/oauth_header.h
tests_unit_test_crypto_oauth1_LDADD = $(LDADD) $(CRYPTO_LIBS)
