/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <string.h>

#include "provider.h"
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
    const struct akv_private *own = akv_private_get(prov);
    struct forward to = { callback, arg };

    return own != NULL
           && OSSL_PROVIDER_get_capabilities(own->standard, "TLS-GROUP",
                                             forward_ec, &to);
}
