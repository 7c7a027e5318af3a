/* SPDX-License-Identifier: Apache-2.0 */

#ifndef AKV_KEYGEN_H
#define AKV_KEYGEN_H

#include <openssl/core_dispatch.h>

#include "key.h"

/*
 * Generation of the application's keys, passed through to who does it without
 * us (impl.h): key exchange generates an EC key per handshake by whichever key
 * management is fetched first. Where the parameter akv-uri names a key in a
 * vault, and only there, it is made in the vault instead (keygen_vault.h).
 * The functions are those of provider-keymgmt(7).
 */
OSSL_FUNC_keymgmt_gen_init_fn akv_rsa_gen_init, akv_rsa_fips_gen_init,
    akv_ec_gen_init, akv_ec_fips_gen_init;
OSSL_FUNC_keymgmt_gen_set_template_fn akv_keygen_set_template;
OSSL_FUNC_keymgmt_gen_set_params_fn akv_keygen_set_params;
OSSL_FUNC_keymgmt_gen_settable_params_fn akv_rsa_gen_settable,
    akv_ec_gen_settable;
OSSL_FUNC_keymgmt_gen_fn akv_keygen_run;
OSSL_FUNC_keymgmt_gen_cleanup_fn akv_keygen_free;

/* OSSL_FUNC_KEYMGMT_GEN_GET_PARAMS and _GEN_GETTABLE_PARAMS of OpenSSL 3.4, by
 * which a FIPS module tells whether the key is an approved one. */
#define AKV_KEYMGMT_GEN_GET_PARAMS 15
#define AKV_KEYMGMT_GEN_GETTABLE_PARAMS 16
int akv_keygen_get_params(void *vgen, OSSL_PARAM params[]);
const OSSL_PARAM *akv_ec_gen_gettable(void *vgen, void *provctx);

#endif
