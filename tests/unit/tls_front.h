/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * TLS on 127.0.0.2 in front of a scripted server, with a certificate that nobody vouches
 * for; one connection after the other, with one request each.
 */
#ifndef MORTISE_TESTS_TLS_FRONT_H
#define MORTISE_TESTS_TLS_FRONT_H

struct tls_front;

struct tls_front *tls_front_new(int back_port);
void tls_front_free(struct tls_front *front);
int tls_front_port(const struct tls_front *front);

#endif
