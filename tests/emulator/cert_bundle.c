/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

#include "bundle.h"
#include "cert_bundle.h"
#include "jsonx.h"
#include "x509_make.h"
#include "xmem.h"

static void add_url(const struct emu_call *call, struct json_object *json,
                    const char *member, const char *collection,
                    const char *name, const char *rest)
{
    char *url = emu_xasprintf("https://%s/%s/%s%s%s", call->req->host,
                              collection, name, *rest == '\0' ? "" : "/", rest);

    emu_json_add_str(json, member, url);
    free(url);
}

static void add_thumbprint(struct json_object *json,
                           const struct emu_object *cert)
{
    X509 *x509 = emu_x509_from_base64(cert->cer);
    char *text = x509 == NULL ? NULL : emu_x509_thumbprint(x509);

    if (text != NULL)
        emu_json_add_str(json, "x5t", text);
    free(text);
    X509_free(x509);
}

struct json_object *emu_cert_policy(const struct emu_call *call,
                                    const char *name,
                                    struct json_object *policy)
{
    struct json_object *out = json_object_new_object();

    add_url(call, out, "id", "certificates", name, "policy");
    json_object_object_foreach(policy, member, value)
    {
        json_object_object_add(out, member, json_object_get(value));
    }
    json_object_put(policy);
    return out;
}

static struct json_object *note(const struct emu_call *call,
                                const struct emu_view *view, const char *name)
{
    struct emu_place at = { call->vault, EMU_CERTS, view->obj->name };

    return view->deleted == EMU_NO_TIME
               ? emu_store_get_note(call->emu->store, &at, name)
               : emu_store_get_deleted_note(call->emu->store, &at, name);
}

/* Its reply says nothing of an operation (recorded). */
static bool is_restore(const struct emu_call *call)
{
    return strcmp(call->op->verb, "restore") == 0;
}

void emu_cert_add(const struct emu_call *call, struct json_object *json,
                  const struct emu_view *view)
{
    const struct emu_object *cert = view->obj;
    struct json_object *policy = note(call, view, "policy");
    struct json_object *pending = note(call, view, "pending");

    add_url(call, json, "id", "certificates", cert->name, cert->version);
    if (cert->cer != NULL) {
        add_url(call, json, "kid", "keys", cert->name, cert->version);
        add_url(call, json, "sid", "secrets", cert->name, cert->version);
        add_thumbprint(json, cert);
        emu_json_add_str(json, "cer", cert->cer);
    }
    emu_add_attributes(call, json, cert);
    if (cert->preserve_order && call->api >= EMU_API_7_6)
        emu_json_add_bool(json, "preserveCertOrder", true);
    /* An explicit version is read without its policy. */
    if (policy != NULL && call->version == NULL)
        json_object_object_add(json, "policy",
                               emu_cert_policy(call, cert->name, policy));
    else
        json_object_put(policy);
    if (pending != NULL && call->version == NULL && !is_restore(call)) {
        struct json_object *obj = json_object_new_object();

        add_url(call, obj, "id", "certificates", cert->name, "pending");
        json_object_object_add(json, "pending", obj);
    }
    json_object_put(pending);
}

void emu_cert_add_item(const struct emu_call *call, struct json_object *json,
                       const struct emu_object *cert, const char *id)
{
    struct json_object *attributes;

    emu_json_add_str(json, "id", id);
    if (cert->cer != NULL)
        add_thumbprint(json, cert);
    emu_add_attributes(call, json, cert);
    attributes = emu_json_get(json, "attributes");
    json_object_object_del(attributes, "recoveryLevel");
    json_object_object_del(attributes, "recoverableDays");
    emu_json_add_str(json, "subject", "");
}

struct json_object *emu_cert_operation(const struct emu_call *call,
                                       struct json_object *pending)
{
    static const char *const members[] = {
        "issuer",         "csr",  "cancellation_requested", "status",
        "status_details", "error"
    };
    struct json_object *out = json_object_new_object();
    const char *status = emu_json_str(pending, "status");

    add_url(call, out, "id", "certificates", call->name, "pending");
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        struct json_object *value = emu_json_get(pending, members[i]);

        if (value != NULL)
            json_object_object_add(out, members[i], json_object_get(value));
    }
    if (status != NULL && strcmp(status, "completed") == 0)
        add_url(call, out, "target", "certificates", call->name, "");
    emu_json_add_str(out, "request_id", emu_json_str(pending, "request_id"));
    return out;
}
