/* SPDX-License-Identifier: Apache-2.0 */

/* Issuers of certificates: JSON documents, as the service defines them. Three
 * ways, threads and errors as in object.h. */

#ifndef AKV_ISSUER_H
#define AKV_ISSUER_H

#include "call.h"
#include "client.h"
#include "json.h"

#ifdef __cplusplus
extern "C" {
#endif

/* GET, PUT, PATCH and DELETE /certificates/issuers/NAME; the name in id is
 * the issuer's. The caller frees *result. */
bool akv_issuer_get(struct akv_client *client, const struct akv_id *id,
                    struct akv_json **result, struct akv_error *err);
struct akv_call *akv_issuer_get_start(struct akv_client *client,
                                      const struct akv_id *id,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err);
bool akv_issuer_get_result(struct akv_call *call, struct akv_json **result,
                           struct akv_error *err);
bool akv_issuer_set(struct akv_client *client, const struct akv_id *id,
                    const char *issuer, struct akv_json **result,
                    struct akv_error *err);
struct akv_call *akv_issuer_set_start(struct akv_client *client,
                                      const struct akv_id *id,
                                      const char *issuer, akv_done_fn *done,
                                      void *arg, struct akv_error *err);
bool akv_issuer_set_result(struct akv_call *call, struct akv_json **result,
                           struct akv_error *err);
bool akv_issuer_update(struct akv_client *client, const struct akv_id *id,
                       const char *issuer, struct akv_json **result,
                       struct akv_error *err);
struct akv_call *akv_issuer_update_start(struct akv_client *client,
                                         const struct akv_id *id,
                                         const char *issuer, akv_done_fn *done,
                                         void *arg, struct akv_error *err);
bool akv_issuer_update_result(struct akv_call *call, struct akv_json **result,
                              struct akv_error *err);
bool akv_issuer_delete(struct akv_client *client, const struct akv_id *id,
                       struct akv_json **result, struct akv_error *err);
struct akv_call *akv_issuer_delete_start(struct akv_client *client,
                                         const struct akv_id *id,
                                         akv_done_fn *done, void *arg,
                                         struct akv_error *err);
bool akv_issuer_delete_result(struct akv_call *call, struct akv_json **result,
                              struct akv_error *err);

#ifdef __cplusplus
}
#endif

#endif
