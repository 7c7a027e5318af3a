/* SPDX-License-Identifier: Apache-2.0 */

/* Nothing in a document is looked at but whether it is one. */

#include "api/document.h"

struct akv_call *akv_document_start(struct akv_client *client,
                                    const struct akv_op_kind *kind,
                                    const struct akv_id *id, const char *what,
                                    const char *body, akv_done_fn *done,
                                    void *arg, struct akv_error *err)
{
    struct akv_op op;

    akv_op_init(&op, kind, id);
    op.id.version[0] = '\0';
    if (!akv_json_check(what, body, err))
        return NULL;
    if (body != NULL && !akv_buf_append_str(&op.body, body)) {
        akv_op_free(&op);
        (void)akv_error_set(err, AKV_E_INVALID, "the %s is too long", what);
        return NULL;
    }
    return akv_call_start(client, &op, done, arg, err);
}

bool akv_document_result(struct akv_call *call, const struct akv_op_kind *kind,
                         struct akv_json **result, struct akv_error *err)
{
    *result = akv_call_reply(call, kind, err);
    return *result != NULL;
}

bool akv_bytes_result(struct akv_call *call, const struct akv_op_kind *kind,
                      struct akv_buf *bytes, struct akv_error *err)
{
    struct akv_json *json = akv_call_reply(call, kind, err);
    bool ok = json != NULL
              && (akv_json_get_base64url(json, "value", bytes)
                  || akv_op_bad_reply(&call->op, "value",
                                      "is missing or not base64url", err));

    akv_json_free(json);
    return ok;
}
