/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A process that is confined before or after it loads a key, as servers confine
 * themselves, and signs then. Prints "works", or the reason.
 *
 * Usage: confined LIMIT before|after plain|job KEY [FOLDER]
 * KEY is a URI, or a file with a reference; LIMIT one of the table below;
 * FOLDER the root directory of the limit root.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <openssl/async.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534
#define MEMORY_LEFT (6L * 1024 * 1024) /* less than a thread's stack */

static const char *folder;

static void die(const char *what)
{
    fprintf(stderr, "confined: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void be_nobody(void)
{
    if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0)
        die("user");
}

static void limit(int resource, rlim_t value)
{
    const struct rlimit both = { value, value };

    if (setrlimit(resource, &both) != 0)
        die("limit");
}

static void no_threads(void)
{
    limit(RLIMIT_NPROC, 0);
    be_nobody();
}

/* clone3 as if the kernel had none; whatever else makes a thread or process is
 * not permitted. */
static void sandbox(void)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
#ifdef SYS_fork
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fork, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_vfork, 1, 0),
#endif
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = { sizeof(rules) / sizeof(rules[0]),
                                        rules };

    be_nobody();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        die("seccomp");
}

static void no_descriptors(void)
{
    int next = dup(STDIN_FILENO);

    if (next < 0)
        die("dup");
    (void)close(next);
    limit(RLIMIT_NOFILE, (rlim_t)next);
    be_nobody();
}

static void little_memory(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long pages = 0;

    if (file == NULL || fscanf(file, "%ld", &pages) != 1)
        die("/proc/self/statm");
    (void)fclose(file);
    be_nobody();
    limit(RLIMIT_AS, (rlim_t)(pages * sysconf(_SC_PAGESIZE) + MEMORY_LEFT));
}

static void no_network(void)
{
    if (unshare(CLONE_NEWNET) != 0)
        die("unshare");
    be_nobody();
}

static void other_root(void)
{
    if (folder == NULL || chroot(folder) != 0 || chdir("/") != 0)
        die("chroot");
    be_nobody();
}

static void nothing(void)
{
}

static const struct {
    const char *name;
    void (*apply)(void);
} limits[] = {
    { "nothing", nothing },
    { "user", be_nobody },
    { "threads", no_threads },
    { "sandbox", sandbox },
    { "descriptors", no_descriptors },
    { "memory", little_memory },
    { "network", no_network },
    { "root", other_root },
};

static void apply(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        if (strcmp(limits[i].name, name) == 0) {
            limits[i].apply();
            return;
        }
    errno = EINVAL;
    die(name);
}

static EVP_PKEY *load_uri(const char *uri)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open(uri, NULL, NULL, NULL, NULL);
    OSSL_STORE_INFO *info = NULL;
    EVP_PKEY *key = NULL;

    while (key == NULL && store != NULL && !OSSL_STORE_eof(store)
           && (info = OSSL_STORE_load(store)) != NULL) {
        key = OSSL_STORE_INFO_get1_PKEY(info);
        OSSL_STORE_INFO_free(info);
    }
    OSSL_STORE_close(store);
    return key;
}

static EVP_PKEY *load(const char *name, const char *pem)
{
    BIO *bio = pem != NULL ? BIO_new_mem_buf(pem, -1) : NULL;
    EVP_PKEY *key = pem != NULL ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL)
                                : load_uri(name);

    BIO_free(bio);
    return key;
}

/* The file's text; NULL: it is a URI. */
static const char *read_file(const char *name)
{
    static char text[100000];
    FILE *file = strncmp(name, "akv:", 4) != 0 ? fopen(name, "re") : NULL;
    size_t n = file != NULL ? fread(text, 1, sizeof(text) - 1, file) : 0;

    if (file == NULL)
        return NULL;
    text[n] = '\0';
    (void)fclose(file);
    return text;
}

static int sign(void *arg)
{
    EVP_PKEY *key = *(EVP_PKEY **)arg;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char out[1024];
    size_t len = sizeof(out);
    int ok = ctx != NULL
             && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key)
             && EVP_DigestSign(ctx, out, &len, (const unsigned char *)"m", 1);

    EVP_MD_CTX_free(ctx);
    return ok;
}

static int sign_in_job(EVP_PKEY *key)
{
    ASYNC_WAIT_CTX *wait = ASYNC_WAIT_CTX_new();
    ASYNC_JOB *job = NULL;
    struct pollfd polled = { .events = POLLIN };
    size_t count = 1;
    int ok = 0, status;

    while ((status = ASYNC_start_job(&job, wait, &ok, sign, &key, sizeof(key)))
           == ASYNC_PAUSE) {
        if (!ASYNC_WAIT_CTX_get_all_fds(wait, &polled.fd, &count)
            || poll(&polled, 1, 60000) != 1)
            die("poll");
    }
    ASYNC_WAIT_CTX_free(wait);
    return status == ASYNC_FINISH && ok;
}

/* Of this process; -1: nobody can tell. */
static long count_tasks(void)
{
    DIR *tasks = opendir("/proc/self/task");
    long n = 0;

    if (tasks == NULL)
        return -1;
    while (readdir(tasks) != NULL)
        n++;
    (void)closedir(tasks);
    return n - 2; /* "." and ".." */
}

static void tell(bool ok)
{
    const char *data = "", *reason;
    unsigned long error, first = 0;
    int flags = 0;

    while (!ok
           && (error = ERR_get_error_all(NULL, NULL, NULL, &data, &flags))) {
        reason = ERR_reason_error_string(error);
        if (first == 0)
            printf("%s: %s\n", reason != NULL ? reason : "?",
                   (flags & ERR_TXT_STRING) != 0 ? data : "");
        first = error;
    }
    if (ok)
        printf("works, tasks: %ld\n", count_tasks());
    else if (first == 0)
        puts("no reason");
}

int main(int argc, char **argv)
{
    const char *pem;
    EVP_PKEY *key;
    bool is_before, ok;

    if (argc < 5) {
        fprintf(stderr, "usage: confined LIMIT before|after plain|job KEY "
                        "[FOLDER]\n");
        return 2;
    }
    folder = argc > 5 ? argv[5] : NULL;
    is_before = strcmp(argv[2], "before") == 0;
    pem = read_file(argv[4]);
    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
    ERR_clear_error();
    if (is_before)
        apply(argv[1]);
    key = load(argv[4], pem);
    if (!is_before)
        apply(argv[1]);
    ok = key != NULL
         && (strcmp(argv[3], "job") == 0 ? sign_in_job(key) : sign(&key));
    tell(ok);
    EVP_PKEY_free(key);
    return 0;
}
