/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The akv command: secrets, keys and certificates in a vault. Here is what
 * belongs to the process: its standard files, its memory, its exit status. All
 * memory of OpenSSL is wiped, since decoders free private keys as they are.
 */

#include <fcntl.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "akv/version.h"
#include "base/settings_impl.h"
#include "cli.h"
#include "cli_args.h"
#include "client/client_impl.h"
#include "transport/tls.h"

int cli_usage(const struct cli *cli, const char *fmt, ...)
{
    va_list ap;

    (void)fputs("akv: ", stderr);
    va_start(ap, fmt);
    (void)vfprintf(stderr, fmt, ap);
    va_end(ap);
    if (cli->verb != NULL)
        (void)fprintf(stderr, "\nTry 'akv %s %s --help'.\n", cli->verb->group,
                      cli->verb->name);
    else
        (void)fputs("\nTry 'akv --help'.\n", stderr);
    return CLI_USAGE;
}

int cli_fail(const struct cli *cli)
{
    static const enum cli_exit statuses[] = {
        [AKV_E_NONE] = CLI_FAILED,
        [AKV_E_MEMORY] = CLI_FAILED,
        [AKV_E_INVALID] = CLI_USAGE,
        [AKV_E_CONFIG] = CLI_USAGE,
        [AKV_E_UNTRUSTED_HOST] = CLI_AUTHENTICATION,
        [AKV_E_UNAVAILABLE] = CLI_AUTHENTICATION,
        [AKV_E_AUTHENTICATION] = CLI_AUTHENTICATION,
        [AKV_E_FORBIDDEN] = CLI_FORBIDDEN,
        [AKV_E_NOT_FOUND] = CLI_NOT_FOUND,
        [AKV_E_CONFLICT] = CLI_CONFLICT,
        [AKV_E_THROTTLED] = CLI_BUSY,
        [AKV_E_DEADLINE] = CLI_BUSY,
        [AKV_E_TRANSPORT] = CLI_TRANSPORT,
        [AKV_E_CERTIFICATE] = CLI_TRANSPORT,
        [AKV_E_PROTOCOL] = CLI_FAILED,
        [AKV_E_SERVICE] = CLI_FAILED,
        [AKV_E_CANCELLED] = CLI_FAILED,
        [AKV_E_THREADS] = CLI_FAILED,
        [AKV_E_DESCRIPTORS] = CLI_FAILED,
        [AKV_E_SANDBOX] = CLI_FAILED,
        [AKV_E_CHROOT] = CLI_FAILED,
        [AKV_E_NAME] = CLI_TRANSPORT,
        [AKV_E_PROXY] = CLI_TRANSPORT,
    };

    (void)fprintf(stderr, "akv: %s\n", cli->err.message);
    return (int)statuses[cli->err.code];
}

/* What is printed may be secret, so its buffer is one that can be wiped. */
static char printed[BUFSIZ];

static int cli_run(struct cli *cli)
{
    int status = cli_take_output(cli);

    (void)setvbuf(stdout, printed, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF,
                  sizeof(printed));
    if (status == CLI_OK)
        status = cli_load_settings(cli);
    if (status == CLI_OK)
        status = cli->verb->run(cli);
    /* A full disk must not look like success. */
    if ((fflush(stdout) != 0 || ferror(stdout) != 0) && status == CLI_OK) {
        (void)akv_error_set(&cli->err, AKV_E_MEMORY,
                            "the result cannot be written");
        status = cli_fail(cli);
    }
    if (akv_client_free(cli->client)) {
        akv_log_free(cli->log);
        akv_settings_clear(&cli->settings);
    }
    akv_wipe(printed, sizeof(printed));
    return status;
}

/* A descriptor of 0 to 2 that is closed would be the next file's or
 * connection's, and the result would go there. */
static void occupy_standard_files(void)
{
    int fd;

    for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0) /* for what it is not used for */
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* OpenSSL's decoders free copies of private keys as they are. In a process of
 * our own all of its memory can be wiped: these are called by CRYPTO_free() and
 * its like. */
static void wiping_free(void *data, const char *file, int line)
{
    (void)file;
    (void)line;
    akv_wipe(data, malloc_usable_size(data));
    free(data);
}

static void *plain_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return malloc(size);
}

static void *wiping_realloc(void *data, size_t size, const char *file, int line)
{
    size_t old = malloc_usable_size(data);
    void *again = malloc(size);

    if (again == NULL)
        return NULL;
    if (data != NULL)
        memcpy(again, data, old < size ? old : size);
    wiping_free(data, file, line);
    return again;
}

int main(int argc, char **argv)
{
    struct cli cli;
    const char *group, *name;
    bool has_group = false, is_help;
    int status, words[2];

    occupy_standard_files();
    /* Before anything of OpenSSL is used. */
    (void)CRYPTO_set_mem_functions(plain_malloc, wiping_realloc, wiping_free);
    if (argc > 1 && strcmp(argv[1], "--complete") == 0)
        return cli_complete(argc - 2, argv + 2);
    memset(&cli, 0, sizeof(cli));
    akv_tls_no_config(); /* or openssl.cnf would load keyvault.so into us */
    cli_spell_out(argc, argv);
    is_help = argc > 1 && strcmp(argv[1], "help") == 0;
    if (is_help) { /* akv help GROUP VERB */
        argc--;
        argv++;
    }
    cli_find_words(argc, argv, words);
    group = words[0] < argc ? argv[words[0]] : NULL;
    name = words[1] < argc ? argv[words[1]] : NULL;
    if (group != NULL)
        cli.verb = cli_find_verb(group, name, &has_group);
    if (cli_has_word(argc, argv, "--version") && group == NULL) {
        puts("akv " AKV_VERSION);
        return CLI_OK;
    }
    is_help = is_help || cli_has_word(argc, argv, "--help");
    if (group == NULL || (has_group && name == NULL)) {
        cli_print_help(group);
        return is_help ? CLI_OK : CLI_USAGE;
    }
    if (!has_group)
        return cli_usage(&cli, "there is no group '%s'", group);
    if (cli.verb == NULL)
        return cli_usage(&cli, "%s: there is no verb '%s'", group, name);
    if (is_help) {
        cli_print_verb_help(cli.verb);
        return CLI_OK;
    }
    status = cli_take_arguments(&cli, argc, argv, words);
    return status == CLI_OK ? cli_run(&cli) : status;
}
