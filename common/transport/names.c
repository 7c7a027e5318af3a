/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A list that only grows, newest first, and whose entries are never changed or
 * freed: no lock, so that a child of a fork can read on. getaddrinfo(3) blocks;
 * the early look-ups are done by a thread, if one can be started, that shares a
 * counted struct with who waits and may outlast the wait.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "akv/buf.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/host.h"
#include "base/thread.h"
#include "transport/names.h"

#define HOST_MAX 256
#define ADDRESSES_MAX 4096 /* bytes of what is kept of a host */
#define EARLY_MAX 4

/* The newest of a host counts. None is ever freed: readers take no lock. */
struct name {
    struct name *next;
    char *addresses; /* NULL: it was asked for */
    char host[];
};

static struct name *_Atomic names;

bool akv_name_is_looked_up(const char *host)
{
    struct in_addr address;

    return *host != '[' && strchr(host, ':') == NULL
           && inet_pton(AF_INET, host, &address) != 1
           && !akv_host_is_loopback(host);
}

static const struct name *names_find(const char *host, bool with_addresses)
{
    const struct name *name = atomic_load(&names);

    while (name != NULL
           && (strcasecmp(name->host, host) != 0
               || (with_addresses && name->addresses == NULL)))
        name = name->next;
    return name;
}

const char *akv_name_find(const char *host)
{
    const struct name *name = names_find(host, true);

    return name != NULL ? name->addresses : NULL;
}

static bool names_keep(const char *host, const char *addresses)
{
    size_t size = strlen(host) + 1;
    struct name *name = malloc(sizeof(*name) + size);

    if (name == NULL)
        return false;
    name->addresses = addresses != NULL ? strdup(addresses) : NULL;
    if (addresses != NULL && name->addresses == NULL) {
        free(name);
        return false;
    }
    memcpy(name->host, host, size);
    name->next = atomic_load(&names);
    while (!atomic_compare_exchange_weak(&names, &name->next, name))
        ;
    return true;
}

static bool append_address(struct akv_buf *out, const struct addrinfo *info)
{
    bool is_v6 = info->ai_family == AF_INET6;
    char text[NI_MAXHOST];

    if (!is_v6 && info->ai_family != AF_INET)
        return true;
    return getnameinfo(info->ai_addr, info->ai_addrlen, text, sizeof(text),
                       NULL, 0, NI_NUMERICHOST)
               != 0
           || akv_buf_appendf(out, "%s%s%s%s", out->len > 0 ? "," : "",
                              is_v6 ? "[" : "", text, is_v6 ? "]" : "");
}

/* A service that cannot be read here, as in a chroot, says the same as one that
 * does not answer. */
static bool say_why(const char *host, int rc, int number, struct akv_error *err)
{
    bool has_none = access("/etc/resolv.conf", R_OK) != 0
                    && access("/etc/hosts", R_OK) != 0;

    return akv_error_set(
        err, rc == EAI_AGAIN ? AKV_E_TRANSPORT : AKV_E_NAME,
        "the name %s cannot be looked up: %s%s", host,
        rc == EAI_SYSTEM ? strerror(number) : gai_strerror(rc),
        has_none ? "; this process sees neither /etc/resolv.conf nor "
                   "/etc/hosts (chroot?): see the setting resolve"
                 : "");
}

bool akv_name_look_up(const char *host, struct akv_error *err)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct akv_buf text = AKV_BUF_INIT(ADDRESSES_MAX);
    struct addrinfo *list = NULL, *at;
    const char *before = akv_name_find(host);
    int cancel = akv_cancel_off();
    int rc = getaddrinfo(host, NULL, &hints, &list), number = errno;
    bool ok = rc == 0;

    for (at = list; ok && at != NULL; at = at->ai_next)
        if (!append_address(&text, at))
            break; /* enough of them */
    if (list != NULL)
        freeaddrinfo(list);
    akv_cancel_restore(cancel);
    if (!ok)
        return say_why(host, rc, number, err);
    if (text.len > 0
        && (before == NULL || strcmp(before, akv_buf_str(&text)) != 0))
        ok = names_keep(host, akv_buf_str(&text));
    akv_buf_free(&text);
    return ok || akv_error_set(err, AKV_E_MEMORY, "no memory for a name");
}

/* Shared by who waits and the thread. */
struct early {
    atomic_uint refs;
    struct akv_event done;
    char hosts[EARLY_MAX][HOST_MAX];
    size_t count;
};

static void names_release(struct early *early)
{
    if (atomic_fetch_sub(&early->refs, 1) != 1)
        return;
    akv_event_destroy(&early->done);
    free(early);
}

static void names_look_up_all(struct early *early)
{
    size_t i;

    for (i = 0; i < early->count; i++)
        if (!akv_name_look_up(early->hosts[i], NULL))
            continue; /* the next may be known all the same */
    akv_event_set(&early->done);
}

static void *names_thread_main(void *arg)
{
    names_look_up_all(arg);
    names_release(arg);
    return NULL;
}

static bool names_start_thread(struct early *early)
{
    pthread_t thread;
    bool ok;

    (void)atomic_fetch_add(&early->refs, 1); /* the thread's */
    ok = akv_thread_start(&thread, names_thread_main, early) == 0;
    if (ok)
        (void)pthread_detach(thread);
    else
        (void)atomic_fetch_sub(&early->refs, 1);
    return ok;
}

/* What is left of the time for all of them; -1: nobody has waited yet. */
static _Atomic(int64_t) left = -1;

static void names_wait_for(struct early *early)
{
    int64_t start = akv_clock_mono(akv_clock_system()), took;

    if (akv_event_wait(&early->done, start + atomic_load(&left))) {
        took = akv_clock_mono(akv_clock_system()) - start;
        (void)atomic_fetch_sub(&left, took);
    } else {
        atomic_store(&left, 0);
    }
}

static struct early *early_new(const char *const hosts[], size_t count)
{
    struct early *early = calloc(1, sizeof(*early));
    size_t i;

    if (early == NULL || !akv_event_init(&early->done)) {
        free(early);
        return NULL;
    }
    atomic_init(&early->refs, 1);
    for (i = 0; i < count && early->count < EARLY_MAX; i++) {
        if (hosts[i] == NULL || strlen(hosts[i]) >= HOST_MAX
            || !akv_name_is_looked_up(hosts[i])
            || names_find(hosts[i], false) != NULL
            || !names_keep(hosts[i], NULL))
            continue;
        (void)snprintf(early->hosts[early->count++], HOST_MAX, "%s", hosts[i]);
    }
    return early;
}

void akv_names_look_up_early(const char *const hosts[], size_t count,
                             int64_t ms)
{
    struct early *early;
    int64_t none = -1;

    (void)atomic_compare_exchange_strong(&left, &none, ms);
    if (atomic_load(&left) <= 0)
        return; /* the name service does not answer */
    early = early_new(hosts, count);
    if (early == NULL)
        return;
    if (early->count == 0 || !names_start_thread(early))
        names_look_up_all(early);
    names_wait_for(early);
    names_release(early);
}
