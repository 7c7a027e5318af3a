/* SPDX-License-Identifier: Apache-2.0 */

/* One row an algorithm. One that the configured api-version does not have is
 * asked for with the first that does. */

#include <strings.h>

#include "api/alg.h"

static const struct {
    const char *name;
    size_t digest;           /* bytes of it; 0: none */
    const char *min_version; /* the first api-version that has it */
} algs[AKV_ALG_COUNT] = {
    [AKV_RS256] = { "RS256", 32, NULL },
    [AKV_RS384] = { "RS384", 48, NULL },
    [AKV_RS512] = { "RS512", 64, NULL },
    [AKV_PS256] = { "PS256", 32, NULL },
    [AKV_PS384] = { "PS384", 48, NULL },
    [AKV_PS512] = { "PS512", 64, NULL },
    [AKV_RSNULL] = { "RSNULL", 0, NULL },
    [AKV_ES256] = { "ES256", 32, NULL },
    [AKV_ES256K] = { "ES256K", 32, NULL },
    [AKV_ES384] = { "ES384", 48, NULL },
    [AKV_ES512] = { "ES512", 64, NULL },
    [AKV_HS256] = { "HS256", 0, "2026-04-01" },
    [AKV_HS384] = { "HS384", 0, "2026-04-01" },
    [AKV_HS512] = { "HS512", 0, "2026-04-01" },
    [AKV_RSA1_5] = { "RSA1_5", 0, NULL },
    [AKV_RSA_OAEP] = { "RSA-OAEP", 0, NULL },
    [AKV_RSA_OAEP_256] = { "RSA-OAEP-256", 0, NULL },
    [AKV_A128GCM] = { "A128GCM", 0, "7.2" },
    [AKV_A192GCM] = { "A192GCM", 0, "7.2" },
    [AKV_A256GCM] = { "A256GCM", 0, "7.2" },
    [AKV_A128CBC] = { "A128CBC", 0, "7.2" },
    [AKV_A192CBC] = { "A192CBC", 0, "7.2" },
    [AKV_A256CBC] = { "A256CBC", 0, "7.2" },
    [AKV_A128CBCPAD] = { "A128CBCPAD", 0, "7.2" },
    [AKV_A192CBCPAD] = { "A192CBCPAD", 0, "7.2" },
    [AKV_A256CBCPAD] = { "A256CBCPAD", 0, "7.2" },
    [AKV_A128KW] = { "A128KW", 0, "7.2" },
    [AKV_A192KW] = { "A192KW", 0, "7.2" },
    [AKV_A256KW] = { "A256KW", 0, "7.2" },
    [AKV_A128KWPAD] = { "A128KWPAD", 0, "2026-04-01" },
    [AKV_A192KWPAD] = { "A192KWPAD", 0, "2026-04-01" },
    [AKV_A256KWPAD] = { "A256KWPAD", 0, "2026-04-01" },
    [AKV_CKM_AES_KEY_WRAP] = { "CKM_AES_KEY_WRAP", 0, "2026-04-01" },
    [AKV_CKM_AES_KEY_WRAP_PAD] = { "CKM_AES_KEY_WRAP_PAD", 0, "2026-04-01" },
};

const char *akv_alg_name(enum akv_alg alg)
{
    return algs[alg].name;
}

bool akv_alg_find(const char *name, enum akv_alg *alg)
{
    size_t i;

    for (i = 0; i < AKV_ALG_COUNT; i++) {
        if (strcasecmp(algs[i].name, name) == 0) {
            *alg = (enum akv_alg)i;
            return true;
        }
    }
    return false;
}

const char *akv_alg_digest_name(enum akv_alg alg)
{
    static const struct {
        size_t size;
        const char *name;
    } digests[] = { { 32, "SHA256" }, { 48, "SHA384" }, { 64, "SHA512" } };
    size_t i;

    for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++)
        if (digests[i].size == algs[alg].digest)
            return digests[i].name;
    return NULL;
}

size_t akv_alg_digest_size(enum akv_alg alg)
{
    return algs[alg].digest;
}

const char *akv_alg_min_version(enum akv_alg alg)
{
    return algs[alg].min_version;
}
