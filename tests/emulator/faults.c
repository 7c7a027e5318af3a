/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which rules act on a request is decided under a lock; what they do happens
 * outside it, on rules that do not change and are counted.
 */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "fault_reply.h"
#include "faults.h"
#include "jsonx.h"
#include "pause.h"
#include "raw_reply.h"
#include "xmem.h"

struct emu_faults {
    pthread_mutex_t lock;
    struct emu_ruleset *set; /* counted reference, NULL: no rules */
    int stop_fd;
};

/* What the rules that act add up to. */
struct plan {
    struct emu_ruleset *set; /* counted reference */
    const struct emu_action *action[EMU_MAX_RULES];
    size_t nactions;
    int64_t delay_ms;
};

struct emu_faults *emu_faults_new(int stop_fd)
{
    struct emu_faults *faults = emu_xcalloc(1, sizeof(*faults));

    pthread_mutex_init(&faults->lock, NULL);
    faults->stop_fd = stop_fd;
    return faults;
}

void emu_faults_free(struct emu_faults *faults)
{
    if (faults == NULL)
        return;
    emu_ruleset_free(faults->set);
    pthread_mutex_destroy(&faults->lock);
    free(faults);
}

void emu_faults_set(struct emu_faults *faults, struct emu_ruleset *set)
{
    struct emu_ruleset *old;

    pthread_mutex_lock(&faults->lock);
    old = faults->set;
    faults->set = set;
    pthread_mutex_unlock(&faults->lock);
    emu_ruleset_free(old);
}

struct json_object *emu_faults_json(struct emu_faults *faults)
{
    struct json_object *list = json_object_new_array();

    pthread_mutex_lock(&faults->lock);
    for (size_t i = 0; faults->set != NULL && i < faults->set->nrules; i++) {
        const struct emu_rule *rule = &faults->set->rule[i];
        const char *text = emu_json_text(rule->source);
        struct json_object *obj = json_object_new_object();

        /* A copy: counts of json-c's references are not atomic. */
        json_object_object_add(obj, "rule", emu_json_parse(text, strlen(text)));
        emu_json_add_int(obj, "seen", (int64_t)rule->seen);
        emu_json_add_int(obj, "fired", (int64_t)rule->fired);
        json_object_array_add(list, obj);
    }
    pthread_mutex_unlock(&faults->lock);
    return list;
}

/* splitmix64: the same seed gives the same decisions on every machine. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static bool is_for(const struct emu_match *match,
                   const struct emu_fault_point *at)
{
    return (match->op == NULL
            || (at->op != NULL && strcmp(match->op, at->op) == 0))
           && (match->vault == NULL
               || (at->vault != NULL
                   && strcasecmp(match->vault, at->vault) == 0))
           && (match->key == NULL
               || (at->key != NULL && strcasecmp(match->key, at->key) == 0));
}

static bool fires(struct emu_rule *rule)
{
    const struct emu_match *match = &rule->match;
    uint64_t seen = ++rule->seen;

    if (match->nth != 0 && seen != (uint64_t)match->nth)
        return false;
    if (match->every != 0 && seen % (uint64_t)match->every != 0)
        return false;
    if (match->count != 0 && rule->fired >= (uint64_t)match->count)
        return false;
    if (match->prob < 1
        && (double)(next_random(&rule->random) >> 11) * 0x1p-53 >= match->prob)
        return false;
    rule->fired++;
    return true;
}

static bool ends_request(const struct emu_action *action)
{
    return action->status != 0 || action->body != EMU_BODY_AS_IS
           || action->stall || action->redirect != NULL
           || action->drop != EMU_DROP_NO || action->length_error != 0;
}

static void make_plan(struct emu_ruleset *set, const struct emu_fault_point *at,
                      struct plan *plan)
{
    for (size_t i = 0; i < set->nrules; i++) {
        struct emu_rule *rule = &set->rule[i];
        const struct emu_action *action = &rule->action;

        if (rule->phase != at->phase || !is_for(&rule->match, at)
            || !fires(rule))
            continue;
        plan->delay_ms += action->delay_ms;
        if (action->jitter_ms > 0)
            plan->delay_ms += (int64_t)(next_random(&rule->random)
                                        % ((uint64_t)action->jitter_ms + 1));
        plan->action[plan->nactions++] = action;
        if (ends_request(action))
            break;
    }
    if (plan->nactions > 0) {
        __atomic_add_fetch(&set->refs, 1, __ATOMIC_RELAXED);
        plan->set = set;
    }
}

static void drop(const struct emu_request *req, struct emu_reply *reply)
{
    /* Here and now, so that no TLS close goes out. */
    shutdown(req->fd, SHUT_RDWR);
    reply->delivery = EMU_DELIVER_DROP;
}

static void cut(const struct emu_action *action, const struct emu_request *req,
                struct emu_reply *reply)
{
    switch (action->drop) {
    case EMU_DROP_NO:
        reply->body_limit = reply->body.len;
        break;
    case EMU_DROP_BEFORE_RESPONSE:
        drop(req, reply);
        return;
    case EMU_DROP_RST:
        emu_raw_reset(req->fd);
        reply->delivery = EMU_DELIVER_DROP;
        return;
    case EMU_DROP_AFTER_HEADERS:
        reply->body_limit = 0;
        break;
    case EMU_DROP_AFTER_BYTES:
        reply->body_limit = (size_t)action->drop_bytes;
        break;
    }
    reply->length_error = (long)action->length_error;
    reply->delivery = EMU_DELIVER_RAW;
}

static void redirect(const struct emu_action *action, struct emu_reply *reply)
{
    emu_reply_text(reply, action->status == 0 ? 307 : action->status,
                   "text/html", "");
    emu_reply_header(reply, "Location", "%s", action->redirect);
}

static void note_effects(const struct emu_action *action,
                         struct emu_effects *effects)
{
    if (action->token != EMU_TOKEN_GOOD)
        effects->token = action->token;
    if (action->throttle > 0)
        effects->throttle = action->throttle;
    effects->empty_page |= action->empty_page;
}

/* True if this ends the request. */
static bool act(struct emu_faults *faults, const struct emu_action *action,
                bool identity, const struct emu_request *req,
                struct emu_reply *reply, struct emu_effects *effects)
{
    if (effects != NULL)
        note_effects(action, effects);
    if (action->nfields > 0)
        emu_fault_fields(action, reply);
    if (action->redirect != NULL)
        redirect(action, reply);
    else if (action->status != 0 && identity)
        emu_fault_status_identity(action, reply);
    else if (action->status != 0)
        emu_fault_status(action, reply);
    emu_fault_body(action, reply);
    if (action->stall) {
        emu_pause(req->fd, faults->stop_fd, -1);
        drop(req, reply);
    } else if (action->drop != EMU_DROP_NO || action->length_error != 0) {
        cut(action, req, reply);
    }
    return ends_request(action);
}

bool emu_faults_apply(struct emu_faults *faults,
                      const struct emu_fault_point *at,
                      const struct emu_request *req, struct emu_reply *reply,
                      struct emu_effects *effects)
{
    struct plan plan = { .set = NULL };
    bool ended = false;

    pthread_mutex_lock(&faults->lock);
    if (faults->set != NULL)
        make_plan(faults->set, at, &plan);
    pthread_mutex_unlock(&faults->lock);
    if (plan.delay_ms > 0)
        emu_pause(req->fd, faults->stop_fd, (long)plan.delay_ms);
    for (size_t i = 0; i < plan.nactions && !ended; i++)
        ended =
            act(faults, plan.action[i], at->vault == NULL, req, reply, effects);
    emu_ruleset_free(plan.set);
    return ended;
}

enum emu_tls_fault emu_faults_tls(struct emu_faults *faults)
{
    struct emu_fault_point at = { .phase = EMU_PHASE_CONNECT };
    enum emu_tls_fault fault = EMU_TLS_GOOD;
    struct plan plan = { .set = NULL };

    pthread_mutex_lock(&faults->lock);
    if (faults->set != NULL)
        make_plan(faults->set, &at, &plan);
    pthread_mutex_unlock(&faults->lock);
    for (size_t i = 0; i < plan.nactions; i++)
        if (fault == EMU_TLS_GOOD)
            fault = plan.action[i]->tls;
    emu_ruleset_free(plan.set);
    return fault;
}
