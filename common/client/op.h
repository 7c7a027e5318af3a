/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One REST operation, described: what the files of api/ make, what
 * rest_call.c performs. The reply's body comes back as bytes for the same file
 * to read.
 */

#ifndef AKV_OP_H
#define AKV_OP_H

#include "akv/buf.h"
#include "akv/json.h"
#include "akv/uri.h"

/* The constant part of an operation. */
struct akv_op_kind {
    const char *name;        /* for people: "sign" */
    const char *method;      /* "POST" */
    const char *prefix;      /* before the collection: "deleted"; NULL: "" */
    const char *infix;       /* behind the collection: "/issuers"; NULL: "" */
    const char *suffix;      /* behind the identifier: "/sign"; NULL: "" */
    const char *min_version; /* the first api-version that has it; NULL: any */
    bool once;               /* must not be sent again if it may have arrived */
    bool absence_is_answer;  /* it can be read: 403 and 404 are answers, not
                           errors,  for the log */
};

struct akv_op {
    const struct akv_op_kind *kind; /* a constant */
    struct akv_id id;
    const char *min_version; /* a constant, instead of the kind's; or NULL */
    char query[96];          /* "&name=value", behind the api-version */
    int64_t delay_ms;        /* before it is sent; within the deadline's time */
    char *link;          /* owned; next page: used instead of the id's path */
    struct akv_buf body; /* owned; empty for GET and DELETE */
    int64_t submitted;   /* monotonic ms; 0: when the call starts */
    int variant;         /* for who reads the reply: an algorithm, say */
};

void akv_op_init(struct akv_op *op, const struct akv_op_kind *kind,
                 const struct akv_id *id);

/* Wipes and frees what it owns. */
void akv_op_free(struct akv_op *op);

/* Appends /COLLECTION/NAME/VERSION with prefix, infix and suffix. */
bool akv_op_append_path(const struct akv_op *op,
                        struct akv_buf *out) AKV_MUST_CHECK;

/* Makes the JSON the body and frees it. False, and op freed: json is NULL, or
 * was not built as it was to be, for lack of memory. */
bool akv_op_set_json(struct akv_op *op, struct akv_json *json, bool built,
                     struct akv_error *err) AKV_MUST_CHECK;

/* Describes the operation: "sign with keys/NAME/VERSION at HOST", "get issuer
 * NAME at HOST", "get random bytes at HOST". */
void akv_op_describe(const struct akv_op *op, char *text, size_t size);

/* Reads a successful reply; on failure the message names the operation. */
struct akv_json *akv_op_parse(const struct akv_op *op,
                              const struct akv_buf *reply,
                              struct akv_error *err);

/* Says that a reply lacks or garbles a member. Returns false. */
bool akv_op_bad_reply(const struct akv_op *op, const char *member,
                      const char *problem, struct akv_error *err);

#endif
