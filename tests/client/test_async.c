/* SPDX-License-Identifier: Apache-2.0 */

/* Many operations at a time, by callback and by one descriptor: on one token,
 * and no more connections than are allowed. */

#include <CUnit/Basic.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "akv/key.h"
#include "akv/secret.h"
#include "client/client_impl.h"
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

static struct akv_id secret_id(int number)
{
    struct akv_id id = test_vault_key(&vault, "s");

    id.kind = AKV_KIND_SECRET;
    (void)snprintf(id.name, sizeof(id.name), "s%d", number);
    return id;
}

static struct akv_call *start(struct akv_client *client, int number,
                              akv_done_fn *done, void *arg)
{
    struct akv_id id = secret_id(number);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_call *call = akv_secret_get_start(client, &id, done, arg, &err);

    CU_ASSERT_PTR_NOT_NULL_FATAL(call);
    return call;
}

/* Whether a call has brought the secret of that number. */
static bool is_right(int number, struct akv_call *call)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_secret secret;
    char value[16];
    bool ok;

    (void)snprintf(value, sizeof(value), "v%d", number);
    ok = akv_secret_get_result(call, &secret, &err)
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

static void on_done(void *arg, struct akv_call *call)
{
    struct fetched *fetched = arg;

    fetched->ok = is_right(fetched->number, call);
    fetched->calls++;
    (void)sem_post(&room);
    (void)sem_post(&finished);
}

/* From the oldest on, those that nobody has waited for. */
static struct {
    struct akv_call *all[SECRETS];
    int first, count;
} begun;

/* Waits for a callback. Where there is no I/O thread it comes in a wait. */
static void await_callback(sem_t *semaphore)
{
    while (begun.first < begun.count) {
        if (sem_trywait(semaphore) == 0)
            return;
        (void)akv_call_wait(begun.all[begun.first++], NULL);
    }
    (void)sem_wait(semaphore);
}

static void test_callbacks(void)
{
    static struct fetched fetched[SECRETS];
    struct akv_client *client = begin();
    int i;

    (void)sem_init(&room, 0, IN_FLIGHT);
    (void)sem_init(&finished, 0, 0);
    for (i = 0; i < SECRETS; i++) {
        fetched[i].number = i;
        await_callback(&room);
        begun.all[begun.count++] = start(client, i, on_done, &fetched[i]);
    }
    for (i = 0; i < SECRETS; i++)
        await_callback(&finished);
    for (i = 0; i < SECRETS; i++)
        akv_call_free(begun.all[i]);
    end(client);
    for (i = 0; i < SECRETS; i++)
        CU_ASSERT_TRUE(fetched[i].ok && fetched[i].calls == 1);
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

/* What a program with an event loop does: of many secrets, some at a time. */
struct flights {
    struct akv_client *client;
    pthread_t thread;
    int next, landed;
};

struct flight {
    struct flights *all;
    int number;
};

static void on_landed(void *arg, struct akv_call *call)
{
    struct flight *flight = arg;
    struct flights *all = flight->all;

    CU_ASSERT_TRUE(pthread_equal(pthread_self(), all->thread));
    CU_ASSERT_TRUE(is_right(flight->number, call));
    all->landed++;
    if (all->next == SECRETS)
        return;
    flight->number = all->next++;
    akv_call_free(start(all->client, flight->number, on_landed, flight));
}

static void dispatch_once(struct akv_client *client)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct pollfd polled = { akv_client_fd(client, &err), POLLIN, 0 };

    CU_ASSERT_TRUE_FATAL(polled.fd >= 0);
    CU_ASSERT_EQUAL_FATAL(poll(&polled, 1, 20000), 1);
    (void)akv_client_dispatch(client);
}

static void test_descriptor(void)
{
    static struct flight flights[IN_FLIGHT];
    struct flights all = { .thread = pthread_self() };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_call *first;
    int i, before;

    all.client = begin();
    CU_ASSERT_TRUE_FATAL(akv_client_fd(all.client, &err) >= 0);
    all.next = SECRETS - 1; /* what all clients share, first */
    flights[0].all = &all;
    first = start(all.client, 0, NULL, NULL);
    on_landed(&flights[0], first);
    akv_call_free(first);
    while (all.landed < 2)
        dispatch_once(all.client);
    CU_ASSERT_TRUE(akv_client_free(all.client));
    before = count_fds();
    all.client = begin();
    CU_ASSERT_TRUE_FATAL(akv_client_fd(all.client, &err) >= 0);
    all.next = all.landed = 0;
    for (i = 0; i < IN_FLIGHT; i++) {
        flights[i] = (struct flight){ &all, all.next++ };
        akv_call_free(
            start(all.client, flights[i].number, on_landed, &flights[i]));
    }
    while (all.landed < SECRETS)
        dispatch_once(all.client);
    CU_ASSERT_EQUAL(akv_client_dispatch(all.client), 0);
    end(all.client);
    CU_ASSERT_EQUAL(count_fds(), before);
}

static void count_done(void *arg, struct akv_call *call)
{
    CU_ASSERT_TRUE(akv_call_has_ended(call));
    ++*(int *)arg;
}

static void expect_up(struct akv_client *client, int up)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct pollfd polled = { akv_client_fd(client, &err), POLLIN, 0 };

    CU_ASSERT_EQUAL(poll(&polled, 1, up ? 20000 : 0), up);
}

/* It is up from the end to the dispatch; waiting does not take it down, and
 * what nobody wants to be told of does not raise it. */
static void test_due(void)
{
    struct akv_client *client = begin();
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_call *call;
    int done = 0, fd = akv_client_fd(client, &err);

    call = start(client, 1, NULL, NULL);
    CU_ASSERT_TRUE(akv_call_wait(call, &err));
    akv_call_free(call);
    expect_up(client, 0);
    call = start(client, SECRETS, count_done, &done); /* there is none */
    CU_ASSERT_FALSE(akv_call_wait(call, &err));
    CU_ASSERT_EQUAL(err.code, AKV_E_NOT_FOUND);
    CU_ASSERT_EQUAL(done, 0);
    CU_ASSERT_EQUAL(akv_client_fd(client, &err), fd);
    expect_up(client, 1);
    expect_up(client, 1);
    CU_ASSERT_EQUAL(akv_client_dispatch(client), 1);
    CU_ASSERT_EQUAL(done, 1);
    expect_up(client, 0);
    CU_ASSERT_EQUAL(akv_client_dispatch(client), 0);
    akv_call_free(call);
    CU_ASSERT_TRUE(akv_client_free(client));
}

/* The end of the client is the end of its calls, which are told so. */
static void test_due_at_end(void)
{
    struct akv_client *client = begin();
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_call *call;
    int done = 0, more = 0;

    CU_ASSERT_TRUE(akv_client_fd(client, &err) >= 0);
    call = start(client, 1, count_done, &done);
    CU_ASSERT_TRUE(akv_call_wait(call, &err));
    test_vault_post(&vault, "/faults",
                    "[{\"match\":{\"op\":\"get_secret\"},"
                    "\"action\":{\"stall\":true}}]");
    akv_call_free(start(client, 2, count_done, &more));
    CU_ASSERT_TRUE(akv_client_free(client));
    test_vault_post(&vault, "/faults", "[]");
    CU_ASSERT_EQUAL(done, 1);
    CU_ASSERT_EQUAL(more, 1);
    CU_ASSERT_TRUE(is_right(1, call)); /* it outlives the client */
    akv_call_free(call);
}

static void test_cancel(void)
{
    struct akv_client *client = begin();
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_call *call;
    int done = 0;

    CU_ASSERT_TRUE(akv_client_fd(client, &err) >= 0);
    test_vault_post(&vault, "/faults",
                    "[{\"match\":{\"op\":\"get_secret\"},"
                    "\"action\":{\"stall\":true}}]");
    call = start(client, 1, count_done, &done);
    akv_call_cancel(call);
    akv_call_cancel(call);
    while (done == 0)
        dispatch_once(client);
    CU_ASSERT_FALSE(akv_call_wait(call, &err));
    CU_ASSERT_EQUAL(err.code, AKV_E_CANCELLED);
    akv_call_cancel(call); /* it has ended */
    akv_call_free(call);
    test_vault_post(&vault, "/faults", "[]");
    CU_ASSERT_EQUAL(akv_client_dispatch(client), 0);
    CU_ASSERT_EQUAL(done, 1);
    CU_ASSERT_TRUE(akv_client_free(client));
}

/* Another operation's result, and that of none. */
static void test_result_of_another(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_key_bundle bundle;
    struct akv_call *call = start(vault.client, 1, NULL, NULL);

    CU_ASSERT_FALSE(akv_key_get_result(call, &bundle, &err));
    CU_ASSERT_EQUAL(err.code, AKV_E_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "get secrets/s1"));
    akv_key_bundle_free(&bundle);
    CU_ASSERT_TRUE(is_right(1, call));
    CU_ASSERT_TRUE(is_right(1, call)); /* as often as wanted */
    akv_call_free(call);
    CU_ASSERT_FALSE(is_right(1, NULL));
}

#ifndef __SANITIZE_THREAD__
/* A child has a client of its own behind the same handle, and may free what is
 * its parent's. */
static void test_forked(void)
{
    struct akv_client *client = begin();
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_call *call;
    int done = 0, status = -1;
    pid_t child;

    CU_ASSERT_TRUE(akv_client_fd(client, &err) >= 0);
    call = start(client, 1, count_done, &done);
    child = fork();
    if (child == 0) {
        akv_call_free(call);
        (void)akv_client_fd(client, NULL);
        akv_call_free(start(client, 2, count_done, &done));
        while (done == 0)
            dispatch_once(client);
        _exit(done == 1 ? 0 : 1);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
    while (done == 0)
        dispatch_once(client);
    CU_ASSERT_TRUE(is_right(1, call));
    akv_call_free(call);
    CU_ASSERT_TRUE(akv_client_free(client));
}

/* Who closes all descriptors that it knows not, as daemons do, asks again. In a
 * child, since what was lost may not be freed. */
static void test_closed_descriptors(void)
{
    int done = 0, fd, status = -1;
    pid_t child = fork();

    if (child == 0) {
        struct akv_client *client =
            akv_client_new_borrowing(&vault.settings, NULL);
        int first = open("/dev/null", O_RDONLY | O_CLOEXEC);

        (void)akv_client_fd(client, NULL);
        akv_call_free(start(client, 1, count_done, &done));
        while (done == 0)
            dispatch_once(client);
        for (fd = first; fd < 200; fd++)
            (void)close(fd);
        (void)akv_client_fd(client, NULL);
        akv_call_free(start(client, 2, count_done, &done));
        while (done == 1)
            dispatch_once(client);
        _exit(done == 2 ? 0 : 1);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
}

#endif

static void test_no_descriptors(void)
{
    struct akv_client *client = begin();
    struct rlimit before, none;
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_call *call = start(client, 0, NULL, NULL);

    CU_ASSERT_TRUE(akv_call_wait(call, &err));
    akv_call_free(call);
    (void)getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 0;
    (void)setrlimit(RLIMIT_NOFILE, &none);
    CU_ASSERT_EQUAL(akv_client_fd(client, &err), -1);
    (void)setrlimit(RLIMIT_NOFILE, &before);
    CU_ASSERT_EQUAL(err.code, AKV_E_DESCRIPTORS);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "descriptor"));
    CU_ASSERT_TRUE(akv_client_fd(client, &err) >= 0);
    CU_ASSERT_TRUE(akv_client_free(client));
}

int main(int argc, char **argv)
{
    static CU_TestInfo tests[] = {
        { "a thousand by callbacks", test_callbacks },
        { "a thousand by one descriptor", test_descriptor },
        { "what is due", test_due },
        { "what is due at the end", test_due_at_end },
        { "calls that are cancelled", test_cancel },
        { "the result of another operation", test_result_of_another },
#ifndef __SANITIZE_THREAD__ /* a child may start no thread there */
        { "a forked child", test_forked },
        { "descriptors that the program closes", test_closed_descriptors },
#endif
        { "no more descriptors", test_no_descriptors },
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
