/* SPDX-License-Identifier: Apache-2.0 */

/*
 * bench_load DIR ROUNDS: how long processes live that load akv or bare from
 * DIR and end, in turn. Prints the medians and their ratio, which is what
 * counts: absolute times say more of the machine.
 */

#include <openssl/provider.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_ROUNDS 1000

static int load(const char *dir, const char *name)
{
    if (!OSSL_PROVIDER_set_default_search_path(NULL, dir)
        || OSSL_PROVIDER_load(NULL, name) == NULL) {
        (void)fprintf(stderr, "bench_load: %s/%s.so cannot be loaded\n", dir,
                      name);
        return 1;
    }
    return 0;
}

static double now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Microseconds that a process of this program needs for it. */
static double run(char *self, char *dir, char *name)
{
    char *argv[] = { self, (char[]){ "--load" }, dir, name, NULL };
    double start = now_us();
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        (void)execv(self, argv);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
        exit(1);
    return now_us() - start;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare);
    return values[count / 2];
}

int main(int argc, char **argv)
{
    static double akv[MAX_ROUNDS], bare[MAX_ROUNDS];
    char akv_name[] = "keyvault", bare_name[] = "bare",
         self[] = "/proc/self/exe";
    size_t rounds, i;

    if (argc == 4 && strcmp(argv[1], "--load") == 0)
        return load(argv[2], argv[3]);
    rounds = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (rounds < 1 || rounds > MAX_ROUNDS) {
        (void)fprintf(stderr, "usage: bench_load DIR ROUNDS (1 to %d)\n",
                      MAX_ROUNDS);
        return 2;
    }
    for (i = 0; i < rounds; i++) { /* in turn: both see the same machine */
        bare[i] = run(self, argv[1], bare_name);
        akv[i] = run(self, argv[1], akv_name);
    }
    printf("load bare: %.0f us, load akv: %.0f us, ratio %.3f (medians of "
           "%zu)\n",
           median(bare, rounds), median(akv, rounds),
           median(akv, rounds) / median(bare, rounds), rounds);
    return 0;
}
