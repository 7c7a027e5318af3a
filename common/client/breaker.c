/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Whether a host is away is known by counting: a call takes note at its
 * beginning of how many answers there were, and its failure says nothing of the
 * host if there are more at its end. Hosts are kept for good, of refusals the
 * newest 64. Where there is no memory for either, calls are admitted.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/settings_impl.h"
#include "client/breaker.h"
#include "transport/retry.h"

#define PROBE_MS 1000
#define REFUSALS_MAX 64

struct host {
    struct host *next;
    char name[256];
    unsigned port;
    uint64_t answers; /* so far */
    bool away;
    int64_t since, probe; /* monotonic ms: away, the next try */
    struct akv_error why; /* it is away */
};

/* Of an operation with a key; the newest comes first. */
struct refusal {
    struct refusal *next;
    const struct akv_op_kind *kind;
    struct akv_id id;
    int64_t wait, until;
    bool trying; /* one does, behind that time */
    struct akv_error why;
};

struct akv_breaker {
    const struct akv_clock *clock; /* borrowed */
    int64_t retry_ms;
    struct akv_log *log;      /* borrowed, may be NULL */
    struct host *hosts;       /* owned; never removed */
    struct refusal *refusals; /* owned */
};

struct akv_breaker *akv_breaker_new(const struct akv_clock *clock,
                                    int64_t retry_ms, struct akv_log *log)
{
    struct akv_breaker *breaker = calloc(1, sizeof(*breaker));

    if (breaker == NULL)
        return NULL;
    breaker->clock = clock;
    breaker->retry_ms = retry_ms > 0 ? retry_ms : 0;
    breaker->log = log;
    return breaker;
}

void akv_breaker_free(struct akv_breaker *breaker)
{
    struct host *host;
    struct refusal *refusal;

    if (breaker == NULL)
        return;
    while ((host = breaker->hosts) != NULL) {
        breaker->hosts = host->next;
        free(host);
    }
    while ((refusal = breaker->refusals) != NULL) {
        breaker->refusals = refusal->next;
        free(refusal);
    }
    free(breaker);
}

/* NULL: no memory; then all is admitted. */
static struct host *get_host(struct akv_breaker *breaker,
                             const struct akv_id *id)
{
    struct host *host = breaker->hosts;

    while (host != NULL
           && (host->port != id->port || strcasecmp(host->name, id->host) != 0))
        host = host->next;
    if (host != NULL || breaker->retry_ms == 0)
        return host;
    host = calloc(1, sizeof(*host));
    if (host == NULL)
        return NULL;
    memcpy(host->name, id->host, sizeof(id->host));
    host->port = id->port;
    host->next = breaker->hosts;
    breaker->hosts = host;
    return host;
}

static bool is_of(const struct refusal *refusal, const struct akv_op *op)
{
    const struct akv_id *a = &refusal->id, *b = &op->id;

    return refusal->kind == op->kind && a->kind == b->kind && a->port == b->port
           && strcasecmp(a->host, b->host) == 0
           && strcasecmp(a->name, b->name) == 0
           && strcmp(a->version, b->version) == 0;
}

/* Where it is linked; *at is NULL if there is none. */
static struct refusal **find_refusal(struct akv_breaker *breaker,
                                     const struct akv_op *op)
{
    struct refusal **at = &breaker->refusals;

    while (*at != NULL && !is_of(*at, op))
        at = &(*at)->next;
    return at;
}

static void breaker_drop(struct refusal **at)
{
    struct refusal *refusal = *at;

    *at = refusal->next;
    free(refusal);
}

static enum akv_admission admit_to(struct host *host, int64_t now,
                                   struct akv_error *err)
{
    if (host == NULL || !host->away)
        return AKV_ADMITTED;
    if (now >= host->probe) {
        host->probe = now + PROBE_MS;
        return AKV_PROBE;
    }
    akv_retry_not_tried(&host->why, host->probe - now, err);
    return AKV_REFUSED;
}

enum akv_admission akv_breaker_admit(struct akv_breaker *breaker,
                                     const struct akv_op *op, uint64_t *answers,
                                     struct akv_error *err)
{
    struct refusal *refusal = *find_refusal(breaker, op);
    struct host *host = get_host(breaker, &op->id);
    int64_t now = akv_clock_mono(breaker->clock);
    enum akv_admission admission;

    *answers = host != NULL ? host->answers : 0;
    if (refusal != NULL && now < refusal->until) {
        akv_retry_not_tried(&refusal->why, refusal->until - now, err);
        return AKV_REFUSED;
    }
    admission = admit_to(host, now, err);
    if (refusal != NULL && admission != AKV_REFUSED) {
        refusal->until = now + refusal->wait; /* no other tries meanwhile */
        refusal->trying = true;
        admission = AKV_PROBE;
    }
    return admission;
}

void akv_breaker_answered(struct akv_breaker *breaker, const struct akv_op *op,
                          long status)
{
    struct host *host = get_host(breaker, &op->id);
    struct refusal **refusal = find_refusal(breaker, op);

    if (*refusal != NULL && status != 401 && status != 403)
        breaker_drop(refusal);
    if (host == NULL)
        return;
    host->answers++;
    if (!host->away)
        return;
    host->away = false;
    akv_log_write(breaker->log, AKV_LOG_WARNING,
                  "%s: the vault answers again, after %lld ms", host->name,
                  (long long)(akv_clock_mono(breaker->clock) - host->since));
}

void akv_breaker_missed(struct akv_breaker *breaker, const struct akv_op *op,
                        uint64_t answers, const struct akv_error *why)
{
    struct host *host = get_host(breaker, &op->id);
    int64_t now = akv_clock_mono(breaker->clock);

    if (host == NULL || host->answers != answers)
        return;
    if (!host->away) {
        akv_log_write(breaker->log, AKV_LOG_WARNING,
                      "%s: the vault is away; until it answers calls fail at "
                      "once, but for one a second: %s",
                      host->name, why->message);
        host->away = true;
        host->since = now;
        host->probe = now + PROBE_MS;
    }
    host->why = *why;
}

void akv_breaker_refused(struct akv_breaker *breaker, const struct akv_op *op,
                         const struct akv_error *why)
{
    struct refusal **at = find_refusal(breaker, op), *refusal = *at;
    size_t count = 0;

    if (breaker->retry_ms == 0)
        return;
    if (refusal == NULL) {
        refusal = calloc(1, sizeof(*refusal));
        if (refusal == NULL)
            return;
        refusal->kind = op->kind;
        refusal->id = op->id;
        refusal->next = breaker->refusals;
        breaker->refusals = refusal;
        for (at = &breaker->refusals; *at != NULL; at = &(*at)->next)
            if (++count > REFUSALS_MAX) {
                breaker_drop(at);
                break;
            }
    }
    refusal->why = *why;
    if (refusal->wait > 0 && !refusal->trying)
        return; /* it was under way when another was refused */
    refusal->trying = false;
    refusal->wait = akv_retry_pause(breaker->retry_ms, refusal->wait);
    refusal->until = akv_clock_mono(breaker->clock) + refusal->wait;
}
