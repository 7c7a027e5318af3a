/* SPDX-License-Identifier: Apache-2.0 */

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "transport/names.h"
#include "unit.h"

#define BUDGET_MS 5000 /* for all that is looked up early here */

/* A name service of our own: it answers, refuses, or does not answer. */
static struct {
    const char *v4, *v6; /* NULL: it has none of the kind */
    int rc;
    atomic_uint asked;
    char last[256];
    sem_t *hangs;
    bool no_threads;
    bool in_line; /* it was asked by the test's own thread */
    pthread_t main;
} service;

int __wrap_getaddrinfo(const char *name, const char *port,
                       const struct addrinfo *hints, struct addrinfo **list);
int __real_getaddrinfo(const char *name, const char *port,
                       const struct addrinfo *hints, struct addrinfo **list);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*fn)(void *arg), void *arg);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*fn)(void *arg), void *arg);

int __wrap_getaddrinfo(const char *name, const char *port,
                       const struct addrinfo *hints, struct addrinfo **list)
{
    struct addrinfo numeric = { .ai_flags = AI_NUMERICHOST,
                                .ai_socktype = SOCK_STREAM };
    struct addrinfo **end = list;
    int rc = service.rc;

    (void)port;
    (void)hints;
    atomic_fetch_add(&service.asked, 1);
    (void)strcpy(service.last, name);
    service.in_line = pthread_equal(pthread_self(), service.main) != 0;
    if (service.hangs != NULL)
        (void)sem_wait(service.hangs);
    *list = NULL;
    if (rc == 0 && service.v4 != NULL)
        rc = __real_getaddrinfo(service.v4, NULL, &numeric, end);
    while (rc == 0 && *end != NULL)
        end = &(*end)->ai_next;
    if (rc == 0 && service.v6 != NULL)
        rc = __real_getaddrinfo(service.v6, NULL, &numeric, end);
    return rc;
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*fn)(void *arg), void *arg)
{
    if (service.no_threads)
        return EAGAIN;
    return __real_pthread_create(thread, attr, fn, arg);
}

static void set_up(void)
{
    memset(&service, 0, sizeof(service));
    service.main = pthread_self();
}

static void which(void)
{
    static const struct {
        const char *host;
        bool is_name;
    } rows[] = {
        { "v.vault.azure.net", true },
        { "v", true },
        { "127.0.0.1", false },
        { "10.1.2.3", false },
        { "[::1]", false },
        { "2001:db8::1", false },
        { "localhost", false },
        { "LOCALHOST", false },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++)
        CHECK_INT(rows[i].host, akv_name_is_looked_up(rows[i].host),
                  rows[i].is_name);
}

static void look_up(void)
{
    struct akv_error err = AKV_ERROR_INIT;

    set_up();
    CHECK(akv_name_find("a.example") == NULL);
    service.v4 = "192.0.2.1";
    service.v6 = "2001:db8::1";
    CHECK(akv_name_look_up("a.example", &err));
    CHECK_STR("kept", akv_name_find("A.example"), "192.0.2.1,[2001:db8::1]");
    CHECK(akv_name_find("b.example") == NULL);
    service.v6 = NULL;
    CHECK(akv_name_look_up("a.example", &err));
    CHECK_STR("anew", akv_name_find("a.example"), "192.0.2.1");
    service.rc = EAI_AGAIN;
    CHECK(!akv_name_look_up("a.example", &err));
    CHECK_INT("code", err.code, AKV_E_TRANSPORT);
    CHECK_HAS("name", err.message, "the name a.example cannot be looked up");
    CHECK_HAS("reason", err.message, gai_strerror(EAI_AGAIN));
    CHECK_STR("stays", akv_name_find("a.example"), "192.0.2.1");
    CHECK(!akv_name_look_up("c.example", NULL));
    CHECK(akv_name_find("c.example") == NULL);
}

static void early(void)
{
    const char *const hosts[] = { "d.example", NULL, "127.0.0.1", "e.example" };

    set_up();
    service.v4 = "192.0.2.7";
    akv_names_look_up_early(hosts, COUNT(hosts), BUDGET_MS);
    CHECK_STR("first", akv_name_find("d.example"), "192.0.2.7");
    CHECK_STR("second", akv_name_find("e.example"), "192.0.2.7");
    CHECK_INT("asked", atomic_load(&service.asked), 2);
    CHECK("in a thread" && !service.in_line);
    akv_names_look_up_early(hosts, COUNT(hosts), BUDGET_MS);
    CHECK_INT("asked once", atomic_load(&service.asked), 2);
    service.rc = EAI_NONAME;
    akv_names_look_up_early((const char *const[]){ "f.example" }, 1, BUDGET_MS);
    akv_names_look_up_early((const char *const[]){ "f.example" }, 1, BUDGET_MS);
    CHECK_INT("failed once", atomic_load(&service.asked), 3);
    CHECK(akv_name_find("f.example") == NULL);
}

static void early_in_line(void)
{
    set_up();
    service.v4 = "192.0.2.8";
    service.no_threads = true;
    akv_names_look_up_early((const char *const[]){ "g.example" }, 1, BUDGET_MS);
    CHECK("in line" && service.in_line);
    CHECK_STR("kept", akv_name_find("g.example"), "192.0.2.8");
}

/* A service that hangs is waited for once; what it says later is kept. Comes
 * last: nothing is looked up early any more. */
static void early_hangs(void)
{
    sem_t gate;
    int64_t start;
    char host[32];
    int i;

    set_up();
    CHECK(sem_init(&gate, 0, 0) == 0);
    service.v4 = "192.0.2.9";
    service.hangs = &gate;
    start = akv_clock_mono(akv_clock_system());
    for (i = 0; i < 100; i++) {
        const char *const hosts[] = { host };

        (void)snprintf(host, sizeof(host), "h%d.example", i);
        akv_names_look_up_early(hosts, 1, BUDGET_MS);
        if (i == 0) /* what is left of the first caller's time is all */
            CHECK(akv_clock_mono(akv_clock_system()) - start >= BUDGET_MS / 2);
    }
    CHECK_INT("asked", atomic_load(&service.asked), 1);
    CHECK(sem_post(&gate) == 0);
    start = akv_clock_mono(akv_clock_system());
    while (akv_name_find("h0.example") == NULL
           && akv_clock_mono(akv_clock_system()) - start < 20000)
        (void)sched_yield();
    CHECK_STR("kept", akv_name_find("h0.example"), "192.0.2.9");
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "which are names", which },
        { "look up", look_up },
        { "early", early },
        { "early, in line", early_in_line },
        { "early, and it hangs", early_hangs },
    };

    return unit_main("names", tests, COUNT(tests));
}
