# SPDX-License-Identifier: Apache-2.0

libcore_la_SOURCES += %D%/slot.c %D%/slot.h

libcore_la_SOURCES += %D%/secret.c %D%/vault.c %D%/vault.h

UNIT_TESTS += tests/unit/test_vault_vault
tests_unit_test_vault_vault_SOURCES = tests/unit/test_vault_vault.c
