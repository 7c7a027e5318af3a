/* SPDX-License-Identifier: Apache-2.0 */

/* What one can ask of a signature's context, and what can be set in it at
 * which time: as with the default provider. */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "provider_fixture.h"

static const char *const propqs[] = { THEIRS, OURS };

#define SIDES COUNT(propqs)

static EVP_PKEY *rsa[SIDES], *ec[SIDES];

static void set_up(void)
{
    size_t i;

    if (!provider_set_up(NULL))
        return;
    rsa[0] = their_rsa(2048);
    ec[0] = their_ec("P-384");
    for (i = 1; i < SIDES; i++) {
        rsa[i] = import_key(rsa[0], EVP_PKEY_KEYPAIR, propqs[i]);
        ec[i] = import_key(ec[0], EVP_PKEY_KEYPAIR, propqs[i]);
        CHECK(rsa[i] != NULL && ec[i] != NULL);
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

/* A digest-sign context; pad 0: not set. */
static EVP_MD_CTX *begin(EVP_PKEY *key, const char *propq, const char *digest,
                         int pad, int salt)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;

    if (EVP_DigestSignInit_ex(ctx, &pctx, digest, fixture.libctx, propq, key,
                              NULL)
            == 1
        && (pad == 0
            || (EVP_PKEY_CTX_set_rsa_padding(pctx, pad) == 1
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt) == 1)))
        return ctx;
    EVP_MD_CTX_free(ctx);
    return NULL;
}

/* What X.509 writes down; 0: there is none. */
static size_t algorithm_id(EVP_MD_CTX *ctx, unsigned char *out, size_t size)
{
    OSSL_PARAM params[2];

    params[0] = OSSL_PARAM_construct_octet_string(
        OSSL_SIGNATURE_PARAM_ALGORITHM_ID, out, size);
    params[1] = OSSL_PARAM_construct_end();
    if (ctx == NULL
        || EVP_PKEY_CTX_get_params(EVP_MD_CTX_get_pkey_ctx(ctx), params) != 1
        || !OSSL_PARAM_modified(&params[0]))
        return 0;
    return params[0].return_size;
}

static void algorithm_ids(void)
{
    static const struct {
        const char *digest;
        int pad, salt; /* -100: an EC key */
    } rows[] = {
        { "SHA256", 0, 0 },
        { "SHA1", 0, 0 },
        { "SHA3-256", 0, 0 },
        { "SHA256", RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST },
        { "SHA384", RSA_PKCS1_PSS_PADDING, 20 },
        { "SHA512", RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_MAX },
        { "SHA256", 0, -100 },
        { "SHA1", 0, -100 },
        { "SHA3-512", 0, -100 },
    };
    size_t i, j;

    for (i = 0; i < COUNT(rows); i++) {
        unsigned char ids[SIDES][300];
        size_t lens[SIDES];

        for (j = 0; j < SIDES; j++) {
            EVP_MD_CTX *ctx =
                begin(rows[i].salt == -100 ? ec[j] : rsa[j], propqs[j],
                      rows[i].digest, rows[i].pad, rows[i].salt);

            CHECK_AT(rows[i].digest, ctx != NULL);
            lens[j] = algorithm_id(ctx, ids[j], sizeof(ids[j]));
            EVP_MD_CTX_free(ctx);
        }
        CHECK_INT(rows[i].digest, lens[1], lens[0]);
        CHECK_AT(rows[i].digest,
                 lens[0] > 0 && memcmp(ids[0], ids[1], lens[0]) == 0);
    }
    ERR_clear_error();
}

/* An X.509 certificate that a key signs and the other side verifies. */
static void certificates(void)
{
    EVP_PKEY *const *const keys[] = { rsa, ec };
    size_t i;

    for (i = 0; i < COUNT(keys); i++) {
        X509 *cert = X509_new_ex(fixture.libctx, NULL);
        EVP_MD_CTX *ctx = begin(keys[i][1], OURS, "SHA384", 0, 0);

        CHECK(X509_set_version(cert, 2) == 1
              && X509_gmtime_adj(X509_getm_notBefore(cert), 0) != NULL
              && X509_gmtime_adj(X509_getm_notAfter(cert), 3600) != NULL
              && X509_set_pubkey(cert, keys[i][1]) == 1);
        CHECK(X509_sign_ctx(cert, ctx) > 0);
        CHECK_INT("theirs", X509_verify(cert, keys[i][0]), 1);
        CHECK_INT("ours", X509_verify(cert, keys[i][1]), 1);
        CHECK_INT("key and certificate",
                  X509_check_private_key(cert, keys[i][1]), 1);
        CHECK_INT("another", X509_check_private_key(cert, keys[1 - i][1]), 0);
        EVP_MD_CTX_free(ctx);
        X509_free(cert);
    }
    ERR_clear_error();
}

static void values(void)
{
    size_t j;

    for (j = 0; j < SIDES; j++) {
        EVP_MD_CTX *ctx =
            begin(rsa[j], propqs[j], "SHA256", RSA_PKCS1_PSS_PADDING, 20);
        EVP_PKEY_CTX *pctx = ctx != NULL ? EVP_MD_CTX_get_pkey_ctx(ctx) : NULL;
        char digest[40] = "";
        OSSL_PARAM params[2];
        int number = 0;

        if (!CHECK(pctx != NULL))
            continue;
        CHECK(EVP_PKEY_CTX_get_rsa_padding(pctx, &number) > 0);
        CHECK_INT("padding", number, RSA_PKCS1_PSS_PADDING);
        CHECK(EVP_PKEY_CTX_get_rsa_pss_saltlen(pctx, &number) > 0);
        CHECK_INT("salt", number, 20);
        params[0] = OSSL_PARAM_construct_utf8_string(
            OSSL_SIGNATURE_PARAM_DIGEST, digest, sizeof(digest));
        params[1] = OSSL_PARAM_construct_end();
        CHECK_INT("get", EVP_PKEY_CTX_get_params(pctx, params), 1);
        CHECK_HAS("digest", digest, "256");
        CHECK_INT("MGF1",
                  EVP_PKEY_CTX_set_rsa_mgf1_md_name(pctx, "SHA512", NULL), 1);
        CHECK_INT(
            "MGF1",
            EVP_PKEY_CTX_get_rsa_mgf1_md_name(pctx, digest, sizeof(digest)), 1);
        CHECK_HAS("MGF1", digest, "512");
        EVP_MD_CTX_free(ctx);
    }
}

/* Whether one list holds all of another. */
static bool holds(const OSSL_PARAM *list, const OSSL_PARAM *part)
{
    for (; part != NULL && part->key != NULL; part++)
        if (OSSL_PARAM_locate_const(list, part->key) == NULL)
            return false;
    return true;
}

static void lists(void)
{
    EVP_PKEY *const *const keys[] = { rsa, ec };
    size_t i, j;

    for (i = 0; i < COUNT(keys); i++) {
        const OSSL_PARAM *get[SIDES] = { NULL }, *set[SIDES] = { NULL };
        EVP_PKEY_CTX *ctxs[SIDES];

        for (j = 0; j < SIDES; j++) {
            ctxs[j] = EVP_PKEY_CTX_new_from_pkey(fixture.libctx, keys[i][j],
                                                 propqs[j]);
            CHECK_INT("init", EVP_PKEY_sign_init(ctxs[j]), 1);
            get[j] = EVP_PKEY_CTX_gettable_params(ctxs[j]);
            set[j] = EVP_PKEY_CTX_settable_params(ctxs[j]);
            CHECK(get[j] != NULL && set[j] != NULL);
        }
        CHECK(holds(get[1], get[0]) && holds(get[0], get[1]));
        CHECK(holds(set[1], set[0]) && holds(set[0], set[1]));
        for (j = 0; j < SIDES; j++)
            EVP_PKEY_CTX_free(ctxs[j]);
    }
}

/* A digest's own parameters, through the signature. */
static void of_the_digest(void)
{
    static const char *const digests[] = { "SHA256", "SHA1", "SHAKE256" };
    size_t i, j;

    for (i = 0; i < COUNT(digests); i++) {
        int settable[SIDES], gettable[SIDES], set[SIDES], get[SIDES];

        for (j = 0; j < SIDES; j++) {
            EVP_MD_CTX *ctx = begin(ec[j], propqs[j], digests[i], 0, 0);
            size_t length = 32;
            OSSL_PARAM params[2];

            params[0] =
                OSSL_PARAM_construct_size_t(OSSL_DIGEST_PARAM_XOFLEN, &length);
            params[1] = OSSL_PARAM_construct_end();
            settable[j] =
                ctx != NULL && EVP_MD_CTX_settable_params(ctx) != NULL;
            gettable[j] =
                ctx != NULL && EVP_MD_CTX_gettable_params(ctx) != NULL;
            set[j] = ctx != NULL && EVP_MD_CTX_set_params(ctx, params) > 0;
            get[j] = ctx != NULL && EVP_MD_CTX_get_params(ctx, params) > 0;
            EVP_MD_CTX_free(ctx);
        }
        CHECK_INT(digests[i], settable[1], settable[0]);
        CHECK_INT(digests[i], gettable[1], gettable[0]);
        CHECK_INT(digests[i], set[1], set[0]);
        CHECK_INT(digests[i], get[1], get[0]);
    }
    ERR_clear_error();
}

/* Another digest comes too late once the message is being hashed. What the
 * default provider answers to it depends on its version. */
static void too_late(void)
{
    static const char *const digests[] = { "SHA512", "nonsense" };
    EVP_PKEY *const *const keys[] = { rsa, ec };
    size_t i;

    for (i = 0; i < COUNT(digests) * COUNT(keys); i++) {
        EVP_PKEY *const *pair = keys[i % 2];
        EVP_MD_CTX *ctx = begin(pair[1], OURS, "SHA256", 0, 0);
        EVP_MD_CTX *theirs = begin(pair[0], THEIRS, "SHA256", 0, 0);
        union {
            const char *in;
            char *out;
        } name = { digests[i / 2] };
        unsigned char sig[512];
        size_t len = sizeof(sig);
        OSSL_PARAM params[2];

        params[0] = OSSL_PARAM_construct_utf8_string(
            OSSL_SIGNATURE_PARAM_DIGEST, name.out, 0);
        params[1] = OSSL_PARAM_construct_end();
        CHECK_INT("update", EVP_DigestSignUpdate(ctx, "a", 1), 1);
        CHECK_INT("update", EVP_DigestSignUpdate(theirs, "a", 1), 1);
        CHECK_INT(
            name.in,
            EVP_PKEY_CTX_set_params(EVP_MD_CTX_get_pkey_ctx(ctx), params),
            EVP_PKEY_CTX_set_params(EVP_MD_CTX_get_pkey_ctx(theirs), params));
        CHECK_INT("sign", EVP_DigestSignFinal(ctx, sig, &len), 1);
        CHECK_INT("verify",
                  EVP_DigestVerifyInit_ex(theirs, NULL, "SHA256",
                                          fixture.libctx, THEIRS, pair[0],
                                          NULL),
                  1);
        CHECK_INT(
            "verify",
            EVP_DigestVerify(theirs, sig, len, (const unsigned char *)"a", 1),
            1);
        EVP_MD_CTX_free(theirs);
        EVP_MD_CTX_free(ctx);
    }
    ERR_clear_error();
}

/* A public key signs nothing, but says so only when it is tried. */
static void public_only(void)
{
    EVP_PKEY *const *const keys[] = { rsa, ec };
    size_t i, j;

    for (i = 0; i < COUNT(keys); i++) {
        int inits[SIDES], signs[SIDES];

        for (j = 0; j < SIDES; j++) {
            EVP_PKEY *half =
                import_key(keys[i][0], EVP_PKEY_PUBLIC_KEY, propqs[j]);
            EVP_PKEY_CTX *ctx =
                EVP_PKEY_CTX_new_from_pkey(fixture.libctx, half, propqs[j]);
            unsigned char sig[512], tbs[32] = { 0 };
            size_t len = sizeof(sig);

            inits[j] = EVP_PKEY_sign_init(ctx) == 1;
            signs[j] = inits[j]
                       && EVP_PKEY_sign(ctx, sig, &len, tbs, sizeof(tbs)) == 1;
            EVP_PKEY_CTX_free(ctx);
            EVP_PKEY_free(half);
        }
        CHECK_INT("init", inits[1], inits[0]);
        CHECK_INT("sign", signs[1], 0);
    }
    ERR_clear_error();
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "set up", set_up },
        { "AlgorithmIdentifiers", algorithm_ids },
        { "certificates", certificates },
        { "values", values },
        { "lists", lists },
        { "parameters of the digest", of_the_digest },
        { "too late for another digest", too_late },
        { "public keys", public_only },
        { "tear down", tear_down },
    };

    return unit_main("sig_params", tests, COUNT(tests));
}
