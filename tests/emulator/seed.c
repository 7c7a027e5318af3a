/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "buf.h"
#include "clock.h"
#include "jsonx.h"
#include "options.h"
#include "ossl.h"
#include "route.h"
#include "seed.h"
#include "seed_impl.h"
#include "settings.h"
#include "xmem.h"

/* "+90d", "-1s", or seconds since 1970. */
static bool parse_time(struct json_object *value, int64_t *out)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
    const char *text;
    char *end;
    long long n;

    if (emu_json_int(value, out))
        return *out >= 0;
    if (!json_object_is_type(value, json_type_string))
        return false;
    text = json_object_get_string(value);
    if ((text[0] != '+' && text[0] != '-') || text[1] < '0' || text[1] > '9')
        return false;
    n = strtoll(text, &end, 10);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (*end == units[i].unit && end[1] == '\0'
            && llabs(n) < 1000000000LL) {
            *out = emu_now() + n * units[i].seconds;
            return true;
        }
    }
    return false;
}

static bool read_attributes(const struct seed *seed, struct json_object *obj,
                            struct emu_settings *settings)
{
    static const char *const members[] = { "enabled", "nbf", "exp", NULL };
    struct json_object *value;
    const char *name;

    if (obj == NULL)
        return true;
    if (!json_object_is_type(obj, json_type_object))
        return emu_seed_bad(seed, "attributes", "want an object");
    name = emu_json_unknown(obj, members);
    if (name != NULL)
        return emu_seed_bad(seed, "attributes", "unknown member '%s'", name);
    value = emu_json_get(obj, "enabled");
    if (value != NULL) {
        if (!json_object_is_type(value, json_type_boolean))
            return emu_seed_bad(seed, "attributes.enabled",
                                "want true or false");
        settings->enabled = json_object_get_boolean(value);
    }
    value = emu_json_get(obj, "nbf");
    if (value != NULL && !parse_time(value, &settings->nbf))
        return emu_seed_bad(
            seed, "attributes.nbf",
            "want seconds since 1970, or a time such as \"-1h\"");
    value = emu_json_get(obj, "exp");
    if (value != NULL && !parse_time(value, &settings->exp))
        return emu_seed_bad(
            seed, "attributes.exp",
            "want seconds since 1970, or a time such as \"+90d\"");
    return true;
}

/* What a key is to be. */
struct kind {
    enum emu_kty kty;
    bool hsm;
};

static struct emu_material *from_pem(const struct seed *seed,
                                     const char *member, const char *text,
                                     struct kind kind)
{
    BIO *bio = BIO_new_mem_buf(text, -1);
    EVP_PKEY *pkey = NULL;
    struct emu_material *mat = NULL;
    char reason[200];

    if (bio != NULL)
        pkey = PEM_read_bio_PrivateKey_ex(bio, NULL, emu_no_passphrase, NULL,
                                          emu_libctx(), NULL);
    BIO_free(bio);
    if (pkey == NULL) {
        emu_ossl_reason(reason, sizeof(reason));
        emu_seed_bad(seed, member, "no private key in PEM: %s", reason);
        return NULL;
    }
    mat = emu_material_new(pkey, kind.hsm);
    if (mat == NULL)
        emu_seed_bad(seed, member, "a vault does not hold such a key");
    else if (mat->kty != kind.kty) {
        emu_seed_bad(seed, "kty", "the key in %s is of another type", member);
        emu_material_free(mat);
        mat = NULL;
    }
    return mat;
}

static struct emu_material *from_pem_file(const struct seed *seed,
                                          const char *file, struct kind kind)
{
    struct emu_buf text = EMU_BUF_INIT;
    struct emu_material *mat = NULL;

    if (emu_seed_read_beside(seed, "pem_file", file, &text))
        mat = from_pem(seed, "pem_file", emu_buf_str(&text), kind);
    emu_buf_free(&text);
    return mat;
}

static struct emu_material *generate(const struct seed *seed,
                                     struct json_object *obj, struct kind kind)
{
    struct json_object *size = emu_json_get(obj, "size");
    const char *crv = "P-256";
    const struct emu_curve *curve;
    int64_t bits = 2048;

    if (size != NULL
        && (!emu_json_int(size, &bits) || kind.kty != EMU_KTY_RSA
            || (bits != 2048 && bits != 3072 && bits != 4096))) {
        emu_seed_bad(seed, "size", "want 2048, 3072 or 4096, for RSA only");
        return NULL;
    }
    if (!emu_seed_get_string(seed, obj, "crv", &crv))
        return NULL;
    curve = emu_curve_by_name(crv);
    if (curve == NULL
        || (kind.kty == EMU_KTY_RSA && emu_json_get(obj, "crv") != NULL)) {
        emu_seed_bad(seed, "crv",
                     "want P-256, P-384, P-521 or P-256K, for EC only");
        return NULL;
    }
    return kind.kty == EMU_KTY_RSA
               ? emu_material_generate_rsa((unsigned)bits, 65537, kind.hsm)
               : emu_material_generate_ec(curve, kind.hsm);
}

/* Given as k, or made: 256 bits if no size is given. */
static struct emu_material *symmetric(const struct seed *seed,
                                      struct json_object *obj)
{
    struct emu_material *mat = NULL;
    const char *k = NULL;
    int64_t bits = 256;

    if (!emu_seed_get_string(seed, obj, "k", &k))
        return NULL;
    if (k != NULL) {
        mat = emu_material_from_k(k, true);
        if (mat == NULL)
            emu_seed_bad(seed, "k", "want base64url of such a key");
    } else if (emu_json_get(obj, "size") != NULL
               && (!emu_json_int(emu_json_get(obj, "size"), &bits)
                   || (bits != 128 && bits != 192 && bits != 256 && bits != 384
                       && bits != 512))) {
        emu_seed_bad(seed, "size", "want 128, 192, 256, 384 or 512");
    } else {
        mat = emu_material_generate_oct((unsigned)bits, true);
    }
    return mat;
}

static struct emu_material *read_material(const struct seed *seed,
                                          struct json_object *obj,
                                          struct kind kind)
{
    const char *pem = NULL;
    const char *pem_file = NULL;

    if (kind.kty == EMU_KTY_OCT)
        return symmetric(seed, obj);
    if (!emu_seed_get_string(seed, obj, "pem", &pem)
        || !emu_seed_get_string(seed, obj, "pem_file", &pem_file))
        return NULL;
    if (pem != NULL && pem_file != NULL) {
        emu_seed_bad(seed, "pem_file", "not together with pem");
        return NULL;
    }
    if (pem != NULL)
        return from_pem(seed, "pem", pem, kind);
    if (pem_file != NULL)
        return from_pem_file(seed, pem_file, kind);
    return generate(seed, obj, kind);
}

static bool read_kty(const struct seed *seed, struct json_object *obj,
                     struct kind *kind)
{
    static const struct {
        const char *name;
        struct kind kind;
    } names[] = { { "RSA", { EMU_KTY_RSA, false } },
                  { "EC", { EMU_KTY_EC, false } },
                  { "RSA-HSM", { EMU_KTY_RSA, true } },
                  { "EC-HSM", { EMU_KTY_EC, true } },
                  { "oct-HSM", { EMU_KTY_OCT, true } } };
    const char *text = NULL;

    if (!emu_seed_get_string(seed, obj, "kty", &text))
        return false;
    for (size_t i = 0; text != NULL && i < sizeof(names) / sizeof(names[0]);
         i++) {
        if (strcmp(text, names[i].name) == 0) {
            *kind = names[i].kind;
            return true;
        }
    }
    return emu_seed_bad(seed, "kty",
                        "want RSA, EC, RSA-HSM, EC-HSM or oct-HSM");
}

bool emu_seed_settings(const struct seed *seed, struct json_object *obj,
                       struct emu_settings *settings)
{
    struct json_object *part = json_object_new_object();
    struct emu_reply reply = { 0 };
    static const char *const members[] = { "key_ops", "tags" };
    bool ok = true;

    for (size_t i = 0; i < 2 && ok; i++) {
        struct json_object *value = emu_json_get(obj, members[i]);

        json_object_object_add(part, members[i], json_object_get(value));
        if (!emu_settings_read(&reply, part, part, settings))
            ok = emu_seed_bad(seed, members[i], "not valid");
    }
    json_object_put(part);
    emu_reply_free(&reply);
    return ok
           && read_attributes(seed, emu_json_get(obj, "attributes"), settings);
}

bool emu_seed_names(const struct seed *seed, struct json_object *obj,
                    struct emu_place *at)
{
    at->vault = emu_store_default(seed->store, false);
    at->name = NULL;
    if (!emu_seed_get_string(seed, obj, "vault", &at->vault)
        || !emu_seed_get_string(seed, obj, "name", &at->name))
        return false;
    if (emu_store_find_vault(seed->store, at->vault) == NULL)
        return emu_seed_bad(seed, "vault", "there is no vault '%s'", at->vault);
    if (at->name == NULL || !emu_object_name_ok(at->name))
        return emu_seed_bad(seed, "name",
                            "want 1 to 127 letters, digits and hyphens");
    return true;
}

bool emu_seed_passes(const struct seed *seed, const struct emu_place *at)
{
    struct emu_object *live;
    struct emu_object *deleted;

    if (!seed->missing)
        return false;
    live = emu_store_peek(seed->store, at, false);
    deleted = emu_store_peek(seed->store, at, true);
    emu_object_free(live);
    emu_object_free(deleted);
    return live != NULL || deleted != NULL;
}

static bool read_key(struct seed *seed, struct json_object *obj)
{
    static const char *const members[] = { "vault",    "name",    "kty",
                                           "size",     "crv",     "pem",
                                           "pem_file", "key_ops", "attributes",
                                           "tags",     "k",       NULL };
    struct emu_place at = { .kind = EMU_KEYS };
    struct kind kind = { EMU_KTY_RSA, false };
    struct emu_object *key;
    bool ok = false;
    bool hsm;

    if (!emu_seed_check_members(seed, obj, members)
        || !emu_seed_names(seed, obj, &at) || !read_kty(seed, obj, &kind))
        return false;
    if (emu_seed_passes(seed, &at))
        return true;
    hsm = emu_store_traits(seed->store, at.vault)->hsm;
    if (kind.kty == EMU_KTY_OCT && !hsm)
        return emu_seed_bad(seed, "kty", "only a Managed HSM has such keys");
    kind.hsm = kind.hsm || hsm; /* there, all keys are */
    key = emu_object_new(EMU_KEYS);
    emu_settings_default_ops(&key->settings, kind.kty);
    if (emu_seed_settings(seed, obj, &key->settings)) {
        key->mat = read_material(seed, obj, kind);
        ok = key->mat != NULL
             && emu_store_add(seed->store, &at, key) == EMU_DONE;
    }
    emu_object_free(key);
    return ok;
}

static bool read_secret(struct seed *seed, struct json_object *obj)
{
    static const char *const members[] = { "vault",       "name",       "value",
                                           "contentType", "attributes", "tags",
                                           NULL };
    struct emu_place at = { .kind = EMU_SECRETS };
    struct json_object *value = emu_json_get(obj, "value");
    struct emu_object *secret;
    const char *type = NULL;
    bool ok;

    if (!emu_seed_check_members(seed, obj, members)
        || !emu_seed_names(seed, obj, &at)
        || !emu_seed_get_string(seed, obj, "contentType", &type))
        return false;
    if (!json_object_is_type(value, json_type_string))
        return emu_seed_bad(seed, "value", "want a string");
    if (emu_seed_passes(seed, &at))
        return true;
    secret = emu_object_new(EMU_SECRETS);
    secret->value_len = (size_t)json_object_get_string_len(value);
    secret->value = emu_xcalloc(secret->value_len + 1, 1);
    memcpy(secret->value, json_object_get_string(value), secret->value_len);
    if (type != NULL)
        secret->settings.content_type = emu_xstrdup(type);
    ok = emu_seed_settings(seed, obj, &secret->settings)
         && emu_store_add(seed->store, &at, secret) == EMU_DONE;
    emu_object_free(secret);
    return ok;
}

/* Keys without a vault need one to go to. */
static bool add_default_vault(struct seed *seed)
{
    return emu_store_default(seed->store, false) != NULL
           || emu_store_add_vault(seed->store, EMU_DEFAULT_VAULT);
}

static bool read_list(struct seed *seed, struct json_object *top,
                      const char *name,
                      bool (*read)(struct seed *seed, struct json_object *obj))
{
    struct json_object *list = emu_json_get(top, name);

    if (list == NULL)
        return true;
    if (!json_object_is_type(list, json_type_array))
        return emu_seed_bad(seed, name, "want a list");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        snprintf(seed->where, sizeof(seed->where), "%s[%zu]", name, i);
        if (!read(seed, json_object_array_get_idx(list, i)))
            return false;
    }
    seed->where[0] = '\0';
    return true;
}

static bool read_lenient(struct seed *seed, struct json_object *top,
                         bool *lenient)
{
    struct json_object *value = emu_json_get(top, "lenient");

    if (value != NULL && !json_object_is_type(value, json_type_boolean))
        return emu_seed_bad(seed, "lenient", "want true or false");
    *lenient = json_object_get_boolean(value);
    return true;
}

bool emu_seed_load(const char *path, bool fresh, struct emu *emu)
{
    static const char *const members[] = {
        "tenants",     "vaults",       "keys",    "secrets", "principals",
        "authorities", "certificates", "lenient", NULL
    };
    struct seed seed = { .path = path,
                         .store = emu->store,
                         .identity = emu->identity,
                         .missing = !fresh };
    struct emu_buf text = EMU_BUF_INIT;
    struct json_object *top = NULL;
    bool ok = false;

    if (!emu_seed_read_file(path, &text)) {
        emu_seed_bad(&seed, "", "cannot be read");
        goto out;
    }
    top = emu_json_parse(emu_buf_str(&text), text.len);
    if (top == NULL) {
        emu_seed_bad(&seed, "", "not valid JSON");
        goto out;
    }
    ok =
        emu_seed_check_members(&seed, top, members)
        && read_lenient(&seed, top, &emu->lenient)
        && read_list(&seed, top, "tenants", emu_seed_tenant)
        && read_list(&seed, top, "vaults", emu_seed_vault)
        && add_default_vault(&seed)
        && (!(fresh || emu->options->seed_missing)
            || (read_list(&seed, top, "keys", read_key)
                && read_list(&seed, top, "secrets", read_secret)
                && read_list(&seed, top, "certificates", emu_seed_certificate)))
        && read_list(&seed, top, "principals", emu_seed_principal)
        && read_list(&seed, top, "authorities", emu_seed_authority);
out:
    json_object_put(top);
    emu_buf_free(&text);
    return ok;
}
