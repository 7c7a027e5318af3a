/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The context of a signature by the vault: a verification with the key's
 * public half keeps the parameters, and a digest hashes messages here.
 */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "err.h"
#include "sig.h"
#include "sig_request.h"

struct akv_sig_remote {
    struct akv_key *key; /* counted reference */
    EVP_PKEY_CTX *pctx;  /* owned */
    EVP_MD_CTX *mctx;    /* owned; NULL: what is signed is a digest */
};

void akv_sig_remote_free(struct akv_sig_remote *remote)
{
    if (remote == NULL)
        return;
    EVP_MD_CTX_free(remote->mctx);
    EVP_PKEY_CTX_free(remote->pctx);
    akv_key_free(remote->key);
    OPENSSL_free(remote);
}

struct akv_sig_remote *akv_sig_remote_dup(const struct akv_sig_remote *remote)
{
    struct akv_sig_remote *dup = OPENSSL_zalloc(sizeof(*dup));

    if (dup == NULL)
        return NULL;
    dup->key = akv_key_up_ref(remote->key);
    dup->pctx = EVP_PKEY_CTX_dup(remote->pctx);
    if (remote->mctx != NULL)
        dup->mctx = EVP_MD_CTX_new();
    if (dup->pctx != NULL
        && (remote->mctx == NULL
            || (dup->mctx != NULL
                && EVP_MD_CTX_copy_ex(dup->mctx, remote->mctx) == 1)))
        return dup;
    akv_sig_remote_free(dup);
    return NULL;
}

/* Tells the verification of the digest, too. */
static int set_digest(struct akv_sig_remote *remote, const char *name)
{
    OSSL_PARAM params[2];
    union {
        const char *in;
        char *out;
    } u = { name };
    EVP_MD *md = akv_sig_digest(remote->key, name);
    int ok;

    if (md == NULL)
        return akv_raise(remote->key->prov, AKV_R_UNSUPPORTED_DIGEST, "%s",
                         name);
    params[0] =
        OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, u.out, 0);
    params[1] = OSSL_PARAM_construct_end();
    remote->mctx = EVP_MD_CTX_new();
    ok = remote->mctx != NULL
         && EVP_PKEY_CTX_set_params(remote->pctx, params) == 1
         && EVP_DigestInit_ex2(remote->mctx, md, NULL) == 1;
    EVP_MD_free(md);
    return ok;
}

static int init_digest(struct akv_sig_remote *remote, const char *name,
                       const struct akv_sig_remote *before)
{
    char standard[64];

    if ((name == NULL || *name == '\0') && before != NULL
        && before->mctx != NULL)
        name = EVP_MD_get0_name(EVP_MD_CTX_get0_md(before->mctx));
    if (name == NULL || *name == '\0') {
        if (EVP_PKEY_get_default_digest_name(remote->key->pkey, standard,
                                             sizeof(standard))
            <= 0)
            return akv_raise(remote->key->prov, AKV_R_UNSUPPORTED_DIGEST,
                             "none");
        name = standard;
    }
    return akv_sig_check_digest(remote->key, name) && set_digest(remote, name);
}

struct akv_sig_remote *akv_sig_remote_new(struct akv_key *key, bool digests,
                                          const char *digest,
                                          const struct akv_sig_remote *before,
                                          const OSSL_PARAM params[])
{
    const struct akv_impl *impl = key->impl;
    struct akv_sig_remote *remote = OPENSSL_zalloc(sizeof(*remote));

    if (remote == NULL)
        return NULL;
    remote->key = akv_key_up_ref(key);
    remote->pctx =
        EVP_PKEY_CTX_new_from_pkey(impl->libctx, key->pkey, impl->propq);
    if (remote->pctx != NULL
        && EVP_PKEY_verify_init_ex(remote->pctx, params) == 1
        && (!digests || init_digest(remote, digest, before))
        && akv_sig_check_params(key, remote->pctx, params))
        return remote;
    akv_sig_remote_free(remote);
    return NULL;
}

bool akv_sig_remote_hashes(const struct akv_sig_remote *remote)
{
    return remote->mctx != NULL;
}

void akv_sig_remote_take_digests(struct akv_sig_remote *remote)
{
    EVP_MD_CTX_free(remote->mctx);
    remote->mctx = NULL;
}

int akv_sig_remote_update(const struct akv_sig_remote *remote,
                          const unsigned char *data, size_t len)
{
    return remote->mctx != NULL
           && EVP_DigestUpdate(remote->mctx, data, len) == 1;
}

int akv_sig_remote_sign(const struct akv_sig_remote *remote, unsigned char *sig,
                        size_t *siglen, size_t sigsize,
                        const unsigned char *tbs, size_t tbslen)
{
    size_t most = (size_t)EVP_PKEY_get_size(remote->key->pkey);

    if (sig == NULL) { /* the caller only asks how much room to make */
        *siglen = most;
        return 1;
    }
    if (sigsize < most)
        return akv_raise(remote->key->prov, AKV_R_BUFFER_TOO_SMALL,
                         "%zu bytes, the signature may need %zu", sigsize,
                         most);
    return akv_sig_request(remote->key, remote->pctx, sig, siglen, tbs, tbslen);
}

int akv_sig_remote_final(const struct akv_sig_remote *remote,
                         unsigned char *sig, size_t *siglen, size_t sigsize)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (sig != NULL
        && (remote->mctx == NULL
            || EVP_DigestFinal_ex(remote->mctx, digest, &len) != 1))
        return 0;
    return akv_sig_remote_sign(remote, sig, siglen, sigsize, digest, len);
}

int akv_sig_remote_get_params(const struct akv_sig_remote *remote,
                              OSSL_PARAM params[])
{
    return EVP_PKEY_CTX_get_params(remote->pctx, params) == 1;
}

int akv_sig_remote_set_params(const struct akv_sig_remote *remote,
                              const OSSL_PARAM params[])
{
    const OSSL_PARAM *p;
    const char *name;

    if (params == NULL || params[0].key == NULL)
        return 1;
    p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST);
    /* The hash has begun: its digest cannot be another one. */
    if (remote->mctx != NULL && p != NULL
        && (!OSSL_PARAM_get_utf8_string_ptr(p, &name)
            || !EVP_MD_is_a(EVP_MD_CTX_get0_md(remote->mctx), name)))
        return 0;
    return EVP_PKEY_CTX_set_params(remote->pctx, params) == 1
           && akv_sig_check_params(remote->key, remote->pctx, params);
}

const OSSL_PARAM *akv_sig_remote_gettable(const struct akv_sig_remote *remote)
{
    return EVP_PKEY_CTX_gettable_params(remote->pctx);
}

const OSSL_PARAM *akv_sig_remote_settable(const struct akv_sig_remote *remote)
{
    return EVP_PKEY_CTX_settable_params(remote->pctx);
}

int akv_sig_remote_get_md_params(const struct akv_sig_remote *remote,
                                 OSSL_PARAM params[])
{
    return remote->mctx != NULL
           && EVP_MD_CTX_get_params(remote->mctx, params) == 1;
}

int akv_sig_remote_set_md_params(const struct akv_sig_remote *remote,
                                 const OSSL_PARAM params[])
{
    return remote->mctx != NULL
           && EVP_MD_CTX_set_params(remote->mctx, params) == 1;
}

const OSSL_PARAM *
akv_sig_remote_gettable_md(const struct akv_sig_remote *remote)
{
    return remote->mctx != NULL ? EVP_MD_CTX_gettable_params(remote->mctx)
                                : NULL;
}

const OSSL_PARAM *
akv_sig_remote_settable_md(const struct akv_sig_remote *remote)
{
    return remote->mctx != NULL ? EVP_MD_CTX_settable_params(remote->mctx)
                                : NULL;
}
