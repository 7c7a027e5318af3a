/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which credentials are asked, and in which order: that of the Azure SDKs'
 * DefaultAzureCredential, unless the settings say otherwise. The sources of
 * tokens are in cred_*.c. A member of a chain that is not set up is not left
 * out: a stand-in says why, for the message where none gives a token.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/cred_factory.h"
#include "base/settings_impl.h"

/* client-secret wins over client-secret-file, as the nearer of the two. */
static const char *client_secret(const struct akv_settings *settings,
                                 const struct akv_deferred_files *files)
{
    if (settings->client_secret != NULL)
        return settings->client_secret;
    return files->client_secret.len > 0 ? akv_buf_str(&files->client_secret)
                                        : NULL;
}

static struct akv_cred *environment_new(const struct akv_cred_world *world,
                                        struct akv_error *err)
{
    const struct akv_settings *settings = world->settings;
    const char *secret = client_secret(settings, world->files);

    if (secret != NULL)
        return akv_cred_secret_new(world->io, settings, secret, err);
    if (settings->client_certificate != NULL)
        return akv_cred_cert_new(world->io, settings, world->files, err);
    (void)akv_error_set(err, AKV_E_UNAVAILABLE,
                        "neither client-secret (AZURE_CLIENT_SECRET) nor "
                        "client-secret-file nor client-certificate "
                        "(AZURE_CLIENT_CERTIFICATE_PATH) is set");
    return NULL;
}

static struct akv_cred *workload_new(const struct akv_cred_world *world,
                                     struct akv_error *err)
{
    return akv_cred_workload_new(world->io, world->settings, err);
}

static struct akv_cred *managed_new(const struct akv_cred_world *world,
                                    struct akv_error *err)
{
    return akv_cred_managed_new(world->io, world->settings, world->in_chain,
                                err);
}

static struct akv_cred *azure_cli_new(const struct akv_cred_world *world,
                                      struct akv_error *err)
{
    return akv_cred_tool_new(world->io, world->settings, world->files,
                             AKV_TOOL_AZ, err);
}

static struct akv_cred *azd_new(const struct akv_cred_world *world,
                                struct akv_error *err)
{
    return akv_cred_tool_new(world->io, world->settings, world->files,
                             AKV_TOOL_AZD, err);
}

static struct akv_cred *token_new(const struct akv_cred_world *world,
                                  struct akv_error *err)
{
    return akv_cred_static_new(world->io, world->settings, err);
}

static struct akv_cred *unsupported_new(const struct akv_cred_world *world,
                                        struct akv_error *err)
{
    (void)world;
    (void)akv_error_set(err, AKV_E_UNAVAILABLE,
                        "Azure PowerShell is not supported; use the Azure "
                        "CLI");
    return NULL;
}

#define ROW(kind, word, name, production, tool, make)                          \
    { { name, kind, production, tool }, make },

/* By kind. */
static const struct {
    struct akv_default_link link;
    struct akv_cred *(*make)(const struct akv_cred_world *world,
                             struct akv_error *err);
} kinds[] = { AKV_CREDENTIAL_KINDS(ROW, ROW, ROW) };

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct akv_default_link akv_cred_given = { "the token given",
                                                 AKV_CREDENTIAL_TOKEN, true,
                                                 false };

struct akv_cred *akv_cred_new_kind(enum akv_credential_kind kind,
                                   const struct akv_cred_world *world,
                                   struct akv_error *err)
{
    return kinds[kind].make(world, err);
}

/* What AZURE_TOKEN_CREDENTIALS leaves of the default chain. */
static bool is_selected(const struct akv_default_link *link, const char *choice)
{
    if (choice == NULL)
        return true;
    if (strcasecmp(choice, "prod") == 0)
        return link->production;
    if (strcasecmp(choice, "dev") == 0)
        return !link->production;
    return strcasecmp(choice, link->name) == 0;
}

/* One of the default chain; what is not set up has a stand-in that says so.
 * NULL: no memory. */
static struct akv_cred *member_new(const struct akv_default_link *link,
                                   const struct akv_cred_world *world,
                                   bool *stands_in, struct akv_error *err)
{
    struct akv_error why = AKV_ERROR_INIT;
    struct akv_cred *cred = akv_cred_new_kind(link->kind, world, &why);

    *stands_in = cred == NULL;
    if (cred == NULL && why.code != AKV_E_MEMORY)
        cred = akv_cred_unavailable_new(&why);
    if (cred == NULL)
        (void)akv_error_set(err, AKV_E_MEMORY, "no memory for a credential");
    return cred;
}

size_t
akv_cred_select(const struct akv_settings *settings,
                const struct akv_default_link *selected[AKV_CREDENTIALS_MAX])
{
    enum akv_credential_kind kind = akv_credential_at(settings, 0);
    size_t i, count = 0;

    while (kind != AKV_CREDENTIAL_DEFAULT && count < AKV_CREDENTIALS_MAX) {
        selected[count++] =
            kind == AKV_CREDENTIAL_TOKEN ? &akv_cred_given : &kinds[kind].link;
        kind = akv_credential_at(settings, (unsigned)count);
    }
    if (count > 0)
        return count;
    for (i = 0; i < KINDS; i++)
        if (kinds[i].link.name != NULL
            && is_selected(&kinds[i].link, settings->token_credentials))
            selected[count++] = &kinds[i].link;
    return count;
}

/* A tool that was not found is not expected to be there. */
static bool is_missing(enum akv_credential_kind kind,
                       const struct akv_deferred_files *files)
{
    if (kind == AKV_CREDENTIAL_AZURE_CLI)
        return files->tools[AKV_TOOL_AZ] == NULL;
    return kind == AKV_CREDENTIAL_AZD && files->tools[AKV_TOOL_AZD] == NULL;
}

/* From the last to the first: each is told whether others come behind it. */
static struct akv_cred *
chain_new(const struct akv_default_link *const *selected, size_t count,
          const struct akv_cred_world *all, struct akv_error *err)
{
    struct akv_chain_link chain[AKV_CREDENTIALS_MAX];
    struct akv_cred_world world = *all;
    bool stands_in;
    size_t i, made = count;

    while (made > 0) {
        const struct akv_default_link *one = selected[made - 1];
        struct akv_chain_link *link = &chain[made - 1];

        link->name = one->name;
        link->tool = one->tool;
        link->cred = member_new(one, &world, &stands_in, err);
        if (link->cred == NULL)
            break;
        link->instant = stands_in || is_missing(one->kind, world.files);
        world.in_chain = world.in_chain || !stands_in;
        made--;
    }
    if (made == 0)
        return akv_cred_chain_new(world.io->clock, chain, count,
                                  world.settings->has_others_token
                                      ? "; AZURE_CLI_ACCESS_TOKEN is not read: "
                                        "give the token in AKV_ACCESS_TOKEN, "
                                        "or a file in AKV_ACCESS_TOKEN_FILE"
                                      : "",
                                  err);
    for (i = made; i < count; i++)
        chain[i].cred->ops->free(chain[i].cred);
    return NULL;
}

struct akv_cred *akv_cred_new(struct akv_io *io,
                              const struct akv_settings *settings,
                              const struct akv_deferred_files *files,
                              struct akv_error *err)
{
    const struct akv_cred_world world = { io, settings, files, false };
    const struct akv_default_link *selected[AKV_CREDENTIALS_MAX];
    enum akv_credential_kind kind = akv_credential_at(settings, 0);

    /* Who gives a token means it to be used. */
    if (kind == AKV_CREDENTIAL_DEFAULT
        && (settings->access_token != NULL
            || settings->access_token_file != NULL))
        kind = AKV_CREDENTIAL_TOKEN;
    if (kind != AKV_CREDENTIAL_DEFAULT
        && akv_credential_at(settings, 1) == AKV_CREDENTIAL_DEFAULT)
        return akv_cred_new_kind(kind, &world, err);
    return chain_new(selected, akv_cred_select(settings, selected), &world,
                     err);
}

bool akv_cred_asks_authority(const struct akv_settings *settings)
{
    const struct akv_default_link *selected[AKV_CREDENTIALS_MAX];
    size_t i, count = akv_cred_select(settings, selected);
    bool has_principal = settings->client_secret != NULL
                         || settings->client_secret_file != NULL
                         || settings->client_certificate != NULL;
    bool asks = false;

    if (settings->access_token != NULL || settings->access_token_file != NULL)
        return false;
    for (i = 0; i < count; i++)
        asks |=
            (selected[i]->kind == AKV_CREDENTIAL_ENVIRONMENT && has_principal)
            || (selected[i]->kind == AKV_CREDENTIAL_WORKLOAD
                && settings->federated_token_file != NULL);
    return asks;
}
