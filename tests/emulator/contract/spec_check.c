/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Replies of the emulator against the OpenAPI documents of the service.
 * Usage: spec_check SPEC-DIRECTORY EXCHANGES
 * EXCHANGES has lines of METHOD, status, path and body with tabs between them.
 * Prints a table of the operations of the documents; status 1: some reply is
 * not as it is written there, 3: some operation was not seen.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openapi.h"

/* What no operation is asked for is left out. */
static void exchange(const char *method, const char *status, char *path,
                     const char *body)
{
    struct openapi_op *op;

    path[strcspn(path, "?")] = '\0';
    op = openapi_find(method, path);
    if (op != NULL && !openapi_check_reply(op, status, body))
        printf("%s %s %s\n", method, path, status);
}

static void read_exchanges(FILE *f)
{
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, f) > 0) {
        char *save = NULL;
        char *method = strtok_r(line, "\t", &save);
        char *status = strtok_r(NULL, "\t", &save);
        char *path = strtok_r(NULL, "\t\n", &save);
        char *body = save == NULL ? NULL : save;

        if (path == NULL)
            continue;
        if (body != NULL)
            body[strcspn(body, "\n")] = '\0';
        exchange(method, status, path, body == NULL ? "" : body);
    }
    free(line);
}

static int table(void)
{
    const struct openapi_op *op;
    int rc = 0;

    printf("%-7s %-52s %6s %6s %6s\n", "", "operation", "good", "errors",
           "bad");
    for (size_t i = 0; (op = openapi_at(i)) != NULL; i++) {
        printf("%-7s %-52s %6u %6u %6u%s\n", op->method, op->path, op->good,
               op->errors, op->bad, op->good == 0 ? "  not seen" : "");
        if (op->bad > 0)
            rc = 1;
        else if (op->good == 0 && rc == 0)
            rc = 3;
    }
    return rc;
}

int main(int argc, char **argv)
{
    FILE *f;
    int rc;

    if (argc != 3) {
        fputs("usage: spec_check SPEC-DIRECTORY EXCHANGES\n", stderr);
        return 2;
    }
    if (!openapi_load(argv[1])) {
        fprintf(stderr, "spec_check: cannot read %s\n", argv[1]);
        return 2;
    }
    f = fopen(argv[2], "re");
    if (f == NULL) {
        fprintf(stderr, "spec_check: cannot read %s\n", argv[2]);
        return 2;
    }
    read_exchanges(f);
    fclose(f);
    rc = table();
    openapi_free();
    return rc;
}
