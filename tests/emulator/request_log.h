/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_REQUEST_LOG_H
#define EMU_REQUEST_LOG_H

#include "request.h"

struct json_object;

/* The last requests as they came, without what is secret in them. */
struct emu_log;

struct emu_log *emu_log_new(void);
void emu_log_free(struct emu_log *log);

/* At arrival, so that a request that is held up is there too. */
void emu_log_add(struct emu_log *log, const struct emu_request *req);
void emu_log_clear(struct emu_log *log);

/* Oldest first; the caller puts it. */
struct json_object *emu_log_json(struct emu_log *log);

#endif
