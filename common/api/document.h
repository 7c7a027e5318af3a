/* SPDX-License-Identifier: Apache-2.0 */

/* Operations whose request and reply are JSON documents that go through. */

#ifndef AKV_DOCUMENT_H
#define AKV_DOCUMENT_H

#include "client/call_impl.h"

/* Of the object as a whole: a version is dropped. body is JSON text, or NULL;
 * what names it in messages. */
struct akv_call *akv_document_start(struct akv_client *client,
                                    const struct akv_op_kind *kind,
                                    const struct akv_id *id, const char *what,
                                    const char *body, akv_done_fn *done,
                                    void *arg, struct akv_error *err);

/* The caller frees *result; NULL on failure. */
bool akv_document_result(struct akv_call *call, const struct akv_op_kind *kind,
                         struct akv_json **result, struct akv_error *err);

/* The bytes of the reply's "value", appended. */
bool akv_bytes_result(struct akv_call *call, const struct akv_op_kind *kind,
                      struct akv_buf *bytes, struct akv_error *err);

#endif
