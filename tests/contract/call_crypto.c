/* SPDX-License-Identifier: Apache-2.0 */

/* Every algorithm that libakv has, with a key that it suits. */

#include <string.h>

#include "akv/key.h"
#include "base/settings_impl.h"
#include "operations.h"

#define ANY AKV_ATTRIBUTES_INIT

static struct akv_id make_key(const char *path, bool hsm,
                              const struct akv_key_create *how)
{
    struct akv_id id = hsm ? in_hsm(path) : in_vault(path);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_bundle bundle;

    called(path, akv_key_create(vault.client, &id, how, &bundle, &err), &err);
    id = bundle.properties.id;
    akv_key_bundle_free(&bundle);
    return id;
}

/* A signature, and that it is valid. */
static void sign(const struct akv_id *id, enum akv_alg alg)
{
    static const unsigned char digest[64] = { 1, 2, 3 };
    size_t len = akv_alg_digest_size(alg) > 0 ? akv_alg_digest_size(alg) : 20;
    struct akv_buf signature = AKV_BUF_INIT(1024);
    struct akv_error err = AKV_ERROR_INIT;
    bool valid = false;

    called(akv_alg_name(alg),
           akv_key_sign(vault.client, id, alg, digest, len, &signature, &err),
           &err);
    called(akv_alg_name(alg),
           akv_key_verify(vault.client, id, alg, digest, len, signature.data,
                          signature.len, &valid, &err),
           &err);
    CHECK_AT(akv_alg_name(alg), valid);
    akv_buf_free(&signature);
}

/* HMAC came with the version 2026-04-01. */
static bool has_hmac(void)
{
    return strcmp(vault.settings.api_version, "2026") > 0
           && vault.settings.api_version[0] == '2';
}

void call_signatures(void)
{
    static const struct {
        struct akv_key_create how;
        enum akv_alg first, last;
    } rows[] = {
        { { .type = AKV_KEY_RSA, .attributes = ANY }, AKV_RS256, AKV_RSNULL },
        { { .type = AKV_KEY_EC, .curve = AKV_P256, .attributes = ANY },
          AKV_ES256,
          AKV_ES256 },
        { { .type = AKV_KEY_EC, .curve = AKV_P256K, .attributes = ANY },
          AKV_ES256K,
          AKV_ES256K },
        { { .type = AKV_KEY_EC, .curve = AKV_P384, .attributes = ANY },
          AKV_ES384,
          AKV_ES384 },
        { { .type = AKV_KEY_EC, .curve = AKV_P521, .attributes = ANY },
          AKV_ES512,
          AKV_ES512 },
        { { .type = AKV_KEY_OCT, .hsm = true, .attributes = ANY },
          AKV_HS256,
          AKV_HS256 },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        bool hmac = rows[i].how.type == AKV_KEY_OCT;

        if (hmac && !has_hmac())
            continue;
        for (int hsm = hmac ? 1 : 0; hsm < 2; hsm++) {
            struct akv_id id = make_key("keys/signs", hsm, &rows[i].how);

            for (enum akv_alg alg = rows[i].first; alg <= rows[i].last; alg++)
                sign(&id, alg);
        }
    }
}

/* There and back again: by to, then by from. */
static void round_trip(const struct akv_id *id, enum akv_cipher_op to,
                       enum akv_cipher_op from, enum akv_alg alg)
{
    static const char text[] = "sixteen bytes...";
    struct akv_buf there = AKV_BUF_INIT(1024), back = AKV_BUF_INIT(1024);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cipher_params params;

    akv_cipher_params_init(&params);
    if (alg >= AKV_A128GCM && alg <= AKV_A256GCM)
        CHECK(akv_buf_append_str(&params.aad, "bound to"));
    else if (alg >= AKV_A128CBC && alg <= AKV_A256CBCPAD)
        CHECK(akv_buf_append_str(&params.iv, text));
    called(akv_alg_name(alg),
           akv_key_cipher(vault.client, id, to, alg, text, 16, &params, &there,
                          &err),
           &err);
    called(akv_alg_name(alg),
           akv_key_cipher(vault.client, id, from, alg, there.data, there.len,
                          &params, &back, &err),
           &err);
    CHECK_STR(akv_alg_name(alg), akv_buf_str(&back), text);
    akv_cipher_params_free(&params);
    akv_buf_free(&there);
    akv_buf_free(&back);
}

void call_ciphers(void)
{
    static const struct akv_key_create rsa = { .type = AKV_KEY_RSA,
                                               .attributes = ANY };
    static const struct {
        int bits;
        enum akv_alg gcm, cbc, padded, wrap;
    } rows[] = {
        { 128, AKV_A128GCM, AKV_A128CBC, AKV_A128CBCPAD, AKV_A128KW },
        { 192, AKV_A192GCM, AKV_A192CBC, AKV_A192CBCPAD, AKV_A192KW },
        { 256, AKV_A256GCM, AKV_A256CBC, AKV_A256CBCPAD, AKV_A256KW },
    };

    for (int hsm = 0; hsm < 2; hsm++) {
        struct akv_id id = make_key("keys/decrypts", hsm, &rsa);

        for (enum akv_alg alg = AKV_RSA1_5; alg <= AKV_RSA_OAEP_256; alg++) {
            round_trip(&id, AKV_ENCRYPT, AKV_DECRYPT, alg);
            round_trip(&id, AKV_WRAP, AKV_UNWRAP, alg);
        }
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct akv_key_create oct = { .type = AKV_KEY_OCT,
                                            .hsm = true,
                                            .bits = rows[i].bits,
                                            .attributes = ANY };
        struct akv_id id = make_key("keys/aes", true, &oct);

        round_trip(&id, AKV_ENCRYPT, AKV_DECRYPT, rows[i].gcm);
        round_trip(&id, AKV_ENCRYPT, AKV_DECRYPT, rows[i].cbc);
        round_trip(&id, AKV_ENCRYPT, AKV_DECRYPT, rows[i].padded);
        round_trip(&id, AKV_WRAP, AKV_UNWRAP, rows[i].wrap);
    }
}
