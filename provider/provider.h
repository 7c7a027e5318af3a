/* SPDX-License-Identifier: Apache-2.0 */

/* The provider instance: what everything else here borrows. */

#ifndef AKV_PROVIDER_H
#define AKV_PROVIDER_H

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/types.h>
#include <stdatomic.h>

#include "client.h"
#include "err.h"
#include "settings.h"

#define AKV_FN(id, fn)                                                         \
    {                                                                          \
        OSSL_FUNC_##id, (void (*)(void))(fn)                                   \
    }
#define AKV_FN_END                                                             \
    {                                                                          \
        0, NULL                                                                \
    }

/* The core's functions that we call; NULL where it offers none. */
struct akv_core {
    OSSL_FUNC_core_get_params_fn *get_params;
    OSSL_FUNC_core_new_error_fn *new_error;
    OSSL_FUNC_core_set_error_debug_fn *set_error_debug;
    OSSL_FUNC_core_vset_error_fn *vset_error;
    OSSL_FUNC_core_thread_start_fn *thread_start;
    OSSL_FUNC_provider_up_ref_fn *up_ref;
};

/*
 * Borrowed by every key and every operation, which are counted in live: the
 * application may free a key after teardown, so what keys stand on is only
 * freed when there are none.
 */
struct akv_provider {
    const OSSL_CORE_HANDLE *handle; /* borrowed, the core's */
    const OSSL_DISPATCH *in;        /* borrowed, the core's */
    struct akv_core core;
    struct akv_settings settings;      /* owned */
    struct akv_error config_error;     /* AKV_E_NONE: the settings are good */
    struct akv_log *log;               /* owned */
    struct akv_client *client;         /* owned */
    _Atomic(struct akv_private *) own; /* owned; made when first used */
    struct akv_ref_cache *references;  /* owned */
    _Atomic(OSSL_PARAM *) gen_settable[2]; /* owned; by enum akv_key_type */
    atomic_uint live;                      /* keys and operations there are */
    bool ending;                           /* teardown has begun */
};

/* A library context of our own. */
struct akv_private {
    OSSL_LIB_CTX *libctx;    /* owned */
    OSSL_PROVIDER *standard; /* owned: the default provider in it */
};

/*
 * The private library context: the default provider alone, no configuration
 * file, no property query of the application. All local cryptography happens
 * in it, by explicit context, never by the thread's default. NULL, with the
 * reason raised, if it cannot be made.
 */
const struct akv_private *akv_private_get(struct akv_provider *prov);
OSSL_LIB_CTX *akv_libctx(struct akv_provider *prov);

/* Counts an object of ours in and out. */
void akv_provider_hold(struct akv_provider *prov);
void akv_provider_drop(struct akv_provider *prov);

#endif
