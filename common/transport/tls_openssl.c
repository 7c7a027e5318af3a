/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What libcurl's TLS needs of OpenSSL. A context is a thread's default by
 * OSSL_LIB_CTX_set0_default(3) while that is in the loop: the I/O thread has
 * one that ends with it; threads that take turns share one that is never freed.
 * A trust store is made of bytes that were read early, since a process may lose
 * sight of the files (chroot).
 */

#include <dirent.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/file_aside.h"
#include "base/per_process.h"
#include "base/settings_impl.h"
#include "ossl/error_queue.h"
#include "ossl/libctx.h"
#include "ossl/passphrase.h"
#include "transport/tls.h"

struct akv_tls_world {
    struct akv_own own; /* of one that is shared */
    struct akv_libctx ctx;
};

struct akv_tls_visit {
    OSSL_LIB_CTX *before;          /* the default until then */
    struct akv_error_queue *queue; /* owned */
};

/* An X509_STORE by another name. */
struct akv_tls_store;

static X509_STORE *to_x509(const struct akv_tls_store *store)
{
    union {
        const struct akv_tls_store *in;
        X509_STORE *out;
    } u = { store };

    return u.out;
}

static bool world_begin(void *own)
{
    return akv_libctx_init(&((struct akv_tls_world *)own)->ctx,
                           OSSL_LIB_CTX_new());
}

/* What OpenSSL keeps for the thread goes first. */
static void world_end(void *own)
{
    struct akv_tls_world *tls = own;

    OPENSSL_thread_stop_ex(tls->ctx.libctx);
    akv_libctx_clear(&tls->ctx);
}

static const struct akv_own_kind world_kind = { sizeof(struct akv_tls_world),
                                                world_begin, world_end };

struct akv_tls_world *akv_tls_new(void)
{
    struct akv_tls_world *tls = calloc(1, sizeof(*tls));

    if (tls != NULL && world_begin(tls))
        return tls;
    free(tls);
    return NULL;
}

void akv_tls_free(struct akv_tls_world *tls)
{
    if (tls == NULL)
        return;
    world_end(tls);
    free(tls);
}

struct akv_tls_world *akv_tls_shared(void)
{
    static akv_own_slot slot;

    return akv_own_get(&slot, &world_kind);
}

struct akv_tls_visit *akv_tls_visit_new(void)
{
    struct akv_tls_visit *visit = calloc(1, sizeof(*visit));

    if (visit == NULL)
        return NULL;
    visit->queue = akv_error_queue_new();
    if (visit->queue != NULL)
        return visit;
    free(visit);
    return NULL;
}

void akv_tls_visit_free(struct akv_tls_visit *visit)
{
    if (visit == NULL)
        return;
    akv_error_queue_free(visit->queue);
    free(visit);
}

void akv_tls_enter(struct akv_tls_world *tls, struct akv_tls_visit *visit)
{
    if (tls == NULL)
        return;
    akv_error_queue_save(visit->queue);
    visit->before = OSSL_LIB_CTX_set0_default(tls->ctx.libctx);
}

void akv_tls_leave(struct akv_tls_world *tls, struct akv_tls_visit *visit)
{
    if (tls == NULL)
        return;
    if (visit->before != NULL)
        (void)OSSL_LIB_CTX_set0_default(visit->before);
    akv_error_queue_restore(visit->queue);
}

/* A directory as c_rehash makes it: HASH.N are the names that count. */
static bool is_hash_name(const char *name)
{
    return strspn(name, "0123456789abcdefABCDEF") == 8 && name[8] == '.'
           && name[9] != '\0'
           && strspn(name + 9, "0123456789") == strlen(name + 9);
}

static bool read_directory(const char *path, struct akv_buf *out, int64_t ms)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    char *file;
    bool any = false, hangs = akv_file_may_hang(path);

    if (dir == NULL)
        return false;
    while ((entry = readdir(dir)) != NULL) {
        if (!is_hash_name(entry->d_name)
            || asprintf(&file, "%s/%s", path, entry->d_name) < 0)
            continue;
        any |= (hangs ? akv_file_read : akv_file_read_local)(file, out, ms)
               && akv_buf_append_str(out, "\n");
        free(file);
    }
    (void)closedir(dir);
    if (!any)
        errno = ENOENT;
    return any;
}

/* Where the distributions keep their bundle. */
static bool tls_openssl_read_bundle(struct akv_buf *out, int64_t ms)
{
    static const char *const bundles[] = {
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    };
    size_t i;

    if (akv_file_read(X509_get_default_cert_file(), out, ms))
        return true;
    for (i = 0; i < sizeof(bundles) / sizeof(bundles[0]); i++)
        if (akv_file_read(bundles[i], out, ms))
            return true;
    return read_directory(X509_get_default_cert_dir(), out, ms);
}

/* SSL_CERT_FILE and SSL_CERT_DIR mean the same as for OpenSSL's own programs:
 * what of it cannot be read is passed over. */
static bool read_system(const struct akv_settings *settings,
                        struct akv_buf *out)
{
    const char *dirs = settings->system_ca_path;
    int64_t ms = AKV_FILE_MS(settings);
    bool any = settings->system_ca_file != NULL
               && akv_file_read(settings->system_ca_file, out, ms);
    char *dir;

    while (dirs != NULL && *dirs != '\0') {
        size_t len = strcspn(dirs, ":");

        if ((dir = strndup(dirs, len)) != NULL)
            any |= read_directory(dir, out, ms);
        free(dir);
        dirs += len + (dirs[len] == ':');
    }
    if (settings->system_ca_file != NULL || settings->system_ca_path != NULL)
        return any;
    return tls_openssl_read_bundle(out, ms);
}

static bool no_system(const struct akv_settings *settings,
                      struct akv_error *err)
{
    int number = errno;
    bool is_elsewhere = akv_file_has_other_root();
    enum akv_error_code code = is_elsewhere ? AKV_E_CHROOT : AKV_E_CONFIG;

    return akv_error_set(err, akv_file_code(number, code),
                         "no CA certificates are found in %s%s: %s; install "
                         "ca-certificates or set ca-file",
                         settings->system_ca_file != NULL
                                 || settings->system_ca_path != NULL
                             ? "SSL_CERT_FILE or SSL_CERT_DIR"
                             : "the system's folders",
                         is_elsewhere ? " of the root directory that this "
                                        "process has by now (chroot)"
                                      : "",
                         strerror(number));
}

bool akv_tls_read_ca(const struct akv_settings *settings, struct akv_buf *pem,
                     struct akv_error *err)
{
    const char *file = settings->ca_file, *dir = settings->ca_path;
    int64_t ms = AKV_FILE_MS(settings);

    if (file != NULL && !akv_file_read(file, pem, ms))
        return akv_file_explain(err, AKV_E_CONFIG, "ca-file", file);
    if (dir != NULL && !read_directory(dir, pem, ms))
        return akv_error_set(err, AKV_E_CONFIG,
                             "ca-path: '%s' holds no certificate named by "
                             "its hash (see openssl rehash): %s",
                             dir, strerror(errno));
    if (file == NULL && dir == NULL && !read_system(settings, pem))
        return no_system(settings, err);
    return true;
}

struct akv_tls_store *akv_tls_store_new(const struct akv_buf *pem,
                                        struct akv_error *err)
{
    X509_STORE *store = X509_STORE_new();
    BIO *bio = BIO_new_mem_buf(akv_buf_str(pem), (int)pem->len);
    X509 *cert;
    size_t count = 0;

    while (store != NULL && bio != NULL
           && (cert = PEM_read_bio_X509_AUX(bio, NULL, akv_pem_no_passphrase,
                                            NULL))
                  != NULL) {
        if (X509_STORE_add_cert(store, cert))
            count++;
        X509_free(cert);
    }
    ERR_clear_error(); /* the end of the text is reported as an error */
    BIO_free(bio);
    if (count > 0)
        return (struct akv_tls_store *)store;
    X509_STORE_free(store);
    (void)akv_error_set(err, AKV_E_CONFIG,
                        "there is no certificate in PEM form in what ca-file, "
                        "ca-path or the system's bundle holds");
    return NULL;
}

void akv_tls_store_free(struct akv_tls_store *store)
{
    X509_STORE_free(to_x509(store));
}

bool akv_tls_prepare(void *ssl_ctx, const struct akv_tls_store *store)
{
    (void)SSL_CTX_set_options(ssl_ctx, SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set1_cert_store(ssl_ctx, to_x509(store));
    return true;
}

void akv_tls_no_config(void)
{
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

bool akv_tls_is_ours(const char *ssl_version)
{
    char ours[32];

    (void)snprintf(ours, sizeof(ours), "OpenSSL/%d.", OPENSSL_VERSION_MAJOR);
    return ssl_version != NULL && strncmp(ssl_version, ours, strlen(ours)) == 0;
}
