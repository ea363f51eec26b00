# SPDX-License-Identifier: Apache-2.0

libcore_la_SOURCES += \
	%D%/cache.c %D%/cache.h \
	%D%/credential.c \
	%D%/exchange.c %D%/exchange.h \
	%D%/form.c %D%/form.h \
	%D%/gate.c %D%/gate.h \
	%D%/mask.c %D%/mask.h \
	%D%/mint.c \
	%D%/oauth2.c %D%/oauth2.h \
	%D%/oauth1.c %D%/oauth1.h \
	%D%/once.c \
	%D%/pinned.c \
	%D%/sign.c %D%/sign.h \
	%D%/template.c %D%/template.h \
	%D%/token_endpoint.c %D%/token_endpoint.h \
	%D%/upstream.c %D%/upstream.h \
	%D%/value.c

UPSTREAM_BENCH = tests/unit/scripted_server.c tests/unit/scripted_server.h \
	tests/unit/upstream_bench.c tests/unit/upstream_bench.h
UNIT_TESTS += tests/unit/test_upstream_once
tests_unit_test_upstream_once_SOURCES = tests/unit/test_upstream_once.c $(UPSTREAM_BENCH)
tests_unit_test_upstream_once_LDADD = $(LDADD) $(CRYPTO_LIBS)
UNIT_TESTS += tests/unit/test_upstream_parts
tests_unit_test_upstream_parts_SOURCES = tests/unit/test_upstream_parts.c
tests_unit_test_upstream_parts_LDADD = $(LDADD) $(CRYPTO_LIBS)
UNIT_TESTS += tests/unit/test_upstream_send
tests_unit_test_upstream_send_SOURCES = tests/unit/test_upstream_send.c $(UPSTREAM_BENCH)
tests_unit_test_upstream_send_LDADD = $(LDADD) $(CRYPTO_LIBS)
UNIT_TESTS += tests/unit/test_upstream_oauth2
tests_unit_test_upstream_oauth2_SOURCES = tests/unit/test_upstream_oauth2.c $(UPSTREAM_BENCH)
tests_unit_test_upstream_oauth2_LDADD = $(LDADD) $(CRYPTO_LIBS)
UNIT_TESTS += tests/unit/test_upstream_oauth1
tests_unit_test_upstream_oauth1_SOURCES = tests/unit/test_upstream_oauth1.c $(UPSTREAM_BENCH)
tests_unit_test_upstream_oauth1_LDADD = $(LDADD) $(CRYPTO_LIBS)
UNIT_TESTS += tests/unit/test_upstream_sign
tests_unit_test_upstream_sign_SOURCES = tests/unit/test_upstream_sign.c $(UPSTREAM_BENCH)
tests_unit_test_upstream_sign_LDADD = $(LDADD) $(CRYPTO_LIBS)
UNIT_TESTS += tests/unit/test_upstream_signed
tests_unit_test_upstream_signed_SOURCES = tests/unit/test_upstream_signed.c $(UPSTREAM_BENCH) \
	tests/unit/oauth_header.c tests/unit/oauth_header.h
tests_unit_test_upstream_signed_LDADD = $(LDADD) $(CRYPTO_LIBS)
UNIT_TESTS += tests/unit/test_upstream_tenant
tests_unit_test_upstream_tenant_SOURCES = tests/unit/test_upstream_tenant.c $(UPSTREAM_BENCH) \
	tests/unit/tls_front.c tests/unit/tls_front.h
tests_unit_test_upstream_tenant_LDADD = $(LDADD) -lssl $(CRYPTO_LIBS)
UNIT_TESTS += tests/unit/test_upstream_value
tests_unit_test_upstream_value_SOURCES = tests/unit/test_upstream_value.c $(UPSTREAM_BENCH)
tests_unit_test_upstream_value_LDADD = $(LDADD) $(CRYPTO_LIBS)
# Here, since it needs the same bench.
UNIT_TESTS += tests/unit/test_vault_slot
tests_unit_test_vault_slot_SOURCES = tests/unit/test_vault_slot.c $(UPSTREAM_BENCH)
tests_unit_test_vault_slot_LDADD = $(LDADD) $(CRYPTO_LIBS)

