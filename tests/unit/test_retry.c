/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "transport/retry.h"
#include "unit.h"

#define NOW 1700000000 /* Tue, 14 Nov 2023 22:13:20 GMT */
#define DAY_MS 86400000
#define SHORTEST 200 /* 250 ms, spread by the random number 0 */

static int64_t fixed(void *arg)
{
    (void)arg;
    return NOW;
}

static const struct akv_clock stopped = { fixed, fixed, NULL };

static void statuses(void)
{
    static const long wanted[] = { 408, 429, 500, 502, 503, 504 };
    long status;
    size_t i;

    for (status = 0; status < 600; status++) {
        bool want = false;

        for (i = 0; i < COUNT(wanted); i++)
            want = want || status == wanted[i];
        if (akv_retry_status(status) != want)
            break;
    }
    CHECK_INT("statuses that went right", status, 600);
}

/* The delay that headers ask for; -1: none of them does. A server that asks
 * for none, or that has its clock wrong, still gets the shortest pause. */
static void hints(void)
{
    static const struct {
        const char *ms, *x_ms, *after;
        int64_t want;
    } rows[] = {
        { NULL, NULL, NULL, -1 },
        { "1500", NULL, NULL, 1500 },
        { NULL, "1600", NULL, 1600 },
        { NULL, NULL, "2", 2000 },
        { "199", NULL, NULL, SHORTEST },
        { "201", NULL, NULL, 201 },
        { NULL, NULL, "0", 200 },
        { "1500", "1600", "2", 1500 },
        { NULL, "1600", "2", 1600 },
        { "soon", "1600", "2", 1600 },
        { "", "", "2", 2000 },
        { "-1", NULL, NULL, -1 },
        { "+1", NULL, NULL, -1 },
        { "1.5", NULL, NULL, -1 },
        { "1500ms", NULL, NULL, -1 },
        { " 1500", NULL, NULL, -1 },
        { "1500 ", NULL, NULL, -1 },
        { NULL, NULL, "two", -1 },
        { NULL, NULL, "-2", -1 },
        { NULL, NULL, "2 3", -1 },
        { NULL, NULL, "86400", DAY_MS },
        { NULL, NULL, "86401", DAY_MS },
        { NULL, NULL, "99999999999999999999", DAY_MS },
        { "99999999999999999999", NULL, NULL, DAY_MS },
        { NULL, NULL, "Tue, 14 Nov 2023 22:13:25 GMT", 5000 },
        { NULL, NULL, "Tue, 14 Nov 2023 22:13:20 GMT", 200 },
        { NULL, NULL, "Tue, 14 Nov 2023 22:13:19 GMT", 200 },
        { NULL, NULL, "Thu, 01 Jan 1970 00:00:00 GMT", 200 },
        { NULL, NULL, "Fri, 14 Nov 2053 22:13:25 GMT", DAY_MS },
        { NULL, NULL, "Tue, 14 Nov 2023 22:13:25", -1 },
        { NULL, NULL, "Tue, 14 Nov 2023 22:13:25 CET", -1 },
        { NULL, NULL, "Tue, 14 Nov 2023 22:13:25 GMT+1", -1 },
        { NULL, NULL, "Tue, 99 Nov 2023 22:13:25 GMT", -1 },
        { NULL, NULL, "2023-11-14T22:13:25Z", -1 },
        { NULL, NULL, "", -1 },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        /* The texts are only read. */
        union {
            const char *in;
            char *out;
        } ms = { rows[i].ms }, x_ms = { rows[i].x_ms },
          after = { rows[i].after };
        struct akv_http_reply reply = { .status = 429 };
        char where[200];
        int64_t delay;

        (void)snprintf(
            where, sizeof(where), "%s | %s | %s", ms.in != NULL ? ms.in : "-",
            x_ms.in != NULL ? x_ms.in : "-", after.in != NULL ? after.in : "-");
        reply.headers[AKV_H_RETRY_AFTER_MS] = ms.out;
        reply.headers[AKV_H_X_MS_RETRY_AFTER_MS] = x_ms.out;
        reply.headers[AKV_H_RETRY_AFTER] = after.out;
        delay = akv_retry_delay(1, &reply, &stopped, 0);
        CHECK_INT(where, delay, rows[i].want >= 0 ? rows[i].want : SHORTEST);
        if (rows[i].want
            >= 0) /* the back-off of later attempts plays no part */
            CHECK_INT(where, akv_retry_delay(9, &reply, &stopped, 0), delay);
    }
}

static void back_off(void)
{
    static const int64_t base[] = { 250,  250,  500,  1000, 2000,
                                    4000, 8000, 8000, 8000 };
    unsigned attempt;
    uint32_t random;

    for (attempt = 0; attempt < COUNT(base); attempt++) {
        int64_t low = INT64_MAX, high = 0;

        for (random = 0; random < 2000; random++) {
            int64_t ms = akv_retry_delay(attempt, NULL, &stopped, random);

            low = ms < low ? ms : low;
            high = ms > high ? ms : high;
        }
        CHECK_INT("least", low, base[attempt] * 8 / 10);
        CHECK_INT("most", high, base[attempt] * 13 / 10);
    }
    CHECK(akv_retry_delay(UINT32_MAX, NULL, &stopped, UINT32_MAX) <= 10400);
}

static void random_spread(void)
{
    uint32_t first = akv_retry_random();
    int i;

    for (i = 0; i < 100 && akv_retry_random() == first; i++)
        ;
    CHECK(i < 100);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "statuses", statuses },
        { "what the server asks for", hints },
        { "back-off", back_off },
        { "random numbers differ", random_spread },
    };

    return unit_main("retry", tests, COUNT(tests));
}
