/* SPDX-License-Identifier: Apache-2.0 */

/*
 * JSON Web Keys (RFC 7517) of EVP_PKEYs and back. The numbers of an EC key are
 * as long as the field (RFC 7518, 6.2), those of RSA as long as they are. The
 * bytes of private numbers are wiped here.
 */

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "ossl/pkey.h"

static const char *const groups[] = {
    [AKV_P256] = "prime256v1",
    [AKV_P384] = "secp384r1",
    [AKV_P521] = "secp521r1",
    [AKV_P256K] = "secp256k1",
};

/* A number of the key as a member; width 0: as many bytes as it has. */
static bool add_number(struct akv_json *json, const char *member,
                       const EVP_PKEY *pkey, const char *name, size_t width)
{
    unsigned char bytes[AKV_MODULUS_MAX];
    BIGNUM *number = NULL;
    size_t len = 0;
    bool ok = EVP_PKEY_get_bn_param(pkey, name, &number) == 1;

    if (ok)
        len = width > 0 ? width : (size_t)BN_num_bytes(number);
    ok = ok && len <= sizeof(bytes)
         && BN_bn2binpad(number, bytes, (int)len) == (int)len
         && akv_json_add_base64url(json, member, bytes, len);
    BN_clear_free(number);
    akv_wipe(bytes, sizeof(bytes));
    return ok;
}

static bool add_rsa(struct akv_json *json, const EVP_PKEY *pkey)
{
    static const struct {
        const char *member, *name;
    } numbers[] = {
        { "n", OSSL_PKEY_PARAM_RSA_N },
        { "e", OSSL_PKEY_PARAM_RSA_E },
        { "d", OSSL_PKEY_PARAM_RSA_D },
        { "p", OSSL_PKEY_PARAM_RSA_FACTOR1 },
        { "q", OSSL_PKEY_PARAM_RSA_FACTOR2 },
        { "dp", OSSL_PKEY_PARAM_RSA_EXPONENT1 },
        { "dq", OSSL_PKEY_PARAM_RSA_EXPONENT2 },
        { "qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1 },
    };
    size_t i;

    if (!akv_json_add_text(json, "kty", "RSA"))
        return false;
    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (!add_number(json, numbers[i].member, pkey, numbers[i].name, 0))
            return false;
    return true;
}

bool akv_pkey_curve(const EVP_PKEY *pkey, enum akv_curve *curve)
{
    char name[64];
    size_t i;

    if (EVP_PKEY_get_group_name(pkey, name, sizeof(name), NULL) != 1)
        return false;
    for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (strcmp(name, groups[i]) == 0) {
            *curve = (enum akv_curve)i;
            return true;
        }
    }
    return false;
}

static bool add_ec(struct akv_json *json, const EVP_PKEY *pkey)
{
    enum akv_curve curve;
    size_t field;

    if (!akv_pkey_curve(pkey, &curve))
        return false;
    field = akv_curve_field(curve);
    return akv_json_add_text(json, "kty", "EC")
           && akv_json_add_text(json, "crv", akv_curve_name(curve))
           && add_number(json, "x", pkey, OSSL_PKEY_PARAM_EC_PUB_X, field)
           && add_number(json, "y", pkey, OSSL_PKEY_PARAM_EC_PUB_Y, field)
           && add_number(json, "d", pkey, OSSL_PKEY_PARAM_PRIV_KEY, field);
}

bool akv_pkey_to_jwk(const EVP_PKEY *pkey, struct akv_buf *jwk,
                     struct akv_error *err)
{
    struct akv_json *json = akv_json_new_object();
    bool ok = json != NULL
              && ((EVP_PKEY_is_a(pkey, "RSA") && add_rsa(json, pkey))
                  || (EVP_PKEY_is_a(pkey, "EC") && add_ec(json, pkey)))
              && akv_json_print(json, jwk);

    akv_json_free(json);
    return ok
           || akv_error_set(err, AKV_E_INVALID,
                            "the private key is of a kind (%s) or on a curve "
                            "that a vault does not have",
                            EVP_PKEY_get0_type_name(pkey));
}

static bool push_number(OSSL_PARAM_BLD *bld, const char *name,
                        const struct akv_buf *bytes, BIGNUM **number)
{
    *number = BN_bin2bn(bytes->data, (int)bytes->len, NULL);
    return *number != NULL && OSSL_PARAM_BLD_push_BN(bld, name, *number);
}

/* The numbers are read when the parameters are made, hence out here. */
static OSSL_PARAM *rsa_params(const struct akv_jwk *jwk)
{
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    BIGNUM *n = NULL, *e = NULL;

    if (bld != NULL && push_number(bld, OSSL_PKEY_PARAM_RSA_N, &jwk->n, &n)
        && push_number(bld, OSSL_PKEY_PARAM_RSA_E, &jwk->e, &e))
        params = OSSL_PARAM_BLD_to_param(bld);
    OSSL_PARAM_BLD_free(bld);
    BN_free(n);
    BN_free(e);
    return params;
}

static OSSL_PARAM *ec_params(const struct akv_jwk *jwk)
{
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    unsigned char point[1 + 2 * AKV_FIELD_MAX];

    point[0] = 4; /* uncompressed */
    memcpy(point + 1, jwk->x, jwk->field);
    memcpy(point + 1 + jwk->field, jwk->y, jwk->field);
    if (bld != NULL
        && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
                                           groups[jwk->curve], 0)
        && OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point,
                                            1 + 2 * jwk->field))
        params = OSSL_PARAM_BLD_to_param(bld);
    OSSL_PARAM_BLD_free(bld);
    return params;
}

EVP_PKEY *akv_pkey_from_jwk(OSSL_LIB_CTX *libctx, const struct akv_jwk *jwk)
{
    bool rsa = jwk->type == AKV_KEY_RSA;
    OSSL_PARAM *params = NULL;
    EVP_PKEY_CTX *ctx = NULL;
    EVP_PKEY *pkey = NULL;

    if (jwk->type == AKV_KEY_OCT)
        return NULL;
    params = rsa ? rsa_params(jwk) : ec_params(jwk);
    if (params != NULL)
        ctx = EVP_PKEY_CTX_new_from_name(libctx, rsa ? "RSA" : "EC", NULL);
    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return pkey;
}
