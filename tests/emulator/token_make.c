/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "identity.h"
#include "jsonx.h"
#include "jwt.h"
#include "options.h"
#include "ossl.h"
#include "token_make.h"
#include "xmem.h"

/* The last is what az wants a token for before it looks for subscriptions. */
static const char *const resources[] = {
    "https://vault.azure.net", "https://managedhsm.azure.net",
    "https://management.azure.com", "https://graph.microsoft.com",
    "https://management.core.windows.net"
};

bool emu_token_resource_known(const struct emu *emu, const char *resource)
{
    const char *own = emu->options->challenge_resource;

    if (own != NULL && strcmp(resource, own) == 0)
        return true;
    for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
        size_t n = strlen(resources[i]);

        /* With a slash behind it the token is made, and useless. */
        if (strncmp(resource, resources[i], n) == 0
            && (resource[n] == '\0' || strcmp(resource + n, "/") == 0))
            return true;
    }
    return false;
}

void emu_token_add_times(struct json_object *obj, int64_t now)
{
    emu_json_add_int_text(obj, "expires_in", EMU_TOKEN_LIFE);
    emu_json_add_int_text(obj, "ext_expires_in", EMU_TOKEN_LIFE);
    emu_json_add_int_text(obj, "not_before", now);
    emu_json_add_int_text(obj, "expires_on", now + EMU_TOKEN_LIFE + 1);
}

char *emu_token_make(struct emu *emu, const struct emu_principal *principal,
                     const struct emu_token_spec *spec)
{
    struct json_object *claims = json_object_new_object();
    char *issuer = emu_xasprintf("https://sts.windows.net/%s/", spec->tenant);
    char uti[33];
    char *token;

    emu_hex_id(uti);
    emu_json_add_str(claims, "aud", spec->audience);
    emu_json_add_str(claims, "iss", issuer);
    emu_json_add_int(claims, "iat", spec->now);
    emu_json_add_int(claims, "nbf", spec->now);
    emu_json_add_int(claims, "exp", spec->now + EMU_TOKEN_LIFE + 1);
    emu_json_add_str(claims, "appid", principal->client_id);
    emu_json_add_str(claims, "appidacr", "1");
    emu_json_add_str(claims, "idp", issuer);
    emu_json_add_str(claims, "oid", principal->object_id);
    emu_json_add_str(claims, "sub", principal->object_id);
    emu_json_add_str(claims, "tid", spec->tenant);
    emu_json_add_str(claims, "uti", uti);
    emu_json_add_str(claims, "ver", "1.0");
    if (spec->claims_met)
        emu_json_add_bool(claims, "claims_met", true);
    token = emu_jwt_sign(emu_identity_key(emu->identity),
                         emu_identity_kid(emu->identity), claims);
    json_object_put(claims);
    free(issuer);
    if (token != NULL)
        emu_count_event(emu->counters, EMU_COUNT_TOKENS);
    return token;
}
