/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Signatures by the vault: which JOSE algorithm the parameters mean, what the
 * vault cannot do, and the signature's form.
 *
 * The vault ties each algorithm to one digest length. For RSA that decides
 * what can be signed. ECDSA reads a digest as an integer, so that any digest
 * goes: a longer one is cut to the curve's length, as FIPS 186-5 (6.4.1) has
 * it, and a shorter one gets zeros in front, which do not change the integer.
 */

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "akv/key.h"
#include "base/settings_impl.h"
#include "config.h"
#include "digests.h"
#include "err.h"
#include "sig_request.h"

#define MAX_SIGNATURE AKV_MODULUS_MAX
#define MADE_MAX 128

/* DigestInfo in front of a digest tells its kind when the caller did not. */
static const struct rsa_digest {
    const char *name;
    size_t size;
    enum akv_alg pkcs1, pss;
    unsigned char info[19];
} rsa_digests[] = {
#define DIGEST(index, bits, name, size, pkcs1, pss, rsa, ecdsa, ...)           \
    { name, size, pkcs1, pss, __VA_ARGS__ },
    AKV_DIGESTS(DIGEST)
#undef DIGEST
};

#define RSA_DIGESTS (sizeof(rsa_digests) / sizeof(rsa_digests[0]))

/* What is set in the inner context. */
struct rsa_params {
    int padding;
    int saltlen;
    char digest[64]; /* empty: none */
    char mgf1[64];
};

static bool read_rsa_params(EVP_PKEY_CTX *pctx, struct rsa_params *p)
{
    OSSL_PARAM pad[2], pss[3], md[2];

    memset(p, 0, sizeof(*p));
    pad[0] =
        OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_PAD_MODE, &p->padding);
    md[0] = OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST,
                                             p->digest, sizeof(p->digest));
    pss[0] =
        OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, &p->saltlen);
    pss[1] = OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST,
                                              p->mgf1, sizeof(p->mgf1));
    pad[1] = md[1] = pss[2] = OSSL_PARAM_construct_end();
    if (EVP_PKEY_CTX_get_params(pctx, pad) != 1
        || EVP_PKEY_CTX_get_params(pctx, md) != 1)
        return false;
    return p->padding != RSA_PKCS1_PSS_PADDING
           || EVP_PKEY_CTX_get_params(pctx, pss) == 1;
}

EVP_MD *akv_sig_digest(const struct akv_key *key, const char *name)
{
    EVP_MD *md;

    (void)ERR_set_mark();
    md = EVP_MD_fetch(key->impl->libctx, name, key->impl->propq);
    (void)ERR_pop_to_mark();
    return md;
}

/* The row of a digest under any of its names, or NULL. */
static const struct rsa_digest *find_digest(const struct akv_key *key,
                                            const char *name)
{
    EVP_MD *md = akv_sig_digest(key, name);
    size_t i;

    for (i = 0; md != NULL && i < RSA_DIGESTS; i++)
        if (EVP_MD_is_a(md, rsa_digests[i].name))
            break;
    if (md == NULL)
        i = RSA_DIGESTS;
    EVP_MD_free(md);
    return i < RSA_DIGESTS ? &rsa_digests[i] : NULL;
}

static int bad_digest(const struct akv_key *key, const char *name)
{
    return akv_raise(key->prov, AKV_R_UNSUPPORTED_DIGEST,
                     "%s: an RSA key in a vault signs " AKV_DIGESTS_AND
                     " only (see the setting allow-rsnull)",
                     name);
}

/* Whether the vault may be asked to sign a DigestInfo that we make. */
static bool may_use_rsnull(const struct akv_key *key,
                           const struct rsa_params *p)
{
    return p->padding == RSA_PKCS1_PADDING
           && akv_config_of(key->prov)->settings.allow_rsnull;
}

/* The vault's salt is as long as the digest. */
static int check_salt(const struct akv_key *key, int saltlen, size_t size)
{
    size_t i;

    if (saltlen == RSA_PSS_SALTLEN_MAX)
        return akv_raise(key->prov, AKV_R_UNSUPPORTED_SALT,
                         "max: a vault's PSS salt is as long as the digest");
    if (saltlen < 0) /* as long as the digest, or left open */
        return 1;
    for (i = 0; i < RSA_DIGESTS; i++)
        if ((size_t)saltlen == rsa_digests[i].size
            && (size == 0 || size == rsa_digests[i].size))
            return 1;
    if (size == 0)
        return akv_raise(key->prov, AKV_R_UNSUPPORTED_SALT,
                         "%d: a vault's PSS salt is as long as the digest, 32, "
                         "48 or 64 bytes",
                         saltlen);
    return akv_raise(key->prov, AKV_R_UNSUPPORTED_SALT,
                     "%d: a vault's PSS salt is as long as the digest, %zu "
                     "bytes",
                     saltlen, size);
}

static int sig_request_check_padding(const struct akv_key *key, int padding)
{
    if (padding == RSA_PKCS1_PADDING || padding == RSA_PKCS1_PSS_PADDING)
        return 1;
    return akv_raise(key->prov, AKV_R_UNSUPPORTED_PADDING,
                     "mode %d: an RSA key in a vault signs with PKCS#1 v1.5 "
                     "or PSS padding only",
                     padding);
}

static int check_mgf1(const struct akv_key *key, const struct rsa_params *p,
                      const struct rsa_digest *digest)
{
    const struct rsa_digest *mgf1 =
        p->mgf1[0] != '\0' ? find_digest(key, p->mgf1) : digest;

    if (p->mgf1[0] == '\0' || (mgf1 != NULL && digest == NULL)
        || (mgf1 != NULL && mgf1 == digest))
        return 1;
    return akv_raise(key->prov, AKV_R_UNSUPPORTED_DIGEST,
                     "%s: a vault's MGF1 digest is that of the signature, %s",
                     p->mgf1, digest != NULL ? digest->name : AKV_DIGESTS_OR);
}

/* Deterministic ECDSA (OpenSSL 3.2): the vault chooses the nonce as it does. */
static int check_nonce(const struct akv_key *key, EVP_PKEY_CTX *pctx)
{
    unsigned int type = 0;
    OSSL_PARAM params[2];

    params[0] = OSSL_PARAM_construct_uint("nonce-type", &type);
    params[1] = OSSL_PARAM_construct_end();
    if (EVP_PKEY_CTX_get_params(pctx, params) != 1 || type == 0)
        return 1;
    return akv_raise(key->prov, AKV_R_UNSUPPORTED_PADDING,
                     "nonce-type %u: a vault's ECDSA is not deterministic",
                     type);
}

int akv_sig_check_digest(const struct akv_key *key, const char *name)
{
    return key->impl->type == AKV_KEY_EC || find_digest(key, name) != NULL
           || akv_config_of(key->prov)->settings.allow_rsnull
           || bad_digest(key, name);
}

static bool sig_request_sets(const OSSL_PARAM params[], const char *name)
{
    return OSSL_PARAM_locate_const(params, name) != NULL;
}

/* What leaves the length of the salt open means the vault's, so that it is the
 * one in an AlgorithmIdentifier. */
static int settle_salt(EVP_PKEY_CTX *pctx, const struct rsa_params *p)
{
    int saltlen = RSA_PSS_SALTLEN_DIGEST;
    OSSL_PARAM params[2];

    if (p->padding != RSA_PKCS1_PSS_PADDING || p->saltlen >= 0
        || p->saltlen == RSA_PSS_SALTLEN_DIGEST
        || p->saltlen == RSA_PSS_SALTLEN_MAX)
        return 1;
    params[0] =
        OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, &saltlen);
    params[1] = OSSL_PARAM_construct_end();
    return EVP_PKEY_CTX_set_params(pctx, params) == 1;
}

int akv_sig_check_params(const struct akv_key *key, EVP_PKEY_CTX *pctx,
                         const OSSL_PARAM params[])
{
    struct rsa_params p;

    if (params == NULL || key->impl->type == AKV_KEY_EC)
        return check_nonce(key, pctx);
    if (!read_rsa_params(pctx, &p))
        return 0;
    if (sig_request_sets(params, OSSL_SIGNATURE_PARAM_PAD_MODE)
        && !sig_request_check_padding(key, p.padding))
        return 0;
    if (sig_request_sets(params, OSSL_SIGNATURE_PARAM_DIGEST)
        && p.digest[0] != '\0' && !akv_sig_check_digest(key, p.digest))
        return 0;
    if (sig_request_sets(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN)
        && !check_salt(key, p.saltlen, 0))
        return 0;
    if (sig_request_sets(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST)
        && !check_mgf1(key, &p, NULL))
        return 0;
    return settle_salt(pctx, &p);
}

/* What is asked of the vault. */
struct request {
    enum akv_alg alg;
    const unsigned char *digest;
    size_t len;
    unsigned char made[MADE_MAX]; /* a digest with zeros, a DigestInfo */
};

/* What else PKCS#1 v1.5 signs (RFC 8017, 9.2): the vault adds the padding, and
 * takes it on trust what is inside. MD5-SHA1 of old TLS has no DigestInfo. */
static int rsnull_request(const struct akv_key *key, struct request *request,
                          const char *name, const unsigned char *tbs,
                          size_t tbslen)
{
    EVP_MD *md = akv_sig_digest(key, name);
    X509_SIG *info = X509_SIG_new();
    unsigned char *out = request->made;
    X509_ALGOR *algor = NULL;
    ASN1_OCTET_STRING *digest = NULL;
    int ok = md != NULL && info != NULL && (size_t)EVP_MD_get_size(md) == tbslen
             && tbslen <= MADE_MAX;
    int len = (int)tbslen;

    if (ok && EVP_MD_is_a(md, "MD5-SHA1")) {
        memcpy(out, tbs, tbslen);
    } else if (ok) {
        X509_SIG_getm(info, &algor, &digest);
        ok = X509_ALGOR_set0(algor, OBJ_nid2obj(EVP_MD_get_type(md)),
                             V_ASN1_NULL, NULL)
             && ASN1_OCTET_STRING_set(digest, tbs, (int)tbslen)
             && (len = i2d_X509_SIG(info, NULL)) > 0 && len <= MADE_MAX
             && i2d_X509_SIG(info, &out) == len;
    }
    X509_SIG_free(info);
    EVP_MD_free(md);
    request->alg = AKV_RSNULL;
    request->digest = request->made;
    request->len = (size_t)len;
    return ok
           || akv_raise(key->prov, AKV_R_BAD_LENGTH,
                        "%zu bytes are no %s digest", tbslen, name);
}

/* Without a digest's name the caller gives a DigestInfo, or what the vault
 * has no way to sign. */
static int from_digest_info(const struct akv_key *key, struct request *request,
                            const unsigned char *tbs, size_t tbslen)
{
    size_t i;

    for (i = 0; i < RSA_DIGESTS; i++) {
        const struct rsa_digest *row = &rsa_digests[i];

        if (tbslen != sizeof(row->info) + row->size
            || memcmp(tbs, row->info, sizeof(row->info)) != 0)
            continue;
        request->alg = row->pkcs1;
        request->digest = tbs + sizeof(row->info);
        request->len = row->size;
        return 1;
    }
    if (akv_config_of(key->prov)->settings.allow_rsnull) {
        request->alg = AKV_RSNULL;
        request->digest = tbs;
        request->len = tbslen;
        return 1;
    }
    return akv_raise(
        key->prov, AKV_R_UNSUPPORTED_DIGEST,
        "none is named (openssl pkeyutl: -pkeyopt "
        "digest:sha256), and %zu bytes are no DigestInfo of " AKV_DIGESTS_OR,
        tbslen);
}

/* Whether all that is set goes together. */
static int sig_request_check_all(const struct akv_key *key,
                                 const struct rsa_params *p,
                                 const struct rsa_digest *digest, size_t tbslen)
{
    if (tbslen != digest->size)
        return akv_raise(key->prov, AKV_R_BAD_LENGTH,
                         "%zu bytes are no %s digest, which has %zu", tbslen,
                         digest->name, digest->size);
    return p->padding == RSA_PKCS1_PADDING
           || (check_mgf1(key, p, digest)
               && check_salt(key, p->saltlen, digest->size));
}

static int rsa_request(const struct akv_key *key, EVP_PKEY_CTX *pctx,
                       struct request *request, const unsigned char *tbs,
                       size_t tbslen)
{
    const struct rsa_digest *digest;
    struct rsa_params p;

    if (!read_rsa_params(pctx, &p)
        || !sig_request_check_padding(key, p.padding))
        return 0;
    if (p.digest[0] == '\0' && p.padding == RSA_PKCS1_PADDING)
        return from_digest_info(key, request, tbs, tbslen);
    digest = find_digest(key, p.digest[0] != '\0' ? p.digest : "SHA1");
    if (digest == NULL && may_use_rsnull(key, &p))
        return rsnull_request(key, request, p.digest, tbs, tbslen);
    if (digest == NULL) /* OpenSSL's default for PSS is SHA-1 */
        return bad_digest(key, p.digest[0] != '\0' ? p.digest : "SHA1");
    if (!sig_request_check_all(key, &p, digest, tbslen))
        return 0;
    request->alg = p.padding == RSA_PKCS1_PADDING ? digest->pkcs1 : digest->pss;
    request->digest = tbs;
    request->len = tbslen;
    return 1;
}

/* Where a digest is set, what is signed must be one. */
static int check_ec_length(const struct akv_key *key, EVP_PKEY_CTX *pctx,
                           size_t tbslen)
{
    size_t size = 0;
    OSSL_PARAM params[2];

    params[0] =
        OSSL_PARAM_construct_size_t(OSSL_SIGNATURE_PARAM_DIGEST_SIZE, &size);
    params[1] = OSSL_PARAM_construct_end();
    if (EVP_PKEY_CTX_get_params(pctx, params) != 1 || size == 0
        || size == tbslen)
        return 1;
    return akv_raise(key->prov, AKV_R_BAD_LENGTH,
                     "%zu bytes to sign, the digest that is set has %zu",
                     tbslen, size);
}

static int ec_request(const struct akv_key *key, EVP_PKEY_CTX *pctx,
                      struct request *request, const unsigned char *tbs,
                      size_t tbslen)
{
    static const enum akv_alg algs[] = {
        [AKV_P256] = AKV_ES256,
        [AKV_P384] = AKV_ES384,
        [AKV_P521] = AKV_ES512,
        [AKV_P256K] = AKV_ES256K,
    };
    size_t size;

    if (!check_ec_length(key, pctx, tbslen))
        return 0;
    request->alg = algs[key->curve];
    size = akv_alg_digest_size(request->alg);
    request->len = size;
    if (tbslen >= size) {
        /* P-521 takes more bits than any digest has: nothing is cut there. */
        if (tbslen > size && key->curve == AKV_P521)
            return akv_raise(key->prov, AKV_R_BAD_LENGTH,
                             "%zu bytes: a vault signs 64 at most on P-521",
                             tbslen);
        request->digest = tbs;
        return 1;
    }
    memset(request->made, 0, size - tbslen);
    if (tbslen > 0)
        memcpy(request->made + size - tbslen, tbs, tbslen);
    request->digest = request->made;
    return 1;
}

/* r || s (RFC 7518, 3.4) as the SEQUENCE that OpenSSL wants. */
static int sig_request_to_der(const struct akv_buf *raw, size_t field,
                              size_t most, unsigned char *sig, size_t *siglen)
{
    ECDSA_SIG *both = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw->data, (int)field, NULL);
    BIGNUM *s = BN_bin2bn(raw->data + field, (int)field, NULL);
    int len = -1;

    if (both != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(both, r, s)) {
        r = s = NULL; /* both owns them now */
        len = i2d_ECDSA_SIG(both, NULL);
        if (len > 0 && (size_t)len <= most)
            len = i2d_ECDSA_SIG(both, &sig);
        else
            len = -1; /* no number below the order is as long */
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(both);
    if (len <= 0)
        return 0;
    *siglen = (size_t)len;
    return 1;
}

/* sig has room for the key's maximum, and no more is written. */
static int take_signature(const struct akv_key *key, const struct akv_buf *raw,
                          unsigned char *sig, size_t *siglen)
{
    size_t most = (size_t)EVP_PKEY_get_size(key->pkey);
    size_t field = akv_curve_field(key->curve);
    size_t expected = key->impl->type == AKV_KEY_EC ? 2 * field : most;

    if (raw->len != expected)
        return akv_raise(key->prov, AKV_R_BAD_REPLY,
                         "keys/%s at %s: the signature has %zu bytes, %zu are "
                         "expected",
                         key->id.name, key->id.host, raw->len, expected);
    if (key->impl->type == AKV_KEY_EC) {
        if (sig_request_to_der(raw, field, most, sig, siglen))
            return 1;
        return akv_raise(key->prov, AKV_R_BAD_REPLY,
                         "keys/%s at %s: the signature is none on the key's "
                         "curve",
                         key->id.name, key->id.host);
    }
    memcpy(sig, raw->data, raw->len);
    *siglen = raw->len;
    return 1;
}

/* What fails here is our affair alone: no reason of OpenSSL's stays. */
static bool sig_request_verifies(EVP_PKEY_CTX *pctx, const unsigned char *sig,
                                 size_t siglen, const unsigned char *tbs,
                                 size_t tbslen)
{
    bool ok;

    (void)ERR_set_mark();
    ok = EVP_PKEY_verify(pctx, sig, siglen, tbs, tbslen) == 1;
    (void)ERR_pop_to_mark();
    return ok;
}

int akv_sig_request(const struct akv_key *key, EVP_PKEY_CTX *pctx,
                    unsigned char *sig, size_t *siglen,
                    const unsigned char *tbs, size_t tbslen)
{
    struct akv_buf raw = AKV_BUF_INIT(MAX_SIGNATURE);
    struct akv_error err = AKV_ERROR_INIT;
    struct request request = { AKV_RS256, NULL, 0, { 0 } };
    int ok = key->impl->type == AKV_KEY_RSA
                 ? rsa_request(key, pctx, &request, tbs, tbslen)
                 : ec_request(key, pctx, &request, tbs, tbslen);

    if (!ok)
        return 0;
    if (!akv_key_sign(akv_config_of(key->prov)->client, &key->id, request.alg,
                      request.digest, request.len, &raw, &err))
        ok = akv_raise_error(key->prov, &err);
    else
        ok = take_signature(key, &raw, sig, siglen);
    akv_buf_free(&raw);
    if (ok && akv_config_of(key->prov)->settings.verify_signatures
        && !sig_request_verifies(pctx, sig, *siglen, tbs, tbslen))
        ok = akv_raise(key->prov, AKV_R_BAD_SIGNATURE,
                       "keys/%s at %s: what the vault signed does not verify "
                       "with the key's public half",
                       key->id.name, key->id.host);
    return ok;
}
