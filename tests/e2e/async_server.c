/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A TLS server of one thread, with epoll and SSL_MODE_ASYNC, which answers one
 * request on each connection. Clients that hang up are let go at once, also
 * when their job is paused. Prints "ACCEPT 127.0.0.1:PORT"; when its standard
 * input ends it waits until the descriptors of those are closed, and prints
 *
 *     served N failed N gone N resumes N descriptors N
 *
 * gone: in mid-signature; resumes: how often a paused job was resumed;
 * descriptors: how many more eventfds are open than at the start.
 *
 * Usage: async_server CERTIFICATE URI [impatient]
 * Impatient: it resumes jobs at once, too, before they can go on.
 */

#include <arpa/inet.h>
#include <dirent.h>
#include <openssl/async.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "keys.h"

#define EVENTS 64
#define IMPATIENT 3
#define CLOSE_MS 10000

/* Both of its descriptors lead to it. */
struct conn {
    SSL *ssl; /* NULL: was ended among the events that are being handled */
    struct conn *next_ended;
    int fd;
    int wait_fd; /* the provider's; -1: none yet */
    int paused;
    int accepted;
};

static SSL_CTX *ctx;
static int epoll_fd, listen_fd, impatient, open_conns;
static long served, failed, gone, resumes, descriptors;
static struct conn *ended;

static void watch(int fd, uint32_t events, void *data)
{
    struct epoll_event event = { .events = events, .data.ptr = data };

    check(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0, "watch");
}

/* Those of jobs are eventfds. Connections to the vault stay open. */
static long count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    const struct dirent *entry;
    char target[64];
    ssize_t len;
    long n = 0;

    check(dir != NULL, "/proc/self/fd");
    while ((entry = readdir(dir)) != NULL) {
        len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
        target[len > 0 ? len : 0] = '\0';
        n += strstr(target, "eventfd") != NULL;
    }
    (void)closedir(dir);
    return n;
}

static void conn_end(struct conn *conn, long *counter)
{
    if (conn->ssl == NULL)
        return;
    (*counter)++;
    if (conn->wait_fd >= 0)
        (void)epoll_ctl(epoll_fd, EPOLL_CTL_DEL, conn->wait_fd, NULL);
    SSL_free(conn->ssl);
    conn->ssl = NULL;
    (void)close(conn->fd);
    conn->next_ended = ended;
    ended = conn;
    open_conns--;
}

/* The descriptors of the wait context as they change: before the next resume,
 * which forgets what has changed. */
static void watch_wait_fd(struct conn *conn)
{
    OSSL_ASYNC_FD added;
    size_t n_added = 0, n_deleted = 0;

    check(
        SSL_get_changed_async_fds(conn->ssl, NULL, &n_added, NULL, &n_deleted),
        "how many descriptors have changed");
    check(n_deleted == 0, "a descriptor was taken back");
    if (n_added == 0)
        return;
    check(n_added == 1 && conn->wait_fd == -1, "one descriptor");
    check(SSL_get_changed_async_fds(conn->ssl, &added, &n_added, NULL,
                                    &n_deleted),
          "changed descriptors");
    conn->wait_fd = added;
    watch(added, EPOLLIN, conn);
}

static int attempt(struct conn *conn)
{
    static const char reply[] = "HTTP/1.0 200 OK\r\n\r\nhello\n";
    char request[1024];
    int ret;

    if (!conn->accepted) {
        ret = SSL_accept(conn->ssl);
        if (ret != 1)
            return ret;
        conn->accepted = 1;
    }
    ret = SSL_read(conn->ssl, request, sizeof(request));
    if (ret > 0 && SSL_write(conn->ssl, reply, sizeof(reply) - 1) > 0)
        (void)SSL_shutdown(conn->ssl);
    return ret;
}

static int attempt_once(struct conn *conn)
{
    int ret, reason;

    ERR_clear_error();
    resumes += conn->paused;
    ret = attempt(conn);
    reason = SSL_get_error(conn->ssl, ret);
    conn->paused = reason == SSL_ERROR_WANT_ASYNC;
    if (conn->paused)
        watch_wait_fd(conn);
    return reason;
}

static void step(struct conn *conn)
{
    int reason = attempt_once(conn), i;

    for (i = 0; impatient && conn->paused && i < IMPATIENT; i++)
        reason = attempt_once(conn);
    switch (reason) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_ASYNC:
        break;
    case SSL_ERROR_NONE:
        conn_end(conn, &served);
        break;
    default:
        if (failed == 0)
            ERR_print_errors_fp(stderr);
        conn_end(conn, &failed);
    }
}

static void take_conn(void)
{
    struct conn *conn = calloc(1, sizeof(*conn));

    check(conn != NULL, "memory");
    conn->fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    check(conn->fd >= 0, "accept");
    conn->wait_fd = -1;
    conn->ssl = SSL_new(ctx);
    check(conn->ssl != NULL && SSL_set_fd(conn->ssl, conn->fd), "SSL_new");
    open_conns++;
    watch(conn->fd, EPOLLIN | EPOLLRDHUP, conn);
}

/* False: the standard input has ended. */
static int handle(const struct epoll_event *event)
{
    struct conn *conn = event->data.ptr;

    if (conn == NULL)
        return 0;
    if ((void *)conn == &listen_fd)
        take_conn();
    else if (conn->ssl == NULL)
        return 1;
    else if (conn->paused && (event->events & (EPOLLHUP | EPOLLERR)) != 0)
        conn_end(conn, &gone);
    else
        step(conn);
    return 1;
}

static void free_ended(void)
{
    while (ended != NULL) {
        struct conn *conn = ended;

        ended = conn->next_ended;
        free(conn);
    }
}

static void serve(void)
{
    struct epoll_event events[EVENTS];
    int going_on = 1, n, i;

    while (going_on) {
        n = epoll_wait(epoll_fd, events, EVENTS, -1);
        for (i = 0; i < n; i++)
            going_on &= handle(&events[i]);
        free_ended();
    }
}

/* What was abandoned is closed when its operation ends. */
static void await_descriptors(void)
{
    const struct timespec moment = { 0, 10000000 };
    int i;

    check(open_conns == 0, "there are connections left");
    for (i = 0; i < CLOSE_MS / 10 && count_descriptors() > descriptors; i++)
        (void)nanosleep(&moment, NULL);
    descriptors = count_descriptors() - descriptors;
}

static void listen_on_loopback(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof(at);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    check(bind(listen_fd, (struct sockaddr *)&at, len) == 0, "bind");
    check(listen(listen_fd, SOMAXCONN) == 0, "listen");
    check(getsockname(listen_fd, (struct sockaddr *)&at, &len) == 0, "port");
    printf("ACCEPT 127.0.0.1:%d\n", ntohs(at.sin_port));
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    EVP_PKEY *pkey;

    check(argc == 3 || argc == 4, "usage: async_server CERTIFICATE URI");
    impatient = argc == 4;
    (void)signal(SIGPIPE, SIG_IGN);
    ctx = SSL_CTX_new(TLS_server_method());
    check(ctx != NULL, "a TLS context");
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_ASYNC);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    check(SSL_CTX_set_num_tickets(ctx, 0), "no tickets");
    check(SSL_CTX_use_certificate_file(ctx, argv[1], SSL_FILETYPE_PEM) == 1,
          "the certificate");
    pkey = load_key(NULL, argv[2]);
    check(SSL_CTX_use_PrivateKey(ctx, pkey) == 1, "the key");
    EVP_PKEY_free(pkey);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    listen_on_loopback();
    watch(listen_fd, EPOLLIN, &listen_fd);
    watch(STDIN_FILENO, EPOLLIN | EPOLLHUP, NULL);
    descriptors = count_descriptors();
    serve();
    await_descriptors();
    printf("served %ld failed %ld gone %ld resumes %ld descriptors %ld\n",
           served, failed, gone, resumes, descriptors);
    (void)close(listen_fd);
    (void)close(epoll_fd);
    SSL_CTX_free(ctx);
    return 0;
}
