/* SPDX-License-Identifier: Apache-2.0 */

/* Dates as programs and services write them. */

#include <locale.h>
#include <stdlib.h>
#include <time.h>

#include "base/date.h"
#include "unit.h"

#define THEN 1767279845 /* 2026-01-01T15:04:05Z */

static const struct {
    const char *text;
    int64_t utc, local; /* seconds; 0: no date */
} rows[] = {
    { "1767279845", THEN, THEN },
    { " 1767279845", THEN, THEN },
    { "1767279845.0", THEN, THEN },
    { "1767279845.987", THEN, THEN },
    /* App Service of 2017, in both clocks, padded or not, and in a mix */
    { "01/01/2026 15:04:05 +00:00", THEN, THEN },
    { "1/1/2026 3:04:05 PM +00:00", THEN, THEN },
    { "01/01/2026 03:04:05 pm +00:00", THEN, THEN },
    { "01/01/2026 15:04:05 PM +00:00", THEN, THEN },
    { "1/1/2026 12:00:00 AM +00:00", 1767225600, 1767225600 },
    { "1/1/2026 12:00:00 PM +00:00", 1767268800, 1767268800 },
    { "1/1/2026 00:00:00 AM +00:00", 1767225600, 1767225600 },
    { "2026-01-01T15:04:05Z", THEN, THEN },
    { "2026-01-01T15:04:05.1234567Z", THEN, THEN },
    { "2026-01-01T15:04:05.0000000+00:00", THEN, THEN },
    { "2026-01-01T16:34:05+01:30", THEN, THEN },
    { "2026-01-01T10:04:05-0500", THEN, THEN },
    { "2026-01-01 15:04:05 UTC", THEN, THEN },
    { "2026-01-01 15:04:05 GMT", THEN, THEN },
    { "2028-02-29T00:00:00Z", 1835395200, 1835395200 },
    /* the zone in this test is five hours before UTC, without summer time */
    { "2026-01-01 15:04:05", THEN, THEN + 5 * 3600 },
    { "2026-01-01 15:04:05.000000", THEN, THEN + 5 * 3600 },
    { "1/1/2026 3:04:05 PM", THEN, THEN + 5 * 3600 },
    { "", 0, 0 },
    { "tomorrow", 0, 0 },
    { "-5", 0, 0 },
    { "1767279845x", 0, 0 },
    { "1767279845.", 0, 0 },
    { "253402300800", 0, 0 },
    { "99999999999999999999", 0, 0 },
    { "2026-01-01", 0, 0 },
    { "2026-01-01T", 0, 0 },
    { "2026-01-01 15", 0, 0 },
    { "2026-01-01 15:04", 0, 0 },
    { "2026-01-01 15:04:05 CET", 0, 0 },
    { "2026-01-01 15:04:05 +", 0, 0 },
    { "2026-01-01 15:04:05.", 0, 0 },
    { "2026-01-01 15:04:05 Z Z", 0, 0 },
    { "2026-13-01 15:04:05", 0, 0 },
    { "2026-00-01 15:04:05", 0, 0 },
    { "2026-02-29 15:04:05", 0, 0 },
    { "2026-01-32 15:04:05", 0, 0 },
    { "2026-01-01 24:04:05", 0, 0 },
    { "2026-01-01 15:60:05", 0, 0 },
    { "13/13/2026 15:04:05 +00:00", 0, 0 },
    { "1969-12-31T00:00:00Z", 0, 0 },
};

static void dates(void)
{
    size_t i;

    (void)setenv("TZ", "XYZ5", 1);
    tzset();
    for (i = 0; i < COUNT(rows) * 2; i++) {
        bool local = i % 2 != 0;
        int64_t want = local ? rows[i / 2].local : rows[i / 2].utc, got = 0;

        CHECK_INT(rows[i / 2].text,
                  akv_date_read(rows[i / 2].text, local, &got), want != 0);
        CHECK_INT(rows[i / 2].text, got, want);
    }
    (void)unsetenv("TZ");
    tzset();
}

static void headers(void)
{
    static const struct {
        const char *text;
        int64_t want;
    } http_rows[] = {
        { "Thu, 01 Jan 2026 15:04:05 GMT", THEN },
        { "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
        { "Thu, 01 Jan 2026 15:04:05 UTC", 0 },
        { "Thu, 01 Jan 2026 15:04:05 GMT ", 0 },
        { "Thu, 01 Jen 2026 15:04:05 GMT", 0 },
        { "Thu, 01 anF 2026 15:04:05 GMT", 0 },
        { "Thu, 31 Jun 2026 15:04:05 GMT", 0 },
        { "Thursday, 01-Jan-26 15:04:05 GMT", 0 },
        { "Thu Jan  1 15:04:05 2026", 0 },
        { "5", 0 },
        { "", 0 },
    };
    size_t i;

    /* where there is one: what days and months are called must not matter */
    (void)setlocale(LC_ALL, "de_DE.UTF-8");
    for (i = 0; i < COUNT(http_rows); i++) {
        int64_t got = 0;

        CHECK_INT(http_rows[i].text,
                  akv_date_read_http(http_rows[i].text, &got),
                  http_rows[i].want != 0);
        CHECK_INT(http_rows[i].text, got, http_rows[i].want);
    }
    (void)setlocale(LC_ALL, "C");
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "dates of tokens", dates },
        { "dates of headers", headers },
    };

    return unit_main("date", tests, COUNT(tests));
}
