/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "jsonx.h"
#include "state_dir.h"
#include "xmem.h"

static bool fail(const char *what, const char *path)
{
    fprintf(stderr, "akv-emulator: --dir: cannot %s %s: %s\n", what, path,
            strerror(errno));
    return false;
}

bool emu_state_open(const char *dir, bool *fresh)
{
    char *marker = emu_xasprintf("%s/identity.json", dir);
    bool ok = mkdir(dir, 0700) == 0 || errno == EEXIST;

    if (!ok)
        fail("make", dir);
    *fresh = access(marker, F_OK) != 0;
    free(marker);
    return ok;
}

/* The directories on the way to the file. */
static void make_parents(char *path, size_t skip)
{
    for (char *p = strchr(path + skip, '/'); p != NULL;
         p = strchr(p + 1, '/')) {
        *p = '\0';
        mkdir(path, 0700); /* open() tells what is wrong */
        *p = '/';
    }
}

static bool write_all(int fd, const char *text)
{
    size_t len = strlen(text);

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

/* So that the new name survives, too. */
static void sync_parent(const char *path)
{
    char *parent = emu_xstrndup(path, (size_t)(strrchr(path, '/') - path));
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(parent);
}

bool emu_state_write(const char *dir, const char *name, struct json_object *obj)
{
    char *path = emu_xasprintf("%s/%s", dir, name);
    char *tmp = emu_xasprintf("%s.tmp", path);
    bool ok;
    int fd;

    make_parents(path, strlen(dir) + 1);
    fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ok = fd >= 0 && write_all(fd, emu_json_text(obj)) && fsync(fd) == 0;
    if (fd >= 0 && close(fd) != 0)
        ok = false;
    ok = ok && rename(tmp, path) == 0;
    if (ok)
        sync_parent(path);
    else
        fail("write", path);
    free(path);
    free(tmp);
    return ok;
}

void emu_state_remove(const char *dir, const char *name)
{
    char *path = emu_xasprintf("%s/%s", dir, name);

    if (unlink(path) == 0)
        sync_parent(path);
    free(path);
}

struct json_object *emu_state_read(const char *dir, const char *name)
{
    char *path = emu_xasprintf("%s/%s", dir, name);
    FILE *f = fopen(path, "re");
    struct emu_buf text = EMU_BUF_INIT;
    struct json_object *obj = NULL;
    char chunk[4096];
    size_t n;

    if (f != NULL) {
        while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
            emu_buf_add(&text, chunk, n);
        fclose(f);
        obj = emu_json_parse(emu_buf_str(&text), text.len);
        if (!json_object_is_type(obj, json_type_object)) {
            fprintf(stderr, "akv-emulator: --dir: %s is not JSON\n", path);
            json_object_put(obj);
            obj = NULL;
        }
    }
    emu_buf_free(&text);
    free(path);
    return obj;
}
