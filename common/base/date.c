/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Without strptime(3), which reads the names of months and AM or PM as the
 * locale has them. A date is checked as a whole before timegm(3) or mktime(3)
 * gets it: these make some other date of one that is none.
 */

#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/ascii.h"
#include "base/date.h"

#define LATEST 253402300800 /* the year 10000 */

/* Reads a number of at most width digits; NULL: there is none. */
static const char *date_number(const char *p, int width, int *value)
{
    const char *start = p;

    *value = 0;
    while (akv_is_digit(*p) && p - start < width)
        *value = 10 * *value + (*p++ - '0');
    return p > start ? p : NULL;
}

/* Three numbers with a separator between them. */
static const char *date_three(const char *p, char separator,
                              const int widths[3], int values[3])
{
    int i;

    for (i = 0; i < 3 && p != NULL; i++) {
        if (i > 0 && *p++ != separator)
            return NULL;
        p = date_number(p, widths[i], &values[i]);
    }
    return p;
}

static const char *skip_fraction(const char *p)
{
    const char *start = p;

    if (*p != '.')
        return p;
    while (akv_is_digit(*++p))
        ;
    return p > start + 1 ? p : NULL;
}

static const char *skip_blanks(const char *p)
{
    while (akv_is_space(*p))
        p++;
    return p;
}

static const char *read_day(const char *p, struct tm *tm)
{
    static const int iso[3] = { 4, 2, 2 }, american[3] = { 2, 2, 4 };
    int v[3];
    const char *end = date_three(p, '-', iso, v);

    if (end != NULL) {
        tm->tm_year = v[0];
        tm->tm_mon = v[1];
        tm->tm_mday = v[2];
    } else if ((end = date_three(p, '/', american, v)) != NULL) {
        tm->tm_mon = v[0];
        tm->tm_mday = v[1];
        tm->tm_year = v[2];
    }
    tm->tm_year -= 1900;
    tm->tm_mon -= 1;
    return end;
}

/* With AM or PM behind it, which some write behind 24 hours, too. */
static const char *read_hour(const char *p, struct tm *tm)
{
    static const int widths[3] = { 2, 2, 2 };
    bool pm;
    int v[3];

    p = date_three(p, ':', widths, v);
    if (p != NULL)
        p = skip_fraction(p);
    if (p == NULL)
        return NULL;
    tm->tm_hour = v[0];
    tm->tm_min = v[1];
    tm->tm_sec = v[2];
    p = skip_blanks(p);
    pm = strncasecmp(p, "PM", 2) == 0;
    if (!pm && strncasecmp(p, "AM", 2) != 0)
        return p;
    if (pm && tm->tm_hour < 12)
        tm->tm_hour += 12;
    else if (!pm && tm->tm_hour == 12)
        tm->tm_hour = 0;
    return skip_blanks(p + 2);
}

/* Z, UTC, GMT, +HH:MM or +HHMM; nothing is *named false. */
static const char *read_zone(const char *p, bool *named, int *offset)
{
    int sign = *p == '-' ? -1 : 1, hours, minutes = 0;

    *offset = 0;
    *named = *p != '\0';
    if (*p == 'Z' || *p == 'z')
        return p + 1;
    if (strncasecmp(p, "UTC", 3) == 0 || strncasecmp(p, "GMT", 3) == 0)
        return p + 3;
    if (*p != '+' && *p != '-')
        return p;
    p = date_number(p + 1, 2, &hours);
    if (p == NULL)
        return NULL;
    p = date_number(*p == ':' ? p + 1 : p, 2, &minutes);
    *offset = sign * (3600 * hours + 60 * minutes);
    return p;
}

/* timegm() and mktime() would make a 3rd of March of a 31st of February. */
static bool date_is_date(const struct tm *tm)
{
    static const int days[12] = {
        31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };
    int year = tm->tm_year + 1900;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return year >= 1970 && tm->tm_mon >= 0 && tm->tm_mon < 12
           && tm->tm_mday >= 1 && tm->tm_mday <= days[tm->tm_mon]
           && (tm->tm_mon != 1 || tm->tm_mday < 29 || leap) && tm->tm_hour < 24
           && tm->tm_min < 60 && tm->tm_sec <= 60;
}

static bool read_seconds(const char *text, int64_t *seconds)
{
    int64_t value = 0;

    if (!akv_is_digit(*text))
        return false;
    for (; akv_is_digit(*text); text++) {
        value = 10 * value + (*text - '0');
        if (value >= LATEST)
            return false;
    }
    text = skip_fraction(text);
    if (text == NULL || *text != '\0')
        return false;
    *seconds = value;
    return true;
}

bool akv_date_read(const char *text, bool local, int64_t *seconds)
{
    struct tm tm = { .tm_isdst = -1 };
    bool named;
    int offset;
    const char *p;

    text = skip_blanks(text);
    if (read_seconds(text, seconds))
        return true;
    p = read_day(text, &tm);
    if (p == NULL || (*p != 'T' && *p != ' '))
        return false;
    p = read_hour(skip_blanks(*p == 'T' ? p + 1 : p), &tm);
    if (p == NULL || !date_is_date(&tm))
        return false;
    p = read_zone(p, &named, &offset);
    if (p == NULL || *skip_blanks(p) != '\0')
        return false;
    *seconds =
        named || !local ? (int64_t)timegm(&tm) - offset : (int64_t)mktime(&tm);
    return true;
}

/* Behind "DDD, DD ": the month's name and a blank. */
static const char *read_month(const char *p, int *month)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (*month = 0; *month < 12; ++*month)
        if (strncmp(p, months + (size_t)*month * 3, 3) == 0 && p[3] == ' ')
            return p + 4;
    return NULL;
}

bool akv_date_read_http(const char *text, int64_t *seconds)
{
    struct tm tm = { .tm_isdst = 0 };
    const char *p = strchr(text, ',');

    if (p == NULL || p[1] != ' ')
        return false;
    p = date_number(p + 2, 2, &tm.tm_mday);
    if (p == NULL || *p != ' ' || (p = read_month(p + 1, &tm.tm_mon)) == NULL
        || (p = date_number(p, 4, &tm.tm_year)) == NULL || *p != ' '
        || (p = read_hour(p + 1, &tm)) == NULL || strcmp(p, "GMT") != 0)
        return false;
    tm.tm_year -= 1900;
    if (!date_is_date(&tm))
        return false;
    *seconds = (int64_t)timegm(&tm);
    return true;
}
