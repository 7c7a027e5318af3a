/* SPDX-License-Identifier: Apache-2.0 */

#include <openssl/err.h>
#include <openssl/rand.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "passthrough.h"

static uint64_t state;

/* xorshift64*: the same numbers in every run, so that all that is made of them
 * can be compared. */
static int same_bytes(unsigned char *out, int len)
{
    for (int i = 0; i < len; i++) {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        out[i] = (unsigned char)((state * 0x2545F4914F6CDD1Du) >> 56);
    }
    return 1;
}

static int always(void)
{
    return 1;
}

void use_same_random(void)
{
    static const RAND_METHOD method = { .bytes = same_bytes,
                                        .pseudorand = same_bytes,
                                        .status = always };

    if (RAND_set_rand_method(&method) != 1)
        fprintf(stderr, "passthrough: the random source stays\n");
}

void restart_random(void)
{
    state = 0x9E3779B97F4A7C15u;
}

void begin(const struct subject *subject, const char *what, const char *fmt,
           ...)
{
    va_list ap;

    ERR_clear_error();
    restart_random();
    if (subject != NULL)
        printf("%s, %s: ", subject->type, subject->name);
    printf("%s ", what);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar(':');
    (void)fflush(stdout); /* what crashes is to be seen */
}

void tell_code(int code)
{
    printf(" %d", code);
}

void tell_size(size_t size)
{
    printf(" (%zu)", size);
}

void tell_bytes(const void *bytes, size_t len)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (EVP_Digest(bytes, len, digest, &size, EVP_sha256(), NULL) == 1)
        printf(" %zu:%02x%02x%02x%02x", len, digest[0], digest[1], digest[2],
               digest[3]);
}

void tell_text(const char *text)
{
    printf(" %s", text != NULL ? text : "(none)");
}

/* Reasons without what goes with them: there are numbers and addresses in it
 * that are another process's. */
void end(void)
{
    unsigned long code;

    while ((code = ERR_get_error()) != 0) {
        const char *reason = ERR_reason_error_string(code);

        printf(" [%s]", reason != NULL ? reason : "?");
    }
    putchar('\n');
}
