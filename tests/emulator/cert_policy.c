/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Certificate policies are kept as the JSON that they are shown as. A section
 * that is sent replaces the old one as a whole; what it lacks is filled in.
 */

#include <string.h>
#include <strings.h>

#include "cert_policy.h"
#include "clock.h"
#include "jsonx.h"

#define PFX "application/x-pkcs12"
#define PEM "application/x-pem-file"

/* Usages of a key and what they let it do; EMU_MAX_KEY_OPS: nothing more. */
static const struct {
    const char *name;
    enum emu_key_op op[2];
} usages[] = {
    { "digitalSignature", { EMU_KEY_OP_SIGN, EMU_KEY_OP_VERIFY } },
    { "nonRepudiation", { EMU_KEY_OP_SIGN, EMU_KEY_OP_VERIFY } },
    { "keyCertSign", { EMU_KEY_OP_SIGN, EMU_KEY_OP_VERIFY } },
    { "cRLSign", { EMU_KEY_OP_SIGN, EMU_KEY_OP_VERIFY } },
    { "keyEncipherment", { EMU_KEY_OP_WRAP, EMU_KEY_OP_UNWRAP } },
    { "dataEncipherment", { EMU_KEY_OP_ENCRYPT, EMU_KEY_OP_DECRYPT } },
    { "encipherOnly", { EMU_KEY_OP_ENCRYPT, EMU_KEY_OP_ENCRYPT } },
    { "decipherOnly", { EMU_KEY_OP_DECRYPT, EMU_KEY_OP_DECRYPT } },
    { "keyAgreement", { EMU_KEY_OP_DERIVE, EMU_KEY_OP_DERIVE } },
};

#define USAGES (sizeof(usages) / sizeof(usages[0]))

static struct json_object *section(struct json_object *given,
                                   struct json_object *old, const char *name)
{
    struct json_object *value = emu_json_get(given, name);

    return value == NULL ? emu_json_get(old, name) : value;
}

static void add_copy(struct json_object *out, const char *name,
                     struct json_object *value)
{
    struct json_object *copy = NULL;

    if (value != NULL && json_object_deep_copy(value, &copy, NULL) == 0)
        json_object_object_add(out, name, copy);
}

static struct json_object *strings(const char *const *list, size_t n)
{
    struct json_object *out = json_object_new_array();

    for (size_t i = 0; i < n; i++)
        json_object_array_add(out, json_object_new_string(list[i]));
    return out;
}

/* False: not one of the list. *out stays as it is if nothing is given. */
static bool choose(struct json_object *obj, const char *name,
                   const char *const *list, const char **out)
{
    const char *text = emu_json_str(obj, name);

    if (emu_json_get(obj, name) == NULL)
        return true;
    for (; text != NULL && *list != NULL; list++) {
        if (strcasecmp(*list, text) == 0) {
            *out = *list;
            return true;
        }
    }
    return false;
}

static bool choose_int(struct json_object *obj, const char *name, int64_t low,
                       int64_t high, int64_t *out)
{
    return emu_json_get(obj, name) == NULL
           || (emu_json_int(emu_json_get(obj, name), out) && *out >= low
               && *out <= high);
}

static bool add_key_props(struct json_object *out, struct json_object *in)
{
    static const char *const types[] = { "RSA", "RSA-HSM", "EC", "EC-HSM",
                                         NULL };
    static const char *const curves[] = { "P-256", "P-384", "P-521", "P-256K",
                                          NULL };
    struct json_object *props = json_object_new_object();
    struct json_object *exportable = emu_json_get(in, "exportable");
    const char *kty = "RSA";
    const char *crv = "P-256";
    int64_t size = 2048;
    bool rsa;

    json_object_object_add(out, "key_props", props);
    if (!choose(in, "kty", types, &kty) || !choose(in, "crv", curves, &crv))
        return false;
    rsa = strncmp(kty, "RSA", 3) == 0;
    if (!rsa)
        size = strcmp(crv, "P-384") == 0   ? 384
               : strcmp(crv, "P-521") == 0 ? 521
                                           : 256;
    if (!choose_int(in, "key_size", 256, 4096, &size)
        || (rsa && size != 2048 && size != 3072 && size != 4096))
        return false;
    emu_json_add_bool(
        props, "exportable",
        strstr(kty, "HSM") == NULL
            && (exportable == NULL || json_object_get_boolean(exportable)));
    emu_json_add_str(props, "kty", kty);
    emu_json_add_int(props, "key_size", size);
    emu_json_add_bool(props, "reuse_key",
                      json_object_get_boolean(emu_json_get(in, "reuse_key")));
    if (!rsa)
        emu_json_add_str(props, "crv", crv);
    return true;
}

static bool add_secret_props(struct json_object *out, struct json_object *in)
{
    static const char *const types[] = { PFX, PEM, NULL };
    struct json_object *props = json_object_new_object();
    const char *type = PFX;

    json_object_object_add(out, "secret_props", props);
    if (!choose(in, "contentType", types, &type))
        return false;
    emu_json_add_str(props, "contentType", type);
    return true;
}

static bool is_usage(const char *name)
{
    for (size_t i = 0; i < USAGES; i++)
        if (strcmp(usages[i].name, name) == 0)
            return true;
    return false;
}

/* A list of strings, each of them good. */
static bool list_ok(struct json_object *list, bool (*good)(const char *text))
{
    if (!json_object_is_type(list, json_type_array))
        return false;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *item = json_object_array_get_idx(list, i);

        if (!json_object_is_type(item, json_type_string)
            || !good(json_object_get_string(item)))
            return false;
    }
    return true;
}

static bool is_oid(const char *text)
{
    return *text >= '0' && *text <= '2' && strchr(text, '.') != NULL
           && text[strspn(text, "0123456789.")] == '\0';
}

/* What a configuration of OpenSSL could take for something else. */
static bool is_plain(const char *text)
{
    return *text != '\0' && strpbrk(text, ",;\\\"\n\r #") == NULL;
}

static bool sans_ok(struct json_object *sans)
{
    static const char *const names[] = { "emails", "dns_names",   "upns",
                                         "uris",   "ipAddresses", NULL };

    if (sans == NULL)
        return true;
    if (!json_object_is_type(sans, json_type_object)
        || emu_json_unknown(sans, names) != NULL)
        return false;
    json_object_object_foreach(sans, name, list)
    {
        (void)name;
        if (list != NULL && !list_ok(list, is_plain))
            return false;
    }
    return true;
}

static void add_list(struct json_object *out, struct json_object *in,
                     const char *name, const char *const *usual, size_t n)
{
    if (emu_json_get(in, name) != NULL)
        add_copy(out, name, emu_json_get(in, name));
    else
        json_object_object_add(out, name, strings(usual, n));
}

static bool add_x509_props(struct json_object *out, struct json_object *in)
{
    static const char *const ekus[] = { "1.3.6.1.5.5.7.3.1",
                                        "1.3.6.1.5.5.7.3.2" };
    static const char *const usage[] = { "digitalSignature",
                                         "keyEncipherment" };
    struct json_object *props = json_object_new_object();
    struct json_object *constraints = json_object_new_object();
    struct json_object *sans = emu_json_get(in, "sans");
    const char *subject = emu_json_str(in, "subject");
    int64_t months = 12;

    json_object_object_add(out, "x509_props", props);
    emu_json_add_str(props, "subject", subject == NULL ? "" : subject);
    add_copy(props, "sans", sans);
    add_list(props, in, "ekus", ekus, 2);
    add_list(props, in, "key_usage", usage, 2);
    emu_json_add_bool(constraints, "ca",
                      json_object_get_boolean(emu_json_get(
                          emu_json_get(in, "basic_constraints"), "ca")));
    if (choose_int(in, "validity_months", 1, 1200, &months))
        emu_json_add_int(props, "validity_months", months);
    else
        months = 0;
    json_object_object_add(props, "basic_constraints", constraints);
    return months > 0 && sans_ok(sans)
           && list_ok(emu_json_get(props, "ekus"), is_oid)
           && list_ok(emu_json_get(props, "key_usage"), is_usage)
           && (subject != NULL || json_object_is_type(sans, json_type_object));
}

static bool action_ok(struct json_object *item)
{
    static const char *const types[] = { "AutoRenew", "EmailContacts", NULL };
    struct json_object *trigger = emu_json_get(item, "trigger");
    const char *type = NULL;
    int64_t n = 0;

    return choose(emu_json_get(item, "action"), "action_type", types, &type)
           && type != NULL
           && choose_int(trigger, "lifetime_percentage", 1, 99, &n)
           && choose_int(trigger, "days_before_expiry", 1, 1200 * 27, &n)
           && n > 0;
}

static bool add_lifetime_actions(struct json_object *out,
                                 struct json_object *in, const char *issuer)
{
    bool self = strcasecmp(issuer, "Self") == 0;
    struct json_object *usual;

    if (in != NULL) {
        if (!json_object_is_type(in, json_type_array))
            return false;
        for (size_t i = 0; i < json_object_array_length(in); i++)
            if (!action_ok(json_object_array_get_idx(in, i)))
                return false;
        add_copy(out, "lifetime_actions", in);
        return true;
    }
    usual = json_tokener_parse(
        self ? "[{\"trigger\":{\"lifetime_percentage\":80},"
               "\"action\":{\"action_type\":\"AutoRenew\"}}]"
             : "[{\"trigger\":{\"lifetime_percentage\":80},"
               "\"action\":{\"action_type\":\"EmailContacts\"}}]");
    json_object_object_add(out, "lifetime_actions", usual);
    return true;
}

static bool add_issuer(struct json_object *out, struct json_object *in)
{
    struct json_object *issuer = NULL;

    if (emu_json_get(in, "name") != NULL && emu_json_str(in, "name") == NULL)
        return false;
    if (in != NULL && json_object_is_type(in, json_type_object))
        json_object_deep_copy(in, &issuer, NULL);
    if (issuer == NULL)
        issuer = json_object_new_object();
    if (emu_json_get(issuer, "name") == NULL)
        emu_json_add_str(issuer, "name", "Unknown");
    json_object_object_add(out, "issuer", issuer);
    return true;
}

static void add_attributes(struct json_object *out, struct json_object *old)
{
    struct json_object *attributes = json_object_new_object();
    int64_t created = emu_now();

    emu_json_int(emu_json_get(emu_json_get(old, "attributes"), "created"),
                 &created);
    emu_json_add_bool(attributes, "enabled", true);
    emu_json_add_int(attributes, "created", created);
    emu_json_add_int(attributes, "updated", emu_now());
    json_object_object_add(out, "attributes", attributes);
}

struct json_object *emu_policy_complete(struct json_object *given,
                                        struct json_object *old,
                                        const char **why)
{
    struct json_object *out = json_object_new_object();
    struct json_object *issuer = section(given, old, "issuer");
    const char *name = emu_json_str(issuer, "name");

    *why = NULL;
    if (given != NULL && !json_object_is_type(given, json_type_object))
        *why = "policy";
    else if (!add_key_props(out, section(given, old, "key_props")))
        *why = "policy.key_props";
    else if (!add_secret_props(out, section(given, old, "secret_props")))
        *why = "policy.secret_props";
    else if (!add_x509_props(out, section(given, old, "x509_props")))
        *why = "policy.x509_props";
    else if (!add_lifetime_actions(out, section(given, old, "lifetime_actions"),
                                   name == NULL ? "Unknown" : name))
        *why = "policy.lifetime_actions";
    else if (!add_issuer(out, issuer))
        *why = "policy.issuer";
    if (*why != NULL) {
        json_object_put(out);
        return NULL;
    }
    add_attributes(out, old);
    return out;
}

bool emu_policy_exportable(struct json_object *policy)
{
    return json_object_get_boolean(
        emu_json_get(emu_json_get(policy, "key_props"), "exportable"));
}

const char *emu_policy_content_type(struct json_object *policy)
{
    return emu_json_str(emu_json_get(policy, "secret_props"), "contentType");
}

const char *emu_policy_issuer(struct json_object *policy)
{
    return emu_json_str(emu_json_get(policy, "issuer"), "name");
}

static void allow(struct emu_settings *settings, enum emu_key_op op)
{
    for (size_t i = 0; i < settings->nops; i++)
        if (settings->ops[i] == op)
            return;
    settings->ops[settings->nops++] = op; /* at most one of each: it fits */
}

void emu_policy_key_ops(struct json_object *policy,
                        struct emu_settings *settings)
{
    struct json_object *list =
        emu_json_get(emu_json_get(policy, "x509_props"), "key_usage");
    size_t n = json_object_is_type(list, json_type_array)
                   ? json_object_array_length(list)
                   : 0;

    settings->nops = 0;
    for (size_t i = 0; i < n; i++) {
        const char *name =
            json_object_get_string(json_object_array_get_idx(list, i));

        for (size_t j = 0; j < USAGES; j++) {
            if (strcmp(usages[j].name, name) == 0) {
                allow(settings, usages[j].op[0]);
                allow(settings, usages[j].op[1]);
            }
        }
    }
}
