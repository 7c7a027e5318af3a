/* SPDX-License-Identifier: Apache-2.0 */

/* Generation of software keys through our key management: no request, and the
 * outcome that the default provider has. */

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <string.h>

#include "fake_client.h"
#include "provider_fixture.h"

static const char *const propqs[] = { THEIRS, OURS };

#define SIDES COUNT(propqs)

/* A key of a kind with parameters; NULL if it cannot be made. */
static EVP_PKEY *generate(const char *type, const char *propq,
                          const OSSL_PARAM *params)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(fixture.libctx, type, propq);
    EVP_PKEY *key = NULL;

    CHECK(ctx != NULL);
    if (EVP_PKEY_keygen_init(ctx) != 1
        || (params != NULL && EVP_PKEY_CTX_set_params(ctx, params) != 1)
        || EVP_PKEY_generate(ctx, &key) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return key;
}

/* A whole key of ours, with all that one can ask of it. */
static void check_key(const char *where, EVP_PKEY *key)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture.libctx, key, OURS);
    EVP_PKEY *theirs = import_key(key, EVP_PKEY_KEYPAIR, THEIRS);

    CHECK_AT(where, is_ours(key));
    CHECK_INT(where, EVP_PKEY_check(ctx), 1);
    CHECK_AT(where, theirs != NULL && !is_ours(theirs));
    CHECK_INT(where, EVP_PKEY_eq(key, theirs), 1);
    EVP_PKEY_free(theirs);
    EVP_PKEY_CTX_free(ctx);
}

static void rsa(void)
{
    static const struct {
        const char *where;
        unsigned bits, exponent; /* 0: not said */
    } rows[] = {
        { "default", 0, 0 },       { "1024 bits", 1024, 0 },
        { "exponent 3", 1024, 3 }, { "even exponent", 1024, 4 },
        { "far too short", 8, 0 },
    };
    size_t i, j;

    for (i = 0; i < COUNT(rows); i++) {
        int bits[SIDES] = { 0 };

        for (j = 0; j < SIDES; j++) {
            size_t length = rows[i].bits, n = 0;
            unsigned exponent = rows[i].exponent;
            OSSL_PARAM params[3];
            EVP_PKEY *key;

            if (rows[i].bits > 0)
                params[n++] = OSSL_PARAM_construct_size_t(
                    OSSL_PKEY_PARAM_RSA_BITS, &length);
            if (rows[i].exponent > 0)
                params[n++] =
                    OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_E, &exponent);
            params[n] = OSSL_PARAM_construct_end();
            key = generate("RSA", propqs[j], params);
            if (key != NULL && j == 1)
                check_key(rows[i].where, key);
            bits[j] = key != NULL ? EVP_PKEY_get_bits(key) : -1;
            EVP_PKEY_free(key);
        }
        CHECK_INT(rows[i].where, bits[1], bits[0]);
    }
}

static void ec(void)
{
    static const char *const groups[] = {
        "P-256",           "prime256v1", "secp384r1", "P-521", "secp256k1",
        "brainpoolP256r1", "nonsense",   "X25519",    ""
    };
    size_t i, j;

    for (i = 0; i < COUNT(groups); i++) {
        int bits[SIDES] = { 0 };

        for (j = 0; j < SIDES; j++) {
            union {
                const char *in;
                char *out;
            } u = { groups[i] };
            OSSL_PARAM params[2];
            EVP_PKEY *key;

            params[0] = OSSL_PARAM_construct_utf8_string(
                OSSL_PKEY_PARAM_GROUP_NAME, u.out, 0);
            params[1] = OSSL_PARAM_construct_end();
            key = generate("EC", propqs[j], params);
            if (key != NULL && j == 1)
                check_key(groups[i], key);
            bits[j] = key != NULL ? EVP_PKEY_get_bits(key) : -1;
            EVP_PKEY_free(key);
        }
        CHECK_INT(groups[i], bits[1], bits[0]);
    }
    CHECK_AT("no group", generate("EC", OURS, NULL) == NULL);
}

/* The parameters first, then keys from them, as ECDH key shares are made. */
static void from_parameters(void)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(fixture.libctx, "EC", OURS);
    EVP_PKEY *params = NULL, *keys[2] = { NULL, NULL };
    size_t i;

    CHECK_INT("init", EVP_PKEY_paramgen_init(ctx), 1);
    CHECK_INT("group", EVP_PKEY_CTX_set_group_name(ctx, "P-384"), 1);
    CHECK_INT("parameters", EVP_PKEY_paramgen(ctx, &params), 1);
    CHECK(params != NULL && is_ours(params));
    CHECK_INT("bits", EVP_PKEY_get_bits(params), 384);
    EVP_PKEY_CTX_free(ctx);
    for (i = 0; i < 2; i++) {
        ctx = EVP_PKEY_CTX_new_from_pkey(fixture.libctx, params, OURS);
        CHECK_INT("init", EVP_PKEY_keygen_init(ctx), 1);
        CHECK_INT("key", EVP_PKEY_generate(ctx, &keys[i]), 1);
        CHECK(keys[i] != NULL && is_ours(keys[i]));
        check_key("from parameters", keys[i]);
        EVP_PKEY_CTX_free(ctx);
    }
    CHECK_INT("parameters", EVP_PKEY_parameters_eq(keys[0], keys[1]), 1);
    CHECK_INT("keys differ", EVP_PKEY_eq(keys[0], keys[1]), 0);
    EVP_PKEY_free(keys[0]);
    EVP_PKEY_free(keys[1]);
    EVP_PKEY_free(params);
}

struct progress {
    unsigned calls, most; /* calls until generation is stopped; 0: never */
};

static int on_progress(EVP_PKEY_CTX *ctx)
{
    struct progress *progress = EVP_PKEY_CTX_get_app_data(ctx);

    progress->calls++;
    CHECK(EVP_PKEY_CTX_get_keygen_info(ctx, -1) == 2);
    CHECK(EVP_PKEY_CTX_get_keygen_info(ctx, 0) >= 0);
    return progress->most == 0 || progress->calls < progress->most;
}

/* The callback is the application's, and may stop it. */
static void progress(void)
{
    struct progress seen[2] = { { 0, 0 }, { 0, 2 } };
    size_t i;

    for (i = 0; i < 2; i++) {
        EVP_PKEY_CTX *ctx =
            EVP_PKEY_CTX_new_from_name(fixture.libctx, "RSA", OURS);
        EVP_PKEY *key = NULL;

        CHECK_INT("init", EVP_PKEY_keygen_init(ctx), 1);
        CHECK_INT("bits", EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 1024), 1);
        EVP_PKEY_CTX_set_app_data(ctx, &seen[i]);
        EVP_PKEY_CTX_set_cb(ctx, on_progress);
        CHECK((EVP_PKEY_generate(ctx, &key) == 1) == (i == 0));
        CHECK((key != NULL) == (i == 0));
        EVP_PKEY_free(key);
        EVP_PKEY_CTX_free(ctx);
    }
    CHECK(seen[0].calls > 2);
    CHECK_INT("stopped", seen[1].calls, 2);
    ERR_clear_error();
}

/* Secrets that two keys share do not depend on whose keys they are. */
static void key_exchange(void)
{
    EVP_PKEY *ours = EVP_PKEY_Q_keygen(fixture.libctx, OURS, "EC", "P-256");
    EVP_PKEY *theirs = their_ec("P-256");
    unsigned char a[32] = "a", b[32] = "b";
    size_t alen = sizeof(a), blen = sizeof(b);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture.libctx, ours, NULL);

    CHECK_INT("init", EVP_PKEY_derive_init(ctx), 1);
    CHECK_INT("peer", EVP_PKEY_derive_set_peer(ctx, theirs), 1);
    CHECK_INT("derive", EVP_PKEY_derive(ctx, a, &alen), 1);
    EVP_PKEY_CTX_free(ctx);
    ctx = EVP_PKEY_CTX_new_from_pkey(fixture.libctx, theirs, NULL);
    CHECK_INT("init", EVP_PKEY_derive_init(ctx), 1);
    CHECK_INT("peer", EVP_PKEY_derive_set_peer(ctx, ours), 1);
    CHECK_INT("derive", EVP_PKEY_derive(ctx, b, &blen), 1);
    EVP_PKEY_CTX_free(ctx);
    CHECK(alen == 32 && blen == 32 && memcmp(a, b, 32) == 0);
    EVP_PKEY_free(ours);
    EVP_PKEY_free(theirs);
}

static void set_up(void)
{
    fake_client_set(NULL, NULL);
    CHECK(provider_set_up(NULL));
}

static void tear_down(void)
{
    CHECK_INT("requests", fake_client_count(), 0);
    provider_tear_down();
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "set up", set_up },
        { "RSA", rsa },
        { "EC", ec },
        { "from parameters", from_parameters },
        { "progress", progress },
        { "key exchange", key_exchange },
        { "tear down", tear_down },
    };

    return unit_main("keygen", tests, COUNT(tests));
}
