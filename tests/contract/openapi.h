/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The OpenAPI 2.0 documents of one version of the service, and whether
 * requests and replies are as they are written there. What is not is printed.
 * One set of documents per program.
 */

#ifndef OPENAPI_H
#define OPENAPI_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

/* An operation of the documents, from which it borrows all of it. */
struct openapi_op {
    const char *id;                 /* "GetKey" */
    const char *method;             /* "get" */
    const char *path;               /* "/keys/{key-name}/{key-version}" */
    struct json_object *parameters; /* NULL: none */
    struct json_object *responses;
    size_t document;
    /* what was checked */
    unsigned requests;     /* that are as written */
    unsigned good, errors; /* replies: of success, and with an error's body */
    unsigned bad;          /* requests and replies that are not as written */
};

/* Reads keys.json, secrets.json, certificates.json and, where there is one,
 * common.json of a folder. */
bool openapi_load(const char *folder);
void openapi_free(void);

/* The operations, in the documents' order; NULL behind the last. */
struct openapi_op *openapi_at(size_t i);

/* The operation of a request; a version may be left out of the path, as the
 * service has it. NULL: there is none. */
struct openapi_op *openapi_find(const char *method, const char *path);

/* Counts a reply in op; false if it is not as written. status is a number,
 * body "" if there is none. */
bool openapi_check_reply(struct openapi_op *op, const char *status,
                         const char *body);

/* The same of a request: what is required is there, what only the service
 * writes is not, and there is nothing unknown. query is what is behind the
 * '?', or "". */
bool openapi_check_request(struct openapi_op *op, const char *query,
                           const char *body);

#endif
