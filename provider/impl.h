/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How another provider does RSA or EC: the functions of its dispatch tables.
 *
 * The keys of the application come to us where it lists us first or prefers
 * us, and all of it must work as if we were not there. So whoever would have
 * been asked without us does it: its functions are called with the arguments
 * that ours were called with, in the application's own library context, and
 * what they return and raise is handed on as it is.
 *
 * The public half of a vault's key is done by the default provider of the
 * private context, which nothing in the application can change; under the
 * setting assume-fips by what has fips=yes in the application.
 */

#ifndef AKV_IMPL_H
#define AKV_IMPL_H

#include "akv/jwk.h"
#include "digests.h"
#include "provctx.h"

/* "RSA" or "EC", as key managements are named. */
const char *akv_key_type_name(enum akv_key_type type);

/* For whom something is done. */
enum akv_role {
    AKV_ROLE_LOCAL, /* the application's keys */
    AKV_ROLE_FIPS,  /* the same, by a query for fips=yes */
    AKV_ROLE_VAULT  /* the public half of a vault's key */
};

/* A dispatch table by its numbers, OSSL_FUNC_...; NULL: there is no such
 * function. */
#define AKV_FUNCTIONS_MAX 64
struct akv_functions {
    void (*fn[AKV_FUNCTIONS_MAX])(void);
};

/* Never changed or freed while the provider lives. */
struct akv_impl {
    enum akv_key_type type;
    bool fips;            /* it has fips=yes */
    EVP_KEYMGMT *keymgmt; /* owned; keeps its provider */
    void *provctx;        /* borrowed, that provider's */
    /* Where and how to fetch what goes with it; borrowed, constant. */
    OSSL_LIB_CTX *libctx;
    const char *propq;
    struct akv_functions key, signature, cipher, exchange, kem;
    struct akv_functions composed[AKV_DIGESTS_COUNT];
    struct akv_impl *next;
};

/*
 * Calls function OSSL_FUNC_<id>, of type OSSL_FUNC_<name>_fn, of a table; 0 or
 * NULL where there is none.
 */
#define AKV_CALL(functions, id, name, ...)                                     \
    ((functions)->fn[OSSL_FUNC_##id] != NULL                                   \
         ? ((OSSL_FUNC_##name##_fn *)(functions)->fn[OSSL_FUNC_##id])(         \
             __VA_ARGS__)                                                      \
         : 0)

/* The same for functions that return nothing: they free. */
#define AKV_FREE(functions, id, name, object)                                  \
    do {                                                                       \
        if ((functions)->fn[OSSL_FUNC_##id] != NULL)                           \
            ((OSSL_FUNC_##name##_fn *)(functions)->fn[OSSL_FUNC_##id])(        \
                object);                                                       \
    } while (0)

/*
 * Who does a type of keys in a role. Any thread may ask; what is returned
 * lives as long as the provider. NULL with the reason raised: nobody may.
 */
const struct akv_impl *akv_impl_get(struct akv_provider *prov,
                                    enum akv_key_type type, enum akv_role role);

/* Whether the keys of one are keys of the other. */
bool akv_impl_same_provider(const struct akv_impl *a, const struct akv_impl *b);

/* The name of its provider. */
const char *akv_impl_name(const struct akv_impl *impl);

/*
 * The encoder of the implementation's provider for a type of output ("der")
 * and a structure (NULL: it has none), into *functions. False: that provider
 * has none, others may.
 */
bool akv_impl_encoder(const struct akv_impl *impl, const char *output,
                      const char *structure, struct akv_functions *functions);

/* Frees a provider's; at teardown. */
void akv_impl_free_all(struct akv_provider *prov);

#endif
