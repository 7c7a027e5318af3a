/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Lists, page by page: {"value":[...],"nextLink":...} until there is no link.
 *
 *     pager = akv_pager_new(client, AKV_LIST, &id);
 *     while ((item = akv_pager_next(pager, &err)) != NULL)
 *         ...
 *     if (err.code != AKV_E_NONE)
 *         ...
 *
 * A pager is for one thread at a time. Errors as in object.h.
 */

#ifndef AKV_PAGER_H
#define AKV_PAGER_H

#include "call.h"
#include "object.h"

#ifdef __cplusplus
extern "C" {
#endif

enum akv_list {
    AKV_LIST,          /* GET /COLLECTION (permission list) */
    AKV_LIST_VERSIONS, /* GET /COLLECTION/NAME/versions (list) */
    AKV_LIST_DELETED,  /* GET /deletedCOLLECTION (list) */
    AKV_LIST_PENDING,  /* GET /certificates?includePending=true (list) */
    AKV_LIST_ISSUERS   /* GET /certificates/issuers (getissuers) */
};

struct akv_pager;

/* Nothing is asked for yet. client is borrowed. NULL: no memory. */
struct akv_pager *akv_pager_new(struct akv_client *client, enum akv_list list,
                                const struct akv_id *id);
/* Frees what was fetched, too. NULL is fine. */
void akv_pager_free(struct akv_pager *pager);

/*
 * The next item as the service wrote it, borrowed until the next page is
 * fetched; NULL at the end and on failure (err->code tells, and must be
 * AKV_E_NONE before). Fetches pages as they are needed, and waits for them. An
 * empty page is not the end. Of the link to the next one path and query count,
 * on the host that was asked: the token goes to no other. A link that is no
 * https URL is refused (AKV_E_PROTOCOL), as is a page with anything else than
 * objects.
 */
const struct akv_json *akv_pager_next(struct akv_pager *pager,
                                      struct akv_error *err);

/* The same for lists of objects, read into *properties, which the caller
 * frees when true is returned. */
bool akv_pager_next_object(struct akv_pager *pager,
                           struct akv_properties *properties,
                           struct akv_error *err);

/* Page by page, without waiting in akv_pager_next(): whether there is another
 * one to fetch. */
bool akv_pager_has_more(const struct akv_pager *pager);

/* Fetches the next page, one at a time; three ways, as in call.h. After a
 * failure the list has ended. AKV_E_INVALID: there are no more. */
bool akv_pager_fetch(struct akv_pager *pager, struct akv_error *err);
struct akv_call *akv_pager_fetch_start(struct akv_pager *pager,
                                       akv_done_fn *done, void *arg,
                                       struct akv_error *err);
bool akv_pager_fetch_result(struct akv_pager *pager, struct akv_call *call,
                            struct akv_error *err);

/* The next item of the page that was fetched, as above; NULL: it has no more.
 */
const struct akv_json *akv_pager_item(struct akv_pager *pager);

/* Reads such an item, as akv_pager_next_object() does. */
bool akv_pager_read_object(struct akv_pager *pager, const struct akv_json *item,
                           struct akv_properties *properties,
                           struct akv_error *err);

#ifdef __cplusplus
}
#endif

#endif
