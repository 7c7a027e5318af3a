/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/store.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "akv/json.h"
#include "akv/key_ref.h"
#include "base/base64.h"
#include "base/settings_impl.h"
#include "remote_vault.h"

#define VERSION "0123456789abcdef0123456789abcdef"
#define MOST 1000 /* bytes of anything */

struct remote_vault remote;

EVP_PKEY *remote_original(const char *name)
{
    const char *slash = strrchr(name, '/');

    name = slash != NULL ? slash + 1 : name;
    if (strcmp(name, "rsa") == 0)
        return remote.rsa;
    if (strcmp(name, "ec") == 0)
        return remote.ec;
    return strcmp(name, "ec521") == 0 ? remote.ec521 : NULL;
}

static bool add_number(struct akv_json *json, const char *name,
                       const EVP_PKEY *key, const char *param, int width)
{
    unsigned char bytes[MOST];
    BIGNUM *number = NULL;
    int len = -1;

    if (EVP_PKEY_get_bn_param(key, param, &number) == 1)
        len = BN_bn2binpad(number, bytes,
                           width > 0 ? width : BN_num_bytes(number));
    BN_free(number);
    return len > 0 && akv_json_add_base64url(json, name, bytes, (size_t)len);
}

static bool add_jwk(struct akv_json *json, const EVP_PKEY *key)
{
    int field = (EVP_PKEY_get_bits(key) + 7) / 8;

    if (EVP_PKEY_is_a(key, "RSA"))
        return akv_json_add_text(json, "kty", "RSA")
               && add_number(json, "n", key, OSSL_PKEY_PARAM_RSA_N, 0)
               && add_number(json, "e", key, OSSL_PKEY_PARAM_RSA_E, 0);
    return akv_json_add_text(json, "kty", "EC")
           && akv_json_add_text(json, "crv", field == 66 ? "P-521" : "P-256")
           && add_number(json, "x", key, OSSL_PKEY_PARAM_EC_PUB_X, field)
           && add_number(json, "y", key, OSSL_PKEY_PARAM_EC_PUB_Y, field);
}

static bool add_kid(struct akv_json *json, const struct akv_op *op)
{
    char kid[500];

    (void)snprintf(kid, sizeof(kid), "https://%s/keys/%s/%s", op->id.host,
                   remote.fault == REMOTE_OTHER_KID && op->body.len > 0
                       ? "other"
                       : op->id.name,
                   VERSION);
    return akv_json_add_text(json, "kid", kid);
}

static bool answer_get(const struct akv_op *op, const EVP_PKEY *key,
                       struct akv_buf *body, struct akv_error *err)
{
    struct akv_json *json = akv_json_new_object();
    struct akv_json *jwk =
        json != NULL ? akv_json_add_object(json, "key") : NULL;
    struct akv_buf text = AKV_BUF_INIT(4000);
    bool ok;

    remote.gets++;
    ok = jwk != NULL && add_kid(jwk, op) && add_jwk(jwk, key)
         && akv_json_print(json, &text);
    if (ok) { /* key_ops is JSON already: {"key":{"key_ops":[...],"kid" */
        ok = akv_buf_appendf(body, "{\"key\":{\"key_ops\":%s,%s",
                             remote.key_ops, akv_buf_str(&text) + 8);
    }
    akv_buf_free(&text);
    akv_json_free(json);
    return ok || akv_error_set(err, AKV_E_MEMORY, "the made-up vault fails");
}

/* r || s of a DER signature. */
static bool make_raw(const EVP_PKEY *key, const unsigned char *der, size_t len,
                     unsigned char *raw, size_t *rawlen)
{
    int field = (EVP_PKEY_get_bits(key) + 7) / 8;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
    bool ok =
        sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, field) == field
        && BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + field, field) == field;

    ECDSA_SIG_free(sig);
    *rawlen = 2 * (size_t)field;
    return ok;
}

static bool sign(EVP_PKEY *key, const unsigned char *digest, size_t len,
                 unsigned char *out, size_t *outlen)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture.libctx, key, THEIRS);
    const EVP_MD *md = strcmp(remote.alg + 2, "256") == 0   ? EVP_sha256()
                       : strcmp(remote.alg + 2, "384") == 0 ? EVP_sha384()
                                                            : EVP_sha512();
    bool rsa = EVP_PKEY_is_a(key, "RSA"), ok;
    unsigned char der[MOST];
    size_t derlen = sizeof(der);

    ok = EVP_PKEY_sign_init(ctx) == 1
         && EVP_PKEY_CTX_set_signature_md(ctx, md) == 1
         && len == (size_t)EVP_MD_get_size(md);
    if (ok && remote.alg[0] == 'P')
        ok = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1
             && EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST)
                    == 1;
    ok = ok && EVP_PKEY_sign(ctx, der, &derlen, digest, len) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (!ok || !rsa)
        return ok && make_raw(key, der, derlen, out, outlen);
    memcpy(out, der, derlen);
    *outlen = derlen;
    return true;
}

static bool decrypt(EVP_PKEY *key, const unsigned char *in, size_t len,
                    unsigned char *out, size_t *outlen)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(fixture.libctx, key, THEIRS);
    bool oaep = strncmp(remote.alg, "RSA-OAEP", 8) == 0;
    bool ok = EVP_PKEY_decrypt_init(ctx) == 1
              && EVP_PKEY_CTX_set_rsa_padding(ctx, oaep ? RSA_PKCS1_OAEP_PADDING
                                                        : RSA_PKCS1_PADDING)
                     == 1
              && (strcmp(remote.alg, "RSA-OAEP-256") != 0
                  || EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1)
              && EVP_PKEY_decrypt(ctx, out, outlen, in, len) == 1;

    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static void spoil(unsigned char *data, size_t *len)
{
    switch (remote.fault) {
    case REMOTE_FLIP:
        data[*len / 2] ^= 1;
        break;
    case REMOTE_SHORT:
        (*len)--;
        break;
    case REMOTE_LONG:
        data[(*len)++] = 0;
        break;
    case REMOTE_EMPTY:
        *len = 0;
        break;
    case REMOTE_ZERO:
        memset(data, 0, *len);
        break;
    case REMOTE_ONES:
        memset(data, 0xff, *len);
        break;
    default:
        break;
    }
}

static bool is_for(const struct akv_op *op, const char *suffix)
{
    return op->kind->suffix != NULL && strcmp(op->kind->suffix, suffix) == 0;
}

static bool answer_crypto(const struct akv_op *op, EVP_PKEY *key,
                          struct akv_buf *body, struct akv_error *err)
{
    bool signs = is_for(op, "/sign"), ok;
    struct akv_json *asked =
        akv_json_parse(akv_buf_str(&op->body), op->body.len, NULL);
    struct akv_json *json = akv_json_new_object();
    struct akv_buf value = AKV_BUF_INIT(MOST);
    const char *alg = akv_json_get_text(asked, "alg");
    unsigned char out[MOST];
    size_t outlen = sizeof(out);

    *(signs                      ? &remote.signs
      : is_for(op, "/unwrapkey") ? &remote.unwraps
                                 : &remote.decrypts) += 1;
    (void)snprintf(remote.alg, sizeof(remote.alg), "%s",
                   alg != NULL ? alg : "");
    ok = akv_json_get_base64url(asked, "value", &value)
         && (signs ? sign(key, value.data, value.len, out, &outlen)
                   : decrypt(key, value.data, value.len, out, &outlen));
    if (ok)
        spoil(out, &outlen);
    else
        (void)akv_error_set(err, AKV_E_SERVICE, "the made-up vault refuses");
    ok = ok && json != NULL && add_kid(json, op)
         && akv_json_add_base64url(json, "value", out, outlen)
         && akv_json_print(json, body);
    akv_buf_free(&value);
    akv_json_free(asked);
    akv_json_free(json);
    return ok;
}

static bool answer(void *arg, const struct akv_op *op, struct akv_buf *body,
                   struct akv_error *err)
{
    EVP_PKEY *key = remote_original(op->id.name);

    (void)arg;
    if (key == NULL)
        return akv_error_set(err, AKV_E_NOT_FOUND, "no such key");
    if (op->kind->suffix == NULL)
        return answer_get(op, key, body, err);
    CHECK_STR("the version that was loaded", op->id.version, VERSION);
    if (remote.fault == REMOTE_REFUSE) {
        remote.signs++;
        return akv_error_set(err, AKV_E_FORBIDDEN, "not you");
    }
    return answer_crypto(op, key, body, err);
}

void remote_vault_reset(void)
{
    remote.gets = remote.signs = remote.decrypts = remote.unwraps = 0;
    remote.alg[0] = '\0';
    remote.fault = REMOTE_NONE;
    remote.key_ops = "[\"sign\",\"verify\",\"encrypt\",\"decrypt\"]";
}

bool remote_vault_open(const char *conf)
{
    if (!provider_set_up(conf))
        return false;
    remote.rsa = their_rsa(2048);
    remote.ec = their_ec("P-256");
    remote.ec521 = their_ec("P-521");
    remote_vault_reset();
    fake_client_set(answer, NULL);
    return remote.rsa != NULL && remote.ec != NULL && remote.ec521 != NULL;
}

void remote_vault_close(void)
{
    EVP_PKEY_free(remote.rsa);
    EVP_PKEY_free(remote.ec);
    EVP_PKEY_free(remote.ec521);
    provider_tear_down();
}

EVP_PKEY *remote_key(const char *uri)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open_ex(uri, fixture.libctx, NULL, NULL,
                                               NULL, NULL, NULL, NULL);
    OSSL_STORE_INFO *info = NULL;
    EVP_PKEY *key = NULL;

    if (store != NULL && OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY) == 1)
        info = OSSL_STORE_load(store);
    if (info != NULL)
        key = OSSL_STORE_INFO_get1_PKEY(info);
    OSSL_STORE_INFO_free(info);
    if (store != NULL)
        (void)OSSL_STORE_close(store);
    return key;
}

void remote_keys_open(struct remote_keys *keys)
{
    CHECK(remote_vault_open(NULL));
    keys->remote_rsa = remote_key("akv://v/keys/rsa");
    keys->remote_ec = remote_key("akv://v/keys/ec");
    keys->plain_rsa = import_key(remote.rsa, EVP_PKEY_KEYPAIR, OURS);
    keys->plain_ec = import_key(remote.ec, EVP_PKEY_KEYPAIR, OURS);
    CHECK(keys->remote_rsa != NULL && keys->remote_ec != NULL);
    CHECK(is_ours(keys->plain_rsa) && is_ours(keys->plain_ec));
}

void remote_keys_close(struct remote_keys *keys)
{
    EVP_PKEY_free(keys->remote_rsa);
    EVP_PKEY_free(keys->remote_ec);
    EVP_PKEY_free(keys->plain_rsa);
    EVP_PKEY_free(keys->plain_ec);
    remote_vault_close();
    CHECK(fixture.libctx == NULL);
}

bool remote_reference(const char *uri, struct akv_buf *pem)
{
    struct akv_settings settings;
    struct akv_key_ref ref;
    const EVP_PKEY *key;
    unsigned char *der = NULL;
    int len = -1;
    bool ok;

    akv_key_ref_init(&ref);
    ok = unit_settings(&settings, NULL, NULL)
         && akv_id_parse(&ref.id, uri, &settings, NULL);
    key = ok ? remote_original(ref.id.name) : NULL;
    ok = key != NULL;
    if (ok)
        ref.type = EVP_PKEY_is_a(key, "RSA") ? AKV_KEY_RSA : AKV_KEY_EC;
    if (ok && ref.id.version[0] != '\0') {
        len = i2d_PUBKEY(key, &der);
        ok = len > 0 && akv_buf_append(&ref.spki, der, (size_t)len);
        OPENSSL_free(der);
    }
    ok = ok && akv_key_ref_write_pem(&ref, pem, NULL);
    akv_key_ref_free(&ref);
    akv_settings_clear(&settings);
    return ok;
}
