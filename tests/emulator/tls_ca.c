/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Python 3.13 and later check X.509 strictly, so the CA has keyUsage and the
 * leaf both key identifiers. Names are listed one by one, because nobody
 * accepts "*.localhost".
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "buf.h"
#include "jsonx.h"
#include "ossl.h"
#include "seed_impl.h"
#include "sockets.h"
#include "state_dir.h"
#include "tls_ca.h"
#include "x509_make.h"
#include "xmem.h"

#define DAYS (24L * 60 * 60)
#define LIFE (90 * DAYS)

/* issuer NULL: self-signed. */
static X509 *make_cert(EVP_PKEY *key, const char *cn, long life, X509 *issuer,
                       EVP_PKEY *issuer_key, const struct emu_extension *list,
                       size_t n)
{
    X509 *cert = X509_new_ex(emu_libctx(), NULL);
    EVP_MD *md = EVP_MD_fetch(emu_libctx(), "SHA256", NULL);
    X509_NAME *name = X509_NAME_new();
    bool ok;

    ok = cert != NULL && md != NULL && name != NULL
         && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                       (const unsigned char *)cn, -1, -1, 0)
                == 1
         && X509_set_version(cert, X509_VERSION_3) == 1
         && emu_x509_set_serial(cert) && X509_set_subject_name(cert, name) == 1
         && X509_set_issuer_name(
                cert, issuer == NULL ? name : X509_get_subject_name(issuer))
                == 1
         && X509_gmtime_adj(X509_getm_notBefore(cert), -LIFE) != NULL
         && X509_gmtime_adj(X509_getm_notAfter(cert), life) != NULL
         && X509_set_pubkey(cert, key) == 1
         && emu_x509_add_extensions(cert, issuer == NULL ? cert : issuer, list,
                                    n)
         && X509_sign(cert, issuer_key, md) > 0;
    X509_NAME_free(name);
    EVP_MD_free(md);
    if (!ok) {
        X509_free(cert);
        return NULL;
    }
    return cert;
}

static X509 *make_ca(EVP_PKEY *key)
{
    static const struct emu_extension list[] = {
        { NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
        { NID_key_usage, "critical,keyCertSign,cRLSign" },
        { NID_subject_key_identifier, "hash" },
    };

    return make_cert(key, "akv-emulator throw-away CA", LIFE, NULL, key, list,
                     sizeof(list) / sizeof(list[0]));
}

static X509 *make_leaf(EVP_PKEY *key, X509 *ca, EVP_PKEY *ca_key,
                       const char *names, long life)
{
    const struct emu_extension list[] = {
        { NID_basic_constraints, "critical,CA:FALSE" },
        { NID_key_usage, "critical,digitalSignature" },
        { NID_ext_key_usage, "serverAuth" },
        { NID_subject_key_identifier, "hash" },
        { NID_authority_key_identifier, "keyid:always" },
        { NID_subject_alt_name, names },
    };

    return make_cert(key, "localhost", life, ca, ca_key, list,
                     sizeof(list) / sizeof(list[0]));
}

static char *bio_text(BIO *bio)
{
    char *data;
    long len = BIO_get_mem_data(bio, &data);

    return len <= 0 ? NULL : emu_xstrndup(data, (size_t)len);
}

static char *cert_pem(X509 *cert)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;

    if (bio != NULL && PEM_write_bio_X509(bio, cert) == 1)
        text = bio_text(bio);
    BIO_free(bio);
    return text;
}

static char *key_pem(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;

    if (bio != NULL
        && PEM_write_bio_PrivateKey_ex(bio, key, NULL, NULL, 0, NULL, NULL,
                                       emu_libctx(), NULL)
               == 1)
        text = bio_text(bio);
    BIO_free(bio);
    return text;
}

static void list_names(struct emu_buf *names, const struct emu_store *store,
                       const struct emu_options *options)
{
    const char *vault;

    emu_buf_addstr(names, "DNS:localhost,IP:127.0.0.1,IP:::1,"
                          "DNS:*.vault.azure.net,DNS:*.managedhsm.azure.net,"
                          "DNS:login.microsoftonline.com");
    for (size_t i = 0; (vault = emu_store_vault(store, i)) != NULL; i++)
        emu_buf_printf(names,
                       ",DNS:%s.vault.azure.net,DNS:%s.managedhsm.azure.net,"
                       "DNS:%s.localhost",
                       vault, vault, vault);
    for (size_t i = 0; i < options->nhosts; i++)
        emu_buf_printf(names, ",DNS:%s", options->host[i].name);
    if (options->listen != NULL && !emu_sockets_are_all(options->listen))
        emu_buf_printf(names, ",IP:%s", options->listen);
}

static char *read_text(const char *option, const char *path)
{
    struct emu_buf text = EMU_BUF_INIT;
    char *out = NULL;

    if (emu_seed_read_file(path, &text))
        out = emu_xstrdup(emu_buf_str(&text));
    else
        fprintf(stderr, "akv-emulator: --%s '%s': cannot be read\n", option,
                path);
    emu_buf_free(&text);
    return out;
}

/* What was made gives way to what is given. */
static bool use_own(struct emu_tls *tls, const struct emu_options *options)
{
    char *cert = read_text("tls-cert", options->tls_cert);
    char *key = read_text("tls-key", options->tls_key);

    if (cert == NULL || key == NULL) {
        free(cert);
        free(key);
        return false;
    }
    free(tls->ca);
    free(tls->cert);
    free(tls->key);
    tls->ca = emu_xstrdup(cert);
    tls->cert = cert;
    tls->key = key;
    return true;
}

/* The CA that was kept; false if there is none. */
static bool load_ca(const char *dir, X509 **ca, EVP_PKEY **key)
{
    struct json_object *json =
        dir == NULL ? NULL : emu_state_read(dir, "ca.json");
    const char *cert = emu_json_str(json, "cert");
    const char *pem = emu_json_str(json, "key");

    if (cert != NULL && pem != NULL) {
        BIO *bio = BIO_new_mem_buf(cert, -1);

        *ca = PEM_read_bio_X509(bio, NULL, emu_no_passphrase, NULL);
        BIO_free(bio);
        bio = BIO_new_mem_buf(pem, -1);
        *key = PEM_read_bio_PrivateKey_ex(bio, NULL, emu_no_passphrase, NULL,
                                          emu_libctx(), NULL);
        BIO_free(bio);
    }
    json_object_put(json);
    return *ca != NULL && *key != NULL;
}

static void save_ca(const char *dir, X509 *ca, EVP_PKEY *key)
{
    struct json_object *json = json_object_new_object();
    char *cert = cert_pem(ca);
    char *pem = key_pem(key);

    emu_json_add_str(json, "cert", cert);
    emu_json_add_str(json, "key", pem);
    emu_state_write(dir, "ca.json", json);
    json_object_put(json);
    free(cert);
    free(pem);
}

static void make_pair(struct emu_tls_pair *pair, X509 *ca, EVP_PKEY *ca_key,
                      const char *names, long life)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(emu_libctx(), NULL, "EC", "P-256");
    X509 *leaf = key == NULL ? NULL : make_leaf(key, ca, ca_key, names, life);

    if (leaf != NULL) {
        pair->cert = cert_pem(leaf);
        pair->key = key_pem(key);
    }
    X509_free(leaf);
    EVP_PKEY_free(key);
}

/* What the faults of TLS need. */
static void make_bad(struct emu_tls *tls, X509 *ca, EVP_PKEY *ca_key,
                     const char *names)
{
    EVP_PKEY *other_key = EVP_PKEY_Q_keygen(emu_libctx(), NULL, "EC", "P-256");
    X509 *other = other_key == NULL ? NULL : make_ca(other_key);

    make_pair(&tls->bad[0], ca, ca_key, names, -DAYS);
    make_pair(&tls->bad[1], ca, ca_key, "DNS:wrong.example", LIFE);
    if (other != NULL)
        make_pair(&tls->bad[2], other, other_key, names, LIFE);
    X509_free(other);
    EVP_PKEY_free(other_key);
}

bool emu_tls_make(struct emu_tls *tls, const struct emu_store *store,
                  const struct emu_options *options)
{
    const char *dir = options->dir;
    EVP_PKEY *key = EVP_PKEY_Q_keygen(emu_libctx(), NULL, "EC", "P-256");
    struct emu_buf names = EMU_BUF_INIT;
    EVP_PKEY *ca_key = NULL;
    X509 *ca = NULL;
    X509 *leaf = NULL;

    memset(tls, 0, sizeof(*tls));
    list_names(&names, store, options);
    if (!load_ca(dir, &ca, &ca_key)) {
        ca_key = EVP_PKEY_Q_keygen(emu_libctx(), NULL, "EC", "P-256");
        ca = ca_key == NULL ? NULL : make_ca(ca_key);
        if (ca != NULL && dir != NULL)
            save_ca(dir, ca, ca_key);
    }
    if (ca != NULL && key != NULL)
        leaf = make_leaf(key, ca, ca_key, emu_buf_str(&names), LIFE);
    if (leaf != NULL) {
        tls->ca = cert_pem(ca);
        tls->cert = cert_pem(leaf);
        tls->key = key_pem(key);
        make_bad(tls, ca, ca_key, emu_buf_str(&names));
    }
    X509_free(ca);
    X509_free(leaf);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
    emu_buf_free(&names);
    return tls->ca != NULL && tls->cert != NULL && tls->key != NULL
           && (options->tls_cert == NULL || use_own(tls, options));
}

void emu_tls_free(struct emu_tls *tls)
{
    free(tls->ca);
    free(tls->cert);
    free(tls->key);
    for (size_t i = 0; i < EMU_TLS_BAD; i++) {
        free(tls->bad[i].cert);
        free(tls->bad[i].key);
    }
    memset(tls, 0, sizeof(*tls));
}
