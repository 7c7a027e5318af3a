/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_OBJECT_H
#define EMU_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jwk.h"

struct json_object;

#define EMU_MAX_NAME 127
#define EMU_MAX_KEY_OPS 9

enum emu_kind { EMU_KEYS, EMU_SECRETS, EMU_CERTS, EMU_KINDS };

/* Values of key_ops, in the order of emu_key_op_name(). */
enum emu_key_op {
    EMU_KEY_OP_ENCRYPT,
    EMU_KEY_OP_DECRYPT,
    EMU_KEY_OP_SIGN,
    EMU_KEY_OP_VERIFY,
    EMU_KEY_OP_WRAP,
    EMU_KEY_OP_UNWRAP,
    EMU_KEY_OP_IMPORT,
    EMU_KEY_OP_EXPORT,
    EMU_KEY_OP_DERIVE
};

const char *emu_key_op_name(enum emu_key_op op);
bool emu_key_op_by_name(const char *name, enum emu_key_op *op);

#define EMU_NO_TIME INT64_MIN

/* What a caller may set on an object and change later. */
struct emu_settings {
    enum emu_key_op ops[EMU_MAX_KEY_OPS]; /* keys; as they were given */
    size_t nops;
    bool enabled;
    int64_t nbf; /* EMU_NO_TIME: not set */
    int64_t exp;
    char *tags;           /* owned: JSON object as text, NULL: none */
    char *content_type;   /* secrets; owned, NULL: none */
    char *release_policy; /* keys; owned: JSON object as text, NULL: none */
};

/*
 * One version of a key, a secret or a certificate. Never changed once it is in
 * the store, so whoever holds a reference reads it without a lock; an update
 * replaces it.
 */
struct emu_object {
    int refs; /* atomic */
    enum emu_kind kind;
    char name[EMU_MAX_NAME + 1];
    char version[33];
    struct emu_settings settings;
    int64_t created;
    int64_t updated;
    bool managed;             /* a key or secret that a certificate brought */
    bool exportable;          /* keys */
    bool preserve_order;      /* certificates */
    struct emu_material *mat; /* keys: counted reference */
    char *value;              /* secrets: owned, `value_len` bytes and a NUL */
    size_t value_len;
    char *previous; /* secrets: owned, the version before; NULL: none */
    char *cer;      /* certificates: owned, base64 DER; NULL: not finished */
};

/* With the settings that an object has when nothing is said. */
struct emu_object *emu_object_new(enum emu_kind kind);
struct emu_object *emu_object_up_ref(struct emu_object *obj);
void emu_object_free(struct emu_object *obj);
/* A copy that may still be changed. */
struct emu_object *emu_object_dup(const struct emu_object *obj);

bool emu_key_may(const struct emu_object *key, enum emu_key_op op);

void emu_settings_init(struct emu_settings *settings);
/* The key_ops of a key of that type for which none are asked. */
void emu_settings_default_ops(struct emu_settings *settings, enum emu_kty kty);
void emu_settings_free(struct emu_settings *settings);

/* All of it, private parts included; the caller puts it. NULL: OpenSSL. */
struct json_object *emu_object_to_json(const struct emu_object *obj);
/* NULL unless it is what the other one wrote. */
struct emu_object *emu_object_from_json(enum emu_kind kind,
                                        struct json_object *json);

#endif
