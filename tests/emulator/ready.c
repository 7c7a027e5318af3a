/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "buf.h"
#include "identity.h"
#include "jsonx.h"
#include "options.h"
#include "ready.h"
#include "sockets.h"
#include "xmem.h"

static struct stat written; /* the ready file; st_ino 0: none */

static bool fail(const char *what, const char *path)
{
    fprintf(stderr, "akv-emulator: cannot %s %s: %s\n", what, path,
            strerror(errno));
    return false;
}

static bool write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        text += n;
        len -= (size_t)n;
    }
    return true;
}

static bool write_file(const char *path, mode_t mode, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    bool ok;

    if (fd < 0)
        return fail("create", path);
    ok = write_all(fd, text, strlen(text));
    if (close(fd) != 0)
        ok = false;
    return ok || fail("write", path);
}

/* A unix socket's path is short, so a deep TMPDIR will not do. */
static bool make_dir(struct emu_rundir *dir)
{
    const char *tmp = getenv("TMPDIR");
    size_t room = sizeof(((struct sockaddr_un *)NULL)->sun_path)
                  - sizeof("/akv-emulator-XXXXXX/control.sock");

    if (tmp == NULL || *tmp != '/' || strlen(tmp) > room)
        tmp = "/tmp";
    dir->path = emu_xasprintf("%s/akv-emulator-XXXXXX", tmp);
    if (mkdtemp(dir->path) != NULL)
        return true;
    fail("make", dir->path);
    free(dir->path);
    dir->path = NULL;
    return false;
}

bool emu_rundir_make(struct emu_rundir *dir, const char *ca_pem)
{
    memset(dir, 0, sizeof(*dir));
    if (!make_dir(dir))
        return false;
    dir->ca_file = emu_xasprintf("%s/ca.pem", dir->path);
    dir->control = emu_xasprintf("%s/control.sock", dir->path);
    return write_file(dir->ca_file, 0644, ca_pem);
}

void emu_rundir_remove(struct emu_rundir *dir)
{
    if (dir->path != NULL) {
        char *arc = emu_xasprintf("%s/arc.key", dir->path);

        unlink(arc);
        free(arc);
        unlink(dir->ca_file);
        unlink(dir->control);
        rmdir(dir->path);
    }
    free(dir->path);
    free(dir->ca_file);
    free(dir->control);
    memset(dir, 0, sizeof(*dir));
}

/* Where it is reached from here: the certificate has the name. */
static char *make_url(const struct emu *emu, const char *scheme,
                      const char *usual, unsigned port)
{
    const char *at = emu->options->listen;
    bool is_ipv6 = at != NULL && strchr(at, ':') != NULL;

    if (at == NULL || emu_sockets_are_all(at))
        return emu_xasprintf("%s://%s:%u", scheme, usual, port);
    return emu_xasprintf("%s://%s%s%s:%u", scheme, is_ipv6 ? "[" : "", at,
                         is_ipv6 ? "]" : "", port);
}

static void add_identity(struct json_object *obj, const struct emu *emu)
{
    char *url = make_url(emu, "http", "127.0.0.1", emu->identity_port);

    emu_json_add_str(obj, "identity_url", url);
    emu_json_add_str(obj, "identity_header",
                     emu_identity_header(emu->identity));
    free(url);
}

static char *ready_text(const struct emu *emu, const struct emu_rundir *dir)
{
    const struct emu_principal *principal = emu_identity_default(emu->identity);
    struct json_object *obj = json_object_new_object();
    char *url = make_url(emu, "https", "localhost", emu->port);
    char *text;

    emu_json_add_str(obj, "vault_url", url);
    emu_json_add_str(obj, "authority_url", url);
    if (emu->hsm_port != 0) {
        char *hsm = make_url(emu, "https", "localhost", emu->hsm_port);

        emu_json_add_str(obj, "hsm_url", hsm);
        free(hsm);
    }
    add_identity(obj, emu);
    emu_json_add_str(obj, "ca_file", dir->ca_file);
    emu_json_add_str(obj, "control_socket", dir->control);
    if (emu->control_port != 0) {
        char *at = make_url(emu, "http", "127.0.0.1", emu->control_port);

        emu_json_add_str(obj, "control_url", at);
        free(at);
    }
    emu_json_add_str(obj, "tenant_id", emu_identity_tenant(emu->identity));
    emu_json_add_str(obj, "client_id", principal->client_id);
    emu_json_add_str(obj, "client_secret", principal->secret);
    emu_json_add_int(obj, "pid", getpid());
    text = emu_xasprintf("%s\n", emu_json_text(obj));
    json_object_put(obj);
    free(url);
    return text;
}

/* Under another name first: whoever sees the file sees all of it. */
static bool write_ready_file(const char *path, const char *text)
{
    char *tmp = emu_xasprintf("%s.%ld.tmp", path, (long)getpid());
    bool ok = write_file(tmp, 0600, text);

    if (ok && (stat(tmp, &written) != 0 || rename(tmp, path) != 0)) {
        ok = fail("rename to", path);
        written.st_ino = 0;
    }
    if (!ok)
        unlink(tmp);
    free(tmp);
    return ok;
}

bool emu_ready_announce(const struct emu *emu, const struct emu_rundir *dir)
{
    const struct emu_options *options = emu->options;
    char *text = ready_text(emu, dir);
    bool ok = true;

    if (options->ready_file != NULL)
        ok = write_ready_file(options->ready_file, text);
    if (ok && options->ready_fd >= 0) {
        ok = write_all(options->ready_fd, text, strlen(text))
             || fail("write to", "the --ready-fd");
        close(options->ready_fd);
    }
    if (options->ready_file == NULL && options->ready_fd < 0)
        fputs(text, stdout);
    fflush(stdout);
    free(text);
    return ok;
}

void emu_ready_withdraw(const struct emu *emu)
{
    const char *path = emu->options->ready_file;
    struct stat now;

    if (path != NULL && written.st_ino != 0 && stat(path, &now) == 0
        && now.st_ino == written.st_ino && now.st_dev == written.st_dev)
        unlink(path);
}
