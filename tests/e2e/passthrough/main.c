/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Usage: passthrough [PROVIDER-TO-LOOK-UP...]; the providers come from
 * openssl.cnf, and are looked up first, as many programs do.
 */

#include <openssl/provider.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "passthrough.h"

static void (*const groups[])(const struct subject *subject) = {
    do_signatures,    do_pss_orders, do_ciphers,   do_exchanges,
    do_parameters,    do_encoders,   do_templates, do_management,
    do_old_functions, do_composed,
};

/* A crash is told, and stops nothing else. Returns in the child alone, with
 * 1. */
static int in_child(const char *what)
{
    int status = 0;
    pid_t pid;

    (void)fflush(stdout);
    pid = fork();
    if (pid == 0)
        return 1;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status)
        || WEXITSTATUS(status) != 0)
        printf("\n%s: ended with status %#x\n", what, (unsigned)status);
    return 0;
}

static void leave(void)
{
    (void)fflush(stdout);
    _exit(0);
}

static void visit(const struct subject *subject)
{
    size_t i;

    for (i = 0; i < COUNT(groups); i++) {
        if (!in_child(subject->name))
            continue;
        groups[i](subject);
        leave();
    }
}

int main(int argc, char **argv)
{
    int i;

    for (i = 1; i < argc; i++)
        (void)OSSL_PROVIDER_available(NULL, argv[i]);
    use_same_random();
    each_subject(visit);
    if (in_child("generation")) {
        do_generation();
        leave();
    }
    if (in_child("imports")) {
        do_imports();
        leave();
    }
    return 0;
}
