/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Credentials in a row, as one. The first that gives a token is used alone
 * from then on. One that is not set up here is passed over; one that is set
 * up and refused ends the search, except for developers' tools, which may
 * simply be logged out.
 */

#include <stdlib.h>
#include <string.h>

#include "auth/cred.h"

struct cred_chain {
    struct akv_cred base;
    const struct akv_clock *clock; /* borrowed */
    const char *hint;              /* a constant, behind the reasons */
    struct akv_chain_link *links;  /* owned, and so are the credentials */
    size_t count;
    size_t current; /* the one that is asked */
    bool chosen;    /* it has given a token */
    /* the request that is being served */
    char *scope, *tenant, *claims; /* owned */
    int64_t deadline;
    struct akv_buf reasons; /* why those before did not */
    akv_token_fn *done;
    void *arg;
};

static void cred_chain_ask(struct cred_chain *chain);

static void cred_chain_finish(struct cred_chain *chain,
                              const struct akv_token *token,
                              const struct akv_error *err)
{
    free(chain->scope);
    free(chain->tenant);
    akv_wipe_free(chain->claims);
    chain->scope = chain->tenant = chain->claims = NULL;
    chain->done(chain->arg, token, err);
}

static void fail_all(struct cred_chain *chain)
{
    struct akv_error err = AKV_ERROR_INIT;

    (void)akv_error_set(&err, AKV_E_AUTHENTICATION, "no credential:%s%s",
                        akv_buf_str(&chain->reasons), chain->hint);
    cred_chain_finish(chain, NULL, &err);
}

/* One that is set up was refused. Perhaps an earlier one was meant to serve. */
static void fail_one(struct cred_chain *chain, const struct akv_error *err)
{
    struct akv_error all = *err;

    if (chain->reasons.len > 0) {
        (void)akv_error_set(&all, err->code, "%s: %s (before it:%s)",
                            chain->links[chain->current].name, err->message,
                            akv_buf_str(&chain->reasons));
        akv_error_set_reply(&all, err->http_status, err->service_code,
                            err->inner_code, err->request_id);
    }
    cred_chain_finish(chain, NULL, &all);
}

static void cred_chain_on_token(void *arg, const struct akv_token *token,
                                const struct akv_error *err)
{
    struct cred_chain *chain = arg;
    const struct akv_chain_link *link = &chain->links[chain->current];

    if (token != NULL) {
        chain->chosen = true;
        cred_chain_finish(chain, token, NULL);
        return;
    }
    if (chain->chosen) {
        cred_chain_finish(chain, NULL, err);
        return;
    }
    if (err->code != AKV_E_UNAVAILABLE && !link->tool) {
        fail_one(chain, err);
        return;
    }
    if (!akv_buf_appendf(&chain->reasons, "%s %s: %s",
                         chain->reasons.len > 0 ? ";" : "", link->name,
                         err->message)
        || ++chain->current == chain->count)
        fail_all(chain);
    else
        cred_chain_ask(chain);
}

/* Equal parts for it and those behind it that want time. */
static int64_t cred_chain_share(const struct cred_chain *chain)
{
    int64_t now = akv_clock_mono(chain->clock);
    int64_t parts = 1;
    size_t i;

    for (i = chain->current + 1; i < chain->count && !chain->chosen; i++)
        parts += !chain->links[i].instant;
    return now + (chain->deadline - now) / parts;
}

static void cred_chain_ask(struct cred_chain *chain)
{
    struct akv_cred *cred = chain->links[chain->current].cred;
    const struct akv_token_request request = { chain->scope, chain->tenant,
                                               chain->claims, chain->deadline,
                                               cred_chain_share(chain) };

    cred->ops->get(cred, &request, cred_chain_on_token, chain);
}

static void chain_get(struct akv_cred *base,
                      const struct akv_token_request *request,
                      akv_token_fn *done, void *arg)
{
    struct cred_chain *chain = (struct cred_chain *)base;
    struct akv_error err = AKV_ERROR_INIT;

    chain->done = done;
    chain->arg = arg;
    chain->deadline = request->deadline;
    chain->scope = strdup(request->scope);
    chain->tenant = strdup(request->tenant);
    chain->claims = request->claims != NULL ? strdup(request->claims) : NULL;
    akv_buf_free(&chain->reasons);
    if (!chain->chosen)
        chain->current = 0;
    if (chain->scope != NULL && chain->tenant != NULL
        && (request->claims == NULL || chain->claims != NULL)) {
        cred_chain_ask(chain);
        return;
    }
    (void)akv_error_set(&err, AKV_E_MEMORY, "no memory for a token");
    cred_chain_finish(chain, NULL, &err);
}

static void chain_free(struct akv_cred *base)
{
    struct cred_chain *chain = (struct cred_chain *)base;
    size_t i;

    for (i = 0; i < chain->count; i++)
        chain->links[i].cred->ops->free(chain->links[i].cred);
    free(chain->links);
    free(chain->scope);
    free(chain->tenant);
    akv_wipe_free(chain->claims);
    akv_buf_free(&chain->reasons);
    free(chain);
}

struct akv_cred *akv_cred_chain_new(const struct akv_clock *clock,
                                    const struct akv_chain_link *links,
                                    size_t count, const char *hint,
                                    struct akv_error *err)
{
    static const struct akv_cred_ops ops = { chain_get, chain_free };
    struct cred_chain *chain = calloc(1, sizeof(*chain));
    size_t i;

    if (chain != NULL)
        chain->links = calloc(count, sizeof(*links));
    if (chain == NULL || chain->links == NULL || count == 0) {
        for (i = 0; i < count; i++)
            links[i].cred->ops->free(links[i].cred);
        if (chain != NULL)
            free(chain->links);
        free(chain);
        (void)akv_error_set(err, AKV_E_MEMORY, "no memory for a credential");
        return NULL;
    }
    memcpy(chain->links, links, count * sizeof(*links));
    chain->base.ops = &ops;
    chain->clock = clock;
    chain->hint = hint;
    chain->count = count;
    akv_buf_init(&chain->reasons, 4096);
    return &chain->base;
}
