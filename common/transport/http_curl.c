/* SPDX-License-Identifier: Apache-2.0 */

/*
 * HTTP by libcurl, which only this file and curl_*.c know.
 *
 * Easy handles are kept and used again, connections stay open: a signature on
 * a warm connection is one request and no handshake.
 */

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "akv/version.h"
#include "base/privileged.h"
#include "base/settings_impl.h"
#include "transport/curl_error.h"
#include "transport/curl_multi.h"
#include "transport/curl_resolve.h"
#include "transport/http_curl.h"
#include "transport/tls.h"

#define IDLE_HANDLES 16
#define PROBE_CONNECT_MS 1000
#define USER_AGENT "akv/" AKV_VERSION

struct curl_io {
    struct akv_io base;
    struct akv_loop *loop;               /* borrowed */
    const struct akv_settings *settings; /* borrowed */
    const struct akv_buf *pem;           /* borrowed */
    struct akv_tls_store *store;         /* owned; NULL: see set_security */
    struct akv_curl_resolve resolve;     /* owned */
    struct akv_curl_multi multi;         /* owned */
    struct akv_exchange *exchanges;      /* those under way */
    CURL *idle[IDLE_HANDLES];            /* owned */
    size_t idle_count;
    struct curl_io *next_left; /* of those that are left alone */
};

struct akv_exchange {
    struct akv_exchange *prev, *next;
    struct curl_io *io;                     /* borrowed */
    const struct akv_http_request *request; /* borrowed until done */
    struct akv_http_reply reply;            /* owned */
    size_t header_bytes;
    size_t sent; /* bytes of the body that libcurl has asked for */
    CURL *easy;  /* owned, in the multi */
    struct curl_slist *headers;    /* owned */
    struct curl_slist *resolve;    /* owned; NULL: the same as always */
    struct curl_slist *connect_to; /* owned; in the place of the URL's host */
    akv_http_done_fn *done;
    void *arg;
    char detail[CURL_ERROR_SIZE];
};

/* One of them holds the token. */
static void free_headers(struct curl_slist *headers)
{
    struct curl_slist *header;

    for (header = headers; header != NULL; header = header->next)
        akv_wipe(header->data, strlen(header->data));
    curl_slist_free_all(headers);
}

/* Where descriptors were lost libcurl is not called any more: it would write
 * to those that now have the numbers of its own, and close them. What it has
 * is left alone. */
static _Atomic(struct curl_io *) left_alone;

static void http_curl_leave(struct curl_io *io)
{
    io->next_left = atomic_load(&left_alone);
    while (!atomic_compare_exchange_weak(&left_alone, &io->next_left, io))
        ;
}

/* Frees what an exchange owns; its handle is kept for the next one. */
static void exchange_destroy(struct akv_exchange *exchange)
{
    struct curl_io *io = exchange->io;

    if (exchange->easy != NULL && !akv_loop_lost(io->loop)) {
        akv_curl_multi_remove(&io->multi, exchange->easy);
        if (io->idle_count < IDLE_HANDLES) {
            curl_easy_reset(exchange->easy);
            io->idle[io->idle_count++] = exchange->easy;
        } else {
            curl_easy_cleanup(exchange->easy);
        }
    }
    free_headers(exchange->headers);
    curl_slist_free_all(exchange->resolve);
    curl_slist_free_all(exchange->connect_to);
    akv_http_reply_free(&exchange->reply);
    free(exchange);
}

static void exchange_free(struct akv_exchange *exchange)
{
    if (exchange->prev != NULL)
        exchange->prev->next = exchange->next;
    else
        exchange->io->exchanges = exchange->next;
    if (exchange->next != NULL)
        exchange->next->prev = exchange->prev;
    exchange_destroy(exchange);
}

/* curl's receive buffer is wiped once its bytes were copied: they may be a
 * plaintext or a secret's value. */
static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct akv_exchange *exchange = arg;
    size_t len = size * count;
    bool ok = akv_buf_append(&exchange->reply.body, data, len);

    akv_wipe(data, len);
    if (!ok)
        exchange->reply.too_large = true;
    return ok ? len : 0;
}

static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
    struct akv_exchange *exchange = arg;
    size_t len = size * count;

    exchange->header_bytes += len;
    if (exchange->header_bytes > AKV_HTTP_MAX_HEADER_BYTES)
        return 0;
    akv_http_reply_header(&exchange->reply, data, len);
    return len;
}

/*
 * Bodies hold secrets, and libcurl frees what it has sent as it is. A body
 * that it is given at once (CURLOPT_POSTFIELDS) it may copy several times, out
 * of our reach. One that it asks for lies in its one send buffer, and when it
 * was sent, libcurl shows it there to CURLOPT_DEBUGFUNCTION, which wipes it.
 * (Allocators of our own, by curl_global_init_mem(), would reach more, but only
 * where nobody else has started libcurl, and could never be unloaded.)
 */
static size_t on_send(char *room, size_t size, size_t count, void *arg)
{
    struct akv_exchange *exchange = arg;
    const struct akv_buf *body = &exchange->request->body;
    size_t left = body->len - exchange->sent, len = size * count;

    if (len > left)
        len = left;
    memcpy(room, body->data + exchange->sent, len);
    exchange->sent += len;
    return len;
}

static int on_debug(CURL *easy, curl_infotype type, char *data, size_t size,
                    void *arg)
{
    (void)easy;
    (void)arg;
    if (type == CURLINFO_DATA_OUT)
        akv_wipe(data, size);
    return 0;
}

/* libcurl sends again on another connection. */
static int on_rewind(void *arg, curl_off_t offset, int origin)
{
    struct akv_exchange *exchange = arg;

    if (offset != 0 || origin != SEEK_SET)
        return CURL_SEEKFUNC_CANTSEEK;
    exchange->sent = 0;
    return CURL_SEEKFUNC_OK;
}

static CURLcode on_ssl_ctx(CURL *easy, void *ssl_ctx, void *arg)
{
    (void)easy;
    return akv_tls_prepare(ssl_ctx, arg) ? CURLE_OK : CURLE_SSL_CACERT_BADFILE;
}

static void set_transport_error(const struct akv_exchange *exchange,
                                CURLcode code, struct akv_error *err)
{
    const struct curl_io *io = exchange->io;
    struct akv_curl_failure failure = {
        .easy = exchange->easy,
        .code = code,
        .detail = exchange->detail[0] != '\0' ? exchange->detail
                                              : curl_easy_strerror(code),
        .in_time =
            akv_clock_mono(io->base.clock) + 1 < exchange->request->deadline,
        .refused = io->multi.refused,
        .request = exchange->request,
        .settings = io->settings,
    };

    if (exchange->header_bytes > AKV_HTTP_MAX_HEADER_BYTES)
        (void)akv_error_set(err, AKV_E_PROTOCOL,
                            "the reply has more than %d bytes of headers",
                            AKV_HTTP_MAX_HEADER_BYTES);
    else if (exchange->reply.too_large)
        (void)akv_error_set(err, AKV_E_PROTOCOL,
                            "the reply is larger than %zu bytes",
                            exchange->request->max_reply);
    else
        akv_curl_explain(&failure, err);
}

static bool may_be_proxied(const struct akv_exchange *exchange)
{
    return exchange->io->settings->proxy != NULL
           && !exchange->request->no_proxy;
}

/* Who is connected to. */
static const char *peer_of(const struct akv_exchange *exchange)
{
    const struct akv_http_request *request = exchange->request;

    return request->peer != NULL ? request->peer : request->url;
}

static bool set_resolve(struct akv_exchange *exchange, struct akv_error *err)
{
    curl_slist_free_all(exchange->resolve);
    return akv_curl_resolve_set(&exchange->io->resolve, exchange->easy,
                                peer_of(exchange), may_be_proxied(exchange),
                                &exchange->resolve, err);
}

/* Another try with other addresses, of a transfer that has not connected. */
static bool http_curl_try_again(struct akv_exchange *exchange, CURLcode code)
{
    struct curl_io *io = exchange->io;
    CURLM *multi = io->multi.handle;
    int64_t left = exchange->request->deadline - akv_clock_mono(io->base.clock);

    if (!akv_curl_resolve_ended(&io->resolve, exchange->easy, code,
                                peer_of(exchange), may_be_proxied(exchange),
                                exchange->detail, io->base.log)
        || left <= 0)
        return false;
    akv_curl_multi_remove(&io->multi, exchange->easy);
    exchange->detail[0] = '\0';
    return set_resolve(exchange, NULL)
           && curl_easy_setopt(exchange->easy, CURLOPT_TIMEOUT_MS, (long)left)
                  == CURLE_OK
           && curl_multi_add_handle(multi, exchange->easy) == CURLM_OK;
}

static void http_curl_finish(CURL *easy, CURLcode code)
{
    struct akv_exchange *exchange;
    struct akv_error err = AKV_ERROR_INIT;
    char *owner;
    long sent = 0;

    if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &owner) != CURLE_OK)
        return;
    exchange = (struct akv_exchange *)(void *)owner;
    if (http_curl_try_again(exchange, code))
        return;
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_REQUEST_SIZE, &sent);
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE,
                            &exchange->reply.status);
    if (code == CURLE_OK) {
        exchange->done(exchange->arg, &exchange->reply, NULL, true);
    } else {
        set_transport_error(exchange, code, &err);
        exchange->done(exchange->arg, NULL, &err, sent > 0);
    }
    exchange_free(exchange);
}

static struct curl_slist *make_headers(const struct akv_http_request *request)
{
    /* "Expect:" removes libcurl's wait before a large body. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"), *longer;
    size_t i;

    for (i = 0; list != NULL && i < AKV_HTTP_MAX_HEADERS; i++) {
        if (request->headers[i] == NULL)
            continue;
        longer = curl_slist_append(list, request->headers[i]);
        if (longer == NULL) {
            free_headers(list);
            return NULL;
        }
        list = longer;
    }
    return list;
}

/* Collects failures of curl_easy_setopt: any of them is lack of memory or a
 * libcurl without a feature that safety depends on. */
#define SET(option, value)                                                     \
    (ok = ok && curl_easy_setopt(easy, option, value) == CURLE_OK)

static bool set_security(CURL *easy, const struct curl_io *io,
                         const struct akv_http_request *request)
{
    const struct akv_buf *pem = request->ca != NULL ? request->ca : io->pem;
    bool ok = true;

    SET(CURLOPT_PROTOCOLS_STR, request->plain ? "http,https" : "https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_CAINFO, NULL);
    SET(CURLOPT_CAPATH, NULL);
    if (io->store == NULL || request->ca != NULL) {
        /* Another OpenSSL's: it reads them itself; or other ones. */
        struct curl_blob blob = { pem->data, pem->len, CURL_BLOB_COPY };

        SET(CURLOPT_CAINFO_BLOB, &blob);
        return ok;
    }
    SET(CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
    SET(CURLOPT_SSL_CTX_DATA, io->store);
    return ok;
}

static bool set_network(CURL *easy, struct curl_io *io,
                        const struct akv_http_request *request, int64_t left)
{
    const struct akv_settings *settings = io->settings;
    const char *proxy = request->no_proxy ? NULL : settings->proxy;
    int64_t connect = settings->connect_timeout_ms;
    bool is_fresh = request->once || request->probe;
    bool ok = akv_curl_multi_set_sockets(&io->multi, easy);

    if (request->probe && connect > PROBE_CONNECT_MS)
        connect = PROBE_CONNECT_MS;
    SET(CURLOPT_NOSIGNAL, 1L);
    /* Else a name lookup that hangs would stop the loop at its time-out. */
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_TIMEOUT_MS, (long)left);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(connect < left ? connect : left));
    /* Empty texts keep libcurl from reading the environment. */
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_PROXY, proxy != NULL ? proxy : "");
    SET(CURLOPT_NOPROXY, settings->no_proxy != NULL ? settings->no_proxy : "");
    /* libcurl sends again by itself when a kept connection breaks. */
    SET(CURLOPT_FRESH_CONNECT, is_fresh ? 1L : 0L);
    return ok;
}

static bool set_message(CURL *easy, const struct akv_http_request *request,
                        struct akv_exchange *exchange)
{
    bool ok = true, has_body = strcmp(request->method, "GET") != 0
                               && strcmp(request->method, "DELETE") != 0;

    exchange->headers = make_headers(request);
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_CUSTOMREQUEST, request->method);
    if (has_body && request->body.len == 0) {
        SET(CURLOPT_POSTFIELDS, "");
        SET(CURLOPT_POSTFIELDSIZE, 0L);
    } else if (has_body) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE, (long)request->body.len);
        SET(CURLOPT_READFUNCTION, on_send);
        SET(CURLOPT_READDATA, exchange);
        SET(CURLOPT_SEEKFUNCTION, on_rewind);
        SET(CURLOPT_SEEKDATA, exchange);
        SET(CURLOPT_DEBUGFUNCTION, on_debug);
        SET(CURLOPT_VERBOSE, 1L);
    }
    SET(CURLOPT_HTTPHEADER, exchange->headers);
    SET(CURLOPT_USERAGENT, USER_AGENT);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, exchange);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, exchange);
    SET(CURLOPT_ERRORBUFFER, exchange->detail);
    SET(CURLOPT_PRIVATE, exchange);
    return ok && exchange->headers != NULL;
}

static struct akv_exchange *curl_send(struct akv_io *base,
                                      const struct akv_http_request *request,
                                      akv_http_done_fn *done, void *arg,
                                      struct akv_error *err)
{
    struct curl_io *io = (struct curl_io *)base;
    struct akv_exchange *exchange;
    int64_t left = request->deadline - akv_clock_mono(base->clock);

    if (left <= 0) {
        (void)akv_error_set(err, AKV_E_DEADLINE, "the time is up");
        return NULL;
    }
    if (akv_loop_lost(io->loop)) {
        (void)akv_error_set(err, AKV_E_CANCELLED, "descriptors were closed");
        return NULL;
    }
    exchange = calloc(1, sizeof(*exchange));
    if (exchange == NULL)
        goto fail;
    exchange->io = io;
    exchange->request = request;
    exchange->done = done;
    exchange->arg = arg;
    akv_buf_init(&exchange->reply.body, request->max_reply);
    exchange->next = io->exchanges;
    if (io->exchanges != NULL)
        io->exchanges->prev = exchange;
    io->exchanges = exchange;
    exchange->easy =
        io->idle_count > 0 ? io->idle[--io->idle_count] : curl_easy_init();
    if (exchange->easy == NULL || !set_security(exchange->easy, io, request)
        || !set_network(exchange->easy, io, request, left)
        || !set_message(exchange->easy, request, exchange)
        || !akv_curl_set_peer(exchange->easy, request->peer,
                              &exchange->connect_to))
        goto fail;
    if (!set_resolve(exchange, err)) {
        exchange_free(exchange);
        return NULL;
    }
    if (curl_multi_add_handle(io->multi.handle, exchange->easy) != CURLM_OK)
        goto fail;
    return exchange;

fail:
    if (exchange != NULL)
        exchange_free(exchange);
    (void)akv_error_set(err, AKV_E_MEMORY, "the request cannot be started");
    return NULL;
}

static void curl_cancel(struct akv_io *base, struct akv_exchange *exchange)
{
    (void)base;
    exchange_free(exchange);
}

static struct akv_timer *curl_timer(struct akv_io *base, int64_t ms,
                                    void (*fn)(void *arg), void *arg)
{
    return akv_loop_timer(((struct curl_io *)base)->loop, ms, fn, arg);
}

static void curl_timer_stop(struct akv_io *base, struct akv_timer *timer)
{
    akv_loop_timer_stop(((struct curl_io *)base)->loop, timer);
}

static struct akv_process *curl_run(struct akv_io *base,
                                    const char *const argv[],
                                    int64_t timeout_ms, akv_process_fn *done,
                                    void *arg)
{
    struct akv_loop *loop = ((struct curl_io *)base)->loop;

    return akv_loop_lost(loop)
               ? NULL
               : akv_process_start(loop, argv, timeout_ms, done, arg);
}

static void curl_kill(struct akv_io *base, struct akv_process *process)
{
    (void)base;
    akv_process_cancel(process);
}

static void curl_io_free(struct akv_io *base)
{
    struct curl_io *io = (struct curl_io *)base;
    struct akv_exchange *exchange, *next;

    if (io == NULL)
        return;
    for (exchange = io->exchanges; exchange != NULL; exchange = next) {
        next = exchange->next;
        exchange_destroy(exchange);
    }
    if (akv_loop_lost(io->loop)) {
        http_curl_leave(io);
        return;
    }
    while (io->idle_count > 0)
        curl_easy_cleanup(io->idle[--io->idle_count]);
    akv_curl_multi_free(&io->multi);
    akv_curl_resolve_free(&io->resolve);
    akv_tls_store_free(io->store);
    free(io);
}

/* libcurl opens the file that the variable names, and appends the keys of all
 * connections to it, when it is initialised. The caller of a program with more
 * rights must not choose that file; and the variable cannot be taken out of the
 * environment of a program that may have threads. */
static bool check_keylog(struct akv_error *err)
{
    const char *name = getenv("SSLKEYLOGFILE");

    if (name == NULL || *name == '\0' || !akv_is_privileged())
        return true;
    return akv_error_set(err, AKV_E_CONFIG,
                         "SSLKEYLOGFILE is in the environment of a program "
                         "that has more rights than its caller, and libcurl "
                         "would write the keys of connections there; unset it");
}

struct akv_io *akv_http_curl_new(struct akv_loop *loop,
                                 const struct akv_settings *settings,
                                 const struct akv_buf *pem,
                                 struct akv_error *err)
{
    static const struct akv_io_ops ops = {
        .send = curl_send,
        .cancel = curl_cancel,
        .timer = curl_timer,
        .timer_stop = curl_timer_stop,
        .run = curl_run,
        .kill = curl_kill,
        .free = curl_io_free,
    };
    const char *tls = curl_version_info(CURLVERSION_NOW)->ssl_version;
    struct curl_io *io;

    if (!check_keylog(err))
        return NULL;
    io = calloc(1, sizeof(*io));
    if (io == NULL || !akv_loop_isolated(loop)
        || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(io);
        (void)akv_error_set(err, AKV_E_MEMORY, "libcurl cannot be started");
        return NULL;
    }
    io->base.ops = &ops;
    io->base.clock = akv_clock_system();
    io->base.driven = akv_loop_is_driven(loop);
    io->loop = loop;
    io->settings = settings;
    io->pem = pem;
    io->store = akv_tls_store_new(pem, err);
    if (io->store == NULL) {
        curl_io_free(&io->base);
        return NULL;
    }
    if (!akv_tls_is_ours(tls)) {
        akv_tls_store_free(io->store); /* it has shown that pem is usable */
        io->store = NULL;
        io->base.foreign_tls = tls != NULL ? tls : "none";
    }
    if (!akv_curl_multi_init(&io->multi, loop, (long)settings->max_connections,
                             http_curl_finish)
        || !akv_curl_resolve_init(&io->resolve, settings,
                                  akv_loop_is_driven(loop))) {
        (void)akv_error_set(err, AKV_E_MEMORY, "libcurl cannot be started");
        curl_io_free(&io->base);
        return NULL;
    }
    return &io->base;
}
