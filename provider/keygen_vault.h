/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Keys made in a vault: what the parameters akv-... of a key generation say.
 * One is made only where akv-uri names it.
 */

#ifndef AKV_KEYGEN_VAULT_H
#define AKV_KEYGEN_VAULT_H

#include "key.h"

struct akv_keygen_vault {
    const char *first; /* of our parameters that was set; NULL: none */
    bool named;        /* id is set */
    struct akv_id id;
    struct akv_key_create create;
    struct akv_tags tags; /* owned */
    char *release_policy; /* owned; JSON */
    char group[64];       /* of an EC key; empty: none was set */
};

void akv_keygen_vault_init(struct akv_keygen_vault *vault);
void akv_keygen_vault_free(struct akv_keygen_vault *vault);

/* What akv_keygen_vault_set() reads of its own. */
extern const OSSL_PARAM akv_keygen_vault_settable[];

/* Takes over what is among params. 0 with the reason raised. */
int akv_keygen_vault_set(struct akv_provider *prov,
                         struct akv_keygen_vault *vault,
                         const OSSL_PARAM params[]);

/* Makes the key, by one request. NULL with the reason raised. */
struct akv_key *akv_keygen_vault_run(struct akv_provider *prov,
                                     struct akv_keygen_vault *vault,
                                     enum akv_key_type type);

#endif
