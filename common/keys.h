/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Keys in a vault: the REST operations on /keys.
 *
 * The functions wait for the reply (at most the setting timeout) and may be
 * called from any thread. Errors that all of them share: AKV_E_CONFIG,
 * AKV_E_UNTRUSTED_HOST, AKV_E_AUTHENTICATION, AKV_E_FORBIDDEN,
 * AKV_E_THROTTLED, AKV_E_DEADLINE, AKV_E_TRANSPORT, AKV_E_PROTOCOL.
 */

#ifndef AKV_KEYS_H
#define AKV_KEYS_H

#include "client.h"
#include "jwk.h"

/* A key as the service returns it. */
struct akv_key_bundle {
    struct akv_id id; /* with its version; the host is the one that was asked */
    struct akv_jwk jwk;
    bool enabled;
};

void akv_key_bundle_free(struct akv_key_bundle *bundle);

/*
 * GET /keys/NAME[/VERSION] ("GetKey", permission keys/get). Without version
 * it is the current one, and the bundle says which that is. AKV_E_NOT_FOUND:
 * no such key. Free the bundle in either case.
 */
bool akv_keys_get(struct akv_client *client, const struct akv_id *id,
                  struct akv_key_bundle *bundle, struct akv_error *err);

/* What POST /keys/NAME/create is told. */
struct akv_key_create {
    enum akv_key_type type;
    bool hsm;
    int bits; /* RSA: 2048, 3072 or 4096 */
    enum akv_curve curve;
    unsigned ops; /* 0: the service's default */
};

/* POST /keys/NAME/create ("CreateKey", permission keys/create): a new key, or
 * a new version of it. Not repeated once it may have arrived. */
bool akv_keys_create(struct akv_client *client, const struct akv_id *id,
                     const struct akv_key_create *create,
                     struct akv_key_bundle *bundle, struct akv_error *err);

/* Called for each listed key; false ends the listing. */
typedef bool akv_key_list_fn(void *arg, const struct akv_id *id, bool enabled);

/* GET /keys, or GET /keys/NAME/versions where id has a name ("GetKeys",
 * "GetKeyVersions", permission keys/list), page by page. Links to the next
 * page that lead to another host are refused (AKV_E_PROTOCOL). */
bool akv_keys_list(struct akv_client *client, const struct akv_id *id,
                   akv_key_list_fn *fn, void *arg, struct akv_error *err);

#endif
