/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Certificates by their subject: each is asked for once, and only those that
 * may have it again while their subjects are kept.
 */

#include <openssl/err.h>
#include <openssl/store.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/base64.h"
#include "cert_fixture.h"
#include "store_fixture.h"
#include "subject_cache.h"

#define H "https://v.vault.azure.net"
#define LIST                                                                   \
    "{\"value\":[{\"id\":\"" H "/certificates/a\"},{\"id\":\"" H               \
    "/certificates/b\"},{\"id\":\"" H "/certificates/c\"}]}"
#define ASK_LIST "GET /certificates\n"
#define ASK(name) "GET /certificates/" name "\n"

static EVP_PKEY *ec;
static X509 *blue, *red;
static struct akv_buf blue_reply = AKV_BUF_INIT(10000);
static struct akv_buf red_reply = AKV_BUF_INIT(10000);

static void reply_of(X509 *cert, const char *name, struct akv_buf *out)
{
    unsigned char *der = NULL;
    int len = i2d_X509(cert, &der);

    CHECK(akv_buf_appendf(out, "{\"id\":\"" H "/certificates/%s/7\",\"cer\":\"",
                          name));
    CHECK(len > 0 && akv_base64_encode(der, (size_t)len, out));
    CHECK(akv_buf_append_str(out, "\"}"));
    OPENSSL_free(der);
}

static void set_up_with(const char *conf)
{
    CHECK(provider_set_up(conf));
    ec = their_ec("P-256");
    blue = cert_make(ec, "blue");
    red = cert_make(ec, "red");
    reply_of(blue, "a", &blue_reply);
    reply_of(red, "b", &red_reply);
}

static void set_up(void)
{
    set_up_with(NULL);
}

static void set_up_without_cache(void)
{
    set_up_with("key-cache = off\n");
}

static void tear_down(void)
{
    akv_buf_free(&blue_reply);
    akv_buf_free(&red_reply);
    X509_free(blue);
    X509_free(red);
    EVP_PKEY_free(ec);
    provider_tear_down();
    CHECK(fixture.libctx == NULL);
}

/* What a search by a certificate's subject yields. */
static void find(const char *what, const char *uri, X509 *like,
                 const char *const *texts, unsigned want, const char *asked,
                 const char *reason)
{
    struct fake_replies replies = { texts, 0, AKV_BUF_INIT(10000) };
    OSSL_STORE_SEARCH *search =
        OSSL_STORE_SEARCH_by_name(X509_get_subject_name(like));
    OSSL_STORE_CTX *store = OSSL_STORE_open_ex(uri, fixture.libctx, NULL, NULL,
                                               NULL, NULL, NULL, NULL);
    unsigned found = 0, loads = 0;

    fake_client_set(fake_client_replies, &replies);
    ERR_clear_error();
    CHECK(OSSL_STORE_supports_search(store, OSSL_STORE_SEARCH_BY_NAME) == 1);
    CHECK(OSSL_STORE_find(store, search) == 1);
    while (!OSSL_STORE_eof(store) && CHECK_AT(what, loads++ < 10)) {
        OSSL_STORE_INFO *info = OSSL_STORE_load(store);

        if (info != NULL
            && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_CERT
            && X509_cmp(OSSL_STORE_INFO_get0_CERT(info), like) == 0)
            found++;
        OSSL_STORE_INFO_free(info);
    }
    CHECK_INT(what, found, want);
    CHECK_STR(what, akv_buf_str(&replies.asked), asked);
    if (reason == NULL)
        CHECK_STR(what, provider_errors(), "");
    else
        CHECK_HAS(what, provider_errors(), reason);
    CHECK(OSSL_STORE_close(store) == 1);
    OSSL_STORE_SEARCH_free(search);
    akv_buf_free(&replies.asked);
    fake_client_set(NULL, NULL);
}

static void each_once(void)
{
    const char *first[] = { LIST, akv_buf_str(&blue_reply),
                            akv_buf_str(&red_reply), "!404 gone", NULL };
    const char *again[] = { LIST, akv_buf_str(&red_reply), "!404 gone", NULL };

    find("a first search", "akv://v/certificates", blue, first, 1,
         ASK_LIST ASK("a") ASK("b") ASK("c"), NULL);
    /* Of a it is known that it is not red. */
    find("another", "akv://v/certificates", red, again, 1,
         ASK_LIST ASK("b") ASK("c"), NULL);
    find("the whole vault", "akv://v", red, again, 1,
         ASK_LIST ASK("b") ASK("c"), NULL);
}

static void nothing_kept(void)
{
    const char *texts[] = { LIST, akv_buf_str(&blue_reply),
                            akv_buf_str(&red_reply), "!404 gone", NULL };

    find("a first search", "akv://v/certificates", blue, texts, 1,
         ASK_LIST ASK("a") ASK("b") ASK("c"), NULL);
    find("another", "akv://v/certificates", red, texts, 1,
         ASK_LIST ASK("a") ASK("b") ASK("c"), NULL);
}

static void elsewhere(void)
{
    const char *one[] = { akv_buf_str(&blue_reply), "!404 gone", NULL };
    const char *none[] = { NULL };
    const char *refused[] = { LIST, "!You may not.", NULL };

    find("one that has it", "akv://v/certificates/a", blue, one, 1, ASK("a"),
         NULL);
    find("one that has it not", "akv://v/certificates/a", red, one, 0, ASK("a"),
         NULL);
    find("keys", "akv://v/keys", blue, none, 0, "", NULL);
    find("secrets", "akv://v/secrets", blue, none, 0, "", NULL);
    find("no permission", "akv://v/certificates", blue, refused, 0,
         ASK_LIST ASK("a"), "You may not.");
}

static void no_name(void)
{
    OSSL_STORE_CTX *store =
        OSSL_STORE_open_ex("akv://v/certificates", fixture.libctx, NULL, NULL,
                           NULL, NULL, NULL, NULL);

    /* Other ways to search are none of ours. */
    CHECK(OSSL_STORE_supports_search(store, OSSL_STORE_SEARCH_BY_ALIAS) == 0);
    CHECK(OSSL_STORE_supports_search(store, OSSL_STORE_SEARCH_BY_ISSUER_SERIAL)
          == 0);
    CHECK(OSSL_STORE_close(store) == 1);
}

/* --- The cache ------------------------------------------------------------ */

static void cache(void)
{
    struct akv_subject_cache *subjects = akv_subject_cache_new();
    const X509_NAME *is_blue = X509_get_subject_name(blue);
    const X509_NAME *is_red = X509_get_subject_name(red);
    char uri[40];
    unsigned i;

    CHECK(!akv_subject_cache_differs(subjects, "a", is_red, 0));
    akv_subject_cache_put(subjects, "a", is_blue, 100);
    CHECK(akv_subject_cache_differs(subjects, "a", is_red, 99));
    CHECK(!akv_subject_cache_differs(subjects, "a", is_red, 100));
    CHECK(!akv_subject_cache_differs(subjects, "a", is_blue, 0));
    CHECK(!akv_subject_cache_differs(subjects, "b", is_red, 0));
    /* Of a certificate the last subject counts. */
    akv_subject_cache_put(subjects, "a", is_red, 100);
    CHECK(!akv_subject_cache_differs(subjects, "a", is_red, 0));
    CHECK(akv_subject_cache_differs(subjects, "a", is_blue, 0));
    for (i = 0; i < AKV_SUBJECT_CACHE_MAX; i++) {
        (void)snprintf(uri, sizeof(uri), "n%u", i);
        akv_subject_cache_put(subjects, uri, is_blue, 100);
    }
    CHECK(!akv_subject_cache_differs(subjects, "a", is_blue, 0));
    CHECK(akv_subject_cache_differs(subjects, "n0", is_red, 0));
    CHECK(akv_subject_cache_differs(subjects, uri, is_red, 0));
    akv_subject_cache_free(subjects);
    akv_subject_cache_free(NULL);
}

int main(void)
{
    static const struct unit_test tests[] = {
        { "set up", set_up },
        { "each once", each_once },
        { "elsewhere", elsewhere },
        { "other searches", no_name },
        { "the cache", cache },
        { "tear down", tear_down },
        { "set up without cache", set_up_without_cache },
        { "nothing kept", nothing_kept },
        { "tear down without cache", tear_down },
    };

    return unit_main("store_search", tests, COUNT(tests));
}
