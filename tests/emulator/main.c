/* SPDX-License-Identifier: Apache-2.0 */

/*
 * akv-emulator: a Key Vault on this machine, for development and tests.
 * Set-up, the wait for the end, and the way out.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "control.h"
#include "counters.h"
#include "faults.h"
#include "identity.h"
#include "options.h"
#include "ossl.h"
#include "ready.h"
#include "request_log.h"
#include "seed.h"
#include "server.h"
#include "sockets.h"
#include "store.h"
#include "token.h"
#include "token_cache.h"
#include "vault.h"

#define EXIT_USAGE 2

static void serve_https(struct emu *emu, struct emu_request *req,
                        struct emu_reply *reply)
{
    emu_log_add(emu->log, req);
    emu_count_enter(emu->counters);
    if (req->bad_target || emu_route_is_vault(&req->target)
        || !emu_token_serve(emu, req, reply))
        emu_vault_serve(emu, req, reply);
    emu_count_leave(emu->counters);
}

static bool set_up_store(struct emu *emu)
{
    const struct emu_options *options = emu->options;

    emu->store = emu_store_new();
    emu->identity = emu_identity_new();
    emu->token_cache = emu_token_cache_new();
    emu->counters = emu_counters_new();
    emu->faults = emu_faults_new(emu->stop_fd);
    emu->log = emu_log_new();
    for (size_t i = 0; i < options->nvaults; i++)
        emu_store_add_vault(emu->store, options->vault[i]);
    if (options->nvaults == 0 && options->seed == NULL)
        emu_store_add_vault(emu->store, EMU_DEFAULT_VAULT);
    return options->seed == NULL
           || emu_seed_load(options->seed, emu->store, emu->identity);
}

static void tear_down_store(struct emu *emu)
{
    emu_log_free(emu->log);
    emu_faults_free(emu->faults);
    emu_counters_free(emu->counters);
    emu_token_cache_free(emu->token_cache);
    emu_identity_free(emu->identity);
    emu_store_free(emu->store);
}

/* Signals arrive through a descriptor; no thread may take one meanwhile. */
static int block_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Readable when the process ends; -1 if it is gone already. */
static int watch_process(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* True while standard input has more to come. */
static bool drain_stdin(void)
{
    char scratch[4096];
    ssize_t n = read(STDIN_FILENO, scratch, sizeof(scratch));

    return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static void wait_for_end(int signal_fd, int parent_fd, bool until_stdin_eof)
{
    struct pollfd fds[3] = { { signal_fd, POLLIN, 0 },
                             { parent_fd, POLLIN, 0 },
                             { until_stdin_eof ? STDIN_FILENO : -1, POLLIN,
                               0 } };

    for (;;) {
        if (poll(fds, 3, -1) < 0) {
            if (errno == EINTR)
                continue;
            return;
        }
        if (fds[0].revents != 0 || fds[1].revents != 0)
            return;
        if (fds[2].revents != 0 && !drain_stdin())
            return;
    }
}

static void stop_waiting(struct emu *emu)
{
    static const uint64_t one = 1;

    if (write(emu->stop_fd, &one, sizeof(one)) < 0)
        perror("akv-emulator: eventfd");
    emu_counters_stop(emu->counters);
}

/* Everything is up: tells so, and serves until it is told to end. */
static int run(struct emu *emu, const struct emu_rundir *dir, int signal_fd)
{
    const struct emu_options *options = emu->options;
    int parent_fd = -1;
    int rc = 1;

    if (options->parent != 0) {
        parent_fd = watch_process(options->parent);
        if (parent_fd < 0) {
            fprintf(stderr, "akv-emulator: --parent '%ld': %s\n",
                    (long)options->parent, strerror(errno));
            return EXIT_USAGE;
        }
    }
    if (emu_ready_announce(emu, dir)) {
        fputs("akv-emulator: for development only, not a safe place for keys\n",
              stderr);
        wait_for_end(signal_fd, parent_fd, options->until_stdin_eof);
        emu_ready_withdraw(emu);
        rc = 0;
    }
    if (parent_fd >= 0)
        close(parent_fd);
    return rc;
}

static int serve(struct emu *emu, int signal_fd)
{
    struct emu_sockets sockets;
    struct emu_tls tls = { NULL, NULL, NULL };
    struct emu_rundir dir = { NULL, NULL, NULL };
    struct emu_server *https = NULL;
    struct emu_server *control = NULL;
    int control_fd;
    int rc = 1;

    if (!emu_sockets_open(&sockets, emu->options->port)) {
        fprintf(stderr, "akv-emulator: --port '%u': %s\n",
                (unsigned)emu->options->port, strerror(errno));
        return EXIT_USAGE;
    }
    emu->port = sockets.port;
    if (!emu_tls_make(&tls, emu->store) || !emu_rundir_make(&dir, tls.ca))
        goto out;
    control_fd = emu_socket_unix(dir.control);
    if (control_fd >= 0)
        control = emu_server_start_plain(emu, emu_control_serve, control_fd);
    if (control == NULL)
        goto out;
    https = emu_server_start(emu, serve_https, &sockets, &tls);
    if (https != NULL)
        rc = run(emu, &dir, signal_fd);
out:
    stop_waiting(emu);
    emu_server_stop(https);
    emu_server_stop(control);
    emu_rundir_remove(&dir);
    emu_tls_free(&tls);
    return rc;
}

/* A thousand connections need more descriptors than shells allow for. */
static void allow_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= 4096)
        return;
    limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    struct emu_options options;
    struct emu emu = { .options = &options, .stop_fd = -1 };
    int signal_fd;
    int rc = EXIT_USAGE;

    if (!emu_options_parse(&options, argc, argv)) {
        fputs("akv-emulator: try --help\n", stderr);
        return EXIT_USAGE;
    }
    if (options.help) {
        emu_options_usage();
        return 0;
    }
    allow_descriptors();
    signal_fd = block_signals();
    emu.stop_fd = eventfd(0, EFD_CLOEXEC);
    if (signal_fd < 0 || emu.stop_fd < 0 || !emu_ossl_init()) {
        fputs("akv-emulator: cannot start\n", stderr);
        return 1;
    }
    if (set_up_store(&emu))
        rc = serve(&emu, signal_fd);
    tear_down_store(&emu);
    emu_ossl_cleanup();
    close(emu.stop_fd);
    close(signal_fd);
    return rc;
}
