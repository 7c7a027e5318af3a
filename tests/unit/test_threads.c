/* SPDX-License-Identifier: Apache-2.0 */

/* The provider in several threads at once: the first use of all, one key for
 * all, and keys of one's own. */

#include <openssl/err.h>
#include <pthread.h>
#include <string.h>

#include "fake_client.h"
#include "provider_fixture.h"

#define THREADS 8
#define ROUNDS 10

static EVP_PKEY *shared;
static pthread_barrier_t start;

static bool sign_and_verify(EVP_PKEY *key)
{
    static const unsigned char text[] = "what is to be signed";
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char sig[200];
    size_t len = sizeof(sig);
    bool ok = EVP_DigestSignInit_ex(ctx, NULL, "SHA256", fixture.libctx, OURS,
                                    key, NULL)
                  == 1
              && EVP_DigestSign(ctx, sig, &len, text, sizeof(text)) == 1
              && EVP_MD_CTX_reset(ctx) == 1
              && EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", fixture.libctx,
                                         OURS, key, NULL)
                     == 1
              && EVP_DigestVerify(ctx, sig, len, text, sizeof(text)) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

static void *work(void *arg)
{
    unsigned *done = arg;
    int i;

    (void)pthread_barrier_wait(&start);
    for (i = 0; i < ROUNDS; i++) {
        EVP_PKEY *own = EVP_PKEY_Q_keygen(fixture.libctx, OURS, "EC", "P-256");
        EVP_PKEY *copy = own != NULL ? EVP_PKEY_dup(own) : NULL;
        EVP_PKEY *theirs =
            own != NULL ? import_key(own, EVP_PKEY_PUBLIC_KEY, THEIRS) : NULL;

        if (copy != NULL && theirs != NULL && EVP_PKEY_eq(own, theirs) == 1
            && sign_and_verify(copy)
            && (shared == NULL || sign_and_verify(shared)))
            (*done)++;
        EVP_PKEY_free(own);
        EVP_PKEY_free(copy);
        EVP_PKEY_free(theirs);
    }
    ERR_clear_error();
    return NULL;
}

static void run_threads(void)
{
    pthread_t threads[THREADS];
    unsigned done[THREADS] = { 0 };
    size_t i;

    CHECK(pthread_barrier_init(&start, NULL, THREADS) == 0);
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work, &done[i]) == 0);
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK_INT("rounds", done[i], ROUNDS);
    }
    CHECK(pthread_barrier_destroy(&start) == 0);
}

/* All threads are the first to need the private library context. */
static void first_use(void)
{
    int i;

    for (i = 0; i < 5; i++) {
        if (!provider_set_up(NULL))
            return;
        shared = NULL;
        run_threads();
        provider_tear_down();
    }
}

static void one_key(void)
{
    if (!provider_set_up(NULL))
        return;
    shared = EVP_PKEY_Q_keygen(fixture.libctx, OURS, "EC", "P-256");
    CHECK(shared != NULL && is_ours(shared));
    run_threads();
    EVP_PKEY_free(shared);
    provider_tear_down();
}

/* Threads that come and go leave nothing behind with the provider. */
static void many_threads(void)
{
    int i;

    if (!provider_set_up(NULL))
        return;
    shared = NULL;
    for (i = 0; i < 10; i++)
        run_threads();
    provider_tear_down();
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "the first use", first_use },
        { "one key for all", one_key },
        { "threads that come and go", many_threads },
    };

    return unit_main("threads", tests, COUNT(tests));
}
