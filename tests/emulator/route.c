/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "route.h"

static const struct {
    const char *name;
    bool vault; /* where it is served */
    bool hsm;
} collections[] = {
    { "keys", true, true },
    { "secrets", true, false },
    { "certificates", true, false },
    { "deletedkeys", true, true },
    { "deletedsecrets", true, false },
    { "deletedcertificates", true, false },
    { "storage", false, false },
    { "rng", false, true },
};

/* The length of the pattern's first segment; moves to the next. */
static size_t next_piece(const char **pattern, const char **piece)
{
    size_t len = strcspn(*pattern, "/");

    *piece = *pattern;
    *pattern += len + ((*pattern)[len] == '/');
    return len;
}

static bool match(const char *pattern, const struct emu_target *target,
                  size_t i, struct emu_route *route)
{
    while (*pattern != '\0') {
        const char *piece;
        size_t len = next_piece(&pattern, &piece);

        if (strncmp(piece, "[v]", len) == 0) {
            route->version = NULL;
            if (match(pattern, target, i, route))
                return true;
            if (i == target->nsegments)
                return false;
            route->version = target->segment[i++];
            continue;
        }
        if (i == target->nsegments)
            return false;
        if (strncmp(piece, "{n}", len) == 0)
            route->name = target->segment[i];
        else if (strlen(target->segment[i]) != len
                 || strncasecmp(piece, target->segment[i], len) != 0)
            return false;
        i++;
    }
    return i == target->nsegments;
}

struct emu_route emu_route_find(const struct emu_target *target,
                                const char *method)
{
    struct emu_route route = { NULL, NULL, NULL };

    for (size_t i = 0; i < emu_operation_count(); i++) {
        const struct emu_operation *op = emu_operation_at(i);

        route = (struct emu_route){ NULL, NULL, NULL };
        if (strcmp(op->method, method) == 0
            && match(op->pattern, target, 0, &route)) {
            route.op = op;
            return route;
        }
    }
    return (struct emu_route){ NULL, NULL, NULL };
}

static size_t find_collection(const struct emu_target *target)
{
    size_t n = sizeof(collections) / sizeof(collections[0]);

    if (target->nsegments == 0)
        return n;
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(collections[i].name, target->segment[0]) == 0)
            return i;
    return n;
}

bool emu_route_is_vault(const struct emu_target *target)
{
    return find_collection(target)
           < sizeof(collections) / sizeof(collections[0]);
}

bool emu_route_is_at(const struct emu_target *target, bool hsm)
{
    size_t i = find_collection(target);

    return i < sizeof(collections) / sizeof(collections[0])
           && (hsm ? collections[i].hsm : collections[i].vault);
}

bool emu_route_is_served(const struct emu_target *target)
{
    return emu_route_is_at(target, false) || emu_route_is_at(target, true);
}
