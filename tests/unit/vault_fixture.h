/* SPDX-License-Identifier: Apache-2.0 */

/* A struct akv_rest on a fake_io, with a client secret's credential. */

#ifndef VAULT_FIXTURE_H
#define VAULT_FIXTURE_H

#include "client/rest_call.h"
#include "fake_io.h"

#define VAULT_KEY "https://v.vault.azure.net/keys/k/1"
#define VAULT_BODY "{\"alg\":\"ES256\"}"
#define VAULT_TENANT "11111111-2222-3333-4444-555555555555"

/* Steps of a script. */
#define VAULT_CHALLENGE_FOR(resource)                                          \
    "Bearer authorization=\"https://login.microsoftonline.com/" VAULT_TENANT   \
    "\", resource=\"" resource "\""
#define VAULT_CHALLENGE VAULT_CHALLENGE_FOR("https://vault.azure.net")
#define CHALLENGE_FOR(resource)                                                \
    {                                                                          \
        401, .challenge = VAULT_CHALLENGE_FOR(resource)                        \
    }
#define CHALLENGE_REPLY CHALLENGE_FOR("https://vault.azure.net")
#define TOKEN_REPLY                                                            \
    {                                                                          \
        200, .body = "{\"access_token\":\"tok\",\"expires_in\":3600}"          \
    }
#define HINTED(status)                                                         \
    {                                                                          \
        (status), .retry_after = "1"                                           \
    }
#define NO_CONNECTION                                                          \
    {                                                                          \
        0, .error = AKV_E_TRANSPORT                                            \
    }
#define CUT_OFF                                                                \
    {                                                                          \
        0, .error = AKV_E_TRANSPORT, .sent = true                              \
    }

/* How a call ended. */
struct vault_result {
    unsigned calls;
    int64_t at;     /* when, in monotonic ms */
    char body[200]; /* "" on failure */
    struct akv_error err;
    struct akv_rest_call *handle; /* the vault's */
    struct akv_op op;             /* owned */
};

extern struct fake_io vault_io;
extern struct akv_rest *vault;
extern struct akv_log *vault_log; /* of the next vault; NULL: none */
extern const char *vault_retry;   /* its retry-after-failure */
extern struct vault_result vault_result;
extern const struct akv_op_kind sign_kind, create_kind;

/* trusted: the setting trusted-hosts, or NULL. */
void vault_set_up(const struct fake_step *script, size_t steps,
                  const char *trusted);

/* Frees all, and checks that nothing is left and nothing was asked that the
 * script did not expect. */
void vault_tear_down(void);

/* Starts a call on what an https identifier names, with VAULT_BODY; the end
 * of it is in *result. */
void vault_start(struct vault_result *result, const struct akv_op_kind *kind,
                 const char *url, int64_t ms);

/* Starts the operation that is in *result already. */
void vault_restart(struct vault_result *result, int64_t deadline);

/* vault_start() into vault_result. */
void vault_call(const struct akv_op_kind *kind, const char *url, int64_t ms);

void vault_result_clear(struct vault_result *result);

#endif
