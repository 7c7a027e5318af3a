/* SPDX-License-Identifier: Apache-2.0 */

/* Algorithms of a digest and a padding by one name, since OpenSSL 3.4. */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <string.h>

#include "passthrough.h"

#if OPENSSL_VERSION_PREREQ(3, 4)

static void sign(const struct subject *subject, EVP_SIGNATURE *algorithm,
                 const char *name, int message)
{
    static const size_t sizes[] = { 0, 20, 32, 48, 64, 100 };
    EVP_PKEY_CTX *ctx;
    unsigned char tbs[100] = { 5 }, sig[1200];
    size_t i, len;

    for (i = 0; i < COUNT(sizes); i++) {
        ctx = EVP_PKEY_CTX_new_from_pkey(NULL, subject->pkey, NULL);
        begin(subject, message ? "sign a message" : "sign a digest", "%s, %zu",
              name, sizes[i]);
        tell_code(message ? EVP_PKEY_sign_message_init(ctx, algorithm, NULL)
                          : EVP_PKEY_sign_init_ex2(ctx, algorithm, NULL));
        tell_code(EVP_PKEY_sign(ctx, NULL, &len, tbs, sizes[i]));
        len = sizeof(sig);
        if (EVP_PKEY_sign(ctx, sig, &len, tbs, sizes[i]) == 1)
            tell_bytes(sig, len);
        tell_code(EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha1()));
        EVP_PKEY_CTX_free(ctx);
        end();
    }
}

static void sign_in_parts(const struct subject *subject,
                          EVP_SIGNATURE *algorithm, const char *name)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, subject->pkey, NULL);
    EVP_PKEY_CTX *copy = NULL;
    unsigned char data[100] = { 6 }, sig[1200] = { 0 };
    size_t len = sizeof(sig);

    begin(subject, "sign in parts", "%s", name);
    tell_code(EVP_PKEY_sign_message_init(ctx, algorithm, NULL));
    tell_code(EVP_PKEY_sign_message_update(ctx, data, sizeof(data)));
    copy = EVP_PKEY_CTX_dup(ctx);
    tell_code(copy != NULL);
    tell_code(EVP_PKEY_sign_message_final(ctx, NULL, &len));
    tell_size(len);
    len = sizeof(sig);
    if (EVP_PKEY_sign_message_final(ctx, sig, &len) == 1)
        tell_bytes(sig, len);
    else
        len = 64;
    EVP_PKEY_CTX_free(copy);
    EVP_PKEY_CTX_free(ctx);
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, subject->pkey, NULL);
    tell_code(EVP_PKEY_verify_message_init(ctx, algorithm, NULL));
    tell_code(EVP_PKEY_CTX_set_signature(ctx, sig, len));
    tell_code(EVP_PKEY_verify_message_update(ctx, data, sizeof(data)));
    tell_code(EVP_PKEY_verify_message_final(ctx));
    EVP_PKEY_CTX_free(ctx);
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, subject->pkey, NULL);
    tell_code(EVP_PKEY_verify_recover_init_ex2(ctx, algorithm, NULL));
    len = sizeof(sig);
    tell_code(EVP_PKEY_verify_recover(ctx, sig, &len, sig, 256));
    EVP_PKEY_CTX_free(ctx);
    end();
}

void do_composed(const struct subject *subject)
{
    static const char *const names[] = { "RSA-SHA2-256",   "RSA-SHA2-512",
                                         "RSA-SHA1",       "ECDSA-SHA2-256",
                                         "ECDSA-SHA2-384", "ECDSA-SHA3-256" };
    size_t i;

    /* None of them takes RSA-PSS keys; a provider without such keys, which is
     * what we are, is told apart by the reason. */
    if (strcmp(subject->type, "RSA-PSS") == 0)
        return;
    for (i = 0; i < COUNT(names); i++) {
        EVP_SIGNATURE *algorithm = EVP_SIGNATURE_fetch(NULL, names[i], NULL);

        sign(subject, algorithm, names[i], 0);
        sign(subject, algorithm, names[i], 1);
        sign_in_parts(subject, algorithm, names[i]);
        EVP_SIGNATURE_free(algorithm);
    }
}

#else

void do_composed(const struct subject *subject)
{
    (void)subject;
}

#endif
