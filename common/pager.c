/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ask.h"
#include "pager.h"

static const struct akv_op_kind kinds[] = {
    [AKV_LIST] = { .name = "list", .method = "GET" },
    [AKV_LIST_VERSIONS] = { .name = "list versions of",
                            .method = "GET",
                            .suffix = "/versions" },
    [AKV_LIST_DELETED] = { .name = "list deleted",
                           .method = "GET",
                           .prefix = "deleted" },
    [AKV_LIST_PENDING] = { .name = "list", .method = "GET" },
    [AKV_LIST_ISSUERS] = { .name = "list issuers of",
                           .method = "GET",
                           .suffix = "/issuers" },
};

struct akv_pager {
    struct akv_client *client; /* borrowed */
    enum akv_list list;
    struct akv_id id;
    struct akv_op asked;   /* the last page's, for messages */
    struct akv_json *page; /* owned; NULL before the first */
    size_t next;           /* item on the page */
    char *link;            /* owned; NULL: this page is the last */
    char *last;            /* owned; the link before, to see a circle */
    bool ended;
};

struct akv_pager *akv_pager_new(struct akv_client *client, enum akv_list list,
                                const struct akv_id *id)
{
    struct akv_pager *pager = calloc(1, sizeof(*pager));

    if (pager == NULL)
        return NULL;
    pager->client = client;
    pager->list = list;
    pager->id = *id;
    pager->id.version[0] = '\0';
    if (list != AKV_LIST_VERSIONS)
        pager->id.name[0] = '\0';
    return pager;
}

void akv_pager_free(struct akv_pager *pager)
{
    if (pager == NULL)
        return;
    akv_json_free(pager->page);
    free(pager->link);
    free(pager->last);
    free(pager);
}

/* https, the same host, and the same port (443 may be left out). */
static bool same_host(const char *link, const struct akv_id *id)
{
    static const char scheme[] = "https://";
    size_t len = strlen(id->host);
    const char *p = link + sizeof(scheme) - 1;
    char port[16];

    if (strncasecmp(link, scheme, sizeof(scheme) - 1) != 0
        || strncasecmp(p, id->host, len) != 0)
        return false;
    p += len;
    (void)snprintf(port, sizeof(port), ":%u/", id->port);
    return strncmp(p, port, strlen(port)) == 0
           || (id->port == 443 && *p == '/');
}

/* It goes into a request line: visible ASCII only. */
static bool is_clean(const char *link)
{
    for (; *link != '\0'; link++)
        if (*link <= ' ' || *link > '~')
            return false;
    return true;
}

static bool take_link(struct akv_pager *pager, struct akv_error *err)
{
    const struct akv_json *link = akv_json_get(pager->page, "nextLink");
    const char *text = akv_json_text(link, NULL);

    if (link != NULL && text == NULL)
        return akv_op_bad_reply(&pager->asked, "nextLink", "is no text", err);
    if (text == NULL || *text == '\0')
        return true;
    if (!same_host(text, &pager->id) || !is_clean(text))
        return akv_op_bad_reply(&pager->asked, "nextLink leads elsewhere", text,
                                err);
    if (pager->last != NULL && strcmp(text, pager->last) == 0)
        return akv_op_bad_reply(&pager->asked, "nextLink leads back", text,
                                err);
    free(pager->last);
    pager->last = strdup(text);
    pager->link = strdup(text);
    return (pager->link != NULL && pager->last != NULL)
           || akv_error_set(err, AKV_E_MEMORY, "no memory for a link");
}

/* One that is null would look like the end of the list. */
static bool check_items(const struct akv_pager *pager, struct akv_error *err)
{
    const struct akv_json *items = akv_json_get(pager->page, "value"), *item;
    size_t i;

    if (items == NULL || !akv_json_is_array(items))
        return akv_op_bad_reply(&pager->asked, "value", "is no array", err);
    for (i = 0; i < akv_json_length(items); i++) {
        item = akv_json_at(items, i);
        if (item == NULL || !akv_json_is_object(item))
            return akv_op_bad_reply(&pager->asked, "value",
                                    "has an item that is no object", err);
    }
    return true;
}

/* Replaces the page by the next one. */
static bool turn_page(struct akv_pager *pager, struct akv_error *err)
{
    struct akv_op op;

    akv_op_init(&op, &kinds[pager->list], &pager->id);
    if (pager->list == AKV_LIST_PENDING)
        (void)snprintf(op.query, sizeof(op.query), "&includePending=true");
    op.link = pager->link; /* the operation owns it now */
    pager->link = NULL;
    akv_json_free(pager->page);
    pager->page = NULL;
    pager->next = 0;
    return akv_ask(pager->client, &op, &pager->asked, &pager->page, err)
           && check_items(pager, err) && take_link(pager, err);
}

const struct akv_json *akv_pager_next(struct akv_pager *pager,
                                      struct akv_error *err)
{
    const struct akv_json *items = akv_json_get(pager->page, "value");

    while (!pager->ended && pager->next >= akv_json_length(items)) {
        pager->ended = pager->page != NULL && pager->link == NULL;
        if (!pager->ended && !turn_page(pager, err))
            pager->ended = true;
        items = akv_json_get(pager->page, "value");
    }
    return pager->ended ? NULL : akv_json_at(items, pager->next++);
}

bool akv_pager_next_object(struct akv_pager *pager,
                           struct akv_properties *properties,
                           struct akv_error *err)
{
    const struct akv_json *item = akv_pager_next(pager, err);
    struct akv_error why = AKV_ERROR_INIT;

    if (item == NULL)
        return false;
    if (akv_properties_read(properties, item, &pager->id, &why))
        return true;
    akv_properties_free(properties);
    pager->ended = true;
    return akv_op_bad_reply(&pager->asked, "an item", why.message, err);
}
