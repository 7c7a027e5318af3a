/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Groups are passed on if their keys are EC: X25519 and the like, whose keys
 * are managed elsewhere, are their own provider's to announce.
 */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <string.h>

#include "config.h"
#include "impl.h"
#include "tls_group.h"

struct forward {
    OSSL_CALLBACK *callback;
    void *arg;
};

static int forward_ec(const OSSL_PARAM params[], void *arg)
{
    const struct forward *to = arg;
    const OSSL_PARAM *alg =
        OSSL_PARAM_locate_const(params, OSSL_CAPABILITY_TLS_GROUP_ALG);
    const char *name;

    if (alg == NULL || !OSSL_PARAM_get_utf8_string_ptr(alg, &name)
        || strcmp(name, "EC") != 0)
        return 1;
    return to->callback(params, to->arg);
}

int akv_tls_groups(struct akv_provider *prov, OSSL_CALLBACK *callback,
                   void *arg)
{
    const struct akv_impl *impl = akv_impl_get(
        prov, AKV_KEY_EC,
        akv_config_fips(prov) == AKV_FIPS_NO ? AKV_ROLE_LOCAL : AKV_ROLE_FIPS);
    struct forward to = { callback, arg };

    return impl != NULL
           && OSSL_PROVIDER_get_capabilities(
               EVP_KEYMGMT_get0_provider(impl->keymgmt), "TLS-GROUP",
               forward_ec, &to);
}
