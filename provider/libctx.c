/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The private context is made without a lock: the slower of two threads frees
 * its own. What libcrypto keeps in it for a thread is given back when that
 * ends, which the core tells if the thread has asked for it
 * (core_thread_start() of provider-base(7)).
 */

#include <openssl/provider.h>

#include "err.h"
#include "libctx.h"

struct akv_private {
    OSSL_LIB_CTX *libctx;    /* owned */
    OSSL_PROVIDER *standard; /* owned: the default provider in it */
};

void akv_private_free(struct akv_private *own)
{
    if (own == NULL)
        return;
    if (own->standard != NULL)
        (void)OSSL_PROVIDER_unload(own->standard);
    OSSL_LIB_CTX_free(own->libctx);
    OPENSSL_free(own);
}

/* It can use the core's BIOs, which decoders and encoders are given. */
static struct akv_private *private_new(const struct akv_provider *prov)
{
    struct akv_private *own = OPENSSL_zalloc(sizeof(*own));

    if (own == NULL)
        return NULL;
    own->libctx = OSSL_LIB_CTX_new_from_dispatch(prov->handle, prov->in);
    if (own->libctx != NULL)
        own->standard = OSSL_PROVIDER_load(own->libctx, "default");
    if (own->standard != NULL)
        return own;
    akv_private_free(own);
    return NULL;
}

static struct akv_private *private_get(struct akv_provider *prov)
{
    struct akv_private *own = atomic_load(&prov->own), *none = NULL;

    if (own != NULL)
        return own;
    own = private_new(prov);
    if (own == NULL) {
        (void)akv_raise(prov, AKV_R_MEMORY, "a private library context");
        return NULL;
    }
    if (atomic_compare_exchange_strong(&prov->own, &none, own))
        return own;
    akv_private_free(own); /* another thread was faster */
    return none;
}

/* A thread that ends gives back what the private context keeps for it. */
static void on_thread_stop(void *arg)
{
    const struct akv_private *own =
        atomic_load(&((struct akv_provider *)arg)->own);

    if (own != NULL)
        OPENSSL_thread_stop_ex(own->libctx);
}

OSSL_LIB_CTX *akv_libctx(struct akv_provider *prov)
{
    /* The contexts that this thread has announced its end to. */
    static _Thread_local const struct akv_private *known[8];
    const struct akv_private *own = private_get(prov);
    size_t i;

    for (i = 0; own != NULL && i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i] == NULL && prov->core.thread_start != NULL
            && prov->core.thread_start(prov->handle, on_thread_stop, prov))
            known[i] = own;
        if (known[i] == own)
            break;
    }
    return own != NULL ? own->libctx : NULL;
}
