/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arm.h"
#include "control.h"
#include "counters.h"
#include "managed_identity.h"
#include "options.h"
#include "ready.h"
#include "request_log.h"
#include "server.h"
#include "service.h"
#include "sockets.h"
#include "store.h"
#include "tls_ca.h"
#include "token.h"
#include "vault.h"

/* The ports that are served; a server is NULL until it is started. */
struct service {
    struct emu *emu;
    struct emu_tls tls;
    struct emu_rundir dir;
    struct emu_server *control;
    struct emu_server *control_tcp;
    struct emu_server *https;
    struct emu_server *hsm;
    struct emu_server *identity;
};

static void serve_https(struct emu *emu, struct emu_request *req,
                        struct emu_reply *reply)
{
    uint64_t serial = emu_log_add(emu->log, req);

    emu_count_enter(emu->counters);
    if (req->bad_target || emu_route_is_vault(&req->target)
        || (!emu_token_serve(emu, req, reply)
            && !emu_arm_serve(emu, req, reply))) {
        emu_vault_serve(emu, req, reply);
        emu_log_answer(emu->log, serial, reply); /* but no tokens */
    }
    emu_count_leave(emu->counters);
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

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
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
            return EX_EMU_USAGE;
        }
    }
    if (emu_ready_announce(emu, dir)) {
        fputs("akv-emulator: for development only, not a safe place for keys\n",
              stderr);
        if (options->listen != NULL && !is_loopback(options->listen))
            fprintf(stderr,
                    "akv-emulator: warning: whoever reaches %s may use it\n",
                    options->listen);
        wait_for_end(signal_fd, parent_fd, options->until_stdin_eof);
        emu_ready_withdraw(emu);
        rc = 0;
    }
    if (parent_fd >= 0)
        close(parent_fd);
    return rc;
}

/* False with a message. *used is the port that was taken. */
static bool start(struct service *s, const char *option, uint16_t port,
                  emu_serve_fn *serve, enum emu_style style,
                  struct emu_server **server, uint16_t *used)
{
    struct emu_sockets sockets;

    if (!emu_sockets_open(&sockets, s->emu->options->listen, port)) {
        fprintf(stderr, "akv-emulator: --%s '%u': %s\n", option, (unsigned)port,
                strerror(errno));
        return false;
    }
    *used = sockets.port;
    *server = emu_server_start(s->emu, serve, &sockets, &s->tls, style);
    return *server != NULL;
}

static bool start_control(struct service *s)
{
    struct emu_sockets sockets = { .ipv6 = -1 };

    sockets.ipv4 = emu_socket_unix(s->dir.control);
    if (sockets.ipv4 < 0) {
        perror("akv-emulator: control socket");
        return false;
    }
    s->control = emu_server_start(s->emu, emu_control_serve, &sockets, NULL,
                                  EMU_STYLE_PLAIN);
    return s->control != NULL;
}

static bool start_ports(struct service *s)
{
    struct emu *emu = s->emu;
    const struct emu_options *options = emu->options;

    return start(s, "port", options->port, serve_https, EMU_STYLE_VAULT,
                 &s->https, &emu->port)
           && start(s, "identity-port", options->identity_port,
                    emu_managed_identity_serve, EMU_STYLE_PLAIN, &s->identity,
                    &emu->identity_port)
           && (!options->control_tcp
               || start(s, "control-port", options->control_port,
                        emu_control_serve, EMU_STYLE_PLAIN, &s->control_tcp,
                        &emu->control_port))
           && (emu_store_default(emu->store, true) == NULL
               || start(s, "hsm-port", options->hsm_port, serve_https,
                        EMU_STYLE_HSM, &s->hsm, &emu->hsm_port));
}

int emu_service_run(struct emu *emu, int signal_fd)
{
    const struct emu_options *options = emu->options;
    struct service s = { .emu = emu };
    int rc = options->tls_cert != NULL ? EX_EMU_USAGE : 1;

    if (!emu_tls_make(&s.tls, emu->store, options)
        || !emu_rundir_make(&s.dir, s.tls.ca) || !start_control(&s))
        goto out;
    emu->ca_pem = s.tls.ca;
    emu->arc_dir = options->arc_dir == NULL ? s.dir.path : options->arc_dir;
    rc = EX_EMU_USAGE;
    if (start_ports(&s))
        rc = run(emu, &s.dir, signal_fd);
out:
    stop_waiting(emu);
    emu_server_stop(s.hsm);
    emu_server_stop(s.identity);
    emu_server_stop(s.https);
    emu_server_stop(s.control_tcp);
    emu_server_stop(s.control);
    emu_rundir_remove(&s.dir);
    emu_tls_free(&s.tls);
    return rc;
}
