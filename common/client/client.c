/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A client from its making to its end; its calls are in call.c, and
 * what it has in one process in client_runtime.c. Its files are read without a
 * lock: of threads that do so at once, one keeps what it has read, the others
 * drop it.
 */

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "auth/cred_factory.h"
#include "auth/credential_impl.h"
#include "base/cancel.h"
#include "base/host.h"
#include "base/list.h"
#include "base/settings_impl.h"
#include "base/stats_impl.h"
#include "base/trust.h"
#include "client/client_impl.h"
#include "client/client_runtime.h"
#include "transport/names.h"

struct akv_client *akv_client_new_borrowing(const struct akv_settings *settings,
                                            struct akv_log *log)
{
    struct akv_client *client = calloc(1, sizeof(*client));

    if (client == NULL)
        return NULL;
    client->heritage = akv_heritage_new();
    if (client->heritage == NULL) {
        free(client);
        return NULL;
    }
    client->settings = settings;
    client->log = log;
    return client;
}

static void free_own(struct akv_client_own *own)
{
    if (own == NULL)
        return;
    akv_log_free(own->log);
    akv_settings_clear(&own->settings);
    free(own);
}

struct akv_client *akv_client_new(const struct akv_settings *settings)
{
    struct akv_client_own *own = calloc(1, sizeof(*own));
    struct akv_client *client = NULL;

    if (own == NULL || !akv_settings_dup(&own->settings, settings)) {
        free(own);
        return NULL;
    }
    own->log = akv_log_new(&own->settings);
    if (own->log != NULL)
        client = akv_client_new_borrowing(&own->settings, own->log);
    if (client == NULL)
        free_own(own);
    else
        client->own = own;
    return client;
}

const struct akv_settings *akv_client_settings(const struct akv_client *client)
{
    return client->settings;
}

static bool client_prepare(struct akv_client *client, struct akv_error *err)
{
    struct akv_error principal = AKV_ERROR_INIT;
    struct akv_deferred_files *files, *none = NULL;

    if (atomic_load(&client->files) != NULL)
        return true;
    if (client->log != NULL)
        akv_log_open(client->log);
    files = akv_deferred_files_new(client->settings, &principal, err);
    if (files == NULL)
        return false;
    if (principal.code != AKV_E_NONE && client->bound == NULL) {
        akv_deferred_files_free(files);
        if (err != NULL)
            *err = principal;
        return false;
    }
    if (!atomic_compare_exchange_strong(&client->files, &none, files))
        akv_deferred_files_free(files); /* another thread was faster */
    return true;
}

/* Whether the setting resolve has an address for it, at any port. */
static bool is_given(const struct akv_settings *settings, const char *host)
{
    const char *cursor = settings->resolve, *item;
    size_t len, hostlen = strlen(host);

    while ((item = akv_list_next(&cursor, &len)) != NULL)
        if (len > hostlen && item[hostlen] == ':'
            && strncasecmp(item, host, hostlen) == 0)
            return true;
    return false;
}

/* A process of uid 0 may be about to give up what looking up a name takes. */
static void client_look_up(const struct akv_client *client, const char *host)
{
    const struct akv_settings *settings =
        client->bound != NULL ? &client->bound->settings : client->settings;
    char authority[300];
    const char *hosts[] = { NULL, NULL };

    if (geteuid() != 0 || !akv_host_may_be_vault(settings, host))
        return;
    if (!is_given(settings, host))
        hosts[0] = host;
    if (akv_cred_asks_authority(settings)
        && akv_url_host(settings->authority_host, authority, sizeof(authority))
        && !is_given(settings, authority))
        hosts[1] = authority;
    akv_names_look_up_early(hosts, 2, settings->connect_timeout_ms);
}

bool akv_client_prepare(struct akv_client *client, const char *host,
                        struct akv_error *err)
{
    int cancel = akv_cancel_off();
    bool ok = client_prepare(client, err);

    if (host != NULL)
        client_look_up(client, host);
    akv_cancel_restore(cancel);
    return ok;
}

int akv_client_fd(struct akv_client *client, struct akv_error *err)
{
    int cancel = akv_cancel_off();
    struct akv_runtime *runtime = akv_runtime_get(client, err);
    int fd = -1;

    if (runtime != NULL)
        fd = akv_dispatch_fd(&runtime->dispatch, runtime->loop, err);
    akv_cancel_restore(cancel);
    return fd;
}

size_t akv_client_dispatch(struct akv_client *client)
{
    struct akv_runtime *runtime = akv_runtime_find(client);

    if (runtime != NULL)
        akv_loop_poll(runtime->loop, &runtime->dispatch.mate);
    return akv_runtime_dispatch(client);
}

bool akv_client_free(struct akv_client *client)
{
    int cancel = akv_cancel_off();
    bool ok = client == NULL || akv_runtime_end(client);

    if (ok && client != NULL) {
        akv_deferred_files_free(atomic_load(&client->files));
        akv_heritage_free(client->heritage);
        akv_credential_unbind(client->bound);
        free_own(client->own);
        free(client);
    }
    akv_cancel_restore(cancel);
    return ok;
}

void akv_client_stats(struct akv_client *client, struct akv_stats_read *stats)
{
    static const struct akv_stats none;
    const struct akv_runtime *runtime = akv_runtime_find(client);

    akv_stats_take(runtime != NULL ? &runtime->stats : &none, stats);
}

bool akv_client_set_credential(struct akv_client *client,
                               struct akv_credential *credential,
                               struct akv_error *err)
{
    struct akv_credential_bound *bound =
        akv_credential_bind(credential, client->settings, err);

    if (bound == NULL)
        return false;
    akv_credential_unbind(client->bound);
    client->bound = bound;
    return true;
}

void akv_client_set_waiter(struct akv_client *client, akv_waiter_fn *waiter)
{
    client->waiter = waiter;
}
