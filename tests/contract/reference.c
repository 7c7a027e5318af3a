/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "unit.h"

#define MAX_WORDS 8
#define DASH "\xe2\x80\x93" /* stands for none */
#define DOTS "\xe2\x80\xa6" /* stands for others */

/* What a cell lists. */
struct words {
    char *word[MAX_WORDS]; /* borrowed from the line */
    size_t count;
    bool open; /* and others */
};

static char *trim(char *text)
{
    size_t len;

    text += strspn(text, " `");
    len = strlen(text);
    while (len > 0 && strchr(" `", text[len - 1]) != NULL)
        text[--len] = '\0';
    return text;
}

/* "`A` (a remark), B / C": A, B, C. A dash is the empty word. */
static void split(char *cell, struct words *words)
{
    char *save = NULL, *word;
    char *remark = strstr(cell, " (");

    words->count = 0;
    words->open = false;
    if (remark != NULL)
        *remark = '\0';
    for (word = strtok_r(cell, ",/", &save);
         word != NULL && words->count < MAX_WORDS;
         word = strtok_r(NULL, ",/", &save)) {
        word = trim(word);
        if (strcmp(word, DOTS) == 0)
            words->open = true;
        else
            words->word[words->count++] =
                strcmp(word, DASH) == 0 ? strchr(word, '\0') : word;
    }
}

/* Some pair of the words with what is given was tried. */
static bool one_of(reference_tried_fn *tried, const struct words *statuses,
                   const struct words *codes, const char *inner)
{
    for (size_t i = 0; i < statuses->count; i++)
        for (size_t k = 0; k < codes->count; k++)
            if (tried(atol(statuses->word[i]), codes->word[k], inner))
                return true;
    return false;
}

static void check_row(reference_tried_fn *tried, const struct words *statuses,
                      const struct words *codes, const struct words *inners)
{
    for (size_t i = 0; i < statuses->count; i++) {
        struct words one = { { statuses->word[i] }, 1, false };

        CHECK_AT(statuses->word[i],
                 codes->open ? tried(atol(statuses->word[i]), NULL, NULL)
                             : one_of(tried, &one, codes, NULL));
    }
    for (size_t i = 0; i < codes->count; i++) {
        struct words one = { { codes->word[i] }, 1, false };

        CHECK_AT(codes->word[i], one_of(tried, statuses, &one, NULL));
    }
    for (size_t i = 0; i < inners->count; i++)
        CHECK_AT(inners->word[i],
                 one_of(tried, statuses, codes, inners->word[i]));
}

static bool read_row(reference_tried_fn *tried, char *line)
{
    struct words cells[3];
    char *cell[3], *save = NULL;

    for (size_t i = 0; i < 3; i++) {
        cell[i] = strtok_r(i == 0 ? line : NULL, "|", &save);
        if (cell[i] == NULL)
            return false;
    }
    for (size_t i = 0; i < 3; i++)
        split(cell[i], &cells[i]);
    if (cells[0].count == 0 || atol(cells[0].word[0]) == 0)
        return false; /* the head of the table */
    check_row(tried, &cells[0], &cells[1], &cells[2]);
    return true;
}

bool reference_each_error(const char *path, reference_tried_fn *tried,
                          unsigned *count)
{
    FILE *f = fopen(path, "re");
    bool inside = false;
    char *line = NULL;
    size_t size = 0;

    if (f == NULL)
        return false;
    while (getline(&line, &size, f) > 0) {
        if (strncmp(line, "## ", 3) == 0)
            inside = strstr(line, " Errors") != NULL;
        else if (inside && *line == '|' && read_row(tried, line))
            ++*count;
    }
    free(line);
    (void)fclose(f);
    return true;
}
