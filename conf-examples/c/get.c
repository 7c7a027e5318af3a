/* SPDX-License-Identifier: Apache-2.0 */

/*
 * get akv://VAULT/secrets/NAME: prints the value of a secret.
 *
 *     cc -o get get.c $(pkg-config --cflags --libs akv)
 */

#include <akv/akv.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    struct akv_error err = AKV_ERROR_INIT;
    struct akv_settings *settings = akv_settings_new();
    struct akv_client *client = NULL;
    struct akv_secret secret = { 0 };
    struct akv_id id;
    bool ok;

    if (argc != 2) {
        fprintf(stderr, "usage: get akv://VAULT/secrets/NAME\n");
        return 2;
    }
    /* Who we are and whom we trust: as for the command, see akv(1). */
    ok = settings != NULL && akv_settings_read_environment(settings, &err)
         && akv_id_parse(&id, argv[1], settings, &err);
    if (ok)
        client = akv_client_new(settings);
    ok = client != NULL && akv_secret_get(client, &id, &secret, &err);
    if (ok)
        ok = fwrite(secret.value.data, 1, secret.value.len, stdout)
             == secret.value.len;
    else
        fprintf(stderr, "get: %s\n", err.message);
    akv_secret_free(&secret); /* wiped */
    akv_client_free(client);
    akv_settings_free(settings);
    return ok ? 0 : 1;
}
