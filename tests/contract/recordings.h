/* SPDX-License-Identifier: Apache-2.0 */

/* Recorded exchanges with the service, in all the formats that there are. */

#ifndef RECORDINGS_H
#define RECORDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

struct exchange {
    char *method, *url; /* all texts are owned */
    bool kept;          /* the recorder kept the request's body */
    char *body;         /* NULL: none, or not kept */
    long status;
    char *reply; /* "" if there is none */
    /* both bodies as JSON, owned; NULL: no object or list */
    struct json_object *body_json, *reply_json;
    char *challenge;             /* the header WWW-Authenticate; NULL: none */
    char *request_id;            /* x-ms-request-id; NULL: none */
    struct json_object *headers; /* of the reply, owned; NULL: none kept */
    bool metadata;               /* the header "Metadata" was sent */
    /* for whoever replays it */
    bool replayed;
    const char *why_not; /* a constant */
};

struct recording {
    const char *format;     /* by what uses it: "go, py", "js", "cpp", "cli" */
    struct exchange *items; /* owned */
    size_t count;
};

/* A member, borrowed; NULL: none, or obj is no object. */
struct json_object *recording_get(struct json_object *obj, const char *name);
/* A header of the reply, in any case; the caller frees it. NULL: none. */
char *recording_header(const struct exchange *exchange, const char *name);

/* Reads a file by its format; false: it is in none that is known. */
bool recording_load(struct recording *recording, const char *path);
void recording_free(struct recording *recording);

#endif
