/* SPDX-License-Identifier: Apache-2.0 */

/* The akv command: secrets, keys and certificates in a vault. */

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
#include "cli_config.h"
#include "client/client_impl.h"
#include "transport/tls.h"

const struct cli_verb *const cli_groups[] = { cli_secret_verbs, cli_key_verbs,
                                              cli_certificate_verbs,
                                              cli_login_verbs, NULL };

const struct cli_option cli_general_options[] = {
    { "output", "text|json|raw", "how results are written; default: text" },
    { "set", "NAME=VALUE",
      "a setting, see provider-keyvault(7); may be repeated" },
    { "config", "FILE", "openssl.cnf; default: as libcrypto finds it" },
    { "provider", "NAME", "whose section of it, if several load the module" },
    { "id", "URI", "the same as the argument URI" },
    { "help", NULL, "this text" },
    { NULL, NULL, NULL },
};

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

const char *cli_next_option(const struct cli *cli, const char *name, size_t *at)
{
    while (*at < cli->option_count) {
        size_t i = (*at)++;

        if (strcmp(cli->options[i].name, name) == 0)
            return cli->options[i].value;
    }
    return NULL;
}

const char *cli_option(const struct cli *cli, const char *name)
{
    const char *value = NULL, *next;
    size_t at = 0;

    while ((next = cli_next_option(cli, name, &at)) != NULL)
        value = next;
    return value;
}

/* --- Help ---------------------------------------------------------------- */

static void print_options(const struct cli_option *options)
{
    char left[64];

    for (; options != NULL && options->name != NULL; options++) {
        (void)snprintf(left, sizeof(left), "--%s%s%s", options->name,
                       options->arg != NULL ? " " : "",
                       options->arg != NULL ? options->arg : "");
        printf("  %-27s  %s\n", left, options->help);
    }
}

static void print_verb_help(const struct cli_verb *verb)
{
    printf("usage: akv %s %s %s [OPTION]...\n\n%s.\n\n", verb->group,
           verb->name, verb->args, verb->help);
    print_options(verb->options);
    print_options(cli_general_options);
}

static void print_help(const char *group)
{
    size_t i;

    printf("usage: akv %s VERB [ARGUMENT]... [OPTION]...\n\n",
           group != NULL ? group : "GROUP");
    for (i = 0; cli_groups[i] != NULL; i++) {
        const struct cli_verb *verb;

        if (group != NULL && strcmp(group, cli_groups[i]->group) != 0)
            continue;
        for (verb = cli_groups[i]; verb->name != NULL; verb++) {
            char left[64];

            (void)snprintf(left, sizeof(left), "%s %s %s", verb->group,
                           verb->name, verb->args);
            printf("  %-42s %s\n", left, verb->help);
        }
    }
    printf("\nEach verb has a --help. A URI is akv://VAULT/keys/NAME[/VERSION]"
           ", likewise\n/secrets and /certificates; akv:///... is in the "
           "vault that AKV_DEFAULT_VAULT\nnames. See akv(1).\n");
}

/* --- Arguments ------------------------------------------------------------ */

const struct cli_verb *cli_find_verb(const char *group, const char *name,
                                     bool *has_group)
{
    const struct cli_verb *verb;
    size_t i;

    *has_group = false;
    for (i = 0; cli_groups[i] != NULL; i++) {
        if (strcmp(group, cli_groups[i]->group) != 0)
            continue;
        *has_group = true;
        for (verb = cli_groups[i]; verb->name != NULL; verb++)
            if (name != NULL && strcmp(name, verb->name) == 0)
                return verb;
    }
    return NULL;
}

const struct cli_option *cli_find_option(const struct cli_option *options,
                                         const char *name, size_t len)
{
    for (; options != NULL && options->name != NULL; options++)
        if (strlen(options->name) == len
            && strncmp(options->name, name, len) == 0)
            return options;
    return NULL;
}

/* --name value or --name=value; *i is moved behind it. */
static int take_option(struct cli *cli, int argc, char **argv, int *i)
{
    const char *name = argv[*i] + 2;
    size_t len = strcspn(name, "=");
    const struct cli_option *option =
        cli_find_option(cli->verb->options, name, len);
    const char *value = "";

    if (option == NULL)
        option = cli_find_option(cli_general_options, name, len);
    if (option == NULL)
        return cli_usage(cli, "there is no option '--%.*s'", (int)len, name);
    if (option->arg == NULL && name[len] == '=')
        return cli_usage(cli, "--%s takes no value", option->name);
    if (option->arg != NULL && name[len] == '=')
        value = name + len + 1;
    else if (option->arg != NULL && *i + 1 < argc)
        value = argv[++*i];
    else if (option->arg != NULL)
        return cli_usage(cli, "--%s needs a value: %s", option->name,
                         option->arg);
    if (cli->option_count == CLI_MAX_ARGS)
        return cli_usage(cli, "there are too many options");
    cli->options[cli->option_count].name = option->name;
    cli->options[cli->option_count++].value = value;
    return CLI_OK;
}

/* The places of group and verb among the arguments: options may be before them
 * and between them. argc: there is none. */
static void find_words(int argc, char **argv, int words[2])
{
    int i, found = 0;

    words[0] = words[1] = argc;
    for (i = 1; i < argc && found < 2; i++) {
        const char *name = argv[i] + 2;
        const struct cli_option *option;

        if (strncmp(argv[i], "--", 2) != 0 || *name == '\0') {
            words[found++] = i;
            continue;
        }
        option = cli_find_option(cli_general_options, name, strcspn(name, "="));
        if (option != NULL && option->arg != NULL && strchr(name, '=') == NULL)
            i++;
    }
}

/* --id is what az calls the URI. */
static void take_id(struct cli *cli)
{
    const char *id = cli_option(cli, "id");

    if (id != NULL && cli->arg_count < CLI_MAX_ARGS)
        cli->args[cli->arg_count++] = id;
}

static int take_arguments(struct cli *cli, int argc, char **argv,
                          const int words[2])
{
    bool only_args = false;
    int i, status;

    for (i = 1; i < argc; i++) {
        if (i == words[0] || i == words[1])
            continue;
        if (!only_args && strcmp(argv[i], "--") == 0) {
            only_args = true;
        } else if (!only_args && strncmp(argv[i], "--", 2) == 0) {
            status = take_option(cli, argc, argv, &i);
            if (status != CLI_OK)
                return status;
        } else if (cli->arg_count < CLI_MAX_ARGS) {
            cli->args[cli->arg_count++] = argv[i];
        }
    }
    take_id(cli);
    if (cli->arg_count > cli->verb->arg_count)
        return cli_usage(cli, "'%s' is one argument too many",
                         cli->args[cli->verb->arg_count]);
    if (cli->arg_count < cli->verb->arg_count && *cli->verb->args != '[')
        return cli_usage(cli,
                         "%s is missing: akv://VAULT/%ss[/NAME] is expected",
                         cli->verb->args, cli->verb->group);
    return CLI_OK;
}

static int take_output(struct cli *cli)
{
    static const char *const names[] = { "text", "json", "raw" };
    const char *value = cli_option(cli, "output");
    size_t i;

    for (i = 0; value != NULL && i < 3; i++) {
        if (strcmp(value, names[i]) == 0) {
            cli->output = (enum cli_output)i;
            return CLI_OK;
        }
    }
    if (value == NULL)
        return CLI_OK;
    return cli_usage(cli, "--output '%s': text, json or raw is expected",
                     value);
}

/* --- Settings ------------------------------------------------------------- */

struct given {
    const struct cli *cli;
    struct cli_config *config; /* owned; NULL: none */
};

/* --set comes before the file, as the file before the environment. */
static const char *cli_conf_value(void *arg, const char *name)
{
    const struct given *given = arg;
    const char *value = NULL, *set;
    size_t at = 0, len = strlen(name);

    while ((set = cli_next_option(given->cli, "set", &at)) != NULL)
        if (strncmp(set, name, len) == 0 && set[len] == '=')
            value = set + len + 1;
    return value != NULL ? value : cli_config_get(given->config, name);
}

/* A misspelt name would otherwise be ignored in silence, and a secret on the
 * command line can be read by everybody. */
static int check_sets(const struct cli *cli)
{
    const struct akv_setting_info *info;
    const char *set;
    size_t at = 0, i, len;

    while ((set = cli_next_option(cli, "set", &at)) != NULL) {
        len = strcspn(set, "=");
        for (i = 0; (info = akv_settings_info(i)) != NULL; i++)
            if (strlen(info->name) == len && strncmp(info->name, set, len) == 0)
                break;
        if (info == NULL || set[len] != '=')
            return cli_usage(cli, "--set '%.*s': there is no such setting",
                             (int)len, set);
        if (info->secret)
            return cli_usage(cli,
                             "--set %s: a secret does not belong on the "
                             "command line; use %s or a file",
                             info->name, info->env[0]);
    }
    return CLI_OK;
}

struct foreign {
    struct akv_error *err; /* one is misspelt */
    struct akv_buf names;  /* of the others */
};

static void take_foreign(void *arg, const char *name, const char *meant)
{
    struct foreign *foreign = arg;

    if (meant == NULL)
        (void)!akv_buf_appendf(&foreign->names, "%s%s",
                               foreign->names.len > 0 ? ", " : "", name);
    else if (foreign->err->code == AKV_E_NONE)
        (void)akv_error_set(foreign->err, AKV_E_CONFIG,
                            "environment variable %s: there is no such "
                            "setting; %s is meant, or another name",
                            name, meant);
}

/* What is misspelt would otherwise be ignored in silence. */
static bool check_environment(struct akv_error *err)
{
    struct foreign foreign = { err, AKV_BUF_INIT(4096) };

    akv_settings_foreign(take_foreign, &foreign);
    if (foreign.names.len > 0)
        (void)fprintf(stderr,
                      "akv: warning: not read, since there are no such "
                      "settings: %s\n",
                      akv_buf_str(&foreign.names));
    akv_buf_free(&foreign.names);
    return err->code == AKV_E_NONE;
}

static int load_settings(struct cli *cli)
{
    struct given given = { cli, NULL };
    struct akv_settings_source source = { cli_conf_value, &given };
    int status = check_sets(cli);
    bool ok;

    if (status != CLI_OK)
        return status;
    ok = (cli->verb->offline || check_environment(&cli->err))
         && cli_config_open(cli, &given.config)
         && akv_settings_load(&cli->settings, &source, &cli->err);
    cli_config_free(given.config);
    if (!ok)
        return cli_fail(cli);
    cli->log = akv_log_new(&cli->settings);
    if (!cli->verb->offline)
        cli->client = akv_client_new_borrowing(&cli->settings, cli->log);
    if (cli->log != NULL && (cli->verb->offline || cli->client != NULL))
        return CLI_OK;
    (void)akv_error_set(&cli->err, AKV_E_MEMORY, "no memory");
    return cli_fail(cli);
}

/* What is printed may be secret, so its buffer is one that can be wiped. */
static char printed[BUFSIZ];

static int cli_run(struct cli *cli)
{
    int status = take_output(cli);

    (void)setvbuf(stdout, printed, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF,
                  sizeof(printed));
    if (status == CLI_OK)
        status = load_settings(cli);
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

/* -h is what the fingers know. */
static void spell_out(int argc, char **argv)
{
    static char help[] = "--help";
    int i;

    for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "-h") == 0)
            argv[i] = help;
}

static bool has_word(int argc, char **argv, const char *word)
{
    int i;

    for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], word) == 0)
            return true;
    return false;
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
    spell_out(argc, argv);
    is_help = argc > 1 && strcmp(argv[1], "help") == 0;
    if (is_help) { /* akv help GROUP VERB */
        argc--;
        argv++;
    }
    find_words(argc, argv, words);
    group = words[0] < argc ? argv[words[0]] : NULL;
    name = words[1] < argc ? argv[words[1]] : NULL;
    if (group != NULL)
        cli.verb = cli_find_verb(group, name, &has_group);
    if (has_word(argc, argv, "--version") && group == NULL) {
        puts("akv " AKV_VERSION);
        return CLI_OK;
    }
    is_help = is_help || has_word(argc, argv, "--help");
    if (group == NULL || (has_group && name == NULL)) {
        print_help(group);
        return is_help ? CLI_OK : CLI_USAGE;
    }
    if (!has_group)
        return cli_usage(&cli, "there is no group '%s'", group);
    if (cli.verb == NULL)
        return cli_usage(&cli, "%s: there is no verb '%s'", group, name);
    if (is_help) {
        print_verb_help(cli.verb);
        return CLI_OK;
    }
    status = take_arguments(&cli, argc, argv, words);
    return status == CLI_OK ? cli_run(&cli) : status;
}
