/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One HTTP exchange, and the world in which exchanges happen.
 *
 * Everything above this line (tokens, challenges, retries) is a set of steps
 * that an event loop drives: struct akv_io sends, keeps time and calls back,
 * always on the loop's one thread. http_curl.c makes the real one; tests make
 * one that answers from a table with a clock of its own.
 */

#ifndef AKV_HTTP_H
#define AKV_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "akv/buf.h"
#include "akv/error.h"
#include "akv/stats.h"
#include "base/clock.h"
#include "base/log.h"
#include "transport/process.h"

/* The reply headers that somebody reads; others are dropped. */
enum akv_header {
    AKV_H_WWW_AUTHENTICATE, /* several are joined by ", " */
    AKV_H_RETRY_AFTER,
    AKV_H_RETRY_AFTER_MS,
    AKV_H_X_MS_RETRY_AFTER_MS,
    AKV_H_REQUEST_ID,
    AKV_H_DATE,
    AKV_H_LOCATION,
    AKV_H_COUNT
};

#define AKV_HTTP_MAX_HEADERS 6
#define AKV_HTTP_MAX_HEADER_BYTES 16384

struct akv_http_request {
    const char *method;                  /* a constant */
    char *url;                           /* owned */
    char *headers[AKV_HTTP_MAX_HEADERS]; /* "Name: value", owned, wiped */
    struct akv_buf body;                 /* owned */
    size_t max_reply;                    /* bytes of the reply's body */
    int64_t deadline;                    /* monotonic ms */
    bool probe;    /* by a new connection, which may take a second at most */
    bool once;     /* must not be sent again behind the caller's back */
    bool no_proxy; /* goes directly whatever the proxy setting says */
    bool plain;    /* http, to this machine's own identity endpoints only */
    /* Borrowed. Who is connected to in the place of the URL's host, whose name
     * is then the one that is on the certificate: https://HOST:PORT. */
    const char *peer;
    const struct akv_buf *ca; /* borrowed; PEM: whom it trusts, instead of whom
                                 the settings do */
};

struct akv_http_reply {
    long status;
    char *headers[AKV_H_COUNT]; /* owned, NULL when absent */
    struct akv_buf body;        /* owned, wiped */
    bool too_large;             /* the body was cut at max_reply */
};

void akv_http_request_free(struct akv_http_request *request);
bool akv_http_request_header(struct akv_http_request *request, const char *name,
                             const char *value) AKV_MUST_CHECK;
void akv_http_reply_free(struct akv_http_reply *reply);

/* Takes a line of the reply's head: a header that somebody reads is kept, and
 * a status line drops what came before it. */
void akv_http_reply_header(struct akv_http_reply *reply, const char *line,
                           size_t len);

/* Masks what was sent, and must not be quoted, wherever the reply repeats it:
 * in its headers and its body, as it is and as JSON may write it. NULL is
 * fine. */
void akv_http_reply_mask(struct akv_http_reply *reply, const char *secret);

/* The header's name in lower case. */
const char *akv_header_name(enum akv_header header);

/*
 * The end of an exchange. reply is NULL when there was none; then err says
 * why, and sent whether the server may have got the request. Both are
 * borrowed for the call; the callee may move the body out of the reply.
 */
typedef void akv_http_done_fn(void *arg, struct akv_http_reply *reply,
                              const struct akv_error *err, bool sent);

struct akv_exchange; /* an exchange under way */
struct akv_timer;    /* a timer that is set */
struct akv_io;

struct akv_io_ops {
    /* Starts an exchange; request is borrowed until done is called, which
     * never happens inside send. NULL: not started, done is not called. */
    struct akv_exchange *(*send)(struct akv_io *io,
                                 const struct akv_http_request *request,
                                 akv_http_done_fn *done, void *arg,
                                 struct akv_error *err);
    /* Ends an exchange without calling done. */
    void (*cancel)(struct akv_io *io, struct akv_exchange *exchange);
    /* Calls fn once after ms milliseconds. NULL: no memory. */
    struct akv_timer *(*timer)(struct akv_io *io, int64_t ms,
                               void (*fn)(void *arg), void *arg);
    /* Stops a timer whose function was not called yet. */
    void (*timer_stop)(struct akv_io *io, struct akv_timer *timer);
    /* Runs a program: akv_process_start() and akv_process_cancel(). */
    struct akv_process *(*run)(struct akv_io *io, const char *const argv[],
                               int64_t timeout_ms, akv_process_fn *done,
                               void *arg);
    void (*kill)(struct akv_io *io, struct akv_process *process);
    /* Cancels what is under way and frees. */
    void (*free)(struct akv_io *io);
};

struct akv_io {
    const struct akv_io_ops *ops;
    const struct akv_clock *clock; /* borrowed */
    struct akv_stats *stats;       /* borrowed; what is counted, or NULL */
    struct akv_log *log;           /* borrowed, or NULL */
    bool driven;                   /* nothing happens while nobody waits */
    /* NULL if its TLS is the OpenSSL that we use. Otherwise its name, static:
     * the private library context, the trust store and the wiping of plaintext
     * do not reach into it. */
    const char *foreign_tls;
};

#endif
