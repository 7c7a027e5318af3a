/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "b64.h"
#include "identity.h"
#include "jsonx.h"
#include "jwk.h"
#include "ossl.h"
#include "release_policy.h"
#include "route.h"
#include "state_dir.h"
#include "xmem.h"

/* An attestation service; all owned. */
struct authority {
    char *issuer;
    EVP_PKEY *key;
};

struct emu_identity {
    char tenant[64];
    char **others; /* owned: more tenants */
    size_t nothers;
    char kid[33];
    unsigned char backup_key[32];
    char *header; /* owned: the secret of App Service and Arc */
    struct emu_principal *
        *principal; /* owned; fixed once requests are served */
    size_t nprincipals;
    struct authority *authority; /* owned */
    size_t nauthorities;
    pthread_mutex_t lock; /* guards key */
    EVP_PKEY *key;        /* owned; NULL until it is needed */
};

/* As the portal makes them today, 40 characters: three, a digit, "Q~" and the
 * rest, all of them such as need no escape in a form. */
static char *make_secret(void)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~.";
    unsigned char raw[40];
    char text[sizeof(raw) + 1];

    emu_random(raw, sizeof(raw));
    for (size_t i = 0; i < sizeof(raw); i++)
        text[i] = alphabet[raw[i] % (sizeof(alphabet) - 1)];
    text[3] = (char)('0' + raw[3] % 10);
    memcpy(text + 4, "Q~", 2);
    text[sizeof(raw)] = '\0';
    return emu_xstrdup(text);
}

struct emu_identity *emu_identity_new(void)
{
    struct emu_identity *identity = emu_xcalloc(1, sizeof(*identity));
    struct emu_principal *principal;
    char client_id[37];
    char *secret = make_secret();

    pthread_mutex_init(&identity->lock, NULL);
    emu_uuid(identity->tenant);
    emu_hex_id(identity->kid);
    emu_random(identity->backup_key, sizeof(identity->backup_key));
    emu_uuid(client_id);
    principal = emu_identity_add(identity, client_id, secret);
    principal->all = true;
    identity->header = make_secret();
    free(secret);
    return identity;
}

static void principal_free(struct emu_principal *principal)
{
    free(principal->client_id);
    free(principal->secret);
    free(principal->resource_id);
    X509_free(principal->cert);
    free(principal->federation.issuer);
    free(principal->federation.subject);
    free(principal->federation.audience);
    EVP_PKEY_free(principal->federation.key);
    free(principal->allowed);
    free(principal);
}

void emu_identity_free(struct emu_identity *identity)
{
    if (identity == NULL)
        return;
    for (size_t i = 0; i < identity->nprincipals; i++) {
        principal_free(identity->principal[i]);
    }
    for (size_t i = 0; i < identity->nothers; i++)
        free(identity->others[i]);
    for (size_t i = 0; i < identity->nauthorities; i++) {
        free(identity->authority[i].issuer);
        EVP_PKEY_free(identity->authority[i].key);
    }
    free(identity->authority);
    free(identity->others);
    free(identity->header);
    free(identity->principal);
    EVP_PKEY_free(identity->key);
    pthread_mutex_destroy(&identity->lock);
    free(identity);
}

const char *emu_identity_tenant(const struct emu_identity *identity)
{
    return identity->tenant;
}

void emu_identity_set_tenant(struct emu_identity *identity, const char *tenant)
{
    snprintf(identity->tenant, sizeof(identity->tenant), "%s", tenant);
}

void emu_identity_add_tenant(struct emu_identity *identity, const char *tenant)
{
    identity->others = emu_xrealloc(identity->others, identity->nothers + 1,
                                    sizeof(*identity->others));
    identity->others[identity->nothers++] = emu_xstrdup(tenant);
}

bool emu_identity_has_tenant(const struct emu_identity *identity,
                             const char *tenant)
{
    if (strcasecmp(identity->tenant, tenant) == 0)
        return true;
    for (size_t i = 0; i < identity->nothers; i++)
        if (strcasecmp(identity->others[i], tenant) == 0)
            return true;
    return false;
}

void emu_identity_add_authority(struct emu_identity *identity,
                                const char *issuer, EVP_PKEY *key)
{
    identity->authority =
        emu_xrealloc(identity->authority, identity->nauthorities + 1,
                     sizeof(*identity->authority));
    identity->authority[identity->nauthorities++] =
        (struct authority){ emu_xstrdup(issuer), key };
}

EVP_PKEY *emu_identity_authority(const struct emu_identity *identity,
                                 const char *issuer)
{
    for (size_t i = 0; i < identity->nauthorities; i++)
        if (emu_same_authority(identity->authority[i].issuer, issuer))
            return identity->authority[i].key;
    return NULL;
}

const char *emu_identity_kid(const struct emu_identity *identity)
{
    return identity->kid;
}

const char *emu_identity_header(const struct emu_identity *identity)
{
    return identity->header;
}

const unsigned char *
emu_identity_backup_key(const struct emu_identity *identity)
{
    return identity->backup_key;
}

struct emu_principal *emu_identity_add(struct emu_identity *identity,
                                       const char *client_id,
                                       const char *secret)
{
    struct emu_principal *principal = emu_xcalloc(1, sizeof(*principal));

    principal->client_id = emu_xstrdup(client_id);
    principal->secret = secret == NULL ? NULL : emu_xstrdup(secret);
    principal->allowed = emu_xcalloc(emu_operation_count(), sizeof(bool));
    emu_uuid(principal->object_id);
    identity->principal = emu_xrealloc(
        identity->principal, identity->nprincipals + 1, sizeof(principal));
    identity->principal[identity->nprincipals++] = principal;
    return principal;
}

void emu_principal_allow(struct emu_principal *principal,
                         const struct emu_operation *op)
{
    principal->allowed[emu_operation_index(op)] = true;
}

const struct emu_principal *
emu_identity_default(const struct emu_identity *identity)
{
    return identity->principal[0];
}

const struct emu_principal *
emu_identity_find(const struct emu_identity *identity, const char *client_id)
{
    for (size_t i = 0; i < identity->nprincipals; i++)
        if (strcasecmp(identity->principal[i]->client_id, client_id) == 0)
            return identity->principal[i];
    return NULL;
}

const struct emu_principal *
emu_identity_find_any(const struct emu_identity *identity, const char *id)
{
    for (size_t i = 0; i < identity->nprincipals; i++) {
        const struct emu_principal *p = identity->principal[i];

        if (strcasecmp(p->client_id, id) == 0
            || strcasecmp(p->object_id, id) == 0
            || (p->resource_id != NULL && strcasecmp(p->resource_id, id) == 0))
            return p;
    }
    return NULL;
}

bool emu_principal_may(const struct emu_principal *principal,
                       const struct emu_operation *op)
{
    return principal->all || op == NULL
           || principal->allowed[emu_operation_index(op)];
}

/* Lazily: making it takes a tenth of a second that --auth off never needs. */
EVP_PKEY *emu_identity_key(struct emu_identity *identity)
{
    EVP_PKEY *key;

    pthread_mutex_lock(&identity->lock);
    if (identity->key == NULL)
        identity->key =
            EVP_PKEY_Q_keygen(emu_libctx(), NULL, "RSA", (size_t)2048);
    key = identity->key;
    pthread_mutex_unlock(&identity->lock);
    return key;
}

static void load_text(struct json_object *json, const char *name, char **out)
{
    const char *text = emu_json_str(json, name);

    if (text == NULL)
        return;
    free(*out);
    *out = emu_xstrdup(text);
}

static bool load(struct emu_identity *identity, struct json_object *json)
{
    struct emu_principal *client = identity->principal[0];
    const char *tenant = emu_json_str(json, "tenant");
    const char *kid = emu_json_str(json, "kid");
    const char *object_id = emu_json_str(json, "object_id");
    const char *pem = emu_json_str(json, "token_key");
    const char *backup = emu_json_str(json, "backup_key");
    struct emu_material *mat = NULL;
    unsigned char *raw = NULL;
    size_t len = 0;
    bool ok;

    if (pem != NULL)
        mat = emu_material_from_pem(pem, false);
    ok = mat != NULL && tenant != NULL && kid != NULL && object_id != NULL
         && backup != NULL && emu_b64url_decode(backup, &raw, &len)
         && len == sizeof(identity->backup_key);
    if (ok) {
        snprintf(identity->tenant, sizeof(identity->tenant), "%s", tenant);
        snprintf(identity->kid, sizeof(identity->kid), "%s", kid);
        snprintf(client->object_id, sizeof(client->object_id), "%s", object_id);
        memcpy(identity->backup_key, raw, len);
        EVP_PKEY_up_ref(mat->pkey);
        identity->key = mat->pkey;
        load_text(json, "client_id", &client->client_id);
        load_text(json, "client_secret", &client->secret);
        load_text(json, "header", &identity->header);
    }
    free(raw);
    emu_material_free(mat);
    return ok;
}

static struct json_object *to_json(struct emu_identity *identity)
{
    const struct emu_principal *client = identity->principal[0];
    struct json_object *json = json_object_new_object();
    EVP_PKEY *key = emu_identity_key(identity);
    struct emu_material *mat;
    char *backup =
        emu_b64url_encode(identity->backup_key, sizeof(identity->backup_key));
    char *pem;

    EVP_PKEY_up_ref(key);
    mat = emu_material_new(key, false);
    pem = emu_material_export(mat);
    emu_json_add_str(json, "tenant", identity->tenant);
    emu_json_add_str(json, "kid", identity->kid);
    emu_json_add_str(json, "client_id", client->client_id);
    emu_json_add_str(json, "client_secret", client->secret);
    emu_json_add_str(json, "object_id", client->object_id);
    emu_json_add_str(json, "header", identity->header);
    emu_json_add_str(json, "backup_key", backup);
    emu_json_add_str(json, "token_key", pem);
    emu_material_free(mat);
    free(backup);
    free(pem);
    return json;
}

bool emu_identity_use_dir(struct emu_identity *identity, const char *dir)
{
    struct json_object *json = emu_state_read(dir, "identity.json");
    bool ok;

    if (json != NULL) {
        ok = load(identity, json);
        if (!ok)
            fprintf(stderr,
                    "akv-emulator: --dir: %s/identity.json cannot be used\n",
                    dir);
    } else {
        json = to_json(identity);
        ok = emu_state_write(dir, "identity.json", json);
    }
    json_object_put(json);
    return ok;
}
