/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Where libcurl takes the addresses of hosts from. Normally it looks names up
 * by itself, in threads of its own. Where that cannot be done (any more) it is
 * given the addresses that are kept (names.h). In the loop only.
 */

#ifndef AKV_CURL_RESOLVE_H
#define AKV_CURL_RESOLVE_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/settings_impl.h"

struct akv_curl_resolve {
    const struct akv_settings *settings; /* borrowed */
    struct curl_slist *fixed;            /* owned: the setting's */
    bool own;        /* names are looked up by us, since libcurl cannot */
    bool pinned;     /* what is kept counts */
    bool was_pinned; /* libcurl has to be told that it does not */
    char stale[256]; /* own: the host that could not be connected to, or "" */
    int64_t looked;  /* own: monotonic ms of when it was looked up last */
};

/* own: no threads may be started. False: no memory; free it all the same. */
bool akv_curl_resolve_init(struct akv_curl_resolve *resolve,
                           const struct akv_settings *settings,
                           bool own) AKV_MUST_CHECK;
void akv_curl_resolve_free(struct akv_curl_resolve *resolve);

/*
 * Sets what the handle is to connect to, for a request to url; proxied: it may
 * go to the proxy of the settings. May look up names, if it has to. *list is
 * owned by the caller and lasts as long as the transfer. False with the reason.
 */
bool akv_curl_resolve_set(struct akv_curl_resolve *resolve, CURL *easy,
                          const char *url, bool proxied,
                          struct curl_slist **list,
                          struct akv_error *err) AKV_MUST_CHECK;

/* Takes note of how a transfer ended. True: it is worth another try at once,
 * with akv_curl_resolve_set() before. */
bool akv_curl_resolve_ended(struct akv_curl_resolve *resolve, CURL *easy,
                            CURLcode code, const char *url, bool proxied,
                            const char *detail, struct akv_log *log);

/* Connects to another host than the URL's, which only the certificate and the
 * server know it by: https://HOST[:PORT][/...]; NULL: to the URL's. *list is to
 * be freed behind the transfer. False: no memory. */
bool akv_curl_set_peer(CURL *easy, const char *peer,
                       struct curl_slist **list) AKV_MUST_CHECK;

#endif
