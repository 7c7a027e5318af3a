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

#include "akv/key.h"
#include "api/alg.h"
#include "client/call_impl.h"

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
static struct akv_json *crypto_request(enum akv_alg alg, const char *name,
                                       const void *data, size_t len)
{
    struct akv_json *json = akv_json_new_object();

    if (json != NULL && akv_json_add_text(json, "alg", akv_alg_name(alg))
        && akv_json_add_base64url(json, name, data, len))
        return json;
    akv_json_free(json);
    return NULL;
}

static void crypto_op_init(struct akv_op *op, const struct akv_op_kind *kind,
                           const struct akv_id *id, enum akv_alg alg)
{
    akv_op_init(op, kind, id);
    op->min_version = akv_alg_min_version(alg);
    op->variant = (int)alg;
}

static bool crypto_take_value(const struct akv_op *asked,
                              const struct akv_json *reply,
                              struct akv_buf *result, struct akv_error *err)
{
    return check_kid(asked, reply, err)
           && (akv_json_get_base64url(reply, "value", result)
               || akv_op_bad_reply(asked, "value",
                                   "is missing or not base64url", err));
}

/* Whether a signature may have so many bytes: of RSA those of the modulus, of
 * others a number of their own. */
static bool check_length(const struct akv_op *asked, size_t len,
                         struct akv_error *err)
{
    static const size_t lengths[AKV_ALG_COUNT] = {
        [AKV_ES256] = 64,  [AKV_ES256K] = 64, [AKV_ES384] = 96,
        [AKV_ES512] = 132, [AKV_HS256] = 32,  [AKV_HS384] = 48,
        [AKV_HS512] = 64,
    };

    enum akv_alg alg = (enum akv_alg)asked->variant;
    bool ok = lengths[alg] != 0 ? len == lengths[alg]
                                : len >= RSA_LEAST && len <= RSA_MOST;
    char why[80];

    (void)snprintf(why, sizeof(why), "has %zu bytes, as no signature by %s has",
                   len, akv_alg_name(alg));
    return ok || akv_op_bad_reply(asked, "value", why, err);
}

struct akv_call *akv_key_sign_start(struct akv_client *client,
                                    const struct akv_id *id, enum akv_alg alg,
                                    const void *digest, size_t len,
                                    akv_done_fn *done, void *arg,
                                    struct akv_error *err)
{
    struct akv_json *json = crypto_request(alg, "value", digest, len);
    struct akv_op op;

    crypto_op_init(&op, &sign_kind, id, alg);
    return akv_call_start_json(client, &op, json, true, done, arg, err);
}

bool akv_key_sign_result(struct akv_call *call, struct akv_buf *signature,
                         struct akv_error *err)
{
    struct akv_json *json = akv_call_reply(call, &sign_kind, err);
    size_t before = signature->len;
    bool ok =
        json != NULL && crypto_take_value(&call->op, json, signature, err);

    if (ok && !check_length(&call->op, signature->len - before, err)) {
        if (signature->len > before)
            signature->data[before] = '\0';
        signature->len = before;
        ok = false;
    }
    akv_json_free(json);
    return ok;
}

bool akv_key_sign(struct akv_client *client, const struct akv_id *id,
                  enum akv_alg alg, const void *digest, size_t len,
                  struct akv_buf *signature, struct akv_error *err)
{
    struct akv_call *call =
        akv_key_sign_start(client, id, alg, digest, len, NULL, NULL, err);

    return akv_call_close(call, akv_key_sign_result(call, signature, err));
}

struct akv_call *akv_key_verify_start(struct akv_client *client,
                                      const struct akv_id *id, enum akv_alg alg,
                                      const void *digest, size_t len,
                                      const void *signature, size_t siglen,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err)
{
    struct akv_json *json = crypto_request(alg, "digest", digest, len);
    struct akv_op op;
    bool built = json != NULL
                 && akv_json_add_base64url(json, "value", signature, siglen);

    crypto_op_init(&op, &verify_kind, id, alg);
    return akv_call_start_json(client, &op, json, built, done, arg, err);
}

bool akv_key_verify_result(struct akv_call *call, bool *valid,
                           struct akv_error *err)
{
    struct akv_json *json = akv_call_reply(call, &verify_kind, err);
    bool ok =
        json != NULL
        && (akv_json_get_bool(json, "value", valid)
            || akv_op_bad_reply(&call->op, "value", "is no boolean", err));

    akv_json_free(json);
    return ok;
}

bool akv_key_verify(struct akv_client *client, const struct akv_id *id,
                    enum akv_alg alg, const void *digest, size_t len,
                    const void *signature, size_t siglen, bool *valid,
                    struct akv_error *err)
{
    struct akv_call *call = akv_key_verify_start(
        client, id, alg, digest, len, signature, siglen, NULL, NULL, err);

    return akv_call_close(call, akv_key_verify_result(call, valid, err));
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

struct akv_call *
akv_key_cipher_start(struct akv_client *client, const struct akv_id *id,
                     enum akv_cipher_op cipher_op, enum akv_alg alg,
                     const void *text, size_t len,
                     const struct akv_cipher_params *params, akv_done_fn *done,
                     void *arg, struct akv_error *err)
{
    struct akv_json *json = crypto_request(alg, "value", text, len);
    struct akv_op op;
    bool built = json != NULL
                 && (params == NULL
                     || (add_param(json, "iv", &params->iv)
                         && add_param(json, "aad", &params->aad)
                         && add_param(json, "tag", &params->tag)));

    crypto_op_init(&op, &cipher_kinds[cipher_op], id, alg);
    return akv_call_start_json(client, &op, json, built, done, arg, err);
}

/* The kind of a call, if it is one of these. */
static const struct akv_op_kind *cipher_kind_of(const struct akv_call *call)
{
    size_t i;

    for (i = AKV_DECRYPT; i <= AKV_UNWRAP; i++)
        if (call->op.kind == &cipher_kinds[i])
            return call->op.kind;
    return &cipher_kinds[AKV_ENCRYPT];
}

bool akv_key_cipher_result(struct akv_call *call,
                           struct akv_cipher_params *params,
                           struct akv_buf *result, struct akv_error *err)
{
    struct akv_json *json;
    bool ok;

    if (call == NULL)
        return false;
    json = akv_call_reply(call, cipher_kind_of(call), err);
    ok = json != NULL && crypto_take_value(&call->op, json, result, err)
         && (params == NULL
             || (take_param(&call->op, json, "iv", &params->iv, err)
                 && take_param(&call->op, json, "aad", &params->aad, err)
                 && take_param(&call->op, json, "tag", &params->tag, err)));

    akv_json_free(json);
    return ok;
}

bool akv_key_cipher(struct akv_client *client, const struct akv_id *id,
                    enum akv_cipher_op cipher_op, enum akv_alg alg,
                    const void *text, size_t len,
                    struct akv_cipher_params *params, struct akv_buf *result,
                    struct akv_error *err)
{
    struct akv_call *call = akv_key_cipher_start(
        client, id, cipher_op, alg, text, len, params, NULL, NULL, err);

    return akv_call_close(call,
                          akv_key_cipher_result(call, params, result, err));
}
