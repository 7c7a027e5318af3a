/* SPDX-License-Identifier: Apache-2.0 */

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "akv/secret_cache.h"
#include "base/clock.h"
#include "client_fixture.h"
#include "unit.h"

#define S H "/secrets/s"
#define REPLY(version, value)                                                  \
    "{\"id\":\"" S "/" version "\",\"value\":\"" value "\"}"
#define GET "GET /secrets/s\n"
#define TTL 1000

static int64_t now = 5000;

static int64_t mono_ms(void *arg)
{
    (void)arg;
    return now;
}

static const struct akv_clock fake_clock = { mono_ms, NULL, NULL };

const struct akv_clock *__wrap_akv_clock_system(void);

const struct akv_clock *__wrap_akv_clock_system(void)
{
    return &fake_clock;
}

static struct akv_secret_cache *make(size_t max)
{
    struct akv_secret_cache *cache = akv_secret_cache_new(NULL, TTL, max);

    CHECK(cache != NULL);
    return cache;
}

/* The value that the cache gives is this one; NULL: it gives none. */
static void gives(struct akv_secret_cache *cache, const char *url,
                  const char *value)
{
    struct akv_id id = client_id(url);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_secret secret;
    bool ok = akv_secret_cache_get(cache, &id, &secret, &err);

    CHECK_AT(url, ok == (value != NULL));
    if (ok && value != NULL)
        CHECK_STR(url, akv_buf_str(&secret.value), value);
    else
        CHECK_AT(url, err.code != AKV_E_NONE);
    akv_secret_free(&secret);
}

static void kept_for_a_time(void)
{
    struct akv_secret_cache *cache = make(8);

    client_answer(REPLY("1", "one"), REPLY("2", "two"), NULL);
    gives(cache, S, "one");
    gives(cache, S, "one");
    now += TTL - 1;
    CHECK_INT("kept", akv_secret_cache_expire(cache), 1);
    gives(cache, S, "one");
    CHECK_STR("asked", client_asked(), GET);
    now++;
    CHECK_INT("expired", akv_secret_cache_expire(cache), 0);
    gives(cache, S, "two");
    CHECK_STR("asked", client_asked(), GET GET);
    akv_secret_cache_free(cache);
    client_clear();
}

static void kept_apart(void)
{
    struct akv_secret_cache *cache = make(8);

    client_answer(REPLY("2", "two"), REPLY("1", "one"), REPLY("2", "two"));
    gives(cache, S, "two");
    gives(cache, S "/1", "one");
    gives(cache, S "/2", "two");
    gives(cache, S, "two");
    gives(cache, S "/1", "one");
    gives(cache, "https://v.vault.azure.net/secrets/S", "two"); /* same name */
    CHECK_STR("asked", client_asked(),
              GET "GET /secrets/s/1\nGET /secrets/s/2\n");
    gives(cache, "https://w.vault.azure.net/secrets/s", NULL);
    gives(cache, S "2", NULL);
    akv_secret_cache_free(cache);
    client_clear();
}

static void evicted(void)
{
    struct akv_secret_cache *cache = make(2);

    client_answer(REPLY("1", "one"), REPLY("2", "two"), REPLY("3", "three"));
    gives(cache, S "/1", "one");
    gives(cache, S "/2", "two");
    gives(cache, S "/1", "one");
    gives(cache, S "/3", "three");
    CHECK_INT("kept", akv_secret_cache_expire(cache), 2);
    client_answer(NULL, NULL, NULL);
    gives(cache, S "/1", "one");
    gives(cache, S "/3", "three");
    CHECK_STR("asked", client_asked(), "");
    gives(cache, S "/2", NULL); /* it was the longest not used */
    akv_secret_cache_free(cache);
    cache = make(0);
    client_answer(REPLY("1", "one"), REPLY("1", "one"), NULL);
    gives(cache, S, "one");
    CHECK_INT("kept", akv_secret_cache_expire(cache), 0);
    gives(cache, S, "one");
    akv_secret_cache_free(cache);
    client_clear();
}

static void failures(void)
{
    struct akv_secret_cache *cache = make(8);

    client_answer("!no", "{\"id\":\"" S "/1\"}", REPLY("1", "one"));
    gives(cache, S, NULL);
    gives(cache, S, NULL); /* without a value */
    CHECK_INT("kept", akv_secret_cache_expire(cache), 0);
    gives(cache, S, "one");
    CHECK_STR("asked", client_asked(), GET GET GET);
    akv_secret_cache_free(cache);
    akv_secret_cache_free(NULL);
    client_clear();
}

static void forgotten(void)
{
    struct akv_secret_cache *cache = make(8);
    struct akv_id id = client_id(S), other = client_id(S "2");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_properties properties;
    struct akv_secret secret;

    client_answer(REPLY("1", "one"), REPLY("1", "one"), NULL);
    gives(cache, S, "one");
    gives(cache, S "/1", "one");
    akv_secret_cache_forget(cache, &other);
    CHECK_INT("kept", akv_secret_cache_expire(cache), 2);
    akv_secret_cache_forget(cache, &id);
    CHECK_INT("kept", akv_secret_cache_expire(cache), 0);
    client_answer(REPLY("1", "one"), REPLY("2", "two"), "!set");
    gives(cache, S, "one");
    CHECK(akv_secret_cache_set(cache, &id, "two", 3, NULL, &secret, &err));
    akv_secret_free(&secret);
    CHECK_INT("set", akv_secret_cache_expire(cache), 0);
    client_answer(REPLY("2", "two"), "!set", REPLY("2", "two"));
    gives(cache, S, "two");
    CHECK(!akv_secret_cache_set(cache, &id, "x", 1, NULL, &secret, &err));
    akv_secret_free(&secret);
    CHECK_INT("failed to set", akv_secret_cache_expire(cache), 0);
    gives(cache, S, "two");
    client_answer("{\"id\":\"" S "/2\"}", NULL, NULL);
    CHECK(akv_secret_cache_delete(cache, &id, &properties, &err));
    akv_properties_free(&properties);
    CHECK_INT("deleted", akv_secret_cache_expire(cache), 0);
    akv_secret_cache_free(cache);
    client_clear();
}

/* A vault that answers when it is told to. */
static sem_t asked, answer;

static bool slow(void *arg, const struct akv_op *op, struct akv_buf *body,
                 struct akv_error *err)
{
    (void)op;
    (void)sem_post(&asked);
    (void)sem_wait(&answer);
    return akv_buf_append_str(body, arg)
           || akv_error_set(err, AKV_E_MEMORY, "no room");
}

struct asker {
    pthread_t thread;
    struct akv_secret_cache *cache;
    bool ok;
};

static void *ask(void *arg)
{
    struct asker *asker = arg;
    struct akv_id id = client_id(S);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_secret secret;

    asker->ok = akv_secret_cache_get(asker->cache, &id, &secret, &err)
                && strcmp(akv_buf_str(&secret.value), "one") == 0;
    akv_secret_free(&secret);
    return NULL;
}

#define ASKERS 8

static void shared(void)
{
    static char reply[] = REPLY("1", "one");
    struct akv_secret_cache *cache = make(8);
    struct asker askers[ASKERS];
    size_t i;

    (void)sem_init(&asked, 0, 0);
    (void)sem_init(&answer, 0, 0);
    fake_client_set(slow, reply);
    for (i = 0; i < ASKERS; i++) {
        askers[i].cache = cache;
        CHECK(pthread_create(&askers[i].thread, NULL, ask, &askers[i]) == 0);
    }
    (void)sem_wait(&asked);
    (void)sem_post(&answer);
    for (i = 0; i < ASKERS; i++) {
        (void)pthread_join(askers[i].thread, NULL);
        CHECK(askers[i].ok);
    }
    CHECK_INT("requests", fake_client_count(), 1);
    akv_secret_cache_free(cache);
}

/* What was forgotten while it was fetched may be old: it is not kept. */
static void forgotten_meanwhile(void)
{
    static char reply[] = REPLY("1", "one");
    struct akv_secret_cache *cache = make(8);
    struct akv_id id = client_id(S);
    struct asker asker = { .cache = cache };

    fake_client_set(slow, reply);
    CHECK(pthread_create(&asker.thread, NULL, ask, &asker) == 0);
    (void)sem_wait(&asked);
    now += 2 * TTL; /* nor does a fetch expire */
    CHECK_INT("replies", akv_secret_cache_expire(cache), 0);
    akv_secret_cache_forget(cache, &id);
    (void)sem_post(&answer);
    (void)pthread_join(asker.thread, NULL);
    CHECK(asker.ok);
    CHECK_INT("kept", akv_secret_cache_expire(cache), 0);
    akv_secret_cache_free(cache);
}

/* While another thread of the parent fetches. */
static void forked(void)
{
    static char reply[] = REPLY("1", "one");
    struct akv_secret_cache *cache = make(8);
    struct asker asker = { .cache = cache };
    int status = -1;
    pid_t pid;

    fake_client_set(slow, reply);
    CHECK(pthread_create(&asker.thread, NULL, ask, &asker) == 0);
    (void)sem_wait(&asked);
    pid = fork();
    if (pid == 0) {
        (void)alarm(20);
        (void)sem_post(&answer);
        (void)ask(&asker);
        _exit(asker.ok && akv_secret_cache_expire(cache) == 1 ? 0 : 1);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    (void)sem_post(&answer);
    (void)pthread_join(asker.thread, NULL);
    CHECK(asker.ok);
    akv_secret_cache_free(cache);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "kept for a time", kept_for_a_time },
        { "versions, names and vaults are kept apart", kept_apart },
        { "evicted", evicted },
        { "failures are not kept", failures },
        { "forgotten", forgotten },
        { "one fetch serves all", shared },
        { "forgotten while it is fetched", forgotten_meanwhile },
        { "after a fork", forked },
    };

    return unit_main("secret_cache", tests, sizeof(tests) / sizeof(tests[0]));
}
