/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A nextLink is text that a server has chosen: only its path and query are
 * used, on the host that was asked. A list that goes round in a circle or has
 * no end is an error.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "akv/pager.h"
#include "base/clock.h"
#include "base/host.h"
#include "client/call_impl.h"

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

/* A list that goes on behind these does not end. The service has pages of 25
 * items and no limit of its own. */
#define PAGES_MAX 100000
#define LIST_MS (30LL * 60 * 1000)

struct akv_pager {
    struct akv_client *client; /* borrowed */
    enum akv_list list;
    struct akv_id id;
    struct akv_op asked;   /* the last page's, for messages */
    struct akv_json *page; /* owned; NULL before the first */
    size_t next;           /* item on the page */
    char *link;            /* owned; NULL: this page is the last */
    char *mark;            /* owned; an earlier link, to see a circle */
    unsigned pages, renew; /* the page whose link is the next mark */
    int64_t ms;            /* that the pages have taken */
    int64_t begun;         /* monotonic ms; of the one that is fetched */
    bool fetching, ended;
};

struct akv_pager *akv_pager_new(struct akv_client *client, enum akv_list list,
                                const struct akv_id *id)
{
    struct akv_pager *pager = calloc(1, sizeof(*pager));

    if (pager == NULL)
        return NULL;
    pager->client = client;
    pager->list = list;
    pager->renew = 1;
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
    free(pager->mark);
    free(pager);
}

/* Where the path of a link begins; NULL: it is no https://HOST[:PORT]/PATH. */
static const char *path_of(const char *link)
{
    static const char scheme[] = "https://";
    const char *host = link + sizeof(scheme) - 1;
    char authority[300];
    size_t len;

    if (strncasecmp(link, scheme, sizeof(scheme) - 1) != 0)
        return NULL;
    len = strcspn(host, "/?#");
    if (host[len] != '/' || len >= sizeof(authority))
        return NULL;
    memcpy(authority, host, len);
    authority[len] = '\0';
    return akv_authority_valid(authority) ? host + len : NULL;
}

/* The link on the host that was dialled, whatever host it names: behind a
 * gateway or a private link the vault may know itself by another name, and the
 * token is not for others. */
static char *make_link(const struct akv_pager *pager, const char *path)
{
    struct akv_buf text = AKV_BUF_INIT(AKV_REPLY_MAX);
    char *link = NULL;

    if (akv_buf_append_str(&text, "https://")
        && akv_id_append_host(&pager->id, &text)
        && akv_buf_append_str(&text, path))
        link = strdup(akv_buf_str(&text));
    akv_buf_free(&text);
    return link;
}

/* It goes into a request line: visible ASCII only. */
static bool is_clean(const char *link)
{
    for (; *link != '\0'; link++)
        if (*link <= ' ' || *link > '~')
            return false;
    return true;
}

/* Brent's way: a link is compared with one that was seen before, which is
 * renewed at the powers of two, so that a circle of any length is found. */
static bool leads_back(struct akv_pager *pager)
{
    if (pager->mark != NULL && strcmp(pager->link, pager->mark) == 0)
        return true;
    if (pager->pages == pager->renew) {
        free(pager->mark);
        pager->mark = strdup(pager->link); /* without memory: the next time */
        pager->renew = 2 * pager->pages;
    }
    return false;
}

static bool take_link(struct akv_pager *pager, struct akv_error *err)
{
    const struct akv_json *link = akv_json_get(pager->page, "nextLink");
    const char *text = akv_json_text(link, NULL), *path;

    if (link != NULL && text == NULL)
        return akv_op_bad_reply(&pager->asked, "nextLink", "is no text", err);
    if (text == NULL || *text == '\0')
        return true;
    path = path_of(text);
    if (path == NULL || !is_clean(text))
        return akv_op_bad_reply(&pager->asked, "nextLink is no https URL", text,
                                err);
    pager->link = make_link(pager, path);
    if (pager->link == NULL)
        return akv_error_set(err, AKV_E_MEMORY, "no memory for a link");
    return !leads_back(pager)
           || akv_op_bad_reply(&pager->asked, "nextLink leads back", text, err);
}

static bool check_end(const struct akv_pager *pager, struct akv_error *err)
{
    char problem[100];

    if (pager->pages < PAGES_MAX && pager->ms < LIST_MS)
        return true;
    (void)snprintf(problem, sizeof(problem), "has no end: %u pages in %lld s",
                   pager->pages, (long long)(pager->ms / 1000));
    return akv_op_bad_reply(&pager->asked, "the list", problem, err);
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

bool akv_pager_has_more(const struct akv_pager *pager)
{
    return !pager->ended && !pager->fetching
           && (pager->pages == 0 || pager->link != NULL);
}

static void page_op_init(struct akv_pager *pager, struct akv_op *op)
{
    akv_op_init(op, &kinds[pager->list], &pager->id);
    if (pager->list == AKV_LIST_PENDING)
        (void)snprintf(op->query, sizeof(op->query), "&includePending=true");
    pager->asked = *op;     /* without what it owns */
    op->link = pager->link; /* the operation owns it now */
    pager->link = NULL;
}

struct akv_call *akv_pager_fetch_start(struct akv_pager *pager,
                                       akv_done_fn *done, void *arg,
                                       struct akv_error *err)
{
    struct akv_call *call = NULL;
    struct akv_op op;

    if (!akv_pager_has_more(pager)) {
        (void)akv_error_set(err, AKV_E_INVALID,
                            pager->fetching
                                ? "a page of the list is being fetched already"
                                : "the list has no more pages");
        return NULL;
    }
    if (check_end(pager, err)) {
        pager->pages++;
        page_op_init(pager, &op);
        pager->begun = akv_clock_mono(akv_clock_system());
        call = akv_call_start(pager->client, &op, done, arg, err);
    }
    pager->fetching = call != NULL;
    pager->ended = call == NULL;
    return call;
}

bool akv_pager_fetch_result(struct akv_pager *pager, struct akv_call *call,
                            struct akv_error *err)
{
    bool ok;

    if (call == NULL)
        return false;
    akv_json_free(pager->page);
    pager->page = akv_call_reply(call, &kinds[pager->list], err);
    pager->next = 0;
    pager->fetching = false;
    pager->ms += akv_clock_mono(akv_clock_system()) - pager->begun;
    ok =
        pager->page != NULL && check_items(pager, err) && take_link(pager, err);
    pager->ended = !ok;
    return ok;
}

bool akv_pager_fetch(struct akv_pager *pager, struct akv_error *err)
{
    struct akv_call *call = akv_pager_fetch_start(pager, NULL, NULL, err);

    return akv_call_close(call, akv_pager_fetch_result(pager, call, err));
}

const struct akv_json *akv_pager_item(struct akv_pager *pager)
{
    const struct akv_json *items = akv_json_get(pager->page, "value");

    return !pager->ended && pager->next < akv_json_length(items)
               ? akv_json_at(items, pager->next++)
               : NULL;
}

const struct akv_json *akv_pager_next(struct akv_pager *pager,
                                      struct akv_error *err)
{
    const struct akv_json *item = akv_pager_item(pager);

    while (item == NULL && akv_pager_has_more(pager)
           && akv_pager_fetch(pager, err))
        item = akv_pager_item(pager);
    return item;
}

bool akv_pager_read_object(struct akv_pager *pager, const struct akv_json *item,
                           struct akv_properties *properties,
                           struct akv_error *err)
{
    struct akv_error why = AKV_ERROR_INIT;

    if (akv_properties_read(properties, item, &pager->id, &why))
        return true;
    akv_properties_free(properties);
    pager->ended = true;
    return akv_op_bad_reply(&pager->asked, "an item", why.message, err);
}

bool akv_pager_next_object(struct akv_pager *pager,
                           struct akv_properties *properties,
                           struct akv_error *err)
{
    const struct akv_json *item = akv_pager_next(pager, err);

    return item != NULL && akv_pager_read_object(pager, item, properties, err);
}
