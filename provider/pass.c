/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The inner context is of the key's implementation, and freed before the key.
 * No locks: a context is of one thread at a time (openssl-threads(7)).
 */

#include <stddef.h>

#include "err.h"
#include "pass.h"

typedef void *newctx_fn(void *provctx);
typedef void freectx_fn(void *ctx);
typedef void *dupctx_fn(void *ctx);
typedef const OSSL_PARAM *list_fn(void *ctx, void *provctx);

static const struct akv_functions *pass_at(const struct akv_impl *impl,
                                           size_t offset)
{
    return (const void *)((const char *)impl + offset);
}

const struct akv_functions *akv_pass_functions(const struct akv_pass *pass,
                                               const struct akv_pass_kind *kind)
{
    return pass_at(pass->key->impl, kind->functions);
}

void akv_pass_init(struct akv_pass *pass, struct akv_provider *prov,
                   enum akv_role role)
{
    pass->prov = prov;
    pass->role = role;
    akv_provider_hold(prov);
}

static void pass_drop_inner(struct akv_pass *pass,
                            const struct akv_pass_kind *kind)
{
    freectx_fn *freectx;

    if (pass->inner == NULL)
        return;
    freectx = (freectx_fn *)akv_pass_functions(pass, kind)->fn[kind->freectx];
    if (freectx != NULL)
        freectx(pass->inner);
    pass->inner = NULL;
}

void akv_pass_clear(struct akv_pass *pass, const struct akv_pass_kind *kind)
{
    pass_drop_inner(pass, kind);
    akv_key_free(pass->key);
    akv_key_free(pass->other);
    akv_provider_drop(pass->prov);
}

bool akv_pass_copy(struct akv_pass *dst, const struct akv_pass *src,
                   const struct akv_pass_kind *kind)
{
    dupctx_fn *dupctx;

    dst->key = akv_key_up_ref(src->key);
    dst->other = akv_key_up_ref(src->other);
    if (src->inner == NULL)
        return true;
    dupctx = (dupctx_fn *)akv_pass_functions(src, kind)->fn[kind->dupctx];
    if (dupctx != NULL)
        dst->inner = dupctx(src->inner);
    return dst->inner != NULL;
}

struct akv_pass *akv_pass_new(struct akv_provider *prov, enum akv_role role)
{
    struct akv_pass *pass = OPENSSL_zalloc(sizeof(*pass));

    if (pass != NULL)
        akv_pass_init(pass, prov, role);
    return pass;
}

void akv_pass_free(struct akv_pass *pass, const struct akv_pass_kind *kind)
{
    if (pass == NULL)
        return;
    akv_pass_clear(pass, kind);
    OPENSSL_free(pass);
}

struct akv_pass *akv_pass_dup(const struct akv_pass *src,
                              const struct akv_pass_kind *kind)
{
    struct akv_pass *dst = akv_pass_new(src->prov, src->role);

    if (dst == NULL || akv_pass_copy(dst, src, kind))
        return dst;
    akv_pass_free(dst, kind);
    return NULL;
}

void akv_pass_set_key(struct akv_pass *pass, const struct akv_pass_kind *kind,
                      struct akv_key *key)
{
    akv_key_up_ref(key);
    pass_drop_inner(pass, kind);
    akv_key_free(pass->key);
    pass->key = key;
}

int akv_pass_begin(struct akv_pass *pass, const struct akv_pass_kind *kind,
                   struct akv_key *key, void **data)
{
    newctx_fn *newctx;

    *data = NULL;
    if (key == NULL && pass->inner != NULL)
        return 1;
    if (key == NULL)
        key = pass->key;
    if (key == NULL) {
        (void)akv_raise(pass->prov, AKV_R_NO_KEY, "to begin with");
        return 0;
    }
    key = akv_key_for_role(key, pass->role);
    if (key == NULL)
        return 0;
    akv_pass_set_key(pass, kind, key);
    akv_key_free(key);
    *data = key->data;
    newctx = (newctx_fn *)akv_pass_functions(pass, kind)->fn[kind->newctx];
    if (newctx != NULL)
        pass->inner = newctx(key->impl->provctx);
    return pass->inner != NULL;
}

const OSSL_PARAM *akv_pass_list(struct akv_provider *prov,
                                enum akv_key_type type, size_t functions,
                                int id)
{
    const struct akv_impl *impl = akv_impl_get(prov, type, AKV_ROLE_LOCAL);
    list_fn *list = NULL;

    if (impl != NULL)
        list = (list_fn *)pass_at(impl, functions)->fn[id];
    return list != NULL ? list(NULL, impl->provctx) : NULL;
}
