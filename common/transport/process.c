/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A program has ended when both its outputs are closed and it was reaped, by
 * looking again and again: SIGCHLD is the host's. Only a child that is not
 * reaped yet is signalled, since its number may be another's afterwards. done
 * comes from a watch or a timer, never from akv_process_start().
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "transport/process.h"

#define OUTPUT_MAX (256 * 1024)
#define REAP_MS 10 /* between looks at a program that has closed its output */

extern char **environ;

struct stream {
    struct akv_watch watch; /* fd -1: closed */
    struct akv_buf *buf;    /* borrowed: the result's */
};

struct akv_process {
    struct akv_loop *loop; /* borrowed */
    pid_t pid;             /* 0: it could not be started */
    struct stream out, errors;
    struct akv_timer *timer; /* the time to live */
    struct akv_timer *reap;  /* the next look, or NULL */
    struct akv_process_result result;
    akv_process_fn *done;
    void *arg;
};

static void stream_close(struct akv_process *process, struct stream *stream)
{
    if (stream->watch.fd < 0)
        return;
    akv_loop_unwatch(process->loop, &stream->watch);
    akv_loop_close(process->loop, stream->watch.fd);
    stream->watch.fd = -1;
}

static void process_free(struct akv_process *process)
{
    stream_close(process, &process->out);
    stream_close(process, &process->errors);
    akv_loop_timer_stop(process->loop, process->timer);
    akv_loop_timer_stop(process->loop, process->reap);
    akv_buf_free(&process->result.out);
    akv_buf_free(&process->result.errors);
    free(process);
}

/* Kills it with whatever it has started. A child that the kernel has reaped
 * (SIGCHLD is ignored) is left alone: its number may be another's by now. */
static void kill_group(const struct akv_process *process)
{
    siginfo_t info;

    if (waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT)
        == 0)
        (void)kill(-process->pid, SIGKILL);
}

void akv_process_cancel(struct akv_process *process)
{
    if (process == NULL)
        return;
    if (process->pid > 0) {
        kill_group(process);
        (void)waitpid(process->pid, NULL, 0);
    }
    process_free(process);
}

static void process_finish(struct akv_process *process)
{
    process->done(process->arg, &process->result);
    process_free(process);
}

/* The host may have set SIGCHLD to be ignored: then nobody knows the status,
 * and the output must do. */
static void process_reap(void *arg)
{
    struct akv_process *process = arg;
    int status = 0;
    pid_t pid = waitpid(process->pid, &status, WNOHANG);

    process->reap = NULL;
    if (pid == 0) {
        process->reap =
            akv_loop_timer(process->loop, REAP_MS, process_reap, process);
        if (process->reap != NULL)
            return;
    }
    process->result.status = -1;
    if (pid == process->pid)
        process->result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    process->pid = 0;
    process_finish(process);
}

static void on_output(void *arg, int fd, uint32_t events)
{
    struct akv_process *process = arg;
    struct stream *stream =
        fd == process->out.watch.fd ? &process->out : &process->errors;
    unsigned char *room = akv_buf_reserve(stream->buf, 4096);
    ssize_t n = room != NULL ? read(fd, room, 4096) : 0;

    (void)events;
    if (n > 0) {
        stream->buf->len += (size_t)n;
        stream->buf->data[stream->buf->len] = '\0';
        return;
    }
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    stream_close(process, stream);
    if (process->out.watch.fd < 0 && process->errors.watch.fd < 0
        && process->reap == NULL)
        process_reap(process);
}

/* What it has started may have left its group and still hold the pipes: their
 * end is not waited for. */
static void on_timeout(void *arg)
{
    struct akv_process *process = arg;

    process->timer = NULL;
    process->result.timed_out = true;
    kill_group(process);
    stream_close(process, &process->out);
    stream_close(process, &process->errors);
    if (process->reap == NULL)
        process_reap(process);
}

static void on_not_started(void *arg)
{
    struct akv_process *process = arg;

    process->timer = NULL;
    process_finish(process);
}

static int process_spawn(pid_t *pid, const char *const argv[], int out,
                         int errors)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none, all;
    union {
        const char *const *in;
        char *const *out;
    } u = { argv };
    int rc;

    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
                                           O_RDONLY, 0);
    (void)posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    (void)posix_spawn_file_actions_adddup2(&files, errors, STDERR_FILENO);
    (void)posix_spawn_file_actions_addchdir_np(&files, "/bin");
    (void)posix_spawnattr_init(&attr);
    (void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK
                                              | POSIX_SPAWN_SETSIGDEF
                                              | POSIX_SPAWN_SETPGROUP);
    (void)posix_spawnattr_setpgroup(&attr, 0);
    (void)posix_spawnattr_setsigmask(&attr, &none);
    (void)posix_spawnattr_setsigdefault(&attr, &all);
    rc = posix_spawnp(pid, argv[0], &files, &attr, u.out, environ);
    (void)posix_spawnattr_destroy(&attr);
    (void)posix_spawn_file_actions_destroy(&files);
    return rc;
}

static bool stream_open(struct akv_process *process, struct stream *stream,
                        struct akv_buf *buf, int fd)
{
    akv_buf_init(buf, OUTPUT_MAX);
    stream->buf = buf;
    if (!akv_loop_keep(process->loop, fd))
        return false;
    stream->watch.fd = fd;
    stream->watch.fn = on_output;
    stream->watch.arg = process;
    stream->watch.events = EPOLLIN;
    return akv_loop_watch(process->loop, &stream->watch, false);
}

struct akv_process *akv_process_start(struct akv_loop *loop,
                                      const char *const argv[],
                                      int64_t timeout_ms, akv_process_fn *done,
                                      void *arg)
{
    struct akv_process *process = calloc(1, sizeof(*process));
    int out[2] = { -1, -1 }, errors[2] = { -1, -1 }, rc;
    bool ok;

    if (process == NULL || pipe2(out, O_CLOEXEC) != 0
        || pipe2(errors, O_CLOEXEC) != 0) {
        if (out[0] >= 0) {
            (void)close(out[0]);
            (void)close(out[1]);
        }
        free(process);
        return NULL;
    }
    process->out.watch.fd = process->errors.watch.fd = -1;
    process->loop = loop;
    process->done = done;
    process->arg = arg;
    rc = process_spawn(&process->pid, argv, out[1], errors[1]);
    (void)close(out[1]);
    (void)close(errors[1]);
    if (rc != 0)
        process->pid = 0;
    ok = stream_open(process, &process->out, &process->result.out, out[0]);
    ok &= stream_open(process, &process->errors, &process->result.errors,
                      errors[0]);
    if (!ok) {
        akv_process_cancel(process);
        return NULL;
    }
    if (rc != 0) {
        process->result.status = 127;
        process->result.error = rc;
        stream_close(process, &process->out);
        stream_close(process, &process->errors);
    }
    process->timer =
        akv_loop_timer(loop, rc == 0 ? timeout_ms : 0,
                       rc == 0 ? on_timeout : on_not_started, process);
    if (process->timer != NULL)
        return process;
    akv_process_cancel(process);
    return NULL;
}
