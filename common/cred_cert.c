/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A service principal that proves itself with a certificate: a JSON Web Token
 * (RFC 7519, 7523) signed with its private key. OpenSSL does it, in a library
 * context of the credential's own.
 */

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "base64.h"
#include "json.h"
#include "pem.h"
#include "principal.h"

#define LIFE_S 600 /* of an assertion */

struct cred_cert {
    struct akv_principal principal;
    OSSL_LIB_CTX *libctx;    /* owned */
    OSSL_PROVIDER *standard; /* owned */
    EVP_PKEY *pkey;          /* owned */
    X509 *cert;              /* owned; the one that belongs to pkey */
    STACK_OF(X509) * others; /* owned; further ones of the file */
};

static void cert_free(struct akv_cred *base)
{
    struct cred_cert *cred = (struct cred_cert *)base;

    if (cred == NULL)
        return;
    akv_principal_stop(&cred->principal);
    EVP_PKEY_free(cred->pkey);
    X509_free(cred->cert);
    sk_X509_pop_free(cred->others, X509_free);
    if (cred->standard != NULL)
        (void)OSSL_PROVIDER_unload(cred->standard);
    OSSL_LIB_CTX_free(cred->libctx);
    free(cred);
}

/* The certificate of the key becomes the credential's, whatever its place. */
static bool pick_cert(struct cred_cert *cred)
{
    int i;

    if (cred->cert != NULL && cred->pkey != NULL)
        return true;
    for (i = 0; cred->pkey != NULL && i < sk_X509_num(cred->others); i++) {
        if (X509_check_private_key(sk_X509_value(cred->others, i),
                                   cred->pkey)) {
            cred->cert = sk_X509_delete(cred->others, i);
            return true;
        }
    }
    return false;
}

static bool load_pem(struct cred_cert *cred, const struct akv_buf *file)
{
    BIO *bio = BIO_new_mem_buf(file->data, (int)file->len);
    X509 *cert;

    if (bio == NULL)
        return false;
    cred->pkey = PEM_read_bio_PrivateKey_ex(bio, NULL, akv_pem_no_passphrase,
                                            NULL, cred->libctx, NULL);
    (void)BIO_reset(bio);
    cred->others = sk_X509_new_null();
    while (cred->others != NULL
           && (cert = PEM_read_bio_X509(bio, NULL, akv_pem_no_passphrase, NULL))
                  != NULL) {
        if (!sk_X509_push(cred->others, cert)) {
            X509_free(cert);
            break;
        }
    }
    BIO_free(bio);
    return pick_cert(cred);
}

static bool load_pfx(struct cred_cert *cred, const struct akv_buf *file,
                     const char *password)
{
    BIO *bio = BIO_new_mem_buf(file->data, (int)file->len);
    PKCS12 *pfx = PKCS12_init_ex(NID_pkcs7_data, cred->libctx, NULL);
    bool ok = bio != NULL && pfx != NULL && d2i_PKCS12_bio(bio, &pfx) != NULL
              && PKCS12_parse(pfx, password != NULL ? password : "",
                              &cred->pkey, &cred->cert, &cred->others);

    PKCS12_free(pfx);
    BIO_free(bio);
    return ok && pick_cert(cred);
}

static bool load(struct cred_cert *cred, const struct akv_buf *file,
                 const char *password, struct akv_error *err)
{
    const char *path = cred->principal.settings->client_certificate;
    bool pem = file->len > 0
               && memmem(file->data, file->len, "-----BEGIN ", 11) != NULL;
    char why[200];
    unsigned long code;

    ERR_clear_error();
    if (pem ? load_pem(cred, file) : load_pfx(cred, file, password)) {
        ERR_clear_error();
        if (EVP_PKEY_is_a(cred->pkey, "RSA"))
            return true;
        return akv_error_set(err, AKV_E_CONFIG,
                             "client-certificate: '%s': the key is %s, RSA is "
                             "expected",
                             path, EVP_PKEY_get0_type_name(cred->pkey));
    }
    code = ERR_peek_last_error();
    ERR_error_string_n(code, why, sizeof(why));
    ERR_clear_error();
    return akv_error_set(err, AKV_E_CONFIG,
                         "client-certificate: '%s' holds no certificate with "
                         "its private key, in PEM without a passphrase or in "
                         "PKCS#12 with client-certificate-password%s%s",
                         path, code != 0 ? ": " : "", code != 0 ? why : "");
}

static bool add_thumbprint(const struct cred_cert *cred, struct akv_json *json,
                           const char *name, const char *digest)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_MD *md = EVP_MD_fetch(cred->libctx, digest, NULL);
    bool ok = md != NULL && X509_digest(cred->cert, md, bytes, &len)
              && akv_json_add_base64url(json, name, bytes, len);

    EVP_MD_free(md);
    return ok;
}

static bool add_der(struct akv_json *array, X509 *cert)
{
    struct akv_buf text = AKV_BUF_INIT(AKV_TOKEN_MAX);
    unsigned char *der = NULL;
    int len = i2d_X509(cert, &der);
    bool ok = len > 0 && akv_base64_encode(der, (size_t)len, &text)
              && akv_json_add_text(array, NULL, akv_buf_str(&text));

    OPENSSL_free(der);
    akv_buf_free(&text);
    return ok;
}

/* Subject name and issuer authentication wants the whole chain. */
static bool add_chain(const struct cred_cert *cred, struct akv_json *json)
{
    struct akv_json *array;
    int i;

    if (!cred->principal.settings->send_certificate_chain)
        return true;
    array = akv_json_add_array(json, "x5c");
    if (array == NULL || !add_der(array, cred->cert))
        return false;
    for (i = 0; i < sk_X509_num(cred->others); i++)
        if (!add_der(array, sk_X509_value(cred->others, i)))
            return false;
    return true;
}

/* Appends base64url(print(json)) and frees json, which may be NULL. */
static bool append_part(struct akv_buf *jwt, struct akv_json *json, bool ok)
{
    struct akv_buf text = AKV_BUF_INIT(AKV_TOKEN_MAX);

    ok = ok && json != NULL && akv_json_print(json, &text)
         && akv_base64url_encode(text.data, text.len, jwt);
    akv_buf_free(&text);
    akv_json_free(json);
    return ok;
}

/* AD FS knows RS256 and the old thumbprint only. */
static bool append_header(const struct cred_cert *cred, bool adfs,
                          struct akv_buf *jwt)
{
    struct akv_json *json = akv_json_new_object();
    bool ok = json != NULL
              && akv_json_add_text(json, "alg", adfs ? "RS256" : "PS256")
              && akv_json_add_text(json, "typ", "JWT")
              && add_thumbprint(cred, json, adfs ? "x5t" : "x5t#S256",
                                adfs ? "SHA1" : "SHA256")
              && add_chain(cred, json);

    return append_part(jwt, json, ok);
}

static bool append_claims(const struct cred_cert *cred, const char *endpoint,
                          struct akv_buf *jwt)
{
    const char *client = cred->principal.settings->client_id;
    int64_t now = akv_clock_wall(cred->principal.io->clock);
    struct akv_json *json = akv_json_new_object();
    unsigned char random[16];
    bool ok = json != NULL
              && getrandom(random, sizeof(random), 0) == sizeof(random)
              && akv_json_add_text(json, "aud", endpoint)
              && akv_json_add_text(json, "iss", client)
              && akv_json_add_text(json, "sub", client)
              && akv_json_add_base64url(json, "jti", random, sizeof(random))
              && akv_json_add_int(json, "nbf", now)
              && akv_json_add_int(json, "exp", now + LIFE_S);

    return append_part(jwt, json, ok);
}

static bool append_signature(const struct cred_cert *cred, bool adfs,
                             struct akv_buf *jwt)
{
    unsigned char signature[2048];
    size_t len = sizeof(signature);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    bool ok = ctx != NULL
              && EVP_DigestSignInit_ex(ctx, &pctx, "SHA256", cred->libctx, NULL,
                                       cred->pkey, NULL)
                     == 1;

    if (ok && !adfs)
        ok = EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1
             && EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST)
                    == 1;
    ok = ok && EVP_DigestSign(ctx, signature, &len, jwt->data, jwt->len) == 1
         && akv_buf_append_str(jwt, ".")
         && akv_base64url_encode(signature, len, jwt);
    EVP_MD_CTX_free(ctx);
    return ok;
}

static bool prove(struct akv_principal *principal, const char *endpoint,
                  struct akv_buf *form, struct akv_error *err)
{
    const struct cred_cert *cred = (struct cred_cert *)principal;
    bool adfs = strcasecmp(principal->settings->tenant_id, "adfs") == 0;
    struct akv_buf jwt = AKV_BUF_INIT(AKV_TOKEN_MAX);
    bool ok = append_header(cred, adfs, &jwt) && akv_buf_append_str(&jwt, ".")
              && append_claims(cred, endpoint, &jwt)
              && append_signature(cred, adfs, &jwt)
              && akv_form_add(form, "client_assertion_type",
                              "urn:ietf:params:oauth:client-assertion-type:"
                              "jwt-bearer")
              && akv_form_add(form, "client_assertion", akv_buf_str(&jwt));

    akv_buf_free(&jwt);
    return ok
           || akv_error_set(err, AKV_E_AUTHENTICATION,
                            "the client assertion cannot be signed");
}

struct akv_cred *akv_cred_cert_new(struct akv_io *io,
                                   const struct akv_settings *settings,
                                   const struct akv_late *late,
                                   struct akv_error *err)
{
    static const struct akv_cred_ops ops = { akv_principal_get, cert_free };
    const char *password = settings->client_certificate_password;
    struct cred_cert *cred = calloc(1, sizeof(*cred));

    if (cred != NULL) {
        cred->libctx = OSSL_LIB_CTX_new();
        if (cred->libctx != NULL)
            cred->standard = OSSL_PROVIDER_load(cred->libctx, "default");
    }
    if (cred == NULL || cred->standard == NULL) {
        (void)akv_error_set(err, AKV_E_MEMORY, "no memory for a credential");
    } else {
        if (password == NULL && late->certificate_password.len > 0)
            password = akv_buf_str(&late->certificate_password);
        if (akv_principal_init(&cred->principal, &ops, io, settings, prove, err)
            && load(cred, &late->client_certificate, password, err))
            return &cred->principal.base;
    }
    cert_free(cred != NULL ? &cred->principal.base : NULL);
    return NULL;
}
