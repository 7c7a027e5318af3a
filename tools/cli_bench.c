/* SPDX-License-Identifier: Apache-2.0 */

/* akv key bench: what signing with a key takes, and how much the vault allows.
 * Each signature is an operation that the vault counts, and bills. */

#include "cli_bench.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "akv/key.h"

#define THREADS_MAX 256
#define SECONDS_MAX 600
#define SAMPLES_MAX (1u << 20)

const struct cli_option cli_bench_options[] = {
    { "algorithm", "NAME", "default: by the key, such as RS256 or ES256" },
    { "threads", "NUMBER", "signatures at a time, 1 to 256; default: 1" },
    { "seconds", "NUMBER", "for how long, 1 to 600; default: 5" },
    { NULL, NULL, NULL },
};

struct bench {
    struct cli *cli;
    struct akv_id id;
    enum akv_alg alg;
    int64_t until;        /* monotonic ms */
    pthread_mutex_t lock; /* guards what follows */
    int32_t *samples;     /* owned; microseconds */
    size_t count;
    size_t failures;
    struct akv_error why; /* of the first */
};

static int64_t cli_bench_now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void cli_bench_note(struct bench *bench, bool ok, int64_t us,
                           const struct akv_error *err)
{
    (void)pthread_mutex_lock(&bench->lock);
    if (ok && bench->count < SAMPLES_MAX)
        bench->samples[bench->count++] = (int32_t)us;
    else if (!ok && bench->failures++ == 0)
        bench->why = *err;
    (void)pthread_mutex_unlock(&bench->lock);
}

/* Until the time is up, or it fails: an error would be repeated very fast. */
static void *sign_on(void *arg)
{
    static const unsigned char digest[64];
    struct bench *bench = arg;
    size_t size = akv_alg_digest_size(bench->alg);
    bool ok = true;

    while (ok && cli_bench_now_us() / 1000 < bench->until) {
        struct akv_buf signature = AKV_BUF_INIT(4096);
        struct akv_error err = AKV_ERROR_INIT;
        int64_t begun = cli_bench_now_us();

        ok = akv_key_sign(bench->cli->client, &bench->id, bench->alg, digest,
                          size, &signature, &err);
        cli_bench_note(bench, ok, cli_bench_now_us() - begun, &err);
        akv_buf_free(&signature);
    }
    return NULL;
}

static int cli_bench_compare(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

/* What signs with the key, and what a vault allows of it in ten seconds
 * (learn.microsoft.com, "Azure Key Vault service limits": software keys, HSM
 * keys, of one vault; a Managed HSM's are per second and pool). */
static const struct {
    enum akv_key_type type;
    int bits; /* of RSA, at most; 0: any */
    enum akv_curve curve;
    const char *alg;
    int software, hsm;
} kinds[] = {
    { AKV_KEY_RSA, 2048, AKV_P256, "RS256", 4000, 2000 },
    { AKV_KEY_RSA, 3072, AKV_P256, "RS256", 1000, 500 },
    { AKV_KEY_RSA, 0, AKV_P256, "RS256", 500, 250 },
    { AKV_KEY_EC, 0, AKV_P256, "ES256", 4000, 2000 },
    { AKV_KEY_EC, 0, AKV_P384, "ES384", 4000, 2000 },
    { AKV_KEY_EC, 0, AKV_P521, "ES512", 4000, 2000 },
    { AKV_KEY_EC, 0, AKV_P256K, "ES256K", 4000, 2000 },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static size_t cli_bench_find_kind(const struct akv_jwk *jwk)
{
    size_t i = 0;

    while (
        i < KINDS
        && (kinds[i].type != jwk->type
            || (jwk->type == AKV_KEY_EC && kinds[i].curve != jwk->curve)
            || (kinds[i].bits > 0 && jwk->n.len * 8 > (size_t)kinds[i].bits)))
        i++;
    return i;
}

/* The algorithm, and what a vault allows of it; 0: nobody says. */
static bool cli_bench_choose(struct cli *cli, struct bench *bench, int *limit)
{
    const char *name = cli_option(cli, "algorithm");
    struct akv_key_bundle bundle;
    size_t kind;
    bool ok;

    memset(&bundle, 0, sizeof(bundle));
    ok = akv_key_get(cli->client, &bench->id, &bundle, &cli->err);
    kind = ok ? cli_bench_find_kind(&bundle.jwk) : KINDS;
    *limit = kind == KINDS    ? 0
             : bundle.jwk.hsm ? kinds[kind].hsm
                              : kinds[kind].software;
    if (strstr(bench->id.host, "managedhsm") != NULL)
        *limit = 0;
    akv_key_bundle_free(&bundle);
    if (ok && name == NULL && kind < KINDS)
        name = kinds[kind].alg;
    return ok
           && ((name != NULL && akv_alg_find(name, &bench->alg)
                && akv_alg_digest_size(bench->alg) > 0)
               || akv_error_set(&cli->err, AKV_E_INVALID,
                                "--algorithm '%s': one that signs a digest is "
                                "expected",
                                name != NULL ? name : ""));
}

static bool read_count(struct cli *cli, const char *option, long most,
                       long *value)
{
    const char *text = cli_option(cli, option);
    char *end;

    if (text == NULL)
        return true;
    *value = strtol(text, &end, 10);
    return (*text >= '0' && *text <= '9' && *end == '\0' && *value >= 1
            && *value <= most)
           || akv_error_set(&cli->err, AKV_E_INVALID,
                            "--%s '%s': a number from 1 to %ld is expected",
                            option, text, most);
}

static bool run_threads(struct bench *bench, long threads)
{
    pthread_t ids[THREADS_MAX];
    long i, started = 0;

    while (started < threads
           && pthread_create(&ids[started], NULL, sign_on, bench) == 0)
        started++;
    for (i = 0; i < started; i++)
        (void)pthread_join(ids[i], NULL);
    return started == threads
           || akv_error_set(&bench->cli->err, AKV_E_THREADS,
                            "--threads: only %ld can be started", started);
}

static bool add_ms(struct akv_json *json, const char *name,
                   const struct bench *bench, size_t percent)
{
    size_t at = (bench->count - 1) * percent / 100;

    return akv_json_add_double(json, name, bench->samples[at] / 1000.0, 2);
}

static bool cli_bench_describe(struct bench *bench, int64_t us, int limit,
                               struct akv_json *json)
{
    struct akv_stats_read stats;

    akv_client_stats(bench->cli->client, &stats);
    qsort(bench->samples, bench->count, sizeof(*bench->samples),
          cli_bench_compare);
    return akv_json_add_text(json, "algorithm", akv_alg_name(bench->alg))
           && akv_json_add_int(json, "signatures", (int64_t)bench->count)
           && akv_json_add_int(json, "failures", (int64_t)bench->failures)
           && akv_json_add_double(
               json, "perSecond",
               (double)bench->count * 1e6 / (double)(us > 0 ? us : 1), 1)
           && add_ms(json, "medianMs", bench, 50)
           && add_ms(json, "p95Ms", bench, 95)
           && add_ms(json, "p99Ms", bench, 99)
           && add_ms(json, "worstMs", bench, 100)
           && akv_json_add_int(json, "retries", (int64_t)stats.retries)
           && (limit == 0
               || akv_json_add_double(json, "vaultLimitPerSecond", limit / 10.0,
                                      1));
}

static bool cli_bench_measure(struct bench *bench, long threads, long seconds,
                              int limit, struct akv_json *json)
{
    struct cli *cli = bench->cli;
    struct akv_buf signature = AKV_BUF_INIT(4096);
    static const unsigned char digest[64];
    int64_t begun;
    bool ok;

    /* The first one gets the token and makes the connection. */
    ok = akv_key_sign(cli->client, &bench->id, bench->alg, digest,
                      akv_alg_digest_size(bench->alg), &signature, &cli->err);
    akv_buf_free(&signature);
    if (!ok)
        return false;
    begun = cli_bench_now_us();
    bench->until = begun / 1000 + seconds * 1000;
    if (!run_threads(bench, threads))
        return false;
    if (bench->count == 0) {
        cli->err = bench->why;
        return false;
    }
    if (bench->failures > 0)
        (void)fprintf(stderr, "akv: %zu failed, the first: %s\n",
                      bench->failures, bench->why.message);
    return cli_built(cli, cli_bench_describe(bench, cli_bench_now_us() - begun,
                                             limit, json));
}

int cli_run_bench(struct cli *cli)
{
    struct bench bench = { .cli = cli };
    struct akv_json *json = akv_json_new_object();
    long threads = 1, seconds = 5;
    int status, limit = 0;
    bool ok;

    if (!cli_id(cli, true, &bench.id, &status)) {
        akv_json_free(json);
        return status;
    }
    bench.samples = calloc(SAMPLES_MAX, sizeof(*bench.samples));
    (void)pthread_mutex_init(&bench.lock, NULL);
    ok = cli_built(cli, json != NULL && bench.samples != NULL)
         && read_count(cli, "threads", THREADS_MAX, &threads)
         && read_count(cli, "seconds", SECONDS_MAX, &seconds)
         && cli_bench_choose(cli, &bench, &limit)
         && cli_bench_measure(&bench, threads, seconds, limit, json);
    (void)pthread_mutex_destroy(&bench.lock);
    free(bench.samples);
    return cli_print_if(cli, ok, json);
}
