/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A credential of a program's own, in the place of what the settings ask for:
 * its own source of tokens, or a service principal or token that it has in
 * memory. What the SDKs call the argument credential.
 *
 * A credential is made, set up, given to clients
 * (akv_client_set_credential()), and freed behind them. One
 * may serve any number of clients.
 */

#ifndef AKV_CREDENTIAL_H
#define AKV_CREDENTIAL_H

#include <stdint.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct akv_credential;

/* What a token is wanted for; borrowed for the call. */
struct akv_credential_request {
    const char *scope;  /* "https://vault.azure.net/.default" */
    const char *tenant; /* the vault's; "" if it named none */
    const char *claims; /* JSON of a claims challenge, which the token must
                           answer; NULL: none */
};

/* The answer that is owed to one request. */
struct akv_credential_answer;

/*
 * Gets a token. It is called in the I/O thread, or in the one that does its
 * work, one request at a time, and again when the token nears its end or was
 * refused. It must not block: whoever has to wait for a token hands answer to a
 * thread of its own. The answer is given once, by one of the two functions
 * below, before this returns or later, from any thread of the process that was
 * asked; also when nobody waits for it any more.
 */
typedef void akv_credential_fn(void *arg,
                               const struct akv_credential_request *request,
                               struct akv_credential_answer *answer);

/* The token, which is copied: one word of visible ASCII. expires_on: seconds
 * since 1970; 0: as the token says itself (RFC 7519), or else in a minute. */
void akv_credential_give(struct akv_credential_answer *answer,
                         const char *token, int64_t expires_on);

/* There is none: the operation fails with AKV_E_AUTHENTICATION and this text,
 * which is copied, in its message. */
void akv_credential_refuse(struct akv_credential_answer *answer,
                           const char *why);

/* A credential that calls fn (arg is borrowed), or, where fn is NULL, one that
 * one of the functions below sets up. NULL: no memory. */
struct akv_credential *akv_credential_new(akv_credential_fn *fn, void *arg);

/*
 * A service principal with a client secret. All texts are copied. Before the
 * credential is given to a client. False, with *err: no memory, or it has a
 * source already.
 */
bool akv_credential_set_secret(struct akv_credential *credential,
                               const char *tenant_id, const char *client_id,
                               const char *secret, struct akv_error *err);

/* The same with a certificate and its private key: PEM without a passphrase, or
 * PKCS#12 with password (NULL: none). len: at most 65536 bytes. */
bool akv_credential_set_certificate(struct akv_credential *credential,
                                    const char *tenant_id,
                                    const char *client_id, const void *data,
                                    size_t len, const char *password,
                                    struct akv_error *err);

/* A token, until it expires or another is set: at any time, from any thread.
 * As in akv_credential_give(). */
bool akv_credential_set_token(struct akv_credential *credential,
                              const char *token, int64_t expires_on,
                              struct akv_error *err);

/* Wipes and frees, when no client has it any more. NULL is fine. */
void akv_credential_free(struct akv_credential *credential);

#ifdef __cplusplus
}
#endif

#endif
