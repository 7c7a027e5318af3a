/* SPDX-License-Identifier: Apache-2.0 */

/* Whom the vault writes to about its certificates: a JSON document. Three ways,
 * threads and errors as in object.h. */

#ifndef AKV_CONTACTS_H
#define AKV_CONTACTS_H

#include "call.h"
#include "client.h"
#include "json.h"

#ifdef __cplusplus
extern "C" {
#endif

/* GET, PUT and DELETE /certificates/contacts, which are the vault's: a name in
 * id does not matter. The caller frees *result. */
bool akv_contacts_get(struct akv_client *client, const struct akv_id *id,
                      struct akv_json **result, struct akv_error *err);
struct akv_call *akv_contacts_get_start(struct akv_client *client,
                                        const struct akv_id *id,
                                        akv_done_fn *done, void *arg,
                                        struct akv_error *err);
bool akv_contacts_get_result(struct akv_call *call, struct akv_json **result,
                             struct akv_error *err);
bool akv_contacts_set(struct akv_client *client, const struct akv_id *id,
                      const char *contacts, struct akv_json **result,
                      struct akv_error *err);
struct akv_call *akv_contacts_set_start(struct akv_client *client,
                                        const struct akv_id *id,
                                        const char *contacts, akv_done_fn *done,
                                        void *arg, struct akv_error *err);
bool akv_contacts_set_result(struct akv_call *call, struct akv_json **result,
                             struct akv_error *err);
bool akv_contacts_delete(struct akv_client *client, const struct akv_id *id,
                         struct akv_json **result, struct akv_error *err);
struct akv_call *akv_contacts_delete_start(struct akv_client *client,
                                           const struct akv_id *id,
                                           akv_done_fn *done, void *arg,
                                           struct akv_error *err);
bool akv_contacts_delete_result(struct akv_call *call, struct akv_json **result,
                                struct akv_error *err);

#ifdef __cplusplus
}
#endif

#endif
