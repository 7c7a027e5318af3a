/* SPDX-License-Identifier: Apache-2.0 */

/* An emulator for one test program, and a libakv client that is set up for it.
 */

#ifndef AKV_TEST_VAULT_H
#define AKV_TEST_VAULT_H

#include <json-c/json.h>

#include "client/client_impl.h"

struct test_vault {
    pid_t pid;
    struct json_object *ready; /* owned: what the ready file holds */
    struct akv_settings settings;
    struct akv_client *client; /* owned */
};

/* Starts the emulator at the path given with a seed (a JSON text), and makes a
 * client. extra, if not NULL, are further settings: name, value, ..., NULL.
 * Ends the program with a message if that fails. */
void test_vault_start(struct test_vault *vault, const char *emulator,
                      const char *seed, const char *const *extra);

/* What the ready file says of it; ends the program if that is nothing. */
const char *test_vault_ready(const struct test_vault *vault, const char *name);

/* Frees the client, ends the emulator and waits for it. */
void test_vault_stop(struct test_vault *vault);

/* The identifier of what lies at the path in "vault_url" or "hsm_url". */
struct akv_id test_vault_id(const struct test_vault *vault, const char *url,
                            const char *path);

/* The identifier of keys/NAME in the vault; name "" is the collection. */
struct akv_id test_vault_key(const struct test_vault *vault, const char *name);

/* POSTs to the control socket; ends the program if it is refused. */
void test_vault_post(const struct test_vault *vault, const char *path,
                     const char *body);

/* The exchanges that the emulator logged; the caller puts the list. */
struct json_object *test_vault_log(const struct test_vault *vault);

/* What the emulator counted of an operation. */
long test_vault_count(const struct test_vault *vault, const char *operation);

#endif
