/* SPDX-License-Identifier: Apache-2.0 */

/*
 * REST on /certificates. Only "get" may be of one version: all else is of the
 * certificate as a whole, so a version in the identifier is dropped. Policies
 * go through as JSON; nothing in them is looked at but, in an import, the
 * content type.
 */

#include <stdlib.h>
#include <string.h>

#include "akv/cert.h"
#include "api/document.h"
#include "base/base64.h"

static const struct akv_op_kind get_kind = { .name = "get", .method = "GET" };
static const struct akv_op_kind create_kind = {
    .name = "create", .method = "POST", .suffix = "/create", .once = true
};
static const struct akv_op_kind import_kind = {
    .name = "import", .method = "POST", .suffix = "/import", .once = true
};
static const struct akv_op_kind merge_kind = {
    .name = "merge", .method = "POST", .suffix = "/pending/merge", .once = true
};
static const struct akv_op_kind operation_kind = {
    .name = "get the operation of", .method = "GET", .suffix = "/pending"
};
static const struct akv_op_kind cancel_kind = { .name = "cancel",
                                                .method = "PATCH",
                                                .suffix = "/pending" };
static const struct akv_op_kind drop_kind = { .name = "delete the operation of",
                                              .method = "DELETE",
                                              .suffix = "/pending",
                                              .once = true };
static const struct akv_op_kind get_policy_kind = { .name = "get the policy of",
                                                    .method = "GET",
                                                    .suffix = "/policy" };
static const struct akv_op_kind set_policy_kind = {
    .name = "update the policy of", .method = "PATCH", .suffix = "/policy"
};

void akv_cert_free(struct akv_cert *cert)
{
    akv_properties_free(&cert->properties);
    akv_buf_free(&cert->der);
    akv_buf_free(&cert->x5t);
    free(cert->kid);
    free(cert->sid);
    free(cert->policy);
    memset(cert, 0, sizeof(*cert));
}

static bool copy_policy(struct akv_cert *cert, struct akv_json *json)
{
    struct akv_buf text = AKV_BUF_INIT(AKV_REPLY_MAX);
    struct akv_json *policy = akv_json_get_mutable(json, "policy");
    bool ok = policy == NULL || akv_json_print(policy, &text);

    if (ok && policy != NULL)
        cert->policy = strdup(akv_buf_str(&text));
    ok = ok && (policy == NULL || cert->policy != NULL);
    akv_buf_free(&text);
    return ok;
}

/* "cer" is standard base64, "x5t" base64url; a certificate that is being
 * created has neither. */
static bool read_bytes(const struct akv_op *op, struct akv_cert *cert,
                       const struct akv_json *json, struct akv_error *err)
{
    size_t len = 0;
    const char *cer = akv_json_text(akv_json_get(json, "cer"), &len);

    akv_buf_init(&cert->der, AKV_CERT_MAX);
    akv_buf_init(&cert->x5t, 64);
    if (cer != NULL && !akv_base64_decode(cer, len, &cert->der))
        return akv_op_bad_reply(op, "cer", "is not base64", err);
    if (akv_json_get(json, "x5t") != NULL
        && !akv_json_get_base64url(json, "x5t", &cert->x5t))
        return akv_op_bad_reply(op, "x5t", "is not base64url", err);
    return true;
}

static bool cert_read_cert(const struct akv_op *op, struct akv_json *json,
                           struct akv_cert *cert, struct akv_error *err)
{
    struct akv_error why = AKV_ERROR_INIT;

    if (!akv_properties_read(&cert->properties, json, &op->id, &why))
        return akv_op_bad_reply(op, "properties", why.message, err);
    cert->pending = akv_json_get(json, "pending") != NULL;
    if (!akv_json_dup_text(json, "kid", &cert->kid)
        || !akv_json_dup_text(json, "sid", &cert->sid)
        || !copy_policy(cert, json))
        return akv_error_set(err, AKV_E_MEMORY, "no memory for a certificate");
    return read_bytes(op, cert, json, err);
}

/* What a call has brought, which the caller frees in either case. */
static bool cert_result(struct akv_call *call, const struct akv_op_kind *kind,
                        struct akv_cert *cert, struct akv_error *err)
{
    struct akv_json *json = akv_call_reply(call, kind, err);
    bool ok;

    memset(cert, 0, sizeof(*cert));
    ok = json != NULL && cert_read_cert(&call->op, json, cert, err);
    akv_json_free(json);
    return ok;
}

struct akv_call *akv_cert_get_start(struct akv_client *client,
                                    const struct akv_id *id, akv_done_fn *done,
                                    void *arg, struct akv_error *err)
{
    struct akv_op op;

    akv_op_init(&op, &get_kind, id);
    return akv_call_start(client, &op, done, arg, err);
}

bool akv_cert_get_result(struct akv_call *call, struct akv_cert *cert,
                         struct akv_error *err)
{
    return cert_result(call, &get_kind, cert, err);
}

bool akv_cert_get(struct akv_client *client, const struct akv_id *id,
                  struct akv_cert *cert, struct akv_error *err)
{
    struct akv_call *call = akv_cert_get_start(client, id, NULL, NULL, err);

    return akv_call_close(call, akv_cert_get_result(call, cert, err));
}

static bool add_options(struct akv_json *json, const char *policy,
                        const struct akv_cert_options *options)
{
    return (policy == NULL || akv_json_add_json(json, "policy", policy))
           && (options == NULL
               || (akv_properties_write(json, &options->attributes,
                                        options->tags)
                   && (!options->preserve_order
                       || akv_json_add_bool(json, "preserveCertOrder", true))));
}

struct akv_call *akv_cert_create_start(struct akv_client *client,
                                       const struct akv_id *id,
                                       const char *policy,
                                       const struct akv_cert_options *options,
                                       akv_done_fn *done, void *arg,
                                       struct akv_error *err)
{
    struct akv_json *json;
    struct akv_op op;
    bool built;

    akv_op_init(&op, &create_kind, id);
    op.id.version[0] = '\0';
    if (!akv_json_check("policy", policy, err))
        return NULL;
    json = akv_json_new_object();
    built = json != NULL && add_options(json, policy, options);
    return akv_call_start_json(client, &op, json, built, done, arg, err);
}

bool akv_cert_create_result(struct akv_call *call, struct akv_json **operation,
                            struct akv_error *err)
{
    return akv_document_result(call, &create_kind, operation, err);
}

bool akv_cert_create(struct akv_client *client, const struct akv_id *id,
                     const char *policy, const struct akv_cert_options *options,
                     struct akv_json **operation, struct akv_error *err)
{
    struct akv_call *call =
        akv_cert_create_start(client, id, policy, options, NULL, NULL, err);

    return akv_call_close(call, akv_cert_create_result(call, operation, err));
}

char *akv_cert_default_policy(const char *subject)
{
    static const char text[] =
        "{\"key_props\":{\"exportable\":true,\"kty\":\"RSA\",\"key_size\":2048,"
        "\"reuse_key\":false},\"secret_props\":{\"contentType\":"
        "\"application/x-pkcs12\"},\"x509_props\":{\"ekus\":"
        "[\"1.3.6.1.5.5.7.3.1\",\"1.3.6.1.5.5.7.3.2\"],\"key_usage\":"
        "[\"digitalSignature\",\"keyEncipherment\"],\"validity_months\":12},"
        "\"lifetime_actions\":[{\"trigger\":{\"lifetime_percentage\":80},"
        "\"action\":{\"action_type\":\"AutoRenew\"}}],"
        "\"issuer\":{\"name\":\"Self\"}}";
    struct akv_json *json = akv_json_parse(text, sizeof(text) - 1, NULL);
    struct akv_json *x509 = akv_json_get_mutable(json, "x509_props");
    struct akv_buf out = AKV_BUF_INIT(AKV_REPLY_MAX);
    char *policy = NULL;

    if (x509 != NULL && akv_json_add_text(x509, "subject", subject)
        && akv_json_print(json, &out))
        policy = strdup(akv_buf_str(&out));
    akv_buf_free(&out);
    akv_json_free(json);
    return policy;
}

struct akv_call *akv_cert_get_operation_start(struct akv_client *client,
                                              const struct akv_id *id,
                                              akv_done_fn *done, void *arg,
                                              struct akv_error *err)
{
    return akv_document_start(client, &operation_kind, id, "", NULL, done, arg,
                              err);
}

bool akv_cert_get_operation_result(struct akv_call *call,
                                   struct akv_json **operation,
                                   struct akv_error *err)
{
    return akv_document_result(call, &operation_kind, operation, err);
}

bool akv_cert_get_operation(struct akv_client *client, const struct akv_id *id,
                            struct akv_json **operation, struct akv_error *err)
{
    struct akv_call *call =
        akv_cert_get_operation_start(client, id, NULL, NULL, err);

    return akv_call_close(call,
                          akv_cert_get_operation_result(call, operation, err));
}

struct akv_call *akv_cert_cancel_operation_start(struct akv_client *client,
                                                 const struct akv_id *id,
                                                 akv_done_fn *done, void *arg,
                                                 struct akv_error *err)
{
    return akv_document_start(client, &cancel_kind, id, "request",
                              "{\"cancellation_requested\":true}", done, arg,
                              err);
}

bool akv_cert_cancel_operation_result(struct akv_call *call,
                                      struct akv_json **operation,
                                      struct akv_error *err)
{
    return akv_document_result(call, &cancel_kind, operation, err);
}

bool akv_cert_cancel_operation(struct akv_client *client,
                               const struct akv_id *id,
                               struct akv_json **operation,
                               struct akv_error *err)
{
    struct akv_call *call =
        akv_cert_cancel_operation_start(client, id, NULL, NULL, err);

    return akv_call_close(
        call, akv_cert_cancel_operation_result(call, operation, err));
}

struct akv_call *akv_cert_delete_operation_start(struct akv_client *client,
                                                 const struct akv_id *id,
                                                 akv_done_fn *done, void *arg,
                                                 struct akv_error *err)
{
    return akv_document_start(client, &drop_kind, id, "", NULL, done, arg, err);
}

bool akv_cert_delete_operation_result(struct akv_call *call,
                                      struct akv_json **operation,
                                      struct akv_error *err)
{
    return akv_document_result(call, &drop_kind, operation, err);
}

bool akv_cert_delete_operation(struct akv_client *client,
                               const struct akv_id *id,
                               struct akv_json **operation,
                               struct akv_error *err)
{
    struct akv_call *call =
        akv_cert_delete_operation_start(client, id, NULL, NULL, err);

    return akv_call_close(
        call, akv_cert_delete_operation_result(call, operation, err));
}

/* Adds the base64 between the lines of each certificate in PEM text. */
static bool cert_add_chain(struct akv_json *json, const char *pem,
                           size_t *count)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    static const char end[] = "-----END CERTIFICATE-----";
    struct akv_json *chain = akv_json_add_array(json, "x5c");
    const char *from, *to;
    bool ok = chain != NULL;

    for (*count = 0; ok && (from = strstr(pem, begin)) != NULL; pem = to) {
        struct akv_buf text = AKV_BUF_INIT(AKV_CERT_MAX);

        from += sizeof(begin) - 1;
        to = strstr(from, end);
        if (to == NULL)
            break;
        for (; ok && from < to; from++)
            if (*from > ' ')
                ok = akv_buf_append(&text, from, 1);
        ok = ok && akv_json_add_text(chain, NULL, akv_buf_str(&text));
        akv_buf_free(&text);
        (*count)++;
    }
    return ok;
}

struct akv_call *akv_cert_merge_start(struct akv_client *client,
                                      const struct akv_id *id, const char *pem,
                                      const struct akv_cert_options *options,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err)
{
    struct akv_json *json = akv_json_new_object();
    size_t count = 0;
    struct akv_op op;
    bool built;

    akv_op_init(&op, &merge_kind, id);
    op.id.version[0] = '\0';
    built = json != NULL && cert_add_chain(json, pem, &count)
            && add_options(json, NULL, options);
    if (built && count == 0) {
        akv_json_free(json);
        (void)akv_error_set(err, AKV_E_INVALID,
                            "there is no certificate in PEM form to merge");
        return NULL;
    }
    return akv_call_start_json(client, &op, json, built, done, arg, err);
}

bool akv_cert_merge_result(struct akv_call *call, struct akv_cert *cert,
                           struct akv_error *err)
{
    return cert_result(call, &merge_kind, cert, err);
}

bool akv_cert_merge(struct akv_client *client, const struct akv_id *id,
                    const char *pem, const struct akv_cert_options *options,
                    struct akv_cert *cert, struct akv_error *err)
{
    struct akv_call *call =
        akv_cert_merge_start(client, id, pem, options, NULL, NULL, err);

    return akv_call_close(call, akv_cert_merge_result(call, cert, err));
}

/* PEM goes as it is; a PFX is binary and goes as base64. */
static bool add_value(struct akv_json *json, const void *data, size_t len,
                      bool is_pem)
{
    struct akv_buf text = AKV_BUF_INIT(2 * AKV_CERT_MAX);
    bool ok = is_pem ? akv_buf_append(&text, data, len)
                     : akv_base64_encode(data, len, &text);

    ok = ok && akv_json_add_bytes(json, "value", text.data, text.len);
    akv_buf_free(&text);
    return ok;
}

/* PEM must be announced, else the service expects a PFX. */
static bool add_content_type(struct akv_json *json)
{
    struct akv_json *policy = akv_json_get_mutable(json, "policy"), *props;

    if (policy == NULL)
        policy = akv_json_add_object(json, "policy");
    if (policy == NULL)
        return false;
    props = akv_json_get_mutable(policy, "secret_props");
    if (props == NULL)
        props = akv_json_add_object(policy, "secret_props");
    return props != NULL
           && (akv_json_get(props, "contentType") != NULL
               || akv_json_add_text(props, "contentType",
                                    "application/x-pem-file"));
}

struct akv_call *akv_cert_import_start(struct akv_client *client,
                                       const struct akv_id *id,
                                       const void *data, size_t len,
                                       const char *password, const char *policy,
                                       const struct akv_cert_options *options,
                                       akv_done_fn *done, void *arg,
                                       struct akv_error *err)
{
    bool is_pem = len > 0 && memmem(data, len, "-----BEGIN ", 11) != NULL,
         built;
    struct akv_json *json;
    struct akv_op op;

    akv_op_init(&op, &import_kind, id);
    op.id.version[0] = '\0';
    if (len == 0 || len > AKV_CERT_MAX) {
        (void)akv_error_set(err, AKV_E_INVALID,
                            "a certificate to import has 1 to %d bytes, this "
                            "has %zu",
                            AKV_CERT_MAX, len);
        return NULL;
    }
    if (!akv_json_check("policy", policy, err))
        return NULL;
    json = akv_json_new_object();
    built = json != NULL && add_value(json, data, len, is_pem)
            && (password == NULL || akv_json_add_text(json, "pwd", password))
            && add_options(json, policy, options)
            && (!is_pem || add_content_type(json));
    return akv_call_start_json(client, &op, json, built, done, arg, err);
}

bool akv_cert_import_result(struct akv_call *call, struct akv_cert *cert,
                            struct akv_error *err)
{
    return cert_result(call, &import_kind, cert, err);
}

bool akv_cert_import(struct akv_client *client, const struct akv_id *id,
                     const void *data, size_t len, const char *password,
                     const char *policy, const struct akv_cert_options *options,
                     struct akv_cert *cert, struct akv_error *err)
{
    struct akv_call *call = akv_cert_import_start(
        client, id, data, len, password, policy, options, NULL, NULL, err);

    return akv_call_close(call, akv_cert_import_result(call, cert, err));
}

struct akv_call *akv_cert_get_policy_start(struct akv_client *client,
                                           const struct akv_id *id,
                                           akv_done_fn *done, void *arg,
                                           struct akv_error *err)
{
    return akv_document_start(client, &get_policy_kind, id, "", NULL, done, arg,
                              err);
}

bool akv_cert_get_policy_result(struct akv_call *call, struct akv_json **result,
                                struct akv_error *err)
{
    return akv_document_result(call, &get_policy_kind, result, err);
}

bool akv_cert_get_policy(struct akv_client *client, const struct akv_id *id,
                         struct akv_json **result, struct akv_error *err)
{
    struct akv_call *call =
        akv_cert_get_policy_start(client, id, NULL, NULL, err);

    return akv_call_close(call, akv_cert_get_policy_result(call, result, err));
}

struct akv_call *akv_cert_set_policy_start(struct akv_client *client,
                                           const struct akv_id *id,
                                           const char *policy,
                                           akv_done_fn *done, void *arg,
                                           struct akv_error *err)
{
    return akv_document_start(client, &set_policy_kind, id, "policy", policy,
                              done, arg, err);
}

bool akv_cert_set_policy_result(struct akv_call *call, struct akv_json **result,
                                struct akv_error *err)
{
    return akv_document_result(call, &set_policy_kind, result, err);
}

bool akv_cert_set_policy(struct akv_client *client, const struct akv_id *id,
                         const char *policy, struct akv_json **result,
                         struct akv_error *err)
{
    struct akv_call *call =
        akv_cert_set_policy_start(client, id, policy, NULL, NULL, err);

    return akv_call_close(call, akv_cert_set_policy_result(call, result, err));
}
