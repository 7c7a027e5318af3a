/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "counters.h"
#include "jsonx.h"
#include "route.h"
#include "store.h"
#include "xmem.h"

#define MAX_STATUS 600

/* By key: one row per vault and key that was asked for. */
struct row {
    char *vault;   /* owned */
    char *key;     /* owned */
    uint64_t *ops; /* owned, by emu_operation_index() */
};

struct emu_counters {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopped;
    uint64_t count[EMU_COUNTS];
    uint64_t *ops; /* owned, by emu_operation_index(); last: not an operation */
    uint64_t status[MAX_STATUS];
    uint64_t in_flight;
    struct row *row; /* owned */
    size_t nrows;
};

static const char *const names[EMU_COUNTS] = { "total",        "challenges",
                                               "tokens",       "tcp_accepts",
                                               "tls_full",     "tls_resumed",
                                               "max_in_flight" };

struct emu_counters *emu_counters_new(void)
{
    struct emu_counters *c = emu_xcalloc(1, sizeof(*c));
    pthread_condattr_t attr;

    pthread_mutex_init(&c->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&c->changed, &attr);
    pthread_condattr_destroy(&attr);
    c->ops = emu_xcalloc(emu_operation_count() + 1, sizeof(*c->ops));
    return c;
}

static void free_rows(struct emu_counters *c)
{
    for (size_t i = 0; i < c->nrows; i++) {
        free(c->row[i].vault);
        free(c->row[i].key);
        free(c->row[i].ops);
    }
    free(c->row);
    c->row = NULL;
    c->nrows = 0;
}

void emu_counters_free(struct emu_counters *c)
{
    if (c == NULL)
        return;
    free_rows(c);
    free(c->ops);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static struct row *find_row(struct emu_counters *c, const char *vault,
                            const char *key)
{
    struct row *row;

    for (size_t i = 0; i < c->nrows; i++)
        if (strcasecmp(c->row[i].key, key) == 0
            && strcmp(c->row[i].vault, vault) == 0)
            return &c->row[i];
    c->row = emu_xrealloc(c->row, c->nrows + 1, sizeof(*c->row));
    row = &c->row[c->nrows++];
    row->vault = emu_xstrdup(vault);
    row->key = emu_xstrdup(key);
    row->ops = emu_xcalloc(emu_operation_count(), sizeof(*row->ops));
    return row;
}

void emu_count_operation(struct emu_counters *c, const struct emu_operation *op,
                         const char *vault, const char *key)
{
    size_t index = op == NULL ? emu_operation_count() : emu_operation_index(op);

    pthread_mutex_lock(&c->lock);
    c->ops[index]++;
    c->count[EMU_COUNT_TOTAL]++;
    if (op != NULL && key != NULL && emu_object_name_ok(key))
        find_row(c, vault, key)->ops[index]++;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

void emu_count_status(struct emu_counters *c, unsigned status)
{
    pthread_mutex_lock(&c->lock);
    if (status < MAX_STATUS)
        c->status[status]++;
    pthread_mutex_unlock(&c->lock);
}

void emu_count_event(struct emu_counters *c, enum emu_count what)
{
    pthread_mutex_lock(&c->lock);
    c->count[what]++;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

void emu_count_enter(struct emu_counters *c)
{
    pthread_mutex_lock(&c->lock);
    c->in_flight++;
    if (c->in_flight > c->count[EMU_COUNT_MAX_IN_FLIGHT]) {
        c->count[EMU_COUNT_MAX_IN_FLIGHT] = c->in_flight;
        pthread_cond_broadcast(&c->changed);
    }
    pthread_mutex_unlock(&c->lock);
}

void emu_count_leave(struct emu_counters *c)
{
    pthread_mutex_lock(&c->lock);
    c->in_flight--;
    pthread_mutex_unlock(&c->lock);
}

static void add_count(struct json_object *obj, const char *name, uint64_t n)
{
    emu_json_add_int(obj, name, (int64_t)n);
}

/* Zeros only where asked: "sign": 0 answers a question, by_key does not. */
static struct json_object *ops_json(const uint64_t *ops, bool zeros)
{
    struct json_object *obj = json_object_new_object();

    for (size_t i = 0; i < emu_operation_count(); i++)
        if (zeros || ops[i] > 0)
            add_count(obj, emu_operation_at(i)->name, ops[i]);
    return obj;
}

static struct json_object *statuses_json(const struct emu_counters *c)
{
    struct json_object *obj = json_object_new_object();

    for (unsigned i = 0; i < MAX_STATUS; i++) {
        char name[8];

        if (c->status[i] == 0)
            continue;
        snprintf(name, sizeof(name), "%u", i);
        add_count(obj, name, c->status[i]);
    }
    return obj;
}

static struct json_object *by_key_json(const struct emu_counters *c)
{
    struct json_object *list = json_object_new_array();

    for (size_t i = 0; i < c->nrows; i++) {
        struct json_object *obj = json_object_new_object();

        emu_json_add_str(obj, "vault", c->row[i].vault);
        emu_json_add_str(obj, "key", c->row[i].key);
        json_object_object_add(obj, "operations",
                               ops_json(c->row[i].ops, false));
        json_object_array_add(list, obj);
    }
    return list;
}

struct json_object *emu_counters_json(struct emu_counters *c)
{
    struct json_object *obj = json_object_new_object();

    pthread_mutex_lock(&c->lock);
    json_object_object_add(obj, "operations", ops_json(c->ops, true));
    add_count(obj, names[EMU_COUNT_TOTAL], c->count[EMU_COUNT_TOTAL]);
    json_object_object_add(obj, "statuses", statuses_json(c));
    for (size_t i = EMU_COUNT_TOTAL + 1; i < EMU_COUNTS; i++)
        add_count(obj, names[i], c->count[i]);
    json_object_object_add(obj, "by_key", by_key_json(c));
    pthread_mutex_unlock(&c->lock);
    return obj;
}

void emu_counters_reset(struct emu_counters *c)
{
    pthread_mutex_lock(&c->lock);
    memset(c->count, 0, sizeof(c->count));
    memset(c->ops, 0, (emu_operation_count() + 1) * sizeof(*c->ops));
    memset(c->status, 0, sizeof(c->status));
    c->count[EMU_COUNT_MAX_IN_FLIGHT] = c->in_flight;
    free_rows(c);
    pthread_mutex_unlock(&c->lock);
}

static const uint64_t *counter_by_name(const struct emu_counters *c,
                                       const char *name)
{
    const struct emu_operation *op = emu_operation_by_name(name);

    if (op != NULL)
        return &c->ops[emu_operation_index(op)];
    for (size_t i = 0; i < EMU_COUNTS; i++)
        if (strcmp(names[i], name) == 0)
            return &c->count[i];
    return NULL;
}

bool emu_counters_known(const char *name)
{
    for (size_t i = 0; i < EMU_COUNTS; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return emu_operation_by_name(name) != NULL;
}

bool emu_counters_wait(struct emu_counters *c, const char *name, uint64_t count,
                       int64_t ms)
{
    const uint64_t *counter = counter_by_name(c, name);
    struct timespec until;
    bool reached;
    int rc = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    pthread_mutex_lock(&c->lock);
    while (*counter < count && !c->stopped && rc == 0)
        rc = pthread_cond_timedwait(&c->changed, &c->lock, &until);
    reached = *counter >= count;
    pthread_mutex_unlock(&c->lock);
    return reached;
}

void emu_counters_stop(struct emu_counters *c)
{
    pthread_mutex_lock(&c->lock);
    c->stopped = true;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}
