/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backup.h"
#include "bundle.h"
#include "jsonx.h"
#include "object_ops.h"
#include "paging.h"

/* Certificates that are not finished are shown to those who ask. */
static bool is_listed(const struct emu_call *call, const struct emu_object *obj)
{
    const char *asked = emu_target_param(&call->req->target, "includePending");

    return obj->kind != EMU_CERTS || obj->cer != NULL
           || (asked != NULL && strcasecmp(asked, "true") == 0);
}

/* The page's items; *marker: where the next begins, NULL: nowhere. */
static struct json_object *items_of(const struct emu_call *call,
                                    const struct emu_view *view, size_t n,
                                    bool versions)
{
    struct json_object *list = json_object_new_array();

    for (size_t i = 0; i < n; i++)
        if (is_listed(call, view[i].obj))
            json_object_array_add(list,
                                  emu_bundle_item(call, &view[i], versions));
    return list;
}

static void list(struct emu_call *call, const struct emu_place *at,
                 bool deleted)
{
    struct emu_view view[EMU_MAX_PAGE + 1]; /* one more: is there more? */
    struct json_object *obj;
    struct emu_page page;
    const struct emu_object *last;
    const char *marker = NULL;
    size_t n;

    if (!emu_page_read(call, &page))
        return;
    if (call->empty_page) {
        obj = json_object_new_object();
        json_object_object_add(obj, "value", json_object_new_array());
        emu_page_add_link(call, obj, &page,
                          page.marker == NULL ? "" : page.marker);
        emu_reply_json(call->reply, 200, obj);
        free(page.marker);
        return;
    }
    n = emu_store_list(call->emu->store, at, deleted, page.marker, view,
                       page.max + 1);
    if (n > page.max) {
        last = view[page.max - 1].obj;
        marker = at->name == NULL ? last->name : last->version;
    }
    obj = json_object_new_object();
    json_object_object_add(
        obj, "value",
        items_of(call, view, n > page.max ? page.max : n, at->name != NULL));
    emu_page_add_link(call, obj, &page, marker);
    emu_reply_json(call->reply, 200, obj);
    for (size_t i = 0; i < n; i++)
        emu_view_free(&view[i]);
    free(page.marker);
}

void emu_list_objects(struct emu_call *call)
{
    struct emu_place at = emu_call_place(call);

    list(call, &at, false);
}

void emu_list_object_versions(struct emu_call *call)
{
    emu_list_objects(call);
}

void emu_list_deleted_objects(struct emu_call *call)
{
    struct emu_place at = emu_call_place(call);

    list(call, &at, true);
}

/* False, with the 403 in the reply, for what a certificate rules. */
static bool check_unmanaged(struct emu_call *call, const struct emu_object *obj)
{
    if (!obj->managed)
        return true;
    emu_reply_error(call->reply,
                    obj->kind == EMU_SECRETS ? EMU_E_SECRET_MANAGED
                                             : EMU_E_KEY_MANAGED,
                    call->op->verb);
    return false;
}

static void reply_view(struct emu_call *call, struct emu_view *view)
{
    emu_reply_json(call->reply, 200, emu_bundle(call, view));
    emu_view_free(view);
}

void emu_delete_object(struct emu_call *call)
{
    struct emu_place at = emu_call_place(call);
    struct emu_object *obj = emu_find(call);
    struct emu_view view;

    if (obj == NULL)
        return;
    if (check_unmanaged(call, obj)) {
        if (emu_store_delete(call->emu->store, &at, &view) == EMU_DONE)
            reply_view(call, &view);
        else
            emu_reply_not_found(call);
    }
    emu_object_free(obj);
}

/* The deleted object; false with the 404 in the reply. */
static bool find_deleted(struct emu_call *call, struct emu_view *view)
{
    struct emu_place at = emu_call_place(call);

    if (emu_store_get_deleted(call->emu->store, &at, view) == EMU_DONE)
        return true;
    emu_reply_error(call->reply, emu_kind_words(at.kind)->deleted_not_found,
                    call->name);
    return false;
}

void emu_get_deleted_object(struct emu_call *call)
{
    struct emu_view view;

    if (!find_deleted(call, &view))
        return;
    if (view.obj->kind == EMU_SECRETS && !view.obj->settings.enabled) {
        emu_reply_error(call->reply, EMU_E_SECRET_DISABLED, "get");
        emu_view_free(&view);
        return;
    }
    reply_view(call, &view);
}

/* Of what is there, deleted or not, and ruled by a certificate. */
static bool check_deleted_unmanaged(struct emu_call *call)
{
    struct emu_place at = emu_call_place(call);
    struct emu_object *obj = emu_store_peek(call->emu->store, &at, true);
    bool ok = obj == NULL || check_unmanaged(call, obj);

    emu_object_free(obj);
    return ok;
}

void emu_recover_object(struct emu_call *call)
{
    struct emu_place at = emu_call_place(call);
    enum emu_outcome outcome;
    struct emu_view view;

    if (!check_deleted_unmanaged(call))
        return;
    outcome = emu_store_recover(call->emu->store, &at, &view);
    if (outcome == EMU_DONE)
        reply_view(call, &view);
    else
        emu_reply_outcome(call, outcome);
}

void emu_purge_object(struct emu_call *call)
{
    struct emu_place at = emu_call_place(call);
    enum emu_outcome outcome;

    if (!check_deleted_unmanaged(call))
        return;
    outcome = emu_store_purge(call->emu->store, &at);
    if (outcome == EMU_DONE)
        emu_reply_text(call->reply, 204, NULL, "");
    else if (outcome == EMU_ABSENT)
        emu_reply_error(call->reply, emu_kind_words(at.kind)->deleted_not_found,
                        call->name);
    else
        emu_reply_outcome(call, outcome);
}

void emu_backup_object(struct emu_call *call)
{
    struct emu_place at = emu_call_place(call);
    struct json_object *obj = emu_store_export(call->emu->store, &at);
    struct json_object *reply;
    char *blob;

    if (obj == NULL) {
        emu_reply_not_found(call);
        return;
    }
    blob = emu_backup_seal(call, obj);
    json_object_put(obj);
    reply = json_object_new_object();
    emu_json_add_str(reply, "value", blob);
    emu_reply_json(call->reply, 200, reply);
    free(blob);
}

static void reply_conflict(struct emu_call *call, struct json_object *obj)
{
    const struct emu_kind_words *words = emu_kind_words(call->op->kind);
    struct json_object *list = emu_json_get(obj, "versions");
    size_t n = json_object_array_length(list);
    const char *version =
        emu_json_str(json_object_array_get_idx(list, n - 1), "version");
    struct emu_buf id = EMU_BUF_INIT;

    emu_buf_printf(&id, "https://%s/%s/%s/%s", call->req->host,
                   words->collection, emu_json_str(obj, "name"), version);
    emu_reply_error(call->reply, EMU_E_RESTORE, words->noun, emu_buf_str(&id),
                    words->noun, words->noun, words->noun, words->noun,
                    words->noun, words->noun);
    emu_buf_free(&id);
}

void emu_restore_object(struct emu_call *call)
{
    struct emu_place at = emu_call_place(call);
    struct emu_object *obj = NULL;
    struct json_object *json;

    json = emu_backup_open(call, emu_json_str(call->body, "value"));
    if (json == NULL)
        return;
    at.name = emu_json_str(json, "name");
    if (emu_store_import(call->emu->store, &at, json, &obj) == EMU_DONE)
        emu_reply_bundle(call, obj);
    else
        reply_conflict(call, json);
    json_object_put(json);
}
