/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "passthrough.h"

/* Parts of a key by the first letters of their parameters' names: a list with
 * blanks between, as strtok_r() takes it; "*" is all. */
static const struct part {
    const char *name;
    const char *file; /* of the whole key */
    const char *names;
    const char *add, *value; /* a text that is set besides, or NULL */
} parts[] = {
    { "whole", "rsa.pem", "*", NULL, NULL },
    { "no factors", "rsa.pem", "n e d", NULL, NULL },
    { "public", "rsa.pem", "n e", NULL, NULL },
    { "modulus", "rsa.pem", "n", NULL, NULL },
    { "exponent", "rsa.pem", "e", NULL, NULL },
    { "no modulus", "rsa.pem", "e d", NULL, NULL },
    { "PSS whole", "pss.pem", "*", NULL, NULL },
    { "PSS public", "pss.pem", "n e", NULL, NULL },
    { "whole", "ec.pem", "*", NULL, NULL },
    { "public", "ec.pem", "group pub", NULL, NULL },
    { "no public", "ec.pem", "group priv", NULL, NULL },
    { "group", "ec.pem", "group", NULL, NULL },
    { "public without group", "ec.pem", "pub", NULL, NULL },
    { "private without group", "ec.pem", "priv", NULL, NULL },
    { "of another group", "ec.pem", "pub priv", "group", "secp256k1" },
    { "group P-384", "ec.pem", "", "group", "P-384" },
    { "group SM2", "ec.pem", "", "group", "SM2" },
    { "binary group", "ec.pem", "", "group", "sect233r1" },
};

/* Made anew each time. */
static const char *const made[] = { "SM2", "sect233r1", "secp521r1",
                                    "secp256k1", "brainpoolP256r1" };

static void must(int ok, const char *what)
{
    if (ok)
        return;
    ERR_print_errors_fp(stderr);
    fprintf(stderr, "passthrough: %s\n", what);
    exit(2);
}

static EVP_PKEY *read_key(const char *name)
{
    FILE *file = fopen(name, "r");
    EVP_PKEY *pkey = NULL;

    if (file != NULL) {
        pkey = PEM_read_PrivateKey(file, NULL, NULL, NULL);
        (void)fclose(file);
    }
    must(pkey != NULL, name);
    return pkey;
}

static int is_in(const char *names, const char *name)
{
    size_t len = strlen(name);
    const char *at;

    if (*names == '*')
        return 1;
    for (at = strstr(names, name); at != NULL; at = strstr(at + 1, name))
        if ((at == names || at[-1] == ' ')
            && (at[len] == ' ' || at[len] == '\0'))
            return 1;
    return 0;
}

/* The parameters of a whole key that are named, and one more. */
static EVP_PKEY *take_part(const struct part *part, EVP_PKEY *whole)
{
    OSSL_PARAM *all = NULL, chosen[40];
    EVP_PKEY_CTX *ctx =
        EVP_PKEY_CTX_new_from_name(NULL, EVP_PKEY_get0_type_name(whole), NULL);
    EVP_PKEY *pkey = NULL;
    size_t n = 0, i;
    union {
        const char *in;
        char *out;
    } name = { part->add }, value = { part->value };

    must(EVP_PKEY_todata(whole, EVP_PKEY_KEYPAIR, &all) == 1, "todata");
    for (i = 0; all[i].key != NULL && n + 2 < COUNT(chosen); i++)
        if (is_in(part->names, all[i].key))
            chosen[n++] = all[i];
    if (name.out != NULL)
        chosen[n++] = OSSL_PARAM_construct_utf8_string(name.out, value.out, 0);
    chosen[n] = OSSL_PARAM_construct_end();
    if (EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, chosen) != 1)
        pkey = NULL;
    ERR_clear_error();
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(all);
    return pkey;
}

static void visit_part(const struct part *part,
                       void (*visit)(const struct subject *subject))
{
    const char *second = *part->file == 'e' ? "ec2.pem" : "rsa2.pem";
    EVP_PKEY *whole = read_key(part->file), *other = read_key(second);
    struct subject subject = { part->name, EVP_PKEY_get0_type_name(whole),
                               take_part(part, whole), other };

    if (subject.pkey != NULL) {
        visit(&subject);
    } else {
        begin(NULL, "there is no", "%s %s", subject.type, part->name);
        end();
    }
    EVP_PKEY_free(subject.pkey);
    EVP_PKEY_free(whole);
    EVP_PKEY_free(other);
}

static void visit_typed(const char *type, int id, const char *second,
                        void (*visit)(const struct subject *subject))
{
    struct subject subject = { "of a type alone", type, EVP_PKEY_new(),
                               read_key(second) };

    must(EVP_PKEY_set_type(subject.pkey, id) == 1, "set a type");
    visit(&subject);
    EVP_PKEY_free(subject.pkey);
    EVP_PKEY_free(subject.other);
}

static void visit_made(const char *group,
                       void (*visit)(const struct subject *subject))
{
    struct subject subject = { group, "EC", NULL, NULL };

    restart_random();
    subject.pkey = EVP_EC_gen(group);
    subject.other = EVP_EC_gen(group);
    must(subject.pkey != NULL && subject.other != NULL, group);
    visit(&subject);
    EVP_PKEY_free(subject.pkey);
    EVP_PKEY_free(subject.other);
}

void each_subject(void (*visit)(const struct subject *subject))
{
    size_t i;

    for (i = 0; i < COUNT(parts); i++)
        visit_part(&parts[i], visit);
    visit_typed("RSA", EVP_PKEY_RSA, "rsa2.pem", visit);
    visit_typed("EC", EVP_PKEY_EC, "ec2.pem", visit);
    for (i = 0; i < COUNT(made); i++)
        visit_made(made[i], visit);
}
