/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_FAULT_RULES_H
#define EMU_FAULT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EMU_MAX_RULES 64
#define EMU_MAX_FIELDS_OF_RULE 8
#define EMU_MAX_HEADERS_OF_RULE 8

struct json_object;

enum emu_phase {
    EMU_PHASE_BEFORE_AUTH,
    EMU_PHASE_AFTER_AUTH,
    EMU_PHASE_AFTER_OP,
    EMU_PHASE_CONNECT /* before the TLS handshake */
};

/* What becomes of the body. */
enum emu_body {
    EMU_BODY_AS_IS,
    EMU_BODY_TRUNCATED, /* the first half of it, well framed */
    EMU_BODY_NOT_JSON,
    EMU_BODY_EMPTY,
    EMU_BODY_HTML,
    EMU_BODY_HUGE,
    EMU_BODY_DEEP,
    EMU_BODY_DUPLICATE /* every member twice, with another value */
};

/* What becomes of one member of a JSON reply. */
enum emu_mutation {
    EMU_FIELD_MISSING,
    EMU_FIELD_NULL,
    EMU_FIELD_WRONG_TYPE,
    EMU_FIELD_BIT_FLIPPED, /* these four: of the decoded bytes */
    EMU_FIELD_SHORT,
    EMU_FIELD_LONG,
    EMU_FIELD_LEADING_ZERO,
    EMU_FIELD_BAD_BASE64URL,
    EMU_FIELD_PADDED,
    EMU_FIELD_WRONG_HOST, /* these three: of an id */
    EMU_FIELD_WRONG_NAME,
    EMU_FIELD_WRONG_VERSION
};

/* What kind of token the token endpoint gives. */
enum emu_token_kind {
    EMU_TOKEN_GOOD,
    EMU_TOKEN_EXPIRED,
    EMU_TOKEN_WRONG_AUDIENCE,
    EMU_TOKEN_CLAIMS_CHALLENGE /* of the vault, until a token meets it */
};

/* How a connection is cut. */
enum emu_drop {
    EMU_DROP_NO,
    EMU_DROP_BEFORE_RESPONSE,
    EMU_DROP_AFTER_HEADERS,
    EMU_DROP_RST,
    EMU_DROP_AFTER_BYTES
};

/* What is wrong with the TLS handshake. */
enum emu_tls_fault {
    EMU_TLS_GOOD,
    EMU_TLS_EXPIRED,
    EMU_TLS_WRONG_HOST,
    EMU_TLS_OTHER_CA,
    EMU_TLS_CLOSED
};

struct emu_match {
    char *op; /* owned, like all strings of a rule; NULL: any */
    char *vault;
    char *key;
    int64_t nth; /* 0: not asked for, like every and count */
    int64_t every;
    int64_t count;
    double prob; /* 1: always */
    uint64_t seed;
};

struct emu_field_fault {
    char *path; /* "value", "key.kid" */
    enum emu_mutation mutation;
};

struct emu_rule_header {
    char *name;
    char *value; /* NULL: a date, so many seconds from now */
    int64_t date_in;
};

struct emu_action {
    int64_t delay_ms;
    int64_t jitter_ms;
    unsigned status; /* 0: as it is */
    char *error;
    char *inner;
    char *message;
    struct emu_rule_header header[EMU_MAX_HEADERS_OF_RULE];
    size_t nheaders;
    enum emu_body body;
    int64_t bytes; /* of a huge body */
    struct emu_field_fault field[EMU_MAX_FIELDS_OF_RULE];
    size_t nfields;
    bool stall;
    enum emu_drop drop;
    int64_t drop_bytes;
    int64_t length_error; /* of Content-Length */
    char *redirect;       /* NULL: none */
    double throttle;      /* 0: no; the limits of the service, scaled */
    bool empty_page;
    enum emu_tls_fault tls;
    enum emu_token_kind token;
};

struct emu_rule {
    struct emu_match match;
    enum emu_phase phase;
    struct emu_action action;
    struct json_object *source; /* owned, for GET /faults */
    /* How often it matched and acted; under the lock of faults.c. */
    uint64_t seen;
    uint64_t fired;
    uint64_t random;
};

struct emu_ruleset {
    int refs; /* atomic */
    size_t nrules;
    struct emu_rule rule[EMU_MAX_RULES];
};

/*
 * Strict: NULL, and what is wrong in message, for anything unknown. The
 * caller owns a reference.
 */
struct emu_ruleset *emu_ruleset_parse(struct json_object *list, char *message,
                                      size_t size);
void emu_ruleset_free(struct emu_ruleset *set);

#endif
