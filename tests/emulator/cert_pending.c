/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Operations that make certificates. The note `pending` holds what is shown
 * and, beside it, the key and what the certificate is to be like.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bundle.h"
#include "cert_bundle.h"
#include "cert_make.h"
#include "cert_ops.h"
#include "cert_pending.h"
#include "cert_store.h"
#include "clock.h"
#include "jsonx.h"
#include "ossl.h"
#include "settings.h"
#include "x509_make.h"
#include "xmem.h"

#define NOTE "pending"
#define RETRY_AFTER "10"

static struct emu_place place_of(const struct emu_call *call)
{
    return (struct emu_place){ call->vault, EMU_CERTS, call->name };
}

static struct json_object *get_pending(const struct emu_call *call)
{
    struct emu_place at = place_of(call);

    return emu_store_get_note(call->emu->store, &at, NOTE);
}

static void put_pending(const struct emu_call *call,
                        struct json_object *pending)
{
    struct emu_place at = place_of(call);
    struct json_object *copy = NULL;

    json_object_deep_copy(pending, &copy, NULL);
    emu_store_set_note(call->emu->store, &at, NOTE, copy);
}

static bool is_in_progress(struct json_object *pending)
{
    const char *status = emu_json_str(pending, "status");

    return status != NULL && strcmp(status, "inProgress") == 0;
}

bool emu_cert_is_pending(const struct emu_call *call)
{
    struct json_object *pending = get_pending(call);
    bool is = is_in_progress(pending);

    json_object_put(pending);
    return is;
}

static bool is_self(struct json_object *pending)
{
    return strcasecmp(emu_json_str(emu_json_get(pending, "issuer"), "name"),
                      "Self")
           == 0;
}

/* The certificate as the operation wants it, with that leaf. */
static bool store(struct emu_call *call, struct json_object *pending,
                  struct emu_cert_parts *parts, struct emu_object **cert)
{
    const char *tags = emu_json_str(pending, "tags");
    struct emu_material *mat = emu_material_from_pem(
        emu_json_str(pending, "pem"),
        json_object_get_boolean(emu_json_get(pending, "hsm")));
    struct emu_new_cert new_cert = {
        .parts = parts,
        .mat = mat,
        .policy = emu_json_get(pending, "policy"),
        .version = emu_json_str(pending, "version"),
        .tags = tags == NULL ? NULL : emu_xstrdup(tags),
        .enabled = json_object_get_boolean(emu_json_get(pending, "enabled")),
        .preserve_order =
            json_object_get_boolean(emu_json_get(pending, "preserve_order")),
    };
    bool ok;

    EVP_PKEY_up_ref(mat->pkey);
    EVP_PKEY_free(parts->key);
    parts->key = mat->pkey;
    ok = emu_cert_store(call, &new_cert, cert);
    emu_material_free(mat);
    if (ok) {
        emu_json_add_str(pending, "status", "completed");
        json_object_object_del(pending, "status_details");
        put_pending(call, pending);
    }
    return ok;
}

static void finish_self_signed(struct emu_call *call,
                               struct json_object *pending)
{
    struct emu_material *mat = emu_material_from_pem(
        emu_json_str(pending, "pem"),
        json_object_get_boolean(emu_json_get(pending, "hsm")));
    struct emu_cert_parts parts = { NULL, NULL, NULL, false };
    struct emu_object *cert = NULL;

    parts.leaf = emu_cert_self_sign(emu_json_get(pending, "policy"), mat);
    emu_material_free(mat);
    if (parts.leaf == NULL) {
        emu_json_add_str(pending, "status", "failed");
        put_pending(call, pending);
    } else if (!store(call, pending, &parts, &cert)) {
        emu_reply_free(call->reply);
    }
    emu_object_free(cert);
    emu_cert_parts_free(&parts);
}

static struct json_object *new_pending(const struct emu_call *call,
                                       const struct emu_cert_order *order,
                                       const char *csr)
{
    struct json_object *pending = json_object_new_object();
    struct json_object *issuer = json_object_new_object();
    struct json_object *policy = NULL;
    struct emu_slowness slow;
    const char *name =
        emu_json_str(emu_json_get(order->policy, "issuer"), "name");
    char *pem = emu_material_export(order->mat);
    char id[33];

    emu_json_add_str(issuer, "name", name);
    json_object_object_add(pending, "issuer", issuer);
    emu_json_add_str(pending, "csr", csr);
    emu_json_add_bool(pending, "cancellation_requested", false);
    emu_json_add_str(pending, "status", "inProgress");
    emu_json_add_str(
        pending, "status_details",
        strcasecmp(name, "Unknown") == 0
            ? "Pending certificate created. Please Perform Merge to complete "
              "the request."
            : "Pending certificate created. Certificate request is in "
              "progress. This may take some time based on the issuer "
              "provider. Please check again later.");
    emu_hex_id(id);
    emu_json_add_str(pending, "request_id", id);
    emu_hex_id(id);
    emu_json_add_str(pending, "version", id);
    emu_json_add_str(pending, "pem", pem);
    emu_json_add_bool(pending, "hsm", order->mat->hsm);
    emu_json_add_bool(pending, "enabled", order->like->settings.enabled);
    emu_json_add_bool(pending, "preserve_order", order->like->preserve_order);
    if (order->like->settings.tags != NULL)
        emu_json_add_str(pending, "tags", order->like->settings.tags);
    json_object_deep_copy(order->policy, &policy, NULL);
    json_object_object_add(pending, "policy", policy);
    emu_store_get_slowness(call->emu->store, &slow);
    emu_json_add_int(pending, "polls", slow.create_polls);
    free(pem);
    return pending;
}

/* What is there of a first version before it is finished. */
static bool add_unfinished(struct emu_call *call, struct json_object *pending,
                           const struct emu_cert_order *order)
{
    struct emu_place at = place_of(call);
    struct emu_object *old = emu_store_get(call->emu->store, &at, NULL);
    struct emu_object *cert;
    enum emu_outcome outcome;

    if (old != NULL) {
        emu_object_free(old);
        return true;
    }
    cert = emu_object_dup(order->like);
    memcpy(cert->version, emu_json_str(pending, "version"),
           sizeof(cert->version));
    cert->settings.enabled = false;
    cert->settings.nbf = emu_now() - 600;
    cert->settings.exp = emu_now() + INT64_C(365) * 86400;
    outcome = emu_store_add(call->emu->store, &at, cert);
    emu_object_free(cert);
    if (outcome == EMU_DONE)
        return true;
    emu_reply_outcome(call, outcome);
    return false;
}

static void reply_operation(struct emu_call *call, unsigned status,
                            struct json_object *pending)
{
    if (is_in_progress(pending))
        emu_reply_header(call->reply, "Retry-After", RETRY_AFTER);
    emu_reply_json(call->reply, status, emu_cert_operation(call, pending));
}

void emu_cert_begin(struct emu_call *call, const struct emu_cert_order *order)
{
    char *csr = emu_cert_request(order->policy, order->mat);
    struct emu_place at = place_of(call);
    struct json_object *policy = NULL;
    struct json_object *pending;

    if (csr == NULL) {
        emu_reply_error(call->reply, EMU_E_VALUE, "policy.x509_props");
        return;
    }
    pending = new_pending(call, order, csr);
    free(csr);
    if (add_unfinished(call, pending, order)) {
        put_pending(call, pending);
        json_object_deep_copy(order->policy, &policy, NULL);
        emu_store_set_note(call->emu->store, &at, "policy", policy);
        emu_reply_header(call->reply, "Location",
                         "https://%s/certificates/%s/pending?api-version=%s"
                         "&request_id=%s",
                         call->req->host, call->name,
                         emu_target_param(&call->req->target, "api-version"),
                         emu_json_str(pending, "request_id"));
        reply_operation(call, 202, pending);
        if (is_self(pending)
            && json_object_get_int64(emu_json_get(pending, "polls")) == 0)
            finish_self_signed(call, pending);
    }
    json_object_put(pending);
}

/* The operation; NULL with the 404 in the reply. */
static struct json_object *find_pending(struct emu_call *call)
{
    struct json_object *pending = get_pending(call);

    if (pending == NULL)
        emu_reply_error(call->reply, EMU_E_PENDING_NOT_FOUND, call->name);
    return pending;
}

/* Each time somebody looks, the operation gets on. */
static void get_on(struct emu_call *call, struct json_object *pending)
{
    int64_t polls = json_object_get_int64(emu_json_get(pending, "polls"));

    if (!is_in_progress(pending))
        return;
    if (json_object_get_boolean(
            emu_json_get(pending, "cancellation_requested"))) {
        /* The first to look still sees it under way (recorded). */
        if (emu_json_get(pending, "was_seen") == NULL) {
            emu_json_add_bool(pending, "was_seen", true);
            put_pending(call, pending);
            return;
        }
        emu_json_add_str(pending, "status", "cancelled");
        json_object_object_del(pending, "status_details");
        put_pending(call, pending);
    } else if (is_self(pending) && polls > 0) {
        emu_json_add_int(pending, "polls", polls - 1);
        put_pending(call, pending);
    } else if (is_self(pending)) {
        finish_self_signed(call, pending);
    }
}

void emu_get_cert_operation(struct emu_call *call)
{
    struct json_object *pending = find_pending(call);

    if (pending == NULL)
        return;
    get_on(call, pending);
    reply_operation(call, 200, pending);
    json_object_put(pending);
}

void emu_update_cert_operation(struct emu_call *call)
{
    struct json_object *flag =
        emu_json_get(call->body, "cancellation_requested");
    struct json_object *pending;

    if (!json_object_is_type(flag, json_type_boolean)) {
        emu_reply_error(call->reply, EMU_E_MISSING, "cancellation_requested");
        return;
    }
    pending = find_pending(call);
    if (pending == NULL)
        return;
    if (is_in_progress(pending)) {
        emu_json_add_bool(pending, "cancellation_requested",
                          json_object_get_boolean(flag));
        put_pending(call, pending);
    }
    emu_reply_json(call->reply, 200, emu_cert_operation(call, pending));
    json_object_put(pending);
}

void emu_delete_cert_operation(struct emu_call *call)
{
    struct emu_place at = place_of(call);
    struct json_object *pending = find_pending(call);

    if (pending == NULL)
        return;
    emu_store_set_note(call->emu->store, &at, NOTE, NULL);
    emu_reply_json(call->reply, 200, emu_cert_operation(call, pending));
    json_object_put(pending);
}

/* x5c: the leaf is the first. False with the 400 in the reply. */
static bool read_chain(struct emu_call *call, struct emu_cert_parts *parts)
{
    struct json_object *list = emu_json_get(call->body, "x5c");
    size_t n = json_object_is_type(list, json_type_array)
                   ? json_object_array_length(list)
                   : 0;

    parts->others = sk_X509_new_null();
    for (size_t i = 0; i < n; i++) {
        struct json_object *item = json_object_array_get_idx(list, i);
        X509 *cert = json_object_is_type(item, json_type_string)
                         ? emu_x509_from_base64(json_object_get_string(item))
                         : NULL;

        if (cert == NULL) {
            n = 0;
            break;
        }
        if (i == 0)
            parts->leaf = cert;
        else if (sk_X509_push(parts->others, cert) <= 0)
            X509_free(cert);
    }
    if (n == 0)
        emu_reply_error(call->reply, EMU_E_X5C);
    return n > 0;
}

static bool fits(struct emu_call *call, struct json_object *pending,
                 const struct emu_cert_parts *parts)
{
    struct emu_material *mat =
        emu_material_from_pem(emu_json_str(pending, "pem"), false);
    bool ok = X509_check_private_key(parts->leaf, mat->pkey) == 1;

    emu_material_free(mat);
    if (!ok)
        emu_reply_error(call->reply, EMU_E_X5C_KEY);
    return ok;
}

/*
 * What the merge says of attributes and tags takes the place of what the
 * creation said. Dates are those of the certificate, whatever is sent.
 */
static bool merge_settings(struct emu_call *call, struct json_object *pending)
{
    struct emu_object *like = emu_object_new(EMU_CERTS);
    bool ok;

    like->settings.enabled =
        json_object_get_boolean(emu_json_get(pending, "enabled"));
    ok = emu_settings_read(call->reply, NULL, call->body, &like->settings);
    if (ok) {
        emu_json_add_bool(pending, "enabled", like->settings.enabled);
        if (emu_json_get(call->body, "tags") != NULL)
            json_object_object_del(pending, "tags");
        if (like->settings.tags != NULL)
            emu_json_add_str(pending, "tags", like->settings.tags);
    }
    emu_object_free(like);
    return ok;
}

void emu_merge_cert(struct emu_call *call)
{
    struct emu_cert_parts parts = { NULL, NULL, NULL, false };
    struct emu_view view = { NULL, EMU_NO_TIME, EMU_NO_TIME };
    struct json_object *pending = find_pending(call);

    if (pending == NULL)
        return;
    if (!is_in_progress(pending))
        emu_reply_error(call->reply, EMU_E_PENDING_NOT_FOUND, call->name);
    else if (read_chain(call, &parts) && fits(call, pending, &parts)
             && merge_settings(call, pending)
             && store(call, pending, &parts, &view.obj))
        emu_reply_json(call->reply, 201, emu_bundle(call, &view));
    emu_view_free(&view);
    emu_cert_parts_free(&parts);
    json_object_put(pending);
}
