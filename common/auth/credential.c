/* SPDX-License-Identifier: Apache-2.0 */

/*
 * For a client a principal becomes settings: a copy of the client's, with who
 * asks replaced, from which the usual sources (cred_secret.c, cred_cert.c)
 * work. A function, or a token, stays here and is borrowed. Nothing but the
 * token may be changed while clients have the credential: that is what the lock
 * is for.
 */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auth/cred_factory.h"
#include "auth/credential_impl.h"
#include "base/settings_impl.h"

#define CERTIFICATE_MAX 65536

struct akv_credential {
    akv_credential_fn *fn; /* NULL: a principal, or none yet */
    void *arg;             /* borrowed */
    /* of a principal; owned */
    char *tenant_id, *client_id;
    char *secret;               /* or */
    struct akv_buf certificate; /* PEM or PKCS#12 */
    char *password;
    pthread_mutex_t lock; /* guards what follows */
    char *token;          /* owned; where fn is give_token */
    int64_t expires_on;
};

struct akv_credential *akv_credential_new(akv_credential_fn *fn, void *arg)
{
    struct akv_credential *credential = calloc(1, sizeof(*credential));

    if (credential == NULL
        || pthread_mutex_init(&credential->lock, NULL) != 0) {
        free(credential);
        return NULL;
    }
    credential->fn = fn;
    credential->arg = arg;
    akv_buf_init(&credential->certificate, CERTIFICATE_MAX);
    return credential;
}

void akv_credential_free(struct akv_credential *credential)
{
    if (credential == NULL)
        return;
    free(credential->tenant_id);
    free(credential->client_id);
    akv_wipe_free(credential->secret);
    akv_buf_free(&credential->certificate);
    akv_wipe_free(credential->password);
    akv_wipe_free(credential->token);
    (void)pthread_mutex_destroy(&credential->lock);
    free(credential);
}

static bool credential_no_memory(struct akv_error *err)
{
    return akv_error_set(err, AKV_E_MEMORY, "no memory for a credential");
}

static bool has_source(const struct akv_credential *credential)
{
    return credential->fn != NULL || credential->tenant_id != NULL;
}

static bool set_principal(struct akv_credential *credential,
                          const char *tenant_id, const char *client_id,
                          struct akv_error *err)
{
    if (has_source(credential))
        return akv_error_set(err, AKV_E_INVALID,
                             "the credential has a source of tokens already");
    credential->tenant_id = strdup(tenant_id);
    credential->client_id = strdup(client_id);
    return (credential->tenant_id != NULL && credential->client_id != NULL)
           || credential_no_memory(err);
}

bool akv_credential_set_secret(struct akv_credential *credential,
                               const char *tenant_id, const char *client_id,
                               const char *secret, struct akv_error *err)
{
    if (!set_principal(credential, tenant_id, client_id, err))
        return false;
    credential->secret = strdup(secret);
    return credential->secret != NULL || credential_no_memory(err);
}

bool akv_credential_set_certificate(struct akv_credential *credential,
                                    const char *tenant_id,
                                    const char *client_id, const void *data,
                                    size_t len, const char *password,
                                    struct akv_error *err)
{
    if (len == 0 || len > CERTIFICATE_MAX)
        return akv_error_set(err, AKV_E_INVALID,
                             "a certificate of %zu bytes: 1 to %d are expected",
                             len, CERTIFICATE_MAX);
    if (!set_principal(credential, tenant_id, client_id, err))
        return false;
    if (password != NULL)
        credential->password = strdup(password);
    return ((password == NULL || credential->password != NULL)
            && akv_buf_append(&credential->certificate, data, len))
           || credential_no_memory(err);
}

/* The function of a credential that has a token. */
static void give_token(void *arg, const struct akv_credential_request *request,
                       struct akv_credential_answer *answer)
{
    struct akv_credential *credential = arg;

    (void)request; /* the giver has chosen tenant and resource */
    (void)pthread_mutex_lock(&credential->lock);
    akv_credential_give(answer, credential->token, credential->expires_on);
    (void)pthread_mutex_unlock(&credential->lock);
}

bool akv_credential_set_token(struct akv_credential *credential,
                              const char *token, int64_t expires_on,
                              struct akv_error *err)
{
    char *copy, *former;

    if (has_source(credential) && credential->fn != give_token)
        return akv_error_set(err, AKV_E_INVALID,
                             "the credential has a source of tokens already");
    copy = strdup(token);
    if (copy == NULL)
        return credential_no_memory(err);
    if (credential->fn == NULL) { /* so no client has it, nor reads that */
        credential->fn = give_token;
        credential->arg = credential;
    }
    (void)pthread_mutex_lock(&credential->lock);
    former = credential->token;
    credential->token = copy;
    credential->expires_on = expires_on;
    (void)pthread_mutex_unlock(&credential->lock);
    akv_wipe_free(former);
    return true;
}

/* What the settings say of who asks does not count any more. */
static bool credential_replace(char **text, const char *value)
{
    akv_wipe_free(*text);
    *text = value != NULL ? strdup(value) : NULL;
    return value == NULL || *text != NULL;
}

static bool credential_bind(struct akv_credential_bound *bound,
                            const struct akv_credential *credential)
{
    struct akv_settings *settings = &bound->settings;
    const struct akv_buf *certificate = &credential->certificate;

    settings->credential = credential->fn != NULL ? AKV_CREDENTIAL_TOKEN
                                                  : AKV_CREDENTIAL_ENVIRONMENT;
    return credential_replace(&settings->access_token, NULL)
           && credential_replace(&settings->access_token_file, NULL)
           && credential_replace(&settings->tenant_id, credential->tenant_id)
           && credential_replace(&settings->client_id, credential->client_id)
           && credential_replace(&settings->client_secret, credential->secret)
           && credential_replace(&settings->client_secret_file, NULL)
           && credential_replace(&settings->client_certificate,
                                 certificate->len > 0 ? "(of the program)"
                                                      : NULL)
           && credential_replace(&settings->client_certificate_password,
                                 credential->password)
           && credential_replace(&settings->client_certificate_password_file,
                                 NULL)
           && akv_buf_append(&bound->files.client_certificate,
                             akv_buf_str(certificate), certificate->len);
}

void akv_credential_unbind(struct akv_credential_bound *bound)
{
    if (bound == NULL)
        return;
    akv_settings_clear(&bound->settings);
    akv_buf_free(&bound->files.client_certificate);
    free(bound);
}

struct akv_credential_bound *
akv_credential_bind(const struct akv_credential *credential,
                    const struct akv_settings *settings, struct akv_error *err)
{
    struct akv_credential_bound *bound;

    if (!has_source(credential)) {
        (void)akv_error_set(err, AKV_E_INVALID,
                            "the credential has no source of tokens");
        return NULL;
    }
    bound = calloc(1, sizeof(*bound));
    if (bound == NULL || !akv_settings_dup(&bound->settings, settings)) {
        free(bound);
        (void)credential_no_memory(err);
        return NULL;
    }
    akv_buf_init(&bound->files.client_certificate, CERTIFICATE_MAX);
    if (credential->fn != NULL)
        bound->credential = credential;
    if (credential_bind(bound, credential))
        return bound;
    akv_credential_unbind(bound);
    (void)credential_no_memory(err);
    return NULL;
}

struct akv_cred *akv_credential_open(const struct akv_credential_bound *bound,
                                     struct akv_io *io, struct akv_loop *loop,
                                     struct akv_error *err)
{
    const struct akv_cred_world world = { io, &bound->settings, &bound->files,
                                          false };
    const struct akv_credential *credential = bound->credential;

    if (credential != NULL)
        return akv_cred_given_new(io, loop, credential->fn, credential->arg,
                                  err);
    return akv_cred_new_kind(AKV_CREDENTIAL_ENVIRONMENT, &world, err);
}
