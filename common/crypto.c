/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>
#include <strings.h>

#include "crypto.h"

static const struct akv_op_kind sign_kind = { "sign", "POST", "/sign", "7.0",
                                              true };
static const struct akv_op_kind decrypt_kind = { "decrypt", "POST", "/decrypt",
                                                 "7.0", true };
static const struct akv_op_kind unwrap_kind = { "unwrap", "POST", "/unwrapkey",
                                                "7.0", true };

static const struct {
    const char *name;
    size_t digest;
} algs[] = {
    [AKV_RS256] = { "RS256", 32 },
    [AKV_RS384] = { "RS384", 48 },
    [AKV_RS512] = { "RS512", 64 },
    [AKV_PS256] = { "PS256", 32 },
    [AKV_PS384] = { "PS384", 48 },
    [AKV_PS512] = { "PS512", 64 },
    [AKV_RSNULL] = { "RSNULL", 0 },
    [AKV_ES256] = { "ES256", 32 },
    [AKV_ES256K] = { "ES256K", 32 },
    [AKV_ES384] = { "ES384", 48 },
    [AKV_ES512] = { "ES512", 64 },
    [AKV_RSA1_5] = { "RSA1_5", 0 },
    [AKV_RSA_OAEP] = { "RSA-OAEP", 0 },
    [AKV_RSA_OAEP_256] = { "RSA-OAEP-256", 0 },
};

const char *akv_alg_name(enum akv_alg alg)
{
    return algs[alg].name;
}

size_t akv_alg_digest_size(enum akv_alg alg)
{
    return algs[alg].digest;
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

static bool read_result(const struct akv_op *op, const struct akv_buf *body,
                        struct akv_buf *result, struct akv_error *err)
{
    struct akv_json *json = akv_op_parse(op, body, err);
    bool ok = json != NULL && check_kid(op, json, err);

    if (ok && !akv_json_get_base64url(json, "value", result))
        ok = akv_op_bad_reply(op, "value", "is missing or not base64url", err);
    akv_json_free(json);
    return ok;
}

static bool run(struct akv_client *client, const struct akv_op_kind *kind,
                const struct akv_id *id, enum akv_alg alg, const void *value,
                size_t len, struct akv_buf *result, struct akv_error *err)
{
    struct akv_json *json = akv_json_new_object();
    struct akv_buf body = AKV_BUF_INIT(0);
    struct akv_op op, asked;
    bool ok;

    akv_op_init(&op, kind, id);
    if (json != NULL
        && (!akv_json_add_text(json, "alg", algs[alg].name)
            || !akv_json_add_base64url(json, "value", value, len))) {
        akv_json_free(json);
        json = NULL;
    }
    if (!akv_op_set_json(&op, json, err)) {
        akv_op_free(&op);
        return false;
    }
    asked = op;
    ok = akv_client_run(client, &op, &body, err)
         && read_result(&asked, &body, result, err);
    akv_buf_free(&body);
    return ok;
}

bool akv_crypto_sign(struct akv_client *client, const struct akv_id *id,
                     enum akv_alg alg, const void *digest, size_t len,
                     struct akv_buf *signature, struct akv_error *err)
{
    return run(client, &sign_kind, id, alg, digest, len, signature, err);
}

bool akv_crypto_decrypt(struct akv_client *client, const struct akv_id *id,
                        bool unwrap, enum akv_alg alg, const void *ciphertext,
                        size_t len, struct akv_buf *plaintext,
                        struct akv_error *err)
{
    return run(client, unwrap ? &unwrap_kind : &decrypt_kind, id, alg,
               ciphertext, len, plaintext, err);
}
