/* SPDX-License-Identifier: Apache-2.0 */

/* A provider that offers nothing and merely links libcurl: what loading
 * keyvault.so is compared with. */

#include <curl/curl.h>
#include <openssl/core.h>
#include <openssl/core_dispatch.h>

OSSL_provider_init_fn OSSL_provider_init;

static const OSSL_DISPATCH functions[] = { { 0, NULL } };

int OSSL_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                       const OSSL_DISPATCH **out, void **provctx)
{
    static char context;

    (void)handle;
    (void)in;
    *out = functions;
    *provctx = &context;
    return curl_version() != NULL; /* else the linker drops libcurl */
}
