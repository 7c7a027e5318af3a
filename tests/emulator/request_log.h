/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_REQUEST_LOG_H
#define EMU_REQUEST_LOG_H

#include <stdint.h>

#include "reply.h"
#include "request.h"

struct json_object;

/* The last requests as they came, without what is secret in them. */
struct emu_log;

struct emu_log *emu_log_new(void);
void emu_log_free(struct emu_log *log);

/* At arrival, so that a request that is held up is there too. What it returns
 * is for emu_log_answer(). */
uint64_t emu_log_add(struct emu_log *log, const struct emu_request *req);

/* What the request was answered with, unless it is no longer there. */
void emu_log_answer(struct emu_log *log, uint64_t serial,
                    const struct emu_reply *reply);
void emu_log_clear(struct emu_log *log);

/* Oldest first; the caller puts it. */
struct json_object *emu_log_json(struct emu_log *log);

#endif
