/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A certificate: the private key, whose public half is the certificate's, the
 * certificate itself, and its chain. One request serves the first two, and
 * both are of the same version.
 *
 * The chain is in the certificate's secret, and so is the private key if it
 * can be exported. Reading that is an event in the audit log of the vault, and
 * it takes a permission that servers should not have: it is done only where
 * nothing but certificates is in it, or where the settings say so.
 */

#include <openssl/bio.h>
#include <openssl/core_object.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/store.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "akv/cert.h"
#include "akv/json.h"
#include "akv/secret.h"
#include "base/base64.h"
#include "base/settings_impl.h"
#include "config.h"
#include "err.h"
#include "libctx.h"
#include "ossl/key_file.h"
#include "ossl/passphrase.h"
#include "pkcs12.h"
#include "store.h"

struct cert_source {
    struct akv_source base;
    struct akv_cert cert;   /* owned */
    X509 *leaf;             /* owned; NULL until the vault was asked */
    STACK_OF(X509) * chain; /* owned; NULL until it was looked for */
    bool key_given, leaf_given;
    int given; /* certificates of the chain */
    int seen;  /* certificates in the secret, the leaf included */
};

static bool store_cert_bad(const struct cert_source *source, const char *what)
{
    return akv_raise(source->base.prov, AKV_R_BAD_REPLY,
                     "certificates/%s at %s %s", source->base.id.name,
                     source->base.id.host, what);
}

X509 *akv_store_read_x509(struct akv_provider *prov, const unsigned char *der,
                          size_t len)
{
    OSSL_LIB_CTX *libctx = akv_libctx(prov);
    X509 *x509 = libctx != NULL ? X509_new_ex(libctx, NULL) : NULL;
    const unsigned char *end = der + len;

    (void)ERR_set_mark();
    if (x509 != NULL && d2i_X509(&x509, &der, (long)len) == NULL)
        x509 = NULL; /* it was freed */
    (void)ERR_pop_to_mark();
    if (x509 != NULL && der != end) { /* something is behind it */
        X509_free(x509);
        x509 = NULL;
    }
    return x509;
}

static bool store_cert_fetch(struct cert_source *source)
{
    struct akv_provider *prov = source->base.prov;
    struct akv_error err = AKV_ERROR_INIT;

    if (source->leaf != NULL)
        return true;
    if (!akv_cert_get(akv_config_of(prov)->client, &source->base.id,
                      &source->cert, &err))
        return akv_raise_error(prov, &err);
    if (source->cert.der.len == 0)
        return store_cert_bad(
            source, "has not been issued yet: its operation is pending");
    source->leaf =
        akv_store_read_x509(prov, source->cert.der.data, source->cert.der.len);
    return source->leaf != NULL
           || store_cert_bad(source, "is no X.509 certificate");
}

/* What the vault lets the key do: it derives that from the same bits. */
static unsigned key_ops(X509 *leaf)
{
    static const struct {
        uint32_t usage;
        unsigned ops;
    } rows[] = {
        { KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION | KU_KEY_CERT_SIGN
              | KU_CRL_SIGN,
          AKV_OP_SIGN | AKV_OP_VERIFY },
        { KU_KEY_ENCIPHERMENT, AKV_OP_WRAP | AKV_OP_UNWRAP },
        { KU_DATA_ENCIPHERMENT, AKV_OP_ENCRYPT | AKV_OP_DECRYPT },
    };
    uint32_t usage = X509_get_key_usage(leaf);
    unsigned ops = 0;
    size_t i;

    for (i = 0; usage != UINT32_MAX && i < sizeof(rows) / sizeof(rows[0]); i++)
        if ((usage & rows[i].usage) != 0)
            ops |= rows[i].ops;
    return ops;
}

/* The key that the certificate names; its host is never dialled. */
static bool read_kid(const struct cert_source *source, struct akv_id *id)
{
    struct akv_error err = AKV_ERROR_INIT;

    if (source->cert.kid == NULL)
        return store_cert_bad(source, "names no key");
    if (!akv_id_parse_https(id, source->cert.kid, &err))
        return store_cert_bad(source, err.message);
    if (id->kind != AKV_KIND_KEY || id->version[0] == '\0')
        return store_cert_bad(source, "names what is no version of a key");
    memcpy(id->host, source->base.id.host, sizeof(id->host));
    id->port = source->base.id.port;
    return true;
}

static bool next_key(struct cert_source *source, bool public_only,
                     struct akv_item *item)
{
    struct akv_provider *prov = source->base.prov;
    EVP_PKEY *pkey = X509_get0_pubkey(source->leaf);
    struct akv_key *key = NULL;
    struct akv_id id;

    if (pkey == NULL)
        return store_cert_bad(source, "has a public key of no known kind");
    if (!read_kid(source, &id))
        return false;
    key = akv_key_new_certified(prov, &id, key_ops(source->leaf), pkey);
    if (key == NULL)
        return false;
    item->kind = AKV_ITEM_KEY;
    item->key = public_only ? akv_key_new_public(key) : akv_key_up_ref(key);
    akv_key_free(key);
    source->key_given = true;
    return item->key != NULL || akv_raise(prov, AKV_R_MEMORY, "a public key");
}

/* --- The chain ------------------------------------------------------------ */

static void log_chain(const struct cert_source *source, const char *why)
{
    akv_log_write(akv_config_of(source->base.prov)->log, AKV_LOG_WARNING,
                  "certificates/%s at %s is given without its chain: %s",
                  source->base.id.name, source->base.id.host, why);
}

/* Whether the secret holds certificates alone. Of an explicit version nobody
 * says. */
static bool is_exportable(const struct cert_source *source)
{
    struct akv_json *policy = NULL;
    bool exportable = true;

    if (source->cert.policy != NULL)
        policy = akv_json_parse(source->cert.policy,
                                strlen(source->cert.policy), NULL);
    (void)akv_json_get_bool(akv_json_get(policy, "key_props"), "exportable",
                            &exportable);
    akv_json_free(policy);
    return exportable;
}

static bool add_to_chain(struct cert_source *source, X509 *x509)
{
    source->seen++;
    if (X509_cmp(x509, source->leaf) != 0
        && sk_X509_push(source->chain, x509) > 0)
        return true;
    X509_free(x509);
    return false;
}

static void read_pem_chain(struct cert_source *source, BIO *bio)
{
    OSSL_LIB_CTX *libctx = akv_libctx(source->base.prov);
    X509 *x509 = NULL;

    do {
        x509 = X509_new_ex(libctx, NULL);
        if (x509 == NULL
            || PEM_read_bio_X509(bio, &x509, akv_pem_no_passphrase, NULL)
                   == NULL)
            break;
        (void)add_to_chain(source, x509);
    } while (true);
    X509_free(x509);
}

static void read_pkcs12_chain(struct cert_source *source,
                              const struct akv_buf *value)
{
    struct akv_buf der = AKV_BUF_INIT(AKV_ITEM_MAX);
    STACK_OF(X509) *all = NULL;
    PKCS12 *p12 = NULL;

    if (akv_base64_decode(akv_buf_str(value), value->len, &der))
        p12 = akv_pkcs12_read(akv_libctx(source->base.prov), &der);
    if (p12 != NULL && akv_pkcs12_is_bounded(p12))
        (void)PKCS12_parse(p12, "", NULL, NULL, &all);
    while (sk_X509_num(all) > 0)
        (void)add_to_chain(source, sk_X509_shift(all));
    sk_X509_free(all);
    PKCS12_free(p12);
    akv_buf_free(&der);
}

static void store_cert_read_chain(struct cert_source *source,
                                  const struct akv_secret *secret)
{
    BIO *bio = NULL;

    (void)ERR_set_mark();
    if (akv_secret_is_type(secret, "application/x-pkcs12")) {
        read_pkcs12_chain(source, &secret->value);
    } else {
        bio = BIO_new_mem_buf(secret->value.data, (int)secret->value.len);
        if (bio != NULL)
            read_pem_chain(source, bio);
    }
    (void)ERR_pop_to_mark();
    BIO_free(bio);
}

/* Whether its chain may be read from the secret. */
static bool may_read_chain(const struct cert_source *source)
{
    if (akv_config_of(source->base.prov)->settings.chain_from_secret
        || !is_exportable(source))
        return true;
    log_chain(source, "it is in a secret that may hold the private key; see "
                      "the setting chain-from-secret");
    return false;
}

/* Issuers in their order, whatever it is in the vault. */
static void sort_chain(struct cert_source *source)
{
    if (X509_up_ref(source->leaf) != 1)
        return;
    if (sk_X509_unshift(source->chain, source->leaf) < 1) {
        X509_free(source->leaf);
        return;
    }
    akv_certs_sort(source->chain, X509_get0_pubkey(source->leaf));
    X509_free(sk_X509_shift(source->chain)); /* the leaf is its own item */
}

/* Its absence is no failure: the leaf is what was asked for. */
static bool get_chain(struct cert_source *source)
{
    struct akv_provider *prov = source->base.prov;
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_secret secret;
    struct akv_id id = source->cert.properties.id;

    if (source->chain != NULL)
        return true;
    source->chain = sk_X509_new_null();
    if (source->chain == NULL)
        return akv_raise(prov, AKV_R_MEMORY, "a chain");
    id.kind = AKV_KIND_SECRET; /* of the same name and version */
    if (!akv_secret_get(akv_config_of(prov)->client, &id, &secret, &err)) {
        log_chain(source, err.message);
    } else {
        store_cert_read_chain(source, &secret);
        sort_chain(source);
        if (source->seen == 0)
            log_chain(source, "no certificate can be read from its secret");
    }
    akv_secret_free(&secret);
    return true;
}

bool akv_store_give_x509(struct akv_provider *prov, X509 *x509,
                         struct akv_item *item)
{
    unsigned char *der = NULL;
    int len = i2d_X509(x509, &der);
    bool ok = len > 0 && akv_buf_append(&item->data, der, (size_t)len);

    OPENSSL_free(der);
    item->kind = AKV_ITEM_DER;
    item->object = OSSL_OBJECT_CERT;
    return ok || akv_raise(prov, AKV_R_MEMORY, "a certificate");
}

/* The chain is asked for when somebody has taken the leaf and wants more. */
static bool next_cert(struct cert_source *source, struct akv_item *item)
{
    if (!source->leaf_given) {
        source->leaf_given = true;
        item->last = !may_read_chain(source);
        return akv_store_give_x509(source->base.prov, source->leaf, item);
    }
    if (!get_chain(source))
        return false;
    if (source->given == sk_X509_num(source->chain))
        return true;
    item->last = source->given + 1 == sk_X509_num(source->chain);
    return akv_store_give_x509(
        source->base.prov, sk_X509_value(source->chain, source->given++), item);
}

static bool store_cert_next(struct akv_source *base, int expected,
                            struct akv_item *item)
{
    struct cert_source *source = (struct cert_source *)base;
    bool public_only = expected == OSSL_STORE_INFO_PUBKEY;

    if (!public_only && !akv_expects(expected, OSSL_STORE_INFO_PKEY)
        && !akv_expects(expected, OSSL_STORE_INFO_CERT))
        return true;
    if (!store_cert_fetch(source))
        return false;
    if (!source->key_given
        && (public_only || akv_expects(expected, OSSL_STORE_INFO_PKEY)))
        return next_key(source, public_only, item);
    if (akv_expects(expected, OSSL_STORE_INFO_CERT))
        return next_cert(source, item);
    return true;
}

static void store_cert_source_free(struct akv_source *base)
{
    struct cert_source *source = (struct cert_source *)base;

    sk_X509_pop_free(source->chain, X509_free);
    X509_free(source->leaf);
    akv_cert_free(&source->cert);
    OPENSSL_free(source);
}

struct akv_source *akv_cert_source(struct akv_provider *prov,
                                   const struct akv_id *id)
{
    static const struct akv_source_ops ops = { store_cert_next,
                                               store_cert_source_free };

    return akv_source_new(sizeof(struct cert_source), &ops, prov, id);
}
