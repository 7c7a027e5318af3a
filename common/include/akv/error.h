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

/* The numbers never change. */
enum akv_error_code {
    AKV_E_NONE = 0,
    AKV_E_MEMORY = 1,         /* out of memory */
    AKV_E_INVALID = 2,        /* an argument or a URI is malformed */
    AKV_E_CONFIG = 3,         /* a setting is missing or malformed */
    AKV_E_UNTRUSTED_HOST = 4, /* the host is not one that may have our token */
    AKV_E_UNAVAILABLE = 5,    /* a credential that is not set up here */
    AKV_E_AUTHENTICATION = 6, /* no token, or the vault refuses it (401) */
    AKV_E_FORBIDDEN = 7,      /* 403 */
    AKV_E_NOT_FOUND = 8,      /* 404 */
    AKV_E_CONFLICT = 9,       /* 409 */
    AKV_E_THROTTLED = 10,     /* 429 until the time was up */
    AKV_E_DEADLINE = 11,      /* no answer in time, or but 408 and 5xx */
    AKV_E_TRANSPORT = 12,     /* connection or TLS */
    AKV_E_CERTIFICATE = 13,   /* the server's certificate is not trusted */
    AKV_E_PROTOCOL = 14,    /* a reply that is not what the operation defines */
    AKV_E_SERVICE = 15,     /* any other refusal, or a failed operation */
    AKV_E_CANCELLED = 16,   /* the client was closed, or the caller gave up */
    AKV_E_THREADS = 17,     /* no thread or process may be started */
    AKV_E_DESCRIPTORS = 18, /* there are none left */
    AKV_E_SANDBOX = 19,     /* the system forbids a call (seccomp) */
    AKV_E_CHROOT = 20,      /* a file is not in the root directory of now */
    AKV_E_NAME = 21,        /* a host's name cannot be looked up */
    AKV_E_PROXY = 22        /* the proxy refuses to connect */
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
