/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The published limits of a vault, transactions in 10 seconds. Those of keys
 * are one weighted budget: an operation with a large HSM key takes as much as
 * many with a small one. A budget fills up again evenly.
 */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "jsonx.h"
#include "store_impl.h"
#include "throttle.h"
#include "xmem.h"

#define WINDOW_MS 10000.0

enum budget { BUDGET_KEYS, BUDGET_CREATE, BUDGET_OTHER, BUDGETS };

struct row {
    const char *vault; /* borrowed: lives as long as the store */
    double used[BUDGETS];
    int64_t at_ms;
};

struct emu_throttle {
    pthread_mutex_t lock;
    struct row row[64];
    size_t nrows;
};

/* HSM create, HSM other, software create, software other. */
static const struct {
    unsigned bits; /* 0: EC and symmetric */
    double limit[4];
} limits[] = {
    { 0, { 10, 2000, 20, 4000 } },
    { 2048, { 10, 2000, 20, 4000 } },
    { 3072, { 10, 500, 20, 1000 } },
    { 4096, { 10, 250, 20, 500 } },
};

struct emu_throttle *emu_throttle_new(void)
{
    struct emu_throttle *throttle = emu_xcalloc(1, sizeof(*throttle));

    pthread_mutex_init(&throttle->lock, NULL);
    return throttle;
}

void emu_throttle_free(struct emu_throttle *throttle)
{
    if (throttle == NULL)
        return;
    pthread_mutex_destroy(&throttle->lock);
    free(throttle);
}

static bool verb_is(const struct emu_call *call, const char *verb)
{
    return call->op != NULL && strcmp(call->op->verb, verb) == 0;
}

/* What the key is, or will be. */
static void key_size(const struct emu_call *call, unsigned *bits, bool *hsm)
{
    struct emu_place at = { call->vault, EMU_KEYS, call->name };
    struct emu_object *key =
        call->name == NULL
            ? NULL
            : emu_store_get(call->emu->store, &at, call->version);
    struct json_object *body =
        emu_json_parse(emu_buf_str(&call->req->body), call->req->body.len);
    const char *kty = emu_json_str(body, "kty");
    int64_t size = 2048;

    *bits = 0;
    *hsm = false;
    if (verb_is(call, "create") && kty != NULL) {
        emu_json_int(emu_json_get(body, "key_size"), &size);
        *hsm = strstr(kty, "HSM") != NULL;
        *bits = strncmp(kty, "RSA", 3) == 0 ? (unsigned)size : 0;
    } else if (key != NULL) {
        *hsm = key->mat->hsm;
        *bits = key->mat->kty == EMU_KTY_RSA ? emu_material_bits(key->mat) : 0;
    }
    json_object_put(body);
    emu_object_free(key);
}

/* The share of a budget that one call takes, and of which. */
static double weight(const struct emu_call *call, enum budget *budget)
{
    bool creates = verb_is(call, "create") || verb_is(call, "rotate")
                   || verb_is(call, "release");
    unsigned bits;
    bool hsm;

    *budget = BUDGET_OTHER;
    if (verb_is(call, "set") || verb_is(call, "import")) {
        *budget = BUDGET_CREATE;
        return 1 / 300.0;
    }
    if (call->op == NULL || call->op->kind != EMU_KEYS)
        return 1 / 4000.0;
    *budget = BUDGET_KEYS;
    key_size(call, &bits, &hsm);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        if (limits[i].bits == bits)
            return 1 / limits[i].limit[(hsm ? 0 : 2) + (creates ? 0 : 1)];
    return 1 / 4000.0;
}

static struct row *find_row(struct emu_throttle *throttle, const char *vault)
{
    for (size_t i = 0; i < throttle->nrows; i++)
        if (throttle->row[i].vault == vault)
            return &throttle->row[i];
    if (throttle->nrows == sizeof(throttle->row) / sizeof(throttle->row[0]))
        throttle->nrows--; /* the last shares with the rest */
    throttle->row[throttle->nrows] =
        (struct row){ .vault = vault, .at_ms = emu_monotonic_ms() };
    return &throttle->row[throttle->nrows++];
}

bool emu_throttle_take(struct emu_throttle *throttle,
                       const struct emu_call *call, double scale)
{
    enum budget budget;
    double share = weight(call, &budget) / scale;
    int64_t now = emu_monotonic_ms();
    struct row *row;
    bool ok;

    pthread_mutex_lock(&throttle->lock);
    row = find_row(throttle, call->vault);
    for (size_t i = 0; i < BUDGETS; i++) {
        row->used[i] -= (double)(now - row->at_ms) / WINDOW_MS;
        if (row->used[i] < 0)
            row->used[i] = 0;
    }
    row->at_ms = now;
    ok = row->used[budget] + share <= 1 + 1e-9;
    if (ok)
        row->used[budget] += share;
    pthread_mutex_unlock(&throttle->lock);
    return ok;
}
