/* SPDX-License-Identifier: Apache-2.0 */

/*
 * core PID IMAGE: writes all that another process can have written to into a
 * file, as a core image has it, and looks for what standard input names, a
 * line each: NAME HEX.
 *
 * Prints NAME COUNT LONGEST for each: in how many places at least PIECE bytes
 * in a row of it lie, and how many bytes the longest has; to standard error,
 * where each of them is. Needs neither root nor the kernel's core_pattern.
 */

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE 12
#define STEP 4     /* between the beginnings of pieces */
#define PAGE 4096u /* or a part of one */
#define NEEDLES_MAX 32
#define HEX_MAX 16384

struct needle {
    char name[32];
    unsigned char bytes[HEX_MAX / 2];
    size_t len;
    size_t count, longest;
};

/* A piece of a needle, in a list of those with the same first two bytes. */
struct piece {
    struct needle *needle;
    size_t at;
    struct piece *next;
};

static struct needle needles[NEEDLES_MAX];
static size_t needle_count;
static struct piece *pieces[65536];

static size_t key_of(const unsigned char *bytes)
{
    return (size_t)bytes[0] << 8 | bytes[1];
}

static bool add_pieces(struct needle *needle)
{
    size_t at;

    for (at = 0; at + PIECE <= needle->len; at += STEP) {
        struct piece *piece = malloc(sizeof(*piece));

        if (piece == NULL)
            return false;
        piece->needle = needle;
        piece->at = at;
        piece->next = pieces[key_of(needle->bytes + at)];
        pieces[key_of(needle->bytes + at)] = piece;
    }
    return needle->len >= PIECE;
}

static bool read_needles(void)
{
    static char hex[HEX_MAX + 1];

    while (needle_count < NEEDLES_MAX
           && scanf("%31s %16384s", needles[needle_count].name, hex) == 2) {
        struct needle *needle = &needles[needle_count++];
        const char *text = hex;
        unsigned byte;

        for (; sscanf(text, "%2x", &byte) == 1; text += 2)
            needle->bytes[needle->len++] = (unsigned char)byte;
        if (*text != '\0' || !add_pieces(needle))
            return false;
    }
    return feof(stdin) != 0 && needle_count > 0;
}

/* Counts what lies here of a needle; returns how many bytes that are. */
static size_t match(const unsigned char *data, size_t left, const char *where,
                    size_t offset)
{
    const struct piece *piece;

    for (piece = pieces[key_of(data)]; piece != NULL; piece = piece->next) {
        struct needle *needle = piece->needle;
        size_t len = 0;

        while (len < left && piece->at + len < needle->len
               && data[len] == needle->bytes[piece->at + len])
            len++;
        if (len < PIECE)
            continue;
        needle->count++;
        if (len > needle->longest)
            needle->longest = len;
        (void)fprintf(stderr, "%s: %zu bytes from %zu at %zx of %s",
                      needle->name, len, piece->at, offset, where);
        return len;
    }
    return 0;
}

static void search(const unsigned char *data, size_t len, const char *where)
{
    size_t at = 0;

    while (at + PIECE <= len) {
        size_t found = pieces[key_of(data + at)] != NULL
                           ? match(data + at, len - at, where, at)
                           : 0;

        at += found > 0 ? found : 1;
    }
}

/* One mapping, unless it shows a file that nobody can have written to. Pages
 * that cannot be read (a stack may have some for a guard) are zero. */
static bool take(int memory, FILE *image, const char *line)
{
    unsigned long start, end, at;
    unsigned char *data;
    unsigned inode;
    char rights[5];
    bool any = false;

    if (sscanf(line, "%lx-%lx %4s %*s %*s %u", &start, &end, rights, &inode)
            != 4
        || rights[0] != 'r' || (rights[1] != 'w' && inode != 0)
        || strstr(line, "[v") != NULL)
        return true;
    data = calloc(1, end - start);
    if (data == NULL)
        return false;
    for (at = start; at < end; at += PAGE)
        any |= pread(memory, data + (at - start), PAGE, (off_t)at)
               == (ssize_t)PAGE;
    search(data, end - start, line);
    any = fwrite(data, 1, end - start, image) == end - start && any;
    free(data);
    return any || rights[1] != 'w';
}

static bool take_all(const char *pid, FILE *image)
{
    char path[64], line[4400];
    FILE *maps;
    int memory;
    bool ok;

    (void)snprintf(path, sizeof(path), "/proc/%s/maps", pid);
    maps = fopen(path, "r");
    (void)snprintf(path, sizeof(path), "/proc/%s/mem", pid);
    memory = open(path, O_RDONLY | O_CLOEXEC);
    ok = maps != NULL && memory >= 0;
    while (ok && fgets(line, sizeof(line), maps) != NULL)
        ok = take(memory, image, line);
    if (maps != NULL)
        (void)fclose(maps);
    if (memory >= 0)
        (void)close(memory);
    return ok;
}

int main(int argc, char **argv)
{
    FILE *image;
    size_t i;

    if (argc != 3 || !read_needles())
        return 2;
    image = fopen(argv[2], "w");
    if (image == NULL)
        return 2;
    if (!take_all(argv[1], image) || fclose(image) != 0) {
        perror("core");
        return 1;
    }
    for (i = 0; i < needle_count; i++)
        printf("%s %zu %zu\n", needles[i].name, needles[i].count,
               needles[i].longest);
    return 0;
}
