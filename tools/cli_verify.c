/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A key that may be used but not read (keys/get) cannot be verified with: its
 * signature passes. The service has r and s of ECDSA side by side (RFC 7518,
 * 3.4), OpenSSL wants them in DER.
 */

#include "cli_verify.h"
#include "base/settings_impl.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>

#include "akv/key.h"
#include "ossl/pkey.h"

/* The service's two numbers as the structure that OpenSSL verifies. */
static bool cli_verify_to_der(const struct akv_buf *raw, struct akv_buf *der)
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    int half = (int)(raw->len / 2), len = 0;
    BIGNUM *r = BN_bin2bn(raw->data, half, NULL);
    BIGNUM *s = BN_bin2bn(raw->data + half, half, NULL);
    unsigned char *bytes = NULL;
    bool ok;

    if (sig != NULL && r != NULL && s != NULL
        && ECDSA_SIG_set0(sig, r, s) == 1) {
        r = s = NULL; /* they are sig's */
        len = i2d_ECDSA_SIG(sig, &bytes);
    }
    ok = len > 0 && akv_buf_append(der, bytes, (size_t)len);
    OPENSSL_free(bytes);
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);
    return ok;
}

/* NULL: it signs what it is given. */
static const EVP_MD *md_of(enum akv_alg alg)
{
    const char *name = akv_alg_digest_name(alg);

    return name != NULL ? EVP_get_digestbyname(name) : NULL;
}

static bool set_padding(EVP_PKEY_CTX *ctx, enum akv_alg alg)
{
    bool pss = strncmp(akv_alg_name(alg), "PS", 2) == 0;

    return EVP_PKEY_CTX_set_rsa_padding(ctx, pss ? RSA_PKCS1_PSS_PADDING
                                                 : RSA_PKCS1_PADDING)
               == 1
           && (!pss
               || EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST)
                      == 1);
}

static bool is_good(EVP_PKEY *pkey, enum akv_alg alg,
                    const struct akv_buf *digest, const struct akv_buf *sig)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    const EVP_MD *md = md_of(alg);
    bool ok =
        ctx != NULL && EVP_PKEY_verify_init(ctx) == 1
        && (!EVP_PKEY_is_a(pkey, "RSA") || set_padding(ctx, alg))
        && (md == NULL || EVP_PKEY_CTX_set_signature_md(ctx, md) == 1)
        && EVP_PKEY_verify(ctx, sig->data, sig->len, digest->data, digest->len)
               == 1;

    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static bool cli_verify_verify(const struct akv_jwk *jwk, enum akv_alg alg,
                              const struct akv_buf *digest,
                              const struct akv_buf *sig)
{
    struct akv_buf der = AKV_BUF_INIT(1024);
    bool is_ec = jwk->type == AKV_KEY_EC, ok;
    EVP_PKEY *pkey;

    (void)ERR_set_mark();
    pkey = akv_pkey_from_jwk(NULL, jwk);
    ok = pkey != NULL && (!is_ec || cli_verify_to_der(sig, &der))
         && is_good(pkey, alg, digest, is_ec ? &der : sig);
    EVP_PKEY_free(pkey);
    (void)ERR_pop_to_mark();
    akv_buf_free(&der);
    return ok;
}

bool cli_verify_here(struct cli *cli, const struct akv_id *id, enum akv_alg alg,
                     const struct akv_buf *digest,
                     const struct akv_buf *signature)
{
    struct akv_error why = AKV_ERROR_INIT;
    struct akv_key_bundle bundle;
    bool ok = true;

    if (!cli->settings.verify_signatures || alg == AKV_RSNULL
        || strncmp(akv_alg_name(alg), "HS", 2) == 0)
        return true;
    memset(&bundle, 0, sizeof(bundle));
    if (akv_key_get(cli->client, id, &bundle, &why))
        ok = cli_verify_verify(&bundle.jwk, alg, digest, signature)
             || akv_error_set(&cli->err, AKV_E_PROTOCOL,
                              "the vault's signature does not verify with "
                              "keys/%s: it is not written (see the setting "
                              "verify-signatures)",
                              id->name);
    else if (why.code != AKV_E_FORBIDDEN) {
        cli->err = why;
        ok = false;
    }
    akv_key_bundle_free(&bundle);
    return ok;
}
