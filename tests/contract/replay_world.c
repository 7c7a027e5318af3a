/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "akv/client.h"
#include "base/settings_impl.h"
#include "client/call_impl.h"
#include "client/rest_call.h"
#include "replay_world.h"
#include "unit.h"

struct akv_call *__wrap_akv_call_start(struct akv_client *client,
                                       struct akv_op *op, akv_done_fn *done,
                                       void *arg, struct akv_error *err);

static struct fake_io io;
static struct akv_settings settings;
static struct akv_rest *vault;
static struct fake_step script[REPLAY_BEFORE + REPLAY_PAGES];

/* How a call ended. */
void replay_world_start(const char *host, const char *challenge,
                        struct exchange *const *pages, size_t count)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_cred_cache *cache;
    struct akv_cred *cred;

    CHECK_AT(host, count <= REPLAY_PAGES);
    memset(script, 0, sizeof(script));
    script[0].status = 401;
    script[0].challenge = challenge;
    script[1].status = 200;
    script[1].body = "{\"access_token\":\"tok\",\"expires_in\":3600}";
    for (size_t i = 0; i < count && i < REPLAY_PAGES; i++) {
        script[REPLAY_BEFORE + i].status = pages[i]->status;
        script[REPLAY_BEFORE + i].body = pages[i]->reply;
        script[REPLAY_BEFORE + i].challenge = pages[i]->challenge;
        script[REPLAY_BEFORE + i].request_id = pages[i]->request_id;
    }
    fake_io_init(&io, script, REPLAY_BEFORE + count);
    /* Recorders made hosts up, so that some are in no domain of Azure's. */
    CHECK_AT(host, unit_settings(&settings, &err, "tenant-id",
                                 "11111111-2222-3333-4444-555555555555",
                                 "client-id", "app", "trusted-hosts", host,
                                 "additionally-allowed-tenants", "*", NULL));
    cred = akv_cred_secret_new(&io.base, &settings, "s3cret", &err);
    CHECK_STR(host, err.message, "");
    cache = akv_cred_cache_new(
        &io.base, cred,
        &(struct akv_cred_cache_options){ .fetch_ms = settings.timeout_ms,
                                          .retry_ms = 0 });
    vault = akv_rest_new(&io.base, cache, &settings, NULL, NULL);
    CHECK_AT(host, vault != NULL);
}

const struct fake_io *replay_world_io(void)
{
    return &io;
}

void replay_world_stop(void)
{
    CHECK("nothing is left behind" && fake_io_idle(&io));
    akv_rest_free(vault, NULL);
    fake_io_clear(&io);
    akv_settings_clear(&settings);
}

static void on_end(void *arg, struct akv_buf *body, const struct akv_error *err)
{
    struct akv_call *call = arg;

    call->ok = err == NULL;
    if (err != NULL) {
        call->err = *err;
    } else {
        call->body = *body;
        akv_buf_init(body, 0);
    }
    akv_event_set(&call->ended);
}

/* What it returns has ended. */
struct akv_call *__wrap_akv_call_start(struct akv_client *client,
                                       struct akv_op *op, akv_done_fn *done,
                                       void *arg, struct akv_error *err)
{
    struct akv_call *call = calloc(1, sizeof(*call));

    (void)client;
    (void)done;
    (void)arg;
    (void)err;
    if (call == NULL || !akv_event_init(&call->ended))
        abort();
    atomic_init(&call->refs, 1);
    call->op = *op;
    akv_rest_call_start(vault, &call->op, io.now + settings.timeout_ms, on_end,
                        call, &call->rest);
    fake_io_run_all(&io);
    CHECK(akv_call_is_over(call));
    return call;
}
