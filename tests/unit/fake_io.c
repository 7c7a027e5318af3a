/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_io.h"

struct akv_exchange {
    struct akv_exchange *next;
    const struct akv_http_request *request; /* borrowed until done */
    const struct fake_step *step;           /* borrowed */
    int64_t due;                            /* INT64_MAX: never */
    unsigned serial;
    akv_http_done_fn *done;
    void *arg;
};

struct akv_timer {
    struct akv_timer *next;
    int64_t due;
    unsigned serial;
    void (*fn)(void *arg);
    void *arg;
};

struct akv_process {
    struct fake_io *io;                 /* borrowed */
    const struct fake_program *program; /* borrowed */
    struct akv_timer *timer;            /* when it ends */
    int64_t timeout_ms;
    akv_process_fn *done;
    void *arg;
};

static int64_t fake_mono(void *arg)
{
    return ((const struct fake_io *)arg)->now;
}

static int64_t fake_wall(void *arg)
{
    return FAKE_WALL + (((const struct fake_io *)arg)->now - FAKE_MONO) / 1000;
}

/* The copied value of a header; NULL: there is none. */
static char *copy_header(const struct akv_http_request *request,
                         const char *name)
{
    size_t i, len = strlen(name);

    for (i = 0; i < AKV_HTTP_MAX_HEADERS; i++)
        if (request->headers[i] != NULL
            && strncmp(request->headers[i], name, len) == 0
            && request->headers[i][len] == ':')
            return strdup(request->headers[i] + len + 2);
    return NULL;
}

/* All headers as one text. */
static void join_headers(const struct akv_http_request *request, char *text,
                         size_t size)
{
    size_t i, len = 0;

    for (i = 0; i < AKV_HTTP_MAX_HEADERS && len < size; i++)
        if (request->headers[i] != NULL)
            len += (size_t)snprintf(text + len, size - len, "%s\n",
                                    request->headers[i]);
}

static void record(struct fake_io *io, const struct akv_http_request *request)
{
    struct fake_request *to;

    if (io->count == FAKE_REQUESTS) {
        io->unexpected++;
        return;
    }
    to = &io->requests[io->count++];
    to->method = request->method;
    to->url = strdup(request->url);
    to->authorization = copy_header(request, "Authorization");
    to->content_type = copy_header(request, "Content-Type");
    to->body =
        request->body.len > 0 ? strdup(akv_buf_str(&request->body)) : NULL;
    join_headers(request, to->headers, sizeof(to->headers));
    to->once = request->once;
    to->plain = request->plain;
    to->peer = request->peer != NULL ? strdup(request->peer) : NULL;
    to->ca = request->ca != NULL ? strdup(akv_buf_str(request->ca)) : NULL;
    to->probe = request->probe;
    to->no_proxy = request->no_proxy;
    to->at = io->now;
    to->deadline = request->deadline;
}

static struct akv_exchange *fake_send(struct akv_io *base,
                                      const struct akv_http_request *request,
                                      akv_http_done_fn *done, void *arg,
                                      struct akv_error *err)
{
    static const struct fake_step none = { .ms = FAKE_NEVER };
    struct fake_io *io = (struct fake_io *)base;
    struct akv_exchange *exchange, **at;
    const struct fake_step *step = &none;

    record(io, request);
    if (io->next < io->steps)
        step = &io->script[io->next++];
    else
        io->unexpected++;
    exchange = step->refuse ? NULL : calloc(1, sizeof(*exchange));
    if (exchange == NULL) {
        (void)akv_error_set(err, step->refuse ? step->error : AKV_E_MEMORY,
                            "the fake cannot send");
        return NULL;
    }
    exchange->request = request;
    exchange->step = step;
    exchange->due = step->ms == FAKE_NEVER ? INT64_MAX : io->now + step->ms;
    /* As libcurl does: no exchange lasts beyond the request's deadline. */
    if (exchange->due > request->deadline)
        exchange->due = request->deadline;
    exchange->serial = io->serial++;
    exchange->done = done;
    exchange->arg = arg;
    for (at = &io->exchanges; *at != NULL; at = &(*at)->next)
        ;
    *at = exchange;
    return exchange;
}

static void fake_cancel(struct akv_io *base, struct akv_exchange *exchange)
{
    struct fake_io *io = (struct fake_io *)base;
    struct akv_exchange **at;

    for (at = &io->exchanges; *at != NULL; at = &(*at)->next) {
        if (*at == exchange) {
            *at = exchange->next;
            free(exchange);
            return;
        }
    }
    (void)fprintf(stderr, "fake_io: an unknown exchange is cancelled\n");
    abort();
}

static struct akv_timer *fake_timer(struct akv_io *base, int64_t ms,
                                    void (*fn)(void *arg), void *arg)
{
    struct fake_io *io = (struct fake_io *)base;
    struct akv_timer *timer = io->no_timers ? NULL : calloc(1, sizeof(*timer));

    if (timer == NULL)
        return NULL;
    timer->due = io->now + (ms > 0 ? ms : 0);
    timer->serial = io->serial++;
    timer->fn = fn;
    timer->arg = arg;
    timer->next = io->timers;
    io->timers = timer;
    return timer;
}

static void fake_timer_stop(struct akv_io *base, struct akv_timer *timer)
{
    struct fake_io *io = (struct fake_io *)base;
    struct akv_timer **at;

    for (at = &io->timers; *at != NULL; at = &(*at)->next) {
        if (*at == timer) {
            *at = timer->next;
            free(timer);
            return;
        }
    }
    (void)fprintf(stderr, "fake_io: an unknown timer is stopped\n");
    abort();
}

static void on_program_end(void *arg)
{
    struct akv_process *process = arg;
    const struct fake_program *program = process->program;
    bool timed_out =
        program->ms == FAKE_NEVER || program->ms > process->timeout_ms;
    struct akv_process_result result = { .status = program->status,
                                         .error = program->error,
                                         .timed_out = timed_out };

    akv_buf_init(&result.out, 65536);
    akv_buf_init(&result.errors, 65536);
    /* As process.c does: what there is no memory for is lost. */
    if (program->out != NULL && !akv_buf_append_str(&result.out, program->out))
        result.out.len = 0;
    if (program->words != NULL
        && !akv_buf_append_str(&result.errors, program->words))
        result.errors.len = 0;
    process->io->running--;
    process->done(process->arg, &result);
    akv_buf_free(&result.out);
    akv_buf_free(&result.errors);
    free(process);
}

static void record_command(struct fake_io *io, const char *const argv[],
                           int64_t timeout_ms)
{
    struct fake_command *to = &io->commands[io->command_count];
    size_t len = 0;

    if (io->command_count == FAKE_COMMANDS) {
        io->unexpected++;
        return;
    }
    io->command_count++;
    to->timeout_ms = timeout_ms;
    for (; *argv != NULL && len < sizeof(to->line); argv++)
        len += (size_t)snprintf(to->line + len, sizeof(to->line) - len, "%s%s",
                                len > 0 ? " " : "", *argv);
}

static struct akv_process *fake_run(struct akv_io *base,
                                    const char *const argv[],
                                    int64_t timeout_ms, akv_process_fn *done,
                                    void *arg)
{
    static const struct fake_program none = { .status = 127 };
    struct fake_io *io = (struct fake_io *)base;
    const struct fake_program *program = &none;
    struct akv_process *process;

    record_command(io, argv, timeout_ms);
    if (io->next_program < io->program_count)
        program = &io->programs[io->next_program++];
    process = program->refuse ? NULL : calloc(1, sizeof(*process));
    if (process == NULL)
        return NULL;
    process->io = io;
    process->program = program;
    process->timeout_ms = timeout_ms;
    process->done = done;
    process->arg = arg;
    process->timer = fake_timer(
        base,
        program->ms == FAKE_NEVER || program->ms > timeout_ms ? timeout_ms
                                                              : program->ms,
        on_program_end, process);
    if (process->timer == NULL) {
        free(process);
        return NULL;
    }
    io->running++;
    return process;
}

static void fake_kill(struct akv_io *base, struct akv_process *process)
{
    if (process == NULL)
        return;
    ((struct fake_io *)base)->running--;
    fake_timer_stop(base, process->timer);
    free(process);
}

static void fake_free(struct akv_io *base)
{
    struct fake_io *io = (struct fake_io *)base;

    while (io->exchanges != NULL)
        fake_cancel(base, io->exchanges);
    while (io->timers != NULL)
        fake_timer_stop(base, io->timers);
    io->is_freed = true;
}

void fake_io_init(struct fake_io *io, const struct fake_step *script,
                  size_t steps)
{
    static const struct akv_io_ops ops = {
        .send = fake_send,
        .cancel = fake_cancel,
        .timer = fake_timer,
        .timer_stop = fake_timer_stop,
        .run = fake_run,
        .kill = fake_kill,
        .free = fake_free,
    };

    memset(io, 0, sizeof(*io));
    io->clock.mono_ms = fake_mono;
    io->clock.wall_s = fake_wall;
    io->clock.arg = io;
    io->base.ops = &ops;
    io->base.clock = &io->clock;
    io->now = FAKE_MONO;
    fake_io_script(io, script, steps);
}

void fake_io_script(struct fake_io *io, const struct fake_step *script,
                    size_t steps)
{
    io->script = script;
    io->steps = steps;
    io->next = 0;
}

void fake_io_programs(struct fake_io *io, const struct fake_program *programs,
                      size_t count)
{
    io->programs = programs;
    io->program_count = count;
    io->next_program = 0;
}

static void set_header(struct akv_http_reply *reply, enum akv_header header,
                       const char *value)
{
    if (value != NULL)
        reply->headers[header] = strdup(value);
}

/* Calls back as http_curl.c does; the exchange is gone afterwards. */
static void finish(struct fake_io *io, struct akv_exchange *exchange)
{
    const struct fake_step *step = exchange->step;
    struct akv_http_reply reply = { .status = step->status };
    struct akv_error err = AKV_ERROR_INIT;
    akv_http_done_fn *done = exchange->done;
    void *arg = exchange->arg;
    bool in_time =
        step->ms != FAKE_NEVER && exchange->due < exchange->request->deadline;

    akv_buf_init(&reply.body, exchange->request->max_reply);
    fake_cancel(&io->base, exchange);
    if (!in_time) {
        (void)akv_error_set(&err, AKV_E_DEADLINE, "the fake's time is up");
        done(arg, NULL, &err, true);
    } else if (step->status == 0) {
        (void)akv_error_set(&err, step->error, "the fake's connection broke");
        done(arg, NULL, &err, step->sent);
    } else if (step->body != NULL
               && !akv_buf_append_str(&reply.body, step->body)) {
        (void)akv_error_set(&err, AKV_E_PROTOCOL, "the reply is too large");
        done(arg, NULL, &err, true);
    } else {
        set_header(&reply, AKV_H_WWW_AUTHENTICATE, step->challenge);
        set_header(&reply, AKV_H_RETRY_AFTER, step->retry_after);
        set_header(&reply, AKV_H_REQUEST_ID, step->request_id);
        done(arg, &reply, NULL, true);
    }
    akv_http_reply_free(&reply);
}

/* Fires what is due first; false when nothing is until then. */
static bool fire_one(struct fake_io *io, int64_t until)
{
    struct akv_exchange *exchange, *first = NULL;
    struct akv_timer *timer, *earliest = NULL;
    void (*fn)(void *arg);
    void *arg;

    for (exchange = io->exchanges; exchange != NULL; exchange = exchange->next)
        if (first == NULL || exchange->due < first->due)
            first = exchange;
    for (timer = io->timers; timer != NULL; timer = timer->next)
        if (earliest == NULL || timer->due < earliest->due
            || (timer->due == earliest->due
                && timer->serial < earliest->serial))
            earliest = timer;
    if (first != NULL
        && (earliest == NULL
            || first->due < earliest->due + (io->exchanges_first ? 1 : 0))) {
        if (first->due > until)
            return false;
        io->now = first->due > io->now ? first->due : io->now;
        finish(io, first);
        return true;
    }
    if (earliest == NULL || earliest->due > until)
        return false;
    io->now = earliest->due > io->now ? earliest->due : io->now;
    fn = earliest->fn;
    arg = earliest->arg;
    fake_timer_stop(&io->base, earliest);
    fn(arg);
    return true;
}

void fake_io_run(struct fake_io *io, int64_t until)
{
    while (fire_one(io, until))
        ;
    if (until > io->now && until != INT64_MAX - 1)
        io->now = until;
}

void fake_io_run_all(struct fake_io *io)
{
    fake_io_run(io, INT64_MAX - 1);
}

bool fake_io_idle(const struct fake_io *io)
{
    return io->exchanges == NULL && io->timers == NULL;
}

void fake_io_clear(struct fake_io *io)
{
    size_t i;

    fake_free(&io->base);
    for (i = 0; i < io->count; i++) {
        free(io->requests[i].url);
        free(io->requests[i].authorization);
        free(io->requests[i].peer);
        free(io->requests[i].ca);
        free(io->requests[i].content_type);
        free(io->requests[i].body);
    }
    io->command_count = 0;
    io->count = 0;
}
