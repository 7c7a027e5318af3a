/* SPDX-License-Identifier: Apache-2.0 */

/* REST on /certificates/contacts, which are the vault's, whatever certificate
 * an identifier names. */

#include "akv/contacts.h"
#include "api/document.h"

static const struct akv_op_kind get_kind = { .name = "get contacts of",
                                             .method = "GET",
                                             .suffix = "/contacts" };
static const struct akv_op_kind set_kind = { .name = "set contacts of",
                                             .method = "PUT",
                                             .suffix = "/contacts" };
static const struct akv_op_kind delete_kind = { .name = "delete contacts of",
                                                .method = "DELETE",
                                                .suffix = "/contacts",
                                                .once = true };

static struct akv_call *contacts_start(struct akv_client *client,
                                       const struct akv_op_kind *kind,
                                       const struct akv_id *id,
                                       const char *body, akv_done_fn *done,
                                       void *arg, struct akv_error *err)
{
    struct akv_id all = *id;

    all.name[0] = '\0';
    return akv_document_start(client, kind, &all, "list of contacts", body,
                              done, arg, err);
}

struct akv_call *akv_contacts_get_start(struct akv_client *client,
                                        const struct akv_id *id,
                                        akv_done_fn *done, void *arg,
                                        struct akv_error *err)
{
    return contacts_start(client, &get_kind, id, NULL, done, arg, err);
}

bool akv_contacts_get_result(struct akv_call *call, struct akv_json **result,
                             struct akv_error *err)
{
    return akv_document_result(call, &get_kind, result, err);
}

bool akv_contacts_get(struct akv_client *client, const struct akv_id *id,
                      struct akv_json **result, struct akv_error *err)
{
    struct akv_call *call = akv_contacts_get_start(client, id, NULL, NULL, err);

    return akv_call_close(call, akv_contacts_get_result(call, result, err));
}

struct akv_call *akv_contacts_set_start(struct akv_client *client,
                                        const struct akv_id *id,
                                        const char *contacts, akv_done_fn *done,
                                        void *arg, struct akv_error *err)
{
    return contacts_start(client, &set_kind, id, contacts, done, arg, err);
}

bool akv_contacts_set_result(struct akv_call *call, struct akv_json **result,
                             struct akv_error *err)
{
    return akv_document_result(call, &set_kind, result, err);
}

bool akv_contacts_set(struct akv_client *client, const struct akv_id *id,
                      const char *contacts, struct akv_json **result,
                      struct akv_error *err)
{
    struct akv_call *call =
        akv_contacts_set_start(client, id, contacts, NULL, NULL, err);

    return akv_call_close(call, akv_contacts_set_result(call, result, err));
}

struct akv_call *akv_contacts_delete_start(struct akv_client *client,
                                           const struct akv_id *id,
                                           akv_done_fn *done, void *arg,
                                           struct akv_error *err)
{
    return contacts_start(client, &delete_kind, id, NULL, done, arg, err);
}

bool akv_contacts_delete_result(struct akv_call *call, struct akv_json **result,
                                struct akv_error *err)
{
    return akv_document_result(call, &delete_kind, result, err);
}

bool akv_contacts_delete(struct akv_client *client, const struct akv_id *id,
                         struct akv_json **result, struct akv_error *err)
{
    struct akv_call *call =
        akv_contacts_delete_start(client, id, NULL, NULL, err);

    return akv_call_close(call, akv_contacts_delete_result(call, result, err));
}
