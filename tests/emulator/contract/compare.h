/* SPDX-License-Identifier: Apache-2.0 */

/* What a client can tell apart in two answers. */

#ifndef CONTRACT_COMPARE_H
#define CONTRACT_COMPARE_H

#include "recordings.h"

/* An answer of the emulator. */
struct answer {
    long status;
    struct json_object *body;    /* NULL: none, or no JSON */
    struct json_object *headers; /* names in lower case */
};

/* One difference, such as "reply.key.kid: missing". */
typedef void difference_fn(void *arg, const char *what);

/*
 * Status, code, inner code and message of errors, members at every depth with
 * their types, values that are not of the run itself, the challenge, and the
 * headers that clients read. message: the recorded one, with the names that
 * were used now.
 */
void compare_answers(const struct exchange *recorded, const char *message,
                     const struct answer *ours, difference_fn *tell, void *arg);

#endif
