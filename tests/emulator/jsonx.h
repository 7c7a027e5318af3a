/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_JSONX_H
#define EMU_JSONX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

/* One JSON value and nothing behind it; NULL otherwise. */
struct json_object *emu_json_parse(const char *text, size_t len);

/* The member, NULL if absent or null. Borrowed from the object. */
struct json_object *emu_json_get(struct json_object *obj, const char *name);

/* NULL unless the member is there and a string. Borrowed. */
const char *emu_json_str(struct json_object *obj, const char *name);

/* False unless the value is a JSON number without a fraction. */
bool emu_json_int(struct json_object *value, int64_t *out);
/* A NumericDate of RFC 7519, which may have a fraction. */
bool emu_json_seconds(struct json_object *value, int64_t *out);

void emu_json_add_str(struct json_object *obj, const char *name,
                      const char *value);
void emu_json_add_int(struct json_object *obj, const char *name, int64_t value);
/* As "123". */
void emu_json_add_int_text(struct json_object *obj, const char *name,
                           int64_t value);
void emu_json_add_bool(struct json_object *obj, const char *name, bool value);

/* Members of it, and of what is in it, by name. */
void emu_json_sort(struct json_object *obj);

/* Compact text, borrowed from the object. */
const char *emu_json_text(struct json_object *obj);

/*
 * The first member that is not in the NULL-terminated list, or NULL: our own
 * inputs (seed file, control calls) are strict about what they do not know.
 */
const char *emu_json_unknown(struct json_object *obj,
                             const char *const *allowed);

#endif
