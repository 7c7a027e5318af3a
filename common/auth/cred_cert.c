/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A service principal that proves itself with a certificate: a JSON Web Token
 * (RFC 7519, 7523) signed with its private key. OpenSSL does it, in a library
 * context of the credential's own.
 */

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "akv/json.h"
#include "auth/service_principal.h"
#include "base/base64.h"
#include "base/settings_impl.h"
#include "ossl/key_file.h"

#define LIFE_S 600 /* of an assertion */

struct cred_cert {
    struct akv_service_principal principal;
    struct akv_key_file file; /* owned; the first certificate is the key's */
};

static void cert_free(struct akv_cred *base)
{
    struct cred_cert *cred = (struct cred_cert *)base;

    if (cred == NULL)
        return;
    akv_service_principal_stop(&cred->principal);
    akv_key_file_free(&cred->file);
    free(cred);
}

static bool cred_cert_load(struct cred_cert *cred, const struct akv_buf *data,
                           const char *password, struct akv_error *err)
{
    const char *path = cred->principal.settings->client_certificate;
    struct akv_key_file *file = &cred->file;
    struct akv_error why = AKV_ERROR_INIT;

    if (!akv_key_file_read(file, data->data, data->len, password, &why))
        return akv_error_set(
            err, why.code == AKV_E_MEMORY ? AKV_E_MEMORY : AKV_E_CONFIG,
            "client-certificate: '%s' %s%s", path, why.message,
            strstr(why.message, "password") != NULL
                ? " (client-certificate-password)"
                : "");
    if (!akv_key_file_sort(file))
        return akv_error_set(err, AKV_E_CONFIG,
                             "client-certificate: '%s' holds no certificate "
                             "with its private key",
                             path);
    return EVP_PKEY_is_a(file->pkey, "RSA")
           || akv_error_set(err, AKV_E_CONFIG,
                            "client-certificate: '%s': the key is %s, RSA is "
                            "expected",
                            path, EVP_PKEY_get0_type_name(file->pkey));
}

static bool add_thumbprint(const struct cred_cert *cred, struct akv_json *json,
                           const char *name, const char *digest)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_MD *md = EVP_MD_fetch(cred->file.own.libctx, digest, NULL);
    bool ok =
        md != NULL
        && X509_digest(sk_X509_value(cred->file.certs, 0), md, bytes, &len)
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
static bool cred_cert_add_chain(const struct cred_cert *cred,
                                struct akv_json *json)
{
    struct akv_json *array;
    int i;

    if (!cred->principal.settings->send_certificate_chain)
        return true;
    array = akv_json_add_array(json, "x5c");
    if (array == NULL)
        return false;
    for (i = 0; i < sk_X509_num(cred->file.certs); i++)
        if (!add_der(array, sk_X509_value(cred->file.certs, i)))
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
              && cred_cert_add_chain(cred, json);

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
    bool ok =
        ctx != NULL
        && EVP_DigestSignInit_ex(ctx, &pctx, "SHA256", cred->file.own.libctx,
                                 NULL, cred->file.pkey, NULL)
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

static bool cred_cert_prove(struct akv_service_principal *principal,
                            const char *endpoint, struct akv_buf *form,
                            struct akv_error *err)
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
                                   const struct akv_deferred_files *files,
                                   struct akv_error *err)
{
    static const struct akv_cred_ops ops = { akv_service_principal_get,
                                             cert_free };
    const char *password = settings->client_certificate_password;
    struct cred_cert *cred =
        (struct cred_cert *)akv_cred_alloc(sizeof(*cred), &ops, err);

    if (cred == NULL)
        return NULL;
    if (password == NULL && files->certificate_password.len > 0)
        password = akv_buf_str(&files->certificate_password);
    if (akv_service_principal_init(&cred->principal, &ops, io, settings,
                                   cred_cert_prove, err)
        && cred_cert_load(cred, &files->client_certificate, password, err))
        return &cred->principal.base;
    cert_free(&cred->principal.base);
    return NULL;
}
