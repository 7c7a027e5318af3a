/* SPDX-License-Identifier: Apache-2.0 */

/* Threads that end while they wait, and threads that run many jobs in turn. */

#include <CUnit/Basic.h>
#include <openssl/async.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "akv/secret.h"
#include "akv/secret_cache.h"
#include "client/client_impl.h"
#include "transport/ready.h"
#include "vault.h"

static struct test_vault vault;

static struct akv_id secret_id(void)
{
    struct akv_id id = test_vault_key(&vault, "s7");

    id.kind = AKV_KIND_SECRET;
    return id;
}

/* --- Threads that are cancelled ------------------------------------------- */

static bool get_secret(struct akv_client *client)
{
    struct akv_id id = secret_id();
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_secret secret;
    bool ok = akv_secret_get(client, &id, &secret, &err)
              && strcmp(akv_buf_str(&secret.value), "v7") == 0;

    akv_secret_free(&secret);
    return ok;
}

static sem_t running;

static void *get_until_cancelled(void *client)
{
    (void)sem_post(&running);
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
    (void)sem_init(&running, 0, 0);
    test_vault_post(&vault, "/faults",
                    "[{\"match\":{\"op\":\"get_secret\"},"
                    "\"action\":{\"delay_ms\":20}}]");
    for (i = 0; i < 10; i++) {
        pthread_t thread;
        void *end = NULL;

        CU_ASSERT_EQUAL_FATAL(
            pthread_create(&thread, NULL, get_until_cancelled, client), 0);
        (void)sem_wait(&running);
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
    struct akv_id id = secret_id();
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_secret secret;
    bool ok;

    (void)arg;
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
        { "threads that are cancelled", test_cancelled },
        { "two jobs want the same secret", test_jobs },
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = { { "jobs", NULL, NULL, NULL, NULL, tests },
                              CU_SUITE_INFO_NULL };
    unsigned failures;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s EMULATOR\n", argv[0]);
        return 2;
    }
    test_vault_start(&vault, argv[1],
                     "{\"secrets\":[{\"name\":\"s7\",\"value\":\"v7\"}]}",
                     NULL);
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
