/* SPDX-License-Identifier: Apache-2.0 */

/*
 * memory URI HEX set|get: sets a secret, or gets it, and looks for it in this
 * process's memory after it has been freed. HEX is the value with each bit
 * turned round, so that the value itself is nowhere in the arguments.
 *
 * One line each, WHEN: secret N token M: how often the value, and the
 * beginning of an Authorization header with a token, were found.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "secrets.h"

#define VALUE_MAX 256

static unsigned char hidden[VALUE_MAX]; /* turned round */
static size_t hidden_len;

/* "Bearer eyJ", turned round. */
static unsigned char header[10];

static void hide(unsigned char *out, const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++)
        out[i] = (unsigned char)~(unsigned char)text[i];
}

static bool read_hex(const char *text)
{
    unsigned byte;

    for (; sscanf(text, "%2x", &byte) == 1; text += 2) {
        if (hidden_len == sizeof(hidden))
            return false;
        hidden[hidden_len++] = (unsigned char)byte;
    }
    return hidden_len > 0 && *text == '\0';
}

/* Byte by byte: nothing that is looked for is ever written anywhere. */
static size_t occurrences(const volatile unsigned char *from, size_t len,
                          const unsigned char *needle, size_t needle_len)
{
    size_t i, j, n = 0;

    for (i = 0; i + needle_len <= len; i++) {
        for (j = 0; j < needle_len; j++)
            if ((from[i + j] ^ needle[j]) != 0xff)
                break;
        n += j == needle_len;
    }
    return n;
}

/* All that can be written is where data can be. */
static bool look(const char *when)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    size_t secrets = 0, tokens = 0;
    char line[512];

    if (maps == NULL)
        return false;
    while (fgets(line, sizeof(line), maps) != NULL) {
        unsigned long start, end;
        char rights[5];

        if (sscanf(line, "%lx-%lx %4s", &start, &end, rights) != 3
            || strncmp(rights, "rw", 2) != 0 || strstr(line, "[v") != NULL)
            continue;
        /* NOLINTBEGIN(performance-no-int-to-ptr): it is an address */
        secrets += occurrences((const unsigned char *)start, end - start,
                               hidden, hidden_len);
        tokens += occurrences((const unsigned char *)start, end - start, header,
                              sizeof(header));
        /* NOLINTEND(performance-no-int-to-ptr) */
    }
    (void)fclose(maps);
    printf("%s: secret %zu token %zu\n", when, secrets, tokens);
    return true;
}

static bool set(struct akv_client *client, const struct akv_id *id,
                struct akv_error *err)
{
    struct akv_secret secret;
    char value[VALUE_MAX];
    size_t i;
    bool ok;

    memset(&secret, 0, sizeof(secret));
    for (i = 0; i < hidden_len; i++)
        value[i] = (char)~hidden[i];
    ok = akv_secret_set(client, id, value, hidden_len, NULL, &secret, err);
    akv_secret_free(&secret);
    explicit_bzero(value, sizeof(value));
    return ok && look("after set");
}

static bool get(struct akv_client *client, const struct akv_id *id,
                struct akv_error *err)
{
    struct akv_secret secret;
    bool ok = akv_secret_get(client, id, false, &secret, err)
              && secret.value.len == hidden_len && look("with secret");

    akv_secret_free(&secret);
    return ok && look("after get");
}

int main(int argc, char **argv)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings settings;
    struct akv_client *client = NULL;
    struct akv_id id;
    bool ok;

    if (argc != 4 || !read_hex(argv[2]))
        return 2;
    hide(header, "Bearer ey", 9);
    hide(header + 9, "J", 1);
    memset(&settings, 0, sizeof(settings));
    ok = akv_settings_load(&settings, NULL, &err)
         && akv_id_parse(&id, argv[1], &settings, &err);
    if (ok)
        client = akv_client_new(&settings, NULL);
    ok = client != NULL
         && (strcmp(argv[3], "set") == 0 ? set(client, &id, &err)
                                         : get(client, &id, &err));
    if (akv_client_free(client) && ok)
        ok = look("after all");
    if (!ok)
        (void)fprintf(stderr, "%s\n", err.message);
    akv_settings_free(&settings);
    return ok ? 0 : 1;
}
