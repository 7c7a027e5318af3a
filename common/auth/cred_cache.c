/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A credential does one request at a time: entries that are to be fetched take
 * turns. Its answer may come before get() returns, and whoever is told may ask,
 * wait or cancel meanwhile: what an entry says is brought up to date before
 * anybody is called. Tokens expire by the wall clock; how long callers fail at
 * once behind a failure goes by the monotonic one.
 */

#include <stdlib.h>
#include <string.h>

#include "auth/cred_cache.h"
#include "base/stats_impl.h"
#include "transport/retry.h"

#define MARGIN_S 30            /* a token this near its end is not used */
#define EARLY_S 300            /* renewed so long before its end ... */
#define LONG_LIFE_S (2 * 3600) /* ... or at half life when it lives longer */
#define AGAIN_S 30             /* after an early renewal failed */

struct entry {
    struct entry *next;
    struct akv_cred_cache *cache; /* borrowed */
    char *tenant;                 /* owned */
    char *scope;                  /* owned */
    char *claims;                 /* owned; for the next fetch, or NULL */
    struct akv_buf text;          /* the token; empty: none */
    int64_t expires_on;           /* wall clock, seconds */
    int64_t refresh_on;
    struct akv_timer *keep; /* until it is renewed unasked; NULL: never */
    bool kept;
    bool fetching;
    int64_t wait, until;  /* after a failure; monotonic ms; 0: none */
    struct akv_error why; /* it has failed */
    bool outdated; /* other claims are wanted than what is being fetched */
    struct akv_token_wait *waiting;   /* borrowed from callers */
    struct akv_token_wait *answering; /* those of them being called */
};

struct akv_cred_cache {
    struct akv_io *io;     /* borrowed */
    struct akv_cred *cred; /* owned */
    struct akv_cred_cache_options options;
    struct entry *entries;  /* owned; never removed */
    struct entry *fetching; /* a credential does one request at a time */
};

static void cred_cache_fetch(struct entry *entry);
static void fetch_next(struct akv_cred_cache *cache);

struct akv_cred_cache *
akv_cred_cache_new(struct akv_io *io, struct akv_cred *cred,
                   const struct akv_cred_cache_options *options)
{
    struct akv_cred_cache *cache = calloc(1, sizeof(*cache));

    if (cache == NULL) {
        cred->ops->free(cred);
        return NULL;
    }
    cache->io = io;
    cache->cred = cred;
    cache->options = *options;
    return cache;
}

static void entry_free(struct entry *entry)
{
    if (entry == NULL)
        return;
    if (entry->keep != NULL)
        entry->cache->io->ops->timer_stop(entry->cache->io, entry->keep);
    free(entry->tenant);
    free(entry->scope);
    free(entry->claims);
    akv_buf_free(&entry->text);
    free(entry);
}

void akv_cred_cache_free(struct akv_cred_cache *cache)
{
    struct entry *entry;

    if (cache == NULL)
        return;
    cache->cred->ops->free(cache->cred);
    while ((entry = cache->entries) != NULL) {
        cache->entries = entry->next;
        entry_free(entry);
    }
    free(cache);
}

static struct entry *cred_cache_find(struct akv_cred_cache *cache,
                                     const char *tenant, const char *scope)
{
    struct entry *entry;

    for (entry = cache->entries; entry != NULL; entry = entry->next)
        if (strcmp(entry->tenant, tenant) == 0
            && strcmp(entry->scope, scope) == 0)
            return entry;
    return NULL;
}

/* What the parent has got. Its children leave it to the parent to renew that,
 * as long as they can. */
static void cred_cache_inherit(struct entry *entry)
{
    const struct akv_heritage *heritage = entry->cache->options.heritage;

    if (heritage != NULL
        && akv_heritage_get_token(heritage, entry->tenant, entry->scope,
                                  &entry->text, &entry->expires_on))
        entry->refresh_on = entry->expires_on - EARLY_S;
}

static void cred_cache_publish(const struct entry *entry)
{
    struct akv_heritage *heritage = entry->cache->options.heritage;

    if (heritage != NULL)
        akv_heritage_put_token(heritage, entry->tenant, entry->scope,
                               entry->text.len > 0 ? akv_buf_str(&entry->text)
                                                   : NULL,
                               entry->expires_on);
}

static struct entry *cred_cache_add(struct akv_cred_cache *cache,
                                    const char *tenant, const char *scope)
{
    struct entry *entry = calloc(1, sizeof(*entry));

    if (entry == NULL)
        return NULL;
    entry->cache = cache;
    entry->tenant = strdup(tenant);
    entry->scope = strdup(scope);
    akv_buf_init(&entry->text, AKV_TOKEN_MAX);
    if (entry->tenant == NULL || entry->scope == NULL) {
        entry_free(entry);
        return NULL;
    }
    cred_cache_inherit(entry);
    entry->next = cache->entries;
    cache->entries = entry;
    return entry;
}

static bool cred_cache_usable(const struct entry *entry)
{
    int64_t now = akv_clock_wall(entry->cache->io->clock);

    return entry->text.len > 0 && now < entry->expires_on - MARGIN_S;
}

static int64_t when_to_renew(const struct akv_token *token, int64_t now)
{
    int64_t life = token->expires_on - now;

    if (token->refresh_on > 0)
        return token->refresh_on;
    if (life > LONG_LIFE_S)
        return now + life / 2;
    return token->expires_on - (life > 2 * EARLY_S ? EARLY_S : life / 2);
}

/* Calls those who wait; one of them may start another fetch, wait anew, or
 * cancel another's wait. */
static void cred_cache_answer(struct entry *entry, const struct akv_error *err)
{
    struct akv_token_wait *wait;
    const char *text = err == NULL ? akv_buf_str(&entry->text) : NULL;

    entry->answering = entry->waiting;
    entry->waiting = NULL;
    while ((wait = entry->answering) != NULL) {
        entry->answering = wait->next;
        wait->fn(wait->arg, text, err);
    }
}

static void on_keep_due(void *arg)
{
    struct entry *entry = arg;

    entry->keep = NULL;
    cred_cache_fetch(entry);
}

/* Sets the time of the next renewal. */
static void cred_cache_keep(struct entry *entry)
{
    struct akv_io *io = entry->cache->io;
    int64_t left = entry->refresh_on - akv_clock_wall(io->clock);

    if (!entry->kept || entry->keep != NULL)
        return;
    entry->keep =
        io->ops->timer(io, left > 0 ? left * 1000 : 0, on_keep_due, entry);
}

/* What a retry may mend at once is left to those who try. */
static void has_failed(struct entry *entry, const struct akv_error *why)
{
    const struct akv_cred_cache *cache = entry->cache;

    if (cache->options.retry_ms <= 0 || why->code == AKV_E_MEMORY
        || why->code == AKV_E_CANCELLED || why->code == AKV_E_THROTTLED)
        return;
    entry->wait = akv_retry_pause(cache->options.retry_ms, entry->wait);
    entry->until = akv_clock_mono(cache->io->clock) + entry->wait;
    entry->why = *why;
}

/* True, and the caller is told: it has failed just now, or one is trying
 * again. */
static bool fail_at_once(struct entry *entry, struct akv_token_wait *wait)
{
    int64_t left = entry->until - akv_clock_mono(entry->cache->io->clock);
    struct akv_error err = AKV_ERROR_INIT;

    if (entry->until == 0 || (left <= 0 && !entry->fetching))
        return false;
    akv_retry_not_tried(&entry->why, left > 0 ? left : entry->wait, &err);
    wait->not_tried = true;
    wait->fn(wait->arg, NULL, &err);
    return true;
}

static void cred_cache_on_token(void *arg, const struct akv_token *token,
                                const struct akv_error *err)
{
    struct entry *entry = arg;
    struct akv_cred_cache *cache = entry->cache;
    int64_t now = akv_clock_wall(cache->io->clock);
    struct akv_buf text = AKV_BUF_INIT(AKV_TOKEN_MAX);
    struct akv_error failure = AKV_ERROR_INIT;

    entry->fetching = false;
    cache->fetching = NULL;
    if (entry->outdated) {
        cred_cache_fetch(entry); /* those who wait go on waiting */
        return;
    }
    if (token != NULL && akv_buf_append_str(&text, token->text)) {
        akv_buf_free(&entry->text);
        entry->text = text;
        entry->expires_on = token->expires_on;
        entry->refresh_on = when_to_renew(token, now);
        entry->wait = entry->until = 0;
        cred_cache_publish(entry);
        cred_cache_keep(entry);
        cred_cache_answer(entry, NULL);
    } else {
        if (token != NULL)
            (void)akv_error_set(&failure, AKV_E_PROTOCOL,
                                "the token has more than %d bytes",
                                AKV_TOKEN_MAX);
        entry->refresh_on = now + AGAIN_S;
        has_failed(entry, token != NULL ? &failure : err);
        cred_cache_keep(entry);
        cred_cache_answer(entry, cred_cache_usable(entry) ? NULL
                                 : token != NULL          ? &failure
                                                          : err);
    }
    fetch_next(cache);
}

static void start_fetch(struct entry *entry)
{
    struct akv_cred_cache *cache = entry->cache;
    struct akv_token_request request;
    int64_t ms = cache->options.fetch_ms;

    if (cache->io->driven && cred_cache_usable(entry))
        ms /= 3; /* of the time of an operation that can do without */
    AKV_COUNT(cache->io->stats, tokens);
    cache->fetching = entry;
    entry->outdated = false;
    request.scope = entry->scope;
    request.tenant = entry->tenant;
    request.claims = entry->claims;
    request.deadline = akv_clock_mono(cache->io->clock) + ms;
    request.share = request.deadline;
    cache->cred->ops->get(cache->cred, &request, cred_cache_on_token, entry);
}

static void fetch_next(struct akv_cred_cache *cache)
{
    struct entry *entry;

    for (entry = cache->entries; entry != NULL && cache->fetching == NULL;
         entry = entry->next)
        if (entry->fetching)
            start_fetch(entry);
}

static void cred_cache_fetch(struct entry *entry)
{
    if (entry->fetching)
        return;
    entry->fetching = true;
    if (entry->cache->fetching == NULL)
        start_fetch(entry);
}

/* Neither for us nor for children. */
static void cred_cache_forget(struct entry *entry)
{
    akv_buf_free(&entry->text);
    cred_cache_publish(entry);
}

/* The token must have these claims from now on; what is being fetched without
 * them does not do. False: no memory. */
static bool cred_cache_demand(struct entry *entry, const char *claims)
{
    bool same = entry->claims != NULL && strcmp(entry->claims, claims) == 0;
    char *copy = strdup(claims);

    if (copy == NULL)
        return false;
    if (entry->cache->fetching == entry && !same)
        entry->outdated = true;
    free(entry->claims);
    entry->claims = copy;
    cred_cache_forget(entry);
    return true;
}

void akv_cred_cache_get(struct akv_cred_cache *cache, const char *tenant,
                        const char *scope, const char *claims,
                        struct akv_token_wait *wait)
{
    struct entry *entry = cred_cache_find(cache, tenant, scope);
    struct akv_error err = AKV_ERROR_INIT;
    bool due;

    if (entry == NULL)
        entry = cred_cache_add(cache, tenant, scope);
    if (entry == NULL
        || (claims != NULL && !cred_cache_demand(entry, claims))) {
        (void)akv_error_set(&err, AKV_E_MEMORY, "no memory for a token");
        wait->fn(wait->arg, NULL, &err);
        return;
    }
    wait->not_tried = false;
    if (claims != NULL)
        entry->until = 0;
    if (!cred_cache_usable(entry) && fail_at_once(entry, wait))
        return;
    due = akv_clock_wall(cache->io->clock) >= entry->refresh_on;
    /* Where nobody works for who does not wait, one waits for a renewal. */
    if (!cred_cache_usable(entry)
        || (due && cache->io->driven && !entry->fetching)) {
        wait->next = entry->waiting;
        entry->waiting = wait;
        cred_cache_fetch(entry);
        return;
    }
    /* The renewal may finish at once and replace the text: it comes first. */
    if (due)
        cred_cache_fetch(entry);
    wait->fn(wait->arg, akv_buf_str(&entry->text), NULL);
}

void akv_cred_cache_keep(struct akv_cred_cache *cache, const char *tenant,
                         const char *scope)
{
    struct entry *entry = cred_cache_find(cache, tenant, scope);

    if (entry == NULL || entry->kept)
        return;
    entry->kept = true;
    cred_cache_keep(entry);
}

static bool remove_wait(struct akv_token_wait **at,
                        const struct akv_token_wait *wait)
{
    for (; *at != NULL; at = &(*at)->next) {
        if (*at == wait) {
            *at = wait->next;
            return true;
        }
    }
    return false;
}

void akv_cred_cache_cancel(struct akv_cred_cache *cache,
                           struct akv_token_wait *wait)
{
    struct entry *entry;

    for (entry = cache->entries; entry != NULL; entry = entry->next)
        if (remove_wait(&entry->waiting, wait)
            || remove_wait(&entry->answering, wait))
            return;
}

void akv_cred_cache_refused(struct akv_cred_cache *cache, const char *tenant,
                            const char *scope, const char *text)
{
    struct entry *entry = cred_cache_find(cache, tenant, scope);

    /* Another caller may have got a new one in the meantime. */
    if (entry != NULL && strcmp(akv_buf_str(&entry->text), text) == 0)
        cred_cache_forget(entry);
}
