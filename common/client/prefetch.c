/* SPDX-License-Identifier: Apache-2.0 */

/* A call that asks for a token, and for nothing else. */

#include "client/call_impl.h"
#include "client/rest_call.h"

bool akv_client_prefetch(struct akv_client *client, const struct akv_id *id,
                         struct akv_error *err)
{
    struct akv_call *call;
    struct akv_op op;

    akv_op_init(&op, &akv_rest_prefetch, id);
    call = akv_call_start(client, &op, NULL, NULL, err);
    return akv_call_close(call, call != NULL && akv_call_wait(call, err));
}
