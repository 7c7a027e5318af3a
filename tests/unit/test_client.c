/* SPDX-License-Identifier: Apache-2.0 */

/* The real client with the real I/O thread, but without a vault: what is
 * refused, silent or not there, and how a client ends. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/event.h"
#include "base/settings_impl.h"
#include "client/call_impl.h"
#include "client/client_impl.h"
#include "transport/loop.h"
#include "unit.h"

static const struct akv_op_kind kind = { .name = "get", .method = "GET" };

static char ca_file[200]; /* a certificate of nobody */
static int listener = -1; /* accepts connections, but never says a word */
static unsigned port;

static bool write_certificate(const char *path)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    FILE *file = fopen(path, "w");
    bool ok = file != NULL && X509_set_version(cert, 2) == 1
              && X509_gmtime_adj(X509_getm_notBefore(cert), 0) != NULL
              && X509_gmtime_adj(X509_getm_notAfter(cert), 3600) != NULL
              && X509_set_pubkey(cert, key) == 1
              && X509_sign(cert, key, EVP_sha256()) > 0
              && PEM_write_X509(file, cert) == 1;

    X509_free(cert);
    EVP_PKEY_free(key);
    return file != NULL && fclose(file) == 0 && ok;
}

static void set_up(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof(address);

    (void)snprintf(ca_file, sizeof(ca_file), "%s/ca.pem", unit_folder());
    CHECK(write_certificate(ca_file));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(listener, (struct sockaddr *)&address, len) == 0
          && listen(listener, 64) == 0
          && getsockname(listener, (struct sockaddr *)&address, &len) == 0);
    port = ntohs(address.sin_port);
}

static void tear_down(void)
{
    CHECK(close(listener) == 0);
}

struct user {
    struct akv_settings settings;
    struct akv_client *client;
};

static void open_client(struct user *user, const char *timeout)
{
    struct akv_error err = AKV_ERROR_INIT;

    CHECK(unit_settings(&user->settings, &err, "ca-file", ca_file, "timeout",
                        timeout, "access-token", "tok", "trusted-hosts",
                        "127.0.0.1", NULL));
    user->client = akv_client_new_borrowing(&user->settings, NULL);
    CHECK(user->client != NULL);
}

static void close_client(struct user *user)
{
    CHECK(akv_client_free(user->client));
    akv_settings_clear(&user->settings);
}

static void make_op(struct akv_op *op, const char *url)
{
    struct akv_id id;

    CHECK_AT(url, akv_id_parse_https(&id, url, NULL));
    akv_op_init(op, &kind, &id);
}

/* At the host that never answers. */
static void make_silent_op(struct akv_op *op)
{
    char url[100];

    (void)snprintf(url, sizeof(url), "https://127.0.0.1:%u/keys/k", port);
    make_op(op, url);
}

static bool run_op(struct user *user, struct akv_op *op, struct akv_error *err)
{
    struct akv_call *call = akv_call_start(user->client, op, NULL, NULL, err);

    return akv_call_close(call, call != NULL && akv_call_wait(call, err));
}

static bool run(struct user *user, const char *url, struct akv_error *err)
{
    struct akv_op op;

    make_op(&op, url);
    return run_op(user, &op, err);
}

static void refused(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct user user;

    open_client(&user, "10s");
    CHECK(!run(&user, "https://evil.example/keys/k", &err));
    CHECK_INT("untrusted host", err.code, AKV_E_UNTRUSTED_HOST);
    close_client(&user);
}

static void unused(void)
{
    struct user user;

    open_client(&user, "10s");
    CHECK(akv_client_settings(user.client) == &user.settings);
    CHECK(akv_client_prepare(user.client, NULL, NULL));
    CHECK(akv_client_prepare(user.client, NULL, NULL));
    close_client(&user);
    CHECK(akv_client_free(NULL));
    akv_call_free(NULL);
}

/* Files that are needed are named when they cannot be read. */
static void bad_files(void)
{
    static const struct {
        const char *name, *value, *message;
    } rows[] = {
        { "ca-file", "/nonexistent/ca", "ca-file: '/nonexistent/ca'" },
        { "ca-path", "/nonexistent", "ca-path: '/nonexistent'" },
        { "client-secret-file", "/nonexistent/s", "client-secret-file" },
        { "ca-file", "/dev/null", "no certificate" },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct user user;

        CHECK(unit_settings(&user.settings, &err,
                            i == 2 ? "ca-file" : "timeout",
                            i == 2 ? ca_file : "10s", rows[i].name,
                            rows[i].value, "access-token", "t", NULL));
        user.client = akv_client_new_borrowing(&user.settings, NULL);
        CHECK(!run(&user, "https://v.vault.azure.net/keys/k", &err));
        CHECK_INT(rows[i].value, err.code, AKV_E_CONFIG);
        CHECK_HAS(rows[i].value, err.message, rows[i].message);
        close_client(&user);
    }
}

static void silent(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_op op;
    struct user user;

    open_client(&user, "100ms");
    make_silent_op(&op);
    CHECK(!run_op(&user, &op, &err));
    CHECK_INT("code", err.code, AKV_E_DEADLINE);
    CHECK_HAS("message", err.message, "within 100 ms");
    close_client(&user);
}

struct ended {
    struct akv_event event;
    bool ok;
    struct akv_error err;
};

static void on_end(void *arg, struct akv_call *call)
{
    struct ended *ended = arg;

    ended->ok = akv_call_wait(call, &ended->err);
    akv_event_set(&ended->event);
}

/* Closing ends what is under way; nobody has to wait for that. */
static void closed_under_way(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_call *calls[20];
    struct ended ended[COUNT(calls)];
    struct user user;
    size_t i;

    open_client(&user, "60s");
    for (i = 0; i < COUNT(calls); i++) {
        struct akv_op op;

        memset(&ended[i], 0, sizeof(ended[i]));
        CHECK(akv_event_init(&ended[i].event));
        make_silent_op(&op);
        calls[i] = akv_call_start(user.client, &op, on_end, &ended[i], &err);
        CHECK(calls[i] != NULL && op.body.data == NULL);
        if (i % 2 == 0)
            akv_call_free(calls[i]);
    }
    close_client(&user);
    for (i = 0; i < COUNT(calls); i++) {
        CHECK(akv_event_wait(&ended[i].event, 0));
        CHECK(!ended[i].ok);
        CHECK_INT("code", ended[i].err.code, AKV_E_CANCELLED);
        if (i % 2 == 1) {
            CHECK(!akv_call_wait(calls[i], &err));
            CHECK_INT("code", err.code, AKV_E_CANCELLED);
            akv_call_free(calls[i]);
        }
        akv_event_destroy(&ended[i].event);
    }
}

static void *ask_often(void *arg)
{
    struct user *user = arg;
    size_t refusals = 0;
    int i;

    for (i = 0; i < 50; i++) {
        struct akv_error err = AKV_ERROR_INIT;
        struct akv_id id = { .kind = AKV_KIND_KEY,
                             .host = "evil.example",
                             .port = 443,
                             .name = "k" };
        struct akv_op op;

        akv_op_init(&op, &kind, &id);
        if (!run_op(user, &op, &err) && err.code == AKV_E_UNTRUSTED_HOST)
            refusals++;
    }
    return refusals == 50 ? user : NULL;
}

/* Any number of threads, all of which may be the first. */
static void from_several_threads(void)
{
    pthread_t threads[8];
    struct user user;
    void *result;
    size_t i;

    open_client(&user, "20s");
    for (i = 0; i < COUNT(threads); i++)
        CHECK(pthread_create(&threads[i], NULL, ask_often, &user) == 0);
    for (i = 0; i < COUNT(threads); i++)
        CHECK(pthread_join(threads[i], &result) == 0 && result == &user);
    close_client(&user);
}

/* In the child: 0 if all is as it should be. */
static int child_main(struct user *user)
{
    struct akv_error err = AKV_ERROR_INIT;

    if (run(user, "https://evil.example/keys/k", &err)
        || err.code != AKV_E_UNTRUSTED_HOST)
        return 1;
    return akv_client_free(user->client) ? 0 : 2;
}

static int wait_for(pid_t child)
{
    int status = -1;

    if (child <= 0 || waitpid(child, &status, 0) != child)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A child that uses the client, and one that only ends. */
static void forked(void)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct user user;
    pid_t child;

    open_client(&user, "10s");
    CHECK(!run(&user, "https://evil.example/keys/k", &err));
    child = fork();
    if (child == 0)
        _exit(child_main(&user));
    CHECK_INT("one that works", wait_for(child), 0);
    child = fork();
    if (child == 0) /* its copy of the parent's must be left alone */
        _exit(akv_client_free(user.client) ? 1 : 0);
    CHECK_INT("one that only ends", wait_for(child), 0);
    CHECK(!run(&user, "https://evil.example/keys/k", &err));
    CHECK_INT("the parent goes on", err.code, AKV_E_UNTRUSTED_HOST);
    close_client(&user);
}

static sem_t stuck;

static void get_stuck(void *arg)
{
    (void)arg;
    (void)sem_wait(&stuck);
}

/* What an I/O thread that hangs still uses must not be freed. */
static int hang(void)
{
    struct akv_task task = { NULL, get_stuck, NULL };
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_loop *loop = akv_loop_acquire(unit_may_thread(), &err);
    struct akv_call *call;
    struct akv_op op;
    struct user user;

    open_client(&user, "60s");
    make_silent_op(&op);
    call = akv_call_start(user.client, &op, NULL, NULL, &err);
    akv_call_free(call);
    if (loop == NULL || call == NULL || sem_init(&stuck, 0, 0) != 0)
        return 1;
    akv_loop_post(loop, &task);
    if (akv_client_free(user.client))
        return 2;
    (void)sem_post(&stuck);
    akv_loop_release(loop);
    return 0;
}

static void hanging_thread(void)
{
    pid_t child;

    if (!unit_may_thread())
        return; /* whoever frees the client would hang */
    child = fork();
    if (child == 0)
        _exit(hang());
    CHECK_INT("child", wait_for(child), 0);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "set up", set_up },
        { "unused", unused },
        { "refused", refused },
        { "bad files", bad_files },
        { "silent", silent },
        { "closed under way", closed_under_way },
        { "from several threads", from_several_threads },
/* The thread sanitizer allows no thread in a child of threads. */
#ifndef __SANITIZE_THREAD__
        { "after a fork", forked },
        { "a thread that hangs", hanging_thread },
#endif
        { "tear down", tear_down },
    };

    (void)forked;
    (void)hanging_thread;
    return unit_main("client", tests, COUNT(tests));
}
