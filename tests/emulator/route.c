/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "crypto_ops.h"
#include "key_ops.h"
#include "route.h"

/* The first match counts: "versions" comes before an optional version. */
static const struct emu_operation operations[] = {
    { "create_key", "POST", "keys/{n}/create", "keys create", true, 0,
      emu_create_key },
    { "import_key", "PUT", "keys/{n}", "keys import", true, 0, emu_import_key },
    { "list_keys", "GET", "keys", "keys list", false, 0, emu_list_keys },
    { "list_key_versions", "GET", "keys/{n}/versions", "keys list", false, 0,
      emu_list_key_versions },
    { "get_key", "GET", "keys/{n}/[v]", "keys get", false, 0, emu_get_key },
    { "update_key", "PATCH", "keys/{n}/[v]", "keys update", true, 0,
      emu_update_key },
    { "sign", "POST", "keys/{n}/[v]/sign", "keys sign", true, EMU_KEY_OP_SIGN,
      emu_crypto },
    { "verify", "POST", "keys/{n}/[v]/verify", "keys verify", true,
      EMU_KEY_OP_VERIFY, emu_crypto },
    { "encrypt", "POST", "keys/{n}/[v]/encrypt", "keys encrypt", true,
      EMU_KEY_OP_ENCRYPT, emu_crypto },
    { "decrypt", "POST", "keys/{n}/[v]/decrypt", "keys decrypt", true,
      EMU_KEY_OP_DECRYPT, emu_crypto },
    { "wrap_key", "POST", "keys/{n}/[v]/wrapkey", "keys wrapKey", true,
      EMU_KEY_OP_WRAP, emu_crypto },
    { "unwrap_key", "POST", "keys/{n}/[v]/unwrapkey", "keys unwrapKey", true,
      EMU_KEY_OP_UNWRAP, emu_crypto },
};

#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static const struct {
    const char *name;
    bool served;
} collections[] = {
    { "keys", true },
    { "secrets", false },
    { "certificates", false },
    { "deletedkeys", false },
    { "deletedsecrets", false },
    { "deletedcertificates", false },
    { "storage", false },
    { "rng", false },
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

    for (size_t i = 0; i < OPERATIONS; i++) {
        route = (struct emu_route){ NULL, NULL, NULL };
        if (strcmp(operations[i].method, method) == 0
            && match(operations[i].pattern, target, 0, &route)) {
            route.op = &operations[i];
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

bool emu_route_is_served(const struct emu_target *target)
{
    size_t i = find_collection(target);

    return i < sizeof(collections) / sizeof(collections[0])
           && collections[i].served;
}

size_t emu_operation_count(void)
{
    return OPERATIONS;
}

const struct emu_operation *emu_operation_at(size_t index)
{
    return &operations[index];
}

const struct emu_operation *emu_operation_by_name(const char *name)
{
    for (size_t i = 0; i < OPERATIONS; i++)
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    return NULL;
}

size_t emu_operation_index(const struct emu_operation *op)
{
    return (size_t)(op - operations);
}
