/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Remote keys: a made-up vault behind libakv's client signs and decrypts with
 * keys of the default provider. It counts, and misbehaves on request.
 */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <stdio.h>
#include <string.h>

#include "remote_vault.h"

static const unsigned char message[] = "what is to be signed";

static void set_up(void)
{
    CHECK(remote_vault_open(NULL));
}

static void tear_down(void)
{
    remote_vault_close();
    CHECK(fixture.libctx == NULL);
}

/* One request for both halves; only the expected one where that is said. */
static void load(void)
{
    static const struct {
        int expected;
        unsigned pkeys, pubkeys, requests;
    } rows[] = {
        { 0, 1, 1, 1 },
        { OSSL_STORE_INFO_PKEY, 1, 0, 1 },
        { OSSL_STORE_INFO_PUBKEY, 0, 1, 1 },
        { OSSL_STORE_INFO_CERT, 0, 0, 0 },
        { OSSL_STORE_INFO_CRL, 0, 0, 0 },
        { OSSL_STORE_INFO_PARAMS, 0, 0, 0 },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        OSSL_STORE_CTX *store =
            OSSL_STORE_open_ex("akv://v/keys/ec", fixture.libctx, NULL, NULL,
                               NULL, NULL, NULL, NULL);
        unsigned pkeys = 0, pubkeys = 0, tries = 0;

        remote_vault_reset();
        if (rows[i].expected != 0)
            CHECK_INT("expect", OSSL_STORE_expect(store, rows[i].expected), 1);
        CHECK_INT("opening asks nothing", remote.gets, 0);
        while (!OSSL_STORE_eof(store) && tries++ < 5) {
            OSSL_STORE_INFO *info = OSSL_STORE_load(store);
            int type = info != NULL ? OSSL_STORE_INFO_get_type(info) : 0;

            pkeys += type == OSSL_STORE_INFO_PKEY;
            pubkeys += type == OSSL_STORE_INFO_PUBKEY;
            OSSL_STORE_INFO_free(info);
        }
        CHECK(tries < 5);
        CHECK_INT("private", pkeys, rows[i].pkeys);
        CHECK_INT("public", pubkeys, rows[i].pubkeys);
        CHECK_INT("requests", remote.gets, rows[i].requests);
        CHECK(OSSL_STORE_close(store) == 1);
        ERR_clear_error();
    }
}

/* What a remote key tells of itself costs no request, and its private half is
 * not to be had. */
static void key_itself(void)
{
    static const char *const uris[] = { "akv://v/keys/rsa", "akv://v/keys/ec" };
    size_t i;

    for (i = 0; i < COUNT(uris); i++) {
        EVP_PKEY *key = remote_key(uris[i]), *copy, *half;
        EVP_PKEY *theirs = i == 0 ? remote.rsa : remote.ec;
        OSSL_PARAM *params = NULL;
        EVP_PKEY_CTX *ctx;

        if (!CHECK_AT(uris[i], key != NULL))
            continue;
        ERR_clear_error();
        CHECK_AT(uris[i], is_ours(key));
        CHECK_INT(uris[i], EVP_PKEY_eq(key, theirs), 1);
        CHECK_INT(uris[i], EVP_PKEY_eq(theirs, key), 1);
        CHECK_INT(uris[i], EVP_PKEY_get_bits(key), EVP_PKEY_get_bits(theirs));
        CHECK_INT(uris[i], EVP_PKEY_get_size(key), EVP_PKEY_get_size(theirs));
        CHECK_AT(uris[i], EVP_PKEY_todata(key, EVP_PKEY_KEYPAIR, &params) != 1);
        half = import_key(key, EVP_PKEY_PUBLIC_KEY, THEIRS);
        CHECK_AT(uris[i], half != NULL && EVP_PKEY_eq(half, key) == 1);
        EVP_PKEY_free(half);
        CHECK_STR("it failed without a word", provider_errors(), "");
        ctx = EVP_PKEY_CTX_new_from_pkey(fixture.libctx, key, NULL);
        CHECK_INT("public half", EVP_PKEY_public_check(ctx), 1);
        EVP_PKEY_CTX_free(ctx);
        copy = EVP_PKEY_dup(key);
        CHECK_AT(uris[i], copy != NULL && EVP_PKEY_eq(copy, key) == 1);
        EVP_PKEY_free(key);
        CHECK_INT(uris[i], EVP_PKEY_eq(copy, theirs), 1);
        EVP_PKEY_free(copy);
        CHECK_INT("requests", remote.signs + remote.decrypts, 0);
    }
}

static size_t digest_sign(EVP_PKEY *key, const char *digest, int pad, int salt,
                          unsigned char *sig, size_t size)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    size_t len = size, most = 0;

    if (EVP_DigestSignInit_ex(ctx, &pctx, digest, fixture.libctx, NULL, key,
                              NULL)
            != 1
        || (pad != 0 && EVP_PKEY_CTX_set_rsa_padding(pctx, pad) != 1)
        || (salt != 0 && EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt) != 1)
        || EVP_DigestSign(ctx, NULL, &most, message, sizeof(message)) != 1
        || EVP_DigestSign(ctx, sig, &len, message, sizeof(message)) != 1)
        len = 0;
    CHECK(len <= most);
    EVP_MD_CTX_free(ctx);
    return len;
}

static bool digest_verify(EVP_PKEY *key, const char *digest, int pad,
                          const unsigned char *sig, size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    bool ok = EVP_DigestVerifyInit_ex(ctx, &pctx, digest, fixture.libctx, NULL,
                                      key, NULL)
                  == 1
              && (pad == 0 || EVP_PKEY_CTX_set_rsa_padding(pctx, pad) == 1)
              && EVP_DigestVerify(ctx, sig, len, message, sizeof(message)) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

/* Which algorithm is asked for; NULL: refused, with a reason, unasked. */
static void digest_signs(void)
{
    static const struct {
        const char *uri, *digest;
        int pad, salt;
        const char *alg, *reason;
    } rows[] = {
        { "akv://v/keys/rsa", "SHA256", 0, 0, "RS256", NULL },
        { "akv://v/keys/rsa", "sha-384", 0, 0, "RS384", NULL },
        { "akv://v/keys/rsa", "SHA2-512", RSA_PKCS1_PADDING, 0, "RS512", NULL },
        { "akv://v/keys/rsa", NULL, 0, 0, "RS256", NULL },
        { "akv://v/keys/rsa", "SHA1", 0, 0, NULL, "unsupported digest" },
        { "akv://v/keys/rsa", "SHA224", 0, 0, NULL, "unsupported digest" },
        { "akv://v/keys/rsa", "SHA3-256", 0, 0, NULL, "unsupported digest" },
        { "akv://v/keys/rsa", "MD5-SHA1", 0, 0, NULL, "unsupported digest" },
        { "akv://v/keys/rsa", "SHA256", RSA_PKCS1_PSS_PADDING, 0, "PS256",
          NULL },
        { "akv://v/keys/rsa", "SHA384", RSA_PKCS1_PSS_PADDING,
          RSA_PSS_SALTLEN_DIGEST, "PS384", NULL },
        { "akv://v/keys/rsa", "SHA512", RSA_PKCS1_PSS_PADDING,
          RSA_PSS_SALTLEN_AUTO, "PS512", NULL },
        { "akv://v/keys/rsa", "SHA256", RSA_PKCS1_PSS_PADDING, 32, "PS256",
          NULL },
        { "akv://v/keys/rsa", "SHA256", RSA_PKCS1_PSS_PADDING, 20, NULL,
          "unsupported salt length" },
        { "akv://v/keys/rsa", "SHA256", RSA_PKCS1_PSS_PADDING,
          RSA_PSS_SALTLEN_MAX, NULL, "unsupported salt length" },
        { "akv://v/keys/rsa", "SHA256", RSA_X931_PADDING, 0, NULL,
          "unsupported padding" },
        { "akv://v/keys/ec", "SHA256", 0, 0, "ES256", NULL },
        { "akv://v/keys/ec", "SHA512", 0, 0, "ES256", NULL }, /* cut */
        { "akv://v/keys/ec", "SHA1", 0, 0, "ES256", NULL },   /* zeros */
        { "akv://v/keys/ec", "SHA3-384", 0, 0, "ES256", NULL },
        { "akv://v/keys/ec", NULL, 0, 0, "ES256", NULL },
        { "akv://v/keys/ec521", "SHA512", 0, 0, "ES512", NULL },
        { "akv://v/keys/ec521", "SHA256", 0, 0, "ES512", NULL },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        EVP_PKEY *key = remote_key(rows[i].uri);
        const char *digest = rows[i].digest != NULL ? rows[i].digest : "-";
        unsigned char sig[600];
        char where[200];
        size_t len;

        (void)snprintf(where, sizeof(where), "%s %s %d %d", rows[i].uri, digest,
                       rows[i].pad, rows[i].salt);
        if (!CHECK_AT(where, key != NULL))
            continue;
        ERR_clear_error();
        remote_vault_reset();
        len = digest_sign(key, rows[i].digest, rows[i].pad, rows[i].salt, sig,
                          sizeof(sig));
        CHECK_INT(where, len > 0, rows[i].alg != NULL);
        CHECK_INT(where, remote.signs, rows[i].alg != NULL ? 1 : 0);
        if (rows[i].alg != NULL) {
            CHECK_STR(where, remote.alg, rows[i].alg);
            CHECK_AT(where,
                     digest_verify(remote_original(rows[i].uri), rows[i].digest,
                                   rows[i].pad, sig, len));
            CHECK_AT(where,
                     digest_verify(key, rows[i].digest, rows[i].pad, sig, len));
        } else {
            CHECK_HAS(where, provider_errors(), rows[i].reason);
        }
        CHECK_INT("verification asks nothing", remote.signs,
                  rows[i].alg != NULL ? 1 : 0);
        EVP_PKEY_free(key);
    }
}

/* A digest as such: with its name, or within a DigestInfo. */
static void plain_signs(void)
{
    static const unsigned char info256[] = { 0x30, 0x31, 0x30, 0x0d, 0x06,
                                             0x09, 0x60, 0x86, 0x48, 0x01,
                                             0x65, 0x03, 0x04, 0x02, 0x01,
                                             0x05, 0x00, 0x04, 0x20 };
    static const struct {
        const char *uri, *digest;
        size_t len;
        bool info;
        const char *alg, *reason;
    } rows[] = {
        { "akv://v/keys/rsa", "SHA256", 32, false, "RS256", NULL },
        { "akv://v/keys/rsa", "SHA512", 64, false, "RS512", NULL },
        { "akv://v/keys/rsa", "SHA256", 31, false, NULL, "bad length" },
        { "akv://v/keys/rsa", "SHA256", 33, false, NULL, "bad length" },
        { "akv://v/keys/rsa", "SHA256", 0, false, NULL, "bad length" },
        { "akv://v/keys/rsa", NULL, 51, true, "RS256", NULL },
        { "akv://v/keys/rsa", NULL, 51, false, NULL, "unsupported digest" },
        { "akv://v/keys/rsa", NULL, 50, true, NULL, "unsupported digest" },
        { "akv://v/keys/rsa", NULL, 32, false, NULL, "unsupported digest" },
        { "akv://v/keys/rsa", NULL, 0, false, NULL, "unsupported digest" },
        { "akv://v/keys/ec", NULL, 32, false, "ES256", NULL },
        { "akv://v/keys/ec", NULL, 20, false, "ES256", NULL },
        { "akv://v/keys/ec", NULL, 64, false, "ES256", NULL },
        { "akv://v/keys/ec", NULL, 1, false, "ES256", NULL },
        { "akv://v/keys/ec", NULL, 0, false, "ES256", NULL },
        { "akv://v/keys/ec521", NULL, 64, false, "ES512", NULL },
        { "akv://v/keys/ec521", NULL, 65, false, NULL, "bad length" },
    };
    unsigned char tbs[100], sig[600];
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        EVP_PKEY *key = remote_key(rows[i].uri);
        EVP_PKEY_CTX *ctx =
            EVP_PKEY_CTX_new_from_pkey(fixture.libctx, key, NULL);
        size_t len = sizeof(sig);
        int ok;

        ERR_clear_error();
        remote_vault_reset();
        memset(tbs, 0x33, sizeof(tbs));
        if (rows[i].info)
            memcpy(tbs, info256, sizeof(info256));
        CHECK_INT(rows[i].uri, EVP_PKEY_sign_init(ctx), 1);
        if (rows[i].digest != NULL)
            CHECK_INT(rows[i].uri,
                      EVP_PKEY_CTX_set_signature_md(
                          ctx, EVP_get_digestbyname(rows[i].digest)),
                      1);
        ok = EVP_PKEY_sign(ctx, sig, &len, tbs, rows[i].len) == 1;
        CHECK_INT(rows[i].uri, ok, rows[i].alg != NULL);
        CHECK_INT(rows[i].uri, remote.signs, rows[i].alg != NULL ? 1 : 0);
        if (rows[i].alg != NULL)
            CHECK_STR(rows[i].uri, remote.alg, rows[i].alg);
        else
            CHECK_HAS(rows[i].uri, provider_errors(), rows[i].reason);
        EVP_PKEY_CTX_free(ctx);
        EVP_PKEY_free(key);
    }
}

/* A vault that does not do its work: one reason each, and no signature. */
static void bad_replies(void)
{
    static const struct {
        const char *where;
        enum remote_fault fault;
        const char *reason;
    } rows[] = {
        { "a flipped bit", REMOTE_FLIP, "bad signature" },
        { "too short", REMOTE_SHORT, "bad reply" },
        { "too long", REMOTE_LONG, "bad reply" },
        { "empty", REMOTE_EMPTY, "bad reply" },
        { "another key's", REMOTE_OTHER_KID, "bad reply" },
        { "all zero", REMOTE_ZERO, "bad signature" },
        { "all ones", REMOTE_ONES, "bad" },
        { "refused", REMOTE_REFUSE, "forbidden" },
    };
    static const char *const uris[] = { "akv://v/keys/rsa", "akv://v/keys/ec",
                                        "akv://v/keys/ec521" };
    unsigned char sig[600];
    size_t i;

    for (i = 0; i < COUNT(rows) * COUNT(uris); i++) {
        EVP_PKEY *key = remote_key(uris[i % COUNT(uris)]);
        const char *where = rows[i / COUNT(uris)].where;

        ERR_clear_error();
        remote_vault_reset();
        remote.fault = rows[i / COUNT(uris)].fault;
        CHECK_INT(where, digest_sign(key, "SHA512", 0, 0, sig, sizeof(sig)), 0);
        CHECK_INT(where, remote.signs, 1);
        CHECK_HAS(where, provider_errors(), rows[i / COUNT(uris)].reason);
        remote.fault = REMOTE_NONE;
        CHECK_AT("it works again",
                 digest_sign(key, "SHA512", 0, 0, sig, sizeof(sig)) > 0);
        EVP_PKEY_free(key);
    }
}

static void sizes(void)
{
    static const char *const uris[] = { "akv://v/keys/rsa", "akv://v/keys/ec" };
    unsigned char sig[600], tbs[32] = { 1 };
    size_t i;

    for (i = 0; i < COUNT(uris); i++) {
        EVP_PKEY *key = remote_key(uris[i]);
        EVP_PKEY_CTX *ctx =
            EVP_PKEY_CTX_new_from_pkey(fixture.libctx, key, NULL);
        size_t len = 0;

        remote_vault_reset();
        CHECK_INT(uris[i], EVP_PKEY_sign_init(ctx), 1);
        CHECK_INT(uris[i], EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()), 1);
        CHECK_INT(uris[i], EVP_PKEY_sign(ctx, NULL, &len, tbs, 32), 1);
        CHECK_INT("size", len, EVP_PKEY_get_size(key));
        len--;
        CHECK_AT("short", EVP_PKEY_sign(ctx, sig, &len, tbs, 32) != 1);
        CHECK_INT("requests", remote.signs, 0);
        len = sizeof(sig);
        CHECK_INT(uris[i], EVP_PKEY_sign(ctx, sig, &len, tbs, 32), 1);
        CHECK_INT("requests", remote.signs, 1);
        EVP_PKEY_CTX_free(ctx);
        EVP_PKEY_free(key);
    }
    ERR_clear_error();
}

/* The reply's signature is not looked at where the setting forbids it. */
static void unverified(void)
{
    unsigned char sig[600];
    EVP_PKEY *key;

    remote_vault_close();
    CHECK(remote_vault_open("verify-signatures = no\n"));
    key = remote_key("akv://v/keys/rsa");
    remote.fault = REMOTE_FLIP;
    CHECK_INT("length", digest_sign(key, "SHA256", 0, 0, sig, sizeof(sig)),
              EVP_PKEY_get_size(key));
    remote.fault = REMOTE_SHORT;
    CHECK_INT("length", digest_sign(key, "SHA256", 0, 0, sig, sizeof(sig)), 0);
    EVP_PKEY_free(key);
    remote_vault_close();
    CHECK(remote_vault_open(NULL));
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "set up", set_up },
        { "load", load },
        { "the key itself", key_itself },
        { "digest and sign", digest_signs },
        { "sign a digest", plain_signs },
        { "bad replies", bad_replies },
        { "sizes", sizes },
        { "unverified", unverified },
        { "tear down", tear_down },
    };

    return unit_main("remote", tests, COUNT(tests));
}
