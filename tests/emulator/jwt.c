/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "b64.h"
#include "jsonx.h"
#include "jwt.h"
#include "ossl.h"
#include "xmem.h"

static char *sign_text(EVP_PKEY *key, const char *text)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char sig[512];
    size_t len = sizeof(sig);
    char *out = NULL;

    if (ctx != NULL
        && EVP_DigestSignInit_ex(ctx, NULL, "SHA256", emu_libctx(), NULL, key,
                                 NULL)
               == 1
        && EVP_DigestSign(ctx, sig, &len, (const unsigned char *)text,
                          strlen(text))
               == 1)
        out = emu_b64url_encode(sig, len);
    EVP_MD_CTX_free(ctx);
    return out;
}

char *emu_jws_sign(EVP_PKEY *key, struct json_object *header,
                   struct json_object *payload)
{
    const char *text = emu_json_text(payload);
    char *body = emu_b64url_encode(text, strlen(text));
    char *head;
    char *part;
    char *sig;
    char *token = NULL;

    text = emu_json_text(header);
    head = emu_b64url_encode(text, strlen(text));
    part = emu_xasprintf("%s.%s", head, body);
    sig = sign_text(key, part);
    if (sig != NULL)
        token = emu_xasprintf("%s.%s", part, sig);
    free(head);
    free(body);
    free(part);
    free(sig);
    return token;
}

char *emu_jwt_sign(EVP_PKEY *key, const char *kid, struct json_object *claims)
{
    struct json_object *header = json_object_new_object();
    char *token;

    emu_json_add_str(header, "typ", "JWT");
    emu_json_add_str(header, "alg", "RS256");
    emu_json_add_str(header, "x5t", kid);
    emu_json_add_str(header, "kid", kid);
    token = emu_jws_sign(key, header, claims);
    json_object_put(header);
    return token;
}

static struct json_object *decode_json(const char *text)
{
    struct json_object *obj = NULL;
    unsigned char *raw;
    size_t len;

    if (emu_b64url_decode(text, &raw, &len)) {
        obj = emu_json_parse((const char *)raw, len);
        free(raw);
    }
    if (obj != NULL && !json_object_is_type(obj, json_type_object)) {
        json_object_put(obj);
        obj = NULL;
    }
    return obj;
}

/* alg: RS256 or PS256. */
static bool signature_ok(EVP_PKEY *key, const char *alg, const char *text,
                         size_t textlen, const unsigned char *sig, size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    bool ok;

    ok = ctx != NULL
         && EVP_DigestVerifyInit_ex(ctx, &pctx, "SHA256", emu_libctx(), NULL,
                                    key, NULL)
                == 1;
    if (ok && strcmp(alg, "PS256") == 0)
        ok = EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1
             && EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST)
                    == 1;
    ok =
        ok
        && EVP_DigestVerify(ctx, sig, len, (const unsigned char *)text, textlen)
               == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}

bool emu_jwt_signature_ok(EVP_PKEY *key, const char *alg, const char *token)
{
    const char *dot = strrchr(token, '.');
    bool rsa = EVP_PKEY_is_a(key, "RSA") == 1;
    unsigned char *sig;
    size_t len;
    bool ok;

    if (dot == NULL || !rsa
        || (strcmp(alg, "RS256") != 0 && strcmp(alg, "PS256") != 0)
        || !emu_b64url_decode(dot + 1, &sig, &len))
        return false;
    ok = signature_ok(key, alg, token, (size_t)(dot - token), sig, len);
    free(sig);
    return ok;
}

struct json_object *emu_jwt_header(const char *token)
{
    char *text = emu_xstrndup(token, strcspn(token, "."));
    struct json_object *header = decode_json(text);

    free(text);
    return header;
}

static bool header_ok(struct json_object *header, const char *kid)
{
    const char *alg = emu_json_str(header, "alg");
    const char *got = emu_json_str(header, "kid");

    return alg != NULL && strcmp(alg, "RS256") == 0 && got != NULL
           && strcmp(got, kid) == 0;
}

enum emu_jwt_verdict emu_jwt_verify(EVP_PKEY *key, const char *kid,
                                    const char *token,
                                    struct json_object **claims)
{
    enum emu_jwt_verdict verdict = EMU_JWT_MALFORMED;
    char *copy = emu_xstrdup(token);
    char *body = strchr(copy, '.');
    char *sig = body == NULL ? NULL : strchr(body + 1, '.');
    struct json_object *header = NULL;
    struct json_object *payload = NULL;

    if (sig == NULL)
        goto out;
    *body++ = '\0';
    *sig++ = '\0';
    header = decode_json(copy);
    payload = decode_json(body);
    if (header == NULL || payload == NULL)
        goto out;
    verdict = EMU_JWT_BAD_SIGNATURE;
    if (header_ok(header, kid) && emu_jwt_signature_ok(key, "RS256", token)) {
        verdict = EMU_JWT_GOOD;
        *claims = payload; /* the caller's now */
        payload = NULL;
    }
out:
    json_object_put(header);
    json_object_put(payload);
    free(copy);
    return verdict;
}

struct json_object *emu_jwt_claims(const char *token)
{
    const char *body = strchr(token, '.');
    const char *end = body == NULL ? NULL : strchr(body + 1, '.');
    struct json_object *claims;
    char *text;

    if (end == NULL)
        return NULL;
    text = emu_xstrndup(body + 1, (size_t)(end - body - 1));
    claims = decode_json(text);
    free(text);
    return claims;
}
