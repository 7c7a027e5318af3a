/* SPDX-License-Identifier: Apache-2.0 */

/* REST on /certificates/issuers/NAME; the documents are the service's. */

#include "akv/issuer.h"
#include "api/document.h"

static const struct akv_op_kind get_kind = { .name = "get issuer",
                                             .method = "GET",
                                             .infix = "/issuers" };
static const struct akv_op_kind set_kind = { .name = "set issuer",
                                             .method = "PUT",
                                             .infix = "/issuers" };
static const struct akv_op_kind update_kind = { .name = "update issuer",
                                                .method = "PATCH",
                                                .infix = "/issuers" };
static const struct akv_op_kind delete_kind = { .name = "delete issuer",
                                                .method = "DELETE",
                                                .infix = "/issuers",
                                                .once = true };

struct akv_call *akv_issuer_get_start(struct akv_client *client,
                                      const struct akv_id *id,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err)
{
    return akv_document_start(client, &get_kind, id, "", NULL, done, arg, err);
}

bool akv_issuer_get_result(struct akv_call *call, struct akv_json **result,
                           struct akv_error *err)
{
    return akv_document_result(call, &get_kind, result, err);
}

bool akv_issuer_get(struct akv_client *client, const struct akv_id *id,
                    struct akv_json **result, struct akv_error *err)
{
    struct akv_call *call = akv_issuer_get_start(client, id, NULL, NULL, err);

    return akv_call_close(call, akv_issuer_get_result(call, result, err));
}

struct akv_call *akv_issuer_set_start(struct akv_client *client,
                                      const struct akv_id *id,
                                      const char *issuer, akv_done_fn *done,
                                      void *arg, struct akv_error *err)
{
    return akv_document_start(client, &set_kind, id, "issuer", issuer, done,
                              arg, err);
}

bool akv_issuer_set_result(struct akv_call *call, struct akv_json **result,
                           struct akv_error *err)
{
    return akv_document_result(call, &set_kind, result, err);
}

bool akv_issuer_set(struct akv_client *client, const struct akv_id *id,
                    const char *issuer, struct akv_json **result,
                    struct akv_error *err)
{
    struct akv_call *call =
        akv_issuer_set_start(client, id, issuer, NULL, NULL, err);

    return akv_call_close(call, akv_issuer_set_result(call, result, err));
}

struct akv_call *akv_issuer_update_start(struct akv_client *client,
                                         const struct akv_id *id,
                                         const char *issuer, akv_done_fn *done,
                                         void *arg, struct akv_error *err)
{
    return akv_document_start(client, &update_kind, id, "issuer", issuer, done,
                              arg, err);
}

bool akv_issuer_update_result(struct akv_call *call, struct akv_json **result,
                              struct akv_error *err)
{
    return akv_document_result(call, &update_kind, result, err);
}

bool akv_issuer_update(struct akv_client *client, const struct akv_id *id,
                       const char *issuer, struct akv_json **result,
                       struct akv_error *err)
{
    struct akv_call *call =
        akv_issuer_update_start(client, id, issuer, NULL, NULL, err);

    return akv_call_close(call, akv_issuer_update_result(call, result, err));
}

struct akv_call *akv_issuer_delete_start(struct akv_client *client,
                                         const struct akv_id *id,
                                         akv_done_fn *done, void *arg,
                                         struct akv_error *err)
{
    return akv_document_start(client, &delete_kind, id, "", NULL, done, arg,
                              err);
}

bool akv_issuer_delete_result(struct akv_call *call, struct akv_json **result,
                              struct akv_error *err)
{
    return akv_document_result(call, &delete_kind, result, err);
}

bool akv_issuer_delete(struct akv_client *client, const struct akv_id *id,
                       struct akv_json **result, struct akv_error *err)
{
    struct akv_call *call =
        akv_issuer_delete_start(client, id, NULL, NULL, err);

    return akv_call_close(call, akv_issuer_delete_result(call, result, err));
}
