/* SPDX-License-Identifier: Apache-2.0 */

/* Decryption by the made-up vault. */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <string.h>

#include "remote_vault.h"

#define URI "akv://v/keys/rsa"
#define MODULUS 256
#define PLAIN "a key that was wrapped"

static void set_up(void)
{
    CHECK(remote_vault_open(NULL));
}

static void tear_down(void)
{
    remote_vault_close();
    CHECK(fixture.libctx == NULL);
}

/* What is set; NULL or 0: not set. */
struct way {
    int pad;
    const char *digest, *mgf1, *label;
};

static bool set_way(EVP_PKEY_CTX *ctx, const struct way *way)
{
    char *label = way->label != NULL ? OPENSSL_strdup(way->label) : NULL;

    if ((way->pad != 0 && EVP_PKEY_CTX_set_rsa_padding(ctx, way->pad) != 1)
        || (way->digest != NULL
            && EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, way->digest, NULL) != 1)
        || (way->mgf1 != NULL
            && EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, way->mgf1, NULL) != 1)) {
        OPENSSL_free(label);
        return false;
    }
    if (label == NULL
        || EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, label, (int)strlen(label))
               == 1)
        return true;
    OPENSSL_free(label);
    return false;
}

/* Encrypts with the provider of propq; false: it cannot be done. */
static bool encrypt(EVP_PKEY *key, const char *propq, const struct way *way,
                    unsigned char sealed[MODULUS])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture.libctx, key, propq);
    size_t len = MODULUS;
    bool ok = EVP_PKEY_encrypt_init(ctx) == 1 && set_way(ctx, way)
              && EVP_PKEY_encrypt(ctx, sealed, &len,
                                  (const unsigned char *)PLAIN, sizeof(PLAIN))
                     == 1
              && len == MODULUS;

    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static bool decrypt(EVP_PKEY *key, const struct way *way,
                    const unsigned char *sealed, size_t len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture.libctx, key, NULL);
    unsigned char out[MODULUS];
    size_t outlen = 0;
    bool ok = EVP_PKEY_decrypt_init(ctx) == 1 && set_way(ctx, way)
              && EVP_PKEY_decrypt(ctx, NULL, &outlen, sealed, len) == 1;

    if (ok)
        CHECK_INT("room to make", outlen, MODULUS);
    ok = ok && EVP_PKEY_decrypt(ctx, out, &outlen, sealed, len) == 1
         && outlen == sizeof(PLAIN) && memcmp(out, PLAIN, sizeof(PLAIN)) == 0;
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

/* Which algorithm is asked for; NULL: refused, with a reason, unasked. */
static void ways(void)
{
    static const struct {
        const char *where;
        struct way way;
        const char *alg, *reason;
    } rows[] = {
        { "the default", { 0, NULL, NULL, NULL }, "RSA1_5", NULL },
        { "PKCS#1", { RSA_PKCS1_PADDING, NULL, NULL, NULL }, "RSA1_5", NULL },
        { "OAEP",
          { RSA_PKCS1_OAEP_PADDING, NULL, NULL, NULL },
          "RSA-OAEP",
          NULL },
        { "OAEP SHA-1",
          { RSA_PKCS1_OAEP_PADDING, "SHA1", "SHA1", NULL },
          "RSA-OAEP",
          NULL },
        { "OAEP SHA-256",
          { RSA_PKCS1_OAEP_PADDING, "SHA256", NULL, NULL },
          "RSA-OAEP-256",
          NULL },
        { "OAEP SHA-256 twice",
          { RSA_PKCS1_OAEP_PADDING, "SHA2-256", "sha-256", NULL },
          "RSA-OAEP-256",
          NULL },
        { "OAEP SHA-512",
          { RSA_PKCS1_OAEP_PADDING, "SHA512", NULL, NULL },
          NULL,
          "unsupported digest" },
        { "another MGF1",
          { RSA_PKCS1_OAEP_PADDING, "SHA256", "SHA1", NULL },
          NULL,
          "unsupported digest" },
        { "a label",
          { RSA_PKCS1_OAEP_PADDING, "SHA256", NULL, "label" },
          NULL,
          "unsupported padding" },
    };
    EVP_PKEY *key = remote_key(URI);
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        unsigned char sealed[MODULUS];

        ERR_clear_error();
        remote_vault_reset();
        CHECK_AT(rows[i].where,
                 encrypt(remote.rsa, THEIRS, &rows[i].way, sealed));
        CHECK_INT(rows[i].where, decrypt(key, &rows[i].way, sealed, MODULUS),
                  rows[i].alg != NULL);
        CHECK_INT(rows[i].where, remote.decrypts, rows[i].alg != NULL ? 1 : 0);
        if (rows[i].alg != NULL)
            CHECK_STR(rows[i].where, remote.alg, rows[i].alg);
        else
            CHECK_HAS(rows[i].where, provider_errors(), rows[i].reason);
        /* Encrypting with the remote key's public half asks nothing. */
        CHECK_AT(rows[i].where, encrypt(key, NULL, &rows[i].way, sealed));
        if (rows[i].alg != NULL)
            CHECK_AT(rows[i].where,
                     decrypt(key, &rows[i].way, sealed, MODULUS));
        CHECK_INT("requests", remote.gets, 0);
    }
    EVP_PKEY_free(key);
}

/* Refused as soon as it is set. */
static void paddings(void)
{
    static const int pads[] = { RSA_NO_PADDING, RSA_X931_PADDING,
                                RSA_PKCS1_WITH_TLS_PADDING };
    EVP_PKEY *key = remote_key(URI);
    size_t i;

    for (i = 0; i < COUNT(pads); i++) {
        EVP_PKEY_CTX *ctx =
            EVP_PKEY_CTX_new_from_pkey(fixture.libctx, key, NULL);

        ERR_clear_error();
        CHECK_INT("init", EVP_PKEY_decrypt_init(ctx), 1);
        CHECK("refused" && EVP_PKEY_CTX_set_rsa_padding(ctx, pads[i]) != 1);
        if (pads[i] != RSA_X931_PADDING) /* nobody decrypts with that one */
            CHECK_HAS("reason", provider_errors(), "unsupported padding");
        EVP_PKEY_CTX_free(ctx);
    }
    CHECK_INT("requests", remote.decrypts, 0);
    EVP_PKEY_free(key);
}

static void key_ops(void)
{
    static const struct {
        const char *ops;
        unsigned decrypts, unwraps;
    } rows[] = {
        { "[\"decrypt\",\"unwrapKey\"]", 1, 0 },
        { "[\"decrypt\"]", 1, 0 },
        { "[\"unwrapKey\",\"sign\"]", 0, 1 },
        { "[\"sign\"]", 0, 0 },
        { "[]", 1, 0 }, /* what the vault does not say it decides itself */
        { "null", 1, 0 },
    };
    static const struct way way = { RSA_PKCS1_OAEP_PADDING, NULL, NULL, NULL };
    unsigned char sealed[MODULUS];
    size_t i;

    CHECK(encrypt(remote.rsa, THEIRS, &way, sealed));
    for (i = 0; i < COUNT(rows); i++) {
        EVP_PKEY *key;

        remote_vault_reset();
        remote.key_ops = rows[i].ops;
        key = remote_key(URI);
        ERR_clear_error();
        CHECK_INT(rows[i].ops, decrypt(key, &way, sealed, MODULUS),
                  rows[i].decrypts + rows[i].unwraps > 0);
        CHECK_INT(rows[i].ops, remote.decrypts, rows[i].decrypts);
        CHECK_INT(rows[i].ops, remote.unwraps, rows[i].unwraps);
        if (rows[i].decrypts + rows[i].unwraps == 0)
            CHECK_HAS(rows[i].ops, provider_errors(),
                      "operation not in key_ops");
        EVP_PKEY_free(key);
    }
    remote_vault_reset();
}

static void lengths(void)
{
    static const struct way way = { RSA_PKCS1_OAEP_PADDING, NULL, NULL, NULL };
    EVP_PKEY *key = remote_key(URI);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture.libctx, key, NULL);
    unsigned char sealed[MODULUS + 1] = { 0 }, out[MODULUS];
    size_t len;

    CHECK(encrypt(remote.rsa, THEIRS, &way, sealed));
    ERR_clear_error();
    remote_vault_reset();
    CHECK(!decrypt(key, &way, sealed, MODULUS - 1));
    CHECK_HAS("short", provider_errors(), "bad length");
    CHECK(!decrypt(key, &way, sealed, MODULUS + 1));
    CHECK_HAS("long", provider_errors(), "bad length");
    CHECK(!decrypt(key, &way, sealed, 0));
    CHECK_HAS("empty", provider_errors(), "bad length");
    CHECK_INT("init", EVP_PKEY_decrypt_init(ctx), 1);
    CHECK(set_way(ctx, &way));
    len = sizeof(PLAIN) - 1;
    CHECK("no room" && EVP_PKEY_decrypt(ctx, out, &len, sealed, MODULUS) != 1);
    CHECK_HAS("no room", provider_errors(), "buffer too small");
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
}

/* With PKCS#1 v1.5 all failures look alike; other paddings say why. */
static void failures(void)
{
    static const enum remote_fault faults[] = { REMOTE_REFUSE, REMOTE_OTHER_KID,
                                                REMOTE_NONE };
    static const struct way pkcs1 = { RSA_PKCS1_PADDING, NULL, NULL, NULL };
    static const struct way oaep = { RSA_PKCS1_OAEP_PADDING, NULL, NULL, NULL };
    EVP_PKEY *key = remote_key(URI);
    unsigned char sealed[MODULUS];
    size_t i;

    for (i = 0; i < COUNT(faults); i++) {
        CHECK(encrypt(remote.rsa, THEIRS, &oaep, sealed));
        if (faults[i] == REMOTE_NONE) /* a padding that is wrong */
            sealed[MODULUS - 1] ^= 1;
        remote_vault_reset();
        remote.fault = faults[i];
        ERR_clear_error();
        CHECK(!decrypt(key, &oaep, sealed, MODULUS));
        CHECK_AT("it says why",
                 strstr(provider_errors(), "decryption failed") == NULL);
    }
    for (i = 0; i < 2; i++) {
        CHECK(encrypt(remote.rsa, THEIRS, &pkcs1, sealed));
        remote_vault_reset();
        remote.fault = faults[i];
        ERR_clear_error();
        CHECK(!decrypt(key, &pkcs1, sealed, MODULUS));
        CHECK_HAS("one for all", provider_errors(), "decryption failed");
    }
    EVP_PKEY_free(key);
    remote_vault_reset();
}

static void forbidden(void)
{
    static const struct way pkcs1 = { RSA_PKCS1_PADDING, NULL, NULL, NULL };
    static const struct way oaep = { RSA_PKCS1_OAEP_PADDING, NULL, NULL, NULL };
    unsigned char sealed[MODULUS];
    EVP_PKEY *key;

    remote_vault_close();
    CHECK(remote_vault_open("rsa1_5 = no\n"));
    key = remote_key(URI);
    CHECK(encrypt(remote.rsa, THEIRS, &pkcs1, sealed));
    ERR_clear_error();
    CHECK(!decrypt(key, &pkcs1, sealed, MODULUS));
    CHECK_HAS("setting", provider_errors(), "rsa1_5");
    CHECK_INT("requests", remote.decrypts, 0);
    CHECK(encrypt(remote.rsa, THEIRS, &oaep, sealed));
    CHECK(decrypt(key, &oaep, sealed, MODULUS));
    EVP_PKEY_free(key);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "set up", set_up },         { "ways", ways },
        { "paddings", paddings },     { "key_ops", key_ops },
        { "lengths", lengths },       { "failures", failures },
        { "rsa1_5 = no", forbidden }, { "tear down", tear_down },
    };

    return unit_main("remote_decrypt", tests, COUNT(tests));
}
