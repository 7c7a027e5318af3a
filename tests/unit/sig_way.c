/* SPDX-License-Identifier: Apache-2.0 */

#include "sig_way.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

int sig_way_set(EVP_PKEY_CTX *ctx, const char *digest, const char *pad,
                const char *salt, const char *mgf1)
{
    const struct {
        const char *name, *value;
    } texts[] = {
        { OSSL_SIGNATURE_PARAM_DIGEST, digest },
        { OSSL_SIGNATURE_PARAM_PAD_MODE, pad },
        { OSSL_SIGNATURE_PARAM_PSS_SALTLEN, salt },
        { OSSL_SIGNATURE_PARAM_MGF1_DIGEST, mgf1 },
    };
    OSSL_PARAM params[sizeof(texts) / sizeof(texts[0]) + 1];
    size_t i, n = 0;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        union {
            const char *in;
            char *out;
        } u = { texts[i].value };

        if (u.in != NULL)
            params[n++] =
                OSSL_PARAM_construct_utf8_string(texts[i].name, u.out, 0);
    }
    params[n] = OSSL_PARAM_construct_end();
    return n == 0 ? 1 : EVP_PKEY_CTX_set_params(ctx, params);
}
