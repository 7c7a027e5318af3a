/* SPDX-License-Identifier: Apache-2.0 */

/* A token that somebody else gets: given as such, or in a file that is
 * written anew before it expires. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "auth/cred.h"
#include "base/file.h"
#include "base/jwt.h"
#include "base/settings_impl.h"

#define FILE_AGE_S 60 /* how long a token without "exp" counts as fresh */

struct cred_static {
    struct akv_cred base;
    struct akv_io *io;                   /* borrowed */
    const struct akv_settings *settings; /* borrowed */
};

static bool cred_static_read_token(const struct akv_settings *settings,
                                   struct akv_buf *token, struct akv_error *err)
{
    const char *path = settings->access_token_file;

    if (!akv_file_read(path, token, AKV_FILE_MS(settings)))
        return akv_file_explain(err, AKV_E_AUTHENTICATION, "access-token-file",
                                path);
    akv_buf_trim(token);
    if (token->len == 0)
        return akv_error_set(err, AKV_E_AUTHENTICATION,
                             "access-token-file: '%s' is empty", path);
    return true;
}

static void static_get(struct akv_cred *base,
                       const struct akv_token_request *request,
                       akv_token_fn *done, void *arg)
{
    struct cred_static *cred = (struct cred_static *)base;
    struct akv_buf file = AKV_BUF_INIT(AKV_TOKEN_MAX);
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_token token = { cred->settings->access_token, 0, 0 };
    int64_t now = akv_clock_wall(cred->io->clock);

    (void)request; /* the giver has chosen tenant and resource */
    if (token.text == NULL
        && cred_static_read_token(cred->settings, &file, &err))
        token.text = akv_buf_str(&file);
    if (token.text != NULL && !akv_token_valid(token.text)) {
        (void)akv_error_set(&err, AKV_E_AUTHENTICATION,
                            "the access token given is not one word of "
                            "visible ASCII characters");
        token.text = NULL;
    }
    if (token.text != NULL) {
        token.expires_on = akv_jwt_expiry(token.text);
        if (token.expires_on == 0)
            token.expires_on = now + FILE_AGE_S;
        if (token.expires_on <= now) {
            (void)akv_error_set(&err, AKV_E_AUTHENTICATION,
                                "the access token given expired %lld seconds "
                                "ago",
                                (long long)(now - token.expires_on));
            token.text = NULL;
        }
    }
    done(arg, token.text != NULL ? &token : NULL, &err);
    akv_buf_free(&file);
}

static void static_free(struct akv_cred *base)
{
    free(base);
}

struct akv_cred *akv_cred_static_new(struct akv_io *io,
                                     const struct akv_settings *settings,
                                     struct akv_error *err)
{
    static const struct akv_cred_ops ops = { static_get, static_free };
    struct cred_static *cred;

    if (settings->access_token == NULL && settings->access_token_file == NULL) {
        (void)akv_error_set(err, AKV_E_AUTHENTICATION,
                            "credential is 'token' but neither access-token "
                            "(AKV_ACCESS_TOKEN) nor access-token-file "
                            "(AKV_ACCESS_TOKEN_FILE) is set");
        return NULL;
    }
    cred = (struct cred_static *)akv_cred_alloc(sizeof(*cred), &ops, err);
    if (cred == NULL)
        return NULL;
    cred->io = io;
    cred->settings = settings;
    return &cred->base;
}
