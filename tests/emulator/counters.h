/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_COUNTERS_H
#define EMU_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

struct emu_counters;
struct emu_operation;
struct json_object;

/* Counters that are a single number. */
enum emu_count {
    EMU_COUNT_TOTAL,
    EMU_COUNT_CHALLENGES,
    EMU_COUNT_TOKENS,
    EMU_COUNT_TCP_ACCEPTS,
    EMU_COUNT_TLS_FULL,
    EMU_COUNT_TLS_RESUMED,
    EMU_COUNT_MAX_IN_FLIGHT,
    EMU_COUNTS
};

struct emu_counters *emu_counters_new(void);
void emu_counters_free(struct emu_counters *counters);

/* A request that passed authentication. op and key may be NULL. */
void emu_count_operation(struct emu_counters *counters,
                         const struct emu_operation *op, const char *vault,
                         const char *key);
void emu_count_status(struct emu_counters *counters, unsigned status);
void emu_count_event(struct emu_counters *counters, enum emu_count what);
void emu_count_enter(struct emu_counters *counters);
void emu_count_leave(struct emu_counters *counters);

/* The object of GET /counters; the caller puts it. */
struct json_object *emu_counters_json(struct emu_counters *counters);
void emu_counters_reset(struct emu_counters *counters);

/* False if the name is neither an operation nor a counter. */
bool emu_counters_known(const char *name);
/* Waits until the counter is at least `count`; false: not within ms. */
bool emu_counters_wait(struct emu_counters *counters, const char *name,
                       uint64_t count, int64_t ms);
/* Ends every wait, for shutting down. */
void emu_counters_stop(struct emu_counters *counters);

#endif
