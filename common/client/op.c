/* SPDX-License-Identifier: Apache-2.0 */

/*
 * An operation is data: nothing is sent here. Its kind is a constant that is
 * told from others by its address; the identifier is a copy; link and body are
 * owned, and move to whoever performs it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/op.h"

void akv_op_init(struct akv_op *op, const struct akv_op_kind *kind,
                 const struct akv_id *id)
{
    memset(op, 0, sizeof(*op));
    op->kind = kind;
    op->id = *id;
    akv_buf_init(&op->body, AKV_REPLY_MAX);
}

void akv_op_free(struct akv_op *op)
{
    free(op->link);
    akv_buf_free(&op->body);
    op->link = NULL;
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

bool akv_op_append_path(const struct akv_op *op, struct akv_buf *out)
{
    const struct akv_op_kind *kind = op->kind;
    const struct akv_id *id = &op->id;
    bool ok = true;

    if (id->kind != AKV_KIND_VAULT)
        ok = akv_buf_appendf(out, "/%s%s%s", or_empty(kind->prefix),
                             akv_kind_collection(id->kind),
                             or_empty(kind->infix));
    if (ok && id->name[0] != '\0')
        ok = akv_buf_appendf(out, "/%s", id->name);
    if (ok && id->version[0] != '\0')
        ok = akv_buf_appendf(out, "/%s", id->version);
    return ok && akv_buf_append_str(out, or_empty(kind->suffix));
}

bool akv_op_set_json(struct akv_op *op, struct akv_json *json, bool built,
                     struct akv_error *err)
{
    bool ok = json != NULL && built && akv_json_print(json, &op->body);

    akv_json_free(json);
    if (ok)
        return true;
    akv_op_free(op);
    return akv_error_set(err, AKV_E_MEMORY, "no memory for a request's body");
}

void akv_op_describe(const struct akv_op *op, char *text, size_t size)
{
    const struct akv_id *id = &op->id;
    const char *collection = akv_kind_collection(id->kind);
    char port[8] = "";

    if (op->kind->infix != NULL) /* an issuer is no certificate */
        collection = "";
    if (id->port != 443)
        (void)snprintf(port, sizeof(port), ":%u", id->port);
    (void)snprintf(text, size, "%s%s%s%s%s%s%s at %s%s", op->kind->name,
                   *collection || id->name[0] ? " " : "", collection,
                   *collection && id->name[0] ? "/" : "", id->name,
                   id->version[0] ? "/" : "", id->version, id->host, port);
}

struct akv_json *akv_op_parse(const struct akv_op *op,
                              const struct akv_buf *reply,
                              struct akv_error *err)
{
    struct akv_error why = AKV_ERROR_INIT;
    struct akv_json *json =
        akv_json_parse(akv_buf_str(reply), reply->len, &why);

    if (json == NULL || !akv_json_is_object(json)) {
        (void)akv_op_bad_reply(
            op, "reply", json == NULL ? why.message : "not an object", err);
        akv_json_free(json);
        return NULL;
    }
    return json;
}

bool akv_op_bad_reply(const struct akv_op *op, const char *member,
                      const char *problem, struct akv_error *err)
{
    char what[700];

    akv_op_describe(op, what, sizeof(what));
    return akv_error_set(err, AKV_E_PROTOCOL,
                         "%s: the vault's reply cannot be used: %s: %s", what,
                         member, problem);
}
