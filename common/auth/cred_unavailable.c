/* SPDX-License-Identifier: Apache-2.0 */

/* Stands in a chain for a credential that is not set up here, so that the
 * chain can say why. */

#include <stdlib.h>

#include "auth/cred.h"

struct cred_unavailable {
    struct akv_cred base;
    struct akv_error why;
};

static void unavailable_get(struct akv_cred *base,
                            const struct akv_token_request *request,
                            akv_token_fn *done, void *arg)
{
    (void)request;
    done(arg, NULL, &((struct cred_unavailable *)base)->why);
}

static void unavailable_free(struct akv_cred *base)
{
    free(base);
}

struct akv_cred *akv_cred_unavailable_new(const struct akv_error *why)
{
    static const struct akv_cred_ops ops = { unavailable_get,
                                             unavailable_free };
    struct cred_unavailable *cred = calloc(1, sizeof(*cred));

    if (cred == NULL)
        return NULL;
    cred->base.ops = &ops;
    cred->why = *why;
    return &cred->base;
}
