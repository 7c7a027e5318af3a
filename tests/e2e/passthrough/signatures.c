/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <string.h>

#include "passthrough.h"
#include "sig_way.h"

/* Parameters as a program sets them, all in one call, in this order. */
struct way {
    const char *digest, *pad, *salt, *mgf1;
};

static const struct way ways[] = {
    { NULL, NULL, NULL, NULL },
    { "SHA256", NULL, NULL, NULL },
    { "SHA1", NULL, NULL, NULL },
    { "MD5", "pkcs1", NULL, NULL },
    { "MD5-SHA1", "pkcs1", NULL, NULL },
    { "SHA3-256", "pkcs1", NULL, NULL },
    { "SHA512-256", "pkcs1", NULL, NULL },
    { "SM3", NULL, NULL, NULL },
    { "SHAKE128", NULL, NULL, NULL },
    { "nonsense", NULL, NULL, NULL },
    { NULL, "none", NULL, NULL },
    { NULL, "x931", NULL, NULL },
    { "SHA256", "x931", NULL, NULL },
    { "SHA256", "none", NULL, NULL },
    { "SHA256", "oaep", NULL, NULL },
    { "SHA256", "nonsense", NULL, NULL },
    { NULL, "pss", NULL, NULL },
    { "SHA256", "pss", NULL, NULL },
    { "SHA256", "pss", "digest", NULL },
    { "SHA256", "pss", "auto", NULL },
    { "SHA256", "pss", "max", NULL },
    { "SHA256", "pss", "auto-digestmax", NULL },
    { "SHA256", "pss", "0", NULL },
    { "SHA256", "pss", "32", "SHA1" },
    { "SHA256", "pss", "20", "SHA256" },
    { "SHA256", "pss", "1000", NULL },
    { "SHA256", "pss", "-9", NULL },
    { "SHA256", "pkcs1", "32", NULL },
    { "SHA256", "pss", "32", "nonsense" },
};

static const char *or_none(const char *text)
{
    return text != NULL ? text : "-";
}

static int set_way(EVP_PKEY_CTX *ctx, const struct way *way)
{
    return sig_way_set(ctx, way->digest, way->pad, way->salt, way->mgf1);
}

static void tell_params(EVP_PKEY_CTX *ctx)
{
    unsigned char id[200];
    char digest[50] = "", pad[50] = "";
    OSSL_PARAM each[4][2];
    size_t i;

    each[0][0] = OSSL_PARAM_construct_octet_string(
        OSSL_SIGNATURE_PARAM_ALGORITHM_ID, id, sizeof(id));
    each[1][0] = OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST,
                                                  digest, sizeof(digest));
    each[2][0] = OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE,
                                                  pad, sizeof(pad));
    each[3][0] = OSSL_PARAM_construct_octet_string(
        OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0);
    for (i = 0; i < COUNT(each); i++) {
        each[i][1] = OSSL_PARAM_construct_end();
        tell_code(EVP_PKEY_CTX_get_params(ctx, each[i]));
        tell_size(each[i][0].return_size);
    }
    if (each[0][0].return_size < sizeof(id))
        tell_bytes(id, each[0][0].return_size);
    tell_text(digest);
    tell_text(pad);
}

static void tell_list(const OSSL_PARAM *list)
{
    for (; list != NULL && list->key != NULL; list++)
        tell_text(list->key);
}

/* Sizes of what is signed, and of the buffer beside the size that was told. */
static void sign_sizes(const struct subject *subject, const struct way *way)
{
    static const size_t tbs_sizes[] = { 0, 20, 32, 36, 64, 245, 256, 300 };
    static const int rooms[] = { 0, -1, 50 };
    unsigned char tbs[300], sig[1200];
    size_t i, j;

    memset(tbs, 0x17, sizeof(tbs));
    for (i = 0; i < COUNT(tbs_sizes); i++) {
        for (j = 0; j < COUNT(rooms); j++) {
            EVP_PKEY_CTX *ctx =
                EVP_PKEY_CTX_new_from_pkey(NULL, subject->pkey, NULL);
            size_t len = 0;
            int ok;

            begin(subject, "sign", "%s %s %s %s, %zu, room %d",
                  or_none(way->digest), or_none(way->pad), or_none(way->salt),
                  or_none(way->mgf1), tbs_sizes[i], rooms[j]);
            tell_code(EVP_PKEY_sign_init(ctx));
            tell_code(set_way(ctx, way));
            tell_code(EVP_PKEY_sign(ctx, NULL, &len, tbs, tbs_sizes[i]));
            tell_size(len);
            len = len > 600 ? 600 : len;
            len = (size_t)((int)len + rooms[j]) > 1200
                      ? 0
                      : (size_t)((int)len + rooms[j]);
            ok = EVP_PKEY_sign(ctx, sig, &len, tbs, tbs_sizes[i]);
            tell_code(ok);
            if (ok == 1)
                tell_bytes(sig, len);
            EVP_PKEY_CTX_free(ctx);
            end();
        }
    }
}

/* How a signature can be wrong. */
static const char *const flaws[] = { "good",  "short", "flipped",
                                     "empty", "long",  "another" };

static size_t spoil(const char *flaw, unsigned char *sig, size_t len)
{
    if (strcmp(flaw, "short") == 0)
        return len - 1;
    if (strcmp(flaw, "flipped") == 0)
        sig[len - 1] ^= 1;
    if (strcmp(flaw, "empty") == 0)
        return 0;
    if (strcmp(flaw, "long") == 0)
        sig[len++] = 0;
    if (strcmp(flaw, "another") == 0)
        memset(sig, 0x30, len);
    return len;
}

/* A signature by the other whole key, where this one cannot sign. */
static size_t make_signature(const struct subject *subject,
                             const struct way *way, unsigned char *sig,
                             size_t size, const unsigned char *tbs)
{
    EVP_PKEY *keys[] = { subject->pkey, subject->other };
    size_t i, len = 0;

    for (i = 0; i < COUNT(keys) && len == 0; i++) {
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, keys[i], NULL);

        len = size;
        if (EVP_PKEY_sign_init(ctx) != 1 || set_way(ctx, way) != 1
            || EVP_PKEY_sign(ctx, sig, &len, tbs, 32) != 1)
            len = 0;
        EVP_PKEY_CTX_free(ctx);
    }
    return len;
}

static void verify_flaws(const struct subject *subject, const struct way *way)
{
    unsigned char tbs[32] = { 7 }, sig[1300], out[1300];
    size_t i, len, outlen;

    for (i = 0; i < COUNT(flaws); i++) {
        EVP_PKEY_CTX *ctx =
            EVP_PKEY_CTX_new_from_pkey(NULL, subject->pkey, NULL);

        restart_random();
        memset(sig, 0x30, sizeof(sig));
        len = make_signature(subject, way, sig, 1200, tbs);
        if (len > 0)
            len = spoil(flaws[i], sig, len);
        begin(subject, "verify", "%s %s %s %s %s", or_none(way->digest),
              or_none(way->pad), or_none(way->salt), or_none(way->mgf1),
              flaws[i]);
        tell_code(EVP_PKEY_verify_init(ctx));
        tell_code(set_way(ctx, way));
        tell_code(EVP_PKEY_verify(ctx, sig, len, tbs, sizeof(tbs)));
        tell_code(EVP_PKEY_verify(ctx, sig, len, tbs, 31));
        end();
        begin(subject, "recover", "%s %s %s", or_none(way->digest),
              or_none(way->pad), flaws[i]);
        tell_code(EVP_PKEY_verify_recover_init(ctx));
        tell_code(set_way(ctx, way));
        outlen = 0;
        tell_code(EVP_PKEY_verify_recover(ctx, NULL, &outlen, sig, len));
        tell_size(outlen);
        outlen = sizeof(out);
        tell_code(EVP_PKEY_verify_recover(ctx, out, &outlen, sig, len));
        tell_size(outlen);
        EVP_PKEY_CTX_free(ctx);
        end();
    }
}

static void digest_sign(const struct subject *subject, const char *digest)
{
    unsigned char data[100] = { 3 }, sig[1300];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new(), *copy = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    size_t len = 0;

    begin(subject, "digest-sign", "%s", or_none(digest));
    tell_code(EVP_DigestSignInit_ex(ctx, &pctx, digest, NULL, NULL,
                                    subject->pkey, NULL));
    if (pctx != NULL) {
        tell_params(pctx);
        tell_list(EVP_PKEY_CTX_settable_params(pctx));
        tell_list(EVP_PKEY_CTX_gettable_params(pctx));
    }
    tell_code(EVP_DigestSignUpdate(ctx, data, sizeof(data)));
    tell_code(EVP_MD_CTX_copy_ex(copy, ctx));
    tell_code(EVP_DigestSignFinal(ctx, NULL, &len));
    tell_size(len);
    len = 10;
    tell_code(EVP_DigestSignFinal(copy, sig, &len));
    len = sizeof(sig);
    tell_code(EVP_DigestSignFinal(ctx, sig, &len));
    tell_code(EVP_DigestSignUpdate(ctx, data, 1));
    len = sizeof(sig);
    if (EVP_DigestSign(ctx, sig, &len, data, sizeof(data)) == 1)
        tell_bytes(sig, len);
    EVP_MD_CTX_free(ctx);
    EVP_MD_CTX_free(copy);
    end();
}

static void digest_verify(const struct subject *subject, const char *digest)
{
    unsigned char data[100] = { 3 }, sig[1300];
    size_t len = 0, i;

    for (i = 0; i < COUNT(flaws); i++) {
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();

        restart_random();
        memset(sig, 0x30, sizeof(sig));
        len = sizeof(sig) - 1;
        if (EVP_DigestSignInit_ex(ctx, NULL, digest, NULL, NULL, subject->pkey,
                                  NULL)
                != 1
            || EVP_DigestSign(ctx, sig, &len, data, sizeof(data)) != 1)
            len = 64;
        EVP_MD_CTX_free(ctx);
        ctx = EVP_MD_CTX_new();
        len = spoil(flaws[i], sig, len);
        begin(subject, "digest-verify", "%s %s", or_none(digest), flaws[i]);
        tell_code(EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL,
                                          subject->pkey, NULL));
        tell_code(EVP_DigestVerify(ctx, sig, len, data, sizeof(data)));
        /* Once more with the same context. */
        tell_code(
            EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, NULL, NULL));
        tell_code(EVP_DigestVerifyUpdate(ctx, data, sizeof(data)));
        tell_code(EVP_DigestVerifyFinal(ctx, sig, len));
        EVP_MD_CTX_free(ctx);
        end();
    }
}

void do_signatures(const struct subject *subject)
{
    static const char *const digests[] = { NULL,     "SHA256",     "SHA1",
                                           "SHA384", "SHA512-224", "SM3",
                                           "MD5",    "SHAKE256",   "nonsense" };
    size_t i;

    for (i = 0; i < COUNT(ways); i++) {
        sign_sizes(subject, &ways[i]);
        verify_flaws(subject, &ways[i]);
    }
    for (i = 0; i < COUNT(digests); i++) {
        digest_sign(subject, digests[i]);
        digest_verify(subject, digests[i]);
    }
}

/* --- Orders of parameters ------------------------------------------------- */

static int set_one(EVP_PKEY_CTX *ctx, char what)
{
    switch (what) {
    case 'P':
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING);
    case 'S':
        return EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST);
    case 'N':
        return EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 48);
    case 'M':
        return EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha384());
    default:
        return EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha384());
    }
}

static void sign_in_order(const struct subject *subject, const char *order,
                          int verifies)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, subject->pkey, NULL);
    unsigned char tbs[48] = { 1 }, sig[1200];
    size_t len = sizeof(sig);

    begin(subject, verifies ? "verify in order" : "sign in order", "%s", order);
    tell_code(verifies ? EVP_PKEY_verify_init(ctx) : EVP_PKEY_sign_init(ctx));
    for (; *order != '\0'; order++)
        tell_code(set_one(ctx, *order));
    if (verifies) {
        memset(sig, 0, sizeof(sig));
        tell_code(EVP_PKEY_verify(ctx, sig, 256, tbs, sizeof(tbs)));
    } else {
        tell_code(EVP_PKEY_sign(ctx, sig, &len, tbs, sizeof(tbs)));
    }
    tell_params(ctx);
    EVP_PKEY_CTX_free(ctx);
    end();
}

/* All orders of the rest of the letters behind those that are chosen. */
static void permute(const struct subject *subject, char *letters, size_t fixed)
{
    size_t len = strlen(letters), i;
    char swap;

    if (fixed == len) {
        sign_in_order(subject, letters, 0);
        sign_in_order(subject, letters, 1);
        return;
    }
    for (i = fixed; i < len; i++) {
        swap = letters[fixed];
        letters[fixed] = letters[i];
        letters[i] = swap;
        permute(subject, letters, fixed + 1);
        letters[i] = letters[fixed];
        letters[fixed] = swap;
    }
}

void do_pss_orders(const struct subject *subject)
{
    static const char *const sets[] = { "P",   "D",    "PD",   "PDS", "PDN",
                                        "PDM", "PDSM", "PDNM", "PSN" };
    char letters[8];
    size_t i;

    for (i = 0; i < COUNT(sets); i++) {
        strcpy(letters, sets[i]);
        permute(subject, letters, 0);
    }
}
