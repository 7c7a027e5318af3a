/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "base/stats_impl.h"
#include "unit.h"

static void nothing(void)
{
    static struct akv_stats stats;
    struct akv_stats_read read;

    akv_stats_take(&stats, &read);
    CHECK_INT("calls", read.calls, 0);
    CHECK_INT("p50", read.p50_ms, 0);
    CHECK_INT("p99", read.p99_ms, 0);
    akv_stats_ended(NULL, true, 1); /* nobody counts */
    AKV_COUNT((struct akv_stats *)NULL, retries);
}

static void counted(void)
{
    static struct akv_stats stats;
    struct akv_stats_read read;
    char text[300];
    int i;

    for (i = 0; i < 97; i++)
        akv_stats_ended(&stats, true, 5);
    akv_stats_ended(&stats, false, 100);
    akv_stats_ended(&stats, false, 100);
    akv_stats_ended(&stats, true, 1000000);
    akv_stats_ended(&stats, true, -1); /* a clock that went back */
    AKV_COUNT(&stats, requests);
    AKV_COUNT(&stats, tokens);
    akv_stats_take(&stats, &read);
    CHECK_INT("calls", read.calls, 101);
    CHECK_INT("failures", read.failures, 2);
    CHECK_INT("sum", read.sum_ms, 97 * 5 + 200 + 1000000);
    CHECK_INT("max", read.max_ms, 1000000);
    CHECK_INT("p50", read.p50_ms, 8);
    CHECK_INT("p99", read.p99_ms, 128);
    akv_stats_describe(&stats, text, sizeof(text));
    CHECK_STR("text", text,
              "calls=101 failures=2 requests=1 retries=0 tokens=1 "
              "mean_ms=9907 p50_ms=8 p99_ms=128 max_ms=1000000");
}

/* A quantile is never above the longest. */
static void few(void)
{
    static struct akv_stats stats;
    struct akv_stats_read read;

    akv_stats_ended(&stats, true, 5);
    akv_stats_take(&stats, &read);
    CHECK_INT("p50", read.p50_ms, 5);
    CHECK_INT("p99", read.p99_ms, 5);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "nothing has been done", nothing },
        { "what was done is counted", counted },
        { "one call", few },
    };

    return unit_main("stats", tests, COUNT(tests));
}
