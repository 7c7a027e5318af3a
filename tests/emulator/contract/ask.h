/* SPDX-License-Identifier: Apache-2.0 */

/* Requests to whom the recordings are held against. */

#ifndef CONTRACT_ASK_H
#define CONTRACT_ASK_H

#include <curl/curl.h>

#include "compare.h"

struct asked {
    CURL *curl;
    const char *ca;     /* NULL: those of the system */
    const char *socket; /* for control; NULL: there is none */
};

/* token NULL: without one. The caller puts body and headers of the answer. */
void ask(const struct asked *asked, const char *method, const char *url,
         const char *body, const char *token, struct answer *answer);
/* The emulator is to be as slow as the service was. */
void ask_slowness(const struct asked *asked, int polls, int create_polls);

#endif
