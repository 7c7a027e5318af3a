/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "store.h"

static bool bad(const char *option, const char *value, const char *want)
{
    fprintf(stderr, "akv-emulator: --%s '%s': %s\n", option, value, want);
    return false;
}

static bool number(const char *text, long low, long high, long *out)
{
    char *end;

    errno = 0;
    *out = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *out >= low
           && *out <= high && text[strspn(text, "0123456789")] == '\0';
}

static bool port(const char *option, const char *value, uint16_t *out)
{
    long n;

    if (!number(value, 0, 65535, &n))
        return bad(option, value, "want a number from 0 to 65535");
    *out = (uint16_t)n;
    return true;
}

static bool set_port(struct emu_options *o, const char *value)
{
    return port("port", value, &o->port);
}

static bool set_hsm_port(struct emu_options *o, const char *value)
{
    return port("hsm-port", value, &o->hsm_port);
}

static bool set_identity_port(struct emu_options *o, const char *value)
{
    return port("identity-port", value, &o->identity_port);
}

static bool set_control_port(struct emu_options *o, const char *value)
{
    o->control_tcp = true;
    return port("control-port", value, &o->control_port);
}

static bool set_arc_dir(struct emu_options *o, const char *value)
{
    o->arc_dir = value;
    return true;
}

static bool add_name(const char *option, const char *value, const char **names,
                     size_t *n)
{
    if (!emu_vault_name_ok(value))
        return bad(option, value,
                   "want 3 to 24 letters, digits and single hyphens");
    if (*n == EMU_MAX_VAULTS)
        return bad(option, value, "too many of them");
    names[(*n)++] = value;
    return true;
}

static bool set_vault(struct emu_options *o, const char *value)
{
    return add_name("vault", value, o->vault, &o->nvaults);
}

static bool set_hsm(struct emu_options *o, const char *value)
{
    return add_name("hsm", value, o->hsm, &o->nhsms);
}

static bool set_listen(struct emu_options *o, const char *value)
{
    struct in6_addr ignored;

    o->listen = value;
    return inet_pton(AF_INET, value, &ignored) == 1
           || inet_pton(AF_INET6, value, &ignored) == 1
           || bad("listen", value,
                  "want an address such as 0.0.0.0, :: or 192.0.2.1");
}

static bool add_host(struct emu_options *o, const char *value)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    size_t len = strcspn(value, "=");
    struct emu_host *host = &o->host[o->nhosts];

    if (len == 0 || len >= sizeof(host->name) || strspn(value, allowed) != len
        || (value[len] == '=' && !emu_vault_name_ok(value + len + 1)))
        return bad("host", value, "want NAME or NAME=VAULT, with a host name");
    if (o->nhosts == EMU_MAX_VAULTS)
        return bad("host", value, "too many of them");
    memcpy(host->name, value, len);
    host->name[len] = '\0';
    host->vault = value[len] == '=' ? value + len + 1 : NULL;
    o->nhosts++;
    return true;
}

static bool set_challenge_resource(struct emu_options *o, const char *value)
{
    size_t len = strlen(value);

    o->challenge_resource = value;
    return (strncmp(value, "https://", 8) == 0 && len > 8
            && value[len - 1] != '/' && strpbrk(value, " \"?#") == NULL)
           || bad("challenge-resource", value,
                  "want https://HOST, without a slash at its end");
}

static bool set_tls_cert(struct emu_options *o, const char *value)
{
    o->tls_cert = value;
    return true;
}

static bool set_tls_key(struct emu_options *o, const char *value)
{
    o->tls_key = value;
    return true;
}

static bool set_seed(struct emu_options *o, const char *value)
{
    o->seed = value;
    return true;
}

static bool set_seed_missing(struct emu_options *o, const char *value)
{
    (void)value;
    o->seed_missing = true;
    return true;
}

static bool set_dir(struct emu_options *o, const char *value)
{
    o->dir = value;
    return *value != '\0' || bad("dir", value, "want a directory");
}

static bool set_ready_file(struct emu_options *o, const char *value)
{
    o->ready_file = value;
    return true;
}

static bool set_ready_fd(struct emu_options *o, const char *value)
{
    long n;

    if (!number(value, 0, INT_MAX, &n) || fcntl((int)n, F_GETFD) < 0)
        return bad("ready-fd", value, "want an open file descriptor");
    o->ready_fd = (int)n;
    return true;
}

static bool set_auth(struct emu_options *o, const char *value)
{
    o->auth = strcmp(value, "strict") == 0;
    if (o->auth || strcmp(value, "off") == 0)
        return true;
    return bad("auth", value, "want 'strict' or 'off'");
}

static bool set_parent(struct emu_options *o, const char *value)
{
    long n;

    if (!number(value, 1, INT_MAX, &n))
        return bad("parent", value, "want a process id");
    o->parent = (pid_t)n;
    return true;
}

static bool set_until_stdin_eof(struct emu_options *o, const char *value)
{
    (void)value;
    o->until_stdin_eof = true;
    return true;
}

static bool set_help(struct emu_options *o, const char *value)
{
    (void)value;
    o->help = true;
    return true;
}

static const struct {
    const char *name;
    const char *value; /* NULL: takes none */
    const char *help;
    bool (*set)(struct emu_options *options, const char *value);
} table[] = {
    { "port", "N", "TCP port, 0 (the default) is any free one", set_port },
    { "vault", "NAME",
      "a vault to serve, more than once; the first is the "
      "default",
      set_vault },
    { "listen", "ADDRESS", "instead of 127.0.0.1 and ::1; 0.0.0.0 or :: is all",
      set_listen },
    { "host", "NAME[=VAULT]",
      "one more name of a vault (default: the first), also in the certificate",
      add_host },
    { "challenge-resource", "URL",
      "whom tokens are for, in place of https://vault.azure.net",
      set_challenge_resource },
    { "tls-cert", "FILE", "a certificate of one's own, with its chain, in PEM",
      set_tls_cert },
    { "tls-key", "FILE", "its key", set_tls_key },
    { "hsm", "NAME", "a Managed HSM to serve, more than once", set_hsm },
    { "hsm-port", "N", "TCP port of the first of them, 0 is any",
      set_hsm_port },
    { "identity-port", "N", "TCP port of the managed identities, 0 is any",
      set_identity_port },
    { "control-port", "N", "TCP port of the control calls, 0 is any",
      set_control_port },
    { "arc-dir", "DIR", "where key files for Azure Arc are written",
      set_arc_dir },
    { "seed", "FILE", "JSON file with vaults, keys and principals", set_seed },
    { "seed-missing", NULL,
      "also where --dir keeps some: what of it is not there yet",
      set_seed_missing },
    { "dir", "STATE", "directory that keeps everything for the next time",
      set_dir },
    { "ready-file", "FILE", "written when requests are served",
      set_ready_file },
    { "ready-fd", "N", "gets the same text as one line, and is closed",
      set_ready_fd },
    { "auth", "MODE", "strict (the default) or off", set_auth },
    { "parent", "PID", "end when this process ends", set_parent },
    { "until-stdin-eof", NULL, "end at the end of standard input",
      set_until_stdin_eof },
    { "help", NULL, "print this text", set_help },
};

#define OPTIONS (sizeof(table) / sizeof(table[0]))

void emu_options_usage(void)
{
    puts("Usage: akv-emulator [OPTION]...\n"
         "A local Azure Key Vault for development and tests.\n");
    for (size_t i = 0; i < OPTIONS; i++) {
        char left[40];

        snprintf(left, sizeof(left), "--%s%s%s", table[i].name,
                 table[i].value == NULL ? "" : " ",
                 table[i].value == NULL ? "" : table[i].value);
        printf("  %-24s %s\n", left, table[i].help);
    }
}

/* The index of the option, OPTIONS if it is unknown. */
static size_t find(const char *arg, size_t *len)
{
    size_t i = 0;

    *len = 0;
    if (strncmp(arg, "--", 2) != 0)
        return OPTIONS;
    *len = strcspn(arg + 2, "=");
    while (i < OPTIONS
           && (strlen(table[i].name) != *len
               || strncmp(table[i].name, arg + 2, *len) != 0))
        i++;
    return i;
}

bool emu_options_parse(struct emu_options *options, int argc, char **argv)
{
    *options = (struct emu_options){ .ready_fd = -1, .auth = true };
    for (int i = 1; i < argc; i++) {
        size_t len;
        size_t n = find(argv[i], &len);
        const char *value = NULL;

        if (n == OPTIONS) {
            fprintf(stderr, "akv-emulator: unknown argument '%s'\n", argv[i]);
            return false;
        }
        if (argv[i][2 + len] == '=')
            value = argv[i] + 2 + len + 1;
        else if (table[n].value != NULL && i + 1 < argc)
            value = argv[++i];
        if ((value == NULL) != (table[n].value == NULL)) {
            fprintf(stderr, "akv-emulator: --%s takes %s value\n",
                    table[n].name, table[n].value == NULL ? "no" : "a");
            return false;
        }
        if (!table[n].set(options, value))
            return false;
    }
    return (options->tls_cert == NULL) == (options->tls_key == NULL)
           || bad(options->tls_cert != NULL ? "tls-cert" : "tls-key",
                  options->tls_cert != NULL ? options->tls_cert
                                            : options->tls_key,
                  "certificate and key go together");
}
