/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_BUNDLE_H
#define EMU_BUNDLE_H

#include "errors.h"
#include "store.h"
#include "vault.h"

/* What differs between keys, secrets and certificates, in words. */
struct emu_kind_words {
    const char *collection; /* "keys" */
    const char *deleted;    /* "deletedkeys" */
    const char *noun;       /* "key" */
    const char *title;      /* "Key" */
    const char *id;         /* name of the member that holds the id */
    enum emu_error not_found;
    enum emu_error deleted_not_found;
};

const struct emu_kind_words *emu_kind_words(enum emu_kind kind);

/* The place that the call names. */
struct emu_place emu_call_place(const struct emu_call *call);

/* The id of an object, with its version if asked; the caller frees it. */
char *emu_object_id(const struct emu_call *call, const struct emu_object *obj,
                    bool with_version);

/* Adds the members `attributes` and `tags`. */
void emu_add_attributes(const struct emu_call *call, struct json_object *json,
                        const struct emu_object *obj);

/* The bundle of the version, and of a deleted one what goes with that. */
struct json_object *emu_bundle(const struct emu_call *call,
                               const struct emu_view *view);
/* The same as an item of a list, with or without the version in its id. */
struct json_object *emu_bundle_item(const struct emu_call *call,
                                    const struct emu_view *view,
                                    bool with_version);

/* Replies 200 with the bundle; drops the reference. */
void emu_reply_bundle(struct emu_call *call, struct emu_object *obj);

/* The object that the call names; NULL with the 404 in the reply. */
struct emu_object *emu_find(struct emu_call *call);
/* The 404 for what the call names. */
void emu_reply_not_found(struct emu_call *call);
/* The 404 of a Managed HSM, whose errors end with the id of the request; url
 * is for those that have one. */
void emu_reply_hsm_error(struct emu_call *call, enum emu_error error,
                         const char *url);
/* The error for an outcome that is not EMU_DONE. */
void emu_reply_outcome(struct emu_call *call, enum emu_outcome outcome);

#endif
