/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Three ways: libcurl looks names up; where it no longer can, it is given the
 * addresses that are kept (pinned); and where no thread can be started, names
 * are looked up here, while the loop stands still (own). What libcurl was given
 * stays in its cache until it is told to drop it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/settings_impl.h"
#include "transport/curl_resolve.h"
#include "transport/names.h"

#define AGAIN_MS 30000 /* between looks for other addresses */

/* A host that a request may connect to. */
struct peer {
    char host[256];
    char port[8];
};

static bool curl_resolve_append(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);

    if (longer != NULL)
        *list = longer;
    return longer != NULL;
}

bool akv_curl_resolve_init(struct akv_curl_resolve *resolve,
                           const struct akv_settings *settings, bool own)
{
    const char *cursor = settings->resolve, *item;
    char text[600];
    size_t len;

    memset(resolve, 0, sizeof(*resolve));
    resolve->settings = settings;
    resolve->own = own;
    while ((item = akv_list_next(&cursor, &len)) != NULL) {
        if (len >= sizeof(text)
            || snprintf(text, sizeof(text), "%.*s", (int)len, item) < 0
            || !curl_resolve_append(&resolve->fixed, text))
            return false;
    }
    return true;
}

void akv_curl_resolve_free(struct akv_curl_resolve *resolve)
{
    curl_slist_free_all(resolve->fixed);
    resolve->fixed = NULL;
}

static bool curl_resolve_take(char *out, size_t size, CURLU *parsed,
                              CURLUPart part, const char *standard)
{
    char *text = NULL;
    int n = -1;

    if (curl_url_get(parsed, part, &text, 0) == CURLUE_OK)
        n = snprintf(out, size, "%s", text);
    else if (standard != NULL)
        n = snprintf(out, size, "%s", standard);
    curl_free(text);
    return n >= 0 && (size_t)n < size;
}

static bool curl_resolve_parse(struct peer *peer, const char *url,
                               const char *port)
{
    CURLU *parsed = curl_url();
    bool ok = parsed != NULL
              && curl_url_set(parsed, CURLUPART_URL, url,
                              CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME)
                     == CURLUE_OK
              && curl_resolve_take(peer->host, sizeof(peer->host), parsed,
                                   CURLUPART_HOST, NULL)
              && curl_resolve_take(peer->port, sizeof(peer->port), parsed,
                                   CURLUPART_PORT, port);

    curl_url_cleanup(parsed);
    return ok;
}

/* Whether the setting resolve names it. */
static bool is_fixed(const struct akv_curl_resolve *resolve,
                     const struct peer *peer)
{
    const struct curl_slist *item = resolve->fixed;
    char prefix[300];
    int len =
        snprintf(prefix, sizeof(prefix), "%s:%s:", peer->host, peer->port);

    while (item != NULL && strncasecmp(item->data, prefix, (size_t)len) != 0)
        item = item->next;
    return item != NULL;
}

/* The hosts that a request may connect to and that have to be looked up: of one
 * that may be proxied, the proxy, and the host where no-proxy may name it. */
static size_t get_peers(const struct akv_curl_resolve *resolve, const char *url,
                        bool proxied, struct peer peers[2])
{
    const struct akv_settings *settings = resolve->settings;
    size_t n = 0;

    if (proxied && curl_resolve_parse(&peers[n], settings->proxy, "1080")
        && akv_name_is_looked_up(peers[n].host) && !is_fixed(resolve, peers))
        n++;
    if ((!proxied || settings->no_proxy != NULL)
        && curl_resolve_parse(&peers[n], url,
                              strncmp(url, "http:", 5) == 0 ? "80" : "443")
        && akv_name_is_looked_up(peers[n].host)
        && !is_fixed(resolve, &peers[n]))
        n++;
    return n;
}

static bool curl_resolve_pin(struct curl_slist **list, const struct peer *peer,
                             const char *addresses)
{
    size_t size =
        strlen(peer->host) + strlen(peer->port) + strlen(addresses) + 3;
    char *text = malloc(size);
    bool ok = text != NULL;

    if (ok) {
        (void)snprintf(text, size, "%s:%s:%s", peer->host, peer->port,
                       addresses);
        ok = curl_resolve_append(list, text);
    }
    free(text);
    return ok;
}

static bool curl_resolve_unpin(struct curl_slist **list,
                               const struct peer *peer)
{
    char text[2 * sizeof(*peer)];

    (void)snprintf(text, sizeof(text), "-%.*s:%.*s",
                   (int)sizeof(peer->host) - 1, peer->host,
                   (int)sizeof(peer->port) - 1, peer->port);
    return curl_resolve_append(list, text);
}

static bool add_peer(const struct akv_curl_resolve *resolve,
                     struct curl_slist **list, const struct peer *peer)
{
    const char *addresses = akv_name_find(peer->host);

    if (addresses == NULL)
        return true;
    return resolve->pinned ? curl_resolve_pin(list, peer, addresses)
                           : curl_resolve_unpin(list, peer);
}

/* In line: the caller waits, since nobody else can. What is known serves until
 * it turns out to be of no use. */
static bool curl_resolve_look_up(struct akv_curl_resolve *resolve,
                                 const struct peer *peer, struct akv_error *err)
{
    int64_t now = akv_clock_mono(akv_clock_system());
    bool known = akv_name_find(peer->host) != NULL, is_stale;

    is_stale = strcasecmp(resolve->stale, peer->host) == 0;
    if (known && (!is_stale || now - resolve->looked < AGAIN_MS))
        return true;
    if (is_stale)
        resolve->stale[0] = '\0';
    resolve->looked = now;
    return akv_name_look_up(peer->host, err) || known;
}

/* Of two peers, one that cannot be looked up may not be needed. */
static bool curl_resolve_look_up_all(struct akv_curl_resolve *resolve,
                                     const struct peer peers[2], size_t count,
                                     struct akv_error *err)
{
    bool ok = count == 0;
    size_t i;

    for (i = 0; i < count; i++)
        ok |= curl_resolve_look_up(resolve, &peers[i], err);
    resolve->pinned = true;
    return ok;
}

static bool curl_resolve_no_memory(struct akv_error *err)
{
    return akv_error_set(err, AKV_E_MEMORY, "no memory for a request");
}

bool akv_curl_resolve_set(struct akv_curl_resolve *resolve, CURL *easy,
                          const char *url, bool proxied,
                          struct curl_slist **list, struct akv_error *err)
{
    const struct curl_slist *item;
    struct peer peers[2];
    size_t count, i;
    bool ok = true;

    *list = NULL;
    if (!resolve->own && !resolve->pinned && !resolve->was_pinned)
        return curl_easy_setopt(easy, CURLOPT_RESOLVE, resolve->fixed)
                   == CURLE_OK
               || curl_resolve_no_memory(err);
    count = get_peers(resolve, url, proxied, peers);
    if (resolve->own && !curl_resolve_look_up_all(resolve, peers, count, err))
        return false;
    for (item = resolve->fixed; ok && item != NULL; item = item->next)
        ok = curl_resolve_append(list, item->data);
    for (i = 0; ok && i < count; i++)
        ok = add_peer(resolve, list, &peers[i]);
    return (ok && curl_easy_setopt(easy, CURLOPT_RESOLVE, *list) == CURLE_OK)
           || curl_resolve_no_memory(err);
}

/* Of an authority, with or without a path behind it. */
static bool has_port(const char *authority)
{
    size_t len = strcspn(authority, "/");
    const char *host =
        *authority == '[' ? memchr(authority, ']', len) : authority;

    return host != NULL
           && memchr(host, ':', len - (size_t)(host - authority)) != NULL;
}

bool akv_curl_set_peer(CURL *easy, const char *peer, struct curl_slist **list)
{
    char text[320];

    if (peer == NULL)
        return true;
    peer = strstr(peer, "://");
    if (peer == NULL
        || snprintf(text, sizeof(text), "::%.*s%s", (int)strcspn(peer + 3, "/"),
                    peer + 3, has_port(peer + 3) ? "" : ":")
               >= (int)sizeof(text))
        return false;
    *list = curl_slist_append(NULL, text);
    return *list != NULL
           && curl_easy_setopt(easy, CURLOPT_CONNECT_TO, *list) == CURLE_OK;
}

static bool has_connected(CURL *easy)
{
    curl_off_t us = 0;

    return curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &us) == CURLE_OK
           && us > 0;
}

/* libcurl has no name for it. */
static bool had_no_thread(CURLcode code, const char *detail)
{
    return code != CURLE_OK && strstr(detail, "thread failed to start") != NULL;
}

static bool has_looked_up(CURL *easy)
{
    curl_off_t us = 0;

    return curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &us) == CURLE_OK
           && us > 0;
}

/* A look-up that takes too long may be one that no thread could be started for:
 * libcurl 8.20 and later wait for one without a word. */
static bool could_not_look_up(CURL *easy, CURLcode code)
{
    return code == CURLE_COULDNT_RESOLVE_HOST
           || code == CURLE_COULDNT_RESOLVE_PROXY
           || (code == CURLE_OPERATION_TIMEDOUT && !has_looked_up(easy));
}

static bool could_not_connect(CURL *easy, CURLcode code)
{
    return code == CURLE_COULDNT_CONNECT
           || (code == CURLE_OPERATION_TIMEDOUT && !has_connected(easy));
}

static bool is_any_kept(const struct peer peers[2], size_t count)
{
    size_t i = 0;

    while (i < count && akv_name_find(peers[i].host) == NULL)
        i++;
    return i < count;
}

bool akv_curl_resolve_ended(struct akv_curl_resolve *resolve, CURL *easy,
                            CURLcode code, const char *url, bool proxied,
                            const char *detail, struct akv_log *log)
{
    struct peer peers[2];
    size_t count;

    if (code == CURLE_OK)
        return false;
    if (resolve->pinned && could_not_connect(easy, code)) {
        if (resolve->own) {
            count = get_peers(resolve, url, proxied, peers);
            (void)snprintf(resolve->stale, sizeof(resolve->stale), "%s",
                           count > 0 ? peers[0].host : "");
        } else {
            resolve->pinned = false; /* libcurl may find another address */
            resolve->was_pinned = true;
        }
        return false;
    }
    if (resolve->own || resolve->pinned
        || (!could_not_look_up(easy, code) && !had_no_thread(code, detail)))
        return false;
    count = get_peers(resolve, url, proxied, peers);
    if (had_no_thread(code, detail)) {
        resolve->own = true;
        return true;
    }
    if (!is_any_kept(peers, count))
        return false;
    akv_log_write(log, AKV_LOG_WARNING,
                  "%s: it cannot be looked up any more (%s); the address of "
                  "when a key was loaded serves instead",
                  peers[0].host, detail);
    resolve->pinned = true;
    return true;
}
