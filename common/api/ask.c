/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What most REST operations have in common. The call takes what the operation
 * owns and frees it, so a copy without that is kept for messages about the
 * reply.
 */

#include "api/ask.h"

bool akv_ask(struct akv_client *client, struct akv_op *op, struct akv_op *asked,
             struct akv_json **json, struct akv_error *err)
{
    struct akv_buf body = AKV_BUF_INIT(0);

    *asked = *op;
    asked->link = NULL; /* what op owns, the call takes */
    akv_buf_init(&asked->body, 0);
    *json = NULL;
    if (akv_client_run(client, op, &body, err))
        *json = akv_op_parse(asked, &body, err);
    akv_buf_free(&body);
    return *json != NULL;
}
