/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Clients of a TLS server on 127.0.0.1: THREADS threads, each of which makes
 * COUNT connections one after another, with a full handshake, and asks for a
 * page on each. Prints "ok N failed N ms N", and in a second line how long the
 * handshakes took, failed or not; status 1 if any has failed. A COUNT for a
 * time instead, in seconds, ends with s: 3s.
 *
 * COUNT 0: THREADS clients begin a handshake, the program prints "begun", and
 * when its standard input ends they hang up, all at once.
 *
 * Usage: handshakes PORT CA-FILE THREADS COUNT
 */

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "keys.h"

#define MAX_THREADS 256
#define PATIENCE_S 60
#define MEASURED_MAX 200000

static SSL_CTX *ctx;
static in_port_t port;
static long count;
static int64_t until_ms; /* 0: count says how many */
static atomic_long good, bad;
static int64_t took_us[MEASURED_MAX]; /* the first of them */

static int64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t now_ms(void)
{
    return now_us() / 1000;
}

static void measure(int64_t us)
{
    static atomic_long measured;
    long i = measured++;

    if (i < MEASURED_MAX)
        took_us[i] = us;
}

static int by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void print_times(void)
{
    long n = good + bad < MEASURED_MAX ? good + bad : MEASURED_MAX;

    qsort(took_us, (size_t)n, sizeof(took_us[0]), by_size);
    if (n > 0)
        printf("took median_ms %.1f worst_ms %.1f\n",
               (double)took_us[n / 2] / 1000, (double)took_us[n - 1] / 1000);
}

static int dial(void)
{
    const struct timeval patience = { PATIENCE_S, 0 };
    const int one = 1;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    check(fd >= 0, "a socket");
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static SSL *begin(void)
{
    int fd = dial();
    SSL *ssl = fd >= 0 ? SSL_new(ctx) : NULL;

    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) {
        if (fd >= 0)
            (void)close(fd);
        SSL_free(ssl);
        return NULL;
    }
    return ssl;
}

static void end(SSL *ssl)
{
    int fd = ssl != NULL ? SSL_get_fd(ssl) : -1;

    SSL_free(ssl);
    if (fd >= 0)
        (void)close(fd);
}

static bool ask(SSL *ssl)
{
    static const char request[] = "GET / HTTP/1.0\r\n\r\n";
    char reply[1024];
    int got, all = 0;

    if (SSL_connect(ssl) != 1
        || SSL_write(ssl, request, sizeof(request) - 1) <= 0)
        return false;
    while ((got = SSL_read(ssl, reply, sizeof(reply))) > 0)
        all += got;
    return all > 0;
}

static bool goes_on(long done)
{
    return until_ms > 0 ? now_ms() < until_ms : done < count;
}

static void *work(void *arg)
{
    (void)arg;
    for (long i = 0; goes_on(i); i++) {
        int64_t start = now_us();
        SSL *ssl = begin();
        bool ok = ssl != NULL && ask(ssl);

        measure(now_us() - start);

        if (ok)
            good++;
        else if (bad++ == 0) /* the first one says why */
            ERR_print_errors_fp(stderr);
        ERR_clear_error();
        end(ssl);
    }
    return NULL;
}

static void run_threads(int n)
{
    pthread_t threads[MAX_THREADS];
    int64_t start = now_ms();
    int i;

    for (i = 0; i < n; i++)
        check(pthread_create(&threads[i], NULL, work, NULL) == 0,
              "start a thread");
    for (i = 0; i < n; i++)
        check(pthread_join(threads[i], NULL) == 0, "join a thread");
    printf("ok %ld failed %ld ms %lld\n", good, bad,
           (long long)(now_ms() - start));
    print_times();
}

/* A reset, so that the server is told at once and leaves nothing waiting. */
static void hang_up(SSL *ssl)
{
    const struct linger at_once = { 1, 0 };

    (void)setsockopt(SSL_get_fd(ssl), SOL_SOCKET, SO_LINGER, &at_once,
                     sizeof(at_once));
    end(ssl);
}

static void begin_and_hang_up(int n)
{
    SSL *clients[MAX_THREADS];
    int i;

    for (i = 0; i < n; i++) {
        clients[i] = begin();
        check(clients[i] != NULL, "connect");
        BIO_set_nbio(SSL_get_rbio(clients[i]), 1);
        (void)BIO_socket_nbio(SSL_get_fd(clients[i]), 1);
        check(SSL_connect(clients[i]) != 1
                  && SSL_get_error(clients[i], -1) == SSL_ERROR_WANT_READ,
              "begin a handshake");
    }
    puts("begun");
    (void)fflush(stdout);
    while (getchar() != EOF)
        ;
    for (i = 0; i < n; i++)
        hang_up(clients[i]);
}

int main(int argc, char **argv)
{
    char *unit;
    long threads;

    check(argc == 5, "usage: handshakes PORT CA-FILE THREADS COUNT");
    (void)signal(SIGPIPE, SIG_IGN);
    port = (in_port_t)strtoul(argv[1], NULL, 10);
    threads = strtol(argv[3], NULL, 10);
    check(threads > 0 && threads <= MAX_THREADS, "a number of threads");
    count = strtol(argv[4], &unit, 10);
    ctx = SSL_CTX_new(TLS_client_method());
    check(ctx != NULL, "a TLS context");
    check(SSL_CTX_load_verify_file(ctx, argv[2]) == 1, "the CA file");
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    if (count == 0) {
        begin_and_hang_up((int)threads);
    } else {
        if (*unit == 's')
            until_ms = now_ms() + count * 1000;
        run_threads((int)threads);
    }
    SSL_CTX_free(ctx);
    return bad > 0;
}
