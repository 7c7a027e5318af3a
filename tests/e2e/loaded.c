/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the provider costs while it is only loaded: no thread, no open file,
 * no socket. Loads it, fetches what it offers, makes an SSL_CTX and opens (but
 * does not read) a key's URI, and looks at /proc/self before and after.
 *
 * Usage: loaded URI; the provider's settings come from the environment.
 */

#include <dirent.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>
#include <openssl/store.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static void die(const char *what)
{
    fprintf(stderr, "loaded: %s\n", what);
    exit(1);
}

static int entries(const char *path)
{
    DIR *dir = opendir(path);
    int n = 0;

    if (dir == NULL)
        die(path);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

struct state {
    int tasks, files;
};

static struct state look(void)
{
    /* Without ".", ".." and the descriptor that looks. */
    struct state state = { entries("/proc/self/task") - 2,
                           entries("/proc/self/fd") - 3 };

    return state;
}

static void compare(const char *when, struct state before)
{
    struct state now = look();

    printf("%s: %d tasks, %d open files\n", when, now.tasks, now.files);
    if (now.tasks != before.tasks || now.files != before.files) {
        fprintf(stderr, "loaded: before, there were %d and %d\n", before.tasks,
                before.files);
        exit(1);
    }
}

static void fetch_all(void)
{
    static const char ours[] = "provider=keyvault";
    EVP_KEYMGMT *keymgmt = EVP_KEYMGMT_fetch(NULL, "EC", ours);
    EVP_SIGNATURE *signature = EVP_SIGNATURE_fetch(NULL, "RSA", ours);
    EVP_ASYM_CIPHER *cipher = EVP_ASYM_CIPHER_fetch(NULL, "RSA", ours);
    OSSL_STORE_LOADER *loader = OSSL_STORE_LOADER_fetch(NULL, "akv", ours);

    if (keymgmt == NULL || signature == NULL || cipher == NULL
        || loader == NULL)
        die("an algorithm of ours cannot be fetched");
    EVP_KEYMGMT_free(keymgmt);
    EVP_SIGNATURE_free(signature);
    EVP_ASYM_CIPHER_free(cipher);
    OSSL_STORE_LOADER_free(loader);
}

/* libssl asks every provider for its groups and algorithms. */
static void make_ssl_ctx(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());

    if (ctx == NULL)
        die("no SSL_CTX");
    SSL_CTX_free(ctx);
}

static void open_uri(const char *uri)
{
    OSSL_STORE_CTX *ctx = OSSL_STORE_open(uri, NULL, NULL, NULL, NULL);

    if (ctx == NULL)
        die("the URI cannot be opened");
    OSSL_STORE_close(ctx);
}

int main(int argc, char **argv)
{
    OSSL_PROVIDER *standard, *ours;
    struct state before;

    if (argc != 2)
        die("usage: loaded URI");
    standard = OSSL_PROVIDER_load(NULL, "default");
    make_ssl_ctx(); /* whatever the libraries want to open of their own */
    before = look();
    ours = OSSL_PROVIDER_load(NULL, "keyvault");
    if (standard == NULL || ours == NULL)
        die("a provider cannot be loaded");
    compare("provider loaded", before);
    fetch_all();
    compare("algorithms fetched", before);
    make_ssl_ctx();
    compare("SSL_CTX made", before);
    open_uri(argv[1]);
    compare("URI opened", before);
    OSSL_PROVIDER_unload(ours);
    compare("provider unloaded", before);
    OSSL_PROVIDER_unload(standard);
    return 0;
}
