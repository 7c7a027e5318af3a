/* SPDX-License-Identifier: Apache-2.0 */

/*
 * JSON as the service's replies need it: typed getters that fail instead of
 * coercing, and a small builder for request bodies. Everything read or built
 * may be secret, so all strings are wiped when the root is freed.
 *
 * A root is owned by whoever parsed or made it; nodes found in it are
 * borrowed from it. Not thread-safe.
 */

#ifndef AKV_JSON_H
#define AKV_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AKV_REPLY_MAX (4u * 1024 * 1024) /* bytes of a reply's body */

struct akv_json;

/* Parses one complete JSON text (RFC 8259), nested at most 32 deep. */
struct akv_json *akv_json_parse(const void *text, size_t len,
                                struct akv_error *err);

/*
 * The first object in a text with anything else around it that has the member;
 * to be freed. NULL: there is none, or no memory. *any (which may be NULL) says
 * whether there was an object at all. Of many opening braces the first 64 are
 * looked at.
 */
struct akv_json *akv_json_find(const char *text, size_t len, const char *member,
                               bool *any);

/* Whether text is a JSON object; NULL is fine, too. what names it in the
 * message (AKV_E_INVALID). */
bool akv_json_check(const char *what, const char *text, struct akv_error *err);

/* A new, empty object. NULL: no memory. */
struct akv_json *akv_json_new_object(void);

/* Wipes and frees a root. NULL is fine. */
void akv_json_free(struct akv_json *root);

/* What a node is; NULL is neither. */
bool akv_json_is_object(const struct akv_json *node);
bool akv_json_is_array(const struct akv_json *node);

/* The member of an object; NULL if node is no object, has no such member, or
 * the member is null. */
const struct akv_json *akv_json_get(const struct akv_json *node,
                                    const char *name);

/* The same of a node that is being built. */
struct akv_json *akv_json_get_mutable(struct akv_json *node, const char *name);

/* Elements of an array; 0 and NULL where node is no array. */
size_t akv_json_length(const struct akv_json *node);
const struct akv_json *akv_json_at(const struct akv_json *node, size_t i);

/* Calls fn for each member of an object until one returns false; true when
 * none did, also where node is no object. */
bool akv_json_each(const struct akv_json *node,
                   bool (*fn)(void *arg, const char *name,
                              const struct akv_json *value),
                   void *arg);

/* The text of a string node, NUL-terminated; NULL if node is none, or if it
 * holds a NUL and len is NULL. */
const char *akv_json_text(const struct akv_json *node, size_t *len);

/* akv_json_text(akv_json_get(...)): NULL when absent or not a string. */
const char *akv_json_get_text(const struct akv_json *node, const char *name);

/* A copy of such a text in *dst, which the caller frees; NULL: there is none.
 * False: no memory. */
bool akv_json_dup_text(const struct akv_json *json, const char *name,
                       char **dst) AKV_MUST_CHECK;

/* An integer member, also where it is a string of digits, as token replies
 * have it. False, and *value unchanged, when absent or something else. */
bool akv_json_get_int(const struct akv_json *node, const char *name,
                      int64_t *value);

/* The text of a string or of a number; NULL where it is something else. */
const char *akv_json_scalar(const struct akv_json *node);

/* False, and *value unchanged, when absent or not a boolean. */
bool akv_json_get_bool(const struct akv_json *node, const char *name,
                       bool *value);

/* Appends a decoded base64url member to out; false when absent or malformed. */
bool akv_json_get_base64url(const struct akv_json *node, const char *name,
                            struct akv_buf *out) AKV_MUST_CHECK;

/* Builders: add a copied value to an object or, with name NULL, to an array;
 * false on lack of memory. */
bool akv_json_add_text(struct akv_json *node, const char *name,
                       const char *text) AKV_MUST_CHECK;
bool akv_json_add_bytes(struct akv_json *node, const char *name,
                        const void *data, size_t len) AKV_MUST_CHECK;
bool akv_json_add_int(struct akv_json *node, const char *name,
                      int64_t value) AKV_MUST_CHECK;
bool akv_json_add_double(struct akv_json *node, const char *name, double value,
                         int decimals) AKV_MUST_CHECK;
bool akv_json_add_bool(struct akv_json *node, const char *name,
                       bool value) AKV_MUST_CHECK;
bool akv_json_add_base64url(struct akv_json *node, const char *name,
                            const void *data, size_t len) AKV_MUST_CHECK;
/* The value becomes node's, also on failure. */
bool akv_json_add_node(struct akv_json *node, const char *name,
                       struct akv_json *value) AKV_MUST_CHECK;

/* A copy of a value, whatever it is. */
bool akv_json_add_copy(struct akv_json *node, const char *name,
                       const struct akv_json *value) AKV_MUST_CHECK;

/* text is itself JSON. False also where it is not. */
bool akv_json_add_json(struct akv_json *node, const char *name,
                       const char *text) AKV_MUST_CHECK;
/* An empty object or array, which is added and returned; borrowed. NULL: no
 * memory. */
struct akv_json *akv_json_add_object(struct akv_json *node, const char *name);
struct akv_json *akv_json_add_array(struct akv_json *node, const char *name);

/* Appends the text of the node, without white space. */
bool akv_json_print(const struct akv_json *node,
                    struct akv_buf *out) AKV_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
