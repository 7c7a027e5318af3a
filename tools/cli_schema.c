/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The documents of the REST interface: CertificatePolicy, issuers, Contacts and
 * KeyRotationPolicy. Names are checked here, values by the service.
 */

#include "cli_schema.h"

#include <stdio.h>
#include <string.h>

#include "base/near.h"

#define JSON_MAX 65536

static const struct cli_member attributes[] = {
    { "enabled", NULL, NULL },         { "created", NULL, NULL },
    { "updated", NULL, NULL },         { "exp", "expires", NULL },
    { "nbf", "notBefore", NULL },      { "recoveryLevel", NULL, NULL },
    { "recoverableDays", NULL, NULL }, { NULL, NULL, NULL },
};

static const struct cli_member key_props[] = {
    { "exportable", NULL, NULL },    { "kty", "keyType", NULL },
    { "key_size", "keySize", NULL }, { "reuse_key", "reuseKey", NULL },
    { "crv", "curve", NULL },        { NULL, NULL, NULL },
};

static const struct cli_member secret_props[] = {
    { "contentType", NULL, NULL },
    { NULL, NULL, NULL },
};

static const struct cli_member sans[] = {
    { "emails", NULL, NULL },      { "dns_names", "dnsNames", NULL },
    { "upns", NULL, NULL },        { "uris", NULL, NULL },
    { "ipAddresses", NULL, NULL }, { NULL, NULL, NULL },
};

static const struct cli_member constraints[] = {
    { "ca", NULL, NULL },
    { "path_len_constraint", NULL, NULL },
    { NULL, NULL, NULL },
};

static const struct cli_member x509_props[] = {
    { "subject", NULL, NULL },
    { "sans", "subjectAlternativeNames", sans },
    { "ekus", NULL, NULL },
    { "key_usage", "keyUsage", NULL },
    { "validity_months", "validityInMonths", NULL },
    { "basic_constraints", "basicConstraints", constraints },
    { NULL, NULL, NULL },
};

static const struct cli_member cert_trigger[] = {
    { "lifetime_percentage", "lifetimePercentage", NULL },
    { "days_before_expiry", "daysBeforeExpiry", NULL },
    { NULL, NULL, NULL },
};

static const struct cli_member cert_action[] = {
    { "action_type", "actionType", NULL },
    { NULL, NULL, NULL },
};

static const struct cli_member cert_actions[] = {
    { "trigger", NULL, cert_trigger },
    { "action", NULL, cert_action },
    { NULL, NULL, NULL },
};

static const struct cli_member issuer_parameters[] = {
    { "name", NULL, NULL },
    { "cty", "certificateType", NULL },
    { "cert_transparency", "certificateTransparency", NULL },
    { NULL, NULL, NULL },
};

const struct cli_member cli_policy_members[] = {
    { "id", NULL, NULL },
    { "key_props", "keyProperties", key_props },
    { "secret_props", "secretProperties", secret_props },
    { "x509_props", "x509CertificateProperties", x509_props },
    { "lifetime_actions", "lifetimeActions", cert_actions },
    { "issuer", "issuerParameters", issuer_parameters },
    { "attributes", NULL, attributes },
    { NULL, NULL, NULL },
};

static const struct cli_member credentials[] = {
    { "account_id", "accountId", NULL },
    { "pwd", "password", NULL },
    { NULL, NULL, NULL },
};

static const struct cli_member admins[] = {
    { "first_name", "firstName", NULL },
    { "last_name", "lastName", NULL },
    { "email", "emailAddress", NULL },
    { "phone", NULL, NULL },
    { NULL, NULL, NULL },
};

static const struct cli_member organization[] = {
    { "id", NULL, NULL },
    { "zip", NULL, NULL },
    { "admin_details", "adminDetails", admins },
    { NULL, NULL, NULL },
};

const struct cli_member cli_issuer_members[] = {
    { "id", NULL, NULL },
    { "provider", NULL, NULL },
    { "credentials", NULL, credentials },
    { "org_details", "organizationDetails", organization },
    { "attributes", NULL, attributes },
    { NULL, NULL, NULL },
};

static const struct cli_member contact[] = {
    { "email", "emailAddress", NULL },
    { "name", NULL, NULL },
    { "phone", NULL, NULL },
    { NULL, NULL, NULL },
};

const struct cli_member cli_contacts_members[] = {
    { "id", NULL, NULL },
    { "contacts", "contactList", contact },
    { NULL, NULL, NULL },
};

static const struct cli_member key_trigger[] = {
    { "timeAfterCreate", NULL, NULL },
    { "timeBeforeExpiry", NULL, NULL },
    { NULL, NULL, NULL },
};

static const struct cli_member key_action[] = {
    { "type", NULL, NULL },
    { NULL, NULL, NULL },
};

static const struct cli_member key_actions[] = {
    { "trigger", NULL, key_trigger },
    { "action", NULL, key_action },
    { NULL, NULL, NULL },
};

static const struct cli_member rotation_attributes[] = {
    { "expiryTime", NULL, NULL },
    { "created", NULL, NULL },
    { "updated", NULL, NULL },
    { NULL, NULL, NULL },
};

const struct cli_member cli_rotation_members[] = {
    { "id", NULL, NULL },
    { "lifetimeActions", NULL, key_actions },
    { "attributes", NULL, rotation_attributes },
    { NULL, NULL, NULL },
};

/* One object on its way from what was read to what is sent. */
struct walk {
    struct cli *cli;
    const char *what;
    const char *path; /* "key_props.", or "" */
    const struct cli_member *members;
    struct akv_json *to; /* the copy of it */
};

static bool copy_object(const struct walk *walk, const struct akv_json *from);

static bool cli_schema_no_memory(struct cli *cli)
{
    return akv_error_set(&cli->err, AKV_E_MEMORY, "no memory for a document");
}

static bool cli_schema_refuse(const struct walk *walk, const char *name)
{
    const struct cli_member *member = walk->members;

    while (member->name != NULL && !akv_is_near(member->name, name)
           && (member->other == NULL || !akv_is_near(member->other, name)))
        member++;
    return akv_error_set(&walk->cli->err, AKV_E_INVALID,
                         "the %s has a member '%s%.80s', which there is "
                         "not%s%s%s",
                         walk->what, walk->path, name,
                         member->name != NULL ? "; is " : "",
                         member->name != NULL ? member->name : "",
                         member->name != NULL ? " meant?" : "");
}

/* Each in an array, if it is an object, has the inner members. */
static bool copy_array(const struct walk *walk, const struct akv_json *from,
                       struct akv_json *to)
{
    bool ok = to != NULL || cli_schema_no_memory(walk->cli);
    size_t i;

    for (i = 0; ok && i < akv_json_length(from); i++) {
        const struct akv_json *item = akv_json_at(from, i);
        struct walk inner = *walk;

        if (akv_json_is_object(item)) {
            inner.to = akv_json_add_object(to, NULL);
            ok = copy_object(&inner, item);
        } else {
            ok = akv_json_add_copy(to, NULL, item)
                 || cli_schema_no_memory(walk->cli);
        }
    }
    return ok;
}

static bool cli_schema_copy_member(void *arg, const char *name,
                                   const struct akv_json *value)
{
    const struct walk *walk = arg;
    const struct cli_member *member = walk->members;
    struct walk inner = *walk;
    char path[120];

    while (member->name != NULL && strcmp(member->name, name) != 0
           && (member->other == NULL || strcmp(member->other, name) != 0))
        member++;
    if (member->name == NULL)
        return cli_schema_refuse(walk, name);
    if (value == NULL || member->inner == NULL)
        return value == NULL || akv_json_add_copy(walk->to, member->name, value)
               || cli_schema_no_memory(walk->cli);
    (void)snprintf(path, sizeof(path), "%s%s.", walk->path, member->name);
    inner.path = path;
    inner.members = member->inner;
    if (akv_json_is_array(value))
        return copy_array(&inner, value,
                          akv_json_add_array(walk->to, member->name));
    if (!akv_json_is_object(value))
        return akv_error_set(&walk->cli->err, AKV_E_INVALID,
                             "'%s%s' of the %s is no object", walk->path,
                             member->name, walk->what);
    inner.to = akv_json_add_object(walk->to, member->name);
    return copy_object(&inner, value);
}

static bool copy_object(const struct walk *walk, const struct akv_json *from)
{
    struct walk copy = *walk;

    return walk->to != NULL ? akv_json_each(from, cli_schema_copy_member, &copy)
                            : cli_schema_no_memory(walk->cli);
}

bool cli_read_document(struct cli *cli, const char *file, const char *what,
                       const struct cli_member *members, struct akv_buf *out)
{
    struct akv_buf text = AKV_BUF_INIT(JSON_MAX);
    struct akv_json *from = NULL;
    struct walk walk = { cli, what, "", members, akv_json_new_object() };
    bool ok = cli_read(cli, file, &text)
              && akv_json_check(what, akv_buf_str(&text), &cli->err);

    if (ok)
        from = akv_json_parse(akv_buf_str(&text), text.len, &cli->err);
    ok = ok && from != NULL && copy_object(&walk, from)
         && (akv_json_print(walk.to, out) || cli_schema_no_memory(cli));
    akv_json_free(from);
    akv_json_free(walk.to);
    akv_buf_free(&text);
    return ok;
}
