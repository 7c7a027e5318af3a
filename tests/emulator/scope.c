/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a token is asked for. MSAL of Go and of Java send the scopes of OpenID
 * beside the resource's, behind it or before it (SDK source); Entra ID passes
 * over them, and wants exactly one RESOURCE/.default besides.
 */

#include <stdlib.h>
#include <string.h>

#include "entra_error.h"
#include "identity.h"
#include "scope.h"
#include "token_make.h"
#include "xmem.h"

#define SUFFIX "/.default"

static bool is_of_openid(const char *text, size_t len)
{
    static const char *const names[] = { "openid", "offline_access",
                                         "profile" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i]) == len && strncmp(names[i], text, len) == 0)
            return true;
    return false;
}

/* The only one that is of a resource; *count says how many there are. */
static const char *find_resource(const char *scope, size_t *len, size_t *count)
{
    const char *found = scope;

    *len = 0;
    *count = 0;
    for (scope += strspn(scope, " "); *scope != '\0';
         scope += strspn(scope, " ")) {
        size_t n = strcspn(scope, " ");

        if (!is_of_openid(scope, n)) {
            found = scope;
            *len = n;
            ++*count;
        }
        scope += n;
    }
    return found;
}

static char *check(struct emu *emu, char *resource, struct emu_reply *reply)
{
    if (emu_token_resource_known(emu, resource))
        return resource;
    emu_refuse(reply, EMU_R_RESOURCE, resource,
               emu_identity_tenant(emu->identity));
    free(resource);
    return NULL;
}

char *emu_scope_v2(struct emu *emu, const struct emu_form *form,
                   struct emu_reply *reply)
{
    const char *scope = emu_form_get(form, "scope");
    size_t len, count;
    const char *one = find_resource(scope, &len, &count);

    if (count > 1) {
        emu_refuse(reply, EMU_R_SCOPES, scope);
        return NULL;
    }
    if (len < sizeof(SUFFIX)
        || strncmp(one + len - (sizeof(SUFFIX) - 1), SUFFIX, sizeof(SUFFIX) - 1)
               != 0) {
        emu_refuse(reply, EMU_R_SCOPE, scope);
        return NULL;
    }
    return check(emu, emu_xstrndup(one, len - (sizeof(SUFFIX) - 1)), reply);
}

char *emu_scope_v1(struct emu *emu, const struct emu_form *form,
                   struct emu_reply *reply)
{
    return check(emu, emu_xstrdup(emu_form_get(form, "resource")), reply);
}
