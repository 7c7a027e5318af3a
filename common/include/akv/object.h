/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What keys, secrets and certificates have in common: attributes, tags, and
 * the operations that are the same for all three (list, update, delete,
 * recover, purge, backup, restore). The kind in the identifier says which of
 * them is meant: POST /keys/NAME/backup or POST /secrets/NAME/backup.
 *
 * Each operation comes three ways, from any thread: see call.h. Errors that all
 * of them share: AKV_E_INVALID, AKV_E_CONFIG, AKV_E_UNTRUSTED_HOST,
 * AKV_E_AUTHENTICATION, AKV_E_FORBIDDEN, AKV_E_NOT_FOUND, AKV_E_CONFLICT,
 * AKV_E_THROTTLED, AKV_E_DEADLINE, AKV_E_TRANSPORT, AKV_E_CERTIFICATE,
 * AKV_E_PROTOCOL, AKV_E_SERVICE.
 */

#ifndef AKV_OBJECT_H
#define AKV_OBJECT_H

#include "call.h"
#include "client.h"
#include "json.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AKV_NO_TIME INT64_MIN /* a time that is not set */

enum akv_flag { AKV_FLAG_UNSET = -1, AKV_FLAG_NO = 0, AKV_FLAG_YES = 1 };

/* Times are seconds since 1970-01-01 UTC. */
struct akv_attributes {
    enum akv_flag enabled;
    int64_t nbf, exp;
    enum akv_flag exportable; /* keys */
    /* what follows the service says and nobody sets */
    int64_t created, updated;
    int64_t recoverable_days; /* -1: not said */
    char recovery_level[64];
    char hsm_platform[16]; /* of HSM keys, "2"; empty: not said */
};

struct akv_tag {
    char *name, *value; /* owned */
};

struct akv_tags {
    struct akv_tag *items; /* owned */
    size_t count;
};

/* What lists and bundles say of an object, besides its content. */
struct akv_properties {
    struct akv_id id; /* without version where the service says none */
    struct akv_attributes attributes;
    struct akv_tags tags;
    char *content_type; /* owned; NULL: none */
    bool managed;       /* belongs to a certificate */
    /* of deleted objects */
    char *recovery_id; /* owned; NULL: not deleted for recovery */
    int64_t deleted, scheduled_purge;
};

#define AKV_ATTRIBUTES_INIT                                                    \
    {                                                                          \
        AKV_FLAG_UNSET, AKV_NO_TIME, AKV_NO_TIME, AKV_FLAG_UNSET, AKV_NO_TIME, \
            AKV_NO_TIME, -1, "", ""                                            \
    }

/* Frees what is in it, and leaves it empty; not the structure. */
void akv_properties_free(struct akv_properties *properties);

/* Adds a copied tag. False: no memory. */
bool akv_tags_add(struct akv_tags *tags, const char *name,
                  const char *value) AKV_MUST_CHECK;
/* Frees the tags, and leaves an empty set; not the structure. */
void akv_tags_free(struct akv_tags *tags);

/*
 * Reads what an object's reply or list item says. id is what was asked: its
 * kind, host and port are taken over, name and version come from the reply and
 * must not contradict it. *properties need not be initialised; free it.
 */
bool akv_properties_read(struct akv_properties *properties,
                         const struct akv_json *json, const struct akv_id *id,
                         struct akv_error *err);

/* Adds "attributes" and "tags" with what is set; tags may be NULL: none. */
bool akv_properties_write(struct akv_json *json,
                          const struct akv_attributes *attributes,
                          const struct akv_tags *tags) AKV_MUST_CHECK;

/* What an update changes; members that are unset or NULL stay as they are.
 * Tags are replaced as a whole. */
struct akv_update {
    struct akv_attributes attributes;
    const struct akv_tags *tags;
    const char *content_type; /* secrets */
    unsigned key_ops;         /* keys; 0: unchanged */
    const char *policy;       /* JSON: a key's release policy, a
                                 certificate's policy */
    bool immutable_policy;    /* keys: policy can never be changed again */
};

/* PATCH /COLLECTION/NAME[/VERSION] (permission update, for secrets set). */
bool akv_object_update(struct akv_client *client, const struct akv_id *id,
                       const struct akv_update *update,
                       struct akv_properties *properties,
                       struct akv_error *err);
struct akv_call *akv_object_update_start(struct akv_client *client,
                                         const struct akv_id *id,
                                         const struct akv_update *update,
                                         akv_done_fn *done, void *arg,
                                         struct akv_error *err);
bool akv_object_update_result(struct akv_call *call,
                              struct akv_properties *properties,
                              struct akv_error *err);
/*
 * DELETE /COLLECTION/NAME (permission delete): all versions. Where the vault
 * keeps deleted objects, properties->recovery_id is set, and the object is in
 * transition for a while: see AKV_POLL_DELETE.
 */
bool akv_object_delete(struct akv_client *client, const struct akv_id *id,
                       struct akv_properties *properties,
                       struct akv_error *err);
struct akv_call *akv_object_delete_start(struct akv_client *client,
                                         const struct akv_id *id,
                                         akv_done_fn *done, void *arg,
                                         struct akv_error *err);
bool akv_object_delete_result(struct akv_call *call,
                              struct akv_properties *properties,
                              struct akv_error *err);

/* GET /deletedCOLLECTION/NAME (permission get). document: all that the service
 * says, to be freed; may be NULL. */
bool akv_object_get_deleted(struct akv_client *client, const struct akv_id *id,
                            struct akv_properties *properties,
                            struct akv_json **document, struct akv_error *err);
struct akv_call *akv_object_get_deleted_start(struct akv_client *client,
                                              const struct akv_id *id,
                                              akv_done_fn *done, void *arg,
                                              struct akv_error *err);
bool akv_object_get_deleted_result(struct akv_call *call,
                                   struct akv_properties *properties,
                                   struct akv_json **document,
                                   struct akv_error *err);

/* POST /deletedCOLLECTION/NAME/recover (permission recover). In transition
 * afterwards: see AKV_POLL_RECOVER. */
bool akv_object_recover(struct akv_client *client, const struct akv_id *id,
                        struct akv_properties *properties,
                        struct akv_error *err);
struct akv_call *akv_object_recover_start(struct akv_client *client,
                                          const struct akv_id *id,
                                          akv_done_fn *done, void *arg,
                                          struct akv_error *err);
bool akv_object_recover_result(struct akv_call *call,
                               struct akv_properties *properties,
                               struct akv_error *err);

/* DELETE /deletedCOLLECTION/NAME (permission purge): for ever. */
bool akv_object_purge(struct akv_client *client, const struct akv_id *id,
                      struct akv_error *err);
struct akv_call *akv_object_purge_start(struct akv_client *client,
                                        const struct akv_id *id,
                                        akv_done_fn *done, void *arg,
                                        struct akv_error *err);
bool akv_object_purge_result(struct akv_call *call, struct akv_error *err);

/* POST /COLLECTION/NAME/backup (permission backup): appends the blob, bytes
 * that only the same service can read. */
bool akv_object_backup(struct akv_client *client, const struct akv_id *id,
                       struct akv_buf *blob, struct akv_error *err);
struct akv_call *akv_object_backup_start(struct akv_client *client,
                                         const struct akv_id *id,
                                         akv_done_fn *done, void *arg,
                                         struct akv_error *err);
bool akv_object_backup_result(struct akv_call *call, struct akv_buf *blob,
                              struct akv_error *err);

/* POST /COLLECTION/restore (permission restore) with the bytes of a backup;
 * id gives kind and vault, its name does not matter. AKV_E_CONFLICT: the name
 * exists. */
bool akv_object_restore(struct akv_client *client, const struct akv_id *id,
                        const void *blob, size_t len,
                        struct akv_properties *properties,
                        struct akv_error *err);
struct akv_call *akv_object_restore_start(struct akv_client *client,
                                          const struct akv_id *id,
                                          const void *blob, size_t len,
                                          akv_done_fn *done, void *arg,
                                          struct akv_error *err);
bool akv_object_restore_result(struct akv_call *call,
                               struct akv_properties *properties,
                               struct akv_error *err);

#ifdef __cplusplus
}
#endif

#endif
