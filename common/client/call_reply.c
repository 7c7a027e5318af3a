/* SPDX-License-Identifier: Apache-2.0 */

/* Requests and replies in JSON, for api/. That a call is of the kind whose
 * result is asked for is checked: the compiler cannot. */

#include "client/call_impl.h"

struct akv_call *akv_call_start_json(struct akv_client *client,
                                     struct akv_op *op, struct akv_json *json,
                                     bool built, akv_done_fn *done, void *arg,
                                     struct akv_error *err)
{
    return akv_op_set_json(op, json, built, err)
               ? akv_call_start(client, op, done, arg, err)
               : NULL;
}

bool akv_call_check(struct akv_call *call, const struct akv_op_kind *kind,
                    struct akv_error *err)
{
    char what[700];

    if (call == NULL)
        return false;
    if (call->op.kind == kind)
        return akv_call_wait(call, err);
    akv_op_describe(&call->op, what, sizeof(what));
    return akv_error_set(err, AKV_E_INVALID,
                         "the result of '%s' was asked of a call to %s",
                         kind->name, what);
}

struct akv_json *akv_call_reply(struct akv_call *call,
                                const struct akv_op_kind *kind,
                                struct akv_error *err)
{
    return akv_call_check(call, kind, err)
               ? akv_op_parse(&call->op, &call->body, err)
               : NULL;
}

bool akv_call_close(struct akv_call *call, bool ok)
{
    akv_call_free(call);
    return ok;
}
