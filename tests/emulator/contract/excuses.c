/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "excuses.h"

struct excuse {
    char *pattern;
    unsigned needed;
};

struct excuses {
    struct excuse *items;
    size_t count;
};

static void add(struct excuses *excuses, const char *pattern)
{
    excuses->items = reallocarray(excuses->items, excuses->count + 1,
                                  sizeof(*excuses->items));
    if (excuses->items == NULL)
        abort();
    excuses->items[excuses->count++] =
        (struct excuse){ .pattern = strdup(pattern) };
}

struct excuses *excuses_new(void)
{
    struct excuses *excuses = calloc(1, sizeof(*excuses));

    if (excuses == NULL)
        abort();
    return excuses;
}

bool excuses_load(struct excuses *excuses, const char *path)
{
    FILE *f = fopen(path, "re");
    char line[1024];

    if (f == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    while (fgets(line, sizeof(line), f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '#' && line[0] != '\0')
            add(excuses, line);
    }
    fclose(f);
    return true;
}

bool excuses_have(struct excuses *excuses, const char *difference)
{
    for (size_t i = 0; i < excuses->count; i++) {
        if (fnmatch(excuses->items[i].pattern, difference, 0) != 0)
            continue;
        excuses->items[i].needed++;
        return true;
    }
    return false;
}

bool excuses_report(const struct excuses *excuses)
{
    bool all = true;

    puts("\n| differences | excused |\n|---|---|");
    for (size_t i = 0; i < excuses->count; i++) {
        printf("| %u | %s |\n", excuses->items[i].needed,
               excuses->items[i].pattern);
        all = all && excuses->items[i].needed > 0;
    }
    return all;
}

void excuses_free(struct excuses *excuses)
{
    for (size_t i = 0; i < excuses->count; i++)
        free(excuses->items[i].pattern);
    free(excuses->items);
    free(excuses);
}
