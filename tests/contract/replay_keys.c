/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>

#include "akv/key.h"
#include "replay_calls.h"
#include "unit.h"

/* A reply that is a key: the one that was asked for. */
static bool done(const struct replay_call *call, bool ok,
                 struct akv_key_bundle *bundle)
{
    if (ok) {
        CHECK_STR("name", bundle->properties.id.name, call->id.name);
        CHECK(bundle->properties.id.version[0] != '\0');
        CHECK(bundle->jwk.ops != 0);
    }
    akv_key_bundle_free(bundle);
    return ok;
}

static bool get_key(const struct replay_call *call, struct akv_error *err)
{
    struct akv_key_bundle bundle;

    return done(call, akv_key_get(NULL, &call->id, &bundle, err), &bundle);
}

static bool rotate(const struct replay_call *call, struct akv_error *err)
{
    struct akv_key_bundle bundle;

    return done(call, akv_key_rotate(NULL, &call->id, &bundle, err), &bundle);
}

/* What of create counts for import too. */
static struct akv_key_create common(const struct replay_call *call,
                                    struct akv_buf *policy)
{
    const struct akv_json *json = akv_json_get(call->body, "release_policy");
    struct akv_key_create how = { .attributes = replay_attributes(call) };

    akv_buf_init(policy, AKV_REPLY_MAX);
    if (json != NULL && CHECK(akv_json_get_base64url(json, "data", policy)))
        how.release_policy = akv_buf_str(policy);
    (void)akv_json_get_bool(json, "immutable", &how.immutable_policy);
    return how;
}

static enum akv_curve find_curve(const char *name)
{
    enum akv_curve curve = AKV_P256;

    while (name != NULL && curve < AKV_P256K
           && strcmp(akv_curve_name(curve), name) != 0)
        curve++;
    return curve;
}

static void find_type(const char *kty, struct akv_key_create *how)
{
    static const enum akv_key_type types[] = { AKV_KEY_RSA, AKV_KEY_EC,
                                               AKV_KEY_OCT };

    for (size_t i = 0; kty != NULL && i < 2 * COUNT(types); i++) {
        if (strcmp(akv_key_type_jwk(types[i / 2], i % 2 == 1), kty) == 0) {
            how->type = types[i / 2];
            how->hsm = i % 2 == 1;
        }
    }
}

static bool create(const struct replay_call *call, struct akv_error *err)
{
    struct akv_tags tags = replay_tags(call);
    struct akv_key_bundle bundle;
    struct akv_buf policy;
    struct akv_key_create how = common(call, &policy);
    int64_t bits = 0;
    bool ok;

    find_type(akv_json_get_text(call->body, "kty"), &how);
    how.curve = find_curve(akv_json_get_text(call->body, "crv"));
    how.ops = akv_key_ops_read(akv_json_get(call->body, "key_ops"));
    (void)akv_json_get_int(call->body, "key_size", &bits);
    (void)akv_json_get_int(call->body, "public_exponent", &how.exponent);
    how.bits = (int)bits;
    how.tags = replay_some(&tags);
    ok = akv_key_create(NULL, &call->id, &how, &bundle, err);
    akv_tags_free(&tags);
    akv_buf_free(&policy);
    return done(call, ok, &bundle);
}

static bool import(const struct replay_call *call, struct akv_error *err)
{
    struct akv_tags tags = replay_tags(call);
    char *jwk = replay_document(call, "key");
    struct akv_key_bundle bundle;
    struct akv_buf policy;
    struct akv_key_create how = common(call, &policy);
    bool ok;

    (void)akv_json_get_bool(call->body, "Hsm", &how.hsm);
    how.tags = replay_some(&tags);
    ok = akv_key_import(NULL, &call->id, jwk, &how, &bundle, err);
    akv_tags_free(&tags);
    akv_buf_free(&policy);
    free(jwk);
    return done(call, ok, &bundle);
}

/* A document, as the reply has it. */
static bool shown(bool ok, struct akv_json *json)
{
    CHECK(!ok || akv_json_is_object(json));
    akv_json_free(json);
    return ok;
}

static bool get_rotation(const struct replay_call *call, struct akv_error *err)
{
    struct akv_json *json;
    bool ok = akv_key_get_rotation_policy(NULL, &call->id, &json, err);

    return shown(ok, json);
}

static bool set_rotation(const struct replay_call *call, struct akv_error *err)
{
    char *policy = replay_document(call, "");
    struct akv_json *json;
    bool ok = akv_key_set_rotation_policy(
        NULL, &call->id, policy != NULL ? policy : "{}", &json, err);

    free(policy);
    return shown(ok, json);
}

static bool get_random(const struct replay_call *call, struct akv_error *err)
{
    struct akv_buf bytes = AKV_BUF_INIT(128);
    int64_t count = 0;
    bool ok;

    (void)akv_json_get_int(call->body, "count", &count);
    ok = akv_key_random(NULL, &call->id, (unsigned)count, &bytes, err);
    CHECK_INT("random bytes", bytes.len, ok ? count : 0);
    akv_buf_free(&bytes);
    return ok;
}

/* Where no body was kept, the key may be called after it; else it makes no
 * difference. */
static enum akv_alg algorithm(const struct replay_call *call)
{
    const char *name = akv_json_get_text(call->body, "alg");
    enum akv_alg alg = AKV_RS256;

    if (name != NULL)
        CHECK_AT(name, akv_alg_find(name, &alg));
    else if (strstr(call->id.name, "ES256") != NULL)
        alg = AKV_ES256;
    return alg;
}

static bool sign(const struct replay_call *call, struct akv_error *err)
{
    struct akv_buf digest = replay_bytes(call, "value");
    struct akv_buf signature = AKV_BUF_INIT(1024);
    bool ok = akv_key_sign(NULL, &call->id, algorithm(call), digest.data,
                           digest.len, &signature, err);

    CHECK(ok == (signature.len > 0));
    akv_buf_free(&digest);
    akv_buf_free(&signature);
    return ok;
}

static bool verify(const struct replay_call *call, struct akv_error *err)
{
    struct akv_buf digest = replay_bytes(call, "digest");
    struct akv_buf signature = replay_bytes(call, "value");
    bool valid = false;
    bool ok =
        akv_key_verify(NULL, &call->id, algorithm(call), digest.data,
                       digest.len, signature.data, signature.len, &valid, err);

    CHECK("recorded signatures are valid" && ok == valid);
    akv_buf_free(&digest);
    akv_buf_free(&signature);
    return ok;
}

static bool cipher(const struct replay_call *call, enum akv_cipher_op op,
                   struct akv_error *err)
{
    struct akv_cipher_params params = { replay_bytes(call, "iv"),
                                        replay_bytes(call, "aad"),
                                        replay_bytes(call, "tag") };
    struct akv_buf text = replay_bytes(call, "value");
    struct akv_buf result = AKV_BUF_INIT(AKV_REPLY_MAX);
    bool ok = akv_key_cipher(NULL, &call->id, op, algorithm(call), text.data,
                             text.len, &params, &result, err);

    CHECK(ok == (result.len > 0));
    akv_cipher_params_free(&params);
    akv_buf_free(&text);
    akv_buf_free(&result);
    return ok;
}

static bool encrypt(const struct replay_call *call, struct akv_error *err)
{
    return cipher(call, AKV_ENCRYPT, err);
}

static bool decrypt(const struct replay_call *call, struct akv_error *err)
{
    return cipher(call, AKV_DECRYPT, err);
}

static bool wrap(const struct replay_call *call, struct akv_error *err)
{
    return cipher(call, AKV_WRAP, err);
}

static bool unwrap(const struct replay_call *call, struct akv_error *err)
{
    return cipher(call, AKV_UNWRAP, err);
}

const struct replay_row replay_keys[] = {
    { "POST", "keys/*/create", create },
    { "POST", "keys/*/rotate", rotate },
    { "GET", "keys/*/rotationpolicy", get_rotation },
    { "PUT", "keys/*/rotationpolicy", set_rotation },
    { "PUT", "keys/*", import },
    { "GET", "keys/*/?", get_key },
    { "POST", "rng", get_random },
    { "POST", "keys/*/?/sign", sign },
    { "POST", "keys/*/?/verify", verify },
    { "POST", "keys/*/?/encrypt", encrypt },
    { "POST", "keys/*/?/decrypt", decrypt },
    { "POST", "keys/*/?/wrapkey", wrap },
    { "POST", "keys/*/?/unwrapkey", unwrap },
    { NULL, NULL, NULL },
};
