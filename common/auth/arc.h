/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Azure Arc's proof of privilege: the endpoint answers 401 and names a file
 * that only the right group can read; its content is the password. What is
 * named is checked before it is opened: the answer may not come from Arc.
 * Loop thread only.
 */

#ifndef AKV_ARC_H
#define AKV_ARC_H

#include "transport/http.h"

#define AKV_ARC_ENDPOINT "http://127.0.0.1:40342/metadata/identity/oauth2/token"

struct akv_arc;

/* basic is the value for Authorization, borrowed; NULL on failure. */
typedef void akv_arc_fn(void *arg, const char *basic,
                        const struct akv_error *err);

/* Sends the request, moved from, and calls done once, perhaps before it
 * returns. *handle is set for akv_arc_cancel() at the beginning and to NULL
 * before done is called. */
void akv_arc_start(struct akv_io *io, struct akv_http_request *request,
                   akv_arc_fn *done, void *arg, struct akv_arc **handle);
void akv_arc_cancel(struct akv_arc *arc);

/* The file in a challenge ("Basic realm=PATH"), copied to path; false when
 * the challenge or the file is not as Arc makes them. */
bool akv_arc_file(const char *challenge, char *path, size_t size,
                  struct akv_error *err);

#endif
