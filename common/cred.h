/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A credential gets access tokens. Each source is one file behind this small
 * table of functions; the cache (cred_cache.h) sits in front of them.
 *
 * Everything here runs in the loop's thread.
 */

#ifndef AKV_CRED_H
#define AKV_CRED_H

#include <stdint.h>

#include "error.h"
#include "http.h"
#include "settings.h"

#define AKV_TOKEN_MAX 65536 /* bytes; real ones have one to three thousand */

/* What a token is for; borrowed for the call of get. */
struct akv_token_request {
    const char *scope;  /* "https://vault.azure.net/.default" */
    const char *tenant; /* the challenge's; "" if it named none */
    int64_t deadline;   /* monotonic ms */
};

struct akv_token {
    const char *text;   /* borrowed for the call of done */
    int64_t expires_on; /* wall clock, seconds */
    int64_t refresh_on; /* when to get the next one; 0: not said */
};

/* token is NULL on failure; then err says why. */
typedef void akv_token_fn(void *arg, const struct akv_token *token,
                          const struct akv_error *err);

struct akv_cred {
    const struct akv_cred_ops *ops;
};

struct akv_cred_ops {
    /* Starts getting a token. done is called once, perhaps before get
     * returns. One request at a time for each credential's user. */
    void (*get)(struct akv_cred *cred, const struct akv_token_request *request,
                akv_token_fn *done, void *arg);
    /* Ends requests under way without calling done, and frees. */
    void (*free)(struct akv_cred *cred);
};

/* What was read of files that a chrooted process cannot reach later. */
struct akv_late {
    struct akv_buf ca;            /* PEM */
    struct akv_buf client_secret; /* from client-secret-file */
};

/*
 * The credential that the settings ask for. All arguments are borrowed and
 * outlive it. NULL, with the missing setting named, when they do not suffice.
 */
struct akv_cred *akv_cred_new(struct akv_io *io,
                              const struct akv_settings *settings,
                              const struct akv_late *late,
                              struct akv_error *err);

/* access-token, or access-token-file, which is read for each token. */
struct akv_cred *akv_cred_static_new(struct akv_io *io,
                                     const struct akv_settings *settings,
                                     struct akv_error *err);

/* A service principal with a client secret. */
struct akv_cred *akv_cred_secret_new(struct akv_io *io,
                                     const struct akv_settings *settings,
                                     const char *client_secret,
                                     struct akv_error *err);

#endif
