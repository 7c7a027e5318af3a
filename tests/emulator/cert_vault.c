/* SPDX-License-Identifier: Apache-2.0 */

/* Contacts and issuers: what a vault has for all of its certificates. */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cert_ops.h"
#include "clock.h"
#include "jsonx.h"
#include "paging.h"
#include "store.h"
#include "xmem.h"

static struct json_object *get_note(const struct emu_call *call,
                                    const char *name)
{
    struct emu_place at = { call->vault, EMU_CERTS, NULL };

    return emu_store_get_note(call->emu->store, &at, name);
}

static void set_note(const struct emu_call *call, const char *name,
                     struct json_object *value)
{
    struct emu_place at = { call->vault, EMU_CERTS, NULL };

    emu_store_set_note(call->emu->store, &at, name, value);
}

/* Takes the list over. */
static void reply_contacts(struct emu_call *call, struct json_object *list)
{
    struct json_object *obj;
    char *id;

    if (list == NULL) {
        emu_reply_error(call->reply, EMU_E_CONTACTS_NOT_FOUND);
        return;
    }
    obj = json_object_new_object();
    id = emu_xasprintf("https://%s/certificates/contacts", call->req->host);
    emu_json_add_str(obj, "id", id);
    json_object_object_add(obj, "contacts", list);
    emu_reply_json(call->reply, 200, obj);
    free(id);
}

void emu_get_contacts(struct emu_call *call)
{
    reply_contacts(call, get_note(call, "contacts"));
}

static bool is_contact(struct json_object *item)
{
    static const char *const members[] = { "email", "name", "phone", NULL };

    return json_object_is_type(item, json_type_object)
           && emu_json_unknown(item, members) == NULL
           && emu_json_str(item, "email") != NULL;
}

void emu_set_contacts(struct emu_call *call)
{
    struct json_object *list = emu_json_get(call->body, "contacts");
    struct json_object *copy = NULL;
    bool ok = json_object_is_type(list, json_type_array);

    for (size_t i = 0; ok && i < json_object_array_length(list); i++)
        ok = is_contact(json_object_array_get_idx(list, i));
    if (!ok) {
        emu_reply_error(call->reply, EMU_E_VALUE, "contacts");
        return;
    }
    json_object_deep_copy(list, &copy, NULL);
    set_note(call, "contacts", copy);
    emu_get_contacts(call);
}

void emu_delete_contacts(struct emu_call *call)
{
    struct json_object *list = get_note(call, "contacts");

    if (list != NULL)
        set_note(call, "contacts", NULL);
    reply_contacts(call, list);
}

static struct json_object *get_issuers(const struct emu_call *call)
{
    struct json_object *all = get_note(call, "issuers");

    return all == NULL ? json_object_new_object() : all;
}

/* The issuer in the list, whatever the case of its name; *key its spelling. */
static struct json_object *find_issuer(struct json_object *all,
                                       const char *name, const char **key)
{
    json_object_object_foreach(all, stored, value)
    {
        if (strcasecmp(stored, name) == 0) {
            *key = stored;
            return value;
        }
    }
    return NULL;
}

bool emu_issuer_known(const struct emu_call *call, const char *name)
{
    struct json_object *all = get_issuers(call);
    const char *key;
    bool known = find_issuer(all, name, &key) != NULL;

    json_object_put(all);
    return known;
}

static void add_id(const struct emu_call *call, struct json_object *out,
                   const char *name)
{
    char *id = emu_xasprintf("https://%s/certificates/issuers/%s",
                             call->req->host, name);

    emu_json_add_str(out, "id", id);
    free(id);
}

static void reply_issuer(struct emu_call *call, const char *name,
                         struct json_object *issuer)
{
    struct json_object *out = json_object_new_object();

    add_id(call, out, name);
    json_object_object_foreach(issuer, member, value)
    {
        json_object_object_add(out, member, json_object_get(value));
    }
    emu_reply_json(call->reply, 200, out);
}

void emu_list_issuers(struct emu_call *call)
{
    struct json_object *all = get_issuers(call);
    struct json_object *list = json_object_new_array();

    json_object_object_foreach(all, name, issuer)
    {
        struct json_object *item = json_object_new_object();

        add_id(call, item, name);
        emu_json_add_str(item, "provider", emu_json_str(issuer, "provider"));
        json_object_array_add(list, item);
    }
    emu_page_reply(call, list);
    json_object_put(list);
    json_object_put(all);
}

/* With the 404 if there is none. */
static struct json_object *
issuer_of_call(struct emu_call *call, struct json_object *all, const char **key)
{
    struct json_object *issuer = find_issuer(all, call->name, key);

    if (issuer == NULL)
        emu_reply_error(call->reply, EMU_E_ISSUER_NOT_FOUND);
    return issuer;
}

void emu_get_issuer(struct emu_call *call)
{
    struct json_object *all = get_issuers(call);
    const char *key;
    struct json_object *issuer = issuer_of_call(call, all, &key);

    if (issuer != NULL)
        reply_issuer(call, key, issuer);
    json_object_put(all);
}

/* A password is never shown, and nobody here needs one. */
static void add_section(struct json_object *out, const char *name,
                        struct json_object *given, struct json_object *old)
{
    struct json_object *source = given == NULL ? old : given;
    struct json_object *copy = NULL;

    if (source == NULL || json_object_deep_copy(source, &copy, NULL) != 0)
        return;
    json_object_object_del(copy, "pwd");
    json_object_object_add(out, name, copy);
}

/* The org_details of replies have a postal code that nobody can set. */
static void add_details(struct json_object *out, struct json_object *given,
                        struct json_object *old)
{
    struct json_object *details = json_object_new_object();

    if (given == NULL && old == NULL) {
        json_object_put(details);
        return;
    }
    emu_json_add_int(details, "zip", 0);
    json_object_object_foreach(given == NULL ? old : given, name, value)
    {
        json_object_object_add(details, name, json_object_get(value));
    }
    json_object_object_add(out, "org_details", details);
}

static void add_attributes(struct json_object *out, struct json_object *given,
                           struct json_object *old)
{
    struct json_object *attributes = json_object_new_object();
    struct json_object *enabled = emu_json_get(given, "enabled");
    int64_t created = emu_now();

    if (enabled == NULL)
        enabled = emu_json_get(old, "enabled");
    emu_json_int(emu_json_get(old, "created"), &created);
    emu_json_add_bool(attributes, "enabled",
                      enabled == NULL || json_object_get_boolean(enabled));
    emu_json_add_int(attributes, "created", created);
    emu_json_add_int(attributes, "updated", emu_now());
    json_object_object_add(out, "attributes", attributes);
}

static bool sections_ok(struct json_object *body)
{
    static const char *const names[] = { "credentials", "org_details",
                                         "attributes" };

    for (size_t i = 0; i < 3; i++) {
        struct json_object *value = emu_json_get(body, names[i]);

        if (value != NULL && !json_object_is_type(value, json_type_object))
            return false;
    }
    return emu_json_get(body, "provider") == NULL
           || emu_json_str(body, "provider") != NULL;
}

/* old NULL: a new one. */
static void put_issuer(struct emu_call *call, struct json_object *all,
                       const char *name, struct json_object *old)
{
    struct json_object *issuer = json_object_new_object();
    const char *provider = emu_json_str(call->body, "provider");

    emu_json_add_str(issuer, "provider",
                     provider == NULL ? emu_json_str(old, "provider")
                                      : provider);
    add_section(issuer, "credentials", emu_json_get(call->body, "credentials"),
                emu_json_get(old, "credentials"));
    add_details(issuer, emu_json_get(call->body, "org_details"),
                emu_json_get(old, "org_details"));
    add_attributes(issuer, emu_json_get(call->body, "attributes"),
                   emu_json_get(old, "attributes"));
    reply_issuer(call, name, issuer);
    json_object_object_add(all, name, issuer);
    set_note(call, "issuers", json_object_get(all));
}

void emu_set_issuer(struct emu_call *call)
{
    struct json_object *all = get_issuers(call);
    const char *key = call->name;
    char *name;

    find_issuer(all, call->name, &key);
    name = emu_xstrdup(key);
    if (!sections_ok(call->body)
        || emu_json_str(call->body, "provider") == NULL)
        emu_reply_error(call->reply, EMU_E_VALUE, "provider");
    else
        put_issuer(call, all, name, NULL);
    free(name);
    json_object_put(all);
}

void emu_update_issuer(struct emu_call *call)
{
    struct json_object *all = get_issuers(call);
    struct json_object *issuer;
    const char *key = NULL;

    if (!sections_ok(call->body)) {
        emu_reply_error(call->reply, EMU_E_VALUE, "provider");
    } else if ((issuer = issuer_of_call(call, all, &key)) != NULL) {
        char *name = emu_xstrdup(key);

        json_object_get(issuer);
        put_issuer(call, all, name, issuer);
        json_object_put(issuer);
        free(name);
    }
    json_object_put(all);
}

void emu_delete_issuer(struct emu_call *call)
{
    struct json_object *all = get_issuers(call);
    const char *key = NULL;
    struct json_object *issuer = issuer_of_call(call, all, &key);

    if (issuer != NULL) {
        reply_issuer(call, key, issuer);
        json_object_object_del(all, key);
        set_note(call, "issuers", json_object_get(all));
    }
    json_object_put(all);
}
