/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
#include "config.h"
#include "tests/unit/unit.h"
#include "tests/unit/tls_front.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "core/base/mem.h"

struct tls_front {
	SSL_CTX *tls;
	int fd, port, back_port;
	pthread_t thread;
};

static int tcp_socket(int port, struct sockaddr_in *ret_address)
{
	*ret_address = (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port)};
	inet_pton(AF_INET, "127.0.0.2", &ret_address->sin_addr);
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* One request over, one answer back. */
static void relay(struct tls_front *front, SSL *client)
{
	struct sockaddr_in address;
	int back = tcp_socket(front->back_port, &address);
	char bytes[16384];
	ssize_t got = SSL_read(client, bytes, sizeof(bytes));

	if (got > 0 && connect(back, (struct sockaddr *)&address, sizeof(address)) == 0 &&
		send(back, bytes, (size_t)got, MSG_NOSIGNAL) == got) {
		shutdown(back, SHUT_WR);
		while ((got = recv(back, bytes, sizeof(bytes), 0)) > 0)
			SSL_write(client, bytes, (int)got);
	}
	close(back);
}

static void *serve(void *arg)
{
	struct tls_front *front = arg;
	int fd;

	while ((fd = accept4(front->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		SSL *client = SSL_new(front->tls);

		SSL_set_fd(client, fd);
		if (SSL_accept(client) == 1) {
			relay(front, client);
			SSL_shutdown(client);
		}
		SSL_free(client);
		close(fd);
	}
	return NULL;
}

static void use_own_certificate(SSL_CTX *tls)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);

	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"127.0.0.2",
		-1, -1, 0);
	X509_set_issuer_name(certificate, name);
	X509_set_pubkey(certificate, key);
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	assert_int_equal(SSL_CTX_use_certificate(tls, certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(tls, key), 1);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

struct tls_front *tls_front_new(int back_port)
{
	struct tls_front *front = new(struct tls_front);
	struct sockaddr_in address;
	socklen_t size = sizeof(address);

	front->back_port = back_port;
	front->tls = SSL_CTX_new(TLS_server_method());
	use_own_certificate(front->tls);
	front->fd = tcp_socket(0, &address);
	assert_int_equal(bind(front->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(front->fd, 16), 0);
	assert_int_equal(getsockname(front->fd, (struct sockaddr *)&address, &size), 0);
	front->port = ntohs(address.sin_port);
	pthread_create(&front->thread, NULL, serve, front);
	return front;
}

int tls_front_port(const struct tls_front *front)
{
	return front->port;
}

void tls_front_free(struct tls_front *front)
{
	shutdown(front->fd, SHUT_RDWR);
	pthread_join(front->thread, NULL);
	close(front->fd);
	SSL_CTX_free(front->tls);
	free(front);
}
