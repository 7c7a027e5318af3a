/* SPDX-License-Identifier: Apache-2.0 */

/* Many operations at a time, by callback and by descriptor: on one token, and
 * no more connections than are allowed. */

#include <CUnit/Basic.h>
#include <dirent.h>
#include <openssl/async.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "akv/secret.h"
#include "akv/secret_cache.h"
#include "client/client_impl.h"
#include "transport/ready.h"
#include "vault.h"

#define SECRETS 1000
#define IN_FLIGHT 64

static struct test_vault vault;

/* A seed with secrets s0, s1, ... whose values are v0, v1, ... */
static char *make_seed(void)
{
    static char text[SECRETS * 64 + 64];
    size_t len = 0;
    int i;

    len += (size_t)snprintf(text, sizeof(text), "{\"secrets\":[");
    for (i = 0; i < SECRETS; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len,
                                "%s{\"name\":\"s%d\",\"value\":\"v%d\"}",
                                i > 0 ? "," : "", i, i);
    (void)snprintf(text + len, sizeof(text) - len, "]}");
    return text;
}

static void make_op(struct akv_op *op, int number)
{
    struct akv_id id = test_vault_key(&vault, "s");

    id.kind = AKV_KIND_SECRET;
    (void)snprintf(id.name, sizeof(id.name), "s%d", number);
    akv_secret_get_op(op, &id, false);
}

/* Whether a reply is that of the secret's number. */
static bool is_right(int number, const struct akv_buf *body)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_secret secret;
    char value[16];
    struct akv_op op;
    bool ok;

    make_op(&op, number);
    (void)snprintf(value, sizeof(value), "v%d", number);
    ok = akv_secret_read(&secret, &op, body, &err)
         && strcmp(akv_buf_str(&secret.value), value) == 0;
    akv_secret_free(&secret);
    return ok;
}

static struct akv_client *begin(void)
{
    struct akv_client *client = akv_client_new_borrowing(&vault.settings, NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    test_vault_post(&vault, "/counters/reset", "");
    return client;
}

static void end(struct akv_client *client)
{
    CU_ASSERT_TRUE(akv_client_free(client));
    CU_ASSERT_EQUAL(test_vault_count(&vault, "get_secret"), SECRETS);
    CU_ASSERT_EQUAL(test_vault_count(&vault, "tokens"), 1);
    CU_ASSERT_EQUAL(test_vault_count(&vault, "challenges"), 1);
    CU_ASSERT_TRUE(test_vault_count(&vault, "tcp_accepts") <= IN_FLIGHT);
    CU_ASSERT_TRUE(test_vault_count(&vault, "max_in_flight") <= IN_FLIGHT);
}

static sem_t room, finished;

struct fetched {
    int number;
    bool ok;
    unsigned calls;
};

static void on_done(void *arg, struct akv_buf *body,
                    const struct akv_error *err)
{
    struct fetched *fetched = arg;

    fetched->ok =
        body != NULL && err == NULL && is_right(fetched->number, body);
    fetched->calls++;
    (void)sem_post(&room);
    (void)sem_post(&finished);
}

/* Those that may not have ended, from the oldest on. */
static struct {
    struct akv_pending *all[SECRETS];
    int first, count;
} submitted;

/* Waits for a callback. Where there is no I/O thread it comes in a call. */
static void await_callback(sem_t *semaphore)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct pollfd polled = { .events = POLLIN };

    while (sem_trywait(semaphore) != 0) {
        struct akv_pending *oldest = submitted.all[submitted.first];

        if (akv_pending_has_ended(oldest)) {
            CU_ASSERT_TRUE_FATAL(++submitted.first <= submitted.count);
            continue;
        }
        polled.fd = akv_pending_fd(oldest, &err);
        CU_ASSERT_EQUAL_FATAL(poll(&polled, 1, 20000), 1);
    }
}

static void test_callbacks(void)
{
    static struct fetched fetched[SECRETS];
    struct akv_client *client = begin();
    struct akv_error err = AKV_ERROR_INIT;
    int i;

    (void)sem_init(&room, 0, IN_FLIGHT);
    (void)sem_init(&finished, 0, 0);
    for (i = 0; i < SECRETS; i++) {
        struct akv_op op;

        fetched[i].number = i;
        make_op(&op, i);
        await_callback(&room);
        submitted.all[submitted.count] =
            akv_client_submit(client, &op, on_done, &fetched[i], &err);
        CU_ASSERT_PTR_NOT_NULL_FATAL(submitted.all[submitted.count++]);
    }
    for (i = 0; i < SECRETS; i++)
        await_callback(&finished);
    for (i = 0; i < SECRETS; i++)
        akv_pending_free(submitted.all[i]);
    end(client);
    for (i = 0; i < SECRETS; i++)
        CU_ASSERT_TRUE(fetched[i].ok && fetched[i].calls == 1);
}

struct flight {
    struct akv_pending *pending; /* owned; NULL: none */
    int number;
};

static void take_off(struct akv_client *client, struct flight *flight,
                     struct pollfd *polled, int number)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_op op;

    make_op(&op, number);
    flight->number = number;
    flight->pending = akv_client_submit(client, &op, NULL, NULL, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(flight->pending);
    polled->fd = akv_pending_fd(flight->pending, &err);
    polled->events = POLLIN;
    CU_ASSERT_TRUE_FATAL(polled->fd >= 0);
    CU_ASSERT_EQUAL(akv_pending_fd(flight->pending, &err), polled->fd);
}

static void land(struct flight *flight, struct pollfd *polled)
{
    struct akv_buf body = AKV_BUF_INIT(0);
    struct akv_error err = AKV_ERROR_INIT;

    CU_ASSERT_TRUE(akv_pending_wait(flight->pending, &body, &err));
    CU_ASSERT_TRUE(is_right(flight->number, &body));
    akv_buf_free(&body);
    akv_pending_free(flight->pending);
    flight->pending = NULL;
    polled->fd = -1;
}

static int count_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int n = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
    while (readdir(folder) != NULL)
        n++;
    (void)closedir(folder);
    return n;
}

static void test_descriptors(void)
{
    static struct flight flights[IN_FLIGHT];
    static struct pollfd polled[IN_FLIGHT];
    int i, next = 0, landed = 0, before;
    struct akv_client *client = begin();

    take_off(client, &flights[0], &polled[0], 0); /* what all of them share */
    CU_ASSERT_TRUE(poll(polled, 1, 20000) > 0);
    land(&flights[0], &polled[0]);
    CU_ASSERT_TRUE(akv_client_free(client));
    before = count_fds();
    client = begin();

    for (i = 0; i < IN_FLIGHT; i++)
        take_off(client, &flights[i], &polled[i], next++);
    while (landed < SECRETS) {
        CU_ASSERT_TRUE_FATAL(poll(polled, IN_FLIGHT, 20000) > 0);
        for (i = 0; i < IN_FLIGHT; i++) {
            if (flights[i].pending == NULL || polled[i].revents == 0
                || !akv_pending_has_ended(flights[i].pending))
                continue;
            land(&flights[i], &polled[i]);
            landed++;
            if (next < SECRETS)
                take_off(client, &flights[i], &polled[i], next++);
        }
    }
    end(client);
    CU_ASSERT_EQUAL(count_fds(), before);
}

/* Asked for after the end, of a failure, and without having been waited for. */
static void test_descriptor_late(void)
{
    struct akv_buf body = AKV_BUF_INIT(0);
    struct akv_error err = AKV_ERROR_INIT;
    struct pollfd polled = { .events = POLLIN };
    struct akv_pending *pending;
    struct akv_op op;

    make_op(&op, SECRETS); /* there is none */
    pending = akv_client_submit(vault.client, &op, NULL, NULL, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pending);
    CU_ASSERT_FALSE(akv_pending_wait(pending, &body, &err));
    CU_ASSERT_EQUAL(err.code, AKV_E_NOT_FOUND);
    polled.fd = akv_pending_fd(pending, &err);
    CU_ASSERT_EQUAL(poll(&polled, 1, 0), 1);
    CU_ASSERT_EQUAL(poll(&polled, 1, 0), 1); /* it stays so */
    akv_pending_free(pending);
}

static void test_no_descriptors(void)
{
    struct rlimit before, none;
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_buf body = AKV_BUF_INIT(0);
    struct akv_pending *pending;
    struct akv_op op;

    make_op(&op, 0);
    pending = akv_client_submit(vault.client, &op, NULL, NULL, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pending);
    CU_ASSERT_TRUE(akv_pending_wait(pending, &body, &err));
    akv_buf_free(&body);
    (void)getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 0;
    (void)setrlimit(RLIMIT_NOFILE, &none);
    CU_ASSERT_EQUAL(akv_pending_fd(pending, &err), -1);
    (void)setrlimit(RLIMIT_NOFILE, &before);
    CU_ASSERT_EQUAL(err.code, AKV_E_DESCRIPTORS);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "descriptor"));
    akv_pending_free(pending);
}

/* --- Threads that are cancelled ------------------------------------------- */

static bool get_secret(struct akv_client *client)
{
    struct akv_buf body = AKV_BUF_INIT(0);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_op op;
    bool ok;

    make_op(&op, 7);
    ok = akv_client_run(client, &op, &body, &err) && is_right(7, &body);
    akv_buf_free(&body);
    return ok;
}

static void *get_until_cancelled(void *client)
{
    (void)sem_post(&finished);
    for (;;) {
        CU_ASSERT_TRUE(get_secret(client));
        pthread_testcancel();
    }
    return NULL;
}

/* Each ends behind an operation, and leaves the client to others. */
static void test_cancelled(void)
{
    struct akv_client *client = akv_client_new_borrowing(&vault.settings, NULL);
    int i;

    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    (void)sem_init(&finished, 0, 0);
    test_vault_post(&vault, "/faults",
                    "[{\"match\":{\"op\":\"get_secret\"},"
                    "\"action\":{\"delay_ms\":20}}]");
    for (i = 0; i < 10; i++) {
        pthread_t thread;
        void *end = NULL;

        CU_ASSERT_EQUAL_FATAL(
            pthread_create(&thread, NULL, get_until_cancelled, client), 0);
        (void)sem_wait(&finished);
        CU_ASSERT_EQUAL(pthread_cancel(thread), 0);
        CU_ASSERT_EQUAL(pthread_join(thread, &end), 0);
        CU_ASSERT_PTR_EQUAL(end, PTHREAD_CANCELED);
        CU_ASSERT_TRUE(get_secret(client));
    }
    test_vault_post(&vault, "/faults", "[]");
    CU_ASSERT_TRUE(akv_client_free(client));
}

/* --- Jobs of one thread --------------------------------------------------- */

/* A job's descriptor, as a server would poll it. */
struct job_wait {
    struct akv_wait base;
    struct akv_ready_fd ready;
};

static struct job_wait waits[2];
static int waiting;

static void job_wake(struct akv_wait *wait)
{
    akv_ready_fd_raise(&((struct job_wait *)wait)->ready);
}

static bool job_pause(struct akv_wait *wait)
{
    (void)wait;
    return ASYNC_pause_job() == 1;
}

static void job_end(struct akv_wait *wait)
{
    (void)akv_ready_fd_lower(&((struct job_wait *)wait)->ready);
}

static const struct akv_ready_fd *job_ready(struct akv_wait *wait)
{
    return &((struct job_wait *)wait)->ready;
}

static void job_on_abandoned(struct akv_wait *wait, void (*fn)(void *arg),
                             void *arg)
{
    (void)wait;
    (void)fn;
    (void)arg;
}

static struct akv_wait *job_begin(void)
{
    static const struct akv_wait_ops ops = { job_wake, job_pause, job_end,
                                             job_ready, job_on_abandoned };
    struct job_wait *wait;

    if (ASYNC_get_current_job() == NULL)
        return NULL;
    wait = &waits[waiting++];
    wait->base.ops = &ops;
    CU_ASSERT_TRUE_FATAL(akv_ready_fd_open(&wait->ready));
    return &wait->base;
}

static struct akv_secret_cache *cache;

static int get_cached(void *arg)
{
    struct akv_id id = test_vault_key(&vault, "s");
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_secret secret;
    bool ok;

    (void)arg;
    id.kind = AKV_KIND_SECRET;
    (void)snprintf(id.name, sizeof(id.name), "s7");
    ok = akv_secret_cache_get(cache, &id, &secret, &err)
         && strcmp(akv_buf_str(&secret.value), "v7") == 0;
    akv_secret_free(&secret);
    return ok;
}

/* Goes on with each job that has not ended, and returns how many have not. */
static int resume(ASYNC_JOB *jobs[2], bool has_ended[2], ASYNC_WAIT_CTX *wait)
{
    int i, left = 0;

    for (i = 0; i < 2; i++) {
        int status, ok = 0;

        if (has_ended[i])
            continue;
        status = ASYNC_start_job(&jobs[i], wait, &ok, get_cached, NULL, 0);
        CU_ASSERT_TRUE_FATAL(status == ASYNC_PAUSE || status == ASYNC_FINISH);
        has_ended[i] = status == ASYNC_FINISH;
        if (has_ended[i])
            CU_ASSERT_TRUE(ok);
        left += !has_ended[i];
    }
    return left;
}

/* The second one wants what the first one waits for. */
static void test_jobs(void)
{
    struct akv_client *client = akv_client_new_borrowing(&vault.settings, NULL);
    ASYNC_WAIT_CTX *wait = ASYNC_WAIT_CTX_new();
    struct pollfd polled[2] = { { .events = POLLIN }, { .events = POLLIN } };
    ASYNC_JOB *jobs[2] = { NULL, NULL };
    bool has_ended[2] = { false, false };
    int i;

    CU_ASSERT_TRUE_FATAL(client != NULL && wait != NULL);
    akv_client_set_waiter(client, job_begin);
    cache = akv_secret_cache_new(client, 60000, 8);
    CU_ASSERT_PTR_NOT_NULL_FATAL(cache);
    test_vault_post(&vault, "/counters/reset", "");
    test_vault_post(&vault, "/faults",
                    "[{\"match\":{\"op\":\"get_secret\"},"
                    "\"action\":{\"delay_ms\":100}}]");
    while (resume(jobs, has_ended, wait) > 0) {
        CU_ASSERT_EQUAL_FATAL(waiting, 2);
        for (i = 0; i < 2; i++)
            polled[i].fd = has_ended[i] ? -1 : waits[i].ready.fd;
        CU_ASSERT_TRUE_FATAL(poll(polled, 2, 20000) >= 1);
    }
    test_vault_post(&vault, "/faults", "[]");
    CU_ASSERT_EQUAL(test_vault_count(&vault, "get_secret"), 1);
    akv_secret_cache_free(cache);
    CU_ASSERT_TRUE(akv_client_free(client));
    ASYNC_WAIT_CTX_free(wait);
    ASYNC_cleanup_thread();
    for (i = 0; i < 2; i++)
        akv_ready_fd_close(&waits[i].ready);
}

int main(int argc, char **argv)
{
    static CU_TestInfo tests[] = {
        { "a thousand by callbacks", test_callbacks },
        { "a thousand by descriptors", test_descriptors },
        { "a descriptor after the end", test_descriptor_late },
        { "no more descriptors", test_no_descriptors },
        { "threads that are cancelled", test_cancelled },
        { "two jobs want the same secret", test_jobs },
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = { { "async", NULL, NULL, NULL, NULL, tests },
                              CU_SUITE_INFO_NULL };
    unsigned failures;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s EMULATOR\n", argv[0]);
        return 2;
    }
    test_vault_start(&vault, argv[1], make_seed(), NULL);
    if (CU_initialize_registry() != CUE_SUCCESS
        || CU_register_suites(suites) != CUE_SUCCESS)
        return 1;
    CU_basic_set_mode(CU_BRM_VERBOSE);
    (void)CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    test_vault_stop(&vault);
    return failures == 0 ? 0 : 1;
}
