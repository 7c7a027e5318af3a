/* SPDX-License-Identifier: Apache-2.0 */

/* Which addresses libcurl is given, and what follows from how it ends. No
 * request is made. */

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/settings_impl.h"
#include "transport/curl_resolve.h"
#include "transport/names.h"
#include "unit.h"

static struct {
    const char *address; /* NULL: there is no such name */
    int asked;
} service;

int __wrap_getaddrinfo(const char *name, const char *port,
                       const struct addrinfo *hints, struct addrinfo **list);
int __real_getaddrinfo(const char *name, const char *port,
                       const struct addrinfo *hints, struct addrinfo **list);

int __wrap_getaddrinfo(const char *name, const char *port,
                       const struct addrinfo *hints, struct addrinfo **list)
{
    (void)name;
    service.asked++;
    return service.address != NULL
               ? __real_getaddrinfo(service.address, port, hints, list)
               : EAI_NONAME;
}

static struct akv_settings settings;
static struct akv_curl_resolve resolve;
static CURL *easy;

static void set_up(bool own)
{
    memset(&settings, 0, sizeof(settings));
    memset(&service, 0, sizeof(service));
    CHECK(akv_curl_resolve_init(&resolve, &settings, own));
    easy = curl_easy_init();
    CHECK(easy != NULL);
}

static void tear_down(void)
{
    curl_easy_cleanup(easy);
    akv_curl_resolve_free(&resolve);
}

/* The list for a request, with a space between its items. */
static const char *list_for(const char *url)
{
    static char text[1000];
    struct akv_error err = AKV_ERROR_INIT;
    struct curl_slist *list, *item;

    text[0] = '\0';
    if (!akv_curl_resolve_set(&resolve, easy, url, settings.proxy != NULL,
                              &list, &err))
        return "(failed)";
    for (item = list; item != NULL; item = item->next) {
        (void)strcat(text, item == list ? "" : " ");
        (void)strcat(text, item->data);
    }
    (void)curl_easy_setopt(easy, CURLOPT_RESOLVE, NULL);
    curl_slist_free_all(list);
    return text;
}

static bool ended(CURLcode code, const char *url, const char *detail)
{
    return akv_curl_resolve_ended(&resolve, easy, code, url,
                                  settings.proxy != NULL, detail, NULL);
}

#define URL "https://v.example/keys"

/* libcurl looks names up by itself, as long as it can. */
static void by_libcurl(void)
{
    set_up(false);
    CHECK_STR("no list", list_for(URL), "");
    CHECK(!ended(CURLE_OK, URL, ""));
    CHECK(!ended(CURLE_COULDNT_RESOLVE_HOST, URL, "Could not resolve host"));
    CHECK_STR("nothing is kept", list_for(URL), "");
    service.address = "192.0.2.1";
    CHECK(akv_name_look_up("v.example", NULL));
    CHECK_STR("not needed", list_for(URL), "");
    CHECK(ended(CURLE_OPERATION_TIMEDOUT, URL, "Connection timed out"));
    CHECK_STR("pinned", list_for(URL), "v.example:443:192.0.2.1");
    CHECK_STR("port", list_for("https://v.example:8443/"),
              "v.example:8443:192.0.2.1");
    CHECK_STR("another", list_for("https://w.example/"), "");
    CHECK(!ended(CURLE_COULDNT_RESOLVE_HOST, URL, "no")); /* once */
    CHECK(!ended(CURLE_COULDNT_CONNECT, URL, "refused"));
    CHECK_STR("no longer", list_for(URL), "-v.example:443");
    CHECK(ended(CURLE_COULDNT_RESOLVE_HOST, URL, "no"));
    CHECK_STR("again", list_for(URL), "v.example:443:192.0.2.1");
    tear_down();
}

/* The name was found, and the server takes too long. */
static void slow_server(void)
{
    set_up(false);
    service.address = "192.0.2.1";
    CHECK(akv_name_look_up("v.example", NULL));
    (void)curl_easy_setopt(easy, CURLOPT_URL, "http://127.0.0.1:1/");
    CHECK_INT("nobody is there", curl_easy_perform(easy),
              CURLE_COULDNT_CONNECT);
    CHECK(!ended(CURLE_OPERATION_TIMEDOUT, URL, "Resolving timed out"));
    CHECK_STR("not needed", list_for(URL), "");
    tear_down();
}

/* It cannot, for want of a thread: it is done for it. */
static void thread_failed(void)
{
    set_up(false);
    service.address = "192.0.2.2";
    CHECK(ended(CURLE_COULDNT_RESOLVE_HOST, "https://x.example/",
                "getaddrinfo() thread failed to start"));
    CHECK_STR("by us", list_for("https://x.example/"),
              "x.example:443:192.0.2.2");
    CHECK_INT("asked", service.asked, 1);
    tear_down();
}

static void by_us(void)
{
    set_up(true);
    CHECK_STR("no such name", list_for("https://y.example/"), "(failed)");
    CHECK_STR("no name", list_for("https://127.0.0.1:8443/"), "");
    CHECK_STR("no name", list_for("https://localhost:8443/"), "");
    CHECK_INT("asked", service.asked, 1);
    service.address = "192.0.2.3";
    CHECK_STR("there", list_for("https://y.example/"),
              "y.example:443:192.0.2.3");
    CHECK_STR("http", list_for("http://y.example/"), "y.example:80:192.0.2.3");
    CHECK_INT("asked once", service.asked, 2);
    service.address = "192.0.2.4";
    CHECK(!ended(CURLE_COULDNT_CONNECT, "https://y.example/", "refused"));
    CHECK_STR("it was asked just now", list_for("https://y.example/"),
              "y.example:443:192.0.2.3");
    resolve.looked -= 30000;
    CHECK_STR("it may have moved", list_for("https://y.example/"),
              "y.example:443:192.0.2.4");
    CHECK(!ended(CURLE_COULDNT_CONNECT, "https://y.example/", "refused"));
    CHECK_STR("not so soon again", list_for("https://y.example/"),
              "y.example:443:192.0.2.4");
    CHECK_INT("asked", service.asked, 3);
    tear_down();
}

static void by_a_setting(void)
{
    set_up(true);
    akv_curl_resolve_free(&resolve);
    settings.resolve = (char[]){ "z.example:443:192.0.2.5,a.b:1:192.0.2.6" };
    CHECK(akv_curl_resolve_init(&resolve, &settings, true));
    CHECK_STR("as it says", list_for("https://z.example/"),
              "z.example:443:192.0.2.5 a.b:1:192.0.2.6");
    CHECK_INT("not asked", service.asked, 0);
    service.address = "192.0.2.7";
    CHECK_STR("another port", list_for("https://z.example:444/"),
              "z.example:443:192.0.2.5 a.b:1:192.0.2.6 "
              "z.example:444:192.0.2.7");
    tear_down();
}

/* The proxy's name counts, and the host's where no-proxy may name it. */
static void by_a_proxy(void)
{
    set_up(true);
    settings.proxy = (char[]){ "proxy.example:3128" };
    service.address = "192.0.2.8";
    CHECK_STR("proxy", list_for("https://q.example/"),
              "proxy.example:3128:192.0.2.8");
    settings.proxy = (char[]){ "http://other.example" };
    CHECK_STR("its port", list_for("https://q.example/"),
              "other.example:1080:192.0.2.8");
    settings.no_proxy = (char[]){ "q.example" };
    CHECK_STR("both", list_for("https://q.example/"),
              "other.example:1080:192.0.2.8 q.example:443:192.0.2.8");
    service.address = NULL;
    CHECK_STR("the proxy may know it", list_for("https://r.example/"),
              "other.example:1080:192.0.2.8");
    tear_down();
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "by libcurl", by_libcurl },
        { "slow server", slow_server },
        { "a thread failed to start", thread_failed },
        { "by us", by_us },
        { "by the setting resolve", by_a_setting },
        { "by a proxy", by_a_proxy },
    };

    return unit_main("curl_resolve", tests, COUNT(tests));
}
