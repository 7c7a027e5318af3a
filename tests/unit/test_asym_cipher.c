/* SPDX-License-Identifier: Apache-2.0 */

/* RSA encryption with software keys: what one provider encrypts the other
 * decrypts, and what one refuses the other refuses. */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#include "provider_fixture.h"

static const char *const propqs[] = { THEIRS, OURS };

#define SIDES COUNT(propqs)
#define MODULUS 256

static EVP_PKEY *keys[SIDES];

static void set_up(void)
{
    if (!provider_set_up(NULL))
        return;
    keys[0] = their_rsa(2048);
    keys[1] = import_key(keys[0], EVP_PKEY_KEYPAIR, OURS);
    CHECK(keys[1] != NULL && is_ours(keys[1]));
}

static void tear_down(void)
{
    EVP_PKEY_free(keys[0]);
    EVP_PKEY_free(keys[1]);
    provider_tear_down();
    CHECK(fixture.libctx == NULL);
}

/* What is set; NULL: not set. */
struct way {
    const char *pad, *digest, *mgf1, *label;
    size_t len; /* of the plaintext */
};

static bool set_way(EVP_PKEY_CTX *ctx, const struct way *way)
{
    const struct {
        const char *name, *value;
    } texts[] = {
        { OSSL_ASYM_CIPHER_PARAM_PAD_MODE, way->pad },
        { OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, way->digest },
        { OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, way->mgf1 },
    };
    OSSL_PARAM params[COUNT(texts) + 2];
    union {
        const char *in;
        char *out;
    } u;
    size_t i, n = 0;

    for (i = 0; i < COUNT(texts); i++) {
        u.in = texts[i].value;
        if (u.in != NULL)
            params[n++] =
                OSSL_PARAM_construct_utf8_string(texts[i].name, u.out, 0);
    }
    u.in = way->label;
    if (u.in != NULL)
        params[n++] = OSSL_PARAM_construct_octet_string(
            OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, u.out, strlen(u.in));
    params[n] = OSSL_PARAM_construct_end();
    return n == 0 || EVP_PKEY_CTX_set_params(ctx, params) == 1;
}

static EVP_PKEY_CTX *begin(size_t side, bool decrypts, const struct way *way)
{
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_pkey(fixture.libctx, keys[side], propqs[side]);
    int ok = decrypts ? EVP_PKEY_decrypt_init(ctx) : EVP_PKEY_encrypt_init(ctx);

    if (ok == 1 && set_way(ctx, way))
        return ctx;
    EVP_PKEY_CTX_free(ctx);
    return NULL;
}

/* The length of what comes out; 0: it cannot be done. */
static size_t encrypt(size_t side, const struct way *way, unsigned char *out)
{
    EVP_PKEY_CTX *ctx = begin(side, false, way);
    unsigned char plain[MODULUS];
    size_t len = MODULUS;

    memset(plain, 0x42, sizeof(plain));
    if (ctx == NULL || EVP_PKEY_encrypt(ctx, out, &len, plain, way->len) != 1)
        len = 0;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return len;
}

/* Whether the plaintext of encrypt() comes out. */
static bool decrypts_to(size_t side, const struct way *way,
                        const unsigned char *in, size_t inlen)
{
    EVP_PKEY_CTX *ctx = begin(side, true, way);
    unsigned char out[MODULUS];
    size_t len = sizeof(out), i;
    bool ok = ctx != NULL && EVP_PKEY_decrypt(ctx, out, &len, in, inlen) == 1
              && len == way->len;

    for (i = 0; ok && i < len; i++)
        ok = out[i] == 0x42;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}

static void ways(void)
{
    static const struct way rows[] = {
        { "pkcs1", NULL, NULL, NULL, 32 },
        { NULL, NULL, NULL, NULL, 32 },
        { "pkcs1", NULL, NULL, NULL, 0 },
        { "pkcs1", NULL, NULL, NULL, 245 },
        { "pkcs1", NULL, NULL, NULL, 246 },
        { "oaep", NULL, NULL, NULL, 32 },
        { "oaep", NULL, NULL, NULL, 0 },
        { "oaep", NULL, NULL, NULL, 214 },
        { "oaep", NULL, NULL, NULL, 215 },
        { "oaep", "SHA1", "SHA1", NULL, 32 },
        { "oaep", "SHA256", NULL, NULL, 32 },
        { "oaep", "SHA256", "SHA256", NULL, 190 },
        { "oaep", "SHA256", "SHA256", NULL, 191 },
        { "oaep", "SHA256", "SHA1", NULL, 32 },
        { "oaep", "SHA512", "SHA256", NULL, 32 },
        { "oaep", "SHA3-256", NULL, NULL, 32 },
        { "oaep", "SHA256", NULL, "label", 32 },
        { "oaep", "nonsense", NULL, NULL, 32 },
        { "oaep", "SHA256", "nonsense", NULL, 32 },
        { "none", NULL, NULL, NULL, 256 },
        { "none", NULL, NULL, NULL, 255 },
        { "x931", NULL, NULL, NULL, 32 },
        { "pss", NULL, NULL, NULL, 32 },
        { "nonsense", NULL, NULL, NULL, 32 },
    };
    size_t i, j;

    for (i = 0; i < COUNT(rows); i++) {
        unsigned char sealed[SIDES][MODULUS];
        size_t lens[SIDES];
        char where[100];

        (void)snprintf(where, sizeof(where), "%s %s %s %zu",
                       rows[i].pad != NULL ? rows[i].pad : "-",
                       rows[i].digest != NULL ? rows[i].digest : "-",
                       rows[i].mgf1 != NULL ? rows[i].mgf1 : "-", rows[i].len);
        for (j = 0; j < SIDES; j++)
            lens[j] = encrypt(j, &rows[i], sealed[j]);
        CHECK_INT(where, lens[1], lens[0]);
        for (j = 0; j < SIDES * SIDES && lens[0] > 0; j++)
            CHECK_AT(where,
                     decrypts_to(j / 2, &rows[i], sealed[j % 2], lens[j % 2]));
    }
}

/* Ciphertexts that are none: the outcome is the same, whatever it is. */
static void bad_ciphertexts(void)
{
    static const struct way rows[] = {
        { "pkcs1", NULL, NULL, NULL, 32 },
        { "oaep", NULL, NULL, NULL, 32 },
        { "oaep", "SHA256", NULL, NULL, 32 },
    };
    static const size_t lens[] = { MODULUS, MODULUS - 1, 0 };
    size_t i, j, k;

    for (i = 0; i < COUNT(rows) * COUNT(lens); i++) {
        const struct way *way = &rows[i / COUNT(lens)];
        bool ok[SIDES];
        unsigned char sealed[MODULUS];

        CHECK_INT("encrypt", encrypt(0, way, sealed), MODULUS);
        for (k = 0; k < sizeof(sealed); k++)
            sealed[k] ^= k == 200 ? 1 : 0;
        for (j = 0; j < SIDES; j++) {
            EVP_PKEY_CTX *ctx = begin(j, true, way);
            unsigned char out[MODULUS];
            size_t len = sizeof(out);

            CHECK(ctx != NULL);
            ok[j] =
                EVP_PKEY_decrypt(ctx, out, &len, sealed, lens[i % COUNT(lens)])
                == 1;
            EVP_PKEY_CTX_free(ctx);
            CHECK(!decrypts_to(j, way, sealed, lens[i % COUNT(lens)]));
        }
        CHECK_INT(way->pad, ok[1], ok[0]);
    }
    ERR_clear_error();
}

static void sizes(void)
{
    static const struct way way = { "oaep", NULL, NULL, NULL, 32 };
    unsigned char sealed[MODULUS], out[MODULUS];
    size_t told[2][SIDES], len, j;

    CHECK_INT("encrypt", encrypt(1, &way, sealed), MODULUS);
    for (j = 0; j < SIDES; j++) {
        EVP_PKEY_CTX *ctx = begin(j, false, &way);

        CHECK_INT("size", EVP_PKEY_encrypt(ctx, NULL, &told[0][j], sealed, 32),
                  1);
        len = MODULUS - 1;
        CHECK("short" && EVP_PKEY_encrypt(ctx, out, &len, sealed, 32) != 1);
        EVP_PKEY_CTX_free(ctx);
        ctx = begin(j, true, &way);
        CHECK_INT("size",
                  EVP_PKEY_decrypt(ctx, NULL, &told[1][j], sealed, MODULUS), 1);
        len = 31;
        CHECK("short"
              && EVP_PKEY_decrypt(ctx, out, &len, sealed, MODULUS) != 1);
        EVP_PKEY_CTX_free(ctx);
    }
    CHECK_INT("encrypt", told[0][1], told[0][0]);
    CHECK_INT("decrypt", told[1][1], told[1][0]);
    ERR_clear_error();
}

static void duplicates(void)
{
    static const struct way way = { "oaep", "SHA256", NULL, "label", 32 };
    unsigned char sealed[MODULUS], out[MODULUS];
    size_t len = sizeof(out);
    EVP_PKEY_CTX *ctx = begin(1, true, &way), *copy = EVP_PKEY_CTX_dup(ctx);

    CHECK_INT("encrypt", encrypt(0, &way, sealed), MODULUS);
    EVP_PKEY_CTX_free(ctx);
    if (!CHECK(copy != NULL))
        return;
    CHECK_INT("copy", EVP_PKEY_decrypt(copy, out, &len, sealed, MODULUS), 1);
    CHECK_INT("length", len, 32);
    /* Once more, for the other purpose. */
    CHECK_INT("init", EVP_PKEY_encrypt_init(copy), 1);
    len = sizeof(sealed);
    CHECK_INT("encrypt", EVP_PKEY_encrypt(copy, sealed, &len, out, 5), 1);
    EVP_PKEY_CTX_free(copy);
}

static void values(void)
{
    static const struct way way = { "oaep", "SHA256", "SHA512", "label", 0 };
    size_t j;

    for (j = 0; j < SIDES; j++) {
        EVP_PKEY_CTX *ctx = begin(j, true, &way);
        unsigned char *label = NULL;
        char digest[40] = "";
        int pad = 0;

        if (!CHECK(ctx != NULL))
            continue;
        CHECK(EVP_PKEY_CTX_get_rsa_padding(ctx, &pad) > 0);
        CHECK_INT("padding", pad, RSA_PKCS1_OAEP_PADDING);
        CHECK_INT(
            "get",
            EVP_PKEY_CTX_get_rsa_oaep_md_name(ctx, digest, sizeof(digest)), 1);
        CHECK_HAS("digest", digest, "256");
        CHECK_INT(
            "get",
            EVP_PKEY_CTX_get_rsa_mgf1_md_name(ctx, digest, sizeof(digest)), 1);
        CHECK_HAS("MGF1", digest, "512");
        CHECK_INT("label", EVP_PKEY_CTX_get0_rsa_oaep_label(ctx, &label), 5);
        CHECK(label != NULL && memcmp(label, "label", 5) == 0);
        CHECK(EVP_PKEY_CTX_gettable_params(ctx) != NULL);
        CHECK(EVP_PKEY_CTX_settable_params(ctx) != NULL);
        EVP_PKEY_CTX_free(ctx);
    }
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "set up", set_up },
        { "paddings and digests", ways },
        { "bad ciphertexts", bad_ciphertexts },
        { "sizes", sizes },
        { "duplicates", duplicates },
        { "values", values },
        { "tear down", tear_down },
    };

    return unit_main("asym_cipher", tests, COUNT(tests));
}
