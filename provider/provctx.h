/* SPDX-License-Identifier: Apache-2.0 */

/* The provider instance: what everything else here borrows. */

#ifndef AKV_PROVCTX_H
#define AKV_PROVCTX_H

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/types.h>
#include <stdatomic.h>

#include "akv/client.h"
#include "base/log.h"
#include "base/settings_impl.h"

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
};

struct akv_impl;
struct akv_libctx;
struct akv_reasons;
struct akv_ref_cache;
struct akv_subject_cache;

/* What is made of the settings when the first vault is to be asked: config.h.
 */
struct akv_config {
    struct akv_settings settings; /* owned */
    struct akv_error fault;       /* AKV_E_NONE: the settings are good */
    struct akv_log *log;          /* owned */
    struct akv_client *client;    /* owned */
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
    /* The application's library context, of use only where its libcrypto is
     * the one that we are linked with. */
    OSSL_LIB_CTX *app; /* borrowed; NULL: the default one */
    bool shares_libcrypto;
    struct akv_settings given;    /* owned; at init: see config.h */
    struct akv_error given_fault; /* AKV_E_NONE: they are good */
    /* Made when first used, and owned. */
    _Atomic(struct akv_config *) config;
    _Atomic(struct akv_libctx *) own;
    _Atomic(struct akv_impl *) impls;
    _Atomic(OSSL_PARAM *) gen_settable[2]; /* by enum akv_key_type */
    struct akv_reasons *reasons;           /* owned */
    struct akv_ref_cache *references;      /* owned */
    struct akv_subject_cache *subjects;    /* owned */
    atomic_int fips;                       /* enum akv_fips */
    atomic_uint live;                      /* keys and operations there are */
};

/* Counts an object of ours in and out. */
void akv_provider_hold(struct akv_provider *prov);
void akv_provider_drop(struct akv_provider *prov);

#endif
