/* SPDX-License-Identifier: Apache-2.0 */

/* What all sources of tokens need. */

#include <stdlib.h>
#include <string.h>

#include "auth/cred.h"

struct akv_cred *akv_cred_alloc(size_t size, const struct akv_cred_ops *ops,
                                struct akv_error *err)
{
    struct akv_cred *cred = calloc(1, size);

    if (cred != NULL)
        cred->ops = ops;
    else
        (void)akv_error_set(err, AKV_E_MEMORY, "no memory for a credential");
    return cred;
}

bool akv_token_valid(const char *text)
{
    const char *p = text;

    while (*p > ' ' && *p <= '~')
        p++;
    return p > text && *p == '\0';
}

size_t akv_scope_resource_len(const char *scope)
{
    static const char end[] = "/.default";
    size_t len = strlen(scope), tail = sizeof(end) - 1;

    return len >= tail && strcmp(scope + len - tail, end) == 0 ? len - tail
                                                               : len;
}
