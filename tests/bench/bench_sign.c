/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bench_sign KEY THREADS SIGNATURES: loads a key (a URI or a file) and signs
 * digests with it in so many threads. Prints the rate and the latencies.
 * Settings come from the environment and OPENSSL_CONF, as for any program.
 */

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/store.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MAX_THREADS 256
#define MAX_SIGNATURES 1000000

struct worker {
    pthread_t thread;
    EVP_PKEY *pkey;  /* borrowed */
    double *seconds; /* borrowed: one place for each signature */
    size_t count;
    size_t failures;
};

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static EVP_PKEY *load(const char *uri)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open(uri, NULL, NULL, NULL, NULL);
    EVP_PKEY *pkey = NULL;

    if (store != NULL)
        (void)OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
    while (store != NULL && pkey == NULL && !OSSL_STORE_eof(store)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);

        if (info != NULL)
            pkey = OSSL_STORE_INFO_get1_PKEY(info);
        OSSL_STORE_INFO_free(info);
    }
    (void)OSSL_STORE_close(store);
    return pkey;
}

static int sign_once(EVP_PKEY *pkey)
{
    static const unsigned char message[] = "message";
    unsigned char signature[2048];
    size_t len = sizeof(signature);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int ok =
        ctx != NULL
        && EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, pkey, NULL)
               == 1
        && EVP_DigestSign(ctx, signature, &len, message, sizeof(message)) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    size_t i;

    for (i = 0; i < worker->count; i++) {
        double start = now_s();

        if (!sign_once(worker->pkey))
            worker->failures++;
        worker->seconds[i] = now_s() - start;
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Returns the number of failures. */
static size_t run(EVP_PKEY *pkey, size_t threads, size_t total)
{
    static struct worker workers[MAX_THREADS];
    double *seconds = calloc(total, sizeof(*seconds));
    size_t i, each = total / threads, failures = 0;
    double start = now_s(), elapsed;

    if (seconds == NULL)
        return total;
    for (i = 0; i < threads; i++) {
        workers[i].pkey = pkey;
        workers[i].count = each;
        workers[i].seconds = seconds + i * each;
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            exit(1);
    }
    for (i = 0; i < threads; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        failures += workers[i].failures;
    }
    elapsed = now_s() - start;
    total = each * threads;
    qsort(seconds, total, sizeof(*seconds), compare);
    printf("threads %zu: %.0f signatures/s, p50 %.2f ms, p99 %.2f ms, "
           "failures %zu\n",
           threads, (double)total / elapsed, seconds[total / 2] * 1e3,
           seconds[total * 99 / 100] * 1e3, failures);
    free(seconds);
    return failures;
}

int main(int argc, char **argv)
{
    size_t threads = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
    size_t total = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    EVP_PKEY *pkey;
    size_t failures;

    if (threads < 1 || threads > MAX_THREADS || total < threads
        || total > MAX_SIGNATURES) {
        (void)fprintf(stderr, "usage: bench_sign KEY THREADS SIGNATURES\n");
        return 2;
    }
    pkey = load(argv[1]);
    if (pkey == NULL || !sign_once(pkey)) { /* the first one also connects */
        ERR_print_errors_fp(stderr);
        return 1;
    }
    failures = run(pkey, threads, total);
    EVP_PKEY_free(pkey);
    return failures == 0 ? 0 : 1;
}
