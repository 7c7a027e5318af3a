/* SPDX-License-Identifier: Apache-2.0 */

/* Secrets in a vault: the REST operations on /secrets that are not those of
 * all objects (object.h, pager.h, poller.h). Three ways, threads and errors
 * as in object.h. */

#ifndef AKV_SECRET_H
#define AKV_SECRET_H

#include "call.h"
#include "object.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AKV_SECRET_MAX 25600 /* bytes of a value: the service's limit */

struct akv_secret {
    struct akv_properties properties;
    struct akv_buf value;   /* owned, wiped; UTF-8, may hold NUL */
    char *kid;              /* owned; a certificate's secret: its key */
    char *previous_version; /* owned; NULL: not said */
};

/* Wipes the value and frees what is in a secret, and leaves it empty; not the
 * structure. */
void akv_secret_free(struct akv_secret *secret);

/* What a set says besides the value. */
struct akv_secret_options {
    struct akv_attributes attributes;
    const struct akv_tags *tags; /* may be NULL */
    const char *content_type;    /* may be NULL */
};

/*
 * PUT /secrets/NAME ("SetSecret", permission secrets/set): a new secret or a
 * new version of it. value is len bytes of UTF-8, AKV_SECRET_MAX at most:
 * AKV_E_INVALID otherwise, before anything is sent. options may be NULL. Not
 * repeated once it may have arrived. Free *secret in either case; its value
 * is empty.
 */
bool akv_secret_set(struct akv_client *client, const struct akv_id *id,
                    const void *value, size_t len,
                    const struct akv_secret_options *options,
                    struct akv_secret *secret, struct akv_error *err);
struct akv_call *akv_secret_set_start(struct akv_client *client,
                                      const struct akv_id *id,
                                      const void *value, size_t len,
                                      const struct akv_secret_options *options,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err);
bool akv_secret_set_result(struct akv_call *call, struct akv_secret *secret,
                           struct akv_error *err);

/*
 * GET /secrets/NAME[/VERSION] ("GetSecret", permission secrets/get). Free
 * *secret in either case. AKV_E_FORBIDDEN with the inner code SecretDisabled:
 * it is disabled.
 */
bool akv_secret_get(struct akv_client *client, const struct akv_id *id,
                    struct akv_secret *secret, struct akv_error *err);
struct akv_call *akv_secret_get_start(struct akv_client *client,
                                      const struct akv_id *id,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err);
bool akv_secret_get_result(struct akv_call *call, struct akv_secret *secret,
                           struct akv_error *err);

/* The same with a certificate's PFX as PEM (api-version 2025-07-01). */
bool akv_secret_get_pem(struct akv_client *client, const struct akv_id *id,
                        struct akv_secret *secret, struct akv_error *err);
struct akv_call *akv_secret_get_pem_start(struct akv_client *client,
                                          const struct akv_id *id,
                                          akv_done_fn *done, void *arg,
                                          struct akv_error *err);
bool akv_secret_get_pem_result(struct akv_call *call, struct akv_secret *secret,
                               struct akv_error *err);

/* Whether len bytes are UTF-8 (RFC 3629). */
bool akv_utf8_valid(const void *data, size_t len);

#ifdef __cplusplus
}
#endif

#endif
