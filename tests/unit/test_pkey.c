/* SPDX-License-Identifier: Apache-2.0 */

/* Private keys as JSON Web Keys: the numbers in them must be the key. */

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#include "akv/json.h"
#include "akv/jwk.h"
#include "ossl/pkey.h"
#include "unit.h"

#define MOST 20000

static bool convert(EVP_PKEY *pkey, struct akv_buf *jwk, struct akv_error *err)
{
    return akv_pkey_to_jwk(pkey, jwk, err);
}

/* A member is the number of the key, and as wide as it must be; 0: any. */
static void check_number(const struct akv_json *json, const char *member,
                         const EVP_PKEY *pkey, const char *name, size_t width)
{
    struct akv_buf bytes = AKV_BUF_INIT(MOST);
    BIGNUM *want = NULL, *got;

    CHECK_AT(member, akv_json_get_base64url(json, member, &bytes));
    CHECK_AT(member, EVP_PKEY_get_bn_param(pkey, name, &want) == 1);
    got = BN_bin2bn(bytes.data, (int)bytes.len, NULL);
    CHECK_AT(member, want != NULL && got != NULL && BN_cmp(want, got) == 0);
    if (width > 0)
        CHECK_INT(member, bytes.len, width);
    BN_free(want);
    BN_free(got);
    akv_buf_free(&bytes);
}

static void rsa(void)
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
    struct akv_buf text = AKV_BUF_INIT(MOST);
    struct akv_error err = AKV_ERROR_INIT;
    EVP_PKEY *pkey = EVP_RSA_gen(2048);
    struct akv_json *json;
    struct akv_jwk jwk;
    size_t i;

    CHECK(convert(pkey, &text, &err));
    json = akv_json_parse(akv_buf_str(&text), text.len, &err);
    CHECK_STR("kty", akv_json_get_text(json, "kty"), "RSA");
    for (i = 0; i < COUNT(numbers); i++)
        check_number(json, numbers[i].member, pkey, numbers[i].name, 0);
    CHECK("as the service would read it" && akv_jwk_read(&jwk, json, &err));
    CHECK_INT("modulus", jwk.n.len, 256);
    akv_jwk_free(&jwk);
    akv_json_free(json);
    EVP_PKEY_free(pkey);
    akv_buf_free(&text);
}

static void curves(void)
{
    static const struct {
        const char *group, *crv; /* NULL: no vault has it */
        size_t field;
    } rows[] = {
        { "P-256", "P-256", 32 }, { "P-384", "P-384", 48 },
        { "P-521", "P-521", 66 }, { "secp256k1", "P-256K", 32 },
        { "secp224r1", NULL, 0 }, { "brainpoolP256r1", NULL, 0 },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_buf text = AKV_BUF_INIT(MOST);
        struct akv_error err = AKV_ERROR_INIT;
        EVP_PKEY *pkey = EVP_EC_gen(rows[i].group);
        struct akv_json *json;

        CHECK_AT(rows[i].group,
                 convert(pkey, &text, &err) == (rows[i].crv != NULL));
        if (rows[i].crv == NULL) {
            CHECK_INT(rows[i].group, err.code, AKV_E_INVALID);
            CHECK_HAS(rows[i].group, err.message, "curve");
            CHECK_INT(rows[i].group, text.len, 0);
        } else {
            json = akv_json_parse(akv_buf_str(&text), text.len, &err);
            CHECK_STR("kty", akv_json_get_text(json, "kty"), "EC");
            CHECK_STR("crv", akv_json_get_text(json, "crv"), rows[i].crv);
            check_number(json, "x", pkey, OSSL_PKEY_PARAM_EC_PUB_X,
                         rows[i].field);
            check_number(json, "y", pkey, OSSL_PKEY_PARAM_EC_PUB_Y,
                         rows[i].field);
            check_number(json, "d", pkey, OSSL_PKEY_PARAM_PRIV_KEY,
                         rows[i].field);
            akv_json_free(json);
        }
        akv_buf_free(&text);
        EVP_PKEY_free(pkey);
    }
}

static void refused(void)
{
    static const char *const kinds[] = { "ED25519", "X25519" };
    struct akv_buf text = AKV_BUF_INIT(MOST);
    struct akv_error err;
    size_t i;

    for (i = 0; i < COUNT(kinds); i++) {
        EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, kinds[i]);

        memset(&err, 0, sizeof(err));
        CHECK_AT(kinds[i], !convert(pkey, &text, &err));
        CHECK_INT(kinds[i], err.code, AKV_E_INVALID);
        CHECK_HAS(kinds[i], err.message, kinds[i]);
        EVP_PKEY_free(pkey);
    }
    CHECK_INT("nothing is appended", text.len, 0);
    CHECK("and nothing left on the queue" && ERR_peek_error() == 0);
}

static void no_room(void)
{
    struct akv_buf text = AKV_BUF_INIT(100);
    struct akv_error err = AKV_ERROR_INIT;
    EVP_PKEY *pkey = EVP_EC_gen("P-256");

    CHECK(!convert(pkey, &text, &err));
    CHECK(err.code != AKV_E_NONE);
    CHECK_INT("nothing is appended", text.len, 0);
    akv_buf_free(&text);
    EVP_PKEY_free(pkey);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "RSA", rsa },
        { "curves", curves },
        { "refused", refused },
        { "no room", no_room },
    };

    return unit_main("pkey", tests, COUNT(tests));
}
