/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_KEYSTORE_H
#define EMU_KEYSTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jwk.h"

#define EMU_DEFAULT_VAULT "emulator" /* where nothing else is asked for */
#define EMU_MAX_NAME 127
#define EMU_MAX_KEY_OPS 9

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

/* What a caller may set on a key and change later. */
struct emu_key_settings {
    enum emu_key_op ops[EMU_MAX_KEY_OPS]; /* in the order they were given */
    size_t nops;
    bool enabled;
    int64_t nbf; /* EMU_NO_TIME: not set */
    int64_t exp;
    char *tags; /* owned: JSON object as text, NULL: none */
};

/*
 * One version of a key. Never changed once it is in the store, so whoever
 * holds a reference reads it without a lock; an update replaces it.
 */
struct emu_key {
    int refs; /* atomic */
    char name[EMU_MAX_NAME + 1];
    char version[33];
    struct emu_material *mat; /* counted reference */
    struct emu_key_settings settings;
    int64_t created;
    int64_t updated;
};

struct emu_store;

struct emu_store *emu_store_new(void);
void emu_store_free(struct emu_store *store);

/* 3 to 24 of letters, digits and single hyphens. */
bool emu_vault_name_ok(const char *name);
bool emu_object_name_ok(const char *name);

/* Names a vault that does not exist yet into being; set-up time only. */
bool emu_store_add_vault(struct emu_store *store, const char *name);
/* In the order they were added; NULL behind the last. Never goes away. */
const char *emu_store_vault(const struct emu_store *store, size_t index);
/* The stored spelling, NULL if there is no such vault. */
const char *emu_store_find_vault(const struct emu_store *store,
                                 const char *name);

/* Takes mat over; a new version of the name. The caller owns a reference. */
struct emu_key *emu_store_add_key(struct emu_store *store, const char *vault,
                                  const char *name, struct emu_material *mat,
                                  const struct emu_key_settings *settings);

/* version NULL: the latest. NULL if it is not there; else a reference. */
struct emu_key *emu_store_get_key(struct emu_store *store, const char *vault,
                                  const char *name, const char *version);

/* Changes a settings struct; the tags in it are owned. */
typedef void emu_settings_fn(struct emu_key_settings *settings, void *arg);

/* The same version with other settings; NULL if it is not there. */
struct emu_key *emu_store_update_key(struct emu_store *store, const char *vault,
                                     const char *name, const char *version,
                                     emu_settings_fn *change, void *arg);

/*
 * Up to max keys (the latest version of each) or, with a name, versions of
 * that key, which come behind the marker: a key's name or a version, NULL for
 * the beginning. The order is fixed but means nothing, as in the service.
 */
size_t emu_store_list(struct emu_store *store, const char *vault,
                      const char *name, const char *marker,
                      struct emu_key **out, size_t max);

void emu_key_free(struct emu_key *key);
bool emu_key_may(const struct emu_key *key, enum emu_key_op op);

void emu_settings_init(struct emu_key_settings *settings, enum emu_kty kty);
void emu_settings_free(struct emu_key_settings *settings);

#endif
