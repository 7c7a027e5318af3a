/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The private context is made without a lock: the slower of two threads frees
 * its own. What libcrypto keeps in it for a thread is given back when that
 * ends, which the core tells if the thread has asked for it
 * (core_thread_start() of provider-base(7)).
 */

#include <openssl/crypto.h>

#include "err.h"
#include "libctx.h"

void akv_private_free(struct akv_libctx *own)
{
    if (own == NULL)
        return;
    akv_libctx_clear(own);
    OPENSSL_free(own);
}

/* It can use the core's BIOs, which decoders and encoders are given. */
static struct akv_libctx *private_new(const struct akv_provider *prov)
{
    struct akv_libctx *own = OPENSSL_zalloc(sizeof(*own));

    if (own != NULL
        && akv_libctx_init(
            own, OSSL_LIB_CTX_new_from_dispatch(prov->handle, prov->in)))
        return own;
    OPENSSL_free(own);
    return NULL;
}

static struct akv_libctx *private_get(struct akv_provider *prov)
{
    struct akv_libctx *own = atomic_load(&prov->own), *none = NULL;

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
    const struct akv_libctx *own =
        atomic_load(&((struct akv_provider *)arg)->own);

    if (own != NULL)
        OPENSSL_thread_stop_ex(own->libctx);
}

OSSL_LIB_CTX *akv_libctx(struct akv_provider *prov)
{
    /* The contexts that this thread has announced its end to. */
    static _Thread_local const struct akv_libctx *known[8];
    const struct akv_libctx *own = private_get(prov);
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
