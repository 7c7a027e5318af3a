/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Two instances of the provider, one in the default library context and one
 * in a context of its own, and eight threads that load keys from both and sign
 * with these and with keys they share. Then what applications do with keys:
 * compare, duplicate, unload the provider below them, load it again.
 *
 * Usage: threads URI URI; prints how many keys it loads and signs with.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "keys.h"

#define THREADS 8
#define ROUNDS 5

static atomic_int loads, signatures;

/* A key, and its public half in a context without our provider. */
struct key {
    OSSL_LIB_CTX *libctx;
    const char *uri;
    EVP_PKEY *pkey;
    EVP_PKEY *public_key;
};

static struct context with_ours[2], plain;
static struct key shared[2][2]; /* by context and URI */

static void key_load(struct key *key, OSSL_LIB_CTX *libctx, const char *uri)
{
    key->libctx = libctx;
    key->uri = uri;
    key->pkey = load_key(libctx, uri);
    key->public_key = public_half(key->pkey, plain.libctx);
    loads++;
}

static void key_use(const struct key *key, int n)
{
    sign_and_verify(key->libctx, key->pkey, plain.libctx, key->public_key, n);
    signatures += n;
}

static void key_free(struct key *key)
{
    EVP_PKEY_free(key->pkey);
    EVP_PKEY_free(key->public_key);
}

static void *work(void *arg)
{
    const struct key *ours = arg;
    struct key own;

    key_load(&own, ours->libctx, ours->uri);
    for (int i = 0; i < ROUNDS; i++) {
        key_use(&own, 1);
        key_use(ours, 1);
    }
    key_free(&own);
    return NULL;
}

static void run_threads(void)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        check(pthread_create(&threads[i], NULL, work, &shared[i % 2][i / 2 % 2])
                  == 0,
              "start a thread");
    for (int i = 0; i < THREADS; i++)
        check(pthread_join(threads[i], NULL) == 0, "join a thread");
}

/* Against a key of the default provider in the same context. */
static void compare(const struct key *key, const struct key *other)
{
    EVP_PKEY *same = public_half(key->pkey, key->libctx);
    EVP_PKEY *another = public_half(other->pkey, key->libctx);

    check(EVP_PKEY_eq(key->pkey, same) == 1, "remote and local key are equal");
    check(EVP_PKEY_eq(same, key->pkey) == 1, "local and remote key are equal");
    check(EVP_PKEY_eq(key->pkey, another) != 1, "another key is not equal");
    check(EVP_PKEY_eq(another, key->pkey) != 1, "not equal to another key");
    EVP_PKEY_free(same);
    EVP_PKEY_free(another);
}

/* The duplicate outlives what it was made of. */
static void duplicate(const char *uri)
{
    struct key key, copy;

    key_load(&key, with_ours[1].libctx, uri);
    copy = key;
    copy.pkey = EVP_PKEY_dup(key.pkey);
    check(copy.pkey != NULL, "duplicate a key");
    check(EVP_PKEY_eq(copy.pkey, key.pkey) == 1, "duplicates are equal");
    EVP_PKEY_free(key.pkey);
    key_use(&copy, 1);
    key_free(&copy);
}

/* The second key is still there when the provider goes. */
static void unload_and_load(struct context *context, const char *uri)
{
    struct key freed_before, freed_after;

    for (int i = 0; i < 2; i++) {
        key_load(&freed_before, context->libctx, uri);
        key_load(&freed_after, context->libctx, uri);
        key_use(&freed_before, 1);
        key_use(&freed_after, 1);
        key_free(&freed_before);
        check(OSSL_PROVIDER_unload(context->ours), "unload our provider");
        key_free(&freed_after);
        context->ours = OSSL_PROVIDER_load(context->libctx, "keyvault");
        check(context->ours != NULL, "load our provider again");
    }
}

int main(int argc, char **argv)
{
    int i, j;

    check(argc == 3, "usage: threads URI URI");
    context_open(&plain, 1, 0);
    for (i = 0; i < 2; i++) {
        context_open(&with_ours[i], i, 1);
        for (j = 0; j < 2; j++)
            key_load(&shared[i][j], with_ours[i].libctx, argv[1 + j]);
    }
    run_threads();
    for (i = 0; i < 2; i++)
        for (j = 0; j < 2; j++)
            compare(&shared[i][j], &shared[i][!j]);
    for (j = 0; j < 2; j++) {
        duplicate(argv[1 + j]);
        unload_and_load(&with_ours[1], argv[1 + j]);
    }
    for (i = 0; i < 2; i++) {
        for (j = 0; j < 2; j++)
            key_free(&shared[i][j]);
        context_close(&with_ours[i]);
    }
    context_close(&plain);
    printf("get_key %d sign %d\n", loads, signatures);
    return 0;
}
