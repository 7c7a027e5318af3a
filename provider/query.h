/* SPDX-License-Identifier: Apache-2.0 */

/* Queries of properties (property(7)): clauses between commas. */

#ifndef AKV_QUERY_H
#define AKV_QUERY_H

#include <stdbool.h>

/* Whether one of its clauses demands that value, not only prefers it. NULL: no
 * query. A name without a value means "yes". */
bool akv_query_demands(const char *propq, const char *name, const char *value);

/* A copy without the clauses that demand or prefer the value, which the caller
 * frees by OPENSSL_free(). NULL: there is no query, or no memory. */
char *akv_query_without(const char *propq, const char *name, const char *value);

#endif
