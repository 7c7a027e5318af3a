/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/err.h>
#include <string.h>

#include "fake_client.h"
#include "provider_fixture.h"
#include "store_fixture.h"

#define MOST 10 /* objects, before it counts as endless */

static void add_letter(char *letters, size_t size, const OSSL_STORE_INFO *info)
{
    size_t len = strlen(letters);
    int type = info != NULL ? OSSL_STORE_INFO_get_type(info) : 0;

    /* The load behind a failure is the end of it. */
    if (len + 1 < size && (info != NULL || len == 0 || letters[len - 1] != '!'))
        letters[len] = type == OSSL_STORE_INFO_PKEY     ? 'k'
                       : type == OSSL_STORE_INFO_PUBKEY ? 'p'
                       : type == OSSL_STORE_INFO_CERT   ? 'c'
                       : type == OSSL_STORE_INFO_CRL    ? 'r'
                       : type == OSSL_STORE_INFO_NAME   ? 'n'
                                                        : '!';
}

void store_load_all(const char *uri, int expected, char *letters, size_t size,
                    OSSL_STORE_INFO **first)
{
    OSSL_STORE_CTX *store = OSSL_STORE_open_ex(uri, fixture.libctx, NULL, NULL,
                                               NULL, NULL, NULL, NULL);
    unsigned loads = 0;

    memset(letters, 0, size);
    if (!CHECK_AT(uri, store != NULL))
        return;
    CHECK(OSSL_STORE_expect(store, expected) == 1);
    while (!OSSL_STORE_eof(store) && CHECK_AT(uri, loads++ < MOST)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);

        if (info != NULL || OSSL_STORE_error(store))
            add_letter(letters, size, info);
        if (first != NULL && *first == NULL)
            *first = info;
        else
            OSSL_STORE_INFO_free(info);
    }
    CHECK(OSSL_STORE_load(store) == NULL);
    CHECK(OSSL_STORE_close(store) == 1);
}

void store_yields(const char *where, const char *uri, int expected,
                  const char *const *texts, const char *want, const char *asked,
                  const char *reason)
{
    struct fake_replies replies = { texts, 0, AKV_BUF_INIT(10000) };
    char letters[20];
    const char *errors;

    fake_client_set(fake_client_replies, &replies);
    ERR_clear_error();
    store_load_all(uri, expected, letters, sizeof(letters), NULL);
    CHECK_STR(where, letters, want);
    CHECK_STR(where, akv_buf_str(&replies.asked), asked);
    errors = provider_errors();
    if (reason == NULL)
        CHECK_STR(where, errors, "");
    else
        CHECK_HAS(where, errors, reason);
    akv_buf_free(&replies.asked);
    fake_client_set(NULL, NULL);
}
