/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The one way libakv says why something failed.
 *
 * A function that can fail returns bool or a pointer and takes a
 * struct akv_error as its last parameter. It is filled once, by whoever knows
 * the cause, and passed up untouched. Nothing in it is owned: it may live on
 * the stack, be copied, and be dropped.
 */

#ifndef AKV_ERROR_H
#define AKV_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AKV_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define AKV_MUST_CHECK __attribute__((warn_unused_result))

enum akv_error_code {
    AKV_E_NONE = 0,
    AKV_E_MEMORY,         /* out of memory */
    AKV_E_INVALID,        /* an argument or a URI is malformed */
    AKV_E_CONFIG,         /* a setting is missing or malformed */
    AKV_E_UNTRUSTED_HOST, /* the host is not one that may have our token */
    AKV_E_UNAVAILABLE,    /* a credential that is not set up here */
    AKV_E_AUTHENTICATION, /* no token, or the vault refuses it (401) */
    AKV_E_FORBIDDEN,      /* 403 */
    AKV_E_NOT_FOUND,      /* 404 */
    AKV_E_CONFLICT,       /* 409 */
    AKV_E_THROTTLED,      /* 429 until the time was up */
    AKV_E_DEADLINE,       /* no answer until the time was up, or none but 408
                             and 5xx that are worth another try */
    AKV_E_TRANSPORT,      /* connection or TLS */
    AKV_E_CERTIFICATE,    /* the server's certificate is not trusted */
    AKV_E_PROTOCOL,       /* a reply that is not what the operation defines */
    AKV_E_SERVICE,        /* any other refusal: 400, 501, or an operation of the
                             service that has failed */
    AKV_E_CANCELLED,      /* the client was closed, or the caller gave up */
    AKV_E_THREADS,        /* no thread or process may be started */
    AKV_E_DESCRIPTORS,    /* there are none left */
    AKV_E_SANDBOX,        /* the system forbids a call (seccomp) */
    AKV_E_CHROOT,         /* a file is not in the root directory of now */
    AKV_E_NAME,           /* a host's name cannot be looked up */
    AKV_E_PROXY           /* the proxy refuses to connect */
};

struct akv_error {
    enum akv_error_code code;
    long http_status;      /* 0: there was no reply */
    char service_code[64]; /* "Forbidden"; empty if none */
    char inner_code[64];   /* "KeyDisabled"; empty if none */
    char request_id[64];   /* x-ms-request-id; empty if none */
    char message[2048];    /* one line of UTF-8 for people, never a secret */
};

#define AKV_ERROR_INIT                                                         \
    {                                                                          \
        AKV_E_NONE, 0, "", "", "", ""                                          \
    }

/*
 * Fills *err (which may be NULL) with a code and a message; HTTP status,
 * codes and request id are cleared. Control characters in the message become
 * spaces, since it ends in one line of somebody's log. Always returns false.
 */
bool akv_error_set(struct akv_error *err, enum akv_error_code code,
                   const char *fmt, ...) AKV_PRINTF(3, 4);

/* Adds what a service said of itself; NULL leaves a member empty. */
void akv_error_set_reply(struct akv_error *err, long http_status,
                         const char *service_code, const char *inner_code,
                         const char *request_id);

/* A short constant name for the code, such as "not-found". Never NULL. */
const char *akv_error_name(enum akv_error_code code);

#ifdef __cplusplus
}
#endif

#endif
