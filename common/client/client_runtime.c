/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any thread finds, makes and ends a runtime; what is marked below runs in the
 * loop. One that was lost, or is the parent's, stays in the client's slot
 * behind the newer ones (per_process.h). The end frees this process's, unless a
 * loop still uses one: then nothing is freed.
 */

#include <stdlib.h>

#include "auth/cred_factory.h"
#include "auth/credential_impl.h"
#include "base/settings_impl.h"
#include "client/client_runtime.h"
#include "transport/http_curl.h"

#define CLOSE_MS 2000 /* how long the end waits for the I/O thread */
#define FETCH_MARGIN_MS 100

static void lose_runtime(void *arg);

struct akv_runtime *akv_runtime_find(struct akv_client *client)
{
    struct akv_runtime *found =
        (struct akv_runtime *)akv_own_find(&client->runtime);

    if (found == NULL || akv_loop_intact(found->loop))
        return found;
    atomic_store(&found->own.lost, true);
    return NULL;
}

static void runtime_free(struct akv_runtime *runtime)
{
    akv_dispatch_destroy(&runtime->dispatch);
    free(runtime);
}

struct akv_runtime *akv_runtime_get(struct akv_client *client,
                                    struct akv_error *err)
{
    struct akv_runtime *found = akv_runtime_find(client), *mine;

    if (found != NULL)
        return found;
    if (!akv_client_prepare(client, NULL, err))
        return NULL;
    mine = calloc(1, sizeof(*mine));
    if (mine == NULL || !akv_dispatch_init(&mine->dispatch)) {
        free(mine);
        (void)akv_error_set(err, AKV_E_MEMORY, "no memory for a client");
        return NULL;
    }
    mine->client = client;
    mine->loop =
        akv_loop_acquire(client->settings->threads == AKV_THREADS_AUTO, err);
    if (mine->loop == NULL) {
        runtime_free(mine);
        return NULL;
    }
    found = (struct akv_runtime *)akv_own_put(&client->runtime, &mine->own);
    if (found == mine) {
        mine->on_loss.fn = lose_runtime;
        mine->on_loss.arg = mine;
        akv_loop_on_loss(mine->loop, &mine->on_loss);
        return mine;
    }
    akv_loop_release(mine->loop);
    runtime_free(mine);
    return found;
}

/* The rest of this part runs in the loop. */

static void log_world(struct akv_log *log, const struct akv_io *io)
{
    if (io->driven)
        akv_log_write(log, AKV_LOG_INFO,
                      "there is no thread for requests: whoever waits makes "
                      "them");
    if (io->foreign_tls != NULL)
        akv_log_write(log, AKV_LOG_WARNING,
                      "libcurl has another TLS library, %s: openssl.cnf may "
                      "reach its connections, and it does not wipe what was "
                      "received",
                      io->foreign_tls);
}

/* A token's fetch ends a little before the call that began it, so that the
 * call can say what the authority said. */
static int64_t fetch_ms(const struct akv_settings *settings)
{
    int64_t timeout = settings->timeout_ms;

    return timeout > 2 * FETCH_MARGIN_MS ? timeout - FETCH_MARGIN_MS
                                         : timeout / 2;
}

struct akv_rest *akv_runtime_rest(struct akv_runtime *runtime,
                                  struct akv_error *err)
{
    struct akv_client *client = runtime->client;
    const struct akv_deferred_files *files = atomic_load(&client->files);
    const struct akv_cred_cache_options options = {
        .fetch_ms = fetch_ms(client->settings),
        .retry_ms = client->settings->retry_after_failure_ms,
        .heritage = client->heritage,
    };
    struct akv_cred_cache *cache;
    struct akv_cred *cred;
    struct akv_io *io;

    if (runtime->rest != NULL)
        return runtime->rest;
    io = akv_http_curl_new(runtime->loop, client->settings, &files->ca, err);
    if (io == NULL)
        return NULL;
    io->stats = &runtime->stats;
    io->log = client->log;
    cred = client->bound != NULL
               ? akv_credential_open(client->bound, io, runtime->loop, err)
               : akv_cred_new(io, client->settings, files, err);
    if (cred == NULL) {
        io->ops->free(io);
        return NULL;
    }
    cache = akv_cred_cache_new(io, cred, &options);
    if (cache != NULL)
        runtime->rest = akv_rest_new(io, cache, client->settings, client->log,
                                     client->heritage);
    if (runtime->rest != NULL) {
        log_world(client->log, io);
        return runtime->rest;
    }
    akv_cred_cache_free(cache);
    io->ops->free(io);
    (void)akv_error_set(err, AKV_E_MEMORY, "no memory for a client");
    return NULL;
}

void akv_runtime_set_loss(struct akv_error *err)
{
    (void)akv_error_set(err, AKV_E_TRANSPORT,
                        "the program has closed descriptors that are not its "
                        "own; the next operation has new ones");
}

static void lose_runtime(void *arg)
{
    struct akv_runtime *runtime = arg;
    struct akv_error err = AKV_ERROR_INIT;

    akv_runtime_set_loss(&err);
    akv_rest_free(runtime->rest, &err);
    runtime->rest = NULL;
    atomic_store(&runtime->gone, true);
}

struct closing {
    struct akv_task task;
    struct akv_runtime *runtime;
    struct akv_event done;
};

static void close_runtime(void *arg)
{
    struct closing *closing = arg;

    akv_loop_off_loss(closing->runtime->loop, &closing->runtime->on_loss);
    akv_rest_free(closing->runtime->rest, NULL);
    akv_event_set(&closing->done);
}

/* From here on: any thread. */

/* False: the I/O thread is stuck, in a name server say, and keeps all. */
static bool close_in_loop(struct akv_runtime *runtime)
{
    struct closing *closing = calloc(1, sizeof(*closing));

    if (closing == NULL || !akv_event_init(&closing->done)) {
        free(closing);
        return false;
    }
    closing->runtime = runtime;
    closing->task.fn = close_runtime;
    closing->task.arg = closing;
    akv_loop_post(runtime->loop, &closing->task);
    if (!akv_loop_await(runtime->loop, &closing->done, NULL,
                        akv_clock_mono(akv_clock_system()) + CLOSE_MS))
        return false;
    akv_event_destroy(&closing->done);
    free(closing);
    return true;
}

/* Whether no loop uses one of these, which this process has lost. */
static bool are_gone(const struct akv_own *own)
{
    for (; own != NULL; own = own->former)
        if (akv_own_is_here(own)
            && !atomic_load(&((const struct akv_runtime *)own)->gone))
            return false;
    return true;
}

static void free_runtimes(struct akv_own *own)
{
    while (own != NULL && akv_own_is_here(own)) { /* the parent's come last */
        struct akv_own *former = own->former;

        runtime_free((struct akv_runtime *)own);
        own = former;
    }
}

size_t akv_runtime_dispatch(struct akv_client *client)
{
    struct akv_own *own = atomic_load(&client->runtime);
    size_t count = 0;

    for (; own != NULL; own = own->former)
        if (akv_own_is_here(own))
            count += akv_dispatch_run(&((struct akv_runtime *)own)->dispatch);
    return count;
}

bool akv_runtime_end(struct akv_client *client)
{
    struct akv_runtime *runtime = akv_runtime_find(client);
    struct akv_own *own = atomic_load(&client->runtime);

    if (runtime != NULL) {
        if (!close_in_loop(runtime))
            return false;
        akv_loop_release(runtime->loop);
        atomic_store(&runtime->own.lost, true);
        atomic_store(&runtime->gone, true);
    } else if (own != NULL && !akv_own_is_here(own)) {
        return false;
    }
    if (!are_gone(own))
        return false;
    (void)akv_runtime_dispatch(client);
    free_runtimes(own);
    return true;
}
