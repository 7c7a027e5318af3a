/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_ROUTE_H
#define EMU_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "object.h"
#include "target.h"

struct emu_call;

typedef void emu_handler_fn(struct emu_call *call);

/* One operation of the REST interface; a new one is a row in operations.c. */
struct emu_operation {
    const char *name; /* in counters, faults and principals */
    const char *method;
    const char *pattern; /* "{n}": the name, "[v]": a version, optional */
    const char *permission;
    bool has_body;
    enum emu_kind kind;
    const char *verb;       /* as messages name it */
    enum emu_key_op key_op; /* of the six cryptographic operations */
    emu_handler_fn *handler;
};

struct emu_route {
    const struct emu_operation *op; /* NULL: none of ours */
    const char *name;               /* borrowed from the target; may be NULL */
    const char *version;            /* likewise */
};

/* The operation that a method and a path name. */
struct emu_route emu_route_find(const struct emu_target *target,
                                const char *method);

/* Whether the path is one of a vault at all, served or not. */
bool emu_route_is_vault(const struct emu_target *target);
/* Whether a vault, or a Managed HSM, has the collection. */
bool emu_route_is_at(const struct emu_target *target, bool hsm);
/* Whether this program has operations for the collection. */
bool emu_route_is_served(const struct emu_target *target);

size_t emu_operation_count(void);
const struct emu_operation *emu_operation_at(size_t index);
/* NULL if there is none of that name. */
const struct emu_operation *emu_operation_by_name(const char *name);
size_t emu_operation_index(const struct emu_operation *op);

#endif
