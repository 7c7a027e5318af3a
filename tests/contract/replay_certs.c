/* SPDX-License-Identifier: Apache-2.0 */

#include <stdlib.h>
#include <string.h>

#include "akv/cert.h"
#include "akv/contacts.h"
#include "akv/issuer.h"
#include "base/base64.h"
#include "replay_calls.h"
#include "unit.h"

static bool done(const struct replay_call *call, bool ok, struct akv_cert *cert)
{
    if (ok) {
        CHECK_STR("name", cert->properties.id.name, call->id.name);
        CHECK(cert->der.len > 0 || cert->pending);
    }
    akv_cert_free(cert);
    return ok;
}

static bool shown(bool ok, struct akv_json *json)
{
    CHECK(!ok || akv_json_is_object(json));
    akv_json_free(json);
    return ok;
}

static bool get_cert(const struct replay_call *call, struct akv_error *err)
{
    struct akv_cert cert;

    return done(call, akv_cert_get(NULL, &call->id, &cert, err), &cert);
}

static bool create(const struct replay_call *call, struct akv_error *err)
{
    struct akv_tags tags = replay_tags(call);
    char *policy = replay_document(call, "policy");
    const struct akv_cert_options options = { replay_attributes(call),
                                              replay_some(&tags), false };
    struct akv_json *json;
    bool ok = akv_cert_create(NULL, &call->id, policy, &options, &json, err);

    free(policy);
    akv_tags_free(&tags);
    return shown(ok, json);
}

static void decode_value(const char *value, struct akv_buf *data)
{
    akv_buf_init(data, AKV_REPLY_MAX);
    if (value == NULL) /* not kept */
        CHECK(akv_buf_append_str(data, "PFX"));
    else if (strstr(value, "-----BEGIN") != NULL)
        CHECK(akv_buf_append_str(data, value));
    else
        CHECK(akv_base64_decode(value, strlen(value), data));
}

static bool import(const struct replay_call *call, struct akv_error *err)
{
    struct akv_tags tags = replay_tags(call);
    char *policy = replay_document(call, "policy");
    const struct akv_cert_options options = { replay_attributes(call),
                                              replay_some(&tags), false };
    struct akv_buf data;
    struct akv_cert cert;
    bool ok;

    decode_value(akv_json_get_text(call->body, "value"), &data);
    ok = akv_cert_import(NULL, &call->id, data.data, data.len,
                         akv_json_get_text(call->body, "pwd"), policy, &options,
                         &cert, err);
    akv_buf_free(&data);
    free(policy);
    akv_tags_free(&tags);
    return done(call, ok, &cert);
}

static bool merge(const struct replay_call *call, struct akv_error *err)
{
    const struct akv_json *chain = akv_json_get(call->body, "x5c");
    struct akv_buf pem = AKV_BUF_INIT(AKV_REPLY_MAX);
    struct akv_cert cert;
    bool ok;

    for (size_t i = 0; i < akv_json_length(chain); i++)
        CHECK(akv_buf_appendf(&pem,
                              "-----BEGIN CERTIFICATE-----\n%s\n"
                              "-----END CERTIFICATE-----\n",
                              akv_json_text(akv_json_at(chain, i), NULL)));
    ok = akv_cert_merge(NULL, &call->id, akv_buf_str(&pem), NULL, &cert, err);
    akv_buf_free(&pem);
    return done(call, ok, &cert);
}

/* Functions that get a document, and those that send one too. */
#define GETS(name, function)                                                   \
    static bool name(const struct replay_call *call, struct akv_error *err)    \
    {                                                                          \
        struct akv_json *json;                                                 \
        bool ok = function(NULL, &call->id, &json, err);                       \
                                                                               \
        return shown(ok, json);                                                \
    }
#define SENDS(name, function)                                                  \
    static bool name(const struct replay_call *call, struct akv_error *err)    \
    {                                                                          \
        char *text = replay_document(call, "");                                \
        struct akv_json *json;                                                 \
        bool ok = function(NULL, &call->id, text, &json, err);                 \
                                                                               \
        free(text);                                                            \
        return shown(ok, json);                                                \
    }

GETS(get_operation, akv_cert_get_operation)
GETS(cancel, akv_cert_cancel_operation)
GETS(drop, akv_cert_delete_operation)
GETS(get_policy, akv_cert_get_policy)
GETS(get_contacts, akv_contacts_get)
GETS(delete_contacts, akv_contacts_delete)
GETS(get_issuer, akv_issuer_get)
GETS(delete_issuer, akv_issuer_delete)
SENDS(set_policy, akv_cert_set_policy)
SENDS(set_contacts, akv_contacts_set)
SENDS(set_issuer, akv_issuer_set)
SENDS(update_issuer, akv_issuer_update)

const struct replay_row replay_certs[] = {
    { "GET", "certificates/contacts", get_contacts },
    { "PUT", "certificates/contacts", set_contacts },
    { "DELETE", "certificates/contacts", delete_contacts },
    { "GET", "certificates/issuers/*", get_issuer },
    { "PUT", "certificates/issuers/*", set_issuer },
    { "PATCH", "certificates/issuers/*", update_issuer },
    { "DELETE", "certificates/issuers/*", delete_issuer },
    { "GET", "certificates/*/?", get_cert },
    { "POST", "certificates/*/create", create },
    { "POST", "certificates/*/import", import },
    { "GET", "certificates/*/pending", get_operation },
    { "PATCH", "certificates/*/pending", cancel },
    { "DELETE", "certificates/*/pending", drop },
    { "POST", "certificates/*/pending/merge", merge },
    { "GET", "certificates/*/policy", get_policy },
    { "PATCH", "certificates/*/policy", set_policy },
    { NULL, NULL, NULL },
};
