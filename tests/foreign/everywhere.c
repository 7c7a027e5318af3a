/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Preloaded into programs that know nothing of our provider: each of their
 * library contexts that has the default provider gets ours, too, and prefers
 * it, as with default_properties = ?provider=keyvault.
 *
 * AKV_FOREIGN_MODULE names our module, AKV_FOREIGN_COUNT a file that grows by
 * one byte for each context in which both were active. In processes without a
 * libcrypto that exports its internals, such as shells, nothing is done.
 *
 * A context has the default provider when it loads it, by a function or by a
 * configuration, or when it is asked for anything before it has loaded one. The
 * last cannot be seen from here, so that ours is loaded for a start, in a way
 * that leaves the default provider to be loaded like that; and goes again when
 * others are loaded without it. All is looked at again whenever the program
 * does something about providers.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OURS "keyvault"
#define PREFERENCE "?provider=keyvault"

/* Of OpenSSL 3.2 and later. */
OSSL_PROVIDER *OSSL_PROVIDER_load_ex(OSSL_LIB_CTX *libctx, const char *name,
                                     OSSL_PARAM *params);
OSSL_PROVIDER *OSSL_PROVIDER_try_load_ex(OSSL_LIB_CTX *libctx, const char *name,
                                         OSSL_PARAM *params, int retain);

/* The library's own functions; those that begin with ossl and evp are internal
 * ones, which find out without loading anything. */
static struct {
    OSSL_LIB_CTX *(*ctx_new)(void);
    void (*ctx_free)(OSSL_LIB_CTX *);
    int (*ctx_load_config)(OSSL_LIB_CTX *, const char *);
    OSSL_LIB_CTX *(*ctx_global)(void);
    OSSL_LIB_CTX *(*ctx_set0_default)(OSSL_LIB_CTX *);
    OSSL_PROVIDER *(*load)(OSSL_LIB_CTX *, const char *);
    OSSL_PROVIDER *(*try_load)(OSSL_LIB_CTX *, const char *, int);
    OSSL_PROVIDER *(*load_ex)(OSSL_LIB_CTX *, const char *, OSSL_PARAM *);
    OSSL_PROVIDER *(*try_load_ex)(OSSL_LIB_CTX *, const char *, OSSL_PARAM *,
                                  int);
    int (*unload)(OSSL_PROVIDER *);
    int (*available)(OSSL_LIB_CTX *, const char *);
    int (*add_builtin)(OSSL_LIB_CTX *, const char *, OSSL_provider_init_fn *);
    int (*set_properties)(OSSL_LIB_CTX *, const char *);
    char *(*get1_properties)(OSSL_LIB_CTX *);
    void (*crypto_free)(void *, const char *, int);
    void (*cleanup)(void);
    int (*err_set_mark)(void);
    int (*err_pop_to_mark)(void);
    OSSL_PROVIDER *(*ossl_find)(OSSL_LIB_CTX *, const char *, int);
    void (*ossl_free)(OSSL_PROVIDER *);
    OSSL_LIB_CTX *(*ossl_libctx)(const OSSL_PROVIDER *);
    char *(*evp_properties)(OSSL_LIB_CTX *, int);
} real;

/* A context of the program's. */
struct context {
    OSSL_LIB_CTX *libctx;
    OSSL_PROVIDER *ours; /* NULL: not loaded */
    bool known;          /* to it: our module, as a built-in provider */
    bool others;         /* it has loaded some */
    bool counted;
    struct context *next;
};

static struct context *contexts;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static OSSL_provider_init_fn *module_init;
static bool here;                 /* this process is concerned */
static _Thread_local bool within; /* a call of ours, or by what it calls */

static void die(const char *what, const char *why)
{
    fprintf(stderr, "everywhere.so: %s: %s\n", what, why);
    _exit(97);
}

static void find(const char *name, void *pointer)
{
    void *function = dlsym(RTLD_NEXT, name);

    memcpy(pointer, &function, sizeof(function));
}

static bool find_library(void)
{
    find("OSSL_LIB_CTX_new", &real.ctx_new);
    find("OSSL_LIB_CTX_free", &real.ctx_free);
    find("OSSL_LIB_CTX_load_config", &real.ctx_load_config);
    find("OSSL_LIB_CTX_get0_global_default", &real.ctx_global);
    find("OSSL_LIB_CTX_set0_default", &real.ctx_set0_default);
    find("OSSL_PROVIDER_load", &real.load);
    find("OSSL_PROVIDER_try_load", &real.try_load);
    find("OSSL_PROVIDER_load_ex", &real.load_ex);
    find("OSSL_PROVIDER_try_load_ex", &real.try_load_ex);
    find("OSSL_PROVIDER_unload", &real.unload);
    find("OSSL_PROVIDER_available", &real.available);
    find("OSSL_PROVIDER_add_builtin", &real.add_builtin);
    find("EVP_set_default_properties", &real.set_properties);
    find("EVP_get1_default_properties", &real.get1_properties);
    find("CRYPTO_free", &real.crypto_free);
    find("OPENSSL_cleanup", &real.cleanup);
    find("ERR_set_mark", &real.err_set_mark);
    find("ERR_pop_to_mark", &real.err_pop_to_mark);
    find("ossl_provider_find", &real.ossl_find);
    find("ossl_provider_free", &real.ossl_free);
    find("ossl_provider_libctx", &real.ossl_libctx);
    find("evp_get_global_properties_str", &real.evp_properties);
    return real.ossl_find != NULL;
}

/* --- Contexts ------------------------------------------------------------- */

/* NULL: it is none of the program's, our module's private one for instance. */
static struct context *context_of(OSSL_LIB_CTX *libctx)
{
    struct context *context;

    if (libctx == NULL)
        libctx = real.ctx_set0_default(NULL);
    pthread_mutex_lock(&lock);
    for (context = contexts; context != NULL; context = context->next)
        if (context->libctx == libctx)
            break;
    pthread_mutex_unlock(&lock);
    return context;
}

static struct context *context_add(OSSL_LIB_CTX *libctx)
{
    struct context *context = calloc(1, sizeof(*context));

    if (context == NULL)
        die("calloc", "no memory");
    context->libctx = libctx;
    pthread_mutex_lock(&lock);
    context->next = contexts;
    contexts = context;
    pthread_mutex_unlock(&lock);
    return context;
}

static void context_drop(struct context *context)
{
    struct context **at = &contexts;

    pthread_mutex_lock(&lock);
    while (*at != context)
        at = &(*at)->next;
    *at = context->next;
    pthread_mutex_unlock(&lock);
    free(context);
}

static bool has_been_loaded(const struct context *context, const char *name)
{
    OSSL_PROVIDER *provider = real.ossl_find(context->libctx, name, 1);

    real.ossl_free(provider);
    return provider != NULL;
}

/* To ask for a provider loads the default one where none was loaded before;
 * but then it has not been loaded. */
static bool has_default(const struct context *context)
{
    return has_been_loaded(context, "default")
           && real.available(context->libctx, "default") == 1;
}

/* What a configuration may have loaded. */
static bool has_others(const struct context *context)
{
    static const char *const names[] = { "default",   "base",  "null",
                                         "legacy",    "fips",  "p_test",
                                         "p_minimal", "dasync" };
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (has_been_loaded(context, names[i]))
            return true;
    return false;
}

static void count(struct context *context)
{
    const char *name = getenv("AKV_FOREIGN_COUNT");
    int fd;

    if (context->counted || name == NULL)
        return;
    context->counted = true;
    fd = open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, ".", 1) != 1)
        die(name, "cannot be written to");
    close(fd);
}

/* Takes our preference out of a query. */
static void strip(char *query)
{
    char *at = strstr(query, PREFERENCE);
    size_t len = strlen(PREFERENCE);

    if (at == NULL)
        return;
    if (at > query)
        at--, len++; /* the comma before it */
    else if (at[len] == ',')
        len++;
    memmove(at, at + len, strlen(at + len) + 1);
}

/* Sets what the program asks for, and our provider if that is open. */
static int prefer(const struct context *context, const char *own)
{
    char *both;
    int ok;

    if (context->ours == NULL || strstr(own, "provider") != NULL)
        return real.set_properties(context->libctx, own);
    if (asprintf(&both, "%s%s%s", own, *own != '\0' ? "," : "", PREFERENCE) < 0)
        die("asprintf", "no memory");
    ok = real.set_properties(context->libctx, both);
    free(both);
    return ok;
}

/* The same where the program asks for nothing new. */
static void prefer_again(const struct context *context)
{
    char *own = real.evp_properties(context->libctx, 0);

    if (own == NULL)
        die("evp_get_global_properties_str", "it fails");
    strip(own);
    (void)prefer(context, own);
    real.crypto_free(own, "", 0);
}

static void come(struct context *context)
{
    if (context->ours != NULL)
        return;
    if (!context->known
        && real.add_builtin(context->libctx, OURS, module_init) != 1)
        die("OSSL_PROVIDER_add_builtin", "it fails");
    context->known = true;
    context->ours = real.try_load(context->libctx, OURS, 1);
    if (context->ours == NULL)
        die("OSSL_PROVIDER_try_load", "it fails");
    prefer_again(context);
}

static void go(struct context *context)
{
    OSSL_PROVIDER *ours = context->ours;

    if (ours == NULL)
        return;
    context->ours = NULL;
    prefer_again(context);
    (void)real.unload(ours);
}

static void settle(struct context *context)
{
    if (has_default(context)) {
        come(context);
        count(context);
    } else if (context->others) {
        go(context);
    }
}

/* --- What programs call --------------------------------------------------- */

/* Whether the call is the program's; leave() follows. */
static bool enter(void)
{
    if (!here || within)
        return false;
    within = true;
    (void)real.err_set_mark();
    return true;
}

static void leave(void)
{
    (void)real.err_pop_to_mark();
    within = false;
}

/* What it has loaded: NULL, nothing. Returns that. */
static OSSL_PROVIDER *loaded(OSSL_LIB_CTX *libctx, OSSL_PROVIDER *provider)
{
    struct context *context;

    if (provider == NULL || !enter())
        return provider;
    context = context_of(libctx);
    if (context != NULL) {
        context->others = true;
        settle(context);
    }
    leave();
    return provider;
}

OSSL_PROVIDER *OSSL_PROVIDER_load(OSSL_LIB_CTX *libctx, const char *name)
{
    return loaded(libctx, real.load(libctx, name));
}

OSSL_PROVIDER *OSSL_PROVIDER_try_load(OSSL_LIB_CTX *libctx, const char *name,
                                      int retain_fallbacks)
{
    return loaded(libctx, real.try_load(libctx, name, retain_fallbacks));
}

OSSL_PROVIDER *OSSL_PROVIDER_load_ex(OSSL_LIB_CTX *libctx, const char *name,
                                     OSSL_PARAM *params)
{
    return loaded(libctx, real.load_ex(libctx, name, params));
}

OSSL_PROVIDER *OSSL_PROVIDER_try_load_ex(OSSL_LIB_CTX *libctx, const char *name,
                                         OSSL_PARAM *params, int retain)
{
    return loaded(libctx, real.try_load_ex(libctx, name, params, retain));
}

int OSSL_PROVIDER_unload(OSSL_PROVIDER *provider)
{
    OSSL_LIB_CTX *libctx =
        here && provider != NULL ? real.ossl_libctx(provider) : NULL;
    int ok = real.unload(provider);
    struct context *context;

    if (libctx == NULL || !enter())
        return ok;
    context = context_of(libctx);
    if (context != NULL)
        settle(context);
    leave();
    return ok;
}

OSSL_LIB_CTX *OSSL_LIB_CTX_new(void)
{
    OSSL_LIB_CTX *libctx = real.ctx_new();

    if (libctx == NULL || !enter())
        return libctx;
    come(context_add(libctx));
    leave();
    return libctx;
}

void OSSL_LIB_CTX_free(OSSL_LIB_CTX *libctx)
{
    struct context *context;

    if (libctx != NULL && enter()) {
        context = context_of(libctx);
        if (context != NULL && libctx != real.ctx_global()) {
            settle(context);
            context_drop(context);
        }
        leave();
    }
    real.ctx_free(libctx);
}

int OSSL_LIB_CTX_load_config(OSSL_LIB_CTX *libctx, const char *file)
{
    int ok = real.ctx_load_config(libctx, file);
    struct context *context;

    if (!enter())
        return ok;
    context = context_of(libctx);
    if (context != NULL) {
        context->others = context->others || has_others(context);
        prefer_again(context);
        settle(context);
    }
    leave();
    return ok;
}

int EVP_set_default_properties(OSSL_LIB_CTX *libctx, const char *properties)
{
    struct context *context = here && !within ? context_of(libctx) : NULL;

    return context != NULL
               ? prefer(context, properties != NULL ? properties : "")
               : real.set_properties(libctx, properties);
}

char *EVP_get1_default_properties(OSSL_LIB_CTX *libctx)
{
    char *properties = real.get1_properties(libctx);

    if (properties != NULL && here && !within && context_of(libctx) != NULL)
        strip(properties);
    return properties;
}

/* --- From start to end ---------------------------------------------------- */

static void settle_global(void)
{
    struct context *context;

    if (!enter())
        return;
    context = context_of(real.ctx_global());
    if (context != NULL)
        settle(context);
    leave();
    here = false;
}

void OPENSSL_cleanup(void)
{
    settle_global();
    real.cleanup();
}

static void load_module(const char *name)
{
    void *module = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    void *init = module != NULL ? dlsym(module, "OSSL_provider_init") : NULL;

    if (init == NULL)
        die(name, dlerror());
    memcpy(&module_init, &init, sizeof(module_init));
}

__attribute__((constructor)) static void start(void)
{
    const char *module = getenv("AKV_FOREIGN_MODULE");
    struct context *context;

    if (!find_library() || module == NULL)
        return;
    load_module(module);
    here = true;
    if (!enter())
        return;
    context = context_add(real.ctx_global());
    come(context); /* loads the configuration, too */
    context->others = has_others(context);
    settle(context);
    leave();
    /* libcrypto has registered its own before, which comes after. */
    if (atexit(settle_global) != 0)
        die("atexit", "it fails");
}
