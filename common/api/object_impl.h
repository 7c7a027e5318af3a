/* SPDX-License-Identifier: Apache-2.0 */

/* What objects of all kinds have in common, for their own files. */

#ifndef AKV_OBJECT_IMPL_H
#define AKV_OBJECT_IMPL_H

#include "akv/object.h"
#include "client/call_impl.h"

/* Of akv_object_update_start(). */
extern const struct akv_op_kind akv_update_kind;

/* What a call has brought. document may be NULL; else it is the whole reply,
 * which the caller frees. */
bool akv_object_result(struct akv_call *call, const struct akv_op_kind *kind,
                       struct akv_properties *properties,
                       struct akv_json **document, struct akv_error *err);

#endif
