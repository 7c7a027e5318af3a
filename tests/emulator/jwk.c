/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Key material and its JSON form. Numbers of RSA made here have no leading
 * zero bytes, coordinates of EC with all the bytes of the field (RFC 7518).
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "b64.h"
#include "jsonx.h"
#include "jwk.h"
#include "ossl.h"
#include "xmem.h"

static const struct emu_curve curves[] = {
    { "P-256", "prime256v1", 32 },
    { "P-384", "secp384r1", 48 },
    { "P-521", "secp521r1", 66 },
    { "P-256K", "secp256k1", 32 },
};

const struct emu_curve *emu_curve_by_name(const char *jose)
{
    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
        if (strcasecmp(curves[i].jose, jose) == 0)
            return &curves[i];
    return NULL;
}

static const struct emu_curve *curve_of_pkey(const EVP_PKEY *pkey)
{
    char group[64];

    if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1)
        return NULL;
    for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
        if (strcasecmp(curves[i].group, group) == 0)
            return &curves[i];
    return NULL;
}

const char *emu_kty_name(const struct emu_material *mat)
{
    static const char *const names[][2] = {
        [EMU_KTY_RSA] = { "RSA", "RSA-HSM" },
        [EMU_KTY_EC] = { "EC", "EC-HSM" },
        [EMU_KTY_OCT] = { "oct", "oct-HSM" }
    };

    return names[mat->kty][mat->hsm];
}

/* size 0: as few bytes as the number needs. */
static char *encode_param(const EVP_PKEY *pkey, const char *param, size_t size)
{
    unsigned char raw[1024];
    BIGNUM *bn = NULL;
    char *text = NULL;
    int len;

    if (EVP_PKEY_get_bn_param(pkey, param, &bn) != 1)
        return NULL;
    len = size == 0 ? BN_num_bytes(bn) : (int)size;
    if (len <= (int)sizeof(raw) && BN_bn2binpad(bn, raw, len) == len)
        text = emu_b64url_encode(raw, (size_t)len);
    BN_free(bn);
    return text;
}

static bool describe_rsa(struct emu_material *mat)
{
    int bits = EVP_PKEY_get_bits(mat->pkey);

    if (bits != 2048 && bits != 3072 && bits != 4096)
        return false;
    mat->kty = EMU_KTY_RSA;
    mat->size = (size_t)bits / 8;
    mat->n = encode_param(mat->pkey, OSSL_PKEY_PARAM_RSA_N, 0);
    mat->e = encode_param(mat->pkey, OSSL_PKEY_PARAM_RSA_E, 0);
    return mat->n != NULL && mat->e != NULL;
}

static bool describe_ec(struct emu_material *mat)
{
    mat->curve = curve_of_pkey(mat->pkey);
    if (mat->curve == NULL)
        return false;
    mat->kty = EMU_KTY_EC;
    mat->size = mat->curve->field;
    mat->x = encode_param(mat->pkey, OSSL_PKEY_PARAM_EC_PUB_X, mat->size);
    mat->y = encode_param(mat->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, mat->size);
    return mat->x != NULL && mat->y != NULL;
}

struct emu_material *emu_material_new(EVP_PKEY *pkey, bool hsm)
{
    struct emu_material *mat = emu_xcalloc(1, sizeof(*mat));
    bool ok = false;

    mat->refs = 1;
    mat->pkey = pkey; /* mat owns it now */
    mat->hsm = hsm;
    if (EVP_PKEY_is_a(pkey, "RSA"))
        ok = describe_rsa(mat);
    else if (EVP_PKEY_is_a(pkey, "EC"))
        ok = describe_ec(mat);
    if (!ok) {
        emu_material_free(mat);
        return NULL;
    }
    return mat;
}

static struct emu_material *generate(const char *type, const OSSL_PARAM *params,
                                     bool hsm)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(emu_libctx(), type, NULL);
    EVP_PKEY *pkey = NULL;
    bool ok = ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1
              && EVP_PKEY_CTX_set_params(ctx, params) == 1
              && EVP_PKEY_generate(ctx, &pkey) == 1;

    EVP_PKEY_CTX_free(ctx);
    return ok ? emu_material_new(pkey, hsm) : NULL;
}

struct emu_material *emu_material_generate_rsa(unsigned bits, unsigned exponent,
                                               bool hsm)
{
    unsigned char raw[sizeof(unsigned)];
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_BITS, &bits),
        OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, raw, sizeof(raw)),
        OSSL_PARAM_construct_end()
    };

    memcpy(raw, &exponent, sizeof(raw)); /* native order is what BN takes */
    return generate("RSA", params, hsm);
}

struct emu_material *emu_material_generate_ec(const struct emu_curve *curve,
                                              bool hsm)
{
    char group[32];
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(
                                OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                            OSSL_PARAM_construct_end() };

    strncpy(group, curve->group, sizeof(group) - 1);
    group[sizeof(group) - 1] = '\0';
    params[0].data_size = strlen(group);
    return generate("EC", params, hsm);
}

/* Signing and verifying with it shows that the parts belong together. */
static bool works(EVP_PKEY *pkey)
{
    static const unsigned char text[] = "pairwise";
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char sig[1024];
    size_t siglen = sizeof(sig);
    bool ok;

    ok = ctx != NULL
         && EVP_DigestSignInit_ex(ctx, NULL, "SHA256", emu_libctx(), NULL, pkey,
                                  NULL)
                == 1
         && EVP_DigestSign(ctx, sig, &siglen, text, sizeof(text)) == 1
         && EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", emu_libctx(), NULL,
                                    pkey, NULL)
                == 1
         && EVP_DigestVerify(ctx, sig, siglen, text, sizeof(text)) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}

struct jwk_part {
    const char *json;
    const char *param;
    bool required;
};

#define MAX_PARTS 8

struct import {
    OSSL_PARAM_BLD *bld;
    BIGNUM *bn[MAX_PARTS]; /* the builder keeps pointers to them */
    size_t nbn;
};

static BIGNUM *import_number(struct import *im, struct json_object *jwk,
                             const char *name)
{
    const char *text = emu_json_str(jwk, name);
    unsigned char *raw = NULL;
    size_t len = 0;
    BIGNUM *bn = NULL;

    if (text != NULL && emu_b64url_decode(text, &raw, &len) && len > 0
        && len <= 1024)
        bn = BN_bin2bn(raw, (int)len, NULL);
    if (bn != NULL) {
        OPENSSL_cleanse(raw, len);
        im->bn[im->nbn++] = bn;
    }
    free(raw);
    return bn;
}

static bool import_numbers(struct import *im, struct json_object *jwk,
                           const struct jwk_part *parts, size_t nparts)
{
    for (size_t i = 0; i < nparts; i++) {
        BIGNUM *bn;

        if (emu_json_get(jwk, parts[i].json) == NULL) {
            if (parts[i].required)
                return false;
            continue;
        }
        bn = import_number(im, jwk, parts[i].json);
        if (bn == NULL
            || OSSL_PARAM_BLD_push_BN(im->bld, parts[i].param, bn) != 1)
            return false;
    }
    return true;
}

static bool import_rsa(struct import *im, struct json_object *jwk)
{
    static const struct jwk_part parts[] = {
        { "n", OSSL_PKEY_PARAM_RSA_N, true },
        { "e", OSSL_PKEY_PARAM_RSA_E, true },
        { "d", OSSL_PKEY_PARAM_RSA_D, true },
        { "p", OSSL_PKEY_PARAM_RSA_FACTOR1, false },
        { "q", OSSL_PKEY_PARAM_RSA_FACTOR2, false },
        { "dp", OSSL_PKEY_PARAM_RSA_EXPONENT1, false },
        { "dq", OSSL_PKEY_PARAM_RSA_EXPONENT2, false },
        { "qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1, false },
    };

    return import_numbers(im, jwk, parts, sizeof(parts) / sizeof(parts[0]));
}

static bool import_ec(struct import *im, struct json_object *jwk,
                      unsigned char point[1 + 2 * 66])
{
    static const struct jwk_part parts[] = {
        { "d", OSSL_PKEY_PARAM_PRIV_KEY, true },
    };
    const char *crv = emu_json_str(jwk, "crv");
    const struct emu_curve *curve = crv == NULL ? NULL : emu_curve_by_name(crv);
    BIGNUM *x = import_number(im, jwk, "x");
    BIGNUM *y = import_number(im, jwk, "y");
    int field = curve == NULL ? 0 : (int)curve->field;

    if (curve == NULL || x == NULL || y == NULL
        || BN_bn2binpad(x, point + 1, field) != field
        || BN_bn2binpad(y, point + 1 + field, field) != field)
        return false;
    point[0] = 4; /* uncompressed */
    return OSSL_PARAM_BLD_push_utf8_string(im->bld, OSSL_PKEY_PARAM_GROUP_NAME,
                                           curve->group, 0)
               == 1
           && OSSL_PARAM_BLD_push_octet_string(im->bld, OSSL_PKEY_PARAM_PUB_KEY,
                                               point, 1 + 2 * curve->field)
                  == 1
           && import_numbers(im, jwk, parts, 1);
}

static EVP_PKEY *import_build(struct import *im, const char *type,
                              int selection)
{
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(im->bld);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(emu_libctx(), type, NULL);
    EVP_PKEY *pkey = NULL;

    if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, selection, params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return pkey;
}

/* The service gives an imported modulus back as it came, with its zero byte in
 * front (recorded: keys-import-badparameter-vault and others). */
static void echo(char **number, const char *given)
{
    unsigned char *raw = NULL;
    size_t len;

    if (given == NULL || !emu_b64_decode_any(given, &raw, &len))
        return;
    free(*number);
    *number = emu_b64url_encode(raw, len);
    free(raw);
}

struct emu_material *emu_material_from_jwk(struct json_object *jwk, bool hsm)
{
    struct emu_material *mat;
    const char *kty = emu_json_str(jwk, "kty");
    bool rsa = kty != NULL && strncasecmp(kty, "RSA", 3) == 0;
    unsigned char point[1 + 2 * 66];
    struct import im = { OSSL_PARAM_BLD_new(), { NULL }, 0 };
    EVP_PKEY *pkey = NULL;

    if (kty != NULL && im.bld != NULL
        && (rsa ? import_rsa(&im, jwk) : import_ec(&im, jwk, point)))
        pkey = import_build(&im, rsa ? "RSA" : "EC", EVP_PKEY_KEYPAIR);
    OSSL_PARAM_BLD_free(im.bld);
    for (size_t i = 0; i < im.nbn; i++)
        BN_clear_free(im.bn[i]);
    if (pkey != NULL && !works(pkey)) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    ERR_clear_error();
    mat = pkey == NULL ? NULL : emu_material_new(pkey, hsm);
    if (mat != NULL && mat->kty == EMU_KTY_RSA)
        echo(&mat->n, emu_json_str(jwk, "n"));
    return mat;
}

EVP_PKEY *emu_rsa_public_from_jwk(struct json_object *jwk)
{
    static const struct jwk_part parts[] = {
        { "n", OSSL_PKEY_PARAM_RSA_N, true },
        { "e", OSSL_PKEY_PARAM_RSA_E, true },
    };
    struct import im = { OSSL_PARAM_BLD_new(), { NULL }, 0 };
    EVP_PKEY *pkey = NULL;

    if (im.bld != NULL && import_numbers(&im, jwk, parts, 2))
        pkey = import_build(&im, "RSA", EVP_PKEY_PUBLIC_KEY);
    OSSL_PARAM_BLD_free(im.bld);
    for (size_t i = 0; i < im.nbn; i++)
        BN_free(im.bn[i]);
    ERR_clear_error();
    return pkey;
}

struct emu_material *emu_material_up_ref(struct emu_material *mat)
{
    __atomic_add_fetch(&mat->refs, 1, __ATOMIC_RELAXED);
    return mat;
}

void emu_material_free(struct emu_material *mat)
{
    if (mat == NULL || __atomic_sub_fetch(&mat->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    EVP_PKEY_free(mat->pkey);
    if (mat->k != NULL)
        OPENSSL_cleanse(mat->k, mat->size);
    free(mat->k);
    free(mat->n);
    free(mat->e);
    free(mat->x);
    free(mat->y);
    free(mat);
}

void emu_material_add_public(const struct emu_material *mat,
                             struct json_object *jwk)
{
    if (mat->kty == EMU_KTY_RSA) {
        emu_json_add_str(jwk, "n", mat->n);
        emu_json_add_str(jwk, "e", mat->e);
    } else if (mat->kty == EMU_KTY_EC) {
        emu_json_add_str(jwk, "crv", mat->curve->jose);
        emu_json_add_str(jwk, "x", mat->x);
        emu_json_add_str(jwk, "y", mat->y);
    }
}
