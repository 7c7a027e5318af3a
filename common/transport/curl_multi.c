/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Sockets are made and closed here, so that the loop knows which are its own;
 * libcurl closes some without telling, which akv_loop_own_enter() allows for.
 * What has ended is collected behind libcurl's calls, not in its callbacks,
 * from where nothing may be started. Where the loop has lost descriptors its
 * events do not get to libcurl any more.
 */

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "transport/curl_multi.h"

/* A program that the application runs must not inherit our connections. */
static curl_socket_t on_open_socket(void *arg, curlsocktype purpose,
                                    struct curl_sockaddr *address)
{
    struct akv_curl_multi *multi = arg;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
                    address->protocol);

    (void)purpose;
    multi->refused = fd < 0 ? errno : 0;
    return fd >= 0 && akv_loop_keep(multi->loop, fd) ? fd : CURL_SOCKET_BAD;
}

static int on_close_socket(void *arg, curl_socket_t fd)
{
    akv_loop_close(((struct akv_curl_multi *)arg)->loop, fd);
    return 0;
}

/* A connection that has brought an answer is closed by on_close_socket() alone.
 */
static void curl_multi_settle(struct akv_curl_multi *multi, CURL *easy)
{
    curl_socket_t fd = CURL_SOCKET_BAD;

    if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK
        && fd != CURL_SOCKET_BAD)
        akv_loop_settle(multi->loop, fd);
}

/* Transfers may be started and cancelled: ask libcurl anew each time. */
static void collect_ended(struct akv_curl_multi *multi)
{
    CURLMsg *msg;
    int left;

    while (!akv_loop_lost(multi->loop)
           && (msg = curl_multi_info_read(multi->handle, &left)) != NULL) {
        if (msg->msg != CURLMSG_DONE)
            continue;
        if (msg->data.result == CURLE_OK)
            curl_multi_settle(multi, msg->easy_handle);
        multi->ended(msg->easy_handle, msg->data.result);
    }
}

static void curl_multi_act(struct akv_curl_multi *multi, curl_socket_t fd,
                           int mask)
{
    int running;

    akv_loop_own_enter(multi->loop);
    (void)curl_multi_socket_action(multi->handle, fd, mask, &running);
    akv_loop_own_leave(multi->loop);
}

static void on_socket_event(void *arg, int fd, uint32_t events)
{
    struct akv_curl_multi *multi = arg;
    int mask = 0;

    if (akv_loop_lost(multi->loop))
        return;
    if (events & (EPOLLIN | EPOLLHUP))
        mask |= CURL_CSELECT_IN;
    if (events & EPOLLOUT)
        mask |= CURL_CSELECT_OUT;
    if (events & EPOLLERR)
        mask |= CURL_CSELECT_ERR;
    curl_multi_act(multi, fd, mask);
    collect_ended(multi);
}

static void on_timer_event(void *arg)
{
    struct akv_curl_multi *multi = arg;

    multi->timer = NULL;
    if (akv_loop_lost(multi->loop))
        return;
    curl_multi_act(multi, CURL_SOCKET_TIMEOUT, 0);
    collect_ended(multi);
}

/* libcurl tells which descriptors it waits for. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                     void *socket_arg)
{
    struct akv_curl_multi *multi = arg;
    struct akv_watch *watch = socket_arg;
    bool known = watch != NULL;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (known)
            akv_loop_unwatch(multi->loop, watch);
        akv_loop_own_gone(multi->loop, fd); /* if libcurl has closed it */
        free(watch);
        (void)curl_multi_assign(multi->handle, fd, NULL);
        return 0;
    }
    if (!known)
        watch = calloc(1, sizeof(*watch));
    if (watch == NULL)
        return -1;
    watch->fd = fd;
    watch->fn = on_socket_event;
    watch->arg = multi;
    watch->events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0)
                    | (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    (void)curl_multi_assign(multi->handle, fd, watch);
    return akv_loop_watch(multi->loop, watch, known) ? 0 : -1;
}

static int curl_multi_on_timer(CURLM *handle, long ms, void *arg)
{
    struct akv_curl_multi *multi = arg;

    (void)handle;
    akv_loop_timer_stop(multi->loop, multi->timer);
    multi->timer = NULL;
    if (ms < 0)
        return 0;
    multi->timer = akv_loop_timer(multi->loop, ms, on_timer_event, multi);
    return multi->timer != NULL ? 0 : -1;
}

bool akv_curl_multi_init(struct akv_curl_multi *multi, struct akv_loop *loop,
                         long most, void (*ended)(CURL *easy, CURLcode code))
{
    CURLM *handle = curl_multi_init();

    *multi = (struct akv_curl_multi){ handle, loop, NULL, 0, ended };
    if (handle == NULL)
        return false;
    (void)curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, on_socket);
    (void)curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, multi);
    (void)curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION,
                            curl_multi_on_timer);
    (void)curl_multi_setopt(handle, CURLMOPT_TIMERDATA, multi);
    (void)curl_multi_setopt(handle, CURLMOPT_MAX_TOTAL_CONNECTIONS, most);
    (void)curl_multi_setopt(handle, CURLMOPT_MAXCONNECTS, most);
    (void)curl_multi_setopt(handle, CURLMOPT_PIPELINING,
                            (long)CURLPIPE_NOTHING);
    return true;
}

void akv_curl_multi_remove(struct akv_curl_multi *multi, CURL *easy)
{
    akv_loop_own_enter(multi->loop);
    (void)curl_multi_remove_handle(multi->handle, easy);
    akv_loop_own_gone(multi->loop, -1);
    akv_loop_own_leave(multi->loop);
}

/* libcurl has two descriptors of its own there, and two while a name is looked
 * up, which nobody can know again. */
void akv_curl_multi_free(struct akv_curl_multi *multi)
{
    if (multi->handle != NULL) {
        akv_loop_own_enter(multi->loop);
        (void)curl_multi_cleanup(multi->handle);
        akv_loop_own_gone(multi->loop, -1);
        akv_loop_own_leave(multi->loop);
    }
    if (multi->timer != NULL)
        akv_loop_timer_stop(multi->loop, multi->timer);
    multi->handle = NULL;
    multi->timer = NULL;
}

bool akv_curl_multi_set_sockets(struct akv_curl_multi *multi, CURL *easy)
{
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket)
               == CURLE_OK
           && curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, multi) == CURLE_OK
           && curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION,
                               on_close_socket)
                  == CURLE_OK
           && curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, multi)
                  == CURLE_OK;
}
