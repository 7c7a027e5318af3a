/* SPDX-License-Identifier: Apache-2.0 */

#ifndef AKV_KEYGEN_H
#define AKV_KEYGEN_H

#include <openssl/core_dispatch.h>

#include "key.h"

/*
 * Generation of software keys, passed through to the private context: key
 * exchange generates an EC key per handshake by whichever key management is
 * fetched first. Where the parameter akv-uri names a key in a vault, and only
 * there, it is made in the vault instead (keygen_vault.h).
 * The functions are those of provider-keymgmt(7).
 */
struct akv_keygen;

struct akv_keygen *akv_keygen_new(struct akv_provider *prov,
                                  enum akv_key_type type, int selection,
                                  const OSSL_PARAM params[]);
OSSL_FUNC_keymgmt_gen_set_template_fn akv_keygen_set_template;
OSSL_FUNC_keymgmt_gen_set_params_fn akv_keygen_set_params;
OSSL_FUNC_keymgmt_gen_fn akv_keygen_run;
OSSL_FUNC_keymgmt_gen_cleanup_fn akv_keygen_free;

#endif
