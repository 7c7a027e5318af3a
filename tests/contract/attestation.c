/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "akv/json.h"
#include "attestation.h"
#include "base/base64.h"

static EVP_PKEY *signer; /* owned */

static bool add_public_key(struct akv_json *authority)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL;
    long len = 0;
    bool ok;

    ok = bio != NULL && PEM_write_bio_PUBKEY(bio, signer) == 1
         && (len = BIO_get_mem_data(bio, &pem)) > 0
         && akv_json_add_bytes(authority, "key", pem, (size_t)len);
    BIO_free(bio);
    return ok;
}

bool attestation_start(struct akv_buf *seed)
{
    struct akv_json *top = akv_json_new_object(), *authority;
    bool ok;

    signer = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    authority =
        akv_json_add_object(akv_json_add_array(top, "authorities"), NULL);
    ok = signer != NULL
         && akv_json_add_text(authority, "issuer", ATTESTATION_AUTHORITY)
         && add_public_key(authority) && akv_json_print(top, seed);
    akv_json_free(top);
    return ok;
}

void attestation_stop(void)
{
    EVP_PKEY_free(signer);
    signer = NULL;
}

static bool sign(struct akv_buf *token)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char sig[256];
    size_t len = sizeof(sig);
    bool ok;

    ok = ctx != NULL
         && EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, signer, NULL)
                == 1
         && EVP_DigestSign(ctx, sig, &len, token->data, token->len) == 1
         && akv_buf_append_str(token, ".")
         && akv_base64url_encode(sig, len, token);
    EVP_MD_CTX_free(ctx);
    return ok;
}

static bool append_part(struct akv_buf *token, const char *text)
{
    return akv_base64url_encode(text, strlen(text), token);
}

bool attestation_token(const struct akv_jwk *key, const char *claim,
                       struct akv_buf *token)
{
    struct akv_json *claims = akv_json_new_object(), *keys, *node;
    struct akv_buf text = AKV_BUF_INIT(4096);
    bool ok;

    keys =
        akv_json_add_array(akv_json_add_object(claims, "x-ms-runtime"), "keys");
    node = akv_json_add_object(keys, NULL);
    ok = akv_json_add_text(claims, "iss", ATTESTATION_AUTHORITY)
         && akv_json_add_int(claims, "exp", 4100000000)
         && akv_json_add_text(claims, "c", claim)
         && akv_json_add_text(node, "kty", "RSA")
         && akv_json_add_base64url(node, "n", key->n.data, key->n.len)
         && akv_json_add_base64url(node, "e", key->e.data, key->e.len)
         && akv_json_print(claims, &text)
         && append_part(token, "{\"alg\":\"RS256\",\"typ\":\"JWT\"}")
         && akv_buf_append_str(token, ".")
         && append_part(token, akv_buf_str(&text)) && sign(token);
    akv_buf_free(&text);
    akv_json_free(claims);
    return ok;
}
