/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A reader sees one value and no other setting, but for parse_log(), which
 * fills three members. It reads the default, too. The text that it replaces is
 * wiped: it may be a secret.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "akv/buf.h"
#include "base/ascii.h"
#include "base/host.h"
#include "base/list.h"
#include "base/settings_impl.h"
#include "base/settings_parse.h"

static bool parse_text(const char *value, void *member, const char **why)
{
    char *copy = strdup(value);

    if (copy == NULL) {
        *why = "there was no memory for it";
        return false;
    }
    akv_wipe_free(*(char **)member);
    *(char **)member = copy;
    return true;
}

static bool parse_suffix(const char *value, void *member, const char **why)
{
    *why = "a DNS suffix such as vault.azure.net is expected";
    if (*value == '.')
        value++;
    return akv_host_valid(value, strlen(value)) && strchr(value, '.') != NULL
           && parse_text(value, member, why);
}

/* Calls check for each item; all must pass. */
static bool parse_list(const char *value, void *member, const char **why,
                       bool (*check)(const char *item, size_t len))
{
    const char *cursor = value, *item;
    size_t len;

    while ((item = akv_list_next(&cursor, &len)) != NULL)
        if (!check(item, len))
            return false;
    return parse_text(value, member, why);
}

static bool trusted_item(const char *item, size_t len)
{
    if (*item == '.')
        return akv_host_valid(item + 1, len - 1);
    return akv_host_valid(item, len);
}

static bool parse_trusted(const char *value, void *member, const char **why)
{
    *why = "host names and .suffixes without port, separated by commas, are "
           "expected";
    return parse_list(value, member, why, trusted_item);
}

static bool resolve_item(const char *item, size_t len)
{
    const char *port = memchr(item, ':', len), *address;

    if (port == NULL || !akv_host_valid(item, (size_t)(port - item)))
        return false;
    port++;
    address = memchr(port, ':', len - (size_t)(port - item));
    if (address == NULL || !akv_port_valid(port, (size_t)(address - port)))
        return false;
    address++;
    return akv_host_valid(address, len - (size_t)(address - item));
}

static bool parse_resolve(const char *value, void *member, const char **why)
{
    *why = "host:port:address, separated by commas, is expected";
    return parse_list(value, member, why, resolve_item);
}

/* Tokens are asked for there with a secret: https only. */
static bool parse_authority(const char *value, void *member, const char **why)
{
    static const char scheme[] = "https://";
    size_t len = strlen(value);

    *why = "https://HOST[:PORT] is expected";
    if (strncasecmp(value, scheme, sizeof(scheme) - 1) != 0
        || !akv_authority_valid(value + sizeof(scheme) - 1))
        return false;
    if (!parse_text(value, member, why))
        return false;
    if ((*(char **)member)[len - 1] == '/')
        (*(char **)member)[len - 1] = '\0';
    return true;
}

static bool parse_host(const char *value, void *member, const char **why)
{
    *why = "a host name is expected";
    return akv_host_valid(value, strlen(value))
           && parse_text(value, member, why);
}

static bool parse_digits(const char *value, char **end, long long *number)
{
    if (!akv_is_digit(*value))
        return false;
    errno = 0;
    *number = strtoll(value, end, 10);
    return errno == 0;
}

static bool parse_time(const char *value, void *member, const char **why)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 } };
    const int64_t most = 24LL * 3600 * 1000;
    long long number;
    char *unit;
    size_t i;

    *why = "a time with its unit, such as 500ms, 10s or 2m, is expected";
    if (!parse_digits(value, &unit, &number))
        return false;
    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(unit, units[i].unit) != 0)
            continue;
        *why = "a time between 1ms and 24 hours is expected";
        if (number < 1 || number > most / units[i].ms)
            return false;
        *(int64_t *)member = number * units[i].ms;
        return true;
    }
    return false;
}

static bool parse_period(const char *value, void *member, const char **why)
{
    if (strcmp(value, "off") != 0)
        return parse_time(value, member, why);
    *(int64_t *)member = 0;
    return true;
}

static bool parse_wait(const char *value, void *member, const char **why)
{
    if (strcmp(value, "0s") != 0)
        return parse_time(value, member, why);
    *(int64_t *)member = 0;
    return true;
}

static bool parse_count(const char *value, void *member, const char **why)
{
    long long number;
    char *end;

    *why = "a number between 1 and 10000 is expected";
    if (!parse_digits(value, &end, &number) || *end != '\0' || number < 1
        || number > 10000)
        return false;
    *(int64_t *)member = number;
    return true;
}

struct word {
    const char *word;
    int64_t value;
};

static bool parse_word(const struct word *words, const char *value, size_t len,
                       int64_t *member)
{
    for (; words->word != NULL; words++) {
        if (strlen(words->word) == len
            && strncasecmp(words->word, value, len) == 0) {
            *member = words->value;
            return true;
        }
    }
    return false;
}

static const struct word booleans[] = {
    { "yes", 1 },   { "true", 1 }, { "on", 1 }, { "1", 1 }, { "no", 0 },
    { "false", 0 }, { "off", 0 },  { "0", 0 },  { NULL, 0 }
};

static bool parse_bool(const char *value, void *member, const char **why)
{
    *why = "yes or no is expected";
    return parse_word(booleans, value, strlen(value), member);
}

/* A word that cannot be read is no reason to do what yes forbids. */
static bool parse_strict_bool(const char *value, void *member, const char **why)
{
    *(int64_t *)member = 1;
    return parse_bool(value, member, why);
}

static const struct word threads[] = { { "auto", AKV_THREADS_AUTO },
                                       { "never", AKV_THREADS_NEVER },
                                       { NULL, 0 } };

static bool parse_threads(const char *value, void *member, const char **why)
{
    *why = "auto or never is expected";
    return parse_word(threads, value, strlen(value), member);
}

#define WORD(kind, word, name, production, tool, make) { word, kind },

static const struct word credentials[] = { AKV_CREDENTIAL_KINDS(WORD, WORD,
                                                                WORD) };

#define CREDENTIALS (sizeof(credentials) / sizeof(credentials[0]))

/* One that has no word cannot be named. */
static bool parse_credential_word(const char *value, size_t len, int64_t *kind)
{
    size_t i;

    for (i = 0; i < CREDENTIALS; i++) {
        const char *word = credentials[i].word;

        if (len > 0 && strlen(word) == len
            && strncasecmp(word, value, len) == 0) {
            *kind = credentials[i].value;
            return true;
        }
    }
    return false;
}

static bool parse_credential(const char *value, void *member, const char **why)
{
    const char *cursor = value, *item;
    int64_t kind, all = 0;
    unsigned count = 0;
    size_t len;

#define FIRST_WORD(kind, word, name, production, tool, make) word
#define NEXT_WORD(kind, word, name, production, tool, make) ", " word
#define NO_WORD(kind, word, name, production, tool, make)
    *why = "one of " AKV_CREDENTIAL_KINDS(
        FIRST_WORD, NEXT_WORD,
        NO_WORD) " is expected, or several but default, separated by commas";
    while ((item = akv_list_next(&cursor, &len)) != NULL) {
        if (count == AKV_CREDENTIALS_MAX
            || !parse_credential_word(item, len, &kind)
            || (kind == AKV_CREDENTIAL_DEFAULT && len != strlen(value)))
            return false;
        all |= kind << (4 * count++);
    }
    if (count == 0)
        return false;
    *(int64_t *)member = all;
    return true;
}

/* What AZURE_TOKEN_CREDENTIALS may say. */
static bool parse_chain(const char *value, void *member, const char **why)
{
#define NAME(kind, word, name, production, tool, make) name,
    static const char *const names[] = {
        "dev", "prod", AKV_CREDENTIAL_KINDS(NAME, NAME, NAME)
    };
#undef NAME
    size_t i;

    *why = "dev, prod or the name of one credential, such as "
           "ManagedIdentityCredential, is expected";
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i] != NULL && strcasecmp(names[i], value) == 0)
            return parse_text(value, member, why);
    return false;
}

/* An endpoint of the machine itself, which may be without TLS. */
static bool parse_endpoint(const char *value, void *member, const char **why)
{
    const char *host = strstr(value, "://"), *p;
    char authority[300];
    size_t len;

    *why = "http://HOST or https://HOST, with port and path, is expected";
    if (host == NULL
        || (strncasecmp(value, "http://", 7) != 0
            && strncasecmp(value, "https://", 8) != 0))
        return false;
    host += 3;
    len = strcspn(host, "/?#");
    if (len >= sizeof(authority))
        return false;
    memcpy(authority, host, len);
    authority[len] = '\0';
    for (p = value; *p != '\0'; p++)
        if (*p <= ' ' || *p > '~')
            return false;
    if (!akv_authority_valid(authority) || !parse_text(value, member, why))
        return false;
    len = strlen(value);
    if (value[len - 1] == '/')
        (*(char **)member)[len - 1] = '\0';
    return true;
}

/* Tokens of the cluster go there: https, and no parts that mean something. */
static bool parse_token_proxy(const char *value, void *member, const char **why)
{
    bool ok = strncasecmp(value, "https://", 8) == 0
              && strpbrk(value, "?#@") == NULL
              && parse_endpoint(value, member, why);

    *why = "https://HOST[:PORT][/PATH] is expected";
    return ok;
}

/* It becomes part of a URL. */
static bool parse_api_version(const char *value, void *member, const char **why)
{
    const char *p;

    *why = "an API version such as 7.5 or 2025-07-01 is expected";
    for (p = value; *p != '\0'; p++)
        if (!akv_is_alnum(*p) && *p != '.' && *p != '-')
            return false;
    return akv_is_digit(*value) && p - value < 32
           && parse_text(value, member, why);
}

/* level[,file:PATH|,syslog] fills three members. */
static const struct word levels[] = {
    { "off", AKV_LOG_OFF },         { "error", AKV_LOG_ERROR },
    { "warning", AKV_LOG_WARNING }, { "info", AKV_LOG_INFO },
    { "debug", AKV_LOG_DEBUG },     { NULL, 0 }
};

static bool parse_log(const char *value, void *member, const char **why)
{
    struct akv_settings *settings =
        (void *)((char *)member - offsetof(struct akv_settings, log_level));
    const char *comma = strchrnul(value, ',');
    bool to_file = strncmp(comma, ",file:", 6) == 0 && comma[6] != '\0';
    bool to_syslog = strcmp(comma, ",syslog") == 0;

    *why = "LEVEL, LEVEL,file:PATH or LEVEL,syslog with LEVEL one of off, "
           "error, warning, info, debug is expected";
    if ((*comma == ',' && !to_file && !to_syslog)
        || !parse_word(levels, value, (size_t)(comma - value), member))
        return false;
    settings->log_syslog = to_syslog;
    if (to_file)
        return parse_text(comma + 6, &settings->log_file, why);
    akv_wipe_free(settings->log_file);
    settings->log_file = NULL;
    return true;
}

static bool write_text(const void *member, struct akv_buf *out)
{
    const char *text = *(char *const *)member;

    return text == NULL || akv_buf_append_str(out, text);
}

static int64_t number_at(const void *member)
{
    return *(const int64_t *)member;
}

static bool write_time(const void *member, struct akv_buf *out)
{
    int64_t ms = number_at(member);

    if (ms == AKV_SETTING_UNSET)
        return true;
    return ms % 1000 == 0 ? akv_buf_appendf(out, "%llds", (long long)ms / 1000)
                          : akv_buf_appendf(out, "%lldms", (long long)ms);
}

static bool write_period(const void *member, struct akv_buf *out)
{
    return number_at(member) == 0 ? akv_buf_append_str(out, "off")
                                  : write_time(member, out);
}

static bool write_count(const void *member, struct akv_buf *out)
{
    return akv_buf_appendf(out, "%lld", (long long)number_at(member));
}

/* The first word of the value's. */
static const char *word_of(const struct word *words, int64_t value)
{
    while (words->word != NULL && words->value != value)
        words++;
    return words->word != NULL ? words->word : "";
}

static bool write_bool(const void *member, struct akv_buf *out)
{
    return akv_buf_append_str(out, word_of(booleans, number_at(member)));
}

static bool write_threads(const void *member, struct akv_buf *out)
{
    return akv_buf_append_str(out, word_of(threads, number_at(member)));
}

static bool write_credential(const void *member, struct akv_buf *out)
{
    int64_t all = number_at(member);
    bool ok = akv_buf_append_str(out, credentials[all & 15].word);

    while (ok && (all >>= 4) != 0)
        ok = akv_buf_appendf(out, ",%s", credentials[all & 15].word);
    return ok;
}

static bool write_log(const void *member, struct akv_buf *out)
{
    const struct akv_settings *settings =
        (const void *)((const char *)member
                       - offsetof(struct akv_settings, log_level));

    if (settings->log_level == AKV_LOG_UNSET)
        return true;
    return akv_buf_append_str(out, word_of(levels, settings->log_level))
           && (!settings->log_syslog || akv_buf_append_str(out, ",syslog"))
           && (settings->log_file == NULL
               || akv_buf_appendf(out, ",file:%s", settings->log_file));
}

const struct akv_setting_kind akv_kind_text = { parse_text, write_text };
const struct akv_setting_kind akv_kind_suffix = { parse_suffix, write_text };
const struct akv_setting_kind akv_kind_trusted = { parse_trusted, write_text };
const struct akv_setting_kind akv_kind_resolve = { parse_resolve, write_text };
const struct akv_setting_kind akv_kind_authority = { parse_authority,
                                                     write_text };
const struct akv_setting_kind akv_kind_time = { parse_time, write_time };
const struct akv_setting_kind akv_kind_period = { parse_period, write_period };
const struct akv_setting_kind akv_kind_wait = { parse_wait, write_time };
const struct akv_setting_kind akv_kind_count = { parse_count, write_count };
const struct akv_setting_kind akv_kind_bool = { parse_bool, write_bool };
const struct akv_setting_kind akv_kind_strict_bool = { parse_strict_bool,
                                                       write_bool };
const struct akv_setting_kind akv_kind_threads = { parse_threads,
                                                   write_threads };
const struct akv_setting_kind akv_kind_credential = { parse_credential,
                                                      write_credential };
const struct akv_setting_kind akv_kind_chain = { parse_chain, write_text };
const struct akv_setting_kind akv_kind_endpoint = { parse_endpoint,
                                                    write_text };
const struct akv_setting_kind akv_kind_host = { parse_host, write_text };
const struct akv_setting_kind akv_kind_token_proxy = { parse_token_proxy,
                                                       write_text };
const struct akv_setting_kind akv_kind_api_version = { parse_api_version,
                                                       write_text };
const struct akv_setting_kind akv_kind_log = { parse_log, write_log };
