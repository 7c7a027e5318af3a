/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A struct akv_io without network, thread or waiting: it answers from a
 * script, in order, and keeps a clock that jumps from one event to the next.
 * What was asked is recorded.
 */

#ifndef FAKE_IO_H
#define FAKE_IO_H

#include "transport/http.h"

#define FAKE_MONO 5000 /* the clocks at the beginning */
#define FAKE_WALL 1700000000
#define FAKE_NEVER (-1) /* an answer that does not come */
#define FAKE_REQUESTS 128
#define FAKE_COMMANDS 16

/* What one request is answered with. */
struct fake_step {
    long status;               /* 0: no reply, see error */
    const char *body;          /* NULL: empty */
    const char *challenge;     /* WWW-Authenticate; NULL: none */
    const char *retry_after;   /* NULL: none */
    int64_t ms;                /* until it comes, or FAKE_NEVER */
    enum akv_error_code error; /* why there is no reply */
    bool sent;                 /* the request may have arrived */
    bool refuse;               /* send itself fails with error */
    const char *request_id;    /* x-ms-request-id; NULL: none */
};

/* What one program does. */
struct fake_program {
    int status;        /* 127: there is no such program */
    int error;         /* errno: it cannot be started */
    const char *out;   /* NULL: nothing */
    const char *words; /* on standard error; NULL: none */
    int64_t ms;        /* until it ends; FAKE_NEVER: it is killed */
    bool refuse;       /* run() itself fails */
};

struct fake_request {
    const char *method;                              /* a constant */
    char *url, *authorization, *content_type, *body; /* owned, NULL: none */
    char headers[1000]; /* all of them, "Name: value" with "\n" behind */
    char *peer, *ca;    /* owned; NULL: none */
    bool once, no_proxy, plain, probe;
    int64_t at, deadline; /* monotonic ms */
};

struct fake_command {
    char line[700]; /* argv with spaces between */
    int64_t timeout_ms;
};

struct fake_io {
    struct akv_io base; /* give its address to what is tested */
    struct akv_clock clock;
    int64_t now; /* monotonic ms */
    const struct fake_step *script;
    size_t steps, next;
    struct fake_request requests[FAKE_REQUESTS];
    size_t count;      /* of requests */
    size_t unexpected; /* requests behind the script's end */
    const struct fake_program *programs;
    size_t program_count, next_program;
    struct fake_command commands[FAKE_COMMANDS]; /* that were run */
    size_t command_count;
    unsigned running;               /* programs */
    struct akv_exchange *exchanges; /* under way */
    struct akv_timer *timers;       /* set */
    unsigned serial;                /* of events, in the order of making */
    bool no_timers;                 /* timer() fails */
    bool exchanges_first;           /* of what is due at the same time */
    bool is_freed;                  /* free() was called */
};

void fake_io_init(struct fake_io *io, const struct fake_step *script,
                  size_t steps);

/* A new script for what comes next; what was recorded stays. */
void fake_io_script(struct fake_io *io, const struct fake_step *script,
                    size_t steps);

/* What programs do, in order; with none left there is no such program. */
void fake_io_programs(struct fake_io *io, const struct fake_program *programs,
                      size_t count);

/* Lets time pass until nothing is left that happens by itself, or until the
 * clock shows until. */
void fake_io_run(struct fake_io *io, int64_t until);
void fake_io_run_all(struct fake_io *io);

/* Nothing is under way and no timer is set. */
bool fake_io_idle(const struct fake_io *io);

/* Frees what was recorded and what is still under way. */
void fake_io_clear(struct fake_io *io);

#endif
