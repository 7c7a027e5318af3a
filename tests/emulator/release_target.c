/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The target of a key release: the token (JWT) that an attestation service
 * gave an environment. The key to wrap with is in x-ms-runtime.keys.
 */

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "clock.h"
#include "identity.h"
#include "jsonx.h"
#include "jwk.h"
#include "jwt.h"
#include "release_policy.h"
#include "release_target.h"
#include "settings.h"

#define LEEWAY 300

/* The first RSA key of the list; NULL if there is none. */
static EVP_PKEY *first_key(struct json_object *claims)
{
    struct json_object *keys =
        emu_json_get(emu_json_get(claims, "x-ms-runtime"), "keys");
    EVP_PKEY *key = NULL;

    if (keys == NULL)
        keys = emu_json_get(claims, "keys");
    if (!json_object_is_type(keys, json_type_array))
        return NULL;
    for (size_t i = 0; key == NULL && i < json_object_array_length(keys); i++)
        key = emu_rsa_public_from_jwk(json_object_array_get_idx(keys, i));
    return key;
}

bool emu_release_target_read(struct emu_call *call,
                             struct emu_release_target *target)
{
    *target = (struct emu_release_target){ .token = emu_json_str(call->body,
                                                                 "target") };
    if (target->token != NULL)
        target->claims = emu_jwt_claims(target->token);
    target->key = first_key(target->claims);
    if (target->claims != NULL)
        return true;
    emu_reply_error(call->reply, EMU_E_VALUE, "target");
    return false;
}

void emu_release_target_free(struct emu_release_target *target)
{
    json_object_put(target->claims);
    EVP_PKEY_free(target->key);
    target->claims = NULL;
    target->key = NULL;
}

static bool times_ok(struct json_object *claims)
{
    int64_t now = emu_now();
    int64_t exp;
    int64_t nbf = 0;

    if (!emu_json_int(emu_json_get(claims, "exp"), &exp)
        || (emu_json_get(claims, "nbf") != NULL
            && !emu_json_int(emu_json_get(claims, "nbf"), &nbf)))
        return false;
    return exp + LEEWAY > now && nbf - LEEWAY <= now;
}

static bool signature_ok(const struct emu_call *call,
                         const struct emu_release_target *target,
                         const char *issuer)
{
    struct json_object *header = emu_jwt_header(target->token);
    const char *alg = emu_json_str(header, "alg");
    EVP_PKEY *key = emu_identity_authority(call->emu->identity, issuer);
    bool ok = key != NULL && alg != NULL
              && emu_jwt_signature_ok(key, alg, target->token);

    json_object_put(header);
    return ok;
}

bool emu_release_target_check(struct emu_call *call,
                              const struct emu_release_target *target,
                              const struct emu_object *key)
{
    const char *issuer = emu_json_str(target->claims, "iss");
    struct json_object *rules;
    bool allowed;

    if (issuer == NULL || !signature_ok(call, target, issuer)
        || !times_ok(target->claims)) {
        emu_reply_error(call->reply, EMU_E_ATTESTATION);
        return false;
    }
    if (key->settings.release_policy == NULL)
        return true;
    rules = emu_release_policy_rules(&key->settings);
    allowed =
        rules != NULL && emu_release_allowed(rules, issuer, target->claims);
    json_object_put(rules);
    if (!allowed)
        emu_reply_error(call->reply, EMU_E_RELEASE_POLICY);
    return allowed;
}
