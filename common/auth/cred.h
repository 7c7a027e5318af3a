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

#include "akv/error.h"
#include "auth/deferred_files.h"
#include "base/settings_impl.h"
#include "transport/http.h"

#define AKV_TOKEN_MAX 65536 /* bytes; real ones have one to three thousand */

/* What a token is for; borrowed for the call of get. */
struct akv_token_request {
    const char *scope;  /* "https://vault.azure.net/.default" */
    const char *tenant; /* the challenge's; "" if it named none */
    const char *claims; /* JSON of a claims challenge; NULL: none */
    int64_t deadline;   /* monotonic ms */
    int64_t share;      /* the same, where others that come behind it would
                           want time, too; else the deadline */
};

/* How much of a scope is the resource: what is before "/.default", or all of
 * it where that is missing. */
size_t akv_scope_resource_len(const char *scope);

/* Whether a token can go into a header: one word of visible ASCII. */
bool akv_token_valid(const char *text);

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

/* The beginning of a source: size bytes of zero that start with a struct
 * akv_cred, which has ops. NULL: no memory, in *err. */
struct akv_cred *akv_cred_alloc(size_t size, const struct akv_cred_ops *ops,
                                struct akv_error *err);

/* The sources, one file each; arguments as above. AKV_E_UNAVAILABLE: it is not
 * set up here. */
struct akv_cred *akv_cred_static_new(struct akv_io *io,
                                     const struct akv_settings *settings,
                                     struct akv_error *err);
struct akv_cred *akv_cred_secret_new(struct akv_io *io,
                                     const struct akv_settings *settings,
                                     const char *client_secret,
                                     struct akv_error *err);
struct akv_cred *akv_cred_cert_new(struct akv_io *io,
                                   const struct akv_settings *settings,
                                   const struct akv_deferred_files *files,
                                   struct akv_error *err);
struct akv_cred *akv_cred_workload_new(struct akv_io *io,
                                       const struct akv_settings *settings,
                                       struct akv_error *err);
/* Without managed-identity-id, client-id names the identity in the default
 * chain, also where token-credentials leaves nothing else of it. */
struct akv_cred *akv_cred_managed_new(struct akv_io *io,
                                      const struct akv_settings *settings,
                                      bool in_chain, struct akv_error *err);

/* A token of the Azure CLI or the Azure Developer CLI. */
struct akv_cred *akv_cred_tool_new(struct akv_io *io,
                                   const struct akv_settings *settings,
                                   const struct akv_deferred_files *files,
                                   enum akv_tool tool, struct akv_error *err);

/* Stands for one that is not set up. NULL: no memory. */
struct akv_cred *akv_cred_unavailable_new(const struct akv_error *why);

/* A credential of a chain. */
struct akv_chain_link {
    const char *name;      /* a constant, for messages */
    struct akv_cred *cred; /* the chain takes it */
    bool tool;             /* its failure does not end the search */
    bool instant;          /* it wants no time: it is not there */
};

/* Asks one after the other; takes the credentials, also on failure. hint is a
 * constant that is said where none gives a token; "": nothing. */
struct akv_cred *akv_cred_chain_new(const struct akv_clock *clock,
                                    const struct akv_chain_link *links,
                                    size_t count, const char *hint,
                                    struct akv_error *err);

#endif
