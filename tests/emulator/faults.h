/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_FAULTS_H
#define EMU_FAULTS_H

#include "fault_rules.h"
#include "reply.h"
#include "request.h"

/* The rules in force. */
struct emu_faults;

/* A moment in a request at which rules may act. */
struct emu_fault_point {
    const char *op;    /* NULL: no operation */
    const char *vault; /* NULL: the token endpoint, whose errors differ */
    const char *key;   /* NULL if there is none */
    enum emu_phase phase;
};

/* What rules change in the course of a request that goes on. */
struct emu_effects {
    enum emu_token_kind token;
    double throttle; /* 0: no limits */
    bool empty_page;
};

struct emu_faults *emu_faults_new(int stop_fd);
void emu_faults_free(struct emu_faults *faults);

/* Takes the reference over; the rules before are forgotten. */
void emu_faults_set(struct emu_faults *faults, struct emu_ruleset *set);
/* [{"rule", "seen", "fired"}...]; the caller puts it. */
struct json_object *emu_faults_json(struct emu_faults *faults);

/*
 * Lets all matching rules act, in order. True: one of them has ended the
 * request, and the reply is what is left to do. effects may be NULL.
 */
bool emu_faults_apply(struct emu_faults *faults,
                      const struct emu_fault_point *at,
                      const struct emu_request *req, struct emu_reply *reply,
                      struct emu_effects *effects);

/* What is to be wrong with the next TLS handshake. */
enum emu_tls_fault emu_faults_tls(struct emu_faults *faults);

#endif
