/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Release of an exportable key to an environment that has attested itself, as
 * the release policy of the key demands.
 */

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "aes.h"
#include "b64.h"
#include "bundle.h"
#include "cert_content.h"
#include "cert_make.h"
#include "cert_policy.h"
#include "identity.h"
#include "jsonx.h"
#include "jwt.h"
#include "key_release.h"
#include "ossl.h"
#include "release_target.h"
#include "x509_make.h"
#include "xmem.h"

#define KEK 32

/* The key of the emulator that signs tokens signs these as well. */
static X509 *signer_cert(const struct emu_call *call)
{
    EVP_PKEY *key = emu_identity_key(call->emu->identity);
    struct json_object *given = json_tokener_parse(
        "{\"x509_props\":{\"subject\":\"CN=akv-emulator key release\"}}");
    const char *why;
    struct json_object *policy = emu_policy_complete(given, NULL, &why);
    struct emu_material *mat;
    X509 *cert;

    EVP_PKEY_up_ref(key);
    mat = emu_material_new(key, true);
    cert = emu_cert_self_sign(policy, mat);
    emu_material_free(mat);
    json_object_put(policy);
    json_object_put(given);
    return cert;
}

static char *sign(const struct emu_call *call, struct json_object *payload)
{
    struct json_object *header = json_object_new_object();
    struct json_object *chain = json_object_new_array();
    X509 *cert = signer_cert(call);
    char *text = emu_x509_base64(cert);
    char *jws;

    emu_json_add_str(header, "alg", "RS256");
    emu_json_add_str(header, "kid", emu_identity_kid(call->emu->identity));
    json_object_array_add(chain, json_object_new_string(text));
    json_object_object_add(header, "x5c", chain);
    jws = emu_jws_sign(emu_identity_key(call->emu->identity), header, payload);
    json_object_put(header);
    X509_free(cert);
    free(text);
    return jws;
}

static bool wrap_kek(EVP_PKEY *key, const char *digest,
                     const unsigned char kek[KEK], struct emu_buf *out)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(emu_libctx(), key, NULL);
    unsigned char raw[1024];
    size_t len = sizeof(raw);
    bool ok;

    ok = ctx != NULL && EVP_PKEY_encrypt_init(ctx) == 1
         && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1
         && EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, digest, NULL) == 1
         && EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, digest, NULL) == 1
         && EVP_PKEY_encrypt(ctx, raw, &len, kek, KEK) == 1;
    if (ok)
        emu_buf_add(out, raw, len);
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}

static unsigned char *key_bytes(const struct emu_material *mat, size_t *len)
{
    unsigned char *der = NULL;
    PKCS8_PRIV_KEY_INFO *info;
    unsigned char *copy;
    int n;

    if (mat->kty == EMU_KTY_OCT) {
        copy = emu_xcalloc(mat->size, 1);
        memcpy(copy, mat->k, mat->size);
        *len = mat->size;
        return copy;
    }
    info = EVP_PKEY2PKCS8(mat->pkey);
    n = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    *len = n > 0 ? (size_t)n : 0;
    copy = emu_xcalloc(*len + 1, 1);
    if (der != NULL)
        memcpy(copy, der, *len);
    OPENSSL_clear_free(der, *len);
    PKCS8_PRIV_KEY_INFO_free(info);
    return copy;
}

/* RSA-OAEP of an AES key, then the key wrapped with that (RFC 5649). */
static bool wrap(const struct emu_object *key, EVP_PKEY *target,
                 const char *digest, struct emu_buf *out)
{
    unsigned char kek[KEK];
    struct emu_aes aes = { .mode = EMU_AES_KWPAD, .key = kek, .keylen = KEK };
    unsigned char *wrapped = NULL;
    size_t len;
    size_t wrapped_len = 0;
    unsigned char *raw = key_bytes(key->mat, &len);
    bool ok;

    emu_random(kek, sizeof(kek));
    ok = wrap_kek(target, digest, kek, out)
         && emu_aes_encrypt(&aes, raw, len, &wrapped, &wrapped_len);
    if (ok)
        emu_buf_add(out, wrapped, wrapped_len);
    OPENSSL_cleanse(kek, sizeof(kek));
    OPENSSL_cleanse(raw, len);
    free(raw);
    free(wrapped);
    return ok;
}

static char *key_hsm(const struct emu_buf *wrapped, const char *kid,
                     const char *enc)
{
    struct json_object *obj = json_object_new_object();
    struct json_object *header = json_object_new_object();
    char *text = emu_b64url_encode(wrapped->data, wrapped->len);
    const char *json;
    char *out;

    emu_json_add_str(obj, "schema_version", "1.0");
    emu_json_add_str(header, "kid", kid);
    emu_json_add_str(header, "alg", "dir");
    emu_json_add_str(header, "enc", enc);
    json_object_object_add(obj, "header", header);
    emu_json_add_str(obj, "ciphertext", text);
    json = emu_json_text(obj);
    out = emu_b64url_encode(json, strlen(json));
    json_object_put(obj);
    free(text);
    return out;
}

static struct json_object *payload_of(const struct emu_call *call,
                                      struct emu_object *key, const char *enc,
                                      const struct emu_buf *wrapped)
{
    struct emu_view view = { key, EMU_NO_TIME, EMU_NO_TIME };
    struct json_object *payload = json_object_new_object();
    struct json_object *request = json_object_new_object();
    struct json_object *response = json_object_new_object();
    struct json_object *bundle = emu_bundle(call, &view);
    const char *nonce = emu_json_str(call->body, "nonce");
    char *kid = emu_object_id(call, key, true);
    char *blob = key_hsm(wrapped, kid, enc);

    emu_json_add_str(request, "api-version",
                     emu_target_param(&call->req->target, "api-version"));
    emu_json_add_str(request, "enc", enc);
    emu_json_add_str(request, "kid", kid);
    if (nonce != NULL)
        emu_json_add_str(request, "nonce", nonce);
    emu_json_add_str(emu_json_get(bundle, "key"), "key_hsm", blob);
    json_object_object_add(response, "key", bundle);
    json_object_object_add(payload, "request", request);
    json_object_object_add(payload, "response", response);
    free(kid);
    free(blob);
    return payload;
}

/* The digest that the name stands for; NULL with the 400 in the reply. */
static const char *digest_of(struct emu_call *call, const char **enc)
{
    static const struct {
        const char *enc;
        const char *digest;
    } known[] = { { "CKM_RSA_AES_KEY_WRAP", "SHA1" },
                  { "RSA_AES_KEY_WRAP_256", "SHA256" },
                  { "RSA_AES_KEY_WRAP_384", "SHA384" } };

    *enc = emu_json_str(call->body, "enc");
    if (emu_json_get(call->body, "enc") == NULL)
        *enc = known[0].enc;
    for (size_t i = 0; *enc != NULL && i < sizeof(known) / sizeof(known[0]);
         i++)
        if (strcmp(known[i].enc, *enc) == 0)
            return known[i].digest;
    emu_reply_error(call->reply, EMU_E_VALUE, "enc");
    return NULL;
}

static void release(struct emu_call *call, struct emu_object *key,
                    EVP_PKEY *target, const char *digest, const char *enc)
{
    struct emu_buf wrapped = EMU_BUF_INIT;
    struct json_object *payload;
    struct json_object *obj;
    char *jws;

    if (!wrap(key, target, digest, &wrapped)) {
        emu_reply_error(call->reply, EMU_E_VALUE, "target");
        emu_buf_free(&wrapped);
        return;
    }
    payload = payload_of(call, key, enc, &wrapped);
    jws = sign(call, payload);
    obj = json_object_new_object();
    emu_json_add_str(obj, "value", jws);
    emu_reply_json(call->reply, 200, obj);
    json_object_put(payload);
    emu_buf_free(&wrapped);
    free(jws);
}

void emu_release_key(struct emu_call *call)
{
    struct emu_release_target target;
    const char *enc;
    const char *digest = digest_of(call, &enc);
    struct emu_object *key;

    if (digest == NULL || !emu_release_target_read(call, &target))
        return;
    if (target.key == NULL) {
        emu_reply_error(call->reply, EMU_E_VALUE, "target");
        emu_release_target_free(&target);
        return;
    }
    key = emu_find(call);
    if (key != NULL
        && (!key->exportable || key->settings.release_policy == NULL))
        emu_reply_error(call->reply, EMU_E_NOT_EXPORTABLE);
    else if (key != NULL && emu_release_target_check(call, &target, key))
        release(call, key, target.key, digest, enc);
    emu_object_free(key);
    emu_release_target_free(&target);
}

static void add_statement(const struct emu_call *call,
                          struct json_object *attestation, const char *name,
                          const char *kid)
{
    struct json_object *payload = json_object_new_object();
    char *jws;
    char *text;

    emu_json_add_str(payload, "kid", kid);
    emu_json_add_str(payload, "statement", name);
    jws = sign(call, payload);
    text = emu_b64url_encode(jws, strlen(jws));
    emu_json_add_str(attestation, name, text);
    json_object_put(payload);
    free(jws);
    free(text);
}

void emu_get_key_attestation(struct emu_call *call)
{
    struct emu_object *key = emu_find(call);
    struct emu_cert_parts parts = { NULL, NULL, NULL, false };
    struct json_object *attestation;
    struct json_object *bundle;
    struct emu_view view = { key, EMU_NO_TIME, EMU_NO_TIME };
    char *kid;
    char *pem;
    char *text;

    if (key == NULL)
        return;
    if (!key->mat->hsm || call->api < EMU_API_7_6) {
        emu_reply_error(call->reply, EMU_E_METHOD, "GET", "attestation");
        emu_object_free(key);
        return;
    }
    kid = emu_object_id(call, key, true);
    parts.leaf = signer_cert(call);
    pem = emu_cert_parts_pem(&parts, true);
    text = emu_b64url_encode(pem, strlen(pem));
    attestation = json_object_new_object();
    emu_json_add_str(attestation, "certificatePemFile", text);
    add_statement(call, attestation, "privateKeyAttestation", kid);
    if (key->mat->kty != EMU_KTY_OCT)
        add_statement(call, attestation, "publicKeyAttestation", kid);
    emu_json_add_str(attestation, "version", "1.0");
    bundle = emu_bundle(call, &view);
    json_object_object_add(emu_json_get(bundle, "attributes"), "attestation",
                           attestation);
    emu_reply_json(call->reply, 200, bundle);
    emu_cert_parts_free(&parts);
    emu_object_free(key);
    free(kid);
    free(pem);
    free(text);
}
