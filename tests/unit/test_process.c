/* SPDX-License-Identifier: Apache-2.0 */

/* Real programs, run from a real loop. */

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "transport/loop_drive.h"
#include "transport/process.h"
#include "unit.h"

/* One run, driven from the test's thread. */
static struct {
    struct akv_loop *loop;
    struct akv_task task;
    const char *const *argv;
    int64_t timeout_ms;
    bool cancel; /* as soon as it runs */
    struct akv_process *process;
    bool started, called;
    int64_t begun, ms; /* how long it took */
    int status;
    bool timed_out;
    char out[300], errors[300];
    size_t out_len;
    struct akv_event ended;
} run;

static void on_end(void *arg, struct akv_process_result *result)
{
    CHECK(arg == &run);
    CHECK("never inside of start" && run.started);
    run.called = true;
    run.ms = akv_clock_mono(akv_clock_system()) - run.begun;
    run.status = result->status;
    run.timed_out = result->timed_out;
    run.out_len = result->out.len;
    (void)snprintf(run.out, sizeof(run.out), "%s", akv_buf_str(&result->out));
    (void)snprintf(run.errors, sizeof(run.errors), "%s",
                   akv_buf_str(&result->errors));
    akv_event_set(&run.ended);
}

static void start(void *arg)
{
    (void)arg;
    run.process =
        akv_process_start(run.loop, run.argv, run.timeout_ms, on_end, &run);
    run.started = true;
    CHECK(run.process != NULL);
    if (run.process == NULL || run.cancel) {
        akv_process_cancel(run.process);
        akv_event_set(&run.ended);
    }
}

static void run_argv(const char *const *argv, int64_t timeout_ms, bool cancel)
{
    struct akv_error err = AKV_ERROR_INIT;

    memset(&run, 0, sizeof(run));
    run.loop = akv_loop_acquire(unit_may_thread(), &err);
    CHECK_AT(err.message, run.loop != NULL);
    CHECK(akv_event_init(&run.ended));
    run.argv = argv;
    run.timeout_ms = timeout_ms;
    run.cancel = cancel;
    run.begun = akv_clock_mono(akv_clock_system());
    run.task.fn = start;
    akv_loop_post(run.loop, &run.task);
    CHECK("it ends"
          && akv_loop_await(run.loop, &run.ended, NULL, run.begun + 20000));
    akv_loop_release(run.loop);
    akv_event_destroy(&run.ended);
}

static void run_shell(const char *script, int64_t timeout_ms)
{
    const char *const argv[] = { "sh", "-c", script, NULL };

    run_argv(argv, timeout_ms, false);
}

static void statuses(void)
{
    static const struct {
        const char *argv[4];
        int status;
    } rows[] = {
        { { "true" }, 0 },
        { { "false" }, 1 },
        { { "/bin/true" }, 0 },
        { { "sh", "-c", "exit 42" }, 42 },
        { { "sh", "-c", "kill -TERM $$" }, 128 },
        { { "no-such-program-anywhere" }, 127 },
        { { "/no/such/program" }, 127 },
        { { "/etc/passwd" }, 127 }, /* no program */
        { { "" }, 127 },
    };
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        run_argv(rows[i].argv, 10000, false);
        CHECK_AT(rows[i].argv[0], run.called);
        CHECK_INT(rows[i].argv[0], run.status, rows[i].status);
        CHECK_AT(rows[i].argv[0], !run.timed_out);
        CHECK_STR(rows[i].argv[0], run.out, "");
    }
}

static void outputs(void)
{
    static const struct {
        const char *script, *out, *errors;
    } rows[] = {
        { "echo hello", "hello\n", "" },
        { "echo hello >&2", "", "hello\n" },
        { "echo one; echo two >&2; echo three", "one\nthree\n", "two\n" },
        { "printf a; sleep 0.1; printf b", "ab", "" },
        { "exec >&-; echo late >&2", "", "late\n" },
        { "exec 2>&-; echo late", "late\n", "" },
        { "pwd", "/bin\n", "" },
        { "cat", "", "" }, /* there is no input */
        { "echo \"$AKV_TEST_VARIABLE\"", "set\n", "" },
    };
    size_t i;

    (void)setenv("AKV_TEST_VARIABLE", "set", 1);
    for (i = 0; i < COUNT(rows); i++) {
        run_shell(rows[i].script, 10000);
        CHECK_INT(rows[i].script, run.status, 0);
        /* where /bin is a link, the shell may say so */
        if (strcmp(run.out, "/usr/bin\n") != 0)
            CHECK_STR(rows[i].script, run.out, rows[i].out);
        CHECK_STR(rows[i].script, run.errors, rows[i].errors);
    }
    (void)unsetenv("AKV_TEST_VARIABLE");
}

/* More than a pipe holds is read; more than is sensible ends the program. */
static void much_output(void)
{
    run_shell("head -c 200000 /dev/zero | tr '\\0' x; echo end >&2", 10000);
    CHECK_INT("status", run.status, 0);
    CHECK_INT("all of it", run.out_len, 200000);
    CHECK_STR("the other stream", run.errors, "end\n");
    run_shell("exec yes", 10000);
    CHECK("it does not go on for ever" && run.called && !run.timed_out);
    CHECK("cut" && run.out_len > 0 && run.out_len <= 256 * 1024);
    CHECK_INT("by a signal", run.status, 128);
}

static void time_out(void)
{
    static const char *const argv[] = { "sleep", "30", NULL };

    run_argv(argv, 100, false);
    CHECK(run.called && run.timed_out);
    CHECK("in time" && run.ms >= 100 && run.ms < 5000);
    CHECK_INT("killed", run.status, 128);
    run_shell("trap '' TERM INT; echo before; exec sleep 30", 300);
    CHECK("a stubborn one" && run.timed_out && run.ms < 5000);
    CHECK_STR("what it said", run.out, "before\n");
}

/* Whether a process is gone, or at least dead, by a deadline. */
static bool ends(pid_t pid)
{
    int64_t until = akv_clock_mono(akv_clock_system()) + 5000;
    char path[40], line[300];

    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    while (akv_clock_mono(akv_clock_system()) < until) {
        FILE *file = fopen(path, "re");
        bool dead = file == NULL || fgets(line, sizeof(line), file) == NULL
                    || strstr(line, ") Z ") != NULL;

        if (file != NULL)
            (void)fclose(file);
        if (dead)
            return true;
        (void)sched_yield();
    }
    return false;
}

/* What the program has started goes with it; what has left its group stays,
 * but does not keep the caller waiting, though it holds the output open. */
static void grandchildren(void)
{
    pid_t pid;

    run_shell("sleep 30 & echo $!; wait", 1000);
    CHECK("a time-out" && run.timed_out && run.ms < 5000);
    pid = (pid_t)atoi(run.out);
    CHECK("it is killed, too" && pid > 1 && ends(pid));
    run_shell("sleep 30 & echo $!; exit 7", 1000);
    CHECK("though the program has ended" && run.timed_out && run.ms < 5000);
    CHECK_INT("its own status", run.status, 7);
    pid = (pid_t)atoi(run.out);
    CHECK("it is killed, too" && pid > 1 && ends(pid));
    run_shell("setsid sh -c 'echo $$; exec sleep 30' & wait", 1000);
    CHECK("nobody waits for it" && run.timed_out && run.ms < 5000);
    pid = (pid_t)atoi(run.out);
    CHECK("it is alive" && pid > 1 && kill(pid, SIGKILL) == 0);
}

/* Of what is given up nothing stays, not even a zombie. */
static void cancelled(void)
{
    static const char *const argv[] = { "sleep", "30", NULL };

    run_argv(argv, 10000, true);
    CHECK(!run.called);
    CHECK("no child is left" && waitpid(-1, NULL, WNOHANG) == -1);
    akv_process_cancel(NULL);
}

/* The application's signals are its own business: its children are not. */
static void signals(void)
{
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    sigset_t set, old;

    CHECK(sigemptyset(&set) == 0 && sigaddset(&set, SIGTERM) == 0);
    CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0);
    run_shell("kill -PIPE $$; echo survived", 10000);
    CHECK_STR("not ignored in the program", run.out, "");
    CHECK_INT("not ignored in the program", run.status, 128);
    run_shell("kill -TERM $$; echo survived", 10000);
    CHECK_STR("not blocked in the program", run.out, "");
    CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
    (void)signal(SIGPIPE, before);
}

/* Then the kernel reaps, and nobody learns the status. */
static void children_ignored(void)
{
    void (*before)(int) = signal(SIGCHLD, SIG_IGN);

    run_shell("echo hello; exit 3", 10000);
    CHECK(run.called && !run.timed_out);
    CHECK_INT("unknown", run.status, -1);
    CHECK_STR("but its output", run.out, "hello\n");
    run_shell("exec sleep 30", 100);
    CHECK("the time is kept" && run.timed_out && run.ms < 5000);
    (void)signal(SIGCHLD, before);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "statuses", statuses },
        { "outputs", outputs },
        { "much output", much_output },
        { "time-out", time_out },
        { "what a program has started", grandchildren },
        { "cancelled", cancelled },
        { "signals", signals },
        { "SIGCHLD ignored", children_ignored },
    };

    return unit_main("process", tests, COUNT(tests));
}
