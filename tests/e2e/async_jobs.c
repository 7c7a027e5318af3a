/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Keys of a vault inside ASYNC jobs that are started by hand. Modes:
 *
 *     jobs     signatures and decryption, resumed when they can go on and when
 *              they cannot, many in one job, many jobs in one wait context
 *     callback the application has set a callback, and never gets a call
 *     blocked  jobs may not be paused; waiting takes no processor time
 *     fails    a signature fails; the reasons go to standard error
 *     stack    how deep it goes on the stack, printed in bytes
 *     refused  the same of signatures that the vault refuses
 *
 * All but the last two print how many requests they have made with the keys.
 *
 * Usage: async_jobs MODE EC-URI RSA-URI
 */

#include <openssl/async.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "keys.h"

#define PATIENCE_MS 30000
#define ROUNDS 20
#define STACK_SIZE (2 * 1024 * 1024)
#define STACK_LIMIT (16 * 1024) /* half of what a job has */
#define PAINT 0xa5
#define MAX_RESUMES 3 /* of a job that is resumed when it can go on */

static int signatures, decryptions;
static const char *first_uri;

/* What a job does, and with what. */
struct task {
    EVP_PKEY *pkey;
    int (*fn)(EVP_PKEY *pkey);
    int times;
    int blocked;
};

static int sign(EVP_PKEY *pkey)
{
    unsigned char sig[1024];
    size_t len = sizeof(sig);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int ok;

    ok = EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1
         && EVP_DigestSign(ctx, sig, &len, (const void *)"x", 1) == 1;
    signatures += ok;
    EVP_MD_CTX_free(ctx);
    return ok;
}

static int decrypt(EVP_PKEY *pkey)
{
    unsigned char cipher[1024], text[1024];
    size_t len = sizeof(cipher), text_len = sizeof(text);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    int ok;

    ok = EVP_PKEY_encrypt_init(ctx) == 1
         && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1
         && EVP_PKEY_encrypt(ctx, cipher, &len, (const void *)"word", 4) == 1
         && EVP_PKEY_decrypt_init(ctx) == 1
         && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1
         && EVP_PKEY_decrypt(ctx, text, &text_len, cipher, len) == 1
         && text_len == 4 && memcmp(text, "word", 4) == 0;
    decryptions += ok;
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static int run_task(void *arg)
{
    const struct task *task = *(struct task **)arg;
    int ok = 1, i;

    if (task->blocked)
        ASYNC_block_pause();
    for (i = 0; i < task->times; i++)
        ok &= task->fn(task->pkey);
    if (task->blocked)
        ASYNC_unblock_pause();
    return ok;
}

/* The one descriptor of a wait context. */
static struct pollfd wait_fd(ASYNC_WAIT_CTX *wait)
{
    struct pollfd pfd = { .events = POLLIN };
    size_t n = 0;

    check(ASYNC_WAIT_CTX_get_all_fds(wait, NULL, &n) && n == 1,
          "a wait context has one descriptor");
    check(ASYNC_WAIT_CTX_get_all_fds(wait, &pfd.fd, &n), "the descriptor");
    return pfd;
}

/*
 * Runs the task in a job. Spurious: as often it is resumed at once, too,
 * each time. Returns how often the job was paused.
 */
static int run_job(ASYNC_WAIT_CTX *wait, const struct task *task, int spurious,
                   int *ok)
{
    ASYNC_JOB *job = NULL;
    struct pollfd pfd;
    int paused = 0, i, status;

    for (;;) {
        status = ASYNC_start_job(&job, wait, ok, run_task, &task,
                                 sizeof(struct task *));
        if (status == ASYNC_FINISH)
            return paused;
        check(status == ASYNC_PAUSE, "start or resume a job");
        paused++;
        pfd = wait_fd(wait);
        for (i = 0; i < spurious && status == ASYNC_PAUSE; i++)
            status = ASYNC_start_job(&job, wait, ok, run_task, &task,
                                     sizeof(struct task *));
        if (status == ASYNC_FINISH)
            return paused;
        check(poll(&pfd, 1, PATIENCE_MS) == 1, "the descriptor is readable");
    }
}

static void check_job(ASYNC_WAIT_CTX *wait, const struct task *task,
                      int spurious)
{
    struct pollfd pfd;
    int ok = 0, paused = run_job(wait, task, spurious, &ok);

    check(ok == 1, "what a job does");
    check(paused <= MAX_RESUMES * task->times, "a job is resumed for nothing");
    pfd = wait_fd(wait);
    check(poll(&pfd, 1, 0) == 0, "no end is left in the descriptor");
}

static void jobs(EVP_PKEY *ec, EVP_PKEY *rsa)
{
    ASYNC_WAIT_CTX *wait = ASYNC_WAIT_CTX_new();
    struct task one = { ec, sign, 1, 0 }, many = { rsa, sign, 3, 0 };
    struct task decryption = { rsa, decrypt, 1, 0 };
    int ok = 0, fd, i;

    check(run_job(wait, &one, 0, &ok) > 0, "the first job was not paused");
    check(ok == 1, "what the first job does");
    fd = wait_fd(wait).fd;
    for (i = 0; i < ROUNDS; i++)
        check_job(wait, &one, 0);
    for (i = 1; i <= ROUNDS; i++)
        check_job(wait, &one, i);
    check_job(wait, &many, 0);
    check_job(wait, &many, 2);
    check_job(wait, &decryption, 0);
    check(wait_fd(wait).fd == fd, "it is the same descriptor all the time");
    ASYNC_WAIT_CTX_free(wait);
}

static int never(void *arg)
{
    (void)arg;
    check(0, "the callback is called");
    return 0;
}

static void callback(EVP_PKEY *ec)
{
    ASYNC_WAIT_CTX *wait = ASYNC_WAIT_CTX_new();
    struct task task = { ec, sign, 2, 0 };
    size_t n = 0;
    int ok = 0;

    check(ASYNC_WAIT_CTX_set_callback(wait, never, NULL), "set a callback");
    check(run_job(wait, &task, 0, &ok) == 0, "a job was paused");
    check(ok == 1, "what a job does");
    check(ASYNC_WAIT_CTX_get_all_fds(wait, NULL, &n) && n == 0,
          "no descriptor beside a callback");
    ASYNC_WAIT_CTX_free(wait);
}

static int64_t us(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void blocked(EVP_PKEY *ec)
{
    ASYNC_WAIT_CTX *wait = ASYNC_WAIT_CTX_new();
    struct task task = { ec, sign, 1, 1 };
    int64_t wall = us(CLOCK_MONOTONIC), cpu = us(CLOCK_THREAD_CPUTIME_ID);
    int ok = 0;

    check(run_job(wait, &task, 0, &ok) == 0, "a job was paused");
    check(ok == 1, "what a job does");
    wall = us(CLOCK_MONOTONIC) - wall;
    cpu = us(CLOCK_THREAD_CPUTIME_ID) - cpu;
    fprintf(stderr, "waited %lld us, used %lld us\n", (long long)wall,
            (long long)cpu);
    check(cpu < wall / 2, "waiting takes the processor");
    ASYNC_WAIT_CTX_free(wait);
}

static void fails(EVP_PKEY *ec)
{
    ASYNC_WAIT_CTX *wait = ASYNC_WAIT_CTX_new();
    struct task task = { ec, sign, 1, 0 };
    int ok = 1;

    check(run_job(wait, &task, 0, &ok) > 0, "a job was not paused");
    check(ok == 0, "a job has not failed");
    ERR_print_errors_fp(stderr);
    ASYNC_WAIT_CTX_free(wait);
}

static int is_refused(EVP_PKEY *pkey)
{
    return !sign(pkey);
}

static int load_and_sign(EVP_PKEY *none)
{
    EVP_PKEY *pkey = load_key(NULL, first_uri);
    int ok = sign(pkey);

    (void)none;
    EVP_PKEY_free(pkey);
    return ok;
}

/* On a stack of our own: how deep it was used. */
struct deep {
    struct task task;
    const unsigned char *stack;
    size_t used;
};

static void *measure(void *arg)
{
    struct deep *deep = arg;
    const unsigned char *low = deep->stack;
    uintptr_t top = (uintptr_t)__builtin_frame_address(0);

    check(deep->task.fn(deep->task.pkey), "an operation");
    while (*low == PAINT)
        low++;
    deep->used = top - (uintptr_t)low;
    return NULL;
}

static void depth(const char *what, EVP_PKEY *pkey, int (*fn)(EVP_PKEY *))
{
    unsigned char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    struct deep deep = { { pkey, fn, 1, 0 }, stack, 0 };
    pthread_attr_t attr;
    pthread_t thread;

    check(stack != MAP_FAILED, "a stack");
    memset(stack, PAINT, STACK_SIZE);
    check(pthread_attr_init(&attr) == 0
              && pthread_attr_setstack(&attr, stack, STACK_SIZE) == 0
              && pthread_create(&thread, &attr, measure, &deep) == 0
              && pthread_join(thread, NULL) == 0,
          "run a thread");
    (void)pthread_attr_destroy(&attr);
    (void)munmap(stack, STACK_SIZE);
    printf("%s %zu\n", what, deep.used);
/* Sanitizers make every frame larger. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    check(deep.used < STACK_LIMIT, "the stack is used too deep");
#endif
}

/* The first operation does what the others need no more. */
static void stack(EVP_PKEY *ec, EVP_PKEY *rsa)
{
    depth("first", ec, sign);
    depth("sign-ec", ec, sign);
    depth("sign-rsa", rsa, sign);
    depth("decrypt", rsa, decrypt);
}

static void refused(EVP_PKEY *ec)
{
    depth("refused first", ec, is_refused);
    depth("refused", ec, is_refused);
}

int main(int argc, char **argv)
{
    EVP_PKEY *ec, *rsa;

    check(argc == 4, "usage: async_jobs MODE EC-URI RSA-URI");
    check(ASYNC_is_capable(), "there are jobs on this system");
    first_uri = argv[2];
    if (strcmp(argv[1], "stack") == 0)
        depth("all from the first", NULL, load_and_sign);
    ec = load_key(NULL, argv[2]);
    rsa = load_key(NULL, argv[3]);
    if (strcmp(argv[1], "jobs") == 0)
        jobs(ec, rsa);
    else if (strcmp(argv[1], "callback") == 0)
        callback(ec);
    else if (strcmp(argv[1], "blocked") == 0)
        blocked(ec);
    else if (strcmp(argv[1], "fails") == 0)
        fails(ec);
    else if (strcmp(argv[1], "stack") == 0)
        stack(ec, rsa);
    else if (strcmp(argv[1], "refused") == 0)
        refused(ec);
    else
        check(0, "a mode");
    if (strcmp(argv[1], "stack") != 0 && strcmp(argv[1], "refused") != 0)
        printf("sign %d decrypt %d\n", signatures, decryptions);
    EVP_PKEY_free(ec);
    EVP_PKEY_free(rsa);
    return 0;
}
