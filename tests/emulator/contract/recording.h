/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTRACT_RECORDING_H
#define CONTRACT_RECORDING_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

/* A request and its answer as they were recorded; all owned. */
struct exchange {
    char *method;
    char *uri;                   /* with the query */
    struct json_object *request; /* body; NULL: none, or not JSON */
    bool body_lost;              /* the recorder did not keep the body */
    long status;
    struct json_object *reply; /* body; NULL: none, or not JSON */
};

struct recording {
    const char *format; /* "go, py", "js", "cpp" or "cli" */
    struct exchange *exchange;
    size_t n;
};

/*
 * Reads a file in one of the formats in which the client libraries and the
 * command line of Azure keep their exchanges. False: it is none of them.
 */
bool recording_read(const char *path, struct recording *out);
void recording_free(struct recording *recording);

#endif
