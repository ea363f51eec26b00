# SPDX-License-Identifier: Apache-2.0

libcore_la_SOURCES += \
	%D%/address.c %D%/address.h \
	%D%/egress.c %D%/egress.h \
	%D%/multi.c %D%/multi.h \
	%D%/origin.c %D%/origin.h \
	%D%/transfer.c %D%/transfer.h

UNIT_TESTS += tests/unit/test_egress_address tests/unit/test_egress tests/unit/test_egress_guard \
	tests/unit/test_egress_origin tests/unit/test_egress_tls
tests_unit_test_egress_address_SOURCES = tests/unit/test_egress_address.c
tests_unit_test_egress_SOURCES = tests/unit/test_egress.c tests/unit/scripted_server.c \
	tests/unit/scripted_server.h
tests_unit_test_egress_guard_SOURCES = tests/unit/test_egress_guard.c \
	tests/unit/scripted_server.c tests/unit/scripted_server.h
tests_unit_test_egress_origin_SOURCES = tests/unit/test_egress_origin.c
tests_unit_test_egress_tls_SOURCES = tests/unit/test_egress_tls.c tests/unit/scripted_server.c \
	tests/unit/scripted_server.h tests/unit/tls_front.c tests/unit/tls_front.h
tests_unit_test_egress_tls_LDADD = $(LDADD) -lssl $(CRYPTO_LIBS)
