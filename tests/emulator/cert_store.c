/* SPDX-License-Identifier: Apache-2.0 */

/* A certificate is three objects of one name and version. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "cert_policy.h"
#include "cert_store.h"
#include "jsonx.h"
#include "x509_make.h"
#include "xmem.h"

static bool kind_free(struct emu_call *call, enum emu_kind kind)
{
    struct emu_place at = { call->vault, kind, call->name };
    enum emu_outcome outcome = emu_store_may_add(call->emu->store, &at);
    struct emu_object *old;
    bool ours = true;

    if (outcome != EMU_DONE) {
        emu_reply_outcome(call, outcome);
        return false;
    }
    if (kind == EMU_CERTS)
        return true;
    old = emu_store_peek(call->emu->store, &at, false);
    if (old != NULL)
        ours = old->managed;
    emu_object_free(old);
    if (!ours)
        emu_reply_outcome(call, EMU_UNMANAGED);
    return ours;
}

bool emu_cert_name_free(struct emu_call *call)
{
    return kind_free(call, EMU_CERTS) && kind_free(call, EMU_KEYS)
           && kind_free(call, EMU_SECRETS);
}

static struct emu_object *new_object(const struct emu_new_cert *new_cert,
                                     enum emu_kind kind)
{
    struct emu_object *obj = emu_object_new(kind);

    if (new_cert->version != NULL)
        snprintf(obj->version, sizeof(obj->version), "%s", new_cert->version);
    obj->managed = kind != EMU_CERTS;
    obj->settings.enabled = new_cert->enabled;
    emu_x509_dates(new_cert->parts->leaf, &obj->settings.nbf,
                   &obj->settings.exp);
    return obj;
}

static char *secret_text(const struct emu_new_cert *new_cert)
{
    struct emu_cert_parts parts = *new_cert->parts;

    if (!emu_policy_exportable(new_cert->policy))
        parts.key = NULL;
    return strcmp(emu_policy_content_type(new_cert->policy),
                  "application/x-pem-file")
                   == 0
               ? emu_cert_parts_pem(&parts, true)
               : emu_cert_parts_pfx(&parts);
}

static bool add(struct emu_call *call, struct emu_object *obj)
{
    struct emu_place at = { call->vault, obj->kind, call->name };
    enum emu_outcome outcome = emu_store_add(call->emu->store, &at, obj);

    if (outcome == EMU_DONE)
        return true;
    emu_reply_outcome(call, outcome);
    return false;
}

static void copy_tags(struct emu_object *to, const struct emu_object *from)
{
    free(to->settings.tags);
    to->settings.tags =
        from->settings.tags == NULL ? NULL : emu_xstrdup(from->settings.tags);
}

static void fill(struct emu_object *obj, void *arg)
{
    const struct emu_object *filled = arg;

    copy_tags(obj, filled);
    obj->settings.enabled = filled->settings.enabled;
    obj->settings.nbf = filled->settings.nbf;
    obj->settings.exp = filled->settings.exp;
    obj->cer = emu_xstrdup(filled->cer);
}

/* The unfinished version becomes this one, if there is one. */
static bool add_or_fill(struct emu_call *call, struct emu_object **cert)
{
    struct emu_place at = { call->vault, EMU_CERTS, call->name };
    struct emu_object *old =
        *(*cert)->version == '\0'
            ? NULL
            : emu_store_update(call->emu->store, &at, (*cert)->version, fill,
                               *cert);

    if (old == NULL)
        return add(call, *cert);
    emu_object_free(*cert);
    *cert = old;
    return true;
}

bool emu_cert_store(struct emu_call *call, const struct emu_new_cert *new_cert,
                    struct emu_object **cert)
{
    struct emu_place at = { call->vault, EMU_CERTS, call->name };
    struct emu_object *obj = new_object(new_cert, EMU_CERTS);
    struct emu_object *key = new_object(new_cert, EMU_KEYS);
    struct emu_object *secret = new_object(new_cert, EMU_SECRETS);
    bool ok = false;

    obj->settings.tags = new_cert->tags;
    copy_tags(key, obj);
    copy_tags(secret, obj); /* recorded: certificates-secret-pkcs12-cpp */
    obj->preserve_order = new_cert->preserve_order;
    obj->cer = emu_x509_base64(new_cert->parts->leaf);
    key->mat = emu_material_up_ref(new_cert->mat);
    emu_policy_key_ops(new_cert->policy, &key->settings);
    if (key->settings.nops == 0) /* a certificate without keyUsage */
        emu_settings_default_ops(&key->settings, key->mat->kty);
    secret->value = secret_text(new_cert);
    if (secret->value == NULL) {
        emu_reply_error(call->reply, EMU_E_INTERNAL, "cannot make the secret");
        goto out;
    }
    secret->value_len = strlen(secret->value);
    secret->settings.content_type =
        emu_xstrdup(emu_policy_content_type(new_cert->policy));
    if (!add_or_fill(call, &obj))
        goto out;
    snprintf(key->version, sizeof(key->version), "%s", obj->version);
    snprintf(secret->version, sizeof(secret->version), "%s", obj->version);
    ok = add(call, key) && add(call, secret);
    if (ok) {
        struct json_object *copy = NULL;

        json_object_deep_copy(new_cert->policy, &copy, NULL);
        emu_store_set_note(call->emu->store, &at, "policy", copy);
        *cert = emu_object_up_ref(obj);
    }
out:
    emu_object_free(obj);
    emu_object_free(key);
    emu_object_free(secret);
    return ok;
}
