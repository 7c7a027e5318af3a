/* SPDX-License-Identifier: Apache-2.0 */

/* Which of libakv's functions makes a recorded request. */

#ifndef REPLAY_CALLS_H
#define REPLAY_CALLS_H

#include "akv/json.h"
#include "akv/object.h"

struct replay_call {
    struct akv_id id;
    struct akv_json *body; /* borrowed: the recorded request's; NULL: none */
    size_t items;          /* of a list, on all pages that were recorded */
    bool whole;            /* there is no link behind them */
};

/* Makes the request with the parameters that the recorded one had. False with
 * the cause. */
typedef bool replay_call_fn(const struct replay_call *call,
                            struct akv_error *err);

/* Rows of tables: the first whose method and path fit. In a path "C" stands
 * for a collection, "D" for one of deleted objects, "*" for a name and "?" for
 * a version, which may be absent. */
struct replay_row {
    const char *method, *path;
    replay_call_fn *fn;
};

/* NULL: libakv has no such function. path is without host and query. */
replay_call_fn *replay_find(const char *method, const char *path);

/* The tables, with NULL at the end. */
extern const struct replay_row replay_objects[], replay_keys[], replay_certs[];

/* What a recorded request's body says. The tags are the caller's to free. */
struct akv_attributes replay_attributes(const struct replay_call *call);
struct akv_tags replay_tags(const struct replay_call *call);

/* A member of the body as text of JSON, to be freed; NULL: there is none. */
char *replay_document(const struct replay_call *call, const char *name);

/* A member decoded from base64url, to be freed; empty if there is none. */
struct akv_buf replay_bytes(const struct replay_call *call, const char *name);

/* tags or, if there were none, NULL. */
const struct akv_tags *replay_some(const struct akv_tags *tags);

#endif
