/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EMU_STORE_H
#define EMU_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "object.h"

#define EMU_DEFAULT_VAULT "emulator" /* where nothing else is asked for */

struct emu_store;

/* How a vault treats what is deleted in it; set-up time only. */
struct emu_vault_traits {
    bool hsm;             /* answers in the style of Managed HSM */
    bool soft_delete;     /* else what is deleted is gone */
    bool purge_protected; /* nobody purges before the date */
    int recoverable_days; /* 7 to 90 */
    char *tenant;         /* owned; NULL: the usual one */
};

/* A name in a vault; name NULL: all of that kind. */
struct emu_place {
    const char *vault;
    enum emu_kind kind;
    const char *name;
};

/* What became of a change. */
enum emu_outcome {
    EMU_DONE,
    EMU_ABSENT,
    EMU_LIVE,         /* there, and not deleted */
    EMU_DELETED,      /* deleted, and can be recovered */
    EMU_IN_DELETION,  /* being deleted or purged */
    EMU_IN_RECOVERY,  /* being recovered */
    EMU_UNMANAGED,    /* a key or secret that is not the certificate's own */
    EMU_PURGE_REFUSED /* by purge protection */
};

/* A version, and when it was deleted and will be purged, if it was. */
struct emu_view {
    struct emu_object *obj; /* reference */
    int64_t deleted;        /* EMU_NO_TIME: it was not */
    int64_t purge_at;       /* EMU_NO_TIME: there is no soft delete */
};

void emu_view_free(struct emu_view *view);

struct emu_store *emu_store_new(void);
void emu_store_free(struct emu_store *store);

/* 3 to 24 of letters, digits and single hyphens. */
bool emu_vault_name_ok(const char *name);
bool emu_object_name_ok(const char *name);

/* Names a vault that does not exist yet into being; set-up time only. */
bool emu_store_add_vault(struct emu_store *store, const char *name);
/* Into the state directory, if there is one; set-up time only. */
void emu_store_save_vaults(struct emu_store *store);
/* In the order they were added; NULL behind the last. Never goes away. */
const char *emu_store_vault(const struct emu_store *store, size_t index);
/* The first that is, or is not, a Managed HSM; NULL if there is none. */
const char *emu_store_default(const struct emu_store *store, bool hsm);
/* The stored spelling, NULL if there is no such vault. */
const char *emu_store_find_vault(const struct emu_store *store,
                                 const char *name);
/* Of a vault that is there. May be changed at set-up time. */
struct emu_vault_traits *emu_store_traits(struct emu_store *store,
                                          const char *vault);

/*
 * Puts obj into the store as the latest version of the name; the caller keeps
 * its reference. A version, if it has none, and dates are given to it.
 */
enum emu_outcome emu_store_add(struct emu_store *store,
                               const struct emu_place *at,
                               struct emu_object *obj);
/* Whether something of that name could be added. */
enum emu_outcome emu_store_may_add(struct emu_store *store,
                                   const struct emu_place *at);

/* version NULL: the latest. NULL if it is not there; else a reference. */
struct emu_object *emu_store_get(struct emu_store *store,
                                 const struct emu_place *at,
                                 const char *version);

/*
 * The latest version, live or deleted; NULL too while that is being changed.
 * A check ahead of the operation: it is not a poll, as emu_store_get() is.
 */
struct emu_object *emu_store_peek(struct emu_store *store,
                                  const struct emu_place *at, bool deleted);

/* Changes an object that nobody else sees yet. */
typedef void emu_change_fn(struct emu_object *obj, void *arg);

/* The same version, changed; NULL if it is not there. */
struct emu_object *emu_store_update(struct emu_store *store,
                                    const struct emu_place *at,
                                    const char *version, emu_change_fn *change,
                                    void *arg);

/*
 * Up to max objects (the latest version of each, or those deleted) or, with a
 * name, versions of that, which come behind the marker: a name or a version,
 * NULL for the beginning. The order is fixed but means nothing, as in the
 * service.
 */
size_t emu_store_list(struct emu_store *store, const struct emu_place *at,
                      bool deleted, const char *marker, struct emu_view *out,
                      size_t max);

/*
 * Soft delete. What is said of a certificate holds for its key and secret as
 * well. On EMU_DONE, *view is a reference to the latest version.
 */
enum emu_outcome emu_store_delete(struct emu_store *store,
                                  const struct emu_place *at,
                                  struct emu_view *view);
enum emu_outcome emu_store_get_deleted(struct emu_store *store,
                                       const struct emu_place *at,
                                       struct emu_view *view);
enum emu_outcome emu_store_recover(struct emu_store *store,
                                   const struct emu_place *at,
                                   struct emu_view *view);
enum emu_outcome emu_store_purge(struct emu_store *store,
                                 const struct emu_place *at);

/* How long, or how many requests long, a change of state shows as 404. */
struct emu_slowness {
    int64_t ms;
    int64_t polls;
    int64_t create_polls; /* how often a self-signed certificate is not ready */
};
void emu_store_set_slowness(struct emu_store *store,
                            const struct emu_slowness *slow);
void emu_store_get_slowness(struct emu_store *store, struct emu_slowness *slow);

/*
 * JSON that goes with a name (rotation policy, certificate policy and the
 * like) or, with no name, with the vault. The caller puts what it gets: a copy,
 * NULL if there is none. Setting takes the object over; NULL takes it away.
 */
struct json_object *emu_store_get_note(struct emu_store *store,
                                       const struct emu_place *at,
                                       const char *note);
/* The same of a name that is deleted. */
struct json_object *emu_store_get_deleted_note(struct emu_store *store,
                                               const struct emu_place *at,
                                               const char *note);
bool emu_store_set_note(struct emu_store *store, const struct emu_place *at,
                        const char *note, struct json_object *value);

/* All that belongs to a live name; the caller puts it. NULL: not there. */
struct json_object *emu_store_export(struct emu_store *store,
                                     const struct emu_place *at);
/* The other way round. On EMU_DONE, *obj is the latest version, a reference. */
enum emu_outcome emu_store_import(struct emu_store *store,
                                  const struct emu_place *at,
                                  struct json_object *json,
                                  struct emu_object **obj);

#endif
