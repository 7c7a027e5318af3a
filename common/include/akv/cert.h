/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Certificates in a vault: the REST operations on /certificates that are not
 * those of all objects (object.h, pager.h, poller.h). Policies are JSON
 * documents, as the service defines them. The certificate with its private key
 * is the secret of the same name (secret.h). Three ways, threads and errors as
 * in object.h.
 */

#ifndef AKV_CERT_H
#define AKV_CERT_H

#include "call.h"
#include "object.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AKV_CERT_MAX (1024 * 1024) /* bytes of a certificate or a PFX */

struct akv_cert {
    struct akv_properties properties;
    struct akv_buf der; /* owned; empty while it is being created */
    struct akv_buf x5t; /* owned; SHA-1 of der */
    char *kid, *sid;    /* owned; of its key and its secret, or NULL */
    char *policy;       /* owned; JSON; NULL for an explicit version */
    bool pending; /* there is an operation: see akv_cert_get_operation() */
};

/* Frees what is in a certificate, and leaves it empty; not the structure. */
void akv_cert_free(struct akv_cert *cert);

/* GET /certificates/NAME[/VERSION] ("GetCertificate", permission
 * certificates/get). Free *cert in either case. */
bool akv_cert_get(struct akv_client *client, const struct akv_id *id,
                  struct akv_cert *cert, struct akv_error *err);
struct akv_call *akv_cert_get_start(struct akv_client *client,
                                    const struct akv_id *id, akv_done_fn *done,
                                    void *arg, struct akv_error *err);
bool akv_cert_get_result(struct akv_call *call, struct akv_cert *cert,
                         struct akv_error *err);

/* What create and import are told besides the policy. */
struct akv_cert_options {
    struct akv_attributes attributes; /* enabled alone counts */
    const struct akv_tags *tags;      /* may be NULL */
    bool preserve_order; /* of the chain; else the leaf comes first. Not of
                            a merge */
};

/*
 * POST /certificates/NAME/create ("CreateCertificate", permission
 * certificates/create): begins the creation of a version. policy is JSON, or
 * NULL for the policy that the certificate has. *operation is the operation
 * as JSON, with the request to sign in "csr"; the caller frees it. Wait by a
 * poller. options may be NULL.
 */
bool akv_cert_create(struct akv_client *client, const struct akv_id *id,
                     const char *policy, const struct akv_cert_options *options,
                     struct akv_json **operation, struct akv_error *err);
struct akv_call *akv_cert_create_start(struct akv_client *client,
                                       const struct akv_id *id,
                                       const char *policy,
                                       const struct akv_cert_options *options,
                                       akv_done_fn *done, void *arg,
                                       struct akv_error *err);
bool akv_cert_create_result(struct akv_call *call, struct akv_json **operation,
                            struct akv_error *err);

/* A policy for a self-signed certificate as JSON: RSA 2048, exportable, twelve
 * months, TLS server and client, renewed at 80 % of its life. subject is an
 * X.500 name such as "CN=example.org". The caller frees it by free(). NULL: no
 * memory. */
char *akv_cert_default_policy(const char *subject);

/* GET, PATCH (cancel) and DELETE /certificates/NAME/pending
 * ("GetCertificateOperation", "UpdateCertificateOperation",
 * "DeleteCertificateOperation"). The caller frees *operation. */
bool akv_cert_get_operation(struct akv_client *client, const struct akv_id *id,
                            struct akv_json **operation, struct akv_error *err);
struct akv_call *akv_cert_get_operation_start(struct akv_client *client,
                                              const struct akv_id *id,
                                              akv_done_fn *done, void *arg,
                                              struct akv_error *err);
bool akv_cert_get_operation_result(struct akv_call *call,
                                   struct akv_json **operation,
                                   struct akv_error *err);
bool akv_cert_cancel_operation(struct akv_client *client,
                               const struct akv_id *id,
                               struct akv_json **operation,
                               struct akv_error *err);
struct akv_call *akv_cert_cancel_operation_start(struct akv_client *client,
                                                 const struct akv_id *id,
                                                 akv_done_fn *done, void *arg,
                                                 struct akv_error *err);
bool akv_cert_cancel_operation_result(struct akv_call *call,
                                      struct akv_json **operation,
                                      struct akv_error *err);
bool akv_cert_delete_operation(struct akv_client *client,
                               const struct akv_id *id,
                               struct akv_json **operation,
                               struct akv_error *err);
struct akv_call *akv_cert_delete_operation_start(struct akv_client *client,
                                                 const struct akv_id *id,
                                                 akv_done_fn *done, void *arg,
                                                 struct akv_error *err);
bool akv_cert_delete_operation_result(struct akv_call *call,
                                      struct akv_json **operation,
                                      struct akv_error *err);

/* POST /certificates/NAME/pending/merge ("MergeCertificate", permission
 * certificates/create): certificates in PEM, the leaf first, signed elsewhere
 * for the operation's request. AKV_E_INVALID: there is none in the text. */
bool akv_cert_merge(struct akv_client *client, const struct akv_id *id,
                    const char *pem, const struct akv_cert_options *options,
                    struct akv_cert *cert, struct akv_error *err);
struct akv_call *akv_cert_merge_start(struct akv_client *client,
                                      const struct akv_id *id, const char *pem,
                                      const struct akv_cert_options *options,
                                      akv_done_fn *done, void *arg,
                                      struct akv_error *err);
bool akv_cert_merge_result(struct akv_call *call, struct akv_cert *cert,
                           struct akv_error *err);

/*
 * POST /certificates/NAME/import ("ImportCertificate", permission
 * certificates/import): a PFX file's bytes, or PEM with a private key in
 * PKCS#8 form and certificates. password, policy (JSON) and options may be
 * NULL; the content type follows from the data. The bytes and the password
 * are wiped from our memory afterwards, except where the caller has them.
 */
bool akv_cert_import(struct akv_client *client, const struct akv_id *id,
                     const void *data, size_t len, const char *password,
                     const char *policy, const struct akv_cert_options *options,
                     struct akv_cert *cert, struct akv_error *err);
struct akv_call *akv_cert_import_start(struct akv_client *client,
                                       const struct akv_id *id,
                                       const void *data, size_t len,
                                       const char *password, const char *policy,
                                       const struct akv_cert_options *options,
                                       akv_done_fn *done, void *arg,
                                       struct akv_error *err);
bool akv_cert_import_result(struct akv_call *call, struct akv_cert *cert,
                            struct akv_error *err);

/* GET and PATCH /certificates/NAME/policy. The caller frees *result. */
bool akv_cert_get_policy(struct akv_client *client, const struct akv_id *id,
                         struct akv_json **result, struct akv_error *err);
struct akv_call *akv_cert_get_policy_start(struct akv_client *client,
                                           const struct akv_id *id,
                                           akv_done_fn *done, void *arg,
                                           struct akv_error *err);
bool akv_cert_get_policy_result(struct akv_call *call, struct akv_json **result,
                                struct akv_error *err);
bool akv_cert_set_policy(struct akv_client *client, const struct akv_id *id,
                         const char *policy, struct akv_json **result,
                         struct akv_error *err);
struct akv_call *akv_cert_set_policy_start(struct akv_client *client,
                                           const struct akv_id *id,
                                           const char *policy,
                                           akv_done_fn *done, void *arg,
                                           struct akv_error *err);
bool akv_cert_set_policy_result(struct akv_call *call, struct akv_json **result,
                                struct akv_error *err);

#ifdef __cplusplus
}
#endif

#endif
