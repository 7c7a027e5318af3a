/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Keys that were loaded, and used, before fork(): as in a server whose master
 * loads them and whose workers sign. Four workers and the parent sign at the
 * same time, one worker has a child of its own, and the parent goes on when
 * all of them are gone, some through exit() and some through _exit().
 *
 * Usage: forks URI...; prints how many keys it loads and signs with.
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keys.h"

#define WORKERS 4
#define ROUNDS 5
#define MAX_KEYS 4

static struct context ours, plain;
static EVP_PKEY *pkeys[MAX_KEYS], *public_keys[MAX_KEYS];
static int nkeys;

static void use_all(int n)
{
    for (int i = 0; i < nkeys; i++)
        sign_and_verify(ours.libctx, pkeys[i], plain.libctx, public_keys[i], n);
}

static void wait_for(pid_t pid)
{
    int status = 0;

    check(waitpid(pid, &status, 0) == pid, "wait for a child");
    check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a child fails");
}

static pid_t start(void (*work)(int number, const char *uri), int number,
                   const char *uri)
{
    pid_t pid = fork();

    check(pid >= 0, "fork");
    if (pid != 0)
        return pid;
    alarm(60);
    work(number, uri);
    if (number % 2 == 0)
        exit(0);
    _exit(0);
}

static void grandchild(int number, const char *uri)
{
    (void)number;
    (void)uri;
    use_all(1);
}

/* Nobody begins before all are there: end closes with the last of the
 * parent's writing ends. */
static int gate[2];

static void worker(int number, const char *uri)
{
    EVP_PKEY *own;
    char byte;

    close(gate[1]);
    check(read(gate[0], &byte, 1) == 0, "wait at the gate");
    use_all(ROUNDS);
    own = load_key(ours.libctx, uri);
    EVP_PKEY_free(own);
    if (number == 0)
        wait_for(start(grandchild, 0, uri));
}

int main(int argc, char **argv)
{
    pid_t pids[WORKERS];
    int i;

    check(argc >= 2 && argc <= MAX_KEYS + 1, "usage: forks URI...");
    alarm(120);
    context_open(&plain, 1, 0);
    context_open(&ours, 1, 1);
    for (i = 1; i < argc; i++) {
        pkeys[nkeys] = load_key(ours.libctx, argv[i]);
        public_keys[nkeys] = public_half(pkeys[nkeys], plain.libctx);
        nkeys++;
    }
    use_all(1);
    check(pipe(gate) == 0, "pipe");
    for (i = 0; i < WORKERS; i++)
        pids[i] = start(worker, i, argv[1]);
    close(gate[1]);
    use_all(ROUNDS);
    for (i = 0; i < WORKERS; i++)
        wait_for(pids[i]);
    use_all(1);
    for (i = 0; i < nkeys; i++) {
        EVP_PKEY_free(pkeys[i]);
        EVP_PKEY_free(public_keys[i]);
    }
    context_close(&ours);
    context_close(&plain);
    /* Before and after, the parent's and the workers' rounds, and one more
     * of the grandchild. */
    printf("get_key %d sign %d\n", nkeys + WORKERS,
           nkeys * (3 + ROUNDS + WORKERS * ROUNDS));
    return 0;
}
