/* SPDX-License-Identifier: Apache-2.0 */

/*
 * POST on /keys/NAME[/VERSION]/sign and its like. None of them changes anything
 * in the vault, so a request that may have arrived is sent again. What comes
 * back as bytes is checked as far as that goes without the key: whose it is, by
 * its kid, and the length of a signature.
 */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "akv/crypto.h"
#include "api/ask.h"

#define RSA_LEAST 128 /* bytes of a modulus */
#define RSA_MOST 2048
#define PARAM_MAX 4096 /* bytes of an iv, a tag, additional data */

static const struct akv_op_kind sign_kind = { .name = "sign with",
                                              .method = "POST",
                                              .suffix = "/sign" };
static const struct akv_op_kind verify_kind = { .name = "verify with",
                                                .method = "POST",
                                                .suffix = "/verify" };
static const struct akv_op_kind cipher_kinds[] = {
    [AKV_ENCRYPT] = { .name = "encrypt with",
                      .method = "POST",
                      .suffix = "/encrypt" },
    [AKV_DECRYPT] = { .name = "decrypt with",
                      .method = "POST",
                      .suffix = "/decrypt" },
    [AKV_WRAP] = { .name = "wrap with",
                   .method = "POST",
                   .suffix = "/wrapkey" },
    [AKV_UNWRAP] = { .name = "unwrap with",
                     .method = "POST",
                     .suffix = "/unwrapkey" },
};

static const struct {
    const char *name;
    size_t digest;
    const char *min_version; /* the first api-version that has it */
} algs[AKV_ALG_COUNT] = {
    [AKV_RS256] = { "RS256", 32, NULL },
    [AKV_RS384] = { "RS384", 48, NULL },
    [AKV_RS512] = { "RS512", 64, NULL },
    [AKV_PS256] = { "PS256", 32, NULL },
    [AKV_PS384] = { "PS384", 48, NULL },
    [AKV_PS512] = { "PS512", 64, NULL },
    [AKV_RSNULL] = { "RSNULL", 0, NULL },
    [AKV_ES256] = { "ES256", 32, NULL },
    [AKV_ES256K] = { "ES256K", 32, NULL },
    [AKV_ES384] = { "ES384", 48, NULL },
    [AKV_ES512] = { "ES512", 64, NULL },
    [AKV_HS256] = { "HS256", 0, "2026-04-01" },
    [AKV_HS384] = { "HS384", 0, "2026-04-01" },
    [AKV_HS512] = { "HS512", 0, "2026-04-01" },
    [AKV_RSA1_5] = { "RSA1_5", 0, NULL },
    [AKV_RSA_OAEP] = { "RSA-OAEP", 0, NULL },
    [AKV_RSA_OAEP_256] = { "RSA-OAEP-256", 0, NULL },
    [AKV_A128GCM] = { "A128GCM", 0, "7.2" },
    [AKV_A192GCM] = { "A192GCM", 0, "7.2" },
    [AKV_A256GCM] = { "A256GCM", 0, "7.2" },
    [AKV_A128CBC] = { "A128CBC", 0, "7.2" },
    [AKV_A192CBC] = { "A192CBC", 0, "7.2" },
    [AKV_A256CBC] = { "A256CBC", 0, "7.2" },
    [AKV_A128CBCPAD] = { "A128CBCPAD", 0, "7.2" },
    [AKV_A192CBCPAD] = { "A192CBCPAD", 0, "7.2" },
    [AKV_A256CBCPAD] = { "A256CBCPAD", 0, "7.2" },
    [AKV_A128KW] = { "A128KW", 0, "7.2" },
    [AKV_A192KW] = { "A192KW", 0, "7.2" },
    [AKV_A256KW] = { "A256KW", 0, "7.2" },
    [AKV_A128KWPAD] = { "A128KWPAD", 0, "2026-04-01" },
    [AKV_A192KWPAD] = { "A192KWPAD", 0, "2026-04-01" },
    [AKV_A256KWPAD] = { "A256KWPAD", 0, "2026-04-01" },
    [AKV_CKM_AES_KEY_WRAP] = { "CKM_AES_KEY_WRAP", 0, "2026-04-01" },
    [AKV_CKM_AES_KEY_WRAP_PAD] = { "CKM_AES_KEY_WRAP_PAD", 0, "2026-04-01" },
};

const char *akv_alg_name(enum akv_alg alg)
{
    return algs[alg].name;
}

bool akv_alg_find(const char *name, enum akv_alg *alg)
{
    size_t i;

    for (i = 0; i < AKV_ALG_COUNT; i++) {
        if (strcasecmp(algs[i].name, name) == 0) {
            *alg = (enum akv_alg)i;
            return true;
        }
    }
    return false;
}

size_t akv_alg_digest_size(enum akv_alg alg)
{
    return algs[alg].digest;
}

void akv_cipher_params_init(struct akv_cipher_params *params)
{
    akv_buf_init(&params->iv, PARAM_MAX);
    akv_buf_init(&params->aad, PARAM_MAX);
    akv_buf_init(&params->tag, PARAM_MAX);
}

void akv_cipher_params_free(struct akv_cipher_params *params)
{
    akv_buf_free(&params->iv);
    akv_buf_free(&params->aad);
    akv_buf_free(&params->tag);
}

/* The reply must come from the key that was asked: a result of another
 * version would be useless, and nobody would know why. */
static bool check_kid(const struct akv_op *op, const struct akv_json *json,
                      struct akv_error *err)
{
    const char *kid = akv_json_get_text(json, "kid");
    struct akv_error why = AKV_ERROR_INIT;
    struct akv_id id;

    if (kid == NULL)
        return akv_op_bad_reply(op, "kid", "is missing", err);
    if (!akv_id_parse_https(&id, kid, &why))
        return akv_op_bad_reply(op, "kid", why.message, err);
    if (id.kind != AKV_KIND_KEY || strcasecmp(id.name, op->id.name) != 0
        || (op->id.version[0] != '\0'
            && strcmp(id.version, op->id.version) != 0))
        return akv_op_bad_reply(op, "kid is another key's", kid, err);
    return true;
}

/* {"alg":...,name:base64url}; NULL: no memory. */
static struct akv_json *new_request(enum akv_alg alg, const char *name,
                                    const void *data, size_t len)
{
    struct akv_json *json = akv_json_new_object();

    if (json != NULL && akv_json_add_text(json, "alg", algs[alg].name)
        && akv_json_add_base64url(json, name, data, len))
        return json;
    akv_json_free(json);
    return NULL;
}

/* Performs the operation; the reply, which the caller frees, or NULL. */
static struct akv_json *crypto_run(struct akv_client *client,
                                   const struct akv_op_kind *kind,
                                   const struct akv_id *id, enum akv_alg alg,
                                   struct akv_json *request,
                                   struct akv_op *asked, struct akv_error *err)
{
    struct akv_json *reply = NULL;
    struct akv_op op;

    akv_op_init(&op, kind, id);
    op.min_version = algs[alg].min_version;
    if (!akv_op_set_json(&op, request, err))
        return NULL;
    (void)akv_ask(client, &op, asked, &reply, err);
    return reply;
}

static bool take_value(const struct akv_op *asked, const struct akv_json *reply,
                       struct akv_buf *result, struct akv_error *err)
{
    return check_kid(asked, reply, err)
           && (akv_json_get_base64url(reply, "value", result)
               || akv_op_bad_reply(asked, "value",
                                   "is missing or not base64url", err));
}

/* Whether a signature may have so many bytes: of RSA those of the modulus, of
 * others a number of their own. */
static bool check_length(const struct akv_op *asked, enum akv_alg alg,
                         size_t len, struct akv_error *err)
{
    static const size_t lengths[AKV_ALG_COUNT] = {
        [AKV_ES256] = 64,  [AKV_ES256K] = 64, [AKV_ES384] = 96,
        [AKV_ES512] = 132, [AKV_HS256] = 32,  [AKV_HS384] = 48,
        [AKV_HS512] = 64,
    };

    bool ok = lengths[alg] != 0 ? len == lengths[alg]
                                : len >= RSA_LEAST && len <= RSA_MOST;
    char why[80];

    (void)snprintf(why, sizeof(why), "has %zu bytes, as no signature by %s has",
                   len, akv_alg_name(alg));
    return ok || akv_op_bad_reply(asked, "value", why, err);
}

bool akv_crypto_sign(struct akv_client *client, const struct akv_id *id,
                     enum akv_alg alg, const void *digest, size_t len,
                     struct akv_buf *signature, struct akv_error *err)
{
    struct akv_op asked;
    struct akv_json *reply =
        crypto_run(client, &sign_kind, id, alg,
                   new_request(alg, "value", digest, len), &asked, err);
    size_t before = signature->len;
    bool ok = reply != NULL && take_value(&asked, reply, signature, err);

    if (ok && !check_length(&asked, alg, signature->len - before, err)) {
        if (signature->len > before)
            signature->data[before] = '\0';
        signature->len = before;
        ok = false;
    }
    akv_json_free(reply);
    return ok;
}

bool akv_crypto_verify(struct akv_client *client, const struct akv_id *id,
                       enum akv_alg alg, const void *digest, size_t len,
                       const void *signature, size_t siglen, bool *valid,
                       struct akv_error *err)
{
    struct akv_json *request = new_request(alg, "digest", digest, len), *reply;
    struct akv_op asked;
    bool ok;

    if (request != NULL
        && !akv_json_add_base64url(request, "value", signature, siglen)) {
        akv_json_free(request);
        request = NULL;
    }
    reply = crypto_run(client, &verify_kind, id, alg, request, &asked, err);
    ok = reply != NULL
         && (akv_json_get_bool(reply, "value", valid)
             || akv_op_bad_reply(&asked, "value", "is no boolean", err));
    akv_json_free(reply);
    return ok;
}

static bool add_param(struct akv_json *request, const char *name,
                      const struct akv_buf *value)
{
    return value->len == 0
           || akv_json_add_base64url(request, name, value->data, value->len);
}

static bool take_param(const struct akv_op *asked, const struct akv_json *reply,
                       const char *name, struct akv_buf *value,
                       struct akv_error *err)
{
    if (akv_json_get(reply, name) == NULL)
        return true;
    akv_buf_free(value);
    return akv_json_get_base64url(reply, name, value)
           || akv_op_bad_reply(asked, name, "is not base64url", err);
}

bool akv_crypto_cipher(struct akv_client *client, const struct akv_id *id,
                       enum akv_cipher_op cipher_op, enum akv_alg alg,
                       const void *text, size_t len,
                       struct akv_cipher_params *params, struct akv_buf *result,
                       struct akv_error *err)
{
    struct akv_json *request = new_request(alg, "value", text, len), *reply;
    struct akv_op asked;
    bool ok;

    if (request != NULL && params != NULL
        && (!add_param(request, "iv", &params->iv)
            || !add_param(request, "aad", &params->aad)
            || !add_param(request, "tag", &params->tag))) {
        akv_json_free(request);
        request = NULL;
    }
    reply = crypto_run(client, &cipher_kinds[cipher_op], id, alg, request,
                       &asked, err);
    ok = reply != NULL && take_value(&asked, reply, result, err)
         && (params == NULL
             || (take_param(&asked, reply, "iv", &params->iv, err)
                 && take_param(&asked, reply, "aad", &params->aad, err)
                 && take_param(&asked, reply, "tag", &params->tag, err)));
    akv_json_free(reply);
    return ok;
}
