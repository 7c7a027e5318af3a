/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The counters of the provider: 0 when it is loaded and in a forked child,
 * else what was done.
 *
 * Usage: stats URI; the providers come from openssl.cnf.
 */

#include <openssl/params.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keys.h"

static uint64_t counter(const OSSL_PROVIDER *provider, const char *name)
{
    uint64_t value = UINT64_MAX;
    OSSL_PARAM params[2];

    params[0] = OSSL_PARAM_construct_uint64(name, &value);
    params[1] = OSSL_PARAM_construct_end();
    check(OSSL_PARAM_locate_const(OSSL_PROVIDER_gettable_params(provider), name)
              != NULL,
          "the counter is announced");
    check(OSSL_PROVIDER_get_params(provider, params) == 1, name);
    return value;
}

static void expect(const OSSL_PROVIDER *provider, const char *name,
                   uint64_t want)
{
    uint64_t got = counter(provider, name);

    if (got != want)
        (void)fprintf(stderr, "%s: %llu instead of %llu\n", name,
                      (unsigned long long)got, (unsigned long long)want);
    check(got == want, name);
}

int main(int argc, char **argv)
{
    struct context ours, plain;
    EVP_PKEY *pkey, *public_key;
    int status = 1;
    pid_t child;

    check(argc == 2, "usage: stats URI");
    context_open(&ours, 0, 1);
    context_open(&plain, 1, 0);
    expect(ours.ours, "akv-calls", 0);
    pkey = load_key(ours.libctx, argv[1]);
    public_key = public_half(pkey, plain.libctx);
    sign_and_verify(ours.libctx, pkey, plain.libctx, public_key, 3);
    expect(ours.ours, "akv-calls", 4);
    expect(ours.ours, "akv-failures", 0);
    expect(ours.ours, "akv-requests", 5); /* and the one without a token */
    expect(ours.ours, "akv-retries", 0);
    expect(ours.ours, "akv-tokens", 1);
    check(counter(ours.ours, "akv-latency-sum-ms")
              >= counter(ours.ours, "akv-latency-max-ms"),
          "the sum is not below the longest");
    check(counter(ours.ours, "akv-latency-p99-ms")
              >= counter(ours.ours, "akv-latency-p50-ms"),
          "quantiles are in order");
    child = fork();
    if (child == 0) {
        expect(ours.ours, "akv-calls", 0);
        _exit(0);
    }
    check(waitpid(child, &status, 0) == child && status == 0, "the child");
    EVP_PKEY_free(pkey);
    EVP_PKEY_free(public_key);
    context_close(&plain);
    context_close(&ours);
    return 0;
}
