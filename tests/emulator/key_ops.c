/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "b64.h"
#include "jsonx.h"
#include "key_ops.h"
#include "key_settings.h"
#include "xmem.h"

#define MAX_PAGE 25
#define RETENTION_DAYS 7

char *emu_key_id(const struct emu_call *call, const struct emu_key *key,
                 bool with_version)
{
    return emu_xasprintf("https://%s/keys/%s%s%s", call->req->host, key->name,
                         with_version ? "/" : "",
                         with_version ? key->version : "");
}

struct emu_key *emu_find_key(struct emu_call *call)
{
    struct emu_key *key = emu_store_get_key(call->emu->store, call->vault,
                                            call->name, call->version);
    char *id;

    if (key != NULL)
        return key;
    id = emu_xasprintf("%s%s%s", call->name, call->version == NULL ? "" : "/",
                       call->version == NULL ? "" : call->version);
    emu_reply_error(call->reply, EMU_E_KEY_NOT_FOUND, id);
    free(id);
    return NULL;
}

static void add_attributes(const struct emu_call *call, struct json_object *obj,
                           const struct emu_key *key)
{
    struct json_object *attributes = json_object_new_object();

    emu_json_add_bool(attributes, "enabled", key->settings.enabled);
    if (key->settings.nbf != EMU_NO_TIME)
        emu_json_add_int(attributes, "nbf", key->settings.nbf);
    if (key->settings.exp != EMU_NO_TIME)
        emu_json_add_int(attributes, "exp", key->settings.exp);
    emu_json_add_int(attributes, "created", key->created);
    emu_json_add_int(attributes, "updated", key->updated);
    emu_json_add_str(attributes, "recoveryLevel",
                     "CustomizedRecoverable+Purgeable");
    if (call->api >= EMU_API_7_1)
        emu_json_add_int(attributes, "recoverableDays", RETENTION_DAYS);
    if (call->api >= EMU_API_7_3)
        emu_json_add_bool(attributes, "exportable", false);
    if (call->api >= EMU_API_7_5)
        emu_json_add_str(attributes, "hsmPlatform", key->mat->hsm ? "2" : "0");
    json_object_object_add(obj, "attributes", attributes);
    if (key->settings.tags != NULL)
        json_object_object_add(
            obj, "tags",
            emu_json_parse(key->settings.tags, strlen(key->settings.tags)));
}

static struct json_object *jwk_of(const struct emu_call *call,
                                  const struct emu_key *key)
{
    struct json_object *jwk = json_object_new_object();
    struct json_object *ops = json_object_new_array();
    char *id = emu_key_id(call, key, true);

    emu_json_add_str(jwk, "kid", id);
    emu_json_add_str(jwk, "kty", emu_kty_name(key->mat));
    for (size_t i = 0; i < key->settings.nops; i++)
        json_object_array_add(
            ops, json_object_new_string(emu_key_op_name(key->settings.ops[i])));
    json_object_object_add(jwk, "key_ops", ops);
    emu_material_add_public(key->mat, jwk);
    free(id);
    return jwk;
}

/* Drops the reference. */
static void reply_bundle(struct emu_call *call, struct emu_key *key)
{
    struct json_object *obj = json_object_new_object();

    json_object_object_add(obj, "key", jwk_of(call, key));
    add_attributes(call, obj, key);
    emu_reply_json(call->reply, 200, obj);
    emu_key_free(key);
}

void emu_get_key(struct emu_call *call)
{
    struct emu_key *key = emu_find_key(call);

    if (key != NULL)
        reply_bundle(call, key);
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
        && (!emu_json_int(exponent, &e) || (e != 3 && e != 65537))) {
        emu_reply_error(call->reply, EMU_E_VALUE, "public_exponent");
        return NULL;
    }
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

static const struct {
    const char *name;
    enum emu_kty kty;
    bool hsm;
} key_types[] = {
    { "RSA", EMU_KTY_RSA, false },
    { "RSA-HSM", EMU_KTY_RSA, true },
    { "EC", EMU_KTY_EC, false },
    { "EC-HSM", EMU_KTY_EC, true },
};

static bool find_kty(const char *name, enum emu_kty *kty, bool *hsm)
{
    for (size_t i = 0; i < sizeof(key_types) / sizeof(key_types[0]); i++) {
        if (strcasecmp(key_types[i].name, name) == 0) {
            *kty = key_types[i].kty;
            *hsm = key_types[i].hsm;
            return true;
        }
    }
    return false;
}

/* Takes mat over. */
static void add_key(struct emu_call *call, struct emu_material *mat,
                    const struct emu_key_settings *settings)
{
    reply_bundle(call, emu_store_add_key(call->emu->store, call->vault,
                                         call->name, mat, settings));
}

void emu_create_key(struct emu_call *call)
{
    struct json_object *value = emu_json_get(call->body, "kty");
    const char *name = emu_json_str(call->body, "kty");
    struct emu_key_settings settings;
    struct emu_material *mat;
    enum emu_kty kty;
    bool hsm;

    if (value == NULL) {
        emu_reply_error(call->reply, EMU_E_MISSING, "kty");
        return;
    }
    if (name == NULL || !find_kty(name, &kty, &hsm)) {
        emu_reply_error(call->reply, EMU_E_VALUE, "");
        return;
    }
    emu_settings_init(&settings, kty);
    if (!emu_settings_read(call->reply, call->body, call->body, &settings))
        goto out;
    mat = kty == EMU_KTY_RSA ? create_rsa(call, hsm) : create_ec(call, hsm);
    if (mat != NULL)
        add_key(call, mat, &settings);
    else if (call->reply->status == 0)
        emu_reply_error(call->reply, EMU_E_INTERNAL, "cannot make the key");
out:
    emu_settings_free(&settings);
}

void emu_import_key(struct emu_call *call)
{
    struct json_object *jwk = emu_json_get(call->body, "key");
    struct json_object *flag = emu_json_get(call->body, "Hsm");
    const char *name = emu_json_str(jwk, "kty");
    struct emu_key_settings settings;
    struct emu_material *mat;
    enum emu_kty kty;
    bool hsm;

    if (name == NULL || !find_kty(name, &kty, &hsm)) {
        emu_reply_error(call->reply, EMU_E_JWK);
        return;
    }
    if (flag != NULL && json_object_get_boolean(flag))
        hsm = true;
    emu_settings_init(&settings, kty);
    if (emu_settings_read(call->reply, jwk, call->body, &settings)) {
        mat = emu_material_from_jwk(jwk, hsm);
        if (mat == NULL)
            emu_reply_error(call->reply, EMU_E_JWK);
        else
            add_key(call, mat, &settings);
    }
    emu_settings_free(&settings);
}

static void apply_update(struct emu_key_settings *settings, void *arg)
{
    const struct emu_call *call = arg;
    struct emu_reply ignored = { 0 };

    /* Read once before without an error, so it has none now. */
    if (!emu_settings_read(&ignored, call->body, call->body, settings))
        emu_reply_free(&ignored);
}

void emu_update_key(struct emu_call *call)
{
    struct emu_key_settings scratch;
    struct emu_key *key;

    emu_settings_init(&scratch, EMU_KTY_RSA);
    if (emu_settings_read(call->reply, call->body, call->body, &scratch)) {
        key = emu_store_update_key(call->emu->store, call->vault, call->name,
                                   call->version, apply_update, call);
        if (key != NULL)
            reply_bundle(call, key);
        else
            emu_get_key(call); /* makes the 404 */
    }
    emu_settings_free(&scratch);
}

static bool read_maxresults(struct emu_call *call, size_t *max)
{
    const char *text = emu_target_param(&call->req->target, "maxresults");
    char *end;
    long n;

    *max = MAX_PAGE;
    if (text == NULL)
        return true;
    n = strtol(text, &end, 10);
    if (end == text || *end != '\0' || n < 1 || n > MAX_PAGE) {
        emu_reply_error(call->reply, EMU_E_MAXRESULTS, text);
        return false;
    }
    *max = (size_t)n;
    return true;
}

/* Where the page begins: the caller frees it, NULL is the beginning. */
static bool read_marker(struct emu_call *call, char **marker)
{
    const char *text = emu_target_param(&call->req->target, "$skiptoken");
    unsigned char *raw;
    size_t len;

    *marker = NULL;
    if (text == NULL)
        return true;
    if (emu_b64url_decode(text, &raw, &len)) {
        struct json_object *obj = emu_json_parse((const char *)raw, len);
        const char *next = emu_json_str(obj, "NextMarker");

        if (next != NULL)
            *marker = emu_xstrdup(next);
        json_object_put(obj);
        free(raw);
    }
    if (*marker == NULL)
        emu_reply_error(call->reply, EMU_E_SKIPTOKEN);
    return *marker != NULL;
}

/* As the service writes it: with the port, and a `$` that is not escaped. */
static char *next_link(const struct emu_call *call, const char *marker,
                       size_t max)
{
    const struct emu_target *target = &call->req->target;
    struct json_object *obj = json_object_new_object();
    bool ported = strchr(call->req->host, ':') != NULL
                  && strchr(call->req->host, ']') == NULL;
    struct emu_buf path = EMU_BUF_INIT;
    const char *text;
    char *token;
    char *link;

    emu_json_add_str(obj, "NextMarker", marker);
    emu_json_add_int(obj, "TargetLocation", 0);
    text = emu_json_text(obj);
    token = emu_b64url_encode(text, strlen(text));
    for (size_t i = 0; i < target->nsegments; i++)
        emu_buf_printf(&path, "/%s", target->segment[i]);
    if (strstr(call->req->host, "]:") != NULL)
        ported = true;
    link =
        emu_xasprintf("https://%s%s%s?api-version=%s&$skiptoken=%s"
                      "&maxresults=%zu",
                      call->req->host, ported ? "" : ":443", emu_buf_str(&path),
                      emu_target_param(target, "api-version"), token, max);
    json_object_put(obj);
    emu_buf_free(&path);
    free(token);
    return link;
}

static void reply_page(struct emu_call *call, const char *name, size_t max,
                       struct emu_key **page, size_t n)
{
    struct json_object *obj = json_object_new_object();
    struct json_object *list = json_object_new_array();
    size_t shown = n > max ? max : n;

    for (size_t i = 0; i < shown; i++) {
        struct json_object *item = json_object_new_object();
        char *id = emu_key_id(call, page[i], name != NULL);

        emu_json_add_str(item, "kid", id);
        add_attributes(call, item, page[i]);
        json_object_array_add(list, item);
        free(id);
    }
    json_object_object_add(obj, "value", list);
    if (n > max) {
        const struct emu_key *last = page[max - 1];
        char *link =
            next_link(call, name == NULL ? last->name : last->version, max);

        emu_json_add_str(obj, "nextLink", link);
        free(link);
    } else {
        json_object_object_add(obj, "nextLink", NULL);
    }
    emu_reply_json(call->reply, 200, obj);
}

static void list(struct emu_call *call, const char *name)
{
    struct emu_key *page[MAX_PAGE + 1]; /* one more tells if there is more */
    char *marker;
    size_t max;
    size_t n;

    if (!read_maxresults(call, &max) || !read_marker(call, &marker))
        return;
    n = emu_store_list(call->emu->store, call->vault, name, marker, page,
                       max + 1);
    reply_page(call, name, max, page, n);
    for (size_t i = 0; i < n; i++)
        emu_key_free(page[i]);
    free(marker);
}

void emu_list_keys(struct emu_call *call)
{
    list(call, NULL);
}

void emu_list_key_versions(struct emu_call *call)
{
    list(call, call->name);
}
