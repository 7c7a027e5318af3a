/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bundle.h"
#include "cert_bundle.h"
#include "cert_make.h"
#include "cert_ops.h"
#include "cert_pending.h"
#include "cert_policy.h"
#include "cert_renew.h"
#include "cert_store.h"
#include "jsonx.h"
#include "settings.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void emu_cert_run(struct emu_call *call)
{
    pthread_mutex_lock(&lock);
    if (call->name != NULL)
        emu_cert_renew_if_due(call);
    call->op->handler(call);
    pthread_mutex_unlock(&lock);
}

void emu_cert_look_after(const struct emu_call *call)
{
    pthread_mutex_lock(&lock);
    emu_cert_renew_if_due(call);
    pthread_mutex_unlock(&lock);
}

static struct json_object *get_policy(const struct emu_call *call)
{
    struct emu_place at = { call->vault, EMU_CERTS, call->name };

    return emu_store_get_note(call->emu->store, &at, "policy");
}

/* The dates of a certificate are those of its X.509, whatever is sent. */
static bool read_settings(struct emu_reply *reply, struct json_object *body,
                          struct emu_object *cert)
{
    struct json_object *order = emu_json_get(body, "preserveCertOrder");
    int64_t nbf = cert->settings.nbf;
    int64_t exp = cert->settings.exp;

    if (!emu_settings_read(reply, NULL, body, &cert->settings))
        return false;
    cert->settings.nbf = nbf;
    cert->settings.exp = exp;
    if (order != NULL)
        cert->preserve_order = json_object_get_boolean(order);
    return true;
}

/* The policy of the body, complete; NULL with the 400 in the reply. */
static struct json_object *read_policy(struct emu_call *call,
                                       struct json_object *given,
                                       struct json_object *old)
{
    const char *why = "policy";
    struct json_object *policy = NULL;

    if (given != NULL || old != NULL)
        policy = emu_policy_complete(given, old, &why);
    if (policy == NULL)
        emu_reply_error(call->reply, EMU_E_VALUE, why);
    return policy;
}

/* False, with the error in the reply, if nobody issues by that name. */
static bool check_issuer(struct emu_call *call, struct json_object *policy)
{
    const char *name = emu_policy_issuer(policy);

    if (strcasecmp(name, "Self") == 0 || strcasecmp(name, "Unknown") == 0
        || emu_issuer_known(call, name))
        return true;
    emu_reply_error(call->reply, EMU_E_ISSUER_UNKNOWN, name);
    return false;
}

struct emu_material *emu_cert_order_key(const struct emu_call *call,
                                        struct json_object *policy)
{
    struct emu_place at = { call->vault, EMU_KEYS, call->name };
    struct json_object *props = emu_json_get(policy, "key_props");
    struct emu_material *mat = NULL;
    struct emu_object *key = NULL;

    if (json_object_get_boolean(emu_json_get(props, "reuse_key")))
        key = emu_store_get(call->emu->store, &at, NULL);
    if (key != NULL
        && strcmp(emu_kty_name(key->mat), emu_json_str(props, "kty")) == 0)
        mat = emu_material_up_ref(key->mat);
    emu_object_free(key);
    return mat == NULL ? emu_cert_generate_key(policy) : mat;
}

void emu_create_cert(struct emu_call *call)
{
    struct json_object *given = emu_json_get(call->body, "policy");
    struct json_object *old = given == NULL ? get_policy(call) : NULL;
    struct emu_object *like = emu_object_new(EMU_CERTS);
    struct emu_cert_order order = { NULL, NULL, like };
    struct emu_material *mat = NULL;

    if (!read_settings(call->reply, call->body, like))
        goto out;
    order.policy = read_policy(call, given, old);
    if (order.policy == NULL || !check_issuer(call, order.policy)
        || !emu_cert_name_free(call))
        goto out;
    if (emu_cert_is_pending(call)) {
        emu_reply_error(call->reply, EMU_E_CERT_PENDING);
        goto out;
    }
    mat = emu_cert_order_key(call, order.policy);
    order.mat = mat;
    if (mat == NULL)
        emu_reply_error(call->reply, EMU_E_INTERNAL, "cannot make the key");
    else
        emu_cert_begin(call, &order);
out:
    emu_material_free(mat);
    emu_object_free(like);
    json_object_put(order.policy);
    json_object_put(old);
}

/* What was sent, completed by what the certificate says. */
static struct json_object *import_policy(struct emu_call *call,
                                         const struct emu_cert_parts *parts,
                                         const struct emu_material *mat)
{
    struct json_object *derived = emu_policy_from_x509(
        parts->leaf, mat,
        parts->pem ? "application/x-pem-file" : "application/x-pkcs12");
    struct json_object *policy =
        read_policy(call, emu_json_get(call->body, "policy"), derived);

    json_object_put(derived);
    return policy;
}

static void import_parts(struct emu_call *call, struct emu_cert_parts *parts,
                         struct emu_object *like)
{
    struct emu_new_cert new_cert = { .parts = parts,
                                     .enabled = like->settings.enabled,
                                     .preserve_order = like->preserve_order };
    struct emu_material *mat = NULL;
    struct emu_object *cert = NULL;

    EVP_PKEY_up_ref(parts->key);
    mat = emu_material_new(parts->key, false);
    if (mat == NULL) {
        emu_reply_error(call->reply, EMU_E_IMPORT,
                        "a vault does not hold such a key");
        return;
    }
    new_cert.mat = mat;
    new_cert.policy = import_policy(call, parts, mat);
    if (new_cert.policy != NULL && emu_cert_name_free(call)) {
        new_cert.tags = like->settings.tags;
        like->settings.tags = NULL; /* the store's now */
        if (emu_cert_store(call, &new_cert, &cert))
            emu_reply_bundle(call, cert);
    }
    json_object_put(new_cert.policy);
    emu_material_free(mat);
}

void emu_import_cert(struct emu_call *call)
{
    const char *value = emu_json_str(call->body, "value");
    struct emu_object *like = emu_object_new(EMU_CERTS);
    struct emu_cert_parts parts;
    const char *why;

    if (value == NULL)
        emu_reply_error(call->reply, EMU_E_MISSING, "value");
    else if (!emu_cert_parts_read(&parts, value,
                                  emu_json_str(call->body, "pwd"),
                                  call->emu->lenient, &why))
        emu_reply_error(call->reply, EMU_E_IMPORT, why);
    else {
        if (read_settings(call->reply, call->body, like))
            import_parts(call, &parts, like);
        emu_cert_parts_free(&parts);
    }
    emu_object_free(like);
}

void emu_get_cert(struct emu_call *call)
{
    struct emu_object *cert = emu_find(call);

    if (cert != NULL)
        emu_reply_bundle(call, cert);
}

static void apply_update(struct emu_object *cert, void *arg)
{
    const struct emu_call *call = arg;
    struct emu_reply ignored = { 0 };

    /* Read once before without an error, so it has none now. */
    if (!read_settings(&ignored, call->body, cert))
        emu_reply_free(&ignored);
}

static void apply_enabled(struct emu_object *obj, void *arg)
{
    const struct emu_object *cert = arg;

    obj->settings.enabled = cert->settings.enabled;
}

/* Key and secret are as enabled as the certificate. */
static void update_companions(struct emu_call *call, struct emu_object *cert)
{
    struct emu_place at = { call->vault, EMU_KEYS, call->name };

    for (; at.kind < EMU_CERTS; at.kind++)
        emu_object_free(emu_store_update(call->emu->store, &at, cert->version,
                                         apply_enabled, cert));
}

/* False, with the 400 in the reply, if the body's policy is no good. */
static bool change_policy(struct emu_call *call, struct json_object *given)
{
    struct emu_place at = { call->vault, EMU_CERTS, call->name };
    struct json_object *old = get_policy(call);
    struct json_object *policy = read_policy(call, given, old);

    json_object_put(old);
    if (policy == NULL)
        return false;
    emu_store_set_note(call->emu->store, &at, "policy", policy);
    return true;
}

void emu_update_cert(struct emu_call *call)
{
    struct emu_place at = { call->vault, EMU_CERTS, call->name };
    struct json_object *given = emu_json_get(call->body, "policy");
    struct emu_object *scratch = emu_object_new(EMU_CERTS);
    struct emu_object *cert = NULL;

    if (read_settings(call->reply, call->body, scratch)
        && (cert = emu_find(call)) != NULL
        && (given == NULL || change_policy(call, given))) {
        emu_object_free(cert);
        cert = emu_store_update(call->emu->store, &at, call->version,
                                apply_update, call);
        if (cert != NULL) {
            update_companions(call, cert);
            emu_reply_bundle(call, emu_object_up_ref(cert));
        }
    }
    emu_object_free(cert);
    emu_object_free(scratch);
}

static void reply_policy(struct emu_call *call)
{
    emu_reply_json(call->reply, 200,
                   emu_cert_policy(call, call->name, get_policy(call)));
}

void emu_get_cert_policy(struct emu_call *call)
{
    struct emu_object *cert = emu_find(call);

    if (cert != NULL)
        reply_policy(call);
    emu_object_free(cert);
}

void emu_update_cert_policy(struct emu_call *call)
{
    struct emu_object *cert = emu_find(call);

    if (cert != NULL && change_policy(call, call->body))
        reply_policy(call);
    emu_object_free(cert);
}
