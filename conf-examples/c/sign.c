/* SPDX-License-Identifier: Apache-2.0 */

/*
 * sign akv://VAULT/keys/NAME COUNT: makes so many signatures with an EC key
 * (P-256) in a vault, 32 of them in flight at a time, in one thread with an
 * event loop of its own, and prints each in hexadecimal: its number, r and s.
 *
 *     cc -o sign sign.c $(pkg-config --cflags --libs akv)
 */

#include <akv/akv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define IN_FLIGHT 32

struct work {
    struct akv_client *client;
    struct akv_id key;
    long next, count, ended, failures;
};

/* One place of the IN_FLIGHT. */
struct job {
    struct work *work;
    long number;
};

static void on_signed(void *arg, struct akv_call *call);

/* Begins the next one that is left, if there is one. */
static void begin(struct job *job)
{
    unsigned char digest[32] = { 0 }; /* of the text to be signed */
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_call *call;

    if (job->work->next == job->work->count)
        return;
    job->number = job->work->next++;
    memcpy(digest, &job->number, sizeof(job->number));
    call = akv_key_sign_start(job->work->client, &job->work->key, AKV_ES256,
                              digest, sizeof(digest), on_signed, job, &err);
    if (call == NULL) {
        fprintf(stderr, "sign: %s\n", err.message);
        exit(1);
    }
    akv_call_free(call); /* on_signed() is given it, too */
}

/* In akv_client_dispatch(), so in our thread. */
static void on_signed(void *arg, struct akv_call *call)
{
    struct job *job = arg;
    struct akv_buf signature = AKV_BUF_INIT(64);
    struct akv_error err = AKV_ERROR_INIT;
    size_t i;

    if (akv_key_sign_result(call, &signature, &err)) {
        printf("%ld ", job->number);
        for (i = 0; i < signature.len; i++)
            printf("%02x", signature.data[i]);
        printf("\n");
    } else {
        fprintf(stderr, "sign: %ld: %s\n", job->number, err.message);
        job->work->failures++;
    }
    akv_buf_free(&signature);
    job->work->ended++;
    begin(job);
}

static int sign_all(struct work *work, struct akv_error *err)
{
    struct job jobs[IN_FLIGHT];
    struct epoll_event event = { .events = EPOLLIN };
    int epoll = epoll_create1(EPOLL_CLOEXEC), i;
    int fd = akv_client_fd(work->client, err); /* before the first call */

    if (epoll < 0 || fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        return 1;
    for (i = 0; i < IN_FLIGHT; i++) {
        jobs[i].work = work;
        begin(&jobs[i]);
    }
    while (work->ended < work->count) {
        if (epoll_wait(epoll, &event, 1, -1) < 0)
            continue; /* a signal */
        akv_client_dispatch(work->client);
    }
    close(epoll);
    return work->failures > 0;
}

int main(int argc, char **argv)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings *settings = akv_settings_new();
    struct work work = { .count = argc == 3 ? atol(argv[2]) : 0 };
    int status = 1;

    if (work.count < 1) {
        fprintf(stderr, "usage: sign akv://VAULT/keys/NAME COUNT\n");
        return 2;
    }
    if (settings != NULL && akv_settings_read_environment(settings, &err)
        && akv_id_parse(&work.key, argv[1], settings, &err)
        && (work.client = akv_client_new(settings)) != NULL)
        status = sign_all(&work, &err);
    if (err.code != AKV_E_NONE)
        fprintf(stderr, "sign: %s\n", err.message);
    akv_client_free(work.client);
    akv_settings_free(settings);
    return status;
}
