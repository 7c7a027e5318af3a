/* SPDX-License-Identifier: Apache-2.0 */

/* Paging: {"value":[...],"nextLink":...} until there is no link. */

#ifndef AKV_LIST_H
#define AKV_LIST_H

#include "client.h"

/* Called for each item; false ends the listing, with err filled if that is a
 * failure. id is what was listed. */
typedef bool akv_list_fn(void *arg, const struct akv_json *item,
                         const struct akv_id *id, struct akv_error *err);

/*
 * Gets page after page. An empty page is not the end; a link to another host
 * or port, or without https, would carry the token away and is refused. True
 * when all items were seen or fn ended it without an error.
 */
bool akv_list_run(struct akv_client *client, const struct akv_op_kind *kind,
                  const struct akv_id *id, akv_list_fn *fn, void *arg,
                  struct akv_error *err);

#endif
