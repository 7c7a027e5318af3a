/* SPDX-License-Identifier: Apache-2.0 */

/*
 * memory ACTION URI: does something secret with what standard input holds
 * up to its end, and forgets it. Says "held", "forgotten" and "closed" with
 * its process id on standard output, a line each, and waits after each for a
 * SIGUSR1, so that somebody can look into its memory (see core.c).
 *
 * held: the result is still there; forgotten: all that it owned was freed;
 * closed: client and settings, too.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "akv/cert.h"
#include "akv/key.h"
#include "akv/secret_cache.h"
#include "base/clock.h"
#include "base/settings_impl.h"
#include "client/client_impl.h"

#define INPUT_MAX 65536

struct run {
    struct akv_client *client;
    struct akv_id id;
    struct akv_buf input; /* owned */
    struct akv_error err;
};

/* Waits without a trace of it: what is looked for may lie on the stack. */
static void pause_here(const char *phase)
{
    sigset_t wanted;
    int got;

    (void)sigemptyset(&wanted);
    (void)sigaddset(&wanted, SIGUSR1);
    (void)printf("%s %ld\n", phase, (long)getpid());
    (void)fflush(stdout);
    (void)sigwait(&wanted, &got);
}

static bool do_get(struct run *run)
{
    struct akv_secret secret;
    bool ok = akv_secret_get(run->client, &run->id, &secret, &run->err);

    if (ok)
        pause_here("held");
    akv_secret_free(&secret);
    return ok;
}

/* From a cache that forgets it. */
static bool do_cached(struct run *run)
{
    struct akv_secret_cache *cache =
        akv_secret_cache_new(run->client, 60000, 8);
    struct akv_secret secret;
    bool ok = akv_secret_cache_get(cache, &run->id, &secret, &run->err);

    akv_secret_free(&secret);
    ok = ok && akv_secret_cache_get(cache, &run->id, &secret, &run->err);
    akv_secret_free(&secret);
    if (ok)
        pause_here("held");
    akv_secret_cache_forget(cache, &run->id);
    if (ok)
        pause_here("forgotten");
    akv_secret_cache_free(cache);
    return ok;
}

static bool do_set(struct run *run)
{
    struct akv_secret secret;
    bool ok = akv_secret_set(run->client, &run->id, run->input.data,
                             run->input.len, NULL, &secret, &run->err);

    if (ok)
        pause_here("held");
    akv_secret_free(&secret);
    return ok;
}

/* Encrypts (or wraps), and back. */
static bool do_cipher(struct run *run, bool wrap)
{
    struct akv_buf text = AKV_BUF_INIT(1024), again = AKV_BUF_INIT(1024);
    bool ok =
        akv_key_cipher(run->client, &run->id, wrap ? AKV_WRAP : AKV_ENCRYPT,
                       AKV_RSA_OAEP, run->input.data, run->input.len, NULL,
                       &text, &run->err)
        && akv_key_cipher(run->client, &run->id,
                          wrap ? AKV_UNWRAP : AKV_DECRYPT, AKV_RSA_OAEP,
                          text.data, text.len, NULL, &again, &run->err);

    if (ok)
        pause_here("held");
    akv_buf_free(&text);
    akv_buf_free(&again);
    return ok;
}

static bool do_encrypt(struct run *run)
{
    return do_cipher(run, false);
}

static bool do_wrap(struct run *run)
{
    return do_cipher(run, true);
}

static bool do_import_key(struct run *run)
{
    const struct akv_key_create create = AKV_KEY_CREATE_INIT;
    struct akv_key_bundle bundle;
    bool ok = akv_key_import(run->client, &run->id, akv_buf_str(&run->input),
                             &create, &bundle, &run->err);

    if (ok)
        pause_here("held");
    akv_key_bundle_free(&bundle);
    return ok;
}

static bool do_import_cert(struct run *run)
{
    struct akv_cert cert;
    bool ok =
        akv_cert_import(run->client, &run->id, run->input.data, run->input.len,
                        NULL, NULL, NULL, &cert, &run->err);

    if (ok)
        pause_here("held");
    akv_cert_free(&cert);
    return ok;
}

static bool read_input(struct akv_buf *input)
{
    ssize_t n;

    do {
        unsigned char *room = akv_buf_reserve(input, 4096);

        n = room != NULL ? read(STDIN_FILENO, room, 4096) : -1;
        if (n > 0)
            input->len += (size_t)n;
    } while (n > 0);
    if (input->data != NULL)
        input->data[input->len] = '\0';
    return n == 0;
}

static bool act(const char *action, struct run *run)
{
    static const struct {
        const char *name;
        bool (*fn)(struct run *run);
    } actions[] = {
        { "get", do_get },
        { "cached", do_cached },
        { "set", do_set },
        { "encrypt", do_encrypt },
        { "wrap", do_wrap },
        { "import-key", do_import_key },
        { "import-certificate", do_import_cert },
    };
    size_t i;

    for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        if (strcmp(actions[i].name, action) == 0)
            return actions[i].fn(run);
    return akv_error_set(&run->err, AKV_E_INVALID, "there is no %s", action);
}

int main(int argc, char **argv)
{
    struct run run = { .input = AKV_BUF_INIT(INPUT_MAX),
                       .err = AKV_ERROR_INIT };
    struct akv_settings settings;
    sigset_t usr1;
    bool ok;

    if (argc != 3)
        return 2;
    (void)sigemptyset(&usr1);
    (void)sigaddset(&usr1, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &usr1, NULL);
    /* Where only ancestors may look: everybody who may at all. */
    (void)prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    memset(&settings, 0, sizeof(settings));
    ok = akv_settings_load(&settings, NULL, &run.err)
         && akv_id_parse(&run.id, argv[2], &settings, &run.err)
         && read_input(&run.input);
    if (ok)
        run.client = akv_client_new_borrowing(&settings, NULL);
    ok = run.client != NULL && act(argv[1], &run);
    akv_buf_free(&run.input);
    if (ok)
        pause_here("forgotten");
    ok = akv_client_free(run.client) && ok;
    akv_settings_clear(&settings);
    if (ok)
        pause_here("closed");
    else
        (void)fprintf(stderr, "%s\n", run.err.message);
    return ok ? 0 : 1;
}
