/* SPDX-License-Identifier: Apache-2.0 */
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jsonx.h"
#include "seed_impl.h"
#include "xmem.h"

#define MAX_FILE (16u << 20)

bool emu_seed_bad(const struct seed *seed, const char *member, const char *fmt,
                  ...)
{
    va_list ap;

    fprintf(stderr, "akv-emulator: seed file %s: %s%s%s: ", seed->path,
            seed->where, *seed->where == '\0' || *member == '\0' ? "" : ".",
            member);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    return false;
}

bool emu_seed_read_file(const char *path, struct emu_buf *out)
{
    FILE *f = fopen(path, "re");
    char chunk[4096];
    size_t n;
    bool ok;

    if (f == NULL)
        return false;
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0 && out->len < MAX_FILE)
        emu_buf_add(out, chunk, n);
    ok = !ferror(f);
    fclose(f);
    return ok;
}

bool emu_seed_check_members(const struct seed *seed, struct json_object *obj,
                            const char *const *allowed)
{
    const char *name;

    if (!json_object_is_type(obj, json_type_object))
        return emu_seed_bad(seed, "", "want an object");
    name = emu_json_unknown(obj, allowed);
    return name == NULL || emu_seed_bad(seed, name, "unknown member");
}

/* *out stays as it is if the member is absent. */
bool emu_seed_get_string(const struct seed *seed, struct json_object *obj,
                         const char *name, const char **out)
{
    struct json_object *value = emu_json_get(obj, name);

    if (value == NULL)
        return true;
    if (!json_object_is_type(value, json_type_string))
        return emu_seed_bad(seed, name, "want a string");
    *out = json_object_get_string(value);
    return true;
}

bool emu_seed_get_flag(const struct seed *seed, struct json_object *obj,
                       const char *name, bool *out)
{
    struct json_object *value = emu_json_get(obj, name);

    if (value == NULL)
        return true;
    if (!json_object_is_type(value, json_type_boolean))
        return emu_seed_bad(seed, name, "want true or false");
    *out = json_object_get_boolean(value);
    return true;
}

bool emu_seed_read_beside(const struct seed *seed, const char *member,
                          const char *file, struct emu_buf *out)
{
    char *copy = emu_xstrdup(seed->path);
    char *path = file[0] == '/' ? emu_xstrdup(file)
                                : emu_xasprintf("%s/%s", dirname(copy), file);
    bool ok = emu_seed_read_file(path, out)
              || emu_seed_bad(seed, member, "cannot read %s", path);

    free(copy);
    free(path);
    return ok;
}
