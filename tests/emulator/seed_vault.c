/* SPDX-License-Identifier: Apache-2.0 */

/* Vaults, tenants, principals and authorities of the seed file. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "jsonx.h"
#include "ossl.h"
#include "route.h"
#include "seed_impl.h"
#include "xmem.h"

static bool read_traits(const struct seed *seed, struct json_object *obj,
                        struct emu_vault_traits *traits)
{
    struct json_object *days = emu_json_get(obj, "recoverable_days");
    const char *tenant = NULL;
    int64_t n = traits->recoverable_days;

    if (days != NULL && (!emu_json_int(days, &n) || n < 7 || n > 90))
        return emu_seed_bad(seed, "recoverable_days",
                            "want a number from 7 to 90");
    traits->recoverable_days = (int)n;
    if (!emu_seed_get_string(seed, obj, "tenant", &tenant))
        return false;
    if (tenant != NULL)
        traits->tenant = emu_xstrdup(tenant);
    return emu_seed_get_flag(seed, obj, "hsm", &traits->hsm)
           && emu_seed_get_flag(seed, obj, "soft_delete", &traits->soft_delete)
           && emu_seed_get_flag(seed, obj, "purge_protection",
                                &traits->purge_protected);
}

/* A name, or an object that says more. */
bool emu_seed_vault(struct seed *seed, struct json_object *obj)
{
    static const char *const members[] = {
        "name",   "recoverable_days", "soft_delete",
        "tenant", "purge_protection", "hsm",
        NULL
    };
    bool is_object = json_object_is_type(obj, json_type_object);
    const char *name = json_object_is_type(obj, json_type_string)
                           ? json_object_get_string(obj)
                           : emu_json_str(obj, "name");

    if (is_object && !emu_seed_check_members(seed, obj, members))
        return false;
    if (name == NULL || !emu_store_add_vault(seed->store, name))
        return emu_seed_bad(
            seed, "", "want a name of 3 to 24 letters, digits and hyphens");
    return !is_object
           || read_traits(seed, obj, emu_store_traits(seed->store, name));
}

static bool read_operation(const struct seed *seed, struct json_object *item,
                           struct emu_principal *principal)
{
    const struct emu_operation *op;
    const char *name;

    if (!json_object_is_type(item, json_type_string))
        return emu_seed_bad(seed, "operations", "want strings");
    name = json_object_get_string(item);
    op = emu_operation_by_name(name);
    if (strcmp(name, "*") == 0)
        principal->all = true;
    else if (op == NULL)
        return emu_seed_bad(seed, "operations", "there is no operation '%s'",
                            name);
    else
        emu_principal_allow(principal, op);
    return true;
}

/* A member that is PEM, or with "_file" behind its name a file of it. */
static bool get_pem(const struct seed *seed, struct json_object *obj,
                    const char *name, struct emu_buf *out)
{
    char file_name[64];
    const char *text = NULL;
    const char *file = NULL;

    snprintf(file_name, sizeof(file_name), "%s_file", name);
    if (!emu_seed_get_string(seed, obj, name, &text)
        || !emu_seed_get_string(seed, obj, file_name, &file))
        return false;
    if (text != NULL)
        emu_buf_addstr(out, text);
    return file == NULL || emu_seed_read_beside(seed, file_name, file, out);
}

static bool read_cert(const struct seed *seed, struct json_object *obj,
                      struct emu_principal *principal)
{
    struct emu_buf pem = EMU_BUF_INIT;
    BIO *bio = NULL;
    bool ok = get_pem(seed, obj, "certificate", &pem);

    if (ok && pem.len > 0) {
        bio = BIO_new_mem_buf(pem.data, (int)pem.len);
        principal->cert = PEM_read_bio_X509(bio, NULL, emu_no_passphrase, NULL);
        ok = principal->cert != NULL
             || emu_seed_bad(seed, "certificate", "no certificate in PEM");
    }
    BIO_free(bio);
    ERR_clear_error();
    emu_buf_free(&pem);
    return ok;
}

/* `key` or `key_file`; NULL if there is none, or the message has been given. */
static EVP_PKEY *read_public_key(const struct seed *seed,
                                 struct json_object *obj)
{
    struct emu_buf pem = EMU_BUF_INIT;
    EVP_PKEY *key = NULL;

    if (get_pem(seed, obj, "key", &pem) && pem.len > 0) {
        BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);

        key = PEM_read_bio_PUBKEY_ex(bio, NULL, emu_no_passphrase, NULL,
                                     emu_libctx(), NULL);
        BIO_free(bio);
        ERR_clear_error();
    }
    emu_buf_free(&pem);
    return key;
}

static bool read_federation(const struct seed *seed, struct json_object *obj,
                            struct emu_federation *f)
{
    static const char *const members[] = { "issuer", "subject",  "audience",
                                           "key",    "key_file", NULL };
    const char *issuer = NULL;
    const char *subject = NULL;
    const char *audience = "api://AzureADTokenExchange";
    bool ok;

    if (obj == NULL)
        return true;
    ok = emu_seed_check_members(seed, obj, members)
         && emu_seed_get_string(seed, obj, "issuer", &issuer)
         && emu_seed_get_string(seed, obj, "subject", &subject)
         && emu_seed_get_string(seed, obj, "audience", &audience);
    if (ok && issuer != NULL && subject != NULL)
        f->key = read_public_key(seed, obj);
    if (ok && f->key == NULL)
        ok = emu_seed_bad(seed, "federated",
                          "want issuer, subject and a public key in PEM");
    if (ok) {
        f->issuer = emu_xstrdup(issuer);
        f->subject = emu_xstrdup(subject);
        f->audience = emu_xstrdup(audience);
    }
    return ok;
}

static bool read_ids(const struct seed *seed, struct json_object *obj,
                     struct emu_principal *principal)
{
    const char *object_id = NULL;
    const char *resource_id = NULL;

    if (!emu_seed_get_string(seed, obj, "object_id", &object_id)
        || !emu_seed_get_string(seed, obj, "resource_id", &resource_id))
        return false;
    if (object_id != NULL)
        snprintf(principal->object_id, sizeof(principal->object_id), "%s",
                 object_id);
    if (resource_id != NULL)
        principal->resource_id = emu_xstrdup(resource_id);
    return true;
}

bool emu_seed_principal(struct seed *seed, struct json_object *obj)
{
    static const char *const members[] = {
        "client_id",        "client_secret", "operations",
        "object_id",        "resource_id",   "certificate",
        "certificate_file", "federated",     NULL
    };
    struct json_object *ops = emu_json_get(obj, "operations");
    struct emu_principal *principal;
    const char *client_id = NULL;
    const char *secret = NULL;

    if (!emu_seed_check_members(seed, obj, members)
        || !emu_seed_get_string(seed, obj, "client_id", &client_id)
        || !emu_seed_get_string(seed, obj, "client_secret", &secret))
        return false;
    if (client_id == NULL || *client_id == '\0')
        return emu_seed_bad(seed, "client_id", "missing");
    if (emu_identity_find(seed->identity, client_id) != NULL)
        return emu_seed_bad(seed, "client_id", "'%s' is there already",
                            client_id);
    if (secret != NULL && *secret == '\0')
        return emu_seed_bad(seed, "client_secret", "empty");
    if (!json_object_is_type(ops, json_type_array))
        return emu_seed_bad(seed, "operations", "want a list of operations");
    principal = emu_identity_add(seed->identity, client_id, secret);
    for (size_t i = 0; i < json_object_array_length(ops); i++)
        if (!read_operation(seed, json_object_array_get_idx(ops, i), principal))
            return false;
    return read_ids(seed, obj, principal) && read_cert(seed, obj, principal)
           && read_federation(seed, emu_json_get(obj, "federated"),
                              &principal->federation);
}

bool emu_seed_authority(struct seed *seed, struct json_object *obj)
{
    static const char *const members[] = { "issuer", "key", "key_file", NULL };
    const char *issuer = NULL;
    EVP_PKEY *key = NULL;

    if (!emu_seed_check_members(seed, obj, members)
        || !emu_seed_get_string(seed, obj, "issuer", &issuer))
        return false;
    if (issuer != NULL)
        key = read_public_key(seed, obj);
    if (key == NULL)
        return emu_seed_bad(seed, "", "want issuer and a public key in PEM");
    emu_identity_add_authority(seed->identity, issuer, key);
    return true;
}

/* The first is the tenant of the emulator. */
bool emu_seed_tenant(struct seed *seed, struct json_object *obj)
{
    const char *name = json_object_is_type(obj, json_type_string)
                           ? json_object_get_string(obj)
                           : "";

    if (*name == '\0' || strlen(name) > 63
        || name[strspn(name, "0123456789abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-")]
               != '\0')
        return emu_seed_bad(seed, "", "want the id or the name of a tenant");
    if (strcmp(seed->where, "tenants[0]") == 0)
        emu_identity_set_tenant(seed->identity, name);
    else
        emu_identity_add_tenant(seed->identity, name);
    return true;
}
