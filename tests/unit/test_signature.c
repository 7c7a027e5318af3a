/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Signatures with software keys: whatever parameters are set, the outcome is
 * the default provider's, and each verifies what the other signed.
 */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#include "provider_fixture.h"
#include "sig_way.h"

static const char *const propqs[] = { THEIRS, OURS };

#define SIDES COUNT(propqs)

static EVP_PKEY *rsa[SIDES], *ec[SIDES]; /* the same keys on both sides */

static const unsigned char message[] = "what is to be signed";

static void set_up(void)
{
    size_t i;

    if (!provider_set_up(NULL))
        return;
    rsa[0] = their_rsa(2048);
    ec[0] = their_ec("P-256");
    for (i = 1; i < SIDES; i++) {
        rsa[i] = import_key(rsa[0], EVP_PKEY_KEYPAIR, propqs[i]);
        ec[i] = import_key(ec[0], EVP_PKEY_KEYPAIR, propqs[i]);
        CHECK(rsa[i] != NULL && is_ours(rsa[i]));
        CHECK(ec[i] != NULL && is_ours(ec[i]));
    }
}

static void tear_down(void)
{
    size_t i;

    for (i = 0; i < SIDES; i++) {
        EVP_PKEY_free(rsa[i]);
        EVP_PKEY_free(ec[i]);
    }
    provider_tear_down();
    CHECK(fixture.libctx == NULL);
}

/* What is set; NULL or 0: not set. */
struct way {
    const char *digest, *pad, *salt, *mgf1;
    size_t tbslen; /* of the digest that is signed as such */
};

static bool set_way(EVP_PKEY_CTX *ctx, const struct way *way)
{
    return sig_way_set(ctx, way->digest, way->pad, way->salt, way->mgf1) == 1;
}

/* 0: it cannot be done. */
static size_t sign(EVP_PKEY *key, const char *propq, const struct way *way,
                   unsigned char *sig, size_t size)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture.libctx, key, propq);
    unsigned char tbs[256];
    size_t len = size;

    memset(tbs, 0x17, sizeof(tbs));
    if (EVP_PKEY_sign_init(ctx) != 1 || !set_way(ctx, way)
        || EVP_PKEY_sign(ctx, sig, &len, tbs, way->tbslen) != 1)
        len = 0;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return len;
}

static bool verify(EVP_PKEY *key, const char *propq, const struct way *way,
                   const unsigned char *sig, size_t len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture.libctx, key, propq);
    unsigned char tbs[256];
    bool ok;

    memset(tbs, 0x17, sizeof(tbs));
    ok = EVP_PKEY_verify_init(ctx) == 1 && set_way(ctx, way)
         && EVP_PKEY_verify(ctx, sig, len, tbs, way->tbslen) == 1;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}

static void compare(EVP_PKEY *const keys[SIDES], const struct way *way,
                    bool same_bytes)
{
    unsigned char sigs[SIDES][512];
    size_t lens[SIDES], i;
    char where[200];
    bool verifies;

    (void)snprintf(where, sizeof(where), "%s %s %s %s %zu",
                   way->digest != NULL ? way->digest : "-",
                   way->pad != NULL ? way->pad : "-",
                   way->salt != NULL ? way->salt : "-",
                   way->mgf1 != NULL ? way->mgf1 : "-", way->tbslen);
    for (i = 0; i < SIDES; i++)
        lens[i] = sign(keys[i], propqs[i], way, sigs[i], sizeof(sigs[i]));
    CHECK_INT(where, lens[1] > 0, lens[0] > 0);
    if (lens[0] == 0 || lens[1] == 0)
        return;
    if (same_bytes)
        CHECK_AT(where,
                 lens[0] == lens[1] && memcmp(sigs[0], sigs[1], lens[0]) == 0);
    /* There are signatures that nobody verifies, as of no bytes at all. */
    verifies = verify(keys[0], propqs[0], way, sigs[0], lens[0]);
    for (i = 0; i < SIDES * SIDES; i++)
        CHECK_AT(where, verify(keys[i / 2], propqs[i / 2], way, sigs[i % 2],
                               lens[i % 2])
                            == verifies);
    for (i = 0; i < SIDES; i++) {
        CHECK_AT(where, !verify(keys[1], OURS, way, sigs[i], lens[i] - 1));
        sigs[i][lens[i] - 1] ^= 1;
        CHECK_AT(where, !verify(keys[1], OURS, way, sigs[i], lens[i]));
    }
}

static void rsa_ways(void)
{
    static const struct way ways[] = {
        { "SHA256", "pkcs1", NULL, NULL, 32 },
        { "sha-256", "pkcs1", NULL, NULL, 32 },
        { "SHA2-384", "pkcs1", NULL, NULL, 48 },
        { "SHA512", "pkcs1", NULL, NULL, 64 },
        { "SHA1", "pkcs1", NULL, NULL, 20 },
        { "SHA224", "pkcs1", NULL, NULL, 28 },
        { "SHA3-256", "pkcs1", NULL, NULL, 32 },
        { "SHA512-256", "pkcs1", NULL, NULL, 32 },
        { "MD5", "pkcs1", NULL, NULL, 16 },
        { "MD5-SHA1", "pkcs1", NULL, NULL, 36 },
        { "SHA256", NULL, NULL, NULL, 32 },
        { "SHA256", "pkcs1", NULL, NULL, 31 },
        { "SHA256", "pkcs1", NULL, NULL, 33 },
        { "SHA256", "pkcs1", NULL, NULL, 0 },
        { "nonsense", "pkcs1", NULL, NULL, 32 },
        { NULL, "pkcs1", NULL, NULL, 51 },
        { NULL, "pkcs1", NULL, NULL, 0 },
        { NULL, "pkcs1", NULL, NULL, 245 },
        { NULL, "pkcs1", NULL, NULL, 246 },
        { NULL, "none", NULL, NULL, 256 },
        { NULL, "none", NULL, NULL, 255 },
        { "SHA256", "none", NULL, NULL, 32 },
        { "SHA256", "x931", NULL, NULL, 32 },
        { "SHA256", "oaep", NULL, NULL, 32 },
        { "SHA256", "nonsense", NULL, NULL, 32 },
    };
    static const struct way random[] = {
        { "SHA256", "pss", NULL, NULL, 32 },
        { "SHA256", "pss", "digest", NULL, 32 },
        { "SHA256", "pss", "auto", NULL, 32 },
        { "SHA256", "pss", "max", NULL, 32 },
        { "SHA256", "pss", "auto-digestmax", NULL, 32 },
        { "SHA256", "pss", "20", NULL, 32 },
        { "SHA256", "pss", "0", NULL, 32 },
        { "SHA256", "pss", "222", NULL, 32 },
        { "SHA256", "pss", "223", NULL, 32 },
        { "SHA256", "pss", "-9", NULL, 32 },
        { "SHA256", "pss", "nonsense", NULL, 32 },
        { "SHA512", "pss", "digest", "SHA1", 64 },
        { "SHA1", "pss", "digest", "SHA256", 20 },
        { "SHA256", "pss", "digest", "nonsense", 32 },
        { "SHA3-384", "pss", "digest", NULL, 48 },
        { "SHA256", "pss", "digest", NULL, 20 },
        { NULL, "pss", NULL, NULL, 20 },
        { NULL, "pss", NULL, NULL, 32 },
        { "SHA256", "pkcs1", "20", NULL, 32 },
        { "SHA256", "pkcs1", NULL, "SHA1", 32 },
    };
    size_t i;

    for (i = 0; i < COUNT(ways); i++)
        compare(rsa, &ways[i], true);
    for (i = 0; i < COUNT(random); i++)
        compare(rsa, &random[i], false);
}

static void ec_ways(void)
{
    static const struct way ways[] = {
        { NULL, NULL, NULL, NULL, 32 },
        { NULL, NULL, NULL, NULL, 20 },
        { NULL, NULL, NULL, NULL, 64 },
        { NULL, NULL, NULL, NULL, 1 },
        { NULL, NULL, NULL, NULL, 0 },
        { "SHA256", NULL, NULL, NULL, 32 },
        { "SHA256", NULL, NULL, NULL, 31 },
        { "SHA1", NULL, NULL, NULL, 20 },
        { "SHA512", NULL, NULL, NULL, 64 },
        { "SHA3-512", NULL, NULL, NULL, 64 },
        { "nonsense", NULL, NULL, NULL, 32 },
        { "SHA256", "pkcs1", NULL, NULL, 32 },
    };
    size_t i;

    for (i = 0; i < COUNT(ways); i++)
        compare(ec, &ways[i], false);
}

/* The size is told without signing, and too small a buffer is refused. */
static void sizes(void)
{
    EVP_PKEY *const *const keys[] = { rsa, ec };
    static const struct way way = { "SHA256", NULL, NULL, NULL, 32 };
    unsigned char sig[512];
    size_t i, j;

    for (i = 0; i < COUNT(keys); i++) {
        size_t told[SIDES] = { 0 };

        for (j = 0; j < SIDES; j++) {
            told[j] = sign(keys[i][j], propqs[j], &way, NULL, 0);
            CHECK(told[j] > 0);
            CHECK_INT("short", sign(keys[i][j], propqs[j], &way, sig, 8), 0);
            CHECK(sign(keys[i][j], propqs[j], &way, sig, told[j]) > 0);
        }
        CHECK_INT("size", told[1], told[0]);
        CHECK_INT("size", told[1], EVP_PKEY_get_size(keys[i][1]));
    }
}

static bool begin_digest_sign(EVP_MD_CTX *ctx, EVP_PKEY_CTX **pctx,
                              const char *digest, const char *propq,
                              EVP_PKEY *key)
{
    return EVP_DigestSignInit_ex(ctx, pctx, digest, fixture.libctx, propq, key,
                                 NULL)
           == 1;
}

static bool digest_verifies(EVP_PKEY *key, const char *propq,
                            const char *digest, const unsigned char *sig,
                            size_t len, const char *pad)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    const struct way way = { NULL, pad, NULL, NULL, 0 };
    bool ok =
        EVP_DigestVerifyInit_ex(ctx, &pctx, digest, fixture.libctx, propq, key,
                                NULL)
            == 1
        && set_way(pctx, &way) && EVP_DigestVerifyUpdate(ctx, message, 5) == 1
        && EVP_DigestVerifyUpdate(ctx, message + 5, sizeof(message) - 5) == 1
        && EVP_DigestVerifyFinal(ctx, sig, len) == 1;

    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}

/* The digest of a message, then its signature; digest NULL: the default. */
static void digest_sign(void)
{
    static const struct {
        const char *digest, *pad;
    } rows[] = {
        { "SHA256", NULL },   { "SHA1", NULL },     { "SHA512", "pss" },
        { "SHA3-256", NULL }, { "SHA224", "pss" },  { NULL, NULL },
        { "nonsense", NULL }, { "SHA256", "oaep" }, { "SHA256", "none" },
    };
    EVP_PKEY *const *const keys[] = { rsa, ec };
    size_t i, j, k;

    for (i = 0; i < COUNT(rows) * COUNT(keys); i++) {
        EVP_PKEY *const *pair = keys[i % 2];
        const char *digest = rows[i / 2].digest, *pad = rows[i / 2].pad;
        const struct way way = { NULL, pad, NULL, NULL, 0 };
        unsigned char sigs[SIDES][512];
        size_t lens[SIDES];

        for (j = 0; j < SIDES; j++) {
            EVP_MD_CTX *ctx = EVP_MD_CTX_new();
            EVP_PKEY_CTX *pctx = NULL;
            size_t most = 0;

            lens[j] = sizeof(sigs[j]);
            if (!begin_digest_sign(ctx, &pctx, digest, propqs[j], pair[j])
                || !set_way(pctx, &way)
                || EVP_DigestSignUpdate(ctx, message, sizeof(message)) != 1
                || EVP_DigestSignFinal(ctx, NULL, &most) != 1
                || EVP_DigestSignFinal(ctx, sigs[j], &lens[j]) != 1)
                lens[j] = 0;
            CHECK(lens[j] <= most);
            EVP_MD_CTX_free(ctx);
            ERR_clear_error();
        }
        CHECK_INT(digest != NULL ? digest : "-", lens[1] > 0, lens[0] > 0);
        for (j = 0; j < SIDES && lens[0] > 0; j++)
            for (k = 0; k < SIDES; k++)
                CHECK_AT(digest != NULL ? digest : "-",
                         digest_verifies(pair[j], propqs[j], digest, sigs[k],
                                         lens[k], pad));
    }
}

static void one_shot(void)
{
    EVP_PKEY *const *const keys[] = { rsa, ec };
    size_t i;

    for (i = 0; i < COUNT(keys); i++) {
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        unsigned char sig[512];
        size_t len = 0;

        CHECK(begin_digest_sign(ctx, NULL, "SHA256", OURS, keys[i][1]));
        CHECK_INT("size",
                  EVP_DigestSign(ctx, NULL, &len, message, sizeof(message)), 1);
        CHECK_INT("sign",
                  EVP_DigestSign(ctx, sig, &len, message, sizeof(message)), 1);
        CHECK(digest_verifies(keys[i][0], THEIRS, "SHA256", sig, len, NULL));
        EVP_MD_CTX_free(ctx);
    }
}

/* A copy goes its own way, also when the original is gone. */
static void duplicates(void)
{
    EVP_PKEY *const *const keys[] = { rsa, ec };
    size_t i;

    for (i = 0; i < COUNT(keys); i++) {
        EVP_MD_CTX *ctx = EVP_MD_CTX_new(), *copy = EVP_MD_CTX_new();
        unsigned char sig[512];
        size_t len = sizeof(sig);

        CHECK(begin_digest_sign(ctx, NULL, "SHA256", OURS, keys[i][1]));
        CHECK_INT("update", EVP_DigestSignUpdate(ctx, message, 5), 1);
        CHECK_INT("copy", EVP_MD_CTX_copy_ex(copy, ctx), 1);
        CHECK_INT("original", EVP_DigestSignUpdate(ctx, "something else", 14),
                  1);
        CHECK_INT("original", EVP_DigestSignFinal(ctx, sig, &len), 1);
        EVP_MD_CTX_free(ctx);
        CHECK(!digest_verifies(keys[i][0], THEIRS, "SHA256", sig, len, NULL));
        CHECK_INT("copy",
                  EVP_DigestSignUpdate(copy, message + 5, sizeof(message) - 5),
                  1);
        len = sizeof(sig);
        CHECK_INT("copy", EVP_DigestSignFinal(copy, sig, &len), 1);
        CHECK(digest_verifies(keys[i][0], THEIRS, "SHA256", sig, len, NULL));
        EVP_MD_CTX_free(copy);
    }
}

static void duplicate_contexts(void)
{
    static const struct way way = { "SHA256", "pss", "digest", NULL, 32 };
    static const struct way none = { NULL, NULL, NULL, NULL, 32 };
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_pkey(fixture.libctx, rsa[1], OURS);
    unsigned char sig[512], tbs[32];
    size_t len = sizeof(sig);
    EVP_PKEY_CTX *copy;

    memset(tbs, 0x17, sizeof(tbs));
    CHECK_INT("init", EVP_PKEY_sign_init(ctx), 1);
    CHECK(set_way(ctx, &way));
    copy = EVP_PKEY_CTX_dup(ctx);
    CHECK(copy != NULL);
    EVP_PKEY_CTX_free(ctx);
    CHECK_INT("sign", EVP_PKEY_sign(copy, sig, &len, tbs, sizeof(tbs)), 1);
    CHECK(verify(rsa[0], THEIRS, &way, sig, len));
    CHECK(!verify(rsa[0], THEIRS, &none, sig, len));
    EVP_PKEY_CTX_free(copy);
}

/* One context, used again: for another digest, another key, another purpose. */
static void used_again(void)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char sig[512];
    size_t len, round;

    for (round = 0; round < 4; round++) {
        static const char *const digests[] = { "SHA256", "SHA512" };
        const char *digest = digests[round % 2];
        EVP_PKEY *const *pair = round < 2 ? rsa : ec;

        if (round == 2)
            CHECK_INT("reset", EVP_MD_CTX_reset(ctx), 1);
        CHECK(begin_digest_sign(ctx, NULL, digest, OURS, pair[1]));
        len = sizeof(sig);
        CHECK_INT("sign",
                  EVP_DigestSign(ctx, sig, &len, message, sizeof(message)), 1);
        CHECK(digest_verifies(pair[0], THEIRS, digest, sig, len, NULL));
    }
    /* The same key and digest once more. */
    CHECK_INT("again", EVP_DigestSignInit(ctx, NULL, NULL, NULL, NULL), 1);
    len = sizeof(sig);
    CHECK_INT("sign", EVP_DigestSign(ctx, sig, &len, message, sizeof(message)),
              1);
    CHECK(digest_verifies(ec[0], THEIRS, "SHA512", sig, len, NULL));
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
}

static void recover(void)
{
    static const struct way ways[] = {
        { "SHA256", "pkcs1", NULL, NULL, 32 },
        { NULL, "pkcs1", NULL, NULL, 40 },
        { NULL, "none", NULL, NULL, 256 },
    };
    size_t i, j;

    for (i = 0; i < COUNT(ways); i++) {
        unsigned char sig[512], out[SIDES][512];
        size_t len = sign(rsa[1], OURS, &ways[i], sig, sizeof(sig));
        size_t lens[SIDES] = { 0 }, most = 0;
        unsigned char other[512];
        bool changed[SIDES];

        for (j = 0; j < SIDES; j++) {
            EVP_PKEY_CTX *ctx =
                EVP_PKEY_CTX_new_from_pkey(fixture.libctx, rsa[j], propqs[j]);

            CHECK_INT("init", EVP_PKEY_verify_recover_init(ctx), 1);
            CHECK(set_way(ctx, &ways[i]));
            CHECK_INT("size",
                      EVP_PKEY_verify_recover(ctx, NULL, &lens[j], sig, len),
                      1);
            lens[j] = sizeof(out[j]);
            CHECK_INT("recover",
                      EVP_PKEY_verify_recover(ctx, out[j], &lens[j], sig, len),
                      1);
            sig[10] ^= 1;
            changed[j] =
                EVP_PKEY_verify_recover(ctx, NULL, &most, sig, len) == 1
                && EVP_PKEY_verify_recover(ctx, other, &most, sig, len) == 1;
            sig[10] ^= 1;
            EVP_PKEY_CTX_free(ctx);
        }
        CHECK_INT("a changed one", changed[1], changed[0]);
        CHECK_INT("length", lens[1], lens[0]);
        CHECK_INT("length", lens[1], ways[i].tbslen);
        CHECK(memcmp(out[0], out[1], lens[1]) == 0);
    }
    ERR_clear_error();
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "set up", set_up },
        { "RSA", rsa_ways },
        { "ECDSA", ec_ways },
        { "sizes", sizes },
        { "digest and sign", digest_sign },
        { "in one shot", one_shot },
        { "duplicates", duplicates },
        { "duplicates of contexts", duplicate_contexts },
        { "used again", used_again },
        { "verify and recover", recover },
        { "tear down", tear_down },
    };

    return unit_main("signature", tests, COUNT(tests));
}
