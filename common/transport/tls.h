/* SPDX-License-Identifier: Apache-2.0 */

/*
 * libcurl's TLS: the loop's own OpenSSL library context and the trust
 * store that every connection gets. The types hide OpenSSL from the rest.
 */

#ifndef AKV_TLS_H
#define AKV_TLS_H

#include <stdbool.h>

#include "akv/buf.h"
#include "akv/error.h"

struct akv_settings;
struct akv_tls_world;
struct akv_tls_store;
struct akv_tls_visit;

#define AKV_TLS_MAX_PEM (16u * 1024 * 1024)

/*
 * A library context with nothing but the default provider and no configuration
 * file. It belongs to the process: after a fork no lock of it can be waited
 * for. NULL if it cannot be made; the others accept that.
 */
struct akv_tls_world *akv_tls_new(void);

/* By the only thread that has entered it. */
void akv_tls_free(struct akv_tls_world *tls);

/* One for many threads, and for the rest of the process: a thread that has
 * entered it has a part of it until the thread ends. */
struct akv_tls_world *akv_tls_shared(void);

/* What a thread is given back when it leaves. NULL: no memory. */
struct akv_tls_visit *akv_tls_visit_new(void);
void akv_tls_visit_free(struct akv_tls_visit *visit); /* NULL is fine */

/*
 * Between these two the world is the calling thread's default, and the thread's
 * error queue, which libcurl clears, is set aside with its marks. A visit is of
 * one thread at a time.
 */
void akv_tls_enter(struct akv_tls_world *tls, struct akv_tls_visit *visit);
void akv_tls_leave(struct akv_tls_world *tls, struct akv_tls_visit *visit);

/*
 * Appends the certificates that vaults and authorities are verified with, as
 * PEM: ca-file, or the files of ca-path, or the system's bundle. Meant to be
 * called early, while the files can be reached; their bytes are kept.
 */
bool akv_tls_read_ca(const struct akv_settings *settings, struct akv_buf *pem,
                     struct akv_error *err);

/* Whether libcurl's OpenSSL, as it names it ("OpenSSL/3.0.19"), is of our
 * major version: only then can it be handed objects of ours. */
bool akv_tls_is_ours(const char *ssl_version);

/* A trust store of those certificates in the calling thread's context. */
struct akv_tls_store *akv_tls_store_new(const struct akv_buf *pem,
                                        struct akv_error *err);
void akv_tls_store_free(struct akv_tls_store *store);

/* Prepares an SSL_CTX of libcurl: the trust store, and plaintext that OpenSSL
 * wipes when it was read. False if it cannot. */
bool akv_tls_prepare(void *ssl_ctx, const struct akv_tls_store *store);

/* Keeps OpenSSL from reading openssl.cnf in this process: to be called by a
 * program before anything else of OpenSSL. */
void akv_tls_no_config(void);

#endif
