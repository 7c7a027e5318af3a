/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_SEED_IMPL_H
#define EMU_SEED_IMPL_H

/* What the files that read the seed share; nobody else includes it. */

#include "buf.h"
#include "identity.h"
#include "store.h"

struct json_object;

struct seed {
    const char *path;
    struct emu_store *store;
    struct emu_identity *identity;
    bool missing;   /* only what is not there yet */
    char where[64]; /* "keys[2]" while that is being read */
};

/* Always false: the message names the member. */
bool emu_seed_bad(const struct seed *seed, const char *member, const char *fmt,
                  ...) __attribute__((format(printf, 3, 4)));
bool emu_seed_read_file(const char *path, struct emu_buf *out);
/* A path that is not absolute is looked up beside the seed file. */
bool emu_seed_read_beside(const struct seed *seed, const char *member,
                          const char *file, struct emu_buf *out);
bool emu_seed_check_members(const struct seed *seed, struct json_object *obj,
                            const char *const *allowed);
/* *out stays as it is if the member is absent. */
bool emu_seed_get_string(const struct seed *seed, struct json_object *obj,
                         const char *name, const char **out);
bool emu_seed_get_flag(const struct seed *seed, struct json_object *obj,
                       const char *name, bool *out);

/* Vault and name of an object, that vault being there. */
bool emu_seed_names(const struct seed *seed, struct json_object *obj,
                    struct emu_place *at);
/* Whether it is to be passed over: it is there, or deleted, from another run.
 */
bool emu_seed_passes(const struct seed *seed, const struct emu_place *at);
/* key_ops, tags and attributes. */
bool emu_seed_settings(const struct seed *seed, struct json_object *obj,
                       struct emu_settings *settings);

/* Items of the lists of the same names. */
bool emu_seed_tenant(struct seed *seed, struct json_object *obj);
bool emu_seed_vault(struct seed *seed, struct json_object *obj);
bool emu_seed_authority(struct seed *seed, struct json_object *obj);
bool emu_seed_certificate(struct seed *seed, struct json_object *obj);
bool emu_seed_principal(struct seed *seed, struct json_object *obj);

#endif
