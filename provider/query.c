/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Clauses of property(7). Where demands are looked for, the '?' of a wish is
 * read as part of its name, so that a wish matches none.
 */

#include <openssl/crypto.h>
#include <string.h>
#include <strings.h>

#include "base/ascii.h"
#include "base/list.h"
#include "query.h"

/* Text without blanks around it. */
struct text {
    const char *p;
    size_t len;
};

static struct text query_trim(const char *p, size_t len)
{
    akv_trim(&p, &len);
    return (struct text){ p, len };
}

static bool query_is(struct text text, const char *want)
{
    return text.len == strlen(want) && strncasecmp(text.p, want, text.len) == 0;
}

static bool is_clause(struct text clause, const char *name, const char *value)
{
    const char *equals = memchr(clause.p, '=', clause.len);
    size_t len = equals != NULL ? (size_t)(equals - clause.p) : clause.len;

    if (!query_is(query_trim(clause.p, len), name))
        return false;
    return equals != NULL
               ? query_is(query_trim(equals + 1, clause.len - len - 1), value)
               : strcmp(value, "yes") == 0;
}

bool akv_query_demands(const char *propq, const char *name, const char *value)
{
    struct text clause;

    while ((clause.p = akv_list_next(&propq, &clause.len)) != NULL)
        if (is_clause(clause, name, value))
            return true;
    return false;
}

char *akv_query_without(const char *propq, const char *name, const char *value)
{
    char *rest = propq != NULL ? OPENSSL_zalloc(strlen(propq) + 1) : NULL;
    char *out = rest;
    size_t len;

    while (rest != NULL && *propq != '\0') {
        struct text clause;

        len = strcspn(propq, ",");
        clause = query_trim(propq, len);
        if (clause.len > 0 && *clause.p == '?')
            clause = query_trim(clause.p + 1, clause.len - 1);
        if (!is_clause(clause, name, value)) {
            if (out != rest)
                *out++ = ',';
            memcpy(out, propq, len);
            out += len;
        }
        propq += len + (propq[len] == ',');
    }
    return rest;
}
