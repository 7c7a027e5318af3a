/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "b64.h"
#include "bundle.h"
#include "jsonx.h"
#include "key_ops.h"
#include "ossl.h"
#include "settings.h"
#include "xmem.h"

void emu_get_key(struct emu_call *call)
{
    struct emu_object *key = emu_find(call);

    if (key != NULL)
        emu_reply_bundle(call, key);
}

/* The exponent of exportable HSM keys of a vault has a zero byte in front
 * (recorded: keys-release-policy-update-vault). */
static void widen_exponent(const struct emu_call *call, struct emu_object *key)
{
    if (!key->exportable || call->traits->hsm || !key->mat->hsm
        || key->mat->kty != EMU_KTY_RSA || strcmp(key->mat->e, "AQAB") != 0)
        return;
    free(key->mat->e);
    key->mat->e = emu_xstrdup("AAEAAQ");
}

static struct emu_material *create_rsa(struct emu_call *call, bool hsm)
{
    struct json_object *size = emu_json_get(call->body, "key_size");
    struct json_object *exponent = emu_json_get(call->body, "public_exponent");
    int64_t bits = 2048;
    int64_t e = 65537;

    if (size != NULL
        && (!emu_json_int(size, &bits)
            || (bits != 2048 && bits != 3072 && bits != 4096))) {
        emu_reply_error(call->reply, EMU_E_VALUE, "key_size");
        return NULL;
    }
    if (exponent != NULL
        && (!emu_json_int(exponent, &e) || e < 0 || e == 1 || e > INT32_MAX
            || (e != 0 && e % 2 == 0))) {
        emu_reply_error(call->reply, EMU_E_VALUE, "public_exponent");
        return NULL;
    }
    if (e == 0) /* Java's int that nobody has set (SDK source) */
        e = 65537;
    return emu_material_generate_rsa((unsigned)bits, (unsigned)e, hsm);
}

static struct emu_material *create_ec(struct emu_call *call, bool hsm)
{
    struct json_object *crv = emu_json_get(call->body, "crv");
    const char *name = crv == NULL ? "P-256" : emu_json_str(call->body, "crv");
    const struct emu_curve *curve =
        name == NULL ? NULL : emu_curve_by_name(name);

    if (curve == NULL) {
        emu_reply_error(call->reply, EMU_E_VALUE, "crv");
        return NULL;
    }
    return emu_material_generate_ec(curve, hsm);
}

static struct emu_material *create_oct(struct emu_call *call, bool hsm)
{
    struct json_object *size = emu_json_get(call->body, "key_size");
    int64_t bits = 256;

    /* More than 256 bits are for HMAC. */
    if (size != NULL
        && (!emu_json_int(size, &bits)
            || (bits != 128 && bits != 192 && bits != 256 && bits != 384
                && bits != 512))) {
        emu_reply_error(call->reply, EMU_E_VALUE, "key_size");
        return NULL;
    }
    return emu_material_generate_oct((unsigned)bits, hsm);
}

static struct emu_material *create(struct emu_call *call, enum emu_kty kty,
                                   bool hsm)
{
    switch (kty) {
    case EMU_KTY_RSA:
        return create_rsa(call, hsm);
    case EMU_KTY_EC:
        return create_ec(call, hsm);
    default:
        return create_oct(call, hsm);
    }
}

static const struct {
    const char *name;
    enum emu_kty kty;
    bool hsm;
} key_types[] = {
    { "RSA", EMU_KTY_RSA, false }, { "RSA-HSM", EMU_KTY_RSA, true },
    { "EC", EMU_KTY_EC, false },   { "EC-HSM", EMU_KTY_EC, true },
    { "oct", EMU_KTY_OCT, true },  { "oct-HSM", EMU_KTY_OCT, true },
    { "AES", EMU_KTY_OCT, true }, /* recorded */
};

/* A Managed HSM makes HSM keys of all; only there are symmetric keys. */
static bool find_kty(const struct emu_call *call, const char *name,
                     enum emu_kty *kty, bool *hsm)
{
    for (size_t i = 0; i < sizeof(key_types) / sizeof(key_types[0]); i++) {
        if (strcasecmp(key_types[i].name, name) == 0) {
            *kty = key_types[i].kty;
            *hsm = key_types[i].hsm || call->traits->hsm;
            return *kty != EMU_KTY_OCT || call->traits->hsm;
        }
    }
    return false;
}

/* Drops the reference. */
static void add_key(struct emu_call *call, struct emu_object *key)
{
    struct emu_place at = emu_call_place(call);
    struct emu_object *old = emu_store_peek(call->emu->store, &at, false);
    enum emu_outcome outcome = EMU_DONE;

    if (old != NULL && old->managed) {
        emu_reply_error(call->reply, EMU_E_KEY_MANAGED, call->op->verb);
    } else {
        outcome = emu_store_add(call->emu->store, &at, key);
        if (outcome == EMU_DONE)
            emu_reply_bundle(call, emu_object_up_ref(key));
        else
            emu_reply_outcome(call, outcome);
    }
    emu_object_free(old);
    emu_object_free(key);
}

/* No external key manager stands behind these vaults. A request for such a key
 * may be without kty (SDK source: Java's createExternalKey). */
static bool refuse_external(struct emu_call *call)
{
    struct json_object *attributes = emu_json_get(call->body, "attributes");

    if (call->api < EMU_API_2026_04
        || emu_json_get(attributes, "external_key") == NULL)
        return false;
    emu_reply_error(call->reply, EMU_E_EXTERNAL_KEY);
    return true;
}

/* exportable and release_policy; false with the 400 in the reply. */
static bool read_release(struct emu_call *call, struct emu_object *key,
                         bool hsm)
{
    struct json_object *attributes = emu_json_get(call->body, "attributes");

    key->exportable =
        json_object_get_boolean(emu_json_get(attributes, "exportable"));
    if (!emu_release_policy_read(call->reply, call->body, &key->settings))
        return false;
    if (!key->exportable || (hsm && key->settings.release_policy != NULL))
        return true;
    emu_reply_error(call->reply, EMU_E_EXPORTABLE);
    return false;
}

void emu_create_key(struct emu_call *call)
{
    struct json_object *value = emu_json_get(call->body, "kty");
    const char *name = emu_json_str(call->body, "kty");
    struct emu_object *key;
    enum emu_kty kty;
    bool hsm;

    if (refuse_external(call))
        return;
    if (value == NULL) {
        emu_reply_error(
            call->reply,
            call->traits->hsm ? EMU_E_KTY_MISSING_HSM : EMU_E_MISSING, "kty");
        return;
    }
    if (name == NULL || !find_kty(call, name, &kty, &hsm)) {
        emu_reply_error(call->reply, EMU_E_VALUE, "");
        return;
    }
    key = emu_object_new(EMU_KEYS);
    emu_settings_default_ops(&key->settings, kty);
    if (emu_settings_read(call->reply, call->body, call->body, &key->settings)
        && read_release(call, key, hsm)) {
        key->mat = create(call, kty, hsm);
        if (key->mat != NULL) {
            widen_exponent(call, key);
            add_key(call, key);
            return;
        }
        if (call->reply->status == 0)
            emu_reply_error(call->reply, EMU_E_INTERNAL, "cannot make the key");
    }
    emu_object_free(key);
}

static struct emu_material *import(struct json_object *jwk, enum emu_kty kty,
                                   bool hsm)
{
    const char *k = emu_json_str(jwk, "k");

    if (kty != EMU_KTY_OCT)
        return emu_material_from_jwk(jwk, hsm);
    return k == NULL ? NULL : emu_material_from_k(k, hsm);
}

void emu_import_key(struct emu_call *call)
{
    struct json_object *jwk = emu_json_get(call->body, "key");
    struct json_object *flag = emu_json_get(call->body, "Hsm");
    const char *name = emu_json_str(jwk, "kty");
    struct emu_object *key;
    enum emu_kty kty;
    bool hsm;

    if (refuse_external(call))
        return;
    if (name == NULL || !find_kty(call, name, &kty, &hsm)) {
        emu_reply_error(call->reply, EMU_E_JWK);
        return;
    }
    if (flag != NULL && json_object_get_boolean(flag))
        hsm = true;
    key = emu_object_new(EMU_KEYS);
    emu_settings_default_ops(&key->settings, kty);
    if (emu_settings_read(call->reply, jwk, call->body, &key->settings)
        && read_release(call, key, hsm)) {
        key->mat = import(jwk, kty, hsm);
        if (key->mat != NULL) {
            add_key(call, key);
            return;
        }
        emu_reply_error(call->reply, EMU_E_JWK);
    }
    emu_object_free(key);
}

static void apply_update(struct emu_object *key, void *arg)
{
    const struct emu_call *call = arg;
    struct emu_reply ignored = { 0 };

    /* Read once before without an error, so it has none now. */
    if (!emu_settings_read(&ignored, call->body, call->body, &key->settings)
        || !emu_release_policy_read(&ignored, call->body, &key->settings))
        emu_reply_free(&ignored);
}

/* False, with the 400 in the reply, for what never changes. */
static bool may_change(struct emu_call *call, const struct emu_object *key)
{
    struct json_object *exportable =
        emu_json_get(emu_json_get(call->body, "attributes"), "exportable");

    if (exportable != NULL
        && json_object_get_boolean(exportable) != key->exportable) {
        emu_reply_error(call->reply, EMU_E_VALUE, "exportable");
        return false;
    }
    if (emu_json_get(call->body, "release_policy") != NULL
        && emu_release_policy_fixed(&key->settings)) {
        emu_reply_error(call->reply, EMU_E_POLICY_IMMUTABLE);
        return false;
    }
    return true;
}

void emu_update_key(struct emu_call *call)
{
    struct emu_place at = emu_call_place(call);
    struct emu_settings scratch;
    struct emu_object *old = NULL;
    struct emu_object *key;

    emu_settings_init(&scratch);
    if (emu_settings_read(call->reply, call->body, call->body, &scratch)
        && emu_release_policy_read(call->reply, call->body, &scratch)
        && (old = emu_find(call)) != NULL && may_change(call, old)) {
        key = emu_store_update(call->emu->store, &at, call->version,
                               apply_update, call);
        if (key != NULL)
            emu_reply_bundle(call, key);
        else
            emu_reply_not_found(call);
    }
    emu_object_free(old);
    emu_settings_free(&scratch);
}

void emu_random_bytes(struct emu_call *call)
{
    struct json_object *obj;
    unsigned char raw[128];
    int64_t count;
    char *text;

    if (!emu_json_int(emu_json_get(call->body, "count"), &count) || count < 1
        || count > (int64_t)sizeof(raw)) {
        emu_reply_error(call->reply, EMU_E_RNG_COUNT);
        return;
    }
    emu_random(raw, (size_t)count);
    text = emu_b64url_encode(raw, (size_t)count);
    obj = json_object_new_object();
    emu_json_add_str(obj, "value", text);
    emu_reply_json(call->reply, 200, obj);
    free(text);
}
