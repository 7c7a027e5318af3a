/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "list.h"

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

static bool take_link(const struct akv_op *op, const struct akv_json *page,
                      char **link, struct akv_error *err)
{
    const char *text = akv_json_get_text(page, "nextLink");

    *link = NULL;
    if (text == NULL || *text == '\0')
        return true;
    if (!same_host(text, &op->id) || !is_clean(text))
        return akv_op_bad_reply(op, "nextLink leads elsewhere", text, err);
    *link = strdup(text);
    return *link != NULL
           || akv_error_set(err, AKV_E_MEMORY, "no memory for a link");
}

/* One page; *more tells whether to go on. */
static bool read_page(const struct akv_op *op, const struct akv_buf *body,
                      akv_list_fn *fn, void *arg, char **link,
                      struct akv_error *err)
{
    struct akv_json *page = akv_op_parse(op, body, err);
    const struct akv_json *items = akv_json_get(page, "value");
    struct akv_error why = AKV_ERROR_INIT;
    bool ok = page != NULL;
    size_t i;

    if (ok && (items == NULL || !akv_json_is_array(items)))
        ok = akv_op_bad_reply(op, "value", "is no array", err);
    if (ok)
        ok = take_link(op, page, link, err);
    for (i = 0; ok && i < akv_json_length(items); i++) {
        if (fn(arg, akv_json_at(items, i), &op->id, &why))
            continue;
        free(*link);
        *link = NULL;
        ok = why.code == AKV_E_NONE
             || akv_op_bad_reply(op, "an item", why.message, err);
        break;
    }
    akv_json_free(page);
    return ok;
}

bool akv_list_run(struct akv_client *client, const struct akv_op_kind *kind,
                  const struct akv_id *id, akv_list_fn *fn, void *arg,
                  struct akv_error *err)
{
    struct akv_op op, asked;
    char *link = NULL;
    bool ok;

    do {
        struct akv_buf body = AKV_BUF_INIT(0);

        akv_op_init(&op, kind, id);
        op.link = link;
        asked = op;
        link = NULL;
        ok = akv_client_run(client, &op, &body, err)
             && read_page(&asked, &body, fn, arg, &link, err);
        akv_buf_free(&body);
    } while (ok && link != NULL);
    return ok;
}
