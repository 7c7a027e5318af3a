/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "jsonx.h"
#include "paging.h"
#include "xmem.h"

static bool read_maxresults(struct emu_call *call, size_t *max)
{
    const char *text = emu_target_param(&call->req->target, "maxresults");
    char *end;
    long n;

    *max = EMU_MAX_PAGE;
    if (text == NULL)
        return true;
    n = strtol(text, &end, 10);
    if (end == text || *end != '\0' || n < 1 || n > EMU_MAX_PAGE) {
        emu_reply_error(call->reply, EMU_E_MAXRESULTS, text);
        return false;
    }
    *max = (size_t)n;
    return true;
}

static bool read_marker(struct emu_call *call, char **marker)
{
    const char *text = emu_target_param(&call->req->target, "$skiptoken");
    unsigned char *raw;
    size_t len;

    *marker = NULL;
    if (text == NULL)
        return true;
    if (emu_b64url_decode(text, &raw, &len)) {
        struct json_object *obj = emu_json_parse((const char *)raw, len);
        const char *next = emu_json_str(obj, "NextMarker");

        if (next != NULL)
            *marker = emu_xstrdup(next);
        json_object_put(obj);
        free(raw);
    }
    if (*marker == NULL) {
        emu_reply_error(call->reply, EMU_E_SKIPTOKEN);
        return false;
    }
    if (**marker == '\0') { /* behind an empty page */
        free(*marker);
        *marker = NULL;
    }
    return true;
}

bool emu_page_read(struct emu_call *call, struct emu_page *page)
{
    return read_maxresults(call, &page->max)
           && read_marker(call, &page->marker);
}

static char *skiptoken(const char *marker)
{
    struct json_object *obj = json_object_new_object();
    const char *text;
    char *token;

    emu_json_add_str(obj, "NextMarker", marker);
    emu_json_add_int(obj, "TargetLocation", 0);
    text = emu_json_text(obj);
    token = emu_b64url_encode(text, strlen(text));
    json_object_put(obj);
    return token;
}

static bool has_port(const char *host)
{
    return host[0] == '[' ? strstr(host, "]:") != NULL
                          : strchr(host, ':') != NULL;
}

/*
 * As the service writes it: on a vault with the port, and with a `$` that is
 * not escaped; on an mHSM with neither port nor api-version.
 */
static char *next_link(const struct emu_call *call, const char *marker,
                       size_t max)
{
    const struct emu_target *target = &call->req->target;
    struct emu_buf path = EMU_BUF_INIT;
    char *token = skiptoken(marker);
    char *link;

    for (size_t i = 0; i < target->nsegments; i++)
        emu_buf_printf(&path, "/%s", target->segment[i]);
    if (call->traits->hsm)
        link = emu_xasprintf("https://%s%s?maxresults=%zu&$skiptoken=%s",
                             call->req->host, emu_buf_str(&path), max, token);
    else
        link = emu_xasprintf(
            "https://%s%s%s?api-version=%s&$skiptoken=%s"
            "&maxresults=%zu",
            call->req->host, has_port(call->req->host) ? "" : ":443",
            emu_buf_str(&path), emu_target_param(target, "api-version"), token,
            max);
    emu_buf_free(&path);
    free(token);
    return link;
}

void emu_page_add_link(const struct emu_call *call, struct json_object *obj,
                       const struct emu_page *page, const char *marker)
{
    char *link;

    if (marker != NULL) {
        link = next_link(call, marker, page->max);
        emu_json_add_str(obj, "nextLink", link);
        free(link);
    } else if (!call->traits->hsm) {
        json_object_object_add(obj, "nextLink", NULL);
    }
}

void emu_page_reply(struct emu_call *call, struct json_object *items)
{
    struct json_object *obj = json_object_new_object();
    struct json_object *list = json_object_new_array();
    struct emu_page page = { EMU_MAX_PAGE, NULL };
    size_t total = json_object_array_length(items);
    size_t at = 0;
    char marker[24];

    if (!emu_page_read(call, &page)) {
        json_object_put(obj);
        json_object_put(list);
        return;
    }
    if (page.marker != NULL)
        at = strtoul(page.marker, NULL, 10);
    for (size_t i = 0; i < page.max && at < total; i++, at++)
        json_object_array_add(
            list, json_object_get(json_object_array_get_idx(items, at)));
    snprintf(marker, sizeof(marker), "%zu", at);
    json_object_object_add(obj, "value", list);
    emu_page_add_link(call, obj, &page, at < total ? marker : NULL);
    emu_reply_json(call->reply, 200, obj);
    free(page.marker);
}
