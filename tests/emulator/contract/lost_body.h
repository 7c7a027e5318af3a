/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTRACT_LOST_BODY_H
#define CONTRACT_LOST_BODY_H

#include "recordings.h"

/*
 * A body that the request may have had, from what the replies of the recording
 * say of the object. The caller puts it; NULL: they do not say enough.
 */
struct json_object *lost_body(const struct recording *recording, size_t index);

#endif
