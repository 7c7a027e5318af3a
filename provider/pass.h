/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A context of an operation that is passed through (impl.h): it holds one of
 * the key's implementation. Until there is a key nothing is known of that.
 */

#ifndef AKV_PASS_H
#define AKV_PASS_H

#include "key.h"

/* Where in an implementation an operation's functions are, and the numbers of
 * three of them. */
struct akv_pass_kind {
    size_t functions; /* offset in struct akv_impl */
    int newctx, freectx, dupctx;
};

struct akv_pass {
    struct akv_provider *prov; /* borrowed */
    enum akv_role role;        /* LOCAL or FIPS: of the query that found us */
    struct akv_key *key;       /* counted reference; NULL: none yet */
    struct akv_key *other;     /* counted reference; inner may borrow from it */
    void *inner;               /* owned; the key's implementation's */
};

void akv_pass_init(struct akv_pass *pass, struct akv_provider *prov,
                   enum akv_role role);
void akv_pass_clear(struct akv_pass *pass, const struct akv_pass_kind *kind);

/* Fills a context that was initialised. False: it cannot be copied. */
bool akv_pass_copy(struct akv_pass *dst, const struct akv_pass *src,
                   const struct akv_pass_kind *kind) AKV_MUST_CHECK;

/* The three for a context that is nothing else. NULL: it cannot be made. */
struct akv_pass *akv_pass_new(struct akv_provider *prov, enum akv_role role);
void akv_pass_free(struct akv_pass *pass, const struct akv_pass_kind *kind);
struct akv_pass *akv_pass_dup(const struct akv_pass *src,
                              const struct akv_pass_kind *kind);

/* Gives up the inner context, and takes a key, which is counted. */
void akv_pass_set_key(struct akv_pass *pass, const struct akv_pass_kind *kind,
                      struct akv_key *key);

/*
 * Begins with this key, or, NULL, the one that is there: there is an inner
 * context then, to be begun with *data, of which NULL is the same key as
 * before. 0 with the reason raised, if there is one.
 */
int akv_pass_begin(struct akv_pass *pass, const struct akv_pass_kind *kind,
                   struct akv_key *key, void **data);

const struct akv_functions *
akv_pass_functions(const struct akv_pass *pass,
                   const struct akv_pass_kind *kind);

/* Calls function OSSL_FUNC_<id> with the inner context; 0 where there is none.
 */
#define AKV_PASS(pass, kind, id, name, ...)                                    \
    ((pass)->inner != NULL ? AKV_CALL(akv_pass_functions((pass), (kind)), id,  \
                                      name, (pass)->inner, __VA_ARGS__)        \
                           : 0)

/* The list of parameters by a function of that number, of those at that offset
 * in an implementation; it does not depend on a key. NULL: there is none. */
const OSSL_PARAM *akv_pass_list(struct akv_provider *prov,
                                enum akv_key_type type, size_t functions,
                                int id);

#endif
