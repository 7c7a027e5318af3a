/* SPDX-License-Identifier: Apache-2.0 */

/*
 * PUT and GET /secrets/NAME. A value is a JSON string, hence UTF-8 and nothing
 * else; it may hold NUL, so that it goes by its length.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "akv/secret.h"
#include "client/call_impl.h"

static const struct akv_op_kind set_kind = { .name = "set",
                                             .method = "PUT",
                                             .once = true };
static const struct akv_op_kind get_kind = { .name = "get", .method = "GET" };
static const struct akv_op_kind get_pem_kind = { .name = "get",
                                                 .method = "GET",
                                                 .min_version = "2025-07-01" };

void akv_secret_free(struct akv_secret *secret)
{
    akv_properties_free(&secret->properties);
    akv_buf_free(&secret->value);
    free(secret->kid);
    free(secret->previous_version);
    memset(secret, 0, sizeof(*secret));
}

/* Bytes of the character that begins with c; 0: none does. */
static size_t utf8_length(unsigned char c)
{
    if (c < 0x80)
        return 1;
    if (c >= 0xc2 && c <= 0xdf)
        return 2;
    if ((c & 0xf0) == 0xe0)
        return 3;
    return c >= 0xf0 && c <= 0xf4 ? 4 : 0;
}

bool akv_utf8_valid(const void *data, size_t len)
{
    const unsigned char *p = data, *end = p + len;

    while (p < end) {
        size_t count = utf8_length(*p), i;

        if (count == 0 || count > (size_t)(end - p))
            return false;
        for (i = 1; i < count; i++)
            if ((p[i] & 0xc0) != 0x80)
                return false;
        /* overlong forms, surrogates, and what lies above U+10FFFF */
        if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f)
            || (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
            return false;
        p += count;
    }
    return true;
}

static bool check_value(const struct akv_id *id, const void *value, size_t len,
                        struct akv_error *err)
{
    if (len > AKV_SECRET_MAX)
        return akv_error_set(err, AKV_E_INVALID,
                             "secrets/%s: the value has %zu bytes, a secret "
                             "may have %d",
                             id->name, len, AKV_SECRET_MAX);
    if (!akv_utf8_valid(value, len))
        return akv_error_set(err, AKV_E_INVALID,
                             "secrets/%s: the value is not UTF-8; encode it "
                             "(base64, hex) first",
                             id->name);
    return true;
}

static bool add_secret_options(struct akv_json *json,
                               const struct akv_secret_options *options)
{
    return options == NULL
           || (akv_properties_write(json, &options->attributes, options->tags)
               && (options->content_type == NULL
                   || akv_json_add_text(json, "contentType",
                                        options->content_type)));
}

/* The reply to a set has the value, too; it is not handed back. */
static bool secret_read_value(struct akv_secret *secret,
                              const struct akv_call *call,
                              const struct akv_json *json,
                              struct akv_error *err)
{
    size_t len = 0;
    const char *text = akv_json_text(akv_json_get(json, "value"), &len);

    akv_buf_init(&secret->value, AKV_REPLY_MAX);
    if (call->op.kind == &set_kind)
        return true;
    if (text == NULL)
        return akv_op_bad_reply(&call->op, "value", "is missing", err);
    return akv_buf_append(&secret->value, text, len)
           || akv_error_set(err, AKV_E_MEMORY, "no memory for a secret");
}

/* What a call has brought, which the caller frees in either case. */
static bool secret_result(struct akv_call *call, const struct akv_op_kind *kind,
                          struct akv_secret *secret, struct akv_error *err)
{
    struct akv_json *json = akv_call_reply(call, kind, err);
    struct akv_error why = AKV_ERROR_INIT;
    bool ok = json != NULL;

    memset(secret, 0, sizeof(*secret));
    if (ok
        && !akv_properties_read(&secret->properties, json, &call->op.id, &why))
        ok = akv_op_bad_reply(&call->op, "properties", why.message, err);
    if (ok
        && (!akv_json_dup_text(json, "kid", &secret->kid)
            || !akv_json_dup_text(json, "previousVersion",
                                  &secret->previous_version)))
        ok = akv_error_set(err, AKV_E_MEMORY, "no memory for a secret");
    ok = ok && secret_read_value(secret, call, json, err);
    akv_json_free(json);
    return ok;
}

struct akv_call *akv_secret_set_start(struct akv_client *client,
                                      const struct akv_id *id,
                                      const void *value, size_t len,
                                      const struct akv_secret_options *options,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err)
{
    struct akv_json *json;
    struct akv_op op;
    bool built;

    akv_op_init(&op, &set_kind, id);
    op.id.version[0] = '\0'; /* the service chooses it */
    if (!check_value(id, value, len, err))
        return NULL;
    json = akv_json_new_object();
    built = json != NULL && akv_json_add_bytes(json, "value", value, len)
            && add_secret_options(json, options);
    return akv_call_start_json(client, &op, json, built, done, arg, err);
}

bool akv_secret_set_result(struct akv_call *call, struct akv_secret *secret,
                           struct akv_error *err)
{
    return secret_result(call, &set_kind, secret, err);
}

bool akv_secret_set(struct akv_client *client, const struct akv_id *id,
                    const void *value, size_t len,
                    const struct akv_secret_options *options,
                    struct akv_secret *secret, struct akv_error *err)
{
    struct akv_call *call =
        akv_secret_set_start(client, id, value, len, options, NULL, NULL, err);

    return akv_call_close(call, akv_secret_set_result(call, secret, err));
}

struct akv_call *akv_secret_get_start(struct akv_client *client,
                                      const struct akv_id *id,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err)
{
    struct akv_op op;

    akv_op_init(&op, &get_kind, id);
    return akv_call_start(client, &op, done, arg, err);
}

bool akv_secret_get_result(struct akv_call *call, struct akv_secret *secret,
                           struct akv_error *err)
{
    return secret_result(call, &get_kind, secret, err);
}

bool akv_secret_get(struct akv_client *client, const struct akv_id *id,
                    struct akv_secret *secret, struct akv_error *err)
{
    struct akv_call *call = akv_secret_get_start(client, id, NULL, NULL, err);

    return akv_call_close(call, akv_secret_get_result(call, secret, err));
}

struct akv_call *akv_secret_get_pem_start(struct akv_client *client,
                                          const struct akv_id *id,
                                          akv_done_fn *done, void *arg,
                                          struct akv_error *err)
{
    struct akv_op op;

    akv_op_init(&op, &get_pem_kind, id);
    (void)snprintf(op.query, sizeof(op.query),
                   "&outContentType=application%%2Fx-pem-file");
    return akv_call_start(client, &op, done, arg, err);
}

bool akv_secret_get_pem_result(struct akv_call *call, struct akv_secret *secret,
                               struct akv_error *err)
{
    return secret_result(call, &get_pem_kind, secret, err);
}

bool akv_secret_get_pem(struct akv_client *client, const struct akv_id *id,
                        struct akv_secret *secret, struct akv_error *err)
{
    struct akv_call *call =
        akv_secret_get_pem_start(client, id, NULL, NULL, err);

    return akv_call_close(call, akv_secret_get_pem_result(call, secret, err));
}
