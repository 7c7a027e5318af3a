/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The checks around a cryptographic operation, in the service's order: the
 * body, the key, whether it is enabled, its key_ops, its dates, and only then
 * what the algorithm wants.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "b64.h"
#include "bundle.h"
#include "clock.h"
#include "crypto_call.h"
#include "crypto_ops.h"
#include "jsonx.h"
#include "ossl.h"
#include "release_target.h"
#include "xmem.h"

/* "A few minutes" on either side of nbf and exp. */
#define DATE_LEEWAY 300

#define SECURE_KEY 32 /* bytes of what a secure wrap makes */

static bool is_private(enum emu_key_op op)
{
    return op == EMU_KEY_OP_SIGN || op == EMU_KEY_OP_DECRYPT
           || op == EMU_KEY_OP_UNWRAP;
}

static bool is_signature(enum emu_key_op op)
{
    return op == EMU_KEY_OP_SIGN || op == EMU_KEY_OP_VERIFY;
}

static bool is_wrapping(enum emu_key_op op)
{
    return op == EMU_KEY_OP_WRAP || op == EMU_KEY_OP_UNWRAP;
}

/* What may still be undone or checked when a key is out of date. */
static bool is_past_allowed(enum emu_key_op op)
{
    return op == EMU_KEY_OP_DECRYPT || op == EMU_KEY_OP_UNWRAP
           || op == EMU_KEY_OP_VERIFY;
}

/* Standard base64, too: Java's JCA and jsign send it (SDK source). */
bool emu_crypto_read(struct emu_crypto *c, const char *name,
                     struct emu_bytes *out)
{
    struct json_object *value = emu_json_get(c->call->body, name);
    const char *text = emu_json_str(c->call->body, name);

    if (value == NULL)
        emu_reply_error(c->call->reply, EMU_E_MISSING, name);
    else if (text == NULL || !emu_b64_decode_any(text, &out->data, &out->len))
        emu_reply_error(c->call->reply, EMU_E_BASE64, name);
    else
        return true;
    return false;
}

/* What needs more than a value in and out has no place in a secure wrap. */
static bool is_secure(const struct emu_alg *alg)
{
    return alg->kty != EMU_KTY_OCT || alg->mode == EMU_AES_KW
           || alg->mode == EMU_AES_KWPAD;
}

static bool read_alg(struct emu_crypto *c)
{
    c->alg_name = emu_json_str(c->call->body, "alg");
    if (c->alg_name == NULL) {
        emu_reply_error(c->call->reply, EMU_E_MISSING, "alg");
        return false;
    }
    c->alg = emu_alg_by_name(c->alg_name);
    if (c->alg == NULL || c->alg->signs != is_signature(c->op)
        || (c->alg->wraps_only && !is_wrapping(c->op))
        || (c->secure && !is_secure(c->alg))) {
        emu_reply_error(c->call->reply, EMU_E_ALG_UNKNOWN, c->alg_name);
        return false;
    }
    return true;
}

static bool read_body(struct emu_crypto *c)
{
    return read_alg(c) && emu_crypto_read(c, "value", &c->value)
           && (c->op != EMU_KEY_OP_VERIFY
               || emu_crypto_read(c, "digest", &c->digest));
}

static bool check_key(struct emu_crypto *c)
{
    const struct emu_settings *settings = &c->key->settings;
    struct emu_reply *reply = c->call->reply;
    const char *op = emu_key_op_name(c->op);
    int64_t now = emu_now();

    if (!settings->enabled && is_private(c->op))
        emu_reply_error(reply, EMU_E_KEY_DISABLED, op);
    else if (!emu_key_may(c->key, c->op))
        emu_reply_error(reply, EMU_E_KEY_OPERATION, op);
    else if (is_past_allowed(c->op))
        return true;
    else if (settings->nbf != EMU_NO_TIME && settings->nbf - DATE_LEEWAY > now)
        emu_reply_error(reply, EMU_E_KEY_NOT_YET_VALID, op);
    else if (settings->exp != EMU_NO_TIME && settings->exp + DATE_LEEWAY <= now)
        emu_reply_error(reply, EMU_E_KEY_EXPIRED, op);
    else
        return true;
    return false;
}

/* Whether a key of the right type fits the algorithm as well. */
static bool fits(const struct emu_alg *alg, const struct emu_material *mat)
{
    if (mat->kty == EMU_KTY_OCT)
        return alg->key_bytes == 0 || alg->key_bytes == mat->size
               || (alg->signs && alg->key_bytes < mat->size);
    return alg->curve == NULL || strcmp(alg->curve, mat->curve->jose) == 0;
}

static bool check_alg(struct emu_crypto *c)
{
    static const char *const types[] = { [EMU_KTY_RSA] = "'RSA' or 'RSA-HSM'",
                                         [EMU_KTY_EC] = "'EC' or 'EC-HSM'",
                                         [EMU_KTY_OCT] = "'oct' or 'oct-HSM'" };
    const struct emu_material *mat = c->key->mat;
    struct emu_reply *reply = c->call->reply;
    char *kid;

    if (c->alg->kty == mat->kty && fits(c->alg, mat))
        return true;
    kid = emu_object_id(c->call, c->key, true);
    if (c->alg->kty != mat->kty)
        emu_reply_error(reply, EMU_E_ALG_TYPE,
                        c->alg->signs ? "signing" : "encryption", kid,
                        emu_kty_name(mat), c->alg->name, types[c->alg->kty]);
    else if (mat->kty == EMU_KTY_OCT)
        emu_reply_error(reply, EMU_E_ALG_SIZE, kid, c->alg->name);
    else
        emu_reply_error(reply, EMU_E_ALG_CURVE, kid, mat->curve->jose,
                        c->alg->name, c->alg->curve);
    free(kid);
    return false;
}

bool emu_crypto_wrong_length(struct emu_crypto *c, enum emu_error error,
                             const char *name, size_t got, size_t want)
{
    char got_text[24];
    char want_text[24];

    snprintf(got_text, sizeof(got_text), "%zu", got);
    snprintf(want_text, sizeof(want_text), "%zu", want);
    emu_reply_error(c->call->reply, error, name, got_text, c->alg->name,
                    want_text);
    return false;
}

static bool check_length(struct emu_crypto *c)
{
    bool verify = c->op == EMU_KEY_OP_VERIFY;
    const struct emu_bytes *in = verify ? &c->digest : &c->value;
    const char *name = verify ? "digest" : "value";
    size_t size = c->key->mat->size;
    bool undo = c->op == EMU_KEY_OP_DECRYPT || c->op == EMU_KEY_OP_UNWRAP;

    if (undo)
        return in->len == size
               || emu_crypto_wrong_length(c, EMU_E_LENGTH, name, in->len, size);
    if (c->alg->signs && c->alg->digest != NULL)
        return in->len == c->alg->digest_size
               || emu_crypto_wrong_length(c, EMU_E_LENGTH, name, in->len,
                                          c->alg->digest_size);
    return in->len <= size - c->alg->overhead
           || emu_crypto_wrong_length(c, EMU_E_TOO_LONG, name, in->len,
                                      size - c->alg->overhead);
}

void emu_crypto_add_bytes(struct json_object *obj, const char *name,
                          const struct emu_bytes *value)
{
    char *text = emu_b64url_encode(value->data, value->len);

    emu_json_add_str(obj, name, text);
    free(text);
}

struct json_object *emu_crypto_result(const struct emu_crypto *c,
                                      const struct emu_bytes *value)
{
    struct json_object *obj = json_object_new_object();
    char *kid = emu_object_id(c->call, c->key, true);

    if (c->op != EMU_KEY_OP_VERIFY || c->call->traits->hsm)
        emu_json_add_str(obj, "kid", kid);
    if (c->call->traits->hsm || c->secure)
        emu_json_add_str(obj, "alg", c->alg->name);
    if (value != NULL)
        emu_crypto_add_bytes(obj, "value", value);
    free(kid);
    return obj;
}

static void reply_verified(struct emu_crypto *c)
{
    struct json_object *obj = emu_crypto_result(c, NULL);

    emu_json_add_bool(obj, "value",
                      emu_alg_verify(c->alg, c->key->mat, c->digest.data,
                                     c->digest.len, c->value.data,
                                     c->value.len));
    emu_reply_json(c->call->reply, 200, obj);
}

static void compute(struct emu_crypto *c)
{
    const struct emu_material *mat = c->key->mat;
    struct emu_bytes out = { NULL, 0 };
    bool undo = c->op == EMU_KEY_OP_DECRYPT || c->op == EMU_KEY_OP_UNWRAP;
    bool ok;

    if (c->op == EMU_KEY_OP_SIGN)
        ok = emu_alg_sign(c->alg, mat, c->value.data, c->value.len, &out.data,
                          &out.len);
    else if (undo)
        ok = emu_alg_decrypt(c->alg, mat, c->value.data, c->value.len,
                             &out.data, &out.len);
    else
        ok = emu_alg_encrypt(c->alg, mat, c->value.data, c->value.len,
                             &out.data, &out.len);
    if (ok)
        emu_reply_json(c->call->reply, 200, emu_crypto_result(c, &out));
    else if (undo)
        emu_reply_error(c->call->reply, EMU_E_PADDING,
                        c->alg->padding == EMU_PAD_OAEP ? "OAEP" : "PKCS1");
    else
        emu_reply_error(c->call->reply, EMU_E_INTERNAL, "operation failed");
    free(out.data);
}

/* The key fits, and the value is what the algorithm wants of it. */
static void operate(struct emu_crypto *c)
{
    if (c->alg->kty == EMU_KTY_OCT)
        emu_crypto_symmetric(c);
    else if (!check_length(c))
        return;
    else if (c->op == EMU_KEY_OP_VERIFY)
        reply_verified(c);
    else
        compute(c);
}

static bool find_key(struct emu_crypto *c)
{
    c->key = emu_find(c->call);
    return c->key != NULL && check_key(c) && check_alg(c);
}

static void crypto_free(struct emu_crypto *c)
{
    emu_object_free(c->key);
    free(c->value.data);
    free(c->digest.data);
}

void emu_crypto(struct emu_call *call)
{
    struct emu_crypto c = { .call = call, .op = call->op->key_op };

    if (read_body(&c) && find_key(&c))
        operate(&c);
    crypto_free(&c);
}

/* False, with the 400 in the reply, in versions before these operations. */
static bool secure_known(struct emu_call *call)
{
    if (call->api >= EMU_API_2026_04)
        return true;
    emu_reply_error(call->reply, EMU_E_METHOD, "POST", call->op->verb);
    return false;
}

void emu_secure_wrap(struct emu_call *call)
{
    struct emu_crypto c = { .call = call,
                            .op = EMU_KEY_OP_WRAP,
                            .secure = true };

    if (secure_known(call) && read_alg(&c) && find_key(&c)) {
        c.value.data = emu_xcalloc(SECURE_KEY, 1);
        c.value.len = SECURE_KEY;
        emu_random(c.value.data, SECURE_KEY);
        operate(&c);
        OPENSSL_cleanse(c.value.data, c.value.len);
    }
    crypto_free(&c);
}

void emu_secure_unwrap(struct emu_call *call)
{
    struct emu_crypto c = { .call = call,
                            .op = EMU_KEY_OP_UNWRAP,
                            .secure = true };
    struct emu_release_target target;

    if (!secure_known(call) || !emu_release_target_read(call, &target))
        return;
    if (read_body(&c) && find_key(&c)
        && emu_release_target_check(call, &target, c.key))
        operate(&c);
    emu_release_target_free(&target);
    crypto_free(&c);
}
